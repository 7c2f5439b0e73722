//! Generations: their marks and their dictionaries.

use super::sql::{Row, Tx, Value, params};
use super::{Outcome, StoreError};
use crate::{
    model::{Physics, PointKind, Role, RunId, Series, Span, UtcMillis},
    wire::GenId,
};
use std::collections::HashMap;

/// How far one generation is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    pub gen_id: GenId,
    pub seq: u64,
    pub complete: bool,
}

/// Where one generation of a gateway stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    pub id: i64,
    pub seq: u64,
    pub last_seq: Option<u64>,
    /// From the first record of samples to the last one.
    pub times: Option<Span>,
}

impl Standing {
    /// A record of samples, from `first` to `last`, was stored.
    pub fn extend(&mut self, first: UtcMillis, last: UtcMillis) {
        let start = self.times.map_or(first, |times| times.start);
        self.times = Some(Span { start, end: last.max(start) });
    }

    pub fn complete(self) -> bool {
        // a gateway that lost its tail to a power cut can state an end before our mark
        self.last_seq.is_some_and(|last| self.seq >= last)
    }

    pub fn outcome(self) -> Outcome {
        Outcome::Stored { seq: self.seq, complete: self.complete() }
    }

    pub fn mark(self, gen_id: GenId) -> Mark {
        Mark { gen_id, seq: self.seq, complete: self.complete() }
    }
}

pub fn find(tx: Tx<'_>, gateway: i64, gen_id: &GenId) -> Result<Option<Standing>, StoreError> {
    let select = "SELECT id, seq, last_seq, t_first, t_last FROM generation WHERE gateway = ?1 AND gen_id = ?2";
    let found = tx.one(select, params![gateway, gen_id.as_slice()], |row| {
        let last_seq: Option<i64> = row.get(2)?;
        let (first, last): (Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?);
        Ok(Standing {
            id: row.get(0)?,
            seq: row.get::<i64>(1)?.cast_unsigned(),
            last_seq: last_seq.map(i64::cast_unsigned),
            times: first.zip(last).map(|(start, end)| Span { start: UtcMillis(start), end: UtcMillis(end) }),
        })
    })?;
    Ok(found)
}

pub fn find_or_create(tx: Tx<'_>, gateway: i64, gen_id: &GenId) -> Result<Standing, StoreError> {
    if let Some(found) = find(tx, gateway, gen_id)? {
        return Ok(found);
    }
    let insert = "INSERT INTO generation (gateway, gen_id, seq) VALUES (?1, ?2, 0) RETURNING id";
    let id = tx.only(insert, params![gateway, gen_id.as_slice()], |row| row.get(0))?;
    Ok(Standing { id, seq: 0, last_seq: None, times: None })
}

pub fn save(tx: Tx<'_>, standing: &Standing) -> Result<(), StoreError> {
    let number = |seq: u64| i64::try_from(seq).map_err(|_| StoreError::SeqRange(seq));
    // samples that were placed meanwhile may have said more of the times
    let update = "UPDATE generation SET seq = ?2, last_seq = ?3,
                         t_first = CASE WHEN t_first IS NULL OR t_first > ?4 THEN ?4 ELSE t_first END,
                         t_last = CASE WHEN t_last IS NULL OR t_last < ?5 THEN ?5 ELSE t_last END WHERE id = ?1";
    tx.execute(
        update,
        params![
            standing.id,
            number(standing.seq)?,
            standing.last_seq.map(number).transpose()?,
            standing.times.map(|times| times.start.0),
            standing.times.map(|times| times.end.0),
        ],
    )?;
    Ok(())
}

/// Samples from the start of `times` to its end were placed.
pub fn extend(tx: Tx<'_>, generation: i64, times: Span) -> Result<(), StoreError> {
    let update = "UPDATE generation SET t_first = CASE WHEN t_first IS NULL OR t_first > ?2 THEN ?2 ELSE t_first END,
                                        t_last = CASE WHEN t_last IS NULL OR t_last < ?3 THEN ?3 ELSE t_last END
                  WHERE id = ?1";
    tx.execute(update, params![generation, times.start, times.end]).map(drop)
}

/// The process run that wrote a generation; `None` while no dictionary names one.
pub fn run(tx: Tx<'_>, generation: i64) -> Result<Option<RunId>, StoreError> {
    let select = "SELECT run FROM generation WHERE id = ?1";
    tx.only(select, params![generation], |row| row.get(0))
}

pub fn set_run(tx: Tx<'_>, generation: i64, run: &RunId) -> Result<(), StoreError> {
    tx.execute("UPDATE generation SET run = ?2 WHERE id = ?1", params![generation, run.as_slice()])?;
    Ok(())
}

/// A series as the store knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known {
    pub series: i64,
    pub kind: PointKind,
}

/// What a generation's records mean by their numbers.
pub type Dictionary = HashMap<u32, Known>;

pub fn dictionary(tx: Tx<'_>, generation: i64) -> Result<Dictionary, StoreError> {
    let select =
        "SELECT local, series, kind FROM dictionary JOIN series ON series.id = dictionary.series WHERE generation = ?1";
    let rows = tx.rows(select, params![generation], |row| {
        Ok((row.get(0)?, Known { series: row.get(1)?, kind: kind_of_code(row.get(2)?) }))
    })?;
    Ok(rows.into_iter().collect())
}

/// The meter and point that a generation means by a number.
pub fn series_of_generation(tx: Tx<'_>, generation: i64, local: u32) -> Result<Option<String>, StoreError> {
    let select = "SELECT meter, point FROM dictionary JOIN series ON series.id = dictionary.series
         WHERE generation = ?1 AND local = ?2";
    tx.one(select, params![generation, local], |row| {
        let (meter, point): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(format!("{meter}/{point}"))
    })
}

