//! What an import is to write, without writing it.

use super::{
    Outcome, Part,
    compare::{Compared, compare},
};
use crate::{
    model::{EconomicFigure, UtcMillis},
    platform::{
        access::Asker,
        registry::{Entry, Kind, Sheet, Whole},
        store::{FigureKey, RegisterChange, RegisterImport, RegisterRow, RegisterVersion, Registered},
    },
    runtime::{
        lang::Text,
        problem::{Problems, quoted},
    },
};
use std::collections::{BTreeMap, HashMap};

/// What is registered.
pub(super) struct Standing {
    /// Without the figures.
    pub(super) rows: Vec<RegisterRow>,
    /// The last version of each kind.
    pub(super) versions: BTreeMap<String, u64>,
    /// Of the years that the import names.
    pub(super) figures: Vec<EconomicFigure>,
}

/// By whom, why, when.
pub(super) struct Made {
    pub(super) by: String,
    pub(super) reason: String,
    pub(super) at: UtcMillis,
}

pub(super) struct Plan {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) warnings: Option<Problems>,
    pub(super) import: RegisterImport,
}

/// The first and the last year of a table of figures; of other tables nothing.
pub(super) fn years(sheet: &Sheet) -> Option<(i16, i16)> {
    let years = Kind::Economy.entries(sheet).into_iter().filter_map(|entry| entry.fields.get(1)?.parse::<i16>().ok());
    years.fold(None, |span, year| {
        let (first, last) = span.unwrap_or((year, year));
        Some((first.min(year), last.max(year)))
    })
}

/// # Errors
/// Every problem of the parts, and of what is registered with them.
pub(super) fn plan(standing: Standing, parts: &[Part], asker: &Asker, made: &Made) -> Result<Plan, Problems> {
    let Standing { rows, versions, figures } = standing;
    let mut tables: BTreeMap<Kind, BTreeMap<String, Entry>> = BTreeMap::new();
    for row in rows {
        let Some(kind) = Kind::by_name(&row.kind) else { continue };
        let fields = serde_json::from_str(&row.body).unwrap_or_default();
        let entry = Entry { key: row.key.clone(), credit_code: row.credit_code, fields };
        tables.entry(kind).or_default().insert(row.key, entry);
    }
    let counties = counties(&tables);
    let (mut whole, mut wrong, mut outcomes) = (Whole::default(), Vec::new(), Vec::new());
    let (mut changes, mut warnings) = (Vec::new(), Vec::new());
    let (mut new_figures, mut figures_gone) = (Vec::new(), Vec::new());
    for kind in Kind::ALL {
        let part = parts.iter().find(|part| part.kind == kind);
        let table = tables.entry(kind).or_default();
        let Some(part) = part else {
            // what is registered was right, and is wrong only where this import makes it so
            if kind != Kind::Economy {
                wrong.extend(whole.read(kind, &kind.sheet(table.values())).err());
                if !wrong.is_empty() && matches!(kind, Kind::Sites | Kind::Gateways) {
                    break;
                }
            }
            continue;
        };
        let told = whole.warnings.len();
        let mut read = whole.read(kind, &part.sheet);
        warnings.extend(whole.warnings.drain(told..));
        if read.is_ok() {
            read = allowed(kind, part, &whole, &counties, asker);
        }
        if let Err(problems) = read {
            wrong.push(problems);
            if matches!(kind, Kind::Sites | Kind::Gateways) {
                break;
            }
            continue;
        }
        if kind == Kind::Economy {
            let (outcome, import) =
                self::figures(&versions, &figures, whole.economy.clone(), Vec::new(), made, Some(part));
            outcomes.push(outcome);
            changes.extend(import.changes);
            (new_figures, figures_gone) = (import.figures, import.figures_gone);
            continue;
        }
        let named = kind.entries(&part.sheet);
        let count = named.len();
        let Compared { difference, put, gone } = compare(table, named, part.whole);
        gone.iter().for_each(|key| drop(table.remove(key)));
        table.extend(put.iter().map(|entry| (entry.key.clone(), entry.clone())));
        if !part.whole {
            // with the rows that the part does not name
            let told = whole.warnings.len();
            wrong.extend(whole.read(kind, &kind.sheet(table.values())).err());
            whole.warnings.truncate(told);
        }
        let outcome = Outcome { kind, rows: count as u64, difference, version: None };
        let (outcome, change) = version(&versions, outcome, put, gone, made, Some(part));
        outcomes.push(outcome);
        changes.extend(change);
    }
    if let Some(problems) = Problems::gathered(wrong) {
        return Err(problems);
    }
    let declares = changes.iter().any(|change| change.version.kind != Kind::Economy.name());
    let registered = declares.then(|| Registered {
        declared: whole.declared(),
        sites: whole.sites,
        gateways: whole.gateways,
        profiles: whole.profiles,
        parcels: whole.parcels,
    });
    let import = RegisterImport { changes, registered, figures: new_figures, figures_gone };
    Ok(Plan { outcomes, warnings: Problems::gathered(warnings), import })
}

