//! What is read out of the ledger, each within one read transaction.

use super::sql::{self, Tx, params};
use super::{
    Amount, Flow, LedgerLine, SiteInterval, SiteLedger, Snapshot, StoreError, bulk, epoch, generation, register,
    registry,
    renew::ALWAYS,
    row::{bridges_between, row_after, row_before, rows_between, turns_between},
    run::{HELD, SET_ASIDE, Turn},
    tag,
};
use crate::{
    energy::interval::QUARTER_MS,
    model::{BoundaryLine, Doubts, Gateway, Period, PointKind, Role, Scale, Series, UtcMillis},
};
use rust_decimal::Decimal;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

pub fn snapshot(tx: Tx<'_>, period: &Period, now: UtcMillis) -> Result<Snapshot, StoreError> {
    let mut flows = bulk::flows(tx, period, now)?;
    let mut gateways: HashMap<String, Vec<Gateway>> = HashMap::new();
    for gateway in registry::gateways(tx)? {
        gateways.entry(gateway.credit_code.clone()).or_default().push(gateway);
    }
    let mut standings = register::standings(tx)?;
    let mut economy = register::economy_of(tx, period)?;
    let mut sites = Vec::new();
    for site in registry::sites(tx)? {
        let own = gateways.remove(&site.credit_code).unwrap_or_default();
        let flows = own.iter().filter_map(|gateway| flows.remove(&gateway.gateway_id)).flatten().collect();
        let declared = registry::declared(tx, &site)?;
        let (profile, parcels) = standings.remove(&site.credit_code).unwrap_or_default();
        let economy = economy.remove(&site.credit_code).unwrap_or_default();
        sites.push(SiteLedger { site, gateways: own, flows, declared, profile, parcels, economy });
    }
    Ok(Snapshot { as_of: now, sites })
}

/// Every cumulative series of every registered gateway, over all time.
pub fn ledger(tx: Tx<'_>) -> Result<Vec<LedgerLine>, StoreError> {
    let mut lines = Vec::new();
    for gateway in registry::gateways(tx)? {
        for (id, series) in cumulative_series(tx, &gateway.gateway_id)? {
            let sums = sums(tx, id, BEGINNING, END_OF_TIME, END_OF_TIME)?;
            let bridges = bridges_between(tx, id, BEGINNING, END_OF_TIME)?;
            let empty: i64 = bridges.iter().map(|bridge| bridge.until.since(bridge.start) / QUARTER_MS).sum();
            lines.push(LedgerLine {
                gateway_id: gateway.gateway_id.clone(),
                series,
                first: row_after(tx, id, BEGINNING)?.map(|row| row.cell.first),
                last: row_before(tx, id, END_OF_TIME)?.map(|row| row.cell.last),
                total: saturated(sums.amount),
                breaks: sums.breaks,
                intervals: sums.quarters + empty.unsigned_abs(),
            });
        }
    }
    Ok(lines)
}

/// The quarter-hours of a site's balance inside the period, those that hold something, in order.
pub fn intervals(tx: Tx<'_>, credit_code: &str, period: &Period) -> Result<Vec<SiteInterval>, StoreError> {
    let mut quarters: BTreeMap<UtcMillis, SiteInterval> = BTreeMap::new();
    let site = registry::sites(tx)?.into_iter().find(|site| site.credit_code == credit_code);
    let boundary = site.map(|site| registry::declared(tx, &site)).transpose()?.unwrap_or_default().boundary;
    for gateway in registry::gateways(tx)?.into_iter().filter(|gateway| gateway.credit_code == credit_code) {
        for (id, series) in cumulative_series(tx, &gateway.gateway_id)? {
            let Some(line) = Line::of(&gateway.gateway_id, &series, &boundary) else { continue };
            for row in rows_between(tx, id, period.start, period.end)? {
                line.add(&mut quarters, row.start, (row.amount(), row.doubts()), true);
            }
            for bridge in bridges_between(tx, id, period.start, period.end)? {
                for (start, amount) in bridge.quarters_within(period.start, period.end) {
                    line.add(&mut quarters, start, (amount, bridge.doubts), false);
                }
            }
            for turn in turns_between(tx, id, period.start, period.end)? {
                let doubts = doubts_of(&turn);
                if !doubts.is_none() {
                    line.add(&mut quarters, turn.reading.time.floor(QUARTER_MS), (0, doubts), false);
                }
            }
        }
    }
    Ok(quarters.into_values().collect())
}

