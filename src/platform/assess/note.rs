//! Why a figure is missing or weak, in words.

use crate::{
    energy::coal::{Basis, Lookup, Question, Worth},
    model::{Role, Site},
    platform::store::Flow,
    runtime::lang::Text,
};
use rust_decimal::Decimal;

pub(super) type Name = (&'static str, &'static str);
pub(super) const OUTPUT: Name = ("产量", "the output");
pub(super) const OUTPUT_VALUE: Name = ("产值", "the output value");
pub(super) const LAND: Name = ("用地面积", "the land");

/// The register's name in terms and notes.
pub(super) fn place(flow: &Flow) -> String {
    format!("{}/{}/{}", flow.gateway_id, flow.series.meter, flow.series.point)
}

pub(super) fn no_energy_meter() -> Text {
    Text::new("没有计入本单位能耗的计量点", "no point counts as the site's energy")
}

pub(super) fn no_output() -> Text {
    Text::new("本时段没有产量数据", "no output is known in the period")
}

pub(super) fn no_product_value() -> Text {
    Text::new("登记表中没有单位产品产值", "the registry has no value of one unit of product")
}

pub(super) fn zero((zh, en): Name) -> Text {
    Text::new(format!("{zh}为零，无法计算以其为分母的指标"), format!("{en} is zero: nothing can be divided by it"))
}

pub(super) fn no_data(flow: &Flow) -> Text {
    let place = place(flow);
    let (zh, en) = match flow.series.role {
        Role::Output => ("产量", "output"),
        Role::Scrap => ("废品", "scrap"),
        _ => ("能耗", "energy"),
    };
    Text::new(
        format!("计量点 {place} 在本时段没有数据，其{zh}未知，未计入"),
        format!("{place} has no data in the period: its {en} is unknown and in no sum"),
    )
}

pub(super) fn breaks(flow: &Flow) -> Text {
    let (place, n) = (place(flow), flow.breaks);
    Text::new(
        format!("计量点 {place} 的表底在本时段回落 {n} 次，回落前后的差额未知，未计入"),
        format!("the register of {place} fell {n} times in the period: what lies across is unknown and in no sum"),
    )
}

pub(super) fn too_large(flow: &Flow) -> Text {
    let place = place(flow);
    Text::new(format!("计量点 {place} 的数值过大，无法精确计算"), format!("{place} is too large for an exact sum"))
}

pub(super) fn too_large_sum() -> Text {
    Text::new("合计数值过大，无法精确计算", "the sum is too large for an exact decimal")
}

pub(super) fn other_product(flow: &Flow, site: &Site) -> Text {
    let place = place(flow);
    let (unit, product) = (&flow.series.unit, &flow.series.product);
    let (site_unit, site_product) = (&site.product_unit, &site.product_code);
    Text::new(
        format!("产量点 {place} 的产品 `{product}`（{unit}）与登记的 `{site_product}`（{site_unit}）不一致，产量未知"),
        format!(
            "{place} counts product `{product}` in {unit}, the registry has `{site_product}` in {site_unit}: the output is unknown"
        ),
    )
}

/// The limit is the national on-line monitoring system's: at least 90 % of the expected values.
pub(super) fn incomplete(share: Decimal) -> Text {
    let percent = (share * Decimal::ONE_HUNDRED).round_dp(1).normalize();
    Text::new(
        format!("数据完整率 {percent} %，低于国家要求的 90 %"),
        format!("completeness is {percent} %, below the 90 % that the national rule asks for"),
    )
}

pub(super) fn no_factor(question: &Question<'_>, found: &Lookup<'_>) -> Text {
    let Question { carrier, unit, province, first, .. } = question;
    let (zh, en) = match question.basis {
        Basis::Calorific => ("当量", "calorific (当量)"),
        Basis::Equivalent => ("等价", "equivalent (等价)"),
    };
    match found {
        Lookup::Changes(day) => Text::new(
            format!("{carrier} 的{zh}系数在本时段内的 {day} 变更：请分段评价"),
            format!("the {en} factor of {carrier} changes on {day} inside the period: assess each part alone"),
        ),
        Lookup::Open(factor) => {
            let range = match factor.worth {
                Worth::Range(low, high) => format!("{low}–{high}"),
                Worth::One(value) => value.to_string(),
            };
            Text::new(
                format!(
                    "{carrier} 的折标系数在标准中为范围 {range}（每 {}）：请在自己的系数文件中确定取值",
                    factor.unit
                ),
                format!(
                    "the standard gives {carrier} a range of {range} kgce per {}: state a value in a coefficient file of your own",
                    factor.unit
                ),
            )
        }
        _ => {
            let year = first.year();
            let region = crate::model::region::name(province);
            let (region_zh, region_en) = region.unwrap_or((province, province));
            Text::new(
                format!("没有{region_zh} {year} 年 {carrier}（每 {unit}）的{zh}系数"),
                format!("no factor: {en} {carrier} per {unit} of {region_en} for {year}"),
            )
        }
    }
}
