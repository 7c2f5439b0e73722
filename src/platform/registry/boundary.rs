//! boundary.csv: rows → the boundary of sites, meter by meter.

use super::{
    Import, Sheet,
    field::{self, Gateways},
    table::{self, Columns, Row, Rule, take},
    tree,
};
use crate::{
    energy::heat::{SteamError, enthalpy_kj_per_kg},
    model::{BoundaryLine, Enthalpy, Gateway, MeterName, Origin, PointName, Role, STEAM},
    runtime::{
        lang::Text,
        problem::{At, Problems, Unique, found},
    },
};

const NAMES: [&str; 15] = [
    "credit_code",
    "gateway_id",
    "meter",
    "point",
    "counts_as",
    "carrier",
    "product",
    "fed_by",
    "use",
    "origin",
    "at_conditions",
    "enthalpy",
    "feed_kj_per_kg",
    "serial",
    "calibrated_until",
];
pub(super) const COLUMNS: Columns = Columns { all: &NAMES, required: 5 };
const POINT: usize = 3;
const FED_BY: usize = 7;
const ENTHALPY: usize = 11;

/// What a point counts as, in the words of the file.
pub(super) const ROLES: [(&str, Role); 5] = [
    ("energy", Role::SiteEnergy),
    ("export", Role::SiteExport),
    ("output", Role::Output),
    ("scrap", Role::Scrap),
    ("none", Role::None),
];
const USES: [(&str, bool); 3] = [("", false), ("energy", false), ("raw_material", true)];
const ORIGINS: [(&str, Origin); 4] =
    [("", Origin::Grid), ("grid", Origin::Grid), ("renewable", Origin::Renewable), ("waste", Origin::Waste)];

/// A line and the places that problems with the tree of meters are told at.
pub(super) struct Placed {
    pub(super) line: BoundaryLine,
    pub(super) point: At,
    pub(super) fed_by: At,
}

/// Every line is about a gateway of its site.
///
/// # Errors
/// Every problem of the file, also of the tree of meters, and then nothing is imported.
pub fn boundary_of(sheet: &Sheet, gateways: &[Gateway]) -> Result<Import<BoundaryLine>, Problems> {
    let (doc, gateways) = (sheet.doc(), Gateways::of(gateways));
    let mut points = Unique::new("其他行", "row");
    let mut lines = Vec::new();
    table::each(&doc, COLUMNS, |row| {
        let id = [1, 2, POINT].map(|place| row.field(place)).join("\n");
        points.claim_as(&doc, id, &row.found(POINT));
        if let Some(line) = line(row, &gateways) {
            lines.push(Placed { line, point: row.at(POINT), fed_by: row.at(FED_BY) });
        }
    });
    tree::check(&doc, &lines);
    let lines = lines.into_iter().map(|placed| placed.line).collect();
    doc.finish(lines).map(|(rows, warnings)| Import { rows, warnings })
}

/// `None` where a problem was reported.
fn line(row: &Row, gateways: &Gateways<'_>) -> Option<BoundaryLine> {
    let gateway_id = take(row, 1, |id| gateways.find(id, row.field(0)));
    let meter = take(row, 2, field::name);
    let point = take(row, POINT, field::name);
    let counts_as = take(row, 4, |text| field::one_of(text, &ROLES));
    let (carrier, product) = match counts_as {
        Some(Role::SiteEnergy | Role::SiteExport) => (take(row, 5, carrier), take(row, 6, nothing)),
        Some(Role::Output | Role::Scrap) => (take(row, 5, nothing), take(row, 6, field::short)),
        _ => (
            take(row, 5, |text| if text.is_empty() { Ok(String::new()) } else { carrier(text) }),
            take(row, 6, nothing),
        ),
    };
    let fed_by = take(row, FED_BY, meter_name);
    let raw_material = take(row, 8, |text| field::one_of(text, &USES));
    let origin = take(row, 9, |text| field::one_of(text, &ORIGINS));
    let gas = Text::new("20C 101.325kPa 或 15C 0.3MPa(g)", "20C 101.325kPa or 15C 0.3MPa(g)");
    let at_conditions = take(row, 10, |text| field::state(text, gas.clone()));
    let enthalpy = enthalpy(row);
    let feed = take(row, 12, |text| if text.is_empty() { Ok(Default::default()) } else { field::zero_or_more(text) });
    let serial = take(row, 13, field::short);
    let calibrated_until = take(row, 14, field::day_or_none);
    Some(BoundaryLine {
        credit_code: row.field(0).to_owned(),
        point: PointName { gateway_id: gateway_id?, meter: meter?, point: point? },
        counts_as: counts_as?,
        carrier: carrier?,
        product: product?,
        fed_by: fed_by?,
        raw_material: raw_material?,
        origin: origin?,
        at_conditions: at_conditions?,
        enthalpy: enthalpy?,
        feed_kj_per_kg: feed?,
        serial: serial?,
        calibrated_until: calibrated_until?,
    })
}

