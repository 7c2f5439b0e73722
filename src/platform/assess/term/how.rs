//! Where a term's value comes from, and how it is computed of other terms.

use super::Register;
use crate::energy::score;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Where a term's value comes from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum How {
    Sum,
    Product,
    /// The first term over the second.
    Quotient,
    /// The one term, half to even (GB/T 8170).
    Rounded {
        decimals: u32,
    },
    /// Counts of a register's movement over the period × the value of one.
    Register(Register),
    /// Out of a coefficient file.
    Factor(Origin),
    /// Out of the operator's registry: the field.
    Registry {
        field: String,
    },
    /// Written by hand: a stock entry, a measured value.
    Entry(Origin),
    /// An exact ratio of units or a number of the formula itself.
    Constant,
    /// Points by the ratio to a base value: weight, value, base value and, where there is one, the cap as a multiple of the
    /// weight ([`score::to_base`]).
    ToBase,
    /// Points by the place between the least and the most: weight, value, least, most ([`score::min_max`]).
    MinMax,
    /// The least of the terms.
    Least,
    /// Out of a rule set.
    Rule(Origin),
    /// What the candidates of a group have together.
    Statistic(Statistic),
    /// Quarter-hours counted by the ledger.
    Counted,
    /// Nothing is known of it: the note says why.
    Missing,
}

/// A dated value out of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Origin {
    pub valid_from: String,
    /// Document and clause.
    pub source: String,
    /// File, line and column; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
}

/// A number of a whole group of an evaluation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Statistic {
    pub statistic: Statistical,
    pub group: String,
    /// Of how many candidates.
    pub of: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Statistical {
    Mean,
    Least,
    Most,
}

impl How {
    pub(super) fn is_leaf(&self) -> bool {
        !matches!(
            self,
            How::Sum | How::Product | How::Quotient | How::Rounded { .. } | How::ToBase | How::MinMax | How::Least
        )
    }

    /// `None` for a leaf, where a value is unknown, leaves 28 digits, or is divided by zero.
    pub fn compute(&self, values: &[(bool, Option<Decimal>)]) -> Option<Decimal> {
        match self {
            How::Sum => values.iter().try_fold(Decimal::ZERO, |sum, (minus, value)| match minus {
                true => sum.checked_sub((*value)?),
                false => sum.checked_add((*value)?),
            }),
            How::Product => values.iter().try_fold(Decimal::ONE, |product, (_, value)| product.checked_mul((*value)?)),
            How::Quotient => match values {
                [(_, part), (_, whole)] => (*part)?.checked_div((*whole)?),
                _ => None,
            },
            How::Rounded { decimals } => match values {
                [(_, value)] => Some((*value)?.round_dp(*decimals).normalize()),
                _ => None,
            },
            How::ToBase => match *values {
                [(_, weight), (_, value), (_, base)] => score::to_base(weight?, value?, base?, None),
                [(_, weight), (_, value), (_, base), (_, cap)] => score::to_base(weight?, value?, base?, Some(cap?)),
                _ => None,
            },
            How::MinMax => match *values {
                [(_, weight), (_, value), (_, least), (_, most)] => score::min_max(weight?, value?, least?, most?),
                _ => None,
            },
            How::Least => {
                let mut all = values.iter().map(|(_, value)| *value);
                let first = all.next()??;
                all.try_fold(first, |least, value| Some(least.min(value?)))
            }
            _ => None,
        }
    }
}
