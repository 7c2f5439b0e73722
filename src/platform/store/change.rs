//! The audit log: who changed what, and when.
//!
//! # Promises
//! - Rows are only added. One that is noted inside of the change's own transaction is there exactly when the change is.

use super::{
    Page, Store, StoreError,
    sql::{Tx, params},
};
use crate::{model::UtcMillis, runtime::clock};

/// Characters of a detail that are kept: a person reads it.
const DETAIL_CHARS_MAX: usize = 4000;

/// What somebody changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// [`crate::platform::access::Asker::name`].
    pub by: String,
    /// The part of the platform, such as `registry`.
    pub area: &'static str,
    /// What in it, such as a credit code or a user's name.
    pub subject: String,
    /// What was done, such as `import`.
    pub action: &'static str,
    /// Before and after, and why.
    pub detail: String,
}

/// A row of the audit log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeRow {
    pub id: i64,
    pub noted: UtcMillis,
    pub by: String,
    pub area: String,
    pub subject: String,
    pub action: String,
    pub detail: String,
}

/// Which rows of the audit log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChangeQuery {
    pub area: Option<String>,
    pub by: Option<String>,
    /// What follows this row; the newest without it.
    pub after: Option<i64>,
    pub limit: usize,
}

impl Store {
    pub async fn note_change(&self, change: Change) -> Result<(), StoreError> {
        let now = clock::now();
        self.inner.writer.write(move |tx| note(tx, &change, now)).await
    }

    /// The newest first.
    pub async fn changes(&self, query: ChangeQuery) -> Result<Page<ChangeRow>, StoreError> {
        self.inner.readers.read(move |tx| list(tx, &query)).await
    }
}

/// Inside of the transaction that makes the change.
pub fn note(tx: Tx<'_>, change: &Change, now: UtcMillis) -> Result<(), StoreError> {
    let detail: String = change.detail.chars().take(DETAIL_CHARS_MAX).collect();
    tx.execute(
        "INSERT INTO change (noted, author, area, subject, action, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![now, &change.by, change.area, &change.subject, change.action, &detail],
    )?;
    Ok(())
}

fn list(tx: Tx<'_>, query: &ChangeQuery) -> Result<Page<ChangeRow>, StoreError> {
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let mut rows = tx.rows(
        "SELECT id, noted, author, area, subject, action, detail FROM change
         WHERE id < ?1 AND (?2 IS NULL OR area = ?2) AND (?3 IS NULL OR author = ?3) ORDER BY id DESC LIMIT ?4",
        params![query.after.unwrap_or(i64::MAX), query.area.as_deref(), query.by.as_deref(), limit.saturating_add(1)],
        |row| {
            Ok(ChangeRow {
                id: row.get(0)?,
                noted: row.get(1)?,
                by: row.get(2)?,
                area: row.get(3)?,
                subject: row.get(4)?,
                action: row.get(5)?,
                detail: row.get(6)?,
            })
        },
    )?;
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    let next = rows.last().filter(|_| more).map(|row| row.id);
    Ok(Page { rows, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(by: &str, area: &'static str, subject: &str) -> Change {
        Change { by: by.into(), area, subject: subject.into(), action: "put", detail: "a → b".into() }
    }

    #[tokio::test]
    async fn the_newest_change_stands_first_and_pages_follow_each_other_without_a_gap() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        for n in 0..5 {
            let (by, area) = if n % 2 == 0 { ("li", "target") } else { ("wang", "quota") };
            store.note_change(change(by, area, &n.to_string())).await.unwrap();
        }
        let ask = async |query: ChangeQuery| {
            let page = store.changes(query).await.unwrap();
            (page.rows.iter().map(|row| row.subject.clone()).collect::<Vec<_>>(), page.next)
        };
        let (first, next) = ask(ChangeQuery { limit: 2, ..ChangeQuery::default() }).await;
        let (second, next) = ask(ChangeQuery { limit: 2, after: next, ..ChangeQuery::default() }).await;
        let (third, none) = ask(ChangeQuery { limit: 2, after: next, ..ChangeQuery::default() }).await;
        assert_eq!(
            (first, second, third, none),
            (vec!["4".into(), "3".into()], vec!["2".into(), "1".into()], vec!["0".into()], None)
        );
        let by = ChangeQuery { by: Some("wang".into()), limit: 9, ..ChangeQuery::default() };
        assert_eq!(ask(by).await.0, ["3", "1"]);
        let area = ChangeQuery { area: Some("target' OR 1=1".into()), limit: 9, ..ChangeQuery::default() };
        assert_eq!(ask(area).await.0, [""; 0]);
    }

    #[tokio::test]
    async fn a_change_that_is_rolled_back_leaves_no_row() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let failing = store.inner.writer.write(|tx| {
            note(tx, &change("li", "target", "1"), UtcMillis(1))?;
            Err::<(), _>(StoreError::Fenced)
        });
        assert!(failing.await.is_err());
        assert_eq!(store.changes(ChangeQuery { limit: 9, ..ChangeQuery::default() }).await.unwrap().rows, []);
    }
}
