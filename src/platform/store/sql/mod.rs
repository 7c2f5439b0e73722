//! The store's SQL, whatever engine runs it: one text, one kind of parameter, one kind of row.
//!
//! ```text
//!   tx.execute("INSERT INTO alarm VALUES (?1, ?2)", params![gateway, kind])?;
//!   let name: Option<String> = tx.one("SELECT name FROM site WHERE credit_code = ?1", params![code], |row| row.get(0))?;
//! ```
//!
//! # Promises
//! - A statement is prepared once for each connection. Values are bound, never written into the text.
//! - Rows read with [`Tx::lock`] are changed by no other node before the commit.
//!
//! # Does not
//! Translate freely: a text is what both SQLite and PostgreSQL understand, but for what [`dialect`] says. Columns are
//! integers of 64 bits, texts and blobs; a decimal is a text, a truth an integer, an instant the milliseconds since 1970.

mod column;
pub mod dialect;
pub mod postgres;
mod value;

pub use column::Cell;
pub use value::Value;
pub(in crate::platform::store) use value::params;

use super::StoreError;
use postgres::Session;
use rusqlite::{Connection, params_from_iter, types::ValueRef};

/// A transaction, or a connection outside of one.
#[derive(Clone, Copy)]
pub struct Tx<'a> {
    engine: Engine<'a>,
}

#[derive(Clone, Copy)]
enum Engine<'a> {
    Sqlite(&'a Connection),
    Postgres(&'a Session),
}

/// One row of an answer; columns are numbered from 0.
pub enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl<'a> Tx<'a> {
    pub fn on(connection: &'a Connection) -> Tx<'a> {
        Tx { engine: Engine::Sqlite(connection) }
    }

    pub fn of(session: &'a Session) -> Tx<'a> {
        Tx { engine: Engine::Postgres(session) }
    }

    /// The end of a `SELECT` whose rows must stay as they are until the commit. SQLite has one writer anyway.
    pub fn lock(self) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => "",
            Engine::Postgres(_) => " FOR UPDATE",
        }
    }

    /// Rows that were changed.
    pub fn execute(self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        match self.engine {
            Engine::Sqlite(connection) => {
                let changed = connection.prepare_cached(sql)?.execute(params_from_iter(params))?;
                Ok(u64::try_from(changed).unwrap_or(u64::MAX))
            }
            Engine::Postgres(session) => session.execute(sql, params),
        }
    }

    /// Several statements without parameters, one after the other, as they are.
    pub fn batch(self, sql: &str) -> Result<(), StoreError> {
        match self.engine {
            Engine::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Engine::Postgres(session) => session.batch(sql),
        }
    }

    /// Gives each row to `see`, in order.
    pub fn each(
        self,
        sql: &str,
        params: &[Value<'_>],
        mut see: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match self.engine {
            Engine::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query(params_from_iter(params))?;
                while let Some(row) = rows.next()? {
                    see(&Row::Sqlite(row))?;
                }
                Ok(())
            }
            Engine::Postgres(session) => {
                session.query(sql, params)?.iter().try_for_each(|row| see(&Row::Postgres(row)))
            }
        }
    }

    /// As [`Tx::each`], for many rows: `see` must ask nothing itself.
    pub fn stream(self, sql: &str, mut see: impl FnMut(&Row<'_>) -> Result<(), StoreError>) -> Result<(), StoreError> {
        match self.engine {
            Engine::Sqlite(_) => self.each(sql, &[], see),
            Engine::Postgres(session) => session.stream(sql, |row| see(&Row::Postgres(row))),
        }
    }

    pub fn rows<T>(
        self,
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
        self,
        sql: &str,
        params: &[Value<'_>],
        of: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match self.engine {
            Engine::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query(params_from_iter(params))?;
                rows.next()?.map(|row| of(&Row::Sqlite(row))).transpose()
            }
            Engine::Postgres(session) => {
                session.query(sql, params)?.first().map(|row| of(&Row::Postgres(row))).transpose()
            }
        }
    }

    /// The first row of a question that always has one.
    ///
    /// # Errors
    /// [`StoreError::NoRow`] when there is none.
    pub fn only<T>(
        self,
        sql: &str,
        params: &[Value<'_>],
        of: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.one(sql, params, of)?.ok_or(StoreError::NoRow)
    }

    /// Whether there is any row.
    pub fn exists(self, sql: &str, params: &[Value<'_>]) -> Result<bool, StoreError> {
        Ok(self.one(sql, params, |_| Ok(()))?.is_some())
    }
}

impl Row<'_> {
    /// One column as it is stored.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when it is nothing that the store writes.
    pub fn cell(&self, at: usize) -> Result<Cell<'_>, StoreError> {
        let unreadable = |found: String| StoreError::Unreadable { column: at, found };
        match self {
            Row::Sqlite(row) => match row.get_ref(at)? {
                ValueRef::Null => Ok(Cell::Null),
                ValueRef::Integer(integer) => Ok(Cell::Integer(integer)),
                ValueRef::Text(text) => {
                    std::str::from_utf8(text).map(Cell::Text).map_err(|error| unreadable(error.to_string()))
                }
                ValueRef::Blob(blob) => Ok(Cell::Blob(blob)),
                ValueRef::Real(real) => Err(unreadable(format!("the real number {real}"))),
            },
            Row::Postgres(row) => row.try_get(at).map_err(|error| unreadable(error.to_string())),
        }
    }
}
