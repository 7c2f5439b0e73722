//! Records that could not be taken, kept as they came, and judged again when that may help.
//!
//! A refused record counts for the mark. It leaves this table in the transaction that makes it a block, so that it is
//! taken once or not at all.

use super::sql::{Tx, params};
use super::{
    BadRecord, Store, StoreError,
    alarm::shortened,
    attestation,
    block::Place,
    judge::due,
    listing::{Listing, Page},
    registry,
    take::Taker,
};
use crate::{
    model::UtcMillis,
    runtime::clock as wall,
    wire::{
        GenId,
        record::{Record, decode},
    },
};
use bytes::Bytes;
use std::collections::HashMap;

/// Refused records of one gateway: of 7 KiB each, 28 MiB. Beyond it the gateway keeps what it has.
pub const REFUSED_MAX: usize = 4096;
/// Records of one transaction.
const RETRY_MAX: i64 = 64;

/// Which of the refused records are judged again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Retry {
    /// All behind this one of [`Retried::at`]: a newer platform may understand what an older one did not.
    After(i64, i64),
    /// Those that were ahead of the clock and no longer are.
    Due,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Retried {
    pub judged: u64,
    pub taken: u64,
    /// Generation and number of the last one.
    pub at: Option<(i64, i64)>,
}

/// One row, without its body.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedRow {
    pub gateway_id: String,
    pub credit_code: String,
    pub gen_id: GenId,
    pub seq: u64,
    pub kind: u8,
    /// 0 once it was written off.
    pub bytes: u64,
    pub noted: UtcMillis,
    /// The contract's code.
    pub code: u8,
    pub message: String,
    /// When it will be judged again, other than at the next start.
    pub due: Option<UtcMillis>,
}

impl Store {
    /// Judges every refused record again: for the start, since a newer platform may know what an older one did not.
    /// The number of those that were taken.
    pub async fn retry_refused(&self) -> Result<u64, StoreError> {
        let mut taken = 0;
        let mut next = Retry::After(0, 0);
        loop {
            let retried = self.retry(next).await?;
            taken += retried.taken;
            match retried.at {
                Some((generation, seq)) => next = Retry::After(generation, seq),
                None => return Ok(taken),
            }
        }
    }

    /// Takes the records that were ahead of the clock and whose time has come.
    pub async fn retry_due(&self) -> Result<u64, StoreError> {
        let mut taken = 0;
        loop {
            let retried = self.retry(Retry::Due).await?;
            taken += retried.taken;
            if retried.judged == 0 {
                return Ok(taken);
            }
        }
    }

    async fn retry(&self, which: Retry) -> Result<Retried, StoreError> {
        let now = wall::now();
        self.inner.writer.write(move |tx| retry(tx, which, now)).await
    }

    /// Records that are kept outside of the ledger, newest first.
    pub async fn refused(&self, listing: Listing) -> Result<Page<RefusedRow>, StoreError> {
        self.inner.readers.read(move |tx| refused(tx, &listing)).await
    }

    /// Gives up the bytes of the refused records of a gateway, when they can not be mended and hold up the others.
    pub async fn write_off_refused(&self, gateway_id: &str) -> Result<u64, StoreError> {
        let gateway_id = gateway_id.to_owned();
        let write = move |tx: Tx<'_>| {
            registry::hold(tx, &gateway_id)?;
            write_off(tx, registry::gateway_number(tx, &gateway_id)?)
        };
        self.inner.writer.write(write).await
    }

    /// Refused records that are kept of each registered gateway that has any.
    pub async fn refused_counts(&self) -> Result<HashMap<String, u64>, StoreError> {
        self.inner.readers.read(counts).await
    }
}

/// Whether no more of the gateway are kept.
pub fn full(tx: Tx<'_>, gateway: i64) -> Result<bool, StoreError> {
    let select = "SELECT count(*) FROM refused WHERE gateway = ?1 AND body IS NOT NULL";
    let count: i64 = tx.only(select, params![gateway], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX) >= REFUSED_MAX)
}

/// The stated checksum of a refused record.
pub fn crc32c(tx: Tx<'_>, generation: i64, seq: i64) -> Result<Option<u32>, StoreError> {
    let select = "SELECT crc32c FROM refused WHERE generation = ?1 AND seq = ?2";
    tx.one(select, params![generation, seq], |row| row.get(0))
}

/// Gives up the bytes of a gateway's refused records, so that others have room. Their numbers stay used, and their rows
/// say what they were; their hashes stay for the chain of signatures.
pub fn write_off(tx: Tx<'_>, gateway: i64) -> Result<u64, StoreError> {
    let mut written = 0;
    let update = "UPDATE refused SET body = NULL, due = NULL, hash = ?3 WHERE generation = ?1 AND seq = ?2";
    loop {
        let some = "SELECT gateway, generation, seq, kind, crc32c, body FROM refused
                    WHERE gateway = ?1 AND body IS NOT NULL AND ?2 = 0 LIMIT ?3";
        let rows = read(tx, some, [gateway, 0, RETRY_MAX])?;
        if rows.is_empty() {
            return Ok(written);
        }
        for (place, record) in rows {
            let hash = attestation::hash_of(&record);
            written += tx.execute(update, params![place.generation, place.seq, hash.as_ref()])?;
        }
    }
}

