//! One site's score as its tree.

use super::{
    outcome::{Filled, GroupOutcome, IndicatorStatistics},
    score::{Value, given, items, value},
};
use crate::platform::{
    assess::term::{How, Origin, Part, Statistic, Statistical, Term},
    evaluation::{
        Candidate, Quantity,
        rule::{Group, Indicator, ItemKind, Normaliser, RuleSet},
    },
};
use rust_decimal::Decimal;

const POINTS: &str = "points";

/// The tree whose value is the site's score; `outcome` is that of its group. `None`: those in the group are not scored.
pub fn workings(rules: &RuleSet, group: &Group, outcome: &GroupOutcome, candidate: &Candidate) -> Option<Term> {
    if group.exempt.is_some() {
        return None;
    }
    let bench = Bench { rules, group, candidate };
    let scored: Vec<(&Indicator, Option<Filled>, Part)> = group
        .indicators
        .iter()
        .zip(&outcome.statistics)
        .filter_map(|(indicator, statistics)| bench.points(indicator, statistics))
        .collect();
    let left_out = scored.iter().any(|(_, filled, _)| *filled == Some(Filled::LeftOut));
    let counted = || scored.iter().filter(|(_, filled, _)| *filled != Some(Filled::LeftOut));
    let sum = Term::of("indicators", POINTS, How::Sum, counted().map(|(_, _, part)| part.clone()).collect());
    let sum = if left_out {
        let weights = counted().map(|(indicator, ..)| bench.weight(indicator)).collect();
        let weights = Term::of("weights that count", POINTS, How::Sum, weights);
        let share = vec![bench.rule("weights_sum", Some(group.weights_sum), POINTS, ""), weights.plus()];
        let share = Term::of("share that counts", "", How::Quotient, share);
        Term::of("indicators", POINTS, How::Product, vec![sum.plus(), share.plus()])
    } else {
        sum
    };
    let penalty = Part { minus: true, ..bench.items(ItemKind::Penalty) };
    let total = Term::of("score", POINTS, How::Sum, vec![sum.plus(), bench.items(ItemKind::Bonus), penalty]);
    Some(Term::of("score", POINTS, How::Rounded { decimals: rules.decimals }, vec![total.plus()]))
}

struct Bench<'a> {
    rules: &'a RuleSet,
    group: &'a Group,
    candidate: &'a Candidate,
}

impl Bench<'_> {
    fn points<'i>(
        &self,
        indicator: &'i Indicator,
        statistics: &IndicatorStatistics,
    ) -> Option<(&'i Indicator, Option<Filled>, Part)> {
        let value = value(indicator, self.candidate)?;
        let (points, filled) = given(self.group, indicator, statistics, &value);
        let term = match filled {
            None => self.of_value(indicator, statistics),
            Some(Filled::LeftOut) => noted(Term::leaf(&indicator.id, points, POINTS, How::Missing), value),
            Some(Filled::Zero) => noted(Term::leaf(&indicator.id, points, POINTS, How::Constant), value),
            Some(Filled::GroupMean) => {
                let mean = self.statistic(Statistical::Mean, statistics);
                noted(Term::leaf(&indicator.id, points, POINTS, mean), value)
            }
        };
        Some((indicator, filled, term.plus()))
    }

    fn of_value(&self, indicator: &Indicator, statistics: &IndicatorStatistics) -> Term {
        let weight = self.weight(indicator);
        let sum = |quantities: &[Quantity]| {
            let mut parts = quantities.iter().map(|quantity| match self.candidate.term(*quantity) {
                Some(term) => Part::shared(term),
                None => Term::leaf(quantity.name(), None, quantity.unit(), How::Missing).plus(),
            });
            match quantities {
                [_] => parts.next(),
                [first, ..] => Some(Term::of("sum", first.unit(), How::Sum, parts.collect()).plus()),
                [] => None,
            }
        };
        let parts = sum(&indicator.numerator).into_iter().chain(sum(&indicator.denominator)).collect();
        let value = Term::of(&indicator.id, &indicator.unit, How::Quotient, parts).plus();
        let (how, parts) = match self.group.normaliser {
            Normaliser::Ratio => {
                let base = self.rule("base", indicator.base, &indicator.unit, &indicator.place);
                let cap = indicator.cap.map(|cap| self.rule("cap", Some(cap), "", &indicator.place));
                (How::ToBase, [weight, value, base].into_iter().chain(cap).collect())
            }
            Normaliser::MinMax => {
                let of = |statistic, name: &str, value| {
                    let how = self.statistic(statistic, statistics);
                    Term::leaf(name, value, &indicator.unit, how).plus()
                };
                let least = of(Statistical::Least, "least", statistics.least);
                let most = of(Statistical::Most, "most", statistics.most);
                (How::MinMax, vec![weight, value, least, most])
            }
        };
        Term::of(&indicator.id, POINTS, how, parts)
    }

    fn weight(&self, indicator: &Indicator) -> Part {
        self.rule("weight", indicator.weight, POINTS, &indicator.place)
    }

    /// A number out of the rule set.
    fn rule(&self, name: &str, value: Option<Decimal>, unit: &str, place: &str) -> Part {
        let valid_from = self.rules.years.map_or_else(String::new, |(first, _)| first.to_string());
        let origin = Origin { valid_from, source: self.rules.id.clone(), place: place.to_owned() };
        Term::leaf(name, value, unit, How::Rule(origin)).plus()
    }

    fn statistic(&self, statistic: Statistical, of: &IndicatorStatistics) -> How {
        How::Statistic(Statistic { statistic, group: self.group.id.clone(), of: of.known })
    }

    fn items(&self, kind: ItemKind) -> Part {
        let name = match kind {
            ItemKind::Bonus => "bonus",
            ItemKind::Penalty => "penalty",
        };
        let (found, most) = items(self.group, self.candidate, kind);
        let parts = found.iter().map(|item| self.rule(&item.tag, Some(item.points), POINTS, &item.place)).collect();
        let sum = Term::of(name, POINTS, How::Sum, parts);
        match most {
            Some(most) => {
                let most = self.rule(&format!("{name}_max"), Some(most), POINTS, "");
                Term::of(name, POINTS, How::Least, vec![sum.plus(), most]).plus()
            }
            None => sum.plus(),
        }
    }
}

/// With the reason why something stands in for the value.
fn noted(term: Term, value: Value) -> Term {
    match value {
        Err(why) => term.weakened(why),
        Ok(_) => term,
    }
}
