//! The flows of all series in a handful of statements, from rollups.
//!
//! # Promises
//! - Each flow is equal to what [`super::snapshot::flow`] says of it alone.

use super::sql::{Tx, params};
use super::{
    Flow, StoreError, epoch, generation,
    renew::ALWAYS,
    rollup::{self, Piece},
    row::{doubts_of, reading_of, row_after},
    run::Bridge,
    snapshot::{flow, saturated, series_of},
    tag,
};
use crate::{
    energy::interval::QUARTER_MS,
    model::{Period, PointKind, Role, Series, UtcMillis},
};
use std::collections::{HashMap, HashSet};

/// By gateway; of each in the order of meters and points.
pub fn flows(tx: Tx<'_>, period: &Period, now: UtcMillis) -> Result<HashMap<String, Vec<Flow>>, StoreError> {
    let (start, end) = (period.start, period.end);
    let days = rollup::day_of(start) == start && rollup::day_of(end) == end;
    let sums = Sums {
        pieces: if days { rollup::pieces(tx, start, end)? } else { HashMap::new() },
        bridges: bridges(tx, start, end)?,
        begins: begins(tx)?,
        due: rollup::due(tx, ALWAYS.start, ALWAYS.end)?.into_keys().collect(),
        tagged: tagged(tx)?,
    };
    let mut flows: HashMap<String, Vec<Flow>> = HashMap::new();
    for (gateway_id, id, series) in all_series(tx)? {
        let open = now.floor(QUARTER_MS);
        let ahead = sums.pieces.get(&id).and_then(|piece| piece.last).is_some_and(|(last, _)| last > open);
        // readings behind the quarter-hour that runs are rare, and only the rows tell how many are due
        let flow = match days && !ahead {
            true => sums.flow(tx, &gateway_id, id, series, period, open)?,
            false => flow(tx, &gateway_id, id, series, period, now)?,
        };
        flows.entry(gateway_id).or_default().push(flow);
    }
    Ok(flows)
}

struct Sums {
    pieces: HashMap<i64, Piece>,
    bridges: HashMap<i64, Vec<Bridge>>,
    begins: HashMap<i64, UtcMillis>,
    /// Series with days that are due, at any time.
    due: HashSet<i64>,
    tagged: HashSet<(String, String)>,
}

impl Sums {
    fn flow(
        &self,
        tx: Tx<'_>,
        gateway_id: &str,
        id: i64,
        series: Series,
        period: &Period,
        open: UtcMillis,
    ) -> Result<Flow, StoreError> {
        let (start, end) = (period.start, period.end);
        let piece = self.pieces.get(&id).cloned().unwrap_or_default();
        let (mut amount, mut estimated, mut doubts) = (piece.amount, piece.estimated, piece.doubts);
        for bridge in self.bridges.get(&id).into_iter().flatten() {
            let within = i128::from(bridge.amount_within(start, end));
            amount += within;
            estimated += within;
            doubts |= bridge.doubts;
        }
        // where the quarter-hour that runs lies outside of the period, it makes no difference
        let begun = piece.last.is_some_and(|(last, _)| last == open);
        let due = end.min(if begun { open.plus_ms(QUARTER_MS) } else { open });
        let begin = match self.due.contains(&id) {
            true => row_after(tx, id, ALWAYS.start)?.map(|row| row.start),
            false => self.begins.get(&id).copied(),
        };
        let tagged = matches!(series.role, Role::Output | Role::Scrap)
            && self.tagged.contains(&(gateway_id.to_owned(), series.meter.clone()));
        let outputs_by_tag =
            if tagged { tag::shares(tx, gateway_id, id, &series.meter, (start, end))? } else { Vec::new() };
        let expected = begin.map_or(0, |begin| due.since(begin.max(start)).max(0) / QUARTER_MS);
        Ok(Flow {
            gateway_id: gateway_id.to_owned(),
            series,
            amount: saturated(amount),
            first: piece.first.map(|(_, reading)| reading),
            last: piece.last.map(|(_, reading)| reading),
            slots_expected: expected.unsigned_abs(),
            slots_received: piece.quarters,
            estimated: saturated(estimated),
            breaks: piece.breaks,
            epochs: if piece.breaks > 0 { epoch::ends(tx, id, start, end)? } else { Vec::new() },
            set_aside: piece.set_aside,
            doubts,
            outputs_by_tag,
        })
    }
}

/// Every cumulative series of a registered gateway.
fn all_series(tx: Tx<'_>) -> Result<Vec<(String, i64, Series)>, StoreError> {
    let select = "SELECT series.id, meter, point, kind, role, carrier, product, unit, scale_mantissa, scale_exponent,
                modulus, rate_max_per_h, backstep_max, warm_up_ms, restarts, gateway_id
         FROM series JOIN gateway ON gateway.id = series.gateway
         WHERE credit_code IS NOT NULL AND kind = ?1 ORDER BY gateway_id, meter, point, series.id";
    tx.rows(select, params![generation::code_of_kind(PointKind::Cumulative)], |row| {
        Ok((row.get(15)?, row.get(0)?, series_of(row)?))
    })
}

/// Of every series, those that reach into `[from, until)`.
fn bridges(tx: Tx<'_>, from: UtcMillis, until: UtcMillis) -> Result<HashMap<i64, Vec<Bridge>>, StoreError> {
    let mut bridges: HashMap<i64, Vec<Bridge>> = HashMap::new();
    let select = "SELECT start, until, a_t, a_c, b_t, b_c, doubts, series FROM bridge WHERE until > ?1 AND start < ?2";
    tx.each(select, params![from.0, until.0], |row| {
        let (a, b) = (reading_of(row, 2)?, reading_of(row, 4)?);
        let bridge =
            Bridge { start: UtcMillis(row.get(0)?), until: UtcMillis(row.get(1)?), a, b, doubts: doubts_of(row, 6)? };
        bridges.entry(row.get(7)?).or_default().push(bridge);
        Ok(())
    })?;
    Ok(bridges)
}

fn begins(tx: Tx<'_>) -> Result<HashMap<i64, UtcMillis>, StoreError> {
    let rows =
        tx.rows("SELECT series, start FROM rollup_begin", params![], |row| Ok((row.get(0)?, UtcMillis(row.get(1)?))))?;
    Ok(rows.into_iter().collect())
}

/// Gateways and meters that ever had a tag.
fn tagged(tx: Tx<'_>) -> Result<HashSet<(String, String)>, StoreError> {
    let select = "SELECT DISTINCT gateway_id, meter FROM tag JOIN gateway ON gateway.id = tag.gateway";
    Ok(tx.rows(select, params![], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
}