/// By gateway id, of registered gateways.
pub fn counts(tx: Tx<'_>) -> Result<HashMap<String, u64>, StoreError> {
    let select = "SELECT gateway_id, count(*) FROM refused JOIN gateway ON gateway.id = refused.gateway
         WHERE credit_code IS NOT NULL AND body IS NOT NULL GROUP BY gateway.id";
    let rows = tx.rows(select, params![], |row| Ok((row.get(0)?, row.get::<i64>(1)?.unsigned_abs())))?;
    Ok(rows.into_iter().collect())
}

pub fn insert(tx: Tx<'_>, place: &Place, record: &Record, error: &BadRecord, now: UtcMillis) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO refused (gateway, generation, seq, kind, crc32c, noted, code, message, due, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            place.gateway,
            place.generation,
            place.seq,
            record.kind,
            record.crc32c,
            now.0,
            error.code(),
            shortened(&error.to_string()),
            due(error).map(|due| due.0),
            record.body.as_ref(),
        ],
    )?;
    Ok(())
}

/// Judges some of the refused records again and takes those that may be taken now.
pub fn retry(tx: Tx<'_>, which: Retry, now: UtcMillis) -> Result<Retried, StoreError> {
    const COLUMNS: &str = "SELECT gateway, generation, seq, kind, crc32c, body FROM refused";
    // a generation's records in their order: a dictionary may be among them
    let (sql, asked) = match which {
        Retry::After(generation, seq) => (
            format!(
                "{COLUMNS} WHERE (generation, seq) > (?1, ?2) AND body IS NOT NULL ORDER BY generation, seq LIMIT ?3"
            ),
            [generation, seq, RETRY_MAX],
        ),
        Retry::Due => (
            format!("{COLUMNS} WHERE due <= ?1 AND ?2 = 0 ORDER BY due, generation, seq LIMIT ?3"),
            [now.0, 0, RETRY_MAX],
        ),
    };
    // what another node has taken until the gateways were ours is gone from the second reading
    let held = read(tx, &sql, asked)?.iter().map(|(place, _)| place.gateway).collect();
    registry::hold_each(tx, &held)?;
    let mut rows = read(tx, &sql, asked)?;
    rows.retain(|(place, _)| held.contains(&place.gateway));
    let mut retried = Retried::default();
    for (place, record) in rows {
        let mut taker = Taker::new(tx, place.gateway, place.generation, now)?;
        let content = decode(&record);
        let took = taker.take(place.seq, &record, content.as_ref())?;
        taker.finish()?;
        match took {
            Ok(_) => {
                tx.execute(
                    "DELETE FROM refused WHERE generation = ?1 AND seq = ?2",
                    params![place.generation, place.seq],
                )?;
                retried.taken += 1;
            }
            Err(error) => {
                let update = "UPDATE refused SET code = ?3, message = ?4, due = ?5 WHERE generation = ?1 AND seq = ?2";
                tx.execute(
                    update,
                    params![
                        place.generation,
                        place.seq,
                        error.code(),
                        shortened(&error.to_string()),
                        due(&error).map(|due| due.0),
                    ],
                )?;
            }
        }
        retried.judged += 1;
        retried.at = Some((place.generation, place.seq));
    }
    Ok(retried)
}

fn read(tx: Tx<'_>, sql: &str, [a, b, limit]: [i64; 3]) -> Result<Vec<(Place, Record)>, StoreError> {
    tx.rows(sql, params![a, b, limit], |row| {
        let body: Vec<u8> = row.get(5)?;
        let place = Place { gateway: row.get(0)?, generation: row.get(1)?, seq: row.get(2)? };
        Ok((place, Record { kind: row.get(3)?, crc32c: row.get(4)?, body: Bytes::from(body) }))
    })
}

/// Newest first.
pub fn refused(tx: Tx<'_>, listing: &Listing) -> Result<Page<RefusedRow>, StoreError> {
    let select = listing.newest_first(
        "refused",
        "(SELECT gen_id FROM generation WHERE generation.id = generation), seq, kind, coalesce(length(body), 0), noted, code, message, due",
        "noted >= ?5 AND noted < ?6",
    );
    let (start, end) = listing.period.as_ref().map_or((i64::MIN, i64::MAX), |period| (period.start.0, period.end.0));
    let after = listing.after.unwrap_or(i64::MAX);
    let asked = params![&listing.credit_code, &listing.gateway_id, after, listing.limit_and_one(), start, end];
    let rows = tx.rows(&select, asked, |row| {
        let refused = RefusedRow {
            gateway_id: row.get(1)?,
            credit_code: row.get(2)?,
            gen_id: row.get(3)?,
            seq: row.get::<i64>(4)?.unsigned_abs(),
            kind: row.get(5)?,
            bytes: row.get::<i64>(6)?.unsigned_abs(),
            noted: UtcMillis(row.get(7)?),
            code: row.get(8)?,
            message: row.get(9)?,
            due: row.get::<Option<i64>>(10)?.map(UtcMillis),
        };
        Ok((row.get(0)?, refused))
    })?;
    listing.page(rows)
}
