//! Figures and ledger rows as messages.

use crate::{
    model::Reading,
    platform::{
        assess::{Figure, SiteAssessment},
        store::{self, LedgerLine, SiteInterval},
    },
    wire::proto,
};

pub fn site(site: &SiteAssessment) -> proto::SiteFigures {
    let known = |figure: Figure| Some((figure.name().to_owned(), figure.of(site)?.to_string()));
    proto::SiteFigures {
        credit_code: site.credit_code.clone(),
        name: site.name.clone(),
        county_code: site.county_code.clone(),
        industry_code: site.industry_code.clone(),
        land_mu: site.land_mu.to_string(),
        figures: Figure::ALL.into_iter().filter_map(known).collect(),
        notes: site.notes.iter().map(|note| note.en.to_string()).collect(),
    }
}

pub fn interval(interval: &SiteInterval) -> proto::Interval {
    let amounts = |amounts: &[store::Amount]| {
        let amount = |one: &store::Amount| proto::Amount {
            name: one.name.to_string(),
            unit: one.unit.to_string(),
            amount: one.amount.to_string(),
            doubts: one.doubts.bits(),
        };
        amounts.iter().map(amount).collect()
    };
    proto::Interval {
        start_ms: interval.start.0,
        energy: amounts(&interval.energy),
        output: amounts(&interval.output),
        scrap: amounts(&interval.scrap),
        readings_present: interval.readings_present,
    }
}

pub fn ledger_line(line: &LedgerLine, credit_code: &str) -> proto::LedgerLine {
    let series = &line.series;
    let value = |count: i64| series.scale.value_from_count(count).map(|value| value.to_string());
    let read = |reading: Option<Reading>| (reading.and_then(|one| value(one.count)), reading.map(|one| one.time.0));
    let ((first, first_ms), (last, last_ms)) = (read(line.first), read(line.last));
    proto::LedgerLine {
        gateway_id: line.gateway_id.clone(),
        credit_code: credit_code.to_owned(),
        meter: series.meter.clone(),
        point: series.point.clone(),
        carrier: series.carrier.clone(),
        product: series.product.clone(),
        unit: series.unit.clone(),
        first,
        first_ms,
        last,
        last_ms,
        total: line.first.and_then(|_| value(line.total)),
        breaks: line.breaks,
        intervals: line.intervals,
    }
}
