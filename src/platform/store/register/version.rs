//! Versions of the registered tables and their rows.

use super::super::{
    StoreError,
    sql::{Row, Tx, params},
};
use crate::model::UtcMillis;
use std::collections::BTreeMap;

/// One row as text; `body` is nobody's business here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterRow {
    pub kind: String,
    pub key: String,
    pub credit_code: String,
    pub body: String,
}

/// Who changed a kind of table, and what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterVersion {
    pub kind: String,
    /// From 1.
    pub number: u64,
    pub by: String,
    pub at: UtcMillis,
    /// The file's name and SHA-256; empty for what was entered by hand.
    pub file: String,
    pub sha256: String,
    pub reason: String,
    /// Rows of the file, and what they did to the table.
    pub rows: u64,
    pub added: u64,
    pub changed: u64,
    pub removed: u64,
    pub unchanged: u64,
}

/// What a version changes: `version.number` is the one behind that which the change was made on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterChange {
    pub version: RegisterVersion,
    /// Rows that are new, or whose body is.
    pub put: Vec<RegisterRow>,
    /// Keys of rows that are no longer there.
    pub gone: Vec<String>,
}

const COLUMNS: &str = "kind, number, made_by, at, file, sha256, reason, rows, added, changed, removed, unchanged";

/// Current rows of all kinds but `without`, in the order of their keys.
pub fn rows(tx: Tx<'_>, without: &str) -> Result<Vec<RegisterRow>, StoreError> {
    let select = "SELECT kind, key, credit_code, body FROM register_row
                  WHERE until IS NULL AND kind <> ?1 ORDER BY kind, key";
    tx.rows(select, params![without], |row| {
        Ok(RegisterRow { kind: row.get(0)?, key: row.get(1)?, credit_code: row.get(2)?, body: row.get(3)? })
    })
}

/// The last version of each kind.
pub fn latest(tx: Tx<'_>) -> Result<BTreeMap<String, u64>, StoreError> {
    let select = "SELECT kind, max(number) FROM register_version GROUP BY kind";
    let rows = tx.rows(select, params![], |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?.unsigned_abs())))?;
    Ok(rows.into_iter().collect())
}

/// The file that `by` gave last for each kind, by its SHA-256.
pub fn files_by(tx: Tx<'_>, by: &str) -> Result<BTreeMap<String, String>, StoreError> {
    let select = "SELECT kind, sha256 FROM register_version WHERE made_by = ?1 ORDER BY kind, number";
    let rows = tx.rows(select, params![by], |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))?;
    Ok(rows.into_iter().collect())
}

/// The newest first.
pub fn list(tx: Tx<'_>, kind: Option<&str>, limit: u32) -> Result<Vec<RegisterVersion>, StoreError> {
    let select = format!(
        "SELECT {COLUMNS} FROM register_version WHERE kind = ?1 OR ?1 = '' ORDER BY at DESC, kind, number DESC LIMIT ?2"
    );
    tx.rows(&select, params![kind.unwrap_or_default(), limit], of_row)
}

/// Those that changed something of a site, the newest first.
pub fn of_site(tx: Tx<'_>, credit_code: &str, limit: u32) -> Result<Vec<RegisterVersion>, StoreError> {
    let select = format!(
        "SELECT {COLUMNS} FROM register_version
         WHERE EXISTS (SELECT 1 FROM register_row WHERE register_row.credit_code = ?1
                       AND register_row.kind = register_version.kind
                       AND (register_row.since = register_version.number OR register_row.until = register_version.number))
         ORDER BY at DESC, kind, number DESC LIMIT ?2"
    );
    tx.rows(&select, params![credit_code, limit], of_row)
}

/// `false` when another version was made meanwhile, and then nothing is written.
pub fn add(tx: Tx<'_>, change: &RegisterChange) -> Result<bool, StoreError> {
    let RegisterChange { version, put, gone } = change;
    let (kind, number) = (&version.kind, whole(version.number));
    if latest(tx)?.get(kind).copied().unwrap_or_default() + 1 != version.number {
        return Ok(false);
    }
    let (rows, added, changed) = (whole(version.rows), whole(version.added), whole(version.changed));
    let (removed, unchanged) = (whole(version.removed), whole(version.unchanged));
    tx.execute(
        "INSERT INTO register_version VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            kind,
            number,
            &version.by,
            version.at,
            &version.file,
            &version.sha256,
            &version.reason,
            rows,
            added,
            changed,
            removed,
            unchanged
        ],
    )?;
    let close = "UPDATE register_row SET until = ?3 WHERE kind = ?1 AND key = ?2 AND until IS NULL";
    for key in gone {
        tx.execute(close, params![kind, key, number])?;
    }
    for row in put {
        tx.execute(close, params![kind, &row.key, number])?;
        tx.execute(
            "INSERT INTO register_row VALUES (?1, ?2, ?3, NULL, ?4, ?5)",
            params![kind, &row.key, number, &row.credit_code, &row.body],
        )?;
    }
    Ok(true)
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn of_row(row: &Row<'_>) -> Result<RegisterVersion, StoreError> {
    let number = |at: usize| row.get::<i64>(at).map(i64::unsigned_abs);
    Ok(RegisterVersion {
        kind: row.get(0)?,
        number: number(1)?,
        by: row.get(2)?,
        at: row.get(3)?,
        file: row.get(4)?,
        sha256: row.get(5)?,
        reason: row.get(6)?,
        rows: number(7)?,
        added: number(8)?,
        changed: number(9)?,
        removed: number(10)?,
        unchanged: number(11)?,
    })
}
