//! All sites over a period, and over the same days a year before.

use super::{Answer, Dual};
use crate::{
    energy::intensity::Light,
    model::{EconomicItem, Period, Target},
    platform::{
        assess::{Assessment, Basis, SiteAssessment, economic},
        intensity::{
            By, Counting, DateSpan, Member, Per, Row, TargetLight, Year, last_year, lights, region_covers, rows,
        },
        store::Standing,
    },
};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, sync::Arc};

pub struct Pair {
    pub this: Arc<Assessment>,
    span: Option<DateSpan>,
    before: Option<(Arc<Assessment>, Option<DateSpan>)>,
    standings: BTreeMap<String, Standing>,
    standings_before: BTreeMap<String, Standing>,
}

impl Pair {
    pub async fn read(dual: &Dual, period: &Period, basis: Basis) -> Answer<Pair> {
        let this = dual.figures.of(period, basis).await?;
        let standings = dual.store.standings(period).await?;
        let (before, standings_before) = match last_year(period) {
            Some(period) => {
                let found = dual.figures.of(&period, basis).await?;
                (Some((found, DateSpan::of(&period))), dual.store.standings(&period).await?)
            }
            None => (None, BTreeMap::new()),
        };
        Ok(Pair { this, span: DateSpan::of(period), before, standings, standings_before })
    }

    /// The sites that `wanted` leaves, in the order of the assessment.
    pub fn members(&self, wanted: impl Fn(&SiteAssessment, Option<&str>) -> bool) -> Vec<Member<'_>> {
        let before: BTreeMap<&str, &SiteAssessment> = self
            .before
            .iter()
            .flat_map(|(assessment, _)| &assessment.sites)
            .map(|site| (site.credit_code.as_str(), site))
            .collect();
        let span_before = self.before.as_ref().and_then(|(_, span)| *span);
        let mut members = Vec::new();
        for site in &self.this.sites {
            let code = site.credit_code.as_str();
            let township = self.standings.get(code).and_then(|standing| standing.township_code.as_deref());
            if !wanted(site, township) {
                continue;
            }
            let this = year(site, self.standings.get(code), self.span);
            let before = before.get(code).map(|site| year(site, self.standings_before.get(code), span_before));
            members.push(Member { site, township, this, before });
        }
        members
    }

    /// The lights of the targets, by region; this pair is over `judged`, a part of `year`.
    pub fn lights<'t>(
        &self,
        targets: &'t [Target],
        judged: DateSpan,
        year: DateSpan,
    ) -> Vec<(&'t str, Row, Vec<TargetLight>)> {
        let mut regions: BTreeMap<&str, Vec<&Target>> = BTreeMap::new();
        for target in targets {
            regions.entry(&target.region).or_default().push(target);
        }
        let each = regions.into_iter().filter_map(|(region, targets)| {
            let members = self.members(|site, township| covers(region, site, township));
            let one = |counting| {
                let all = rows(&members, By::of_region(region), &Per::ValueAdded, counting);
                all.into_iter().find(|row| row.key == region)
            };
            let (intensity, total) = (one(Counting::WithoutRawMaterial)?, one(Counting::WithoutBoth)?);
            let lights = lights(&targets, &intensity, &total, judged, year);
            Some((region, total, lights))
        });
        each.collect()
    }
}

/// Whether a site lies in the region, which may be a township.
pub fn covers(region: &str, site: &SiteAssessment, township: Option<&str>) -> bool {
    if region.len() > 6 {
        return township == Some(region) || region == format!("{}000", site.county_code) && township.is_none();
    }
    region_covers(region, &site.county_code)
}

/// The gravest of a region's lights.
pub fn gravest(lights: &[TargetLight]) -> Option<Light> {
    let rank = |light: &Light| match light {
        Light::NoTarget => 0,
        Light::Green => 1,
        Light::Yellow => 2,
        Light::Red => 3,
    };
    lights.iter().filter_map(|one| one.light).max_by_key(rank)
}

fn year<'a>(site: &'a SiteAssessment, standing: Option<&Standing>, span: Option<DateSpan>) -> Year<'a> {
    let said = |item: EconomicItem| -> Option<Decimal> {
        let span = span?;
        economic(&standing?.economy, item, span.start, span.end).value
    };
    let value_added = said(EconomicItem::ValueAddedWan);
    Year { site, value_added, comparable: said(EconomicItem::ValueAddedComparableWan) }
}
