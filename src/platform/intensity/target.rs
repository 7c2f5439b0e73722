//! Targets of dual control and their lights: 能耗双控目标完成情况晴雨表, 发改办环资〔2020〕901号.
//!
//! The year that runs is judged on the stretch from its first day to the end of its last whole month, against the same
//! stretch of the year before. A target that is a rate is the same rate for that stretch; a target in tonnes is its share
//! by days. Raw material is in neither energy, new renewable energy not in the total.

use super::{DateSpan, Row};
use crate::{
    energy::intensity::{Light, light_of_growth, light_of_reduction},
    model::{Target, TargetKind},
};
use rust_decimal::Decimal;

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
pub fn lights(targets: &[&Target], intensity: &Row, total: &Row, judged: DateSpan, year: DateSpan) -> Vec<TargetLight> {
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
