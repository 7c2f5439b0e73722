//! What the bureaus say of a site for a year or a month: tax, value added, revenue, research, staff, emissions.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// One item of one site and one year or month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EconomicFigure {
    pub credit_code: String,
    pub year: i16,
    /// 1 to 12; `None`: of the whole year.
    pub month: Option<u8>,
    pub item: EconomicItem,
    /// In the item's unit. Losses and refunds are negative.
    pub value: Decimal,
    /// Who says so, such as a bureau and its document.
    pub source: String,
}

/// In the words of 亩均效益综合评价. Money is 10,000 yuan (万元), emissions tonnes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EconomicItem {
    /// 评价税收: taxes contributed, as the tax bureau adjusted them.
    TaxWan,
    /// 工业增加值, current prices.
    ValueAddedWan,
    /// 工业增加值 at the comparable prices of the base year that the source names.
    ValueAddedComparableWan,
    /// 工业总产值, current prices.
    OutputValueWan,
    /// 主营业务收入.
    RevenueWan,
    /// R&D经费支出.
    ResearchWan,
    /// 年平均职工人数, persons.
    Staff,
    /// 化学需氧量.
    CodT,
    /// 氨氮.
    AmmoniaNitrogenT,
    /// 二氧化硫.
    So2T,
    /// 氮氧化物.
    NoxT,
}

impl EconomicItem {
    pub const ALL: [EconomicItem; 11] = [
        EconomicItem::TaxWan,
        EconomicItem::ValueAddedWan,
        EconomicItem::ValueAddedComparableWan,
        EconomicItem::OutputValueWan,
        EconomicItem::RevenueWan,
        EconomicItem::ResearchWan,
        EconomicItem::Staff,
        EconomicItem::CodT,
        EconomicItem::AmmoniaNitrogenT,
        EconomicItem::So2T,
        EconomicItem::NoxT,
    ];

    /// As in files and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            EconomicItem::TaxWan => "tax_wan",
            EconomicItem::ValueAddedWan => "value_added_wan",
            EconomicItem::ValueAddedComparableWan => "value_added_comparable_wan",
            EconomicItem::OutputValueWan => "output_value_wan",
            EconomicItem::RevenueWan => "revenue_wan",
            EconomicItem::ResearchWan => "research_wan",
            EconomicItem::Staff => "staff",
            EconomicItem::CodT => "cod_t",
            EconomicItem::AmmoniaNitrogenT => "ammonia_nitrogen_t",
            EconomicItem::So2T => "so2_t",
            EconomicItem::NoxT => "nox_t",
        }
    }

    pub fn by_name(name: &str) -> Option<EconomicItem> {
        EconomicItem::ALL.into_iter().find(|item| item.name() == name)
    }

    /// In English.
    pub fn unit(self) -> &'static str {
        match self {
            EconomicItem::Staff => "persons",
            EconomicItem::CodT | EconomicItem::AmmoniaNitrogenT | EconomicItem::So2T | EconomicItem::NoxT => "t",
            _ => "10k yuan",
        }
    }
}
