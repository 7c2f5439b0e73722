//! The physics of a cumulative point's register: amounts in the unit, as people know them, become counts.

use super::{
    key::{BACKSTEP_MAX, DIGITS, MODULUS, RATE_MAX, RESTARTS, WARM_UP_S},
    word,
};
use crate::{
    energy::counter::COUNT_MAX,
    model::{Physics, Scale},
    runtime::{
        lang::Text,
        settings::{Key, Section},
    },
};
use rust_decimal::Decimal;

/// The fastest plausible rise in the unit per hour, where the file does not say it: far above what one meter of a
/// factory measures, and far below what a wrong register jumps by. `deploy/agent.toml` shows the same table.
pub(super) const RATES: [(&str, &str); 13] = [
    // 100 MW: a large factory's whole supply at 110 kV
    ("Wh", "100000000"),
    ("kWh", "100000"),
    ("MWh", "100"),
    ("kvarh", "100000"),
    // 100 MW of heat: a district's boiler house
    ("kJ", "360000000"),
    ("MJ", "360000"),
    ("GJ", "360"),
    // gas at 30 m/s through a main of 1 m
    ("m3", "100000"),
    // a water main of 600 mm at 1 m/s
    ("L", "1000000"),
    // a blast furnace's charge, a belt of coal
    ("kg", "1000000"),
    ("t", "1000"),
    // 278 a second: cigarettes, caps, nails leave their machines at up to 200
    ("piece", "1000000"),
    // 100 m/s: the fastest wire and film lines
    ("m", "360000"),
];
const WARM_UP_DEFAULT_S: i64 = 180;

pub(super) struct Register<'a> {
    /// `None` where a problem with the kind was reported.
    pub cumulative: Option<bool>,
    /// `None` where a problem with it was reported.
    pub scale: Option<Scale>,
    pub unit: &'a str,
    /// How many counts the register's type has from 0 on, where it has an end.
    pub values: Option<i64>,
}

/// What holds, and whether the highest rate is assumed.
pub(super) fn physics(section: &Section, register: &Register) -> (Physics, bool) {
    if register.cumulative == Some(false) {
        [&MODULUS, &DIGITS, &RATE_MAX, &BACKSTEP_MAX, &WARM_UP_S, &RESTARTS]
            .into_iter()
            .filter(|key| section.has(key))
            .for_each(|key| only_cumulative(section, key));
    }
    let modulus = modulus(section, register);
    let restarts = section.or(&RESTARTS, false, section.boolean(&RESTARTS)).unwrap_or_default();
    if restarts && let Some(key) = [&MODULUS, &DIGITS].into_iter().find(|key| section.has(key)) {
        section.doc.report(
            &section.at(&RESTARTS),
            Text::new(
                format!("restarts = true，又写有 {}", key.name),
                format!("restarts = true beside a {}", key.name),
            ),
            Text::new("两者之一：清零的表底不会走到头", "one of the two: a register set to 0 does not reach its end"),
            Text::new("删除其中一个", "remove one of them"),
        );
    }
    let backstep = backstep(section, register);
    if let (Some(modulus), Some(backstep)) = (modulus, backstep)
        && backstep >= modulus / 2
    {
        section.doc.report(
            &section.at(&BACKSTEP_MAX),
            Text::new(format!("{backstep} 个计数"), format!("found {backstep} counts")),
            Text::new(
                format!("小于表底范围 {modulus} 的一半"),
                format!("less than half of the register's {modulus} counts"),
            ),
            Text::new("写表计抖动的幅度，通常一两个计数", "write by how much the meter jitters: a count or two"),
        );
    }
    let warm_up_s = section.or(&WARM_UP_S, WARM_UP_DEFAULT_S, section.integer(&WARM_UP_S, 0..=3600));
    let (rate, assumed) = rate(section, register);
    let physics = Physics {
        modulus,
        rate_max_per_h: rate,
        backstep_max: backstep.unwrap_or(1),
        warm_up_ms: warm_up_s.unwrap_or_default() * 1000,
        restarts,
    };
    match register.cumulative {
        Some(true) => (physics, assumed),
        _ => (Physics::default(), false),
    }
}

fn only_cumulative(section: &Section, key: &Key) {
    section.doc.report(
        &section.at(key),
        Text::new(format!("瞬时量写有 {}", key.name), format!("found {} of a gauge", key.name)),
        Text::new("只写于累计量（表底）", "one of a cumulative point only"),
        Text::new(
            format!("写 kind = \"cumulative\"，或删除 {}", key.name),
            format!("write kind = \"cumulative\", or remove {}", key.name),
        ),
    );
}

