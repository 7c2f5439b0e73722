//! The output of one product.

use crate::{model::unit, platform::assess::SiteAssessment};
use rust_decimal::Decimal;

/// Good output of the product in `unit`. `None` where it is unknown, where its unit can not become that one, and where the
/// site makes other products too: energy is allocated by no rule.
pub fn output_of(site: &SiteAssessment, product: &str, unit: &str) -> Option<Decimal> {
    let [only] = site.products.as_slice() else { return None };
    if only.product != product {
        return None;
    }
    site.output?.checked_mul(unit::ratio(&only.unit, unit)?)
}
