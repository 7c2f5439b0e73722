//! A rule file's sections as groups. Where a problem was reported something stands in for the value: the set is not given out.

use super::{
    Band, BandLimits, Condition, Group, Indicator, Item, ItemKind, MissingPolicy, Normaliser, NotGiven, Rounding,
    RuleSet, Veto, VetoEffect, VetoWhen, check, key,
};
use crate::{
    model::region,
    platform::{assess::Basis, evaluation::Quantity},
    runtime::{
        lang::Text,
        problem::{Position, Problems, did_you_mean},
        settings::{self, Key, Section, such_as},
    },
};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Scores are published with so many decimals unless the set says otherwise.
const DECIMALS: i64 = 3;
/// A score is kept as an integer of so many decimals.
const DECIMALS_MAX: i64 = 6;
/// Digits of a number in a rule file.
const NUMBER_BYTES_MAX: usize = 20;

pub(super) fn read(text: &str, file: &str) -> Result<RuleSet, Problems> {
    settings::read(text, file, &key::ROOT_SHAPE, &key::SHAPES, |root| {
        let mut set = rules(root, text, file);
        let sections = root.tables(&key::GROUP, &key::GROUP_SHAPE);
        for section in &sections {
            let group = group(section);
            check::group(section, &group);
            set.groups.push(group);
        }
        check::groups(&sections, &set.groups);
        set
    })
}

fn rules(root: &Section, text: &str, file: &str) -> RuleSet {
    let mut set = RuleSet {
        id: String::new(),
        name: Text::new("", ""),
        authority: String::new(),
        regions: Vec::new(),
        years: None,
        basis: Basis::Calorific,
        basis_note: String::new(),
        decimals: 0,
        groups: Vec::new(),
        source: String::new(),
        confidence: String::new(),
        text: text.to_owned(),
        file: file.to_owned(),
    };
    let Some(rules) = root.table(&key::RULES, &key::RULES_SHAPE) else { return set };
    set.id = id(&rules);
    set.name = name(&rules, &set.id);
    set.authority = words(&rules, &key::AUTHORITY);
    set.regions = rules.parse_each(&key::REGIONS, region_code).unwrap_or_default();
    set.years = rules.parse(&key::YEARS, years).map(|found| found.value);
    let bases = [("calorific", Basis::Calorific), ("equivalent", Basis::Equivalent)];
    set.basis = rules.one_of(&key::BASIS, &bases).map_or(Basis::Calorific, |found| found.value);
    set.basis_note = words(&rules, &key::BASIS_NOTE);
    let decimals = rules.or(&key::DECIMALS, DECIMALS, rules.integer(&key::DECIMALS, 0..=DECIMALS_MAX));
    set.decimals = decimals.and_then(|decimals| u32::try_from(decimals).ok()).unwrap_or_default();
    set.source = words(&rules, &key::SOURCE);
    set.confidence = words(&rules, &key::CONFIDENCE);
    set
}

fn group(section: &Section) -> Group {
    let id = id(section);
    let cap = number(section, &key::CAP);
    let exempt = section.string(&key::EXEMPT).map(|zh| {
        let en = section.string(&key::EXEMPT_EN).map_or(zh.value, |en| en.value);
        Text::new(zh.value, en)
    });
    let normalisers = [("ratio", Normaliser::Ratio), ("min_max", Normaliser::MinMax)];
    let normaliser = section.or(&key::NORMALISER, Normaliser::Ratio, section.one_of(&key::NORMALISER, &normalisers));
    let years = |key| section.integer(key, 1..=20).and_then(|found| i16::try_from(found.value).ok());
    Group {
        name: name(section, &id),
        condition: Condition {
            above_scale: section.boolean(&key::ABOVE_SCALE).map(|found| found.value),
            industries: section.parse_each(&key::INDUSTRIES, industry).unwrap_or_default(),
            land_from: number(section, &key::LAND_FROM),
            land_below: number(section, &key::LAND_BELOW),
            tags: tags(section, &key::TAGS),
        },
        exempt,
        exempt_grade: section.parse(&key::EXEMPT_GRADE, grade).map(|found| found.value),
        normaliser: normaliser.unwrap_or(Normaliser::Ratio),
        indicators: section
            .tables(&key::INDICATOR, &key::INDICATOR_SHAPE)
            .iter()
            .map(|one| indicator(one, cap))
            .collect(),
        weights_sum: number(section, &key::WEIGHTS_SUM).unwrap_or(Decimal::ONE_HUNDRED),
        items: section.tables(&key::ITEM, &key::ITEM_SHAPE).iter().map(item).collect(),
        bonus_max: number(section, &key::BONUS_MAX),
        penalty_max: number(section, &key::PENALTY_MAX),
        vetoes: section.tables(&key::VETO, &key::VETO_SHAPE).iter().map(veto).collect(),
        bands: section.tables(&key::BAND, &key::BAND_SHAPE).iter().map(band).collect(),
        not_given: section.parse_each(&key::NOT_GIVEN, not_given).unwrap_or_default().into_iter().collect(),
        new_firm_years: years(&key::NEW_FIRM_YEARS),
        new_land_years: years(&key::NEW_LAND_YEARS),
        landlord_grade: section.boolean(&key::LANDLORD_GRADE).is_some_and(|found| found.value),
        landlord_except: tags(section, &key::LANDLORD_EXCEPT),
        id,
    }
}

