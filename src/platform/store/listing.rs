//! Long lists, a page at a time.

use super::StoreError;
use crate::model::Period;

/// What part of a list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub credit_code: Option<String>,
    pub gateway_id: Option<String>,
    /// Only what touches it.
    pub period: Option<Period>,
    /// What follows this row; the first page without it.
    pub after: Option<i64>,
    pub limit: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// The `after` of the next page, when there is one.
    pub next: Option<i64>,
}

impl Listing {
    /// One row more than is given out says whether there is a next page.
    pub fn limit_and_one(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(1)
    }

    pub fn page<T>(&self, mut rows: Vec<(i64, T)>) -> Result<Page<T>, StoreError> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next = rows.last().filter(|_| more).map(|(id, _)| *id);
        Ok(Page { rows: rows.into_iter().map(|(_, row)| row).collect(), next })
    }

    /// The rows of `table`, newest first: which of them, by the parameters ?1 (site), ?2 (gateway), ?3 (after) and
    /// ?4 (limit); `more` is one condition more. Where a site or a gateway is asked for, only its rows are looked at.
    pub fn newest_first(&self, table: &str, columns: &str, more: &str) -> String {
        let narrow = self.credit_code.is_some() || self.gateway_id.is_some();
        let by = if narrow { format!("INDEXED BY {table}_gateway") } else { String::new() };
        format!(
            "SELECT {table}.id, gateway_id, credit_code, {columns} FROM {table} {by} JOIN gateway ON gateway.id = {table}.gateway
             WHERE {table}.gateway IN (SELECT id FROM gateway WHERE credit_code IS NOT NULL
                     AND (?1 IS NULL OR credit_code = ?1) AND (?2 IS NULL OR gateway_id = ?2))
               AND {table}.id < ?3 AND {more}
             ORDER BY {table}.id DESC LIMIT ?4"
        )
    }
}
