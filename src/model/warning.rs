//! What a person is warned of.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningRule {
    /// A site's quota is used faster than the year goes.
    QuotaPace,
    /// The forecast of the year is beyond the quota.
    QuotaForecast,
    /// Energy per product is beyond the limit value.
    LimitExceeded,
    /// The light of a region's target of intensity, of energy or of carbon.
    IntensityLight,
    /// The light of a region's target of total energy.
    TotalLight,
    /// Less than 90 % of the expected values came.
    Incomplete,
    /// A meter says nothing for more than three working days.
    Silent,
    /// The calibration of a meter that counts has run out.
    Calibration,
}

/// In the order of gravity; the numbers stay in files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningLevel {
    Yellow = 1,
    Red = 2,
}

/// Of what a warning is. There is one open warning of a key at a time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WarningKey {
    pub rule: WarningRule,
    /// A site's credit code, or a region's code.
    pub place: String,
    /// A meter, a product, a kind of target; empty: the place itself.
    pub object: String,
}

/// One of the figures that raised a warning.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ground {
    pub name: String,
    pub value: Option<Decimal>,
    pub unit: String,
}

impl WarningRule {
    pub const ALL: [WarningRule; 8] = [
        WarningRule::QuotaPace,
        WarningRule::QuotaForecast,
        WarningRule::LimitExceeded,
        WarningRule::IntensityLight,
        WarningRule::TotalLight,
        WarningRule::Incomplete,
        WarningRule::Silent,
        WarningRule::Calibration,
    ];

    pub fn name(self) -> &'static str {
        match self {
            WarningRule::QuotaPace => "quota_pace",
            WarningRule::QuotaForecast => "quota_forecast",
            WarningRule::LimitExceeded => "limit_exceeded",
            WarningRule::IntensityLight => "intensity_light",
            WarningRule::TotalLight => "total_light",
            WarningRule::Incomplete => "incomplete",
            WarningRule::Silent => "silent",
            WarningRule::Calibration => "calibration",
        }
    }

    pub fn by_name(name: &str) -> Option<WarningRule> {
        WarningRule::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

impl WarningLevel {
    pub fn name(self) -> &'static str {
        match self {
            WarningLevel::Yellow => "yellow",
            WarningLevel::Red => "red",
        }
    }

    pub fn by_code(code: u8) -> Option<WarningLevel> {
        [WarningLevel::Yellow, WarningLevel::Red].into_iter().find(|level| *level as u8 == code)
    }
}
