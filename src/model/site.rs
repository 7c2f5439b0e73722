//! Sites: the energy-using units that are assessed (用能单位).

use rust_decimal::Decimal;

/// A site as its registry row says. What changes by the year is in its [`super::EconomicFigure`]s.
#[derive(Clone, PartialEq, Debug)]
pub struct Site {
    /// 统一社会信用代码, GB 32100-2015.
    pub credit_code: String,
    pub name: String,
    /// GB/T 2260 code of the city, six digits such as 331000.
    pub city_code: String,
    /// GB/T 2260 code of the county, six digits such as 331003.
    pub county_code: String,
    /// GB/T 4754-2017 class, such as C1713.
    pub industry_code: String,
    /// Land in use, mu (亩 = 2000/3 m²), where no parcels say it.
    pub land_mu: Decimal,
    /// Code and unit of the product that the output points count; the value in yuan of one unit.
    pub product_code: String,
    pub product_unit: String,
    pub output_value_yuan_per_unit: Option<Decimal>,
}

/// A gateway and the site it stands on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gateway {
    pub gateway_id: String,
    pub credit_code: String,
    /// Ed25519 keys with which it may sign; without any, the first one that it signs with.
    pub public_keys: Vec<[u8; 32]>,
}

impl Gateway {
    /// 1 to 64 letters, digits, `.`, `_`, `-`.
    pub fn is_id(text: &str) -> bool {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    }
}