/// What figures change; keys in `gone` are removed.
pub(super) fn figures(
    versions: &BTreeMap<String, u64>,
    standing: &[EconomicFigure],
    named: Vec<EconomicFigure>,
    gone: Vec<String>,
    made: &Made,
    part: Option<&Part>,
) -> (Outcome, RegisterImport) {
    let table: BTreeMap<String, Entry> =
        standing.iter().map(Entry::from).map(|entry| (entry.key.clone(), entry)).collect();
    let by_key: HashMap<String, &EconomicFigure> =
        standing.iter().map(|figure| (Entry::from(figure).key, figure)).collect();
    let keyed: BTreeMap<String, EconomicFigure> =
        named.into_iter().map(|figure| (Entry::from(&figure).key, figure)).collect();
    let rows = (keyed.len() + gone.len()) as u64;
    let Compared { mut difference, put, .. } = compare(&table, keyed.values().map(Entry::from).collect(), false);
    let gone: Vec<String> = gone.into_iter().filter(|key| table.contains_key(key)).collect();
    difference.removed = gone.len() as u64;
    difference.listed.extend(gone.iter().map(|key| (table.get(key).cloned(), None)));
    let key =
        |figure: &EconomicFigure| -> FigureKey { (figure.credit_code.clone(), figure.year, figure.month, figure.item) };
    let figures_gone = gone.iter().filter_map(|gone| by_key.get(gone)).map(|figure| key(figure)).collect();
    let figures = put.iter().filter_map(|entry| keyed.get(&entry.key).cloned()).collect();
    let outcome = Outcome { kind: Kind::Economy, rows, difference, version: None };
    let (outcome, change) = version(versions, outcome, put, gone, made, part);
    let changes = change.into_iter().collect();
    (outcome, RegisterImport { changes, registered: None, figures, figures_gone })
}

/// The version behind the last one; `None` where nothing changes.
fn version(
    versions: &BTreeMap<String, u64>,
    outcome: Outcome,
    put: Vec<Entry>,
    gone: Vec<String>,
    made: &Made,
    part: Option<&Part>,
) -> (Outcome, Option<RegisterChange>) {
    if outcome.difference.is_none() {
        return (outcome, None);
    }
    let kind = outcome.kind.name();
    let number = versions.get(kind).copied().unwrap_or_default() + 1;
    let row = |entry: Entry| RegisterRow {
        kind: kind.to_owned(),
        body: serde_json::Value::from(entry.fields).to_string(),
        key: entry.key,
        credit_code: entry.credit_code,
    };
    let version = RegisterVersion {
        kind: kind.to_owned(),
        number,
        by: made.by.clone(),
        at: made.at,
        file: part.map_or_else(String::new, |part| part.sheet.file().to_owned()),
        sha256: part.map_or_else(String::new, |part| part.sha256.clone()),
        reason: made.reason.clone(),
        rows: outcome.rows,
        added: outcome.difference.added,
        changed: outcome.difference.changed,
        removed: outcome.difference.removed,
        unchanged: outcome.difference.unchanged,
    };
    let change = RegisterChange { version, put: put.into_iter().map(row).collect(), gone };
    (Outcome { version: Some(number), ..outcome }, Some(change))
}

/// The county of each registered site.
fn counties(tables: &BTreeMap<Kind, BTreeMap<String, Entry>>) -> HashMap<String, String> {
    let sites = tables.get(&Kind::Sites).into_iter().flat_map(BTreeMap::values);
    sites.filter_map(|site| Some((site.credit_code.clone(), site.fields.get(3)?.clone()))).collect()
}

/// Whether all that a part names lies in what the asker may see, before and after.
fn allowed(
    kind: Kind,
    part: &Part,
    whole: &Whole,
    before: &HashMap<String, String>,
    asker: &Asker,
) -> Result<(), Problems> {
    let after: HashMap<&str, &str> =
        whole.sites.iter().map(|site| (site.credit_code.as_str(), site.county_code.as_str())).collect();
    let sees = |county: Option<&str>| county.is_none_or(|county| asker.sees(county));
    let hidden = kind.entries(&part.sheet).into_iter().find(|entry| {
        let code = entry.credit_code.as_str();
        !sees(before.get(code).map(String::as_str)) || !sees(after.get(code).copied())
    });
    let everything = asker.sees("");
    if hidden.is_none() && (everything || !part.whole) {
        return Ok(());
    }
    let (found, fix) = match hidden {
        Some(entry) => {
            let code = quoted(&entry.credit_code);
            (
                Text::new(format!("单位 {code}"), format!("found the site {code}")),
                Text::new("删除该单位的行，或由上级导入", "remove its rows, or let the higher level import them"),
            )
        }
        None => (
            Text::new("替换整张表", "the whole table was to be replaced"),
            Text::new("不用 replace，只导入本地区的行", "leave out replace, and import the rows of your regions"),
        ),
    };
    Err(Problems::of_file(part.sheet.file(), found, Text::new("本账号所辖地区的单位", "sites of your regions"), fix))
}
