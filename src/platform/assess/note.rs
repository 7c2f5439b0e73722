//! Why a figure is missing or weak, in words.

use super::line::Line;
use crate::{
    energy::{
        calorific::Measured,
        coal::{Basis, Lookup, Question, Worth},
        counter::EpochCause,
    },
    model::{EconomicItem, PointName, Product, Role},
    platform::store::Flow,
    runtime::lang::Text,
};
use jiff::civil::Date;
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

pub(super) fn not_stated(item: EconomicItem, why: &Text) -> Text {
    let name = item.name();
    Text::new(format!("{name}：{}", why.zh), format!("{name}: {}", why.en))
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
    let first = flow.epochs.first().map(|end| {
        let value =
            |count: i64| flow.series.scale.value_from_count(count).map_or("—".into(), |value| value.to_string());
        format!("{} {}: {} → {}", end.time, cause_name(end.cause), value(end.before.count), value(end.after.count))
    });
    let (zh, en) =
        first.map_or_else(Default::default, |first| (format!("（首次 {first}）"), format!(" (first {first})")));
    Text::new(
        format!("计量点 {place} 在本时段 {n} 次换表、复位或跳变{zh}，其间的用量未知，未计入"),
        format!(
            "the register of {place} was replaced, reset or jumped {n} times in the period{en}: what ran between is unknown and in no sum"
        ),
    )
}

/// As APIs write it.
pub fn cause_name(cause: EpochCause) -> &'static str {
    match cause {
        EpochCause::First => "first",
        EpochCause::Replaced => "replaced",
        EpochCause::Restart => "restart",
        EpochCause::Reset => "reset",
        EpochCause::Backwards => "backwards",
        EpochCause::Jump => "jump",
    }
}

pub(super) fn too_large(flow: &Flow) -> Text {
    let place = place(flow);
    Text::new(format!("计量点 {place} 的数值过大，无法精确计算"), format!("{place} is too large for an exact sum"))
}

pub(super) fn too_large_sum(name: &str) -> Text {
    Text::new(
        format!("{name} 的合计数值过大，无法精确计算"),
        format!("the sum of {name} is too large for an exact decimal"),
    )
}

pub(super) fn no_energy_yet() -> Text {
    Text::new("本时段没有能耗数据", "no energy is known in the period")
}

pub(super) fn never_seen(point: &PointName) -> Text {
    Text::new(
        format!("边界所列计量点 {point} 从未有过数据"),
        format!("the boundary names {point}, and nothing of it has ever been received"),
    )
}

pub(super) fn virtual_unknown(name: &str) -> Text {
    Text::new(
        format!("虚拟计量点 {name} 的组成有未知项，其值未知"),
        format!("a term of the virtual point {name} is unknown, and so it is"),
    )
}

pub(super) fn no_stock(carrier: &str) -> Text {
    Text::new(
        format!("{carrier} 缺少时段起始或终了的库存，消耗量未知"),
        format!(
            "the stock book of {carrier} has no stock at the beginning or the end of the period: what was used is unknown"
        ),
    )
}

pub(super) fn book_differs(carrier: &str, book: Decimal, meters: Decimal, unit: &str) -> Text {
    let (book, meters) = (book.normalize(), meters.normalize());
    Text::new(
        format!("{carrier} 手工台账 {book} {unit} 与计量 {meters} {unit} 相差超过 5 %；以计量为准"),
        format!(
            "{carrier}: the book says {book} {unit}, the meters {meters} {unit}, more than 5 % apart; the meters count"
        ),
    )
}

/// Platform rule of the national system: daily values against the monthly one, within 5 %.
pub(super) fn days_differ(flow: &Flow, sum: Decimal, whole: Decimal) -> Text {
    let (place, sum, whole) = (place(flow), sum.normalize(), whole.normalize());
    Text::new(
        format!("计量点 {place} 各区间合计 {sum} 与首末表底之差 {whole} 相差超过 5 %"),
        format!(
            "{place}: the sum of its intervals is {sum}, its first and last reading give {whole}, more than 5 % apart"
        ),
    )
}

pub(super) fn calibration(point: &PointName, until: Date) -> Text {
    Text::new(
        format!("计量点 {point} 的检定有效期至 {until}，早于本时段结束"),
        format!("the calibration of {point} ended on {until}, before the period does"),
    )
}

pub(super) fn chosen(carrier: &str, value: Decimal, low: Decimal, high: Decimal, unit: &str) -> Text {
    Text::new(
        format!("{carrier} 的系数 {value} kgce/{unit} 由运营方在标准范围 {low}–{high} 内确定"),
        format!("{value} kgce per {unit} of {carrier} is the operator's choice within the standard's {low}–{high}"),
    )
}

pub(super) fn measured(carrier: &str, measured: &Measured) -> Text {
    let Measured { ncv_kj_per_unit, measurements, .. } = measured;
    Text::new(
        format!("{carrier} 采用实测低位发热量 {ncv_kj_per_unit} kJ（{measurements} 次化验的加权平均）"),
        format!(
            "{carrier}: measured calorific value {ncv_kj_per_unit} kJ, the weighted mean of {measurements} analyses"
        ),
    )
}

pub(super) fn stock_days(carrier: &str, known: u32, all: u32) -> Text {
    Text::new(
        format!("{carrier} 的库存台账只覆盖 {all} 天中的 {known} 天"),
        format!("the stock book of {carrier} covers {known} of {all} days"),
    )
}

pub(super) fn no_enthalpy(point: &PointName) -> Text {
    Text::new(
        format!("蒸汽计量点 {point} 没有焓值，质量不能折算热量"),
        format!("{point} counts steam by mass and its enthalpy is not known: it has no heat"),
    )
}

pub(super) fn no_carbon_rules() -> Text {
    Text::new("平台未配置碳排放因子", "the platform is configured without carbon factors")
}

pub(super) fn no_carbon_factor(carrier: &str, year: i16) -> Text {
    Text::new(
        format!("没有 {year} 年 {carrier} 的碳排放因子，二氧化碳未知"),
        format!("no carbon factor of {carrier} for {year}: CO₂ is not known"),
    )
}

pub(super) fn several_products() -> Text {
    Text::new(
        "本单位有多种产品，能耗未按任何规则分摊：不计算单位产品能耗",
        "the site has several products, and energy is allocated to them by no rule: energy per product is not computed",
    )
}

pub(super) fn other_product(line: &Line, products: &[Product]) -> Text {
    let place = line.amount.as_ref().map_or("", |term| term.registers().first().map_or("", |term| term.name.as_str()));
    let (unit, product) = (&line.unit, &line.product);
    let known: Vec<_> = products.iter().map(|product| format!("`{}` in {}", product.code, product.unit)).collect();
    let known = known.join(", ");
    Text::new(
        format!("产量点 {place} 的产品 `{product}`（{unit}）与登记的产品（{known}）不一致，产量未知"),
        format!("{place} counts product `{product}` in {unit}, the registry has {known}: the output is unknown"),
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
