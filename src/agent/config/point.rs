//! What the points of every source have in common: kind, scale, resolution, carrier, product and role.

use super::{
    Point,
    key::{CARRIER, COUNTS_AS, KIND, POINT_NAME, PRODUCT, RESOLUTION, SCALE, UNIT},
    physics, word,
};
use crate::{
    model::{Physics, PointKind, Role, Scale, Series},
    runtime::{lang::Text, settings::Section},
};

/// In which form a source gives the numbers of a point.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Given {
    Bit,
    /// A whole number is a count, and the type has so many from 0 on.
    Integer(i64),
    /// A float or a payload's number: which step it counts in must be said.
    Real,
    /// By a person, in the unit.
    Written {
        delivery: bool,
    },
}

/// Whose point it is.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub meter: &'a str,
    /// The transformers' ratio, by which the scale is multiplied.
    pub factor: Scale,
}

impl<'a, S: AsRef<str> + ?Sized> From<&'a S> for Place<'a> {
    fn from(meter: &'a S) -> Place<'a> {
        Place { meter: meter.as_ref(), factor: Scale::ONE }
    }
}

const KINDS: [(&str, PointKind); 2] = [("gauge", PointKind::Gauge), ("cumulative", PointKind::Cumulative)];
const ROLES: [(&str, Role); 5] = [
    ("none", Role::None),
    ("site_energy", Role::SiteEnergy),
    ("site_export", Role::SiteExport),
    ("output", Role::Output),
    ("scrap", Role::Scrap),
];

/// The point of `section`, and whether its highest rate is our guess; `given` is `None` where a problem with its type
/// was reported.
pub(super) fn point(section: &Section, place: Place, given: Option<Given>) -> (Point, bool) {
    let name = section.parse(&POINT_NAME, word::name).map(|name| name.value);
    let kind = match given {
        Some(Given::Written { .. }) => Some(PointKind::Cumulative),
        _ => section.or(&KIND, PointKind::Gauge, section.one_of(&KIND, &KINDS)),
    };
    let role = section.or(&COUNTS_AS, Role::None, section.one_of(&COUNTS_AS, &ROLES));
    let carrier = section.or(&CARRIER, "", section.parse(&CARRIER, word::carrier));
    let product = section.or(&PRODUCT, "", section.parse(&PRODUCT, word::label));
    let unit = section.or(&UNIT, "", section.parse(&UNIT, word::label));

    check_role(section, role, kind, carrier);
    if carrier.is_some_and(|code| !code.is_empty()) && product.is_some_and(|code| !code.is_empty()) {
        section.doc.report(
            &section.at(&PRODUCT),
            Text::new("同时写有 carrier 和 product", "found both a carrier and a product"),
            Text::new("两者之一", "one of the two"),
            Text::new("能源写 carrier，产品写 product", "energy has a carrier, output has a product"),
        );
    }
    let (scale, resolution) = resolve(section, kind, given, place.factor);
    let register = physics::Register {
        cumulative: kind.map(|kind| kind == PointKind::Cumulative),
        scale,
        unit: unit.unwrap_or_default(),
        values: given.and_then(|given| if let Given::Integer(values) = given { Some(values) } else { None }),
    };
    let (physics, rate_assumed) = match given {
        // each delivery is a register of its own, from 0 up to it
        Some(Given::Written { delivery: true }) => (Physics { restarts: true, ..Physics::default() }, false),
        // a person waits for no display to warm up
        Some(Given::Written { .. }) => {
            let (physics, assumed) = physics::physics(section, &register);
            (Physics { warm_up_ms: 0, ..physics }, assumed)
        }
        _ => physics::physics(section, &register),
    };
    let text = |found: Option<&str>| found.unwrap_or_default().to_owned();
    let series = Series {
        meter: place.meter.to_owned(),
        point: text(name),
        kind: kind.unwrap_or(PointKind::Gauge),
        role: role.unwrap_or(Role::None),
        carrier: text(carrier),
        product: text(product),
        unit: text(unit),
        scale: scale.unwrap_or(Scale::ONE),
        physics,
    };
    (Point { series, resolution }, rate_assumed)
}

