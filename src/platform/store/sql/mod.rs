//! The store's SQL, whatever engine runs it: one text, one kind of parameter, one kind of row.
//!
//! ```text
//!   tx.execute("INSERT INTO alarm VALUES (?1, ?2)", params![gateway, kind])?;
//!   let name: Option<String> = tx.one("SELECT name FROM site WHERE credit_code = ?1", params![code], |row| row.get(0))?;
//! ```
//!
//! # Promises
//! - A statement is prepared once for each connection. Values are bound, never written into the text.
//!
//! # Does not
//! Translate dialects: a text is what both SQLite and PostgreSQL understand. Columns are integers of 64 bits, texts and
//! blobs; a decimal is a text, a truth an integer, an instant the milliseconds since 1970.

mod column;
mod value;

pub use column::Column;
pub use value::Value;
pub(in crate::platform::store) use value::params;

use super::StoreError;

/// A transaction, or a connection outside of one.
#[derive(Clone, Copy)]
pub struct Tx<'a> {
    connection: &'a rusqlite::Connection,
}

/// One row of an answer; columns are numbered from 0.
pub struct Row<'r> {
    row: &'r rusqlite::Row<'r>,
}

impl<'a> Tx<'a> {
    pub fn on(connection: &'a rusqlite::Connection) -> Tx<'a> {
        Tx { connection }
    }

    /// Rows that were changed.
    pub fn execute(&self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let changed = self.connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(params))?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    /// Gives each row to `see`, in order.
    pub fn each(
        &self,
        sql: &str,
        params: &[Value<'_>],
        mut see: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params))?;
        while let Some(row) = rows.next()? {
            see(&Row { row })?;
        }
        Ok(())
    }

    pub fn rows<T>(
        &self,
        sql: &str,
        params: &[Value<'_>],
        mut of: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.each(sql, params, |row| {
            all.push(of(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// The first row, where there is one.
    pub fn one<T>(
        &self,
        sql: &str,
        params: &[Value<'_>],
        of: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params))?;
        rows.next()?.map(|row| of(&Row { row })).transpose()
    }
}

impl Row<'_> {
    pub fn get<T: Column>(&self, at: usize) -> Result<T, StoreError> {
        T::of_sqlite(self.row, at).map_err(StoreError::from)
    }
}
