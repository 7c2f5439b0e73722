//! The answers' shapes.

use crate::{
    model::{Gateway, PointKind, Reading, Role, Series},
    platform::{
        assess::{Assessment, Ranking, RankingQuery, SiteAssessment},
        ingest::GatewayState,
        store::{Amount, Flow, LedgerLine, SiteInterval, SiteLedger, Snapshot},
    },
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};

pub fn ranking(
    assessment: &Assessment,
    order: &Ranking,
    query: &RankingQuery,
    snapshot: &Snapshot,
    presence: &[GatewayState],
) -> Value {
    let presence: HashMap<_, _> = presence.iter().map(|state| (state.gateway_id.as_str(), state)).collect();
    let sites: Vec<Value> = order
        .rows
        .iter()
        .filter_map(|(rank, index)| {
            let (site, ledger) = (assessment.sites.get(*index)?, snapshot.sites.get(*index)?);
            let states: Vec<_> =
                ledger.gateways.iter().filter_map(|gateway| presence.get(gateway.gateway_id.as_str())).collect();
            let last = ledger.flows.iter().filter_map(|flow| flow.last).map(|reading| reading.time).max();
            let mut row = json!(site);
            row["rank"] = json!(rank);
            row["backlog_records"] = json!(states.iter().map(|state| state.backlog_records).sum::<u64>());
            row["connected"] = json!(!states.is_empty() && states.iter().all(|state| state.connected));
            row["lag_ms"] = json!(last.map(|last| assessment.as_of_ms.since(last)));
            Some(row)
        })
        .collect();
    let counties: BTreeSet<_> = assessment.sites.iter().map(|site| &site.county_code).collect();
    let industries: BTreeSet<_> = assessment.sites.iter().filter_map(|site| site.industry_code.get(..3)).collect();
    json!({
        "period": assessment.period, "start_ms": assessment.start_ms, "end_ms": assessment.end_ms,
        "as_of_ms": assessment.as_of_ms, "basis": assessment.basis, "sort": query.sort.name(),
        "order": if query.descending { "desc" } else { "asc" },
        "counties": counties, "industries": industries, "sites": sites,
    })
}

pub fn site(site: &SiteAssessment, ledger: &SiteLedger) -> Value {
    let mut view = json!(site);
    view["ledger"] = ledger.flows.iter().map(flow).collect();
    view
}

fn flow(flow: &Flow) -> Value {
    let reading = |reading: Option<Reading>| {
        reading.map(|r| json!({ "time_ms": r.time, "value": flow.series.scale.value_from_count(r.count) }))
    };
    let mut view = series(&flow.gateway_id, &flow.series);
    view["amount"] = json!(flow.series.scale.value_from_count(flow.amount));
    view["first"] = json!(reading(flow.first));
    view["last"] = json!(reading(flow.last));
    view["slots_expected"] = json!(flow.slots_expected);
    view["slots_received"] = json!(flow.slots_received);
    view["breaks"] = json!(flow.breaks);
    view
}

fn series(gateway_id: &str, series: &Series) -> Value {
    let kind = match series.kind {
        PointKind::Gauge => "gauge",
        PointKind::Cumulative => "cumulative",
    };
    let role = match series.role {
        Role::None => "none",
        Role::SiteEnergy => "site_energy",
        Role::SiteExport => "site_export",
        Role::Output => "output",
    };
    json!({
        "gateway_id": gateway_id, "meter": series.meter, "point": series.point, "kind": kind, "role": role,
        "carrier": series.carrier, "product": series.product, "unit": series.unit,
    })
}

pub fn intervals(intervals: &[SiteInterval]) -> Value {
    let named = |amounts: &[Amount]| -> Map<String, Value> {
        amounts.iter().map(|a| (format!("{} {}", a.name, a.unit).trim().to_owned(), json!(a.amount))).collect()
    };
    let row = |interval: &SiteInterval| {
        json!({
            "start_ms": interval.start, "energy": named(&interval.energy), "output": named(&interval.output),
            "readings_present": interval.readings_present,
        })
    };
    intervals.iter().map(row).collect()
}

pub fn ledger(lines: &[LedgerLine]) -> Value {
    let row = |line: &LedgerLine| {
        let value = |reading: Option<Reading>| reading.and_then(|r| line.series.scale.value_from_count(r.count));
        let mut view = series(&line.gateway_id, &line.series);
        view["first_ms"] = json!(line.first.map(|r| r.time));
        view["first"] = json!(value(line.first));
        view["last_ms"] = json!(line.last.map(|r| r.time));
        view["last"] = json!(value(line.last));
        view["total"] = json!(line.series.scale.value_from_count(line.total));
        view["breaks"] = json!(line.breaks);
        view["intervals"] = json!(line.intervals);
        view
    };
    lines.iter().map(row).collect()
}

/// Every registered gateway; one that was never heard of since the start has nulls.
pub fn gateways(gateways: &[Gateway], presence: &[GatewayState]) -> Value {
    let row = |gateway: &Gateway| {
        let state = presence.iter().find(|state| state.gateway_id == gateway.gateway_id);
        let mut view =
            state.map_or_else(|| json!({ "gateway_id": gateway.gateway_id, "connected": false }), |s| json!(s));
        view["credit_code"] = json!(gateway.credit_code);
        view
    };
    gateways.iter().map(row).collect()
}
