//! The order of sites by one figure.

use super::{Assessment, Figure, SiteAssessment};
use std::cmp::Ordering;

/// Which sites, and by what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RankingQuery {
    pub sort: Figure,
    pub descending: bool,
    /// County code, exactly.
    pub county: Option<String>,
    /// The start of an industry code: `C17` has C1713 in it.
    pub industry: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ranking {
    /// Rank from 1, and the site's place in [`Assessment::sites`]. Equal figures share a rank and the next one is
    /// left out (1, 2, 2, 4). An unknown figure has no rank and stands last in either order.
    pub rows: Vec<(Option<u32>, usize)>,
}

/// Of all sites.
pub fn ranking(assessment: &Assessment, query: &RankingQuery) -> Ranking {
    ranking_among(assessment, query, |_| true)
}

/// Of the sites that are `seen`. Equal figures stand in the order of their credit codes, so that the same assessment is
/// always the same list.
pub fn ranking_among(assessment: &Assessment, query: &RankingQuery, seen: impl Fn(&SiteAssessment) -> bool) -> Ranking {
    let county = |code: &str| query.county.as_deref().is_none_or(|wanted| wanted == code);
    let industry = |code: &str| query.industry.as_deref().is_none_or(|wanted| code.starts_with(wanted));
    let mut rows: Vec<_> = assessment
        .sites
        .iter()
        .enumerate()
        .filter(|(_, site)| seen(site) && county(&site.county_code) && industry(&site.industry_code))
        .map(|(place, site)| (query.sort.of(site), site.credit_code.as_str(), place))
        .collect();
    rows.sort_by(|(a, code_a, _), (b, code_b, _)| {
        let figures = match (a, b) {
            (Some(a), Some(b)) if query.descending => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        figures.then_with(|| code_a.cmp(code_b))
    });
    let (mut rank, mut before) = (None, None);
    let ranked = rows.into_iter().zip(1_u32..).map(|((figure, _, place), nth)| {
        if figure.is_none() {
            return (None, place);
        }
        if figure != before {
            (rank, before) = (Some(nth), figure);
        }
        (rank, place)
    });
    Ranking { rows: ranked.collect() }
}