/// Where a series' amounts go in a [`SiteInterval`].
struct Line {
    role: Role,
    name: Arc<str>,
    unit: Arc<str>,
    scale: Scale,
}

impl Line {
    /// As the site's boundary says where there is one, otherwise as the gateway does; `None` for what counts as nothing.
    fn of(gateway_id: &str, series: &Series, boundary: &[BoundaryLine]) -> Option<Line> {
        let Series { meter, point, .. } = series;
        let stated = boundary.iter().find(|line| {
            line.point.gateway_id == gateway_id && line.point.meter == *meter && line.point.point == *point
        });
        let (role, carrier, product) = match (boundary.is_empty(), stated) {
            (true, _) => (series.role, &series.carrier, &series.product),
            (false, Some(line)) => (line.counts_as, &line.carrier, &line.product),
            (false, None) => return None,
        };
        let name = if matches!(role, Role::Output | Role::Scrap) { product } else { carrier };
        let unit = series.unit.as_str().into();
        (role != Role::None).then(|| Line { role, name: name.as_str().into(), unit, scale: series.scale })
    }

    fn add(
        &self,
        quarters: &mut BTreeMap<UtcMillis, SiteInterval>,
        start: UtcMillis,
        (counts, doubts): (i64, Doubts),
        reading: bool,
    ) {
        let quarter = quarters.entry(start).or_insert_with(|| SiteInterval {
            start,
            energy: Vec::new(),
            output: Vec::new(),
            scrap: Vec::new(),
            readings_present: false,
        });
        quarter.readings_present |= reading;
        // beyond 28 digits: only a register that runs wild and a scale at its limit get there
        let Some(amount) = self.scale.value_from_count(counts) else { return };
        let amount = if self.role == Role::SiteExport { -amount } else { amount };
        let amounts = match self.role {
            Role::Output => &mut quarter.output,
            Role::Scrap => &mut quarter.scrap,
            Role::None | Role::SiteEnergy | Role::SiteExport => &mut quarter.energy,
        };
        match amounts.iter_mut().find(|one| one.name == self.name && one.unit == self.unit) {
            Some(one) => {
                one.amount = one.amount.checked_add(amount).unwrap_or(Decimal::MAX);
                one.doubts |= doubts;
            }
            None => amounts.push(Amount { name: Arc::clone(&self.name), unit: Arc::clone(&self.unit), amount, doubts }),
        }
    }
}

/// Of the readings that are in no difference.
pub fn doubts_of(turn: &Turn) -> Doubts {
    match turn.what {
        SET_ASIDE => Doubts::TRANSIENT,
        HELD => Doubts::HELD,
        _ => Doubts::NONE,
    }
}

/// What one series says of a period, from its rows alone.
pub fn flow(
    tx: Tx<'_>,
    gateway_id: &str,
    id: i64,
    series: Series,
    period: &Period,
    now: UtcMillis,
) -> Result<Flow, StoreError> {
    let (start, end) = (period.start, period.end);
    let open = now.floor(QUARTER_MS);
    // the quarter-hour that still runs is expected only when it already holds a reading
    let begun = !rows_between(tx, id, open, open.plus_ms(QUARTER_MS))?.is_empty();
    let due = end.min(if begun { open.plus_ms(QUARTER_MS) } else { open });
    let sums = sums(tx, id, start, end, due)?;
    let begin = row_after(tx, id, BEGINNING)?.map(|row| row.start.max(start));
    let tags = matches!(series.role, Role::Output | Role::Scrap);
    let outputs_by_tag = if tags { tag::shares(tx, gateway_id, id, &series.meter, (start, end))? } else { Vec::new() };
    Ok(Flow {
        gateway_id: gateway_id.to_owned(),
        series,
        amount: saturated(sums.amount),
        first: row_after(tx, id, start.plus_ms(-1))?.filter(|row| row.start < end).map(|row| row.cell.first),
        last: row_before(tx, id, end)?.filter(|row| row.start >= start).map(|row| row.cell.last),
        slots_expected: begin.map_or(0, |begin| (due.since(begin).max(0) / QUARTER_MS).unsigned_abs()),
        slots_received: sums.received,
        estimated: saturated(sums.estimated),
        breaks: sums.breaks,
        epochs: epoch::ends(tx, id, start, end)?,
        set_aside: sums.set_aside,
        doubts: sums.doubts,
        outputs_by_tag,
    })
}