fn modulus(section: &Section, register: &Register) -> Option<i64> {
    let digits = section.integer(&DIGITS, 1..=18).and_then(|digits| u32::try_from(digits.value).ok());
    let (key, modulus) = if section.has(&MODULUS) {
        if section.has(&DIGITS) {
            section.doc.report(
                &section.at(&DIGITS),
                Text::new("同时写有 modulus 和 digits", "found both a modulus and digits"),
                Text::new("两者之一", "one of the two"),
                Text::new("删除其中一个：二者都说明表底走到哪里归零", "remove one: both say where the register ends"),
            );
        }
        (&MODULUS, stated_modulus(section, register)?)
    } else {
        (&DIGITS, 10_i64.pow(digits?))
    };
    if let Some(values) = register.values.filter(|values| modulus > *values) {
        section.doc.report(
            &section.at(key),
            Text::new(
                format!("表底有 {modulus} 个计数，而类型只有 {values} 个"),
                format!("found a register of {modulus} counts in a type that has {values}"),
            ),
            Text::new(format!("最多 {values} 个计数"), format!("{values} counts at most")),
            Text::new(
                "核对 type；表底若用满该类型，写 modulus = \"2^32\"（u32）",
                "check the type; where the register uses all of it, write modulus = \"2^32\" (u32)",
            ),
        );
        return None;
    }
    Some(modulus)
}

fn stated_modulus(section: &Section, register: &Register) -> Option<i64> {
    let refusal = || {
        Text::new(
            "写表底归零前能显示的量加一步，例如 \"1000000\"，或寄存器的 \"2^32\"",
            "write what the register shows at its end and one step more, such as \"1000000\", or \"2^32\" of a register",
        )
    };
    let power =
        |text: &str| text.strip_prefix("2^").map(|bits| bits.parse::<u32>().ok().filter(|n| (1..=61).contains(n)));
    if let Some(Some(bits)) = section.peek(&MODULUS).map(|text| power(text.value)).filter(|found| found.is_some()) {
        return bits.map(|bits| 1 << bits).or_else(|| {
            section.parse(&MODULUS, |_| Err::<(), Text>(refusal()));
            None
        });
    }
    let amount = section.parse(&MODULUS, |text| word::amount(text).map_err(|_| refusal()))?.value;
    let counts = whole(section, &MODULUS, amount, register.scale?)?;
    if counts < 2 {
        section.refuse(&MODULUS, Text::new("1 个计数", "found one count"), refusal());
        return None;
    }
    Some(counts)
}

/// The amount in counts; one that lies between two counts, or is too large, is a problem.
fn whole(section: &Section, key: &Key, amount: Scale, per_count: Scale) -> Option<i64> {
    let (counts, exact) = divide(amount, per_count);
    let fits = i64::try_from(counts).ok().filter(|counts| exact && *counts <= COUNT_MAX);
    if fits.is_none() {
        section.doc.report(
            &section.at(key),
            Text::new(format!("写的是 {amount}"), format!("found {amount}")),
            Text::new(
                format!("一个计数（{per_count}）的整数倍，最多 {COUNT_MAX} 个"),
                format!("a multiple of one count, which is {per_count}, and {COUNT_MAX} of them at most"),
            ),
            Text::new("核对此数与 scale、resolution", "check it against scale and resolution"),
        );
    }
    fits
}

fn backstep(section: &Section, register: &Register) -> Option<i64> {
    let zero = |text: &str| text.parse::<Decimal>().is_ok_and(|number| number.is_zero());
    match section.peek(&BACKSTEP_MAX) {
        Some(text) if zero(text.value) => Some(0),
        _ => {
            let amount = section.parse(&BACKSTEP_MAX, word::amount)?.value;
            whole(section, &BACKSTEP_MAX, amount, register.scale?)
        }
    }
}

/// Rounded up to a whole count: a limit never excludes what it allows.
fn rate(section: &Section, register: &Register) -> (Option<i64>, bool) {
    let stated = section.parse(&RATE_MAX, word::amount).map(|amount| amount.value);
    let assumed = RATES.iter().find(|(unit, _)| *unit == register.unit && !section.has(&RATE_MAX));
    let amount = stated.or_else(|| assumed.and_then(|(_, rate)| rate.parse().ok()));
    let counts = amount.zip(register.scale).map(|(amount, per_count)| {
        let (counts, exact) = divide(amount, per_count);
        i64::try_from(counts + i128::from(!exact)).unwrap_or(COUNT_MAX).min(COUNT_MAX)
    });
    (counts, assumed.is_some())
}

/// Whole counts in an amount, and whether nothing is left over. Both have 12 digits on either side of the point at
/// most, so that nothing leaves 128 bits.
fn divide(amount: Scale, per_count: Scale) -> (i128, bool) {
    let shift = amount.exponent() - per_count.exponent();
    let power = 10_i128.pow(shift.unsigned_abs());
    let (mut over, mut under) = (i128::from(amount.mantissa()), i128::from(per_count.mantissa()));
    if shift < 0 {
        under *= power;
    } else {
        over *= power;
    }
    (over / under, over % under == 0)
}