fn carrier(text: &str) -> Result<String, Rule> {
    if text == STEAM { Ok(text.to_owned()) } else { field::carrier(text) }
}

fn nothing(text: &str) -> Result<String, Rule> {
    if text.is_empty() {
        return Ok(String::new());
    }
    Err((
        Text::new(
            "空：能源写 carrier，产品写 product",
            "nothing: energy has a carrier, output and scrap have a product",
        ),
        Text::new("清空此列，或改正 counts_as", "leave it empty, or correct counts_as"),
    ))
}

fn meter_name(text: &str) -> Result<Option<MeterName>, Rule> {
    if text.is_empty() {
        return Ok(None);
    }
    let parts = text.split_once('/').filter(|(gateway, meter)| Gateway::is_id(gateway) && !meter.is_empty());
    let name = parts.map(|(gateway, meter)| MeterName { gateway_id: gateway.to_owned(), meter: meter.to_owned() });
    name.map(Some).ok_or_else(|| {
        (
            Text::new("空，或上级计量器具的 网关/表名", "nothing, or gateway/meter of the meter upstream"),
            Text::new("写作 gw-1/main", "write it as gw-1/main"),
        )
    })
}

/// The enthalpy of steam, which must be steam; none is taken with a warning.
fn enthalpy(row: &Row) -> Option<Option<Enthalpy>> {
    let example = Text::new(
        "2773 kJ/kg、0.8MPa(g) saturated 或 0.8MPa(g) 200C",
        "2773 kJ/kg, 0.8MPa(g) saturated or 0.8MPa(g) 200C",
    );
    let enthalpy: Option<Enthalpy> = take(row, ENTHALPY, |text| field::state(text, example.clone()))?;
    let steam = row.field(5) == STEAM;
    match &enthalpy {
        None if steam && row.field(4) != "none" => row.doc.warn(
            &row.at(5),
            found("steam"),
            Text::new(
                "同一行写有 enthalpy：没有焓的蒸汽没有能耗数值",
                "its enthalpy beside it: steam by its mass alone has no energy figure",
            ),
            Text::new(format!("写作 {}", example.zh), format!("write {}", example.en)),
        ),
        Some(_) if !steam => row.refuse(
            ENTHALPY,
            (
                Text::new(
                    "空：只有 carrier 为 steam 的点有焓",
                    "nothing: only points of the carrier steam have an enthalpy",
                ),
                Text::new("清空此列，或把 carrier 写作 steam", "leave it empty, or write steam as the carrier"),
            ),
        ),
        Some(state) => {
            if let Err(error) = enthalpy_kj_per_kg(state) {
                row.refuse(ENTHALPY, not_steam(error));
            }
        }
        None => {}
    }
    Some(enthalpy)
}

fn not_steam(error: SteamError) -> Rule {
    let fix = Text::new("核对压力和温度", "compare pressure and temperature");
    match error {
        SteamError::Water { boils_at_c } => (
            Text::new(
                format!("蒸汽：该压力下的饱和温度为 {boils_at_c} ℃"),
                format!("steam, which at this pressure is at {boils_at_c} °C or above"),
            ),
            fix,
        ),
        SteamError::Range => (Text::new("IAPWS-IF97 范围内的蒸汽", "steam within IAPWS-IF97"), fix),
    }
}
