//! One group of a rule set, and what it asks of those who are in it.

use crate::{platform::evaluation::Quantity, runtime::lang::Text};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    pub id: String,
    pub name: Text,
    pub condition: Condition,
    /// Those in it are not scored; the reason.
    pub exempt: Option<Text>,
    /// The grade that those who are exempt are treated as.
    pub exempt_grade: Option<String>,
    pub normaliser: Normaliser,
    pub indicators: Vec<Indicator>,
    /// What the weights sum to.
    pub weights_sum: Decimal,
    pub items: Vec<Item>,
    /// The most that all bonus items, and all penalty items, can make together.
    pub bonus_max: Option<Decimal>,
    pub penalty_max: Option<Decimal>,
    pub vetoes: Vec<Veto>,
    /// The best first; empty where the source gives none.
    pub bands: Vec<Band>,
    pub not_given: BTreeSet<NotGiven>,
    /// Registered for less than so many years at the end of the evaluated one: not graded.
    pub new_firm_years: Option<i16>,
    /// Land granted less than so many years before.
    pub new_land_years: Option<i16>,
    /// A lessee takes the grade of the one whose land it stands on, unless it has one of `landlord_except`.
    pub landlord_grade: bool,
    pub landlord_except: BTreeSet<String>,
}

/// Who is in a group: all that is said must hold.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Condition {
    /// 规上.
    pub above_scale: Option<bool>,
    /// Beginnings of GB/T 4754 codes, one of which must be the site's; empty: any.
    pub industries: Vec<String>,
    /// Land in use: at least, and below.
    pub land_from: Option<Decimal>,
    pub land_below: Option<Decimal>,
    /// One of them; empty: any.
    pub tags: BTreeSet<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Normaliser {
    /// Weight × value over base value.
    Ratio,
    /// From 20 % of the weight for the least value of the group to all of it for the most.
    MinMax,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Indicator {
    pub id: String,
    pub name: Text,
    /// Sums, one over the other.
    pub numerator: Vec<Quantity>,
    pub denominator: Vec<Quantity>,
    pub unit: String,
    /// `None`: the source does not give it.
    pub weight: Option<Decimal>,
    pub base: Option<Decimal>,
    /// The most that it can give, as a multiple of its weight.
    pub cap: Option<Decimal>,
    pub missing: MissingPolicy,
    /// File, line and column.
    pub place: String,
}

/// What an indicator without a value gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MissingPolicy {
    Zero,
    /// The mean of the points of those in the group who have one.
    GroupMean,
    /// It does not count: the others' points are scaled to the whole sum of weights.
    LeftOut,
}

/// Points for a tag.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    pub kind: ItemKind,
    pub tag: String,
    pub points: Decimal,
    pub name: Text,
    pub place: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ItemKind {
    Bonus,
    Penalty,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Veto {
    pub when: VetoWhen,
    pub effect: VetoEffect,
    pub name: Text,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VetoWhen {
    Tag(String),
    /// The tax is known and not above 0, and the parcels show land of its own.
    NoTaxOnOwnLand,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VetoEffect {
    /// Straight to the last band.
    Last,
    /// One band down.
    Down,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Band {
    pub grade: String,
    pub limits: BandLimits,
}

/// Where a band begins and ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BandLimits {
    /// Of the ranked ones in percent, from the best: those behind `from` up to and with `to`.
    Share { from: Decimal, to: Decimal, round: Rounding },
    /// Scores at least `from` and below `to`; `None`: no limit on that side.
    Score { from: Option<Decimal>, to: Option<Decimal> },
}

/// How a share of the ranked ones becomes a number of places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// At most the share.
    Down,
    /// At least the share.
    Up,
    Half,
}

/// What a source leaves out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum NotGiven {
    Weight,
    Base,
    Cap,
    Missing,
    Bands,
}

impl NotGiven {
    pub const ALL: [(&'static str, NotGiven); 5] = [
        ("weight", NotGiven::Weight),
        ("base", NotGiven::Base),
        ("cap", NotGiven::Cap),
        ("missing", NotGiven::Missing),
        ("bands", NotGiven::Bands),
    ];

    pub fn name(self) -> &'static str {
        NotGiven::ALL.iter().find(|(_, one)| *one == self).map_or("", |(name, _)| name)
    }

    /// What it means for the results.
    pub fn text(self) -> Text {
        let (zh, en) = match self {
            NotGiven::Weight => ("出处未给出指标权重，不计得分", "the source gives no weights: there is no score"),
            NotGiven::Base => ("出处未给出基准值，不计得分", "the source gives no base values: there is no score"),
            NotGiven::Cap => {
                ("出处未给出单项得分上限，未设上限", "the source gives no cap for an indicator: none is applied")
            }
            NotGiven::Missing => (
                "出处未说明缺数据时如何计分，缺失指标按零分计",
                "the source does not say what a missing value gives: it gives no points",
            ),
            NotGiven::Bands => (
                "出处未给出分档比例，只有得分与排名，不评等级",
                "the source gives no bands: there are scores and ranks and no grade",
            ),
        };
        Text::new(zh, en)
    }
}

impl Group {
    /// Whether its indicators can give points.
    pub fn scores(&self) -> bool {
        let has_base = |one: &Indicator| one.base.is_some() || self.normaliser == Normaliser::MinMax;
        self.exempt.is_none() && self.indicators.iter().all(|one| one.weight.is_some() && has_base(one))
    }

    pub fn indicator(&self, id: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|one| one.id == id)
    }

    /// A grade's place among the bands, from 0 for the best.
    pub fn place_of(&self, grade: &str) -> Option<usize> {
        self.bands.iter().position(|band| band.grade == grade)
    }
}