fn indicator(section: &Section, cap: Option<Decimal>) -> Indicator {
    let id = id(section);
    let policies =
        [("zero", MissingPolicy::Zero), ("group_mean", MissingPolicy::GroupMean), ("left_out", MissingPolicy::LeftOut)];
    let missing = section.or(&key::MISSING, MissingPolicy::Zero, section.one_of(&key::MISSING, &policies));
    let of = |key| section.parse_each(key, quantity).unwrap_or_default();
    let indicator = Indicator {
        name: name(section, &id),
        numerator: of(&key::NUMERATOR),
        denominator: of(&key::DENOMINATOR),
        unit: words(section, &key::UNIT),
        weight: number(section, &key::WEIGHT),
        base: number(section, &key::BASE),
        cap: number(section, &key::CAP).or(cap),
        missing: missing.unwrap_or(MissingPolicy::Zero),
        place: place(section),
        id,
    };
    check::indicator(section, &indicator);
    indicator
}

fn item(section: &Section) -> Item {
    let kinds = [("bonus", ItemKind::Bonus), ("penalty", ItemKind::Penalty)];
    let tag = section.parse(&key::TAG, tag).map(|found| found.value);
    if !section.has(&key::TAG) {
        section.missing(&key::TAG);
    }
    let tag = tag.unwrap_or_default();
    Item {
        kind: section.one_of(&key::KIND, &kinds).map_or(ItemKind::Bonus, |found| found.value),
        points: number(section, &key::POINTS).unwrap_or_default(),
        name: name(section, &tag),
        place: place(section),
        tag,
    }
}

fn veto(section: &Section) -> Veto {
    let tag = section.parse(&key::TAG, tag).map(|found| found.value);
    let when = section.one_of(&key::WHEN, &[("no_tax_on_own_land", ())]);
    if section.has(&key::TAG) == section.has(&key::WHEN) {
        let (zh, en) =
            if section.has(&key::TAG) { ("写有两者", "found both") } else { ("两者都没有", "found neither") };
        section.doc.report(
            &section.at,
            Text::new(zh, en),
            Text::new("tag 与 when 之一", "one of tag and when"),
            Text::new(
                "写 tag = \"…\"，或 when = \"no_tax_on_own_land\"",
                "write tag, or when = \"no_tax_on_own_land\"",
            ),
        );
    }
    let effects = [("last", VetoEffect::Last), ("down", VetoEffect::Down)];
    let tag = tag.unwrap_or_default();
    Veto {
        effect: section.one_of(&key::EFFECT, &effects).map_or(VetoEffect::Last, |found| found.value),
        name: name(section, &tag),
        when: if when.is_some() { VetoWhen::NoTaxOnOwnLand } else { VetoWhen::Tag(tag) },
    }
}

fn band(section: &Section) -> Band {
    let roundings = [("down", Rounding::Down), ("up", Rounding::Up), ("half", Rounding::Half)];
    let round = section.or(&key::ROUND, Rounding::Down, section.one_of(&key::ROUND, &roundings));
    let read = |key, parse: fn(&str) -> Result<Decimal, Text>| section.parse(key, parse).map(|found| found.value);
    let share = |key| read(key, percent);
    let score = |key| read(key, decimal);
    let shared = section.has(&key::FROM_PERCENT) || section.has(&key::TO_PERCENT);
    let scored = section.has(&key::FROM_SCORE) || section.has(&key::BELOW_SCORE);
    if shared == scored {
        section.doc.report(
            &section.at,
            match shared {
                true => Text::new("同时写有比例与分数", "found both shares and scores"),
                false => Text::new("没有界限", "found no limits"),
            },
            Text::new(
                "from_percent 与 to_percent，或 from_score、below_score",
                "from_percent and to_percent, or from_score and below_score",
            ),
            Text::new(
                "例如 from_percent = \"0\" 与 to_percent = \"20\"",
                "such as from_percent = \"0\" and to_percent = \"20\"",
            ),
        );
    }
    for key in [&key::FROM_PERCENT, &key::TO_PERCENT] {
        if shared && !section.has(key) {
            section.missing(key);
        }
    }
    let limits = match shared {
        true => BandLimits::Share {
            from: share(&key::FROM_PERCENT).unwrap_or_default(),
            to: share(&key::TO_PERCENT).unwrap_or_default(),
            round: round.unwrap_or(Rounding::Down),
        },
        false => BandLimits::Score { from: score(&key::FROM_SCORE), to: score(&key::BELOW_SCORE) },
    };
    Band { grade: section.parse(&key::GRADE, grade).map(|found| found.value).unwrap_or_default(), limits }
}

