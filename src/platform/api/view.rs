//! The shapes of the answers. Names end in their unit; decimals are strings, null is unknown.

use crate::{
    model::{Gateway, PointKind, Reading, Role, Scale, UtcMillis, unit},
    platform::{
        assess::{Assessment, Basis, RankingQuery, SiteAssessment, ranking},
        ingest::GatewayState,
        store::{Amount, Flow, LedgerLine, SiteInterval, SiteLedger, Snapshot},
    },
};
use rust_decimal::Decimal;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

#[derive(Serialize)]
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
    sites: Vec<RankedSite>,
}

#[derive(Serialize)]
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
    pub fn new(snapshot: &Snapshot, assessment: Assessment, query: &RankingQuery, states: &[GatewayState]) -> Ranked {
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

#[derive(Serialize)]
pub struct SiteTerms {
    period: String,
    start_ms: UtcMillis,
    end_ms: UtcMillis,
    as_of_ms: UtcMillis,
    basis: Basis,
    #[serde(flatten)]
    site: SiteAssessment,
    ledger: Vec<Term>,
}

impl SiteTerms {
    pub fn new(snapshot: Snapshot, assessment: Assessment, credit_code: &str) -> Option<SiteTerms> {
        let ledger = snapshot.sites.into_iter().find(|ledger| ledger.site.credit_code == credit_code)?;
        let site = assessment.sites.into_iter().find(|site| site.credit_code == credit_code)?;
        Some(SiteTerms {
            period: assessment.period,
            start_ms: assessment.start_ms,
            end_ms: assessment.end_ms,
            as_of_ms: assessment.as_of_ms,
            basis: assessment.basis,
            site,
            ledger: ledger.flows.into_iter().map(Term::new).collect(),
        })
    }
}

/// One register's part in a site's figures.
#[derive(Serialize)]
struct Term {
    gateway_id: String,
    meter: String,
    point: String,
    role: &'static str,
    carrier: String,
    product: String,
    unit: String,
    amount: Option<Decimal>,
    first: Option<Read>,
    last: Option<Read>,
    slots_expected: u64,
    slots_received: u64,
    breaks: u64,
}

#[derive(Serialize)]
struct Read {
    time_ms: UtcMillis,
    value: Option<Decimal>,
}

impl Term {
    fn new(flow: Flow) -> Term {
        let scale = flow.series.scale;
        let read = |reading: Reading| Read { time_ms: reading.time, value: scale.value_from_count(reading.count) };
        Term {
            // without a reading the amount is not 0 but unknown
            amount: flow.first.and_then(|_| scale.value_from_count(flow.amount)),
            first: flow.first.map(read),
            last: flow.last.map(read),
            gateway_id: flow.gateway_id,
            role: role_name(flow.series.role),
            meter: flow.series.meter,
            point: flow.series.point,
            carrier: flow.series.carrier,
            product: flow.series.product,
            unit: flow.series.unit,
            slots_expected: flow.slots_expected,
            slots_received: flow.slots_received,
            breaks: flow.breaks,
        }
    }
}

#[derive(Serialize)]
pub struct Quarter {
    start_ms: UtcMillis,
    /// By carrier: electricity in kWh, others in the unit of the carrier's first amount.
    energy: BTreeMap<String, Option<Decimal>>,
    output: Option<Decimal>,
    readings_present: bool,
}

/// Amounts of one carrier in several units are added in one of them; what can not be added is unknown.
pub fn quarters(intervals: Vec<SiteInterval>) -> Vec<Quarter> {
    let mut units: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::from([("electricity".into(), "kWh".into())]);
    let quarter = |interval: SiteInterval| {
        let mut energy: BTreeMap<String, Option<Decimal>> = BTreeMap::new();
        for one in interval.energy {
            let wanted = units.entry(Arc::clone(&one.name)).or_insert_with(|| Arc::clone(&one.unit));
            let amount = unit::ratio(&one.unit, wanted).and_then(|ratio| one.amount.checked_mul(ratio));
            let sum = energy.entry(one.name.to_string()).or_insert(Some(Decimal::ZERO));
            *sum = sum.zip(amount).and_then(|(a, b)| a.checked_add(b)).map(|sum| sum.normalize());
        }
        Quarter {
            start_ms: interval.start,
            energy,
            output: output(&interval.output),
            readings_present: interval.readings_present,
        }
    };
    intervals.into_iter().map(quarter).collect()
}

fn output(amounts: &[Amount]) -> Option<Decimal> {
    let (first, others) = amounts.split_first()?;
    others.iter().try_fold(first.amount, |sum, one| {
        (one.unit == first.unit).then_some(())?;
        sum.checked_add(one.amount)
    })
}

/// One register over all time.
#[derive(Serialize)]
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
#[derive(Serialize)]
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

fn role_name(role: Role) -> &'static str {
    match role {
        Role::None => "none",
        Role::SiteEnergy => "site_energy",
        Role::SiteExport => "site_export",
        Role::Output => "output",
        Role::Scrap => "scrap",
    }
}
