//! Meters that a person reads, and stores to which something is delivered by the truck.

use super::{
    file::Listed,
    key::{
        BACKSTEP_MAX, CARRIER, COUNTS_AS, DIGITS, MODULUS, NAME_EN, NAME_ZH, POINT_NAME, PRODUCT, RATE_MAX, RESOLUTION,
        SCALE, UNIT,
    },
    point::Given,
    word,
};
use crate::runtime::{
    lang::Text,
    settings::{Key, Section, Shape, key},
};

pub(super) static MANUAL: Key =
    key("manual", "若干 [[manual]] 表", "one table [[manual]] for each meter that a person reads", "[[manual]]");
static METER_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "coal-yard""#).required();
static POINTS: Key =
    key("point", "至少一个 [[manual.point]] 表", "at least one table [[manual.point]]", "[[manual.point]]").required();
pub(super) static MANUAL_SHAPE: Shape = Shape { header: "[[manual]]", keys: &[&METER_NAME, &POINTS] };
pub(super) static WRITTEN_KIND: Key = key(
    "kind",
    "cumulative（抄表底）或 delivery（记进货量）",
    "cumulative (a register that is read) or delivery (what is delivered)",
    r#"kind = "delivery""#,
);
pub(super) static MANUAL_POINT_SHAPE: Shape = Shape {
    header: "[[manual.point]]",
    keys: &[
        &POINT_NAME,
        &WRITTEN_KIND,
        &SCALE,
        &RESOLUTION,
        &UNIT,
        &CARRIER,
        &PRODUCT,
        &COUNTS_AS,
        &MODULUS,
        &DIGITS,
        &RATE_MAX,
        &BACKSTEP_MAX,
    ],
};
/// `true`: what is written is an amount, and no register.
pub(super) const WRITTEN_KINDS: [(&str, bool); 2] = [("cumulative", false), ("delivery", true)];

/// A point whose values a person writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManualPoint {
    pub series: u32,
    /// Each value is an amount that was delivered, instead of a register.
    pub delivery: bool,
}

pub(super) fn meter(section: &Section, listed: &mut Listed) -> Vec<ManualPoint> {
    let name = section.parse(&METER_NAME, word::name);
    if let Some(name) = &name {
        listed.meters.claim(section.doc, name);
    }
    let name = name.map_or(String::new(), |name| name.value.to_owned());
    let points = section.tables(&POINTS, &MANUAL_POINT_SHAPE);
    points.iter().map(|section| point(section, &name, listed)).collect()
}

fn point(section: &Section, meter: &str, listed: &mut Listed) -> ManualPoint {
    let kind = section.or(&WRITTEN_KIND, false, section.one_of(&WRITTEN_KIND, &WRITTEN_KINDS));
    let delivery = kind == Some(true);
    if delivery {
        for key in [&MODULUS, &DIGITS, &RATE_MAX, &BACKSTEP_MAX].into_iter().filter(|key| section.has(key)) {
            section.doc.report(
                &section.at(key),
                Text::new(format!("进货量写有 {}", key.name), format!("found {} of a delivery", key.name)),
                Text::new("只写于表底", "one of a register only"),
                Text::new(format!("删除 {}", key.name), format!("remove {}", key.name)),
            );
        }
    }
    ManualPoint { series: listed.point(section, meter, Some(Given::Written { delivery })), delivery }
}

#[cfg(test)]
mod tests {
    use crate::{
        agent::config::{ManualPoint, parse},
        model::{Physics, PointKind},
    };

    const HEAD: &str = "[agent]\ngateway_id = \"gw-1\"\n[[manual]]\nname = \"coal-yard\"\n";
    const COAL: &str = "[[manual.point]]\nname = \"delivered\"\nkind = \"delivery\"\nresolution = \"0.01\"\nunit = \"t\"\ncarrier = \"raw_coal\"\n";

    #[test]
    fn a_register_and_a_delivery_are_series_that_count_up() {
        let water = "[[manual]]\nname = \"water\"\n[[manual.point]]\nname = \"volume\"\nresolution = \"1\"\nunit = \"m3\"\ndigits = 5\n";
        let config = parse(&format!("{HEAD}{COAL}{water}"), "agent.toml").unwrap();
        let expected = [ManualPoint { series: 0, delivery: true }, ManualPoint { series: 1, delivery: false }];
        assert_eq!(config.manual, expected);
        let [coal, water] = &config.points[..] else { panic!("{:?}", config.points) };
        assert_eq!(
            (coal.series.kind, &*coal.series.meter, &*coal.series.carrier),
            (PointKind::Cumulative, "coal-yard", "raw_coal")
        );
        let truck = Physics { restarts: true, backstep_max: 0, warm_up_ms: 0, modulus: None, rate_max_per_h: None };
        assert_eq!(coal.series.physics, truck, "each truck begins at 0, however fast it is unloaded");
        assert_eq!((water.series.physics.modulus, water.series.physics.warm_up_ms), (Some(100_000), 0));
        assert!(water.series.physics.rate_max_per_h.is_some() && !water.series.physics.restarts);
    }

    #[test]
    fn what_belongs_to_a_register_is_refused_of_a_delivery() {
        let wrong = |line: &str| parse(&format!("{HEAD}{COAL}{line}\n"), "agent.toml").unwrap_err().to_string();
        assert!(wrong("digits = 5").contains("found digits of a delivery"));
        assert!(wrong("restarts = true").contains("restarts"));
        let gauge = COAL.replace("delivery", "gauge");
        let refused = parse(&format!("{HEAD}{gauge}"), "agent.toml").unwrap_err().to_string();
        assert!(refused.contains("cumulative (a register that is read) or delivery"), "{refused}");
        let bare = COAL.replace("resolution = \"0.01\"\n", "");
        assert!(parse(&format!("{HEAD}{bare}"), "agent.toml").unwrap_err().to_string().contains("resolution"));
    }
}