/// Remembers that `local` means `series` in this generation.
pub fn define(
    tx: Tx<'_>,
    gateway: i64,
    generation: i64,
    local: u32,
    series: &Series,
    created: UtcMillis,
) -> Result<Known, StoreError> {
    let id = match find_series(tx, gateway, series)? {
        Some(id) => id,
        None => create_series(tx, gateway, series, created)?,
    };
    tx.execute("INSERT INTO dictionary VALUES (?1, ?2, ?3)", params![generation, local, id])?;
    Ok(Known { series: id, kind: series.kind })
}

/// Takes the physics that a dictionary of `created` states of a series, if no later one has stated any. `true` when they
/// are others than before: the series' ledger is not what they give.
pub fn restate(tx: Tx<'_>, series: i64, stated: &Physics, created: UtcMillis) -> Result<bool, StoreError> {
    let select = format!("SELECT physics_created, {PHYSICS} FROM series WHERE id = ?1");
    let (known_created, known): (i64, Physics) =
        tx.only(&select, params![series], |row| Ok((row.get(0)?, physics_of(row, 1)?)))?;
    // of two of one instant one must count whatever the order in which they come
    let rank = |created: i64, one: &Physics| {
        (created, one.modulus, one.rate_max_per_h, one.backstep_max, one.warm_up_ms, one.restarts)
    };
    if rank(created.0, stated) <= rank(known_created, &known) {
        return Ok(false);
    }
    let Physics { modulus, rate_max_per_h, backstep_max, warm_up_ms, restarts } = *stated;
    tx.execute(
        "UPDATE series SET modulus = ?2, rate_max_per_h = ?3, backstep_max = ?4, warm_up_ms = ?5, restarts = ?6,
                           physics_created = ?7 WHERE id = ?1",
        params![series, modulus, rate_max_per_h, backstep_max, warm_up_ms, restarts, created.0],
    )?;
    Ok(usable(*stated) != usable(known))
}

/// The physics by which a series' readings are judged.
pub fn physics(tx: Tx<'_>, series: i64) -> Result<Physics, StoreError> {
    let select = format!("SELECT {PHYSICS} FROM series WHERE id = ?1");
    Ok(usable(tx.only(&select, params![series], |row| physics_of(row, 0))?))
}

/// A register with more digits never passes its end, and the sums of the ledger could not hold it.
const MODULUS_MAX: i64 = 1 << 48;

fn usable(stated: Physics) -> Physics {
    Physics { modulus: stated.modulus.filter(|modulus| *modulus <= MODULUS_MAX), ..stated }
}

pub const PHYSICS: &str = "modulus, rate_max_per_h, backstep_max, warm_up_ms, restarts";

/// From the columns [`PHYSICS`], the first of which is `at`.
pub fn physics_of(row: &Row<'_>, at: usize) -> Result<Physics, StoreError> {
    Ok(Physics {
        modulus: row.get(at)?,
        rate_max_per_h: row.get(at + 1)?,
        backstep_max: row.get(at + 2)?,
        warm_up_ms: row.get(at + 3)?,
        restarts: row.get(at + 4)?,
    })
}

/// The number of a series that is stored.
pub fn find_series(tx: Tx<'_>, gateway: i64, series: &Series) -> Result<Option<i64>, StoreError> {
    let select = "SELECT id FROM series WHERE gateway = ?1 AND meter = ?2 AND point = ?3 AND kind = ?4 AND role = ?5
         AND carrier = ?6 AND product = ?7 AND unit = ?8 AND scale_mantissa = ?9 AND scale_exponent = ?10";
    tx.one(select, &identity(gateway, series), |row| row.get(0))
}

fn create_series(tx: Tx<'_>, gateway: i64, series: &Series, created: UtcMillis) -> Result<i64, StoreError> {
    let insert =
        "INSERT INTO series (gateway, meter, point, kind, role, carrier, product, unit, scale_mantissa, scale_exponent,
                             backstep_max, warm_up_ms, restarts, physics_created)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, 0, ?11) RETURNING id";
    let [a, b, c, d, e, f, g, h, i, j] = identity(gateway, series);
    let id = tx.only(insert, &[a, b, c, d, e, f, g, h, i, j, i64::MIN.into()], |row| row.get(0))?;
    restate(tx, id, &series.physics, created)?;
    Ok(id)
}

/// What tells one series from another.
fn identity(gateway: i64, series: &Series) -> [Value<'_>; 10] {
    [
        Value::from(gateway),
        Value::from(&series.meter),
        Value::from(&series.point),
        Value::from(code_of_kind(series.kind)),
        Value::from(code_of_role(series.role)),
        Value::from(&series.carrier),
        Value::from(&series.product),
        Value::from(&series.unit),
        Value::from(series.scale.mantissa()),
        Value::from(series.scale.exponent()),
    ]
}

// The contract's numbers; they stay in files for years.

pub fn code_of_kind(kind: PointKind) -> i64 {
    match kind {
        PointKind::Gauge => 1,
        PointKind::Cumulative => 2,
    }
}

pub fn kind_of_code(code: i64) -> PointKind {
    if code == code_of_kind(PointKind::Cumulative) { PointKind::Cumulative } else { PointKind::Gauge }
}

pub fn code_of_role(role: Role) -> i64 {
    match role {
        Role::None => 1,
        Role::SiteEnergy => 2,
        Role::SiteExport => 3,
        Role::Output => 4,
        Role::Scrap => 5,
    }
}

pub fn role_of_code(code: i64) -> Role {
    match code {
        2 => Role::SiteEnergy,
        3 => Role::SiteExport,
        4 => Role::Output,
        5 => Role::Scrap,
        _ => Role::None,
    }
}
