//! What an authority sets for dual control (能耗双控): targets of regions, limit values of products, quotas of sites.

use jiff::civil::Date;
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

/// In the order of strictness, as the standards' levels 3, 2, 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitGrade {
    /// 限定值 (3级): beyond it a site must mend or end the production.
    Limit,
    /// 准入值 (2级), for new lines.
    Entry,
    /// 先进值 (1级).
    Advanced,
}

impl LimitGrade {
    pub const ALL: [LimitGrade; 3] = [LimitGrade::Limit, LimitGrade::Entry, LimitGrade::Advanced];

    pub fn name(self) -> &'static str {
        match self {
            LimitGrade::Limit => "limit",
            LimitGrade::Entry => "entry",
            LimitGrade::Advanced => "advanced",
        }
    }

    pub fn by_name(name: &str) -> Option<LimitGrade> {
        LimitGrade::ALL.into_iter().find(|grade| grade.name() == name)
    }
}

/// By which a limit is told from others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LimitKey {
    pub product: String,
    /// GB/T 2260 code of whose standard it is; empty: national.
    pub region: String,
    pub grade: LimitGrade,
    pub valid_from: Date,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductLimit {
    pub key: LimitKey,
    /// Above 0, kgce for one `unit` of product.
    pub kgce_per_unit: Decimal,
    pub unit: String,
    /// Standard and clause.
    pub source: String,
    pub by: String,
}

/// What a site may use in a year.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quota {
    pub credit_code: String,
    pub year: i16,
    /// Above 0.
    pub tce: Decimal,
    /// Of it electricity, where that is set too.
    pub kwh: Option<Decimal>,
    /// Document that sets it.
    pub source: String,
    pub by: String,
}
