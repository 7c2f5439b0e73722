//! Is the store what its blocks say? Everything is computed anew and compared.

use super::sql::{Tx, params};
use super::{
    AttestationLine, GatewayKey, StoreError, attestation, block, generation,
    renew::ALWAYS,
    rollup,
    row::{bridges_between, declarations, rows_between, turns_between},
    run,
};

/// What [`super::Store::audit`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    pub generations: u64,
    pub blocks: u64,
    /// Records that are kept outside of the ledger.
    pub refused: u64,
    /// Series whose rows were compared.
    pub series: u64,
    pub readings: u64,
    /// Records that are those that their gateways signed.
    pub attested: u64,
    /// Generations that are not wholly stored, signed and as they were signed: the newest of each gateway is one.
    pub attestations: Vec<AttestationLine>,
    /// The keys by which that was judged. Who can write to the store can write to this list: compare them.
    pub keys: Vec<GatewayKey>,
    /// What is wrong, in words; empty when all is as it must be.
    pub faults: Vec<String>,
}

pub fn audit(tx: Tx<'_>) -> Result<Audit, StoreError> {
    audit_of(tx, None)
}

/// Of one gateway, or of all.
pub fn audit_of(tx: Tx<'_>, gateway: Option<i64>) -> Result<Audit, StoreError> {
    let mut audit = Audit::default();
    marks(tx, gateway, &mut audit)?;
    let select = "SELECT id FROM gateway WHERE ?1 IS NULL OR id = ?1 ORDER BY id";
    let gateways: Vec<i64> = tx.rows(select, params![gateway], |row| row.get(0))?;
    for gateway in gateways {
        series_of(tx, gateway, &mut audit)?;
        signatures(tx, gateway, &mut audit)?;
    }
    Ok(audit)
}

/// A mark says exactly which records are there: each number once, as a block or as refused.
fn marks(tx: Tx<'_>, gateway: Option<i64>, audit: &mut Audit) -> Result<(), StoreError> {
    let select = "SELECT generation.id, generation.seq, count(taken.seq), count(DISTINCT taken.seq), coalesce(min(taken.seq), 1),
                coalesce(max(taken.seq), 0), coalesce(CAST(sum(taken.refused) AS BIGINT), 0)
         FROM generation
         LEFT JOIN (SELECT generation, seq, 0 AS refused FROM block
                    UNION ALL SELECT generation, seq, 1 FROM refused) AS taken ON taken.generation = generation.id
         WHERE ?1 IS NULL OR generation.gateway = ?1
         GROUP BY generation.id";
    tx.each(select, params![gateway], |row| {
        let mut numbers = [0_i64; 7];
        for (i, number) in numbers.iter_mut().enumerate() {
            *number = row.get(i)?;
        }
        let [id, mark, count, distinct, first, last, refused] = numbers;
        audit.generations += 1;
        audit.blocks += (count - refused).unsigned_abs();
        audit.refused += refused.unsigned_abs();
        if (first, last, count, distinct) != (1, mark, mark, mark) {
            audit.faults.push(format!(
                "generation {id}: its mark is {mark}, but {count} records from {first} to {last} are kept, {distinct} of them distinct"
            ));
        }
 Ok(()) })?;
    Ok(())
}

/// The stored records are those that the gateway signed.
fn signatures(tx: Tx<'_>, gateway: i64, audit: &mut Audit) -> Result<(), StoreError> {
    audit.keys.extend(attestation::accepted(tx, gateway)?);
    for line in attestation::verify(tx, gateway)? {
        audit.attested += line.attested_through;
        let gen_id = u128::from_be_bytes(line.gen_id);
        let fault = |fault: &String| format!("gateway {}, generation {gen_id:032x}: {fault}", line.gateway_id);
        audit.faults.extend(line.faults.iter().map(fault));
        if !line.whole() {
            audit.attestations.push(line);
        }
    }
    Ok(())
}

/// The rows of each series are those that its readings give.
fn series_of(tx: Tx<'_>, gateway: i64, audit: &mut Audit) -> Result<(), StoreError> {
    let mut readings = block::readings_of_gateway(tx, gateway)?;
    let select = "SELECT id FROM series WHERE gateway = ?1 ORDER BY id";
    let all: Vec<i64> = tx.rows(select, params![gateway], |row| row.get(0))?;
    for series in all {
        let readings = readings.remove(&series).unwrap_or_default();
        audit.series += 1;
        audit.readings += u64::try_from(readings.len()).unwrap_or(u64::MAX);
        let physics = generation::physics(tx, series)?;
        let must = run::ledger(&physics, &readings, &declarations(tx, series, ALWAYS.start)?);
        let stored = rows_between(tx, series, ALWAYS.start, ALWAYS.end)?;
        let rows = &must.rows;
        if let Some(i) = (0..rows.len().max(stored.len())).find(|i| rows.get(*i) != stored.get(*i)) {
            let (is, must) = (stored.get(i), rows.get(i));
            audit.faults.push(format!("series {series}: row {i} is {is:?}, its readings give {must:?}"));
        }
        if must.bridges != bridges_between(tx, series, ALWAYS.start, ALWAYS.end)? {
            audit.faults.push(format!("series {series}: its bridges are not those its readings give"));
        }
        if must.turns != turns_between(tx, series, ALWAYS.start, ALWAYS.end)? {
            audit.faults.push(format!("series {series}: its turns are not those its readings give"));
        }
        audit.faults.extend(rollup::faults(tx, series)?);
    }
    Ok(())
}