fn check_role(section: &Section, role: Option<Role>, kind: Option<PointKind>, carrier: Option<&str>) {
    let Some((word, role)) = ROLES.iter().find(|(_, known)| Some(*known) == role && *known != Role::None) else {
        return;
    };
    if kind == Some(PointKind::Gauge) {
        section.doc.report(
            &section.at(&KIND),
            Text::new("kind 为 gauge（瞬时量）", "kind is gauge"),
            Text::new(
                format!("cumulative：counts_as = \"{word}\" 由表底之差计算"),
                format!("cumulative: counts_as = \"{word}\" is the difference of readings"),
            ),
            Text::new(
                "写 kind = \"cumulative\"，或 counts_as = \"none\"",
                "write kind = \"cumulative\", or counts_as = \"none\"",
            ),
        );
    }
    if !matches!(role, Role::Output | Role::Scrap) && carrier == Some("") {
        section.doc.report(
            &section.at(&COUNTS_AS),
            Text::new(format!("写有 \"{word}\"，没有 carrier"), format!("found \"{word}\" without a carrier")),
            Text::new("另有 carrier 指明能源品种", "an energy carrier beside it"),
            Text::new("加上 carrier = \"electricity\"（或其他品种）", "add carrier = \"electricity\" (or another)"),
        );
    }
}

/// The scale of one count, `None` where a problem with it was reported, and the step in which the source's numbers
/// are counted.
fn resolve(
    section: &Section,
    kind: Option<PointKind>,
    given: Option<Given>,
    factor: Scale,
) -> (Option<Scale>, Option<Scale>) {
    let scale = section.or(&SCALE, Scale::ONE, section.parse(&SCALE, word::scale));
    let scale = scale.and_then(|scale| {
        let product = scale.times(factor);
        if product.is_err() {
            section.doc.report(
                &section.at(&SCALE),
                Text::new(format!("scale {scale} × 变比 {factor}"), format!("scale {scale} × the ratio {factor}")),
                Text::new(
                    "乘积在小数点两侧各不超过 12 位",
                    "a product with at most 12 digits on either side of the point",
                ),
                Text::new("核对 ct 和 pt", "check ct and pt"),
            );
        }
        product.ok()
    });
    let resolution = section.parse(&RESOLUTION, word::resolution).map(|resolution| resolution.value);
    let cumulative = kind == Some(PointKind::Cumulative);
    if given == Some(Given::Bit) && cumulative {
        section.doc.report(
            &section.at(&KIND),
            Text::new("bool 类型写为 cumulative", "a bool that is cumulative"),
            Text::new("gauge：开关量不累计", "gauge: a bit does not count up"),
            Text::new("删除 kind，或改用整数类型", "leave out kind, or use an integer type"),
        );
    }
    match given {
        Some(Given::Bit | Given::Integer(_)) => {
            if section.has(&RESOLUTION) {
                section.doc.report(
                    &section.at(&RESOLUTION),
                    Text::new("写有 resolution", "found a resolution"),
                    Text::new(
                        "不写：整数和 bool 的一个数就是一个计数",
                        "none: an integer or a bool is a count as it is",
                    ),
                    Text::new(
                        "删除 resolution；每个计数代表的量写在 scale",
                        "remove it; what one count stands for is the scale",
                    ),
                );
            }
            (scale, Some(Scale::ONE))
        }
        Some(Given::Real | Given::Written { .. }) => {
            if cumulative && !section.has(&RESOLUTION) {
                section.doc.report(
                    &section.at(&RESOLUTION),
                    Text::new("缺少", "missing"),
                    Text::new(
                        "累计量的分辨率（数值的最小步长，加引号）",
                        "the resolution of a cumulative point: the smallest step of the number, in quotes",
                    ),
                    Text::new(
                        "例如表显两位小数时写 resolution = \"0.01\"",
                        "for two decimals write resolution = \"0.01\"",
                    ),
                );
            }
            // without its resolution a cumulative point's counts are not known
            let Some(resolution) = resolution else { return (scale.filter(|_| !cumulative), None) };
            let Some(scale) = scale else { return (None, Some(resolution)) };
            let product = scale.times(resolution);
            if product.is_err() {
                section.doc.report(
                    &section.at(&RESOLUTION),
                    Text::new(
                        format!("scale {scale} × resolution {resolution}"),
                        format!("scale {scale} × resolution {resolution}"),
                    ),
                    Text::new(
                        "乘积在小数点两侧各不超过 12 位",
                        "a product with at most 12 digits on either side of the point",
                    ),
                    Text::new("减少其中一个的位数", "give one of the two fewer digits"),
                );
            }
            (product.ok(), Some(resolution))
        }
        None => (None, resolution),
    }
}
