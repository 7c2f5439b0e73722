//! Figures → messages in the centre's fields. Pure.

use super::mapping::{Mapping, Operation};
use crate::{
    model::{Doubts, Site, UtcMillis},
    platform::{
        assess::SiteAssessment,
        store::{LedgerLine, Message, SiteInterval},
    },
};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// R15: a day or a month with less of its quarter-hours is not complete.
fn complete_from() -> Decimal {
    Decimal::new(9, 1)
}

type Named = Vec<(&'static str, String)>;

/// A quarter-hour's energy; `None` where no carrier of it is reported.
pub fn quarter(mapping: &Mapping, site: &Site, quarter: &SiteInterval) -> Option<Message> {
    let rows = quarter.energy.iter().filter_map(|one| {
        let code = mapping.carrier_code(&one.name)?;
        Some(amount(mapping, code, one.amount, &one.unit, one.doubts))
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return None;
    }
    made(mapping, "quarter", site, Some(quarter.start), Vec::new(), rows)
}

/// A day's or a month's energy, and how complete it is.
pub fn figures(
    mapping: &Mapping,
    operation: &'static str,
    site: &Site,
    assessed: &SiteAssessment,
    start: UtcMillis,
) -> Option<Message> {
    let rows = assessed.energy.iter().filter_map(|one| {
        let code = mapping.carrier_code(&one.carrier)?;
        Some(amount(mapping, code, one.amount, &one.unit, one.doubts))
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return None;
    }
    let completeness = assessed.completeness;
    let complete = completeness.is_some_and(|completeness| completeness >= complete_from());
    let more = vec![
        ("completeness", completeness.map(|known| known.to_string()).unwrap_or_default()),
        ("complete", u8::from(complete).to_string()),
    ];
    made(mapping, operation, site, Some(start), more, rows)
}

/// The site itself, and the day's questions of the centre's version and base data.
pub fn of_site(mapping: &Mapping, site: &Site, today: UtcMillis) -> Vec<Message> {
    let once = made(mapping, "register", site, None, Vec::new(), Vec::new());
    let daily =
        ["version", "base_data"].map(|operation| made(mapping, operation, site, Some(today), Vec::new(), Vec::new()));
    once.into_iter().chain(daily.into_iter().flatten()).collect()
}

/// The registers behind the site's energy.
pub fn meters<'l>(mapping: &Mapping, site: &Site, lines: impl Iterator<Item = &'l LedgerLine>) -> Option<Message> {
    let rows = lines.filter_map(|line| {
        let code = mapping.carrier_code(&line.series.carrier)?;
        Some(vec![
            ("gateway_id", line.gateway_id.clone()),
            ("meter", line.series.meter.clone()),
            ("point", line.series.point.clone()),
            ("carrier_code", code.to_owned()),
            ("unit", line.series.unit.clone()),
        ])
    });
    let rows: Vec<Named> = rows.collect();
    if rows.is_empty() { None } else { made(mapping, "meters", site, None, Vec::new(), rows) }
}

fn amount(mapping: &Mapping, code: &str, amount: Decimal, unit: &str, doubts: Doubts) -> Named {
    let source = match doubts {
        doubts if doubts.has(Doubts::MANUAL) => &mapping.manual,
        doubts if doubts.has(Doubts::ESTIMATED_SHAPE) => &mapping.estimated,
        _ => &mapping.automatic,
    };
    vec![
        ("carrier_code", code.to_owned()),
        ("amount", amount.normalize().to_string()),
        ("unit", unit.to_owned()),
        ("source", source.clone()),
    ]
}

/// `None` where the mapping has no such operation.
fn made(
    mapping: &Mapping,
    operation: &'static str,
    site: &Site,
    start: Option<UtcMillis>,
    more: Named,
    rows: Vec<Named>,
) -> Option<Message> {
    let Operation { fields, list, rows: columns, .. } = mapping.operation(operation)?;
    let code = &site.credit_code;
    let key = start.map_or_else(|| format!("{operation}-{code}"), |start| format!("{operation}-{code}-{}", start.0));
    let mut named: Named = vec![
        ("message_id", key.clone()),
        ("credit_code", code.clone()),
        ("name", site.name.clone()),
        ("county_code", site.county_code.clone()),
        ("industry_code", site.industry_code.clone()),
        ("time", start.and_then(|start| time(start, &mapping.time)).unwrap_or_default()),
    ];
    named.extend(more);
    let mut body = filled(fields, &named);
    if !list.is_empty() && !columns.is_empty() {
        body.insert(list.clone(), rows.iter().map(|row| Value::Object(filled(columns, row))).collect());
    }
    Some(Message { key, operation, body: Value::Object(body).to_string() })
}

fn filled(fields: &[(String, String)], named: &Named) -> Map<String, Value> {
    let value = |ours: &str| named.iter().find(|(name, _)| *name == ours).map(|(_, value)| value.as_str());
    let field = |(theirs, ours): &(String, String)| (theirs.clone(), value(ours).unwrap_or_default().into());
    fields.iter().map(field).collect()
}

fn time(start: UtcMillis, format: &str) -> Option<String> {
    jiff::fmt::strtime::format(format, start.civil()?).ok()
}