const BEGINNING: UtcMillis = ALWAYS.start;
const END_OF_TIME: UtcMillis = ALWAYS.end;

#[derive(Default)]
pub struct Sums {
    pub amount: i128,
    /// Of it, what comes from pairs of readings that are far apart.
    pub estimated: i128,
    /// Quarter-hours with accepted readings, and those of them before `due`.
    quarters: u64,
    received: u64,
    breaks: u64,
    set_aside: u64,
    pub doubts: Doubts,
}

/// Over `[from, until)`, which are starts of quarter-hours.
pub fn sums(tx: Tx<'_>, id: i64, from: UtcMillis, until: UtcMillis, due: UtcMillis) -> Result<Sums, StoreError> {
    let mut sums = Sums::default();
    // in halves, which can not overflow: a register that runs wild must not fail everybody's report
    let select = "SELECT doubts, CAST(sum(amount >> 32) AS BIGINT), CAST(sum(amount & 4294967295) AS BIGINT),
                CAST(sum(estimated >> 32) AS BIGINT), CAST(sum(estimated & 4294967295) AS BIGINT),
                count(*) FILTER (WHERE part = 0), count(*) FILTER (WHERE part = 0 AND start < ?4),
                count(*) FILTER (WHERE cause > 0)
         FROM (SELECT doubts, amount, part, start, cause, (before_d & 1) * before + (after_d & 1) * after AS estimated
               FROM cell WHERE series = ?1 AND start >= ?2 AND start < ?3) AS parts
         GROUP BY doubts";
    tx.each(select, params![id, from.0, until.0, due.0], |row| {
        let number = |at: usize| row.get::<i64>(at);
        let wide = |at: usize| Ok::<_, StoreError>((i128::from(number(at)?) << 32) + i128::from(number(at + 1)?));
        sums.doubts |= super::row::doubts_of(row, 0)?;
        sums.amount += wide(1)?;
        sums.estimated += wide(3)?;
        sums.quarters += number(5)?.unsigned_abs();
        sums.received += number(6)?.unsigned_abs();
        sums.breaks += number(7)?.unsigned_abs();
        Ok(())
    })?;
    for bridge in bridges_between(tx, id, from, until)? {
        let amount = i128::from(bridge.amount_within(from, until));
        sums.amount += amount;
        sums.estimated += amount;
        sums.doubts |= bridge.doubts;
    }
    let select =
        "SELECT what, count(*) FROM turn WHERE series = ?1 AND t >= ?2 AND t < ?3 AND what IN (1, 2) GROUP BY what";
    tx.each(select, params![id, from.0, until.0], |row| {
        sums.set_aside += row.get::<i64>(1)?.unsigned_abs();
        sums.doubts |= if row.get::<i64>(0)? == SET_ASIDE { Doubts::TRANSIENT } else { Doubts::HELD };
        Ok(())
    })?;
    Ok(sums)
}

pub fn saturated(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

pub fn cumulative_series(tx: Tx<'_>, gateway_id: &str) -> Result<Vec<(i64, Series)>, StoreError> {
    let select = "SELECT series.id, meter, point, kind, role, carrier, product, unit, scale_mantissa, scale_exponent,
                modulus, rate_max_per_h, backstep_max, warm_up_ms, restarts
         FROM series JOIN gateway ON gateway.id = series.gateway
         WHERE gateway_id = ?1 AND kind = ?2 ORDER BY meter, point, series.id";
    tx.rows(select, params![gateway_id, generation::code_of_kind(PointKind::Cumulative)], |row| {
        Ok((row.get(0)?, series_of(row)?))
    })
}

/// Of columns 1 to 14, as [`cumulative_series`] selects them.
pub fn series_of(row: &sql::Row<'_>) -> Result<Series, StoreError> {
    let scale = Scale::new(row.get(8)?, row.get(9)?)
        .map_err(|error| StoreError::Unreadable { column: 8, found: error.to_string() })?;
    Ok(Series {
        meter: row.get(1)?,
        point: row.get(2)?,
        kind: generation::kind_of_code(row.get(3)?),
        role: generation::role_of_code(row.get(4)?),
        carrier: row.get(5)?,
        product: row.get(6)?,
        unit: row.get(7)?,
        scale,
        physics: generation::physics_of(row, 10)?,
    })
}
