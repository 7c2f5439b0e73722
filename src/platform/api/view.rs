//! The shapes of the answers. Names end in their unit; decimals are strings, null is unknown.

use super::list;
use crate::{
    model::{Gateway, PointKind, Reading, Scale, UtcMillis},
    platform::{
        assess::{Assessment, Basis, RankingQuery, SiteAssessment, ranking, role_name},
        ingest::GatewayState,
        store::{self, LedgerLine, SiteLedger, Snapshot},
    },
};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    /// `snapshot` is what `assessment` was made of.
    pub fn new(
        snapshot: &Snapshot,
        assessment: Assessment,
        query: &RankingQuery,
        states: &[GatewayState],
        publication: Option<store::Publication>,
    ) -> Ranked {
        let order = if query.descending { "desc" } else { "asc" };
        let runs = assessment.as_of_ms < assessment.end_ms;
        let ledgers: BTreeMap<&str, &SiteLedger> =
            snapshot.sites.iter().map(|ledger| (ledger.site.credit_code.as_str(), ledger)).collect();
        let place = |(rank, at): (Option<u32>, usize)| {
            let site = assessment.sites.get(at)?.clone();
            let ledger = ledgers.get(site.credit_code.as_str());
            let seen = ledger.and_then(|ledger| states_of(ledger, states));
            let newest =
                ledger.and_then(|ledger| ledger.flows.iter().filter_map(|flow| flow.last).map(|last| last.time).max());
            Some(RankedSite {
                rank,
                site,
                backlog_records: seen.as_ref().map(|seen| seen.iter().map(|state| state.backlog_records).sum()),
                lag_ms: newest.filter(|_| runs).map(|newest| assessment.as_of_ms.since(newest).max(0)),
                connected: seen.as_ref().map(|seen| seen.iter().all(|state| state.connected)),
            })
        };
        Ranked {
            counties: assessment.sites.iter().map(|site| site.county_code.clone()).collect(),
            industries: assessment
                .sites
                .iter()
                .filter_map(|site| site.industry_code.get(..3).map(str::to_owned))
                .collect(),
            publication: publication.map(list::Publication::from),
            sites: ranking(&assessment, query).rows.into_iter().filter_map(place).collect(),
            period: assessment.period.clone(),
            start_ms: assessment.start_ms,
            end_ms: assessment.end_ms,
            as_of_ms: assessment.as_of_ms,
            basis: assessment.basis,
            sort: query.sort.name(),
            order,
        }
    }
}

/// `None` unless every gateway of the site has been seen, and there is one.
fn states_of<'a>(ledger: &SiteLedger, states: &'a [GatewayState]) -> Option<Vec<&'a GatewayState>> {
    let of = |gateway: &Gateway| states.iter().find(|state| state.gateway_id == gateway.gateway_id);
    let found: Option<Vec<_>> = ledger.gateways.iter().map(of).collect();
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
    let row = |gateway: Gateway| {
        let state = states.iter().find(|state| state.gateway_id == gateway.gateway_id);
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
