//! The figures a ranking can be sorted by.

use super::SiteAssessment;
use rust_decimal::Decimal;
use std::{fmt, str::FromStr};

macro_rules! figures {
    ($($variant:ident $name:ident $best_is_high:literal),* $(,)?) => {
        /// One figure of a site, named as in the JSON answers.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Figure { $($variant),* }

        impl Figure {
            pub const ALL: &[Figure] = &[$(Figure::$variant),*];

            pub fn of(self, site: &SiteAssessment) -> Option<Decimal> {
                match self { $(Figure::$variant => site.$name),* }
            }

            /// Whether the first rank has the largest value.
            pub fn best_is_high(self) -> bool {
                match self { $(Figure::$variant => $best_is_high),* }
            }

            pub fn name(self) -> &'static str {
                match self { $(Figure::$variant => stringify!($name)),* }
            }
        }
    };
}

figures! {
    Kwh kwh false,
    Kgce kgce false,
    Output output true,
    OutputValueWan output_value_wan true,
    KgcePerProduct kgce_per_product false,
    TcePerWan tce_per_wan false,
    OutputValueWanPerMu output_value_wan_per_mu true,
    TcePerMu tce_per_mu false,
    TaxWanPerMu tax_wan_per_mu true,
    ValueAddedWanPerMu value_added_wan_per_mu true,
    Completeness completeness true,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no figure")]
pub struct UnknownFigure(pub String);

impl FromStr for Figure {
    type Err = UnknownFigure;

    fn from_str(text: &str) -> Result<Figure, UnknownFigure> {
        let found = Figure::ALL.iter().find(|figure| figure.name() == text);
        found.copied().ok_or_else(|| UnknownFigure(text.chars().take(64).collect()))
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