fn place(section: &Section) -> String {
    let Position { line, column } = section.doc.position(&section.at.span);
    format!("{}:{line}:{column}", section.doc.file)
}

fn id(section: &Section) -> String {
    let is_id = |text: &str| {
        let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
        (1..=64).contains(&text.len()) && text.bytes().all(sound)
    };
    let read = section.parse(&key::ID, |text| if is_id(text) { Ok(text.to_owned()) } else { Err(such_as(&key::ID)) });
    read.map(|found| found.value).unwrap_or_default()
}

/// In English by default the `id`.
fn name(section: &Section, id: &str) -> Text {
    let zh = words(section, &key::NAME);
    let en = section.string(&key::NAME_EN).map_or_else(|| id.to_owned(), |found| found.value.to_owned());
    Text::new(zh, en)
}

fn words(section: &Section, key: &Key) -> String {
    let read = section.parse(key, |text| if text.trim().is_empty() { Err(such_as(key)) } else { Ok(text.to_owned()) });
    read.map(|found| found.value).unwrap_or_default()
}

/// Above 0.
fn number(section: &Section, key: &Key) -> Option<Decimal> {
    let above = |text: &str| decimal(text).ok().filter(|number| *number > Decimal::ZERO).ok_or_else(|| such_as(key));
    section.parse(key, above).map(|found| found.value)
}

/// Digits with a point.
fn decimal(text: &str) -> Result<Decimal, Text> {
    let plain = text.len() <= NUMBER_BYTES_MAX && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| Decimal::from_str_exact(text).ok()).flatten().ok_or_else(|| {
        Text::new("只写数字和小数点，例如 \"24.097\"", "write digits and a point only, such as \"24.097\"")
    })
}

fn percent(text: &str) -> Result<Decimal, Text> {
    let share = decimal(text)?;
    if share <= Decimal::ONE_HUNDRED { Ok(share) } else { Err(Text::new("写 0 至 100", "write 0 to 100")) }
}

fn years(text: &str) -> Result<(i16, i16), Text> {
    let year = |text: &str| {
        let digits = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<i16>().ok()).flatten().filter(|year| (1970..2200).contains(year))
    };
    let read = match text.split_once("..") {
        Some((first, last)) => year(first).zip(year(last)),
        None => year(text).map(|year| (year, year)),
    };
    read.filter(|(first, last)| first <= last)
        .ok_or_else(|| Text::new("写作 \"2022\" 或 \"2014..2016\"", "write it as \"2022\" or \"2014..2016\""))
}

fn region_code(text: &str) -> Result<String, Text> {
    let fix = || Text::new("六位代码，例如 \"331003\"", "six digits, such as \"331003\"");
    region::is_code(text).then(|| text.to_owned()).ok_or_else(fix)
}

fn industry(text: &str) -> Result<String, Text> {
    let sound = match text.as_bytes() {
        [b'A'..=b'T', digits @ ..] => digits.len() <= 4 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    sound.then(|| text.to_owned()).ok_or_else(|| Text::new("例如 \"C17\" 或 \"D44\"", "such as \"C17\" or \"D44\""))
}

fn tags(section: &Section, key: &Key) -> BTreeSet<String> {
    section.parse_each(key, tag).unwrap_or_default().into_iter().collect()
}

fn tag(text: &str) -> Result<String, Text> {
    let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(sound);
    fits.then(|| text.to_owned()).ok_or_else(|| {
        Text::new("小写字母、数字与 _，例如 \"listed\"", "small letters, digits and _, such as \"listed\"")
    })
}

fn grade(text: &str) -> Result<String, Text> {
    let fits = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then(|| text.to_owned()).ok_or_else(|| such_as(&key::GRADE))
}

fn quantity(text: &str) -> Result<Quantity, Text> {
    Quantity::by_name(text).ok_or_else(|| {
        let names = || Quantity::all().map(Quantity::name);
        did_you_mean(text, names()).unwrap_or_else(|| {
            let list: Vec<_> = names().collect();
            Text::new(format!("可用：{}", list.join("、")), format!("use one of {}", list.join(", ")))
        })
    })
}

fn not_given(text: &str) -> Result<NotGiven, Text> {
    let found = NotGiven::ALL.iter().find(|(name, _)| *name == text);
    found.map(|(_, one)| *one).ok_or_else(|| such_as(&key::NOT_GIVEN))
}
