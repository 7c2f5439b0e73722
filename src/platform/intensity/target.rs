//! Targets of dual control and their lights: 能耗双控目标完成情况晴雨表, 发改办环资〔2020〕901号.
//!
//! The year that runs is judged on the stretch from its first day to the end of its last whole month, against the same
//! stretch of the year before. A target that is a rate is the same rate for that stretch; a target in tonnes is its share
//! by days. Raw material is in neither energy, new renewable energy not in the total.

use super::{DateSpan, Row};
use crate::energy::intensity::{Light, light_of_growth, light_of_reduction};
use rust_decimal::Decimal;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// 能耗强度下降: by at least so many % against the year before.
    Intensity,
    /// 能耗总量增长: by at most so many %.
    Total,
    /// 能耗总量: at most so many tce.
    TotalTce,
    /// 碳排放强度下降: by at least so many %.
    CarbonIntensity,
}

impl TargetKind {
    pub const ALL: [TargetKind; 4] =
        [TargetKind::Intensity, TargetKind::Total, TargetKind::TotalTce, TargetKind::CarbonIntensity];

    pub fn name(self) -> &'static str {
        match self {
            TargetKind::Intensity => "intensity",
            TargetKind::Total => "total",
            TargetKind::TotalTce => "total_tce",
            TargetKind::CarbonIntensity => "carbon_intensity",
        }
    }

    pub fn by_name(name: &str) -> Option<TargetKind> {
        TargetKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a region is to reach in a year.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// GB/T 2260 or GB/T 10114 code.
    pub region: String,
    pub year: i16,
    pub kind: TargetKind,
    pub value: Decimal,
    /// Document that sets it.
    pub source: String,
    pub by: String,
}

/// One target and how far it is.
#[derive(Clone, PartialEq, Debug)]
pub struct TargetLight {
    pub kind: TargetKind,
    pub target: Decimal,
    /// Of the target, what falls on the stretch that is judged.
    pub to_date: Decimal,
    /// `None`: not known, and then there is no light either.
    pub actual: Option<Decimal>,
    pub light: Option<Light>,
}

pub type Lights = Vec<TargetLight>;

/// A code covers those that begin with it, its final pairs of zeros left out; the empty code covers all.
pub fn region_covers(region: &str, code: &str) -> bool {
    let mut head = region;
    while head.len() <= 6 && head.len() > 2 && head.ends_with("00") {
        head = head.get(..head.len() - 2).unwrap_or_default();
    }
    code.starts_with(head)
}

/// The lights of the row's targets. `intensity` counts without raw material, `total` without raw material and new
/// renewable energy; both are over `judged`, a part of `year`.
pub fn lights(targets: &[&Target], intensity: &Row, total: &Row, judged: DateSpan, year: DateSpan) -> Lights {
    let each = targets.iter().map(|target| {
        let mut to_date = target.value;
        let (actual, light): (_, fn(Decimal, Decimal) -> Light) = match target.kind {
            TargetKind::Intensity => (intensity.reduction_percent, light_of_reduction),
            TargetKind::CarbonIntensity => (intensity.carbon_reduction_percent, light_of_reduction),
            TargetKind::Total => (total.growth_percent, light_of_growth),
            TargetKind::TotalTce => {
                to_date = share(target.value, judged.days(), year.days());
                (total.tce, light_of_growth)
            }
        };
        // a lower bound can break a ceiling and can not show that it is kept
        let told = actual
            .map(|actual| light(to_date, actual))
            .filter(|light| target.kind != TargetKind::TotalTce || !total.is_lower_bound() || *light == Light::Red);
        TargetLight { kind: target.kind, target: target.value, to_date, actual, light: told }
    });
    each.collect()
}

fn share(value: Decimal, days: i32, of: i32) -> Decimal {
    value.checked_mul(Decimal::from(days)).and_then(|part| part.checked_div(Decimal::from(of))).unwrap_or(value)
}
