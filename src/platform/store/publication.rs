//! Published figures: versions of a period, of which none is ever changed.

use super::sql::{Row, Tx, params};
use super::{Store, StoreError};
use crate::{
    model::UtcMillis,
    runtime::{clock as wall, lang::Text},
};

/// Versions of one period and basis: beyond, something publishes without end.
pub const VERSIONS_MAX: u64 = 1000;
/// Rows of the list: the newest versions.
const LISTED_MAX: i64 = 500;

/// One version of a period's figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    pub period: String,
    pub basis: String,
    pub version: u64,
    pub published: UtcMillis,
    pub reason: Text,
    /// SHA-256 of the figures and all their terms, in hexadecimal digits.
    pub digest: String,
}

/// A version that is not stored yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub period: String,
    pub basis: String,
    /// The version that it was compared with; 0: none. Another one there by now is a conflict.
    pub after: u64,
    pub reason: Text,
    pub digest: String,
    pub body: Vec<u8>,
}

impl Store {
    /// Stores a version of a period's figures. `None` when another one was published meanwhile.
    pub async fn publish(&self, draft: Draft) -> Result<Option<u64>, StoreError> {
        let now = wall::now();
        self.inner.writer.write(move |tx| add(tx, &draft, now)).await
    }

    /// Published versions, the newest first; of one period where it is given.
    pub async fn publications(&self, period: Option<String>) -> Result<Vec<Publication>, StoreError> {
        self.inner.readers.read(move |tx| list(tx, period.as_deref())).await
    }

    /// The last published version of each period and basis.
    pub async fn latest_publications(&self) -> Result<Vec<Publication>, StoreError> {
        self.inner.readers.read(latest).await
    }

    /// A published version with its body; by default the last one.
    pub async fn publication(
        &self,
        period: String,
        basis: String,
        version: Option<u64>,
    ) -> Result<Option<(Publication, Vec<u8>)>, StoreError> {
        self.inner.readers.read(move |tx| body(tx, &period, &basis, version)).await
    }
}

/// Adds the version behind `after`. `None` when there is one already: someone else published meanwhile.
pub fn add(tx: Tx<'_>, draft: &Draft, now: UtcMillis) -> Result<Option<u64>, StoreError> {
    let latest: Option<i64> = tx.only(
        "SELECT max(version) FROM publication WHERE period = ?1 AND basis = ?2",
        params![&draft.period, &draft.basis],
        |row| row.get(0),
    )?;
    let latest = latest.map_or(0, i64::unsigned_abs);
    if latest != draft.after || latest >= VERSIONS_MAX {
        return Ok(None);
    }
    let version = i64::try_from(latest + 1).unwrap_or(i64::MAX);
    let Text { zh, en } = &draft.reason;
    tx.execute(
        "INSERT INTO publication VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![&draft.period, &draft.basis, version, now, zh, en, &draft.digest, &draft.body],
    )?;
    Ok(Some(latest + 1))
}

const COLUMNS: &str = "period, basis, version, published, reason_zh, reason_en, digest";

/// Versions without their bodies, the newest first; those of one period where it is given.
pub fn list(tx: Tx<'_>, period: Option<&str>) -> Result<Vec<Publication>, StoreError> {
    let select = format!(
        "SELECT {COLUMNS} FROM publication WHERE ?1 IS NULL OR period = ?1
         ORDER BY published DESC, period, basis, version DESC LIMIT ?2"
    );
    tx.rows(&select, params![period, LISTED_MAX], of_row)
}

/// The last version of each published period and basis.
pub fn latest(tx: Tx<'_>) -> Result<Vec<Publication>, StoreError> {
    let select = format!(
        "SELECT {COLUMNS} FROM publication AS one
         WHERE version = (SELECT max(version) FROM publication AS other
                          WHERE other.period = one.period AND other.basis = one.basis)
         ORDER BY period, basis"
    );
    tx.rows(&select, params![], of_row)
}

/// The body of a version: by default the last one.
pub fn body(
    tx: Tx<'_>,
    period: &str,
    basis: &str,
    version: Option<u64>,
) -> Result<Option<(Publication, Vec<u8>)>, StoreError> {
    let select = format!(
        "SELECT {COLUMNS}, body FROM publication
         WHERE period = ?1 AND basis = ?2 AND (?3 IS NULL OR version = ?3) ORDER BY version DESC LIMIT 1"
    );
    let version = version.map(|version| i64::try_from(version).unwrap_or(i64::MAX));
    tx.one(&select, params![period, basis, version], |row| Ok((of_row(row)?, row.get(7)?)))
}

fn of_row(row: &Row<'_>) -> Result<Publication, StoreError> {
    Ok(Publication {
        period: row.get(0)?,
        basis: row.get(1)?,
        version: row.get::<i64>(2)?.unsigned_abs(),
        published: UtcMillis(row.get(3)?),
        reason: Text::new(row.get::<String>(4)?, row.get::<String>(5)?),
        digest: row.get(6)?,
    })
}
