//! What is written by hand about a site: its products, its stocks, the calorific values of its fuels.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// One product of a site.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Product {
    pub credit_code: String,
    pub code: String,
    pub name: String,
    pub unit: String,
    /// Yuan.
    pub output_value_yuan_per_unit: Option<Decimal>,
    /// 能耗限额, where a limit standard holds for the product.
    pub limit: Option<Limit>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limit {
    pub kgce_per_unit: Decimal,
    /// The standard that sets it.
    pub standard: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
pub enum StockKind {
    /// What lies in the tank or yard as the day begins.
    Opening,
    /// What came on the day.
    Delivery,
    /// What is left as the day ends. It is the next day's opening unless one is written.
    Closing,
}

/// One line of a stock book: fuel by the tank or by the truck.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StockEntry {
    pub credit_code: String,
    pub carrier: String,
    pub unit: String,
    pub date: Date,
    pub kind: StockKind,
    pub quantity: Decimal,
    /// Number of the delivery note, of the stock sheet.
    pub document: String,
    pub note: String,
}

/// A measured net calorific value (低位发热量) and how much of the fuel it stands for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CalorificValue {
    pub credit_code: String,
    pub carrier: String,
    pub date: Date,
    /// kJ per one `unit`.
    pub ncv_kj_per_unit: Decimal,
    pub unit: String,
    /// The weight in the mean, in `unit`.
    pub quantity: Decimal,
    /// The laboratory's report.
    pub source: String,
}
