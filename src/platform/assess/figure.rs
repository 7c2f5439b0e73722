//! The figures by which sites are compared.

use super::SiteAssessment;
use rust_decimal::Decimal;
use std::{fmt, str::FromStr};

/// One figure of a [`SiteAssessment`], by the name of its JSON field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Figure {
    Kwh,
    Kgce,
    KgceWithoutRawMaterial,
    KgceWithoutRenewable,
    Co2T,
    Output,
    OutputValueWan,
    KgcePerProduct,
    TcePerWan,
    OutputValueWanPerMu,
    TcePerMu,
    TaxWanPerMu,
    ValueAddedWanPerMu,
    Completeness,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no figure; there are {list}", list = Figure::ALL.map(Figure::name).join(", "))]
pub struct UnknownFigure(pub String);

impl Figure {
    pub const ALL: [Figure; 14] = [
        Figure::Kwh,
        Figure::Kgce,
        Figure::KgceWithoutRawMaterial,
        Figure::KgceWithoutRenewable,
        Figure::Co2T,
        Figure::Output,
        Figure::OutputValueWan,
        Figure::KgcePerProduct,
        Figure::TcePerWan,
        Figure::OutputValueWanPerMu,
        Figure::TcePerMu,
        Figure::TaxWanPerMu,
        Figure::ValueAddedWanPerMu,
        Figure::Completeness,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Figure::Kwh => "kwh",
            Figure::Kgce => "kgce",
            Figure::KgceWithoutRawMaterial => "kgce_without_raw_material",
            Figure::KgceWithoutRenewable => "kgce_without_renewable",
            Figure::Co2T => "co2_t",
            Figure::Output => "output",
            Figure::OutputValueWan => "output_value_wan",
            Figure::KgcePerProduct => "kgce_per_product",
            Figure::TcePerWan => "tce_per_wan",
            Figure::OutputValueWanPerMu => "output_value_wan_per_mu",
            Figure::TcePerMu => "tce_per_mu",
            Figure::TaxWanPerMu => "tax_wan_per_mu",
            Figure::ValueAddedWanPerMu => "value_added_wan_per_mu",
            Figure::Completeness => "completeness",
        }
    }

    /// What a ranking starts with unless it is asked otherwise: energy counts against a site, the rest for it.
    pub fn higher_is_better(self) -> bool {
        matches!(
            self,
            Figure::Output
                | Figure::OutputValueWan
                | Figure::OutputValueWanPerMu
                | Figure::TaxWanPerMu
                | Figure::ValueAddedWanPerMu
                | Figure::Completeness
        )
    }

    pub fn of(self, site: &SiteAssessment) -> Option<Decimal> {
        match self {
            Figure::Kwh => site.kwh,
            Figure::Kgce => site.kgce,
            Figure::KgceWithoutRawMaterial => site.kgce_without_raw_material,
            Figure::KgceWithoutRenewable => site.kgce_without_renewable,
            Figure::Co2T => site.co2_t,
            Figure::Output => site.output,
            Figure::OutputValueWan => site.output_value_wan,
            Figure::KgcePerProduct => site.kgce_per_product,
            Figure::TcePerWan => site.tce_per_wan,
            Figure::OutputValueWanPerMu => site.output_value_wan_per_mu,
            Figure::TcePerMu => site.tce_per_mu,
            Figure::TaxWanPerMu => site.tax_wan_per_mu,
            Figure::ValueAddedWanPerMu => site.value_added_wan_per_mu,
            Figure::Completeness => site.completeness,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Figure {
    type Err = UnknownFigure;

    fn from_str(text: &str) -> Result<Figure, UnknownFigure> {
        let known = Figure::ALL.into_iter().find(|figure| figure.name() == text);
        known.ok_or_else(|| UnknownFigure(text.chars().take(64).collect()))
    }
}
