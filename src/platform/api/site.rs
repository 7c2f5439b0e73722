//! One site's answer: its figures, and the registers that they are made of.

use crate::{
    model::{Doubts, Quality, Reading, Role, UtcMillis},
    platform::{
        assess::{Assessment, Basis, SiteAssessment, cause_name, role_name, role_of},
        store::{Flow, Snapshot},
    },
};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
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
        let roles: Vec<Role> = ledger.flows.iter().map(|flow| role_of(&ledger, flow)).collect();
        Some(SiteTerms {
            period: assessment.period,
            start_ms: assessment.start_ms,
            end_ms: assessment.end_ms,
            as_of_ms: assessment.as_of_ms,
            basis: assessment.basis,
            site,
            ledger: roles.into_iter().zip(ledger.flows).map(|(role, flow)| Term::new(role, flow)).collect(),
        })
    }
}

/// One register's part in a site's figures.
#[derive(Serialize, ToSchema)]
#[schema(as = SiteTerm)]
struct Term {
    gateway_id: String,
    meter: String,
    point: String,
    /// As the boundary says where the site has one, otherwise as its gateway does.
    role: &'static str,
    carrier: String,
    product: String,
    unit: String,
    amount: Option<Decimal>,
    first: Option<Read>,
    last: Option<Read>,
    slots_expected: u64,
    slots_received: u64,
    quality: Quality,
    doubts: Doubts,
    /// The part of the amount whose place in the period is estimated.
    estimated: Option<Decimal>,
    /// Readings that are in no difference: passing wrong ones, and those that wait for later ones.
    set_aside: u64,
    breaks: u64,
    /// The first of them.
    epochs: Vec<Epoch>,
    /// By `product`, `shift` and `order`, where the meter had such tags.
    by_tag: Vec<TagShare>,
}

/// One epoch of a register ends and another begins.
#[derive(Serialize, ToSchema)]
#[schema(as = SiteEpoch)]
struct Epoch {
    time_ms: UtcMillis,
    cause: &'static str,
    before: Read,
    after: Read,
}

#[derive(Serialize, ToSchema)]
struct TagShare {
    name: String,
    value: String,
    amount: Option<Decimal>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SiteRead)]
struct Read {
    time_ms: UtcMillis,
    value: Option<Decimal>,
}

impl Term {
    fn new(role: Role, flow: Flow) -> Term {
        let scale = flow.series.scale;
        let read = |reading: Reading| Read { time_ms: reading.time, value: scale.value_from_count(reading.count) };
        let epochs = flow.epochs.iter().map(|end| Epoch {
            time_ms: end.time,
            cause: cause_name(end.cause),
            before: read(end.before),
            after: read(end.after),
        });
        let by_tag = flow.outputs_by_tag.iter().map(|share| TagShare {
            name: share.name.clone(),
            value: share.value.clone(),
            amount: scale.value_from_count(share.amount),
        });
        Term {
            epochs: epochs.collect(),
            by_tag: by_tag.collect(),
            quality: if flow.first.is_none() { Quality::Bad } else { flow.doubts.quality() },
            doubts: flow.doubts,
            estimated: scale.value_from_count(flow.estimated),
            set_aside: flow.set_aside,
            // without a reading the amount is not 0 but unknown
            amount: flow.first.and_then(|_| scale.value_from_count(flow.amount)),
            first: flow.first.map(read),
            last: flow.last.map(read),
            gateway_id: flow.gateway_id,
            role: role_name(role),
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
