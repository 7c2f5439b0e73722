//! Sites in order of one figure, inside a county or an industry.

use super::{Assessment, Figure};
use std::cmp::Ordering;

#[derive(Clone, PartialEq, Debug)]
pub struct RankingQuery {
    pub sort: Figure,
    /// By default the best value comes first.
    pub descending: Option<bool>,
    /// GB/T 2260 code.
    pub county: Option<String>,
    /// Leading part of a GB/T 4754 code: `C29` holds `C2927`.
    pub industry: Option<String>,
}

/// Places in [`Assessment::sites`], in order, with the rank.
pub type Ranking = Vec<(Option<u32>, usize)>;

/// Equal values share a rank (1, 2, 2, 4). A site without the figure has none and comes last. Equals are in order of
/// their credit codes, so that the same assessment always gives the same list.
pub fn ranking(assessment: &Assessment, query: &RankingQuery) -> Ranking {
    let descending = query.descending.unwrap_or(query.sort.best_is_high());
    let mut rows: Vec<_> = assessment
        .sites
        .iter()
        .enumerate()
        .filter(|(_, site)| query.county.as_ref().is_none_or(|county| site.county_code == *county))
        .filter(|(_, site)| query.industry.as_ref().is_none_or(|part| site.industry_code.starts_with(part)))
        .map(|(index, site)| (query.sort.of(site), &site.credit_code, index))
        .collect();
    rows.sort_by(|(a, code_a, _), (b, code_b, _)| {
        let by_value = match (a, b) {
            (Some(a), Some(b)) if descending => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by_value.then_with(|| code_a.cmp(code_b))
    });
    let mut ranked: Ranking = Vec::with_capacity(rows.len());
    let mut previous = None;
    for (place, (value, _, index)) in (1_u32..).zip(rows) {
        let rank = match (value, previous) {
            (None, _) => None,
            (Some(value), Some((last, rank))) if value == last => Some(rank),
            _ => Some(place),
        };
        previous = value.zip(rank);
        ranked.push((rank, index));
    }
    ranked
}
