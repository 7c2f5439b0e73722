//! The shapes of the answers. Names end in their unit; decimals are strings, null is unknown.

use super::{list, question::Places};
use crate::{
    model::{Gateway, PointKind, Reading, Scale, UtcMillis},
    platform::{
        assess::{Basis, RankingQuery, SiteAssessment, ranking_among, role_name},
        figures::{Seen, Source},
        ingest::GatewayState,
        store::{self, LedgerLine},
    },
};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Ranked {
    period: String,
    start_ms: UtcMillis,
    end_ms: UtcMillis,
    as_of_ms: UtcMillis,
    basis: Basis,
    sort: &'static str,
    order: &'static str,
    /// Of all sites, whatever the filters say.
    counties: BTreeSet<String>,
    /// Divisions, such as C17.
    industries: BTreeSet<String>,
    /// The last published version of this period and basis.
    publication: Option<list::Publication>,
    /// Of all pages.
    total: usize,
    sites: Vec<RankedSite>,
}

#[derive(Serialize, ToSchema)]
struct RankedSite {
    rank: Option<u32>,
    #[serde(flatten)]
    site: SiteAssessment,
    /// Of all its gateways; unknown when one was never seen.
    backlog_records: Option<u64>,
    /// Age of the newest stored reading, while the period runs.
    lag_ms: Option<i64>,
    /// Whether all its gateways are; unknown when one was never seen.
    connected: Option<bool>,
}

impl Ranked {
    /// The page of the sites for which `shown` says yes.
    pub fn new(
        seen: &Seen,
        query: &RankingQuery,
        page: Places,
        shown: impl Fn(&SiteAssessment) -> bool + Copy,
        states: &[GatewayState],
        publication: Option<store::Publication>,
    ) -> Ranked {
        let assessment = &seen.assessment;
        let runs = assessment.as_of_ms < assessment.end_ms;
        let states: HashMap<&str, &GatewayState> =
            states.iter().map(|state| (state.gateway_id.as_str(), state)).collect();
        let place = |(rank, at): (Option<u32>, usize)| {
            let source = seen.sources.get(at);
            let states = source.and_then(|source| states_of(source, &states));
            let newest = source.and_then(|source| source.newest);
            Some(RankedSite {
                rank,
                site: assessment.sites.get(at)?.clone(),
                backlog_records: states.as_ref().map(|states| states.iter().map(|state| state.backlog_records).sum()),
                lag_ms: newest.filter(|_| runs).map(|newest| assessment.as_of_ms.since(newest).max(0)),
                connected: states.as_ref().map(|states| states.iter().all(|state| state.connected)),
            })
        };
        let all = || assessment.sites.iter().filter(|site| shown(site));
        let rows = ranking_among(assessment, query, shown).rows;
        Ranked {
            counties: all().map(|site| site.county_code.clone()).collect(),
            industries: all().filter_map(|site| site.industry_code.get(..3).map(str::to_owned)).collect(),
            publication: publication.map(list::Publication::from),
            total: rows.len(),
            sites: rows.into_iter().skip(page.offset).take(page.limit).filter_map(place).collect(),
            period: assessment.period.clone(),
            start_ms: assessment.start_ms,
            end_ms: assessment.end_ms,
            as_of_ms: assessment.as_of_ms,
            basis: assessment.basis,
            sort: query.sort.name(),
            order: if query.descending { "desc" } else { "asc" },
        }
    }
}

/// `None` unless every gateway of the site has been seen, and there is one.
fn states_of<'a>(source: &Source, states: &HashMap<&str, &'a GatewayState>) -> Option<Vec<&'a GatewayState>> {
    let found: Option<Vec<_>> = source.gateways.iter().map(|id| states.get(id.as_str()).copied()).collect();
    found.filter(|found| !found.is_empty())
}

/// One register over all time.
#[derive(Serialize, ToSchema)]
pub struct LedgerRow {
    gateway_id: String,
    meter: String,
    point: String,
    kind: &'static str,
    role: &'static str,
    carrier: String,
    product: String,
    unit: String,
    first_ms: Option<UtcMillis>,
    first: Option<Decimal>,
    last_ms: Option<UtcMillis>,
    last: Option<Decimal>,
    total: Option<Decimal>,
    breaks: u64,
    intervals: u64,
}

impl From<LedgerLine> for LedgerRow {
    fn from(line: LedgerLine) -> LedgerRow {
        let scale: Scale = line.series.scale;
        let value = |reading: Option<Reading>| reading.and_then(|reading| scale.value_from_count(reading.count));
        LedgerRow {
            gateway_id: line.gateway_id,
            kind: match line.series.kind {
                PointKind::Gauge => "gauge",
                PointKind::Cumulative => "cumulative",
            },
            role: role_name(line.series.role),
            meter: line.series.meter,
            point: line.series.point,
            carrier: line.series.carrier,
            product: line.series.product,
            unit: line.series.unit,
            first_ms: line.first.map(|reading| reading.time),
            first: value(line.first),
            last_ms: line.last.map(|reading| reading.time),
            last: value(line.last),
            total: line.first.and_then(|_| scale.value_from_count(line.total)),
            breaks: line.breaks,
            intervals: line.intervals,
        }
    }
}

/// A registered gateway. What only its stream can tell is unknown until it has come.
#[derive(Serialize, ToSchema)]
pub struct GatewayRow {
    gateway_id: String,
    credit_code: String,
    connected: bool,
    last_seen_ms: Option<UtcMillis>,
    backlog_records: Option<u64>,
    backlog_bytes: Option<u64>,
    /// Age of the oldest record of the backlog.
    backlog_age_ms: Option<u64>,
    /// The gateway's clock less ours.
    clock_offset_ms: Option<i64>,
    round_trip_ms: Option<u32>,
    spool_bytes: Option<u64>,
    spool_bytes_max: Option<u64>,
    rejected_inputs: Option<u64>,
    /// Refused records that are kept here.
    refused_kept: u64,
    /// Records that this platform ever refused, as the gateway counts them.
    refused_records: Option<u64>,
}

pub fn gateways(registered: Vec<Gateway>, states: &[GatewayState], refused: &HashMap<String, u64>) -> Vec<GatewayRow> {
    let states: HashMap<&str, &GatewayState> = states.iter().map(|state| (state.gateway_id.as_str(), state)).collect();
    let row = |gateway: Gateway| {
        let state = states.get(gateway.gateway_id.as_str()).copied();
        GatewayRow {
            backlog_age_ms: state.map(|state| state.backlog_age_ms),
            round_trip_ms: state.and_then(|state| state.round_trip_ms),
            spool_bytes: state.map(|state| state.spool_bytes),
            spool_bytes_max: state.map(|state| state.spool_bytes_max),
            refused_kept: refused.get(&gateway.gateway_id).copied().unwrap_or(0),
            refused_records: state.map(|state| state.refused_records),
            gateway_id: gateway.gateway_id,
            credit_code: gateway.credit_code,
            connected: state.is_some_and(|state| state.connected),
            last_seen_ms: state.map(|state| state.last_seen),
            backlog_records: state.map(|state| state.backlog_records),
            backlog_bytes: state.map(|state| state.backlog_bytes),
            clock_offset_ms: state.map(|state| state.clock_offset_ms),
            rejected_inputs: state.map(|state| state.rejected_inputs),
        }
    };
    registered.into_iter().map(row).collect()
}
