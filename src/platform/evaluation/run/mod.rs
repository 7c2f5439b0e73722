//! Rules × candidates → scores, ranks and grades. Pure.
//!
//! ```text
//!   place   which group, and whether graded there: new firm, new land, lessee        reason: exemption, landlord
//!   score   vᵢ = numerator / denominator; points by base value or from least to most   reason: missing
//!           S = Σ points + bonus − penalty, rounded once, half to even
//!   grade   rank by S inside of the group ─▶ band ─▶ vetoes ─▶ lessees                  reason: band, veto
//! ```
//!
//! # Promises
//! - The same rules and candidates give the same evaluation, in whatever order they come.
//! - A better value never gives fewer points, a worse rank or a worse grade.
//! - Every score is the value of a tree of terms ([`workings`]) down to registers, factors, the registry, the bureaus'
//!   entries and the rule's own lines; the tree and the list are computed by the same functions, to the last digit.
//! - What is unknown is treated as the rules say and named as a reason; a division by zero is a missing value.
//! - Ranks: equal scores share a rank and the next one is left out (1, 2, 2, 4). A share of n becomes places by the band's
//!   rounding; a site's band is that of its rank, so that equals at a border all get the better one. Those who are exempt,
//!   who take another's grade, or who have no score are not in n. A veto changes a grade and nobody's rank.
//!
//! # Does not
//! Read the store or a clock.

mod grade;
mod outcome;
mod place;
mod score;
mod workings;

#[cfg(test)]
pub(super) mod tests;

pub use outcome::{Evaluation, Filled, GroupOutcome, IndicatorStatistics, Reason, ReasonKind, Scored, SiteOutcome};
pub use workings::workings;

use super::{Candidate, rule::RuleSet};
use place::Standing;

/// The outcome of all candidates, in the order of their credit codes.
pub fn evaluate(rules: &RuleSet, year: i16, candidates: &[Candidate]) -> Evaluation {
    let mut order: Vec<&Candidate> = candidates.iter().collect();
    order.sort_by(|a, b| a.credit_code.cmp(&b.credit_code));
    let mut sites: Vec<SiteOutcome> = order.iter().map(|candidate| SiteOutcome::of(candidate)).collect();
    let standings: Vec<Standing> =
        order.iter().zip(&mut sites).map(|(candidate, site)| place::place(rules, year, candidate, site)).collect();
    let mut groups = Vec::with_capacity(rules.groups.len());
    for (at, group) in rules.groups.iter().enumerate() {
        let members: Vec<usize> =
            (0..order.len()).filter(|site| standings.get(*site).and_then(Standing::group) == Some(at)).collect();
        let statistics = score::score(group, rules.decimals, &members, &order, &standings, &mut sites);
        let ranked = grade::rank(group, &members, &standings, &mut sites);
        groups.push(GroupOutcome::new(group, members.len(), ranked, statistics));
    }
    grade::vetoes(rules, &order, &standings, &mut sites);
    grade::lessees(rules, &order, &standings, &mut sites);
    for (group, outcome) in rules.groups.iter().zip(&mut groups) {
        let of_group = sites.iter().filter(|site| site.group.as_deref() == Some(group.id.as_str()));
        for grade in of_group.filter_map(|site| site.grade.clone()) {
            *outcome.grades.entry(grade).or_default() += 1;
        }
    }
    Evaluation { groups, sites }
}
