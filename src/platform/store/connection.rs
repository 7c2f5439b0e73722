//! One connection, of either engine: the words for its transactions.

use super::{
    StoreError,
    sql::{Tx, postgres::Session},
};

pub enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(Box<Session>),
}

impl Connection {
    pub fn tx(&self) -> Tx<'_> {
        match self {
            Connection::Sqlite(connection) => Tx::on(connection),
            Connection::Postgres(session) => Tx::of(session),
        }
    }

    /// Begins what ends with [`Connection::commit`] or [`Connection::roll_back`].
    pub fn begin(&self) -> Result<(), StoreError> {
        self.tx().batch(match self {
            // at once: a transaction that began as a reader may not be let through as a writer
            Connection::Sqlite(_) => "BEGIN IMMEDIATE",
            Connection::Postgres(_) => "BEGIN",
        })
    }

    /// Begins to read one state of the store, whatever is written meanwhile.
    pub fn begin_reading(&self) -> Result<(), StoreError> {
        self.tx().batch(match self {
            Connection::Sqlite(_) => "BEGIN",
            Connection::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        })
    }

    pub fn commit(&self) -> Result<(), StoreError> {
        self.tx().batch("COMMIT")
    }

    pub fn roll_back(&self) -> Result<(), StoreError> {
        self.tx().batch("ROLLBACK")
    }

    /// One job of a transaction: it can be taken back alone.
    pub fn begin_job(&self) -> Result<(), StoreError> {
        self.tx().batch("SAVEPOINT job")
    }

    pub fn end_job(&self, keep: bool) -> Result<(), StoreError> {
        self.tx().batch(if keep { "RELEASE SAVEPOINT job" } else { "ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job" })
    }

    /// Whether the transaction ended by itself: on a full disk, a failed read, a lost server.
    pub fn gave_up(&self) -> bool {
        match self {
            Connection::Sqlite(connection) => connection.is_autocommit(),
            Connection::Postgres(session) => session.is_lost(),
        }
    }

    /// Whether it is of no use any more.
    pub fn is_lost(&self) -> bool {
        match self {
            Connection::Sqlite(_) => false,
            Connection::Postgres(session) => session.is_lost(),
        }
    }
}

/// Makes what was done so far durable, apart from what follows: the mistake
/// [`crate::runtime::fault::Fault::MarkApart`], in the middle of a job.
pub fn commit_apart(tx: Tx<'_>) -> Result<(), StoreError> {
    tx.batch("RELEASE SAVEPOINT job; COMMIT; BEGIN; SAVEPOINT job")
}
