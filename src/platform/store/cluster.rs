//! The store in PostgreSQL: any number of platforms at one database. The database keeps them apart.
//!
//! # Promises
//! - Whoever comes first makes the tables, whoever comes at the same time waits for it.
//! - A database of another schema is refused.
//!
//! # Does not
//! Make the database itself, its users or their rights, its backups or its standby: these are the operator's.

use super::{
    StoreError,
    connection::Connection,
    folder::{SCHEMA, SCHEMA_VERSION},
    sql::{Tx, dialect, params, postgres::Session},
};
use crate::runtime::clock;
use tokio_postgres::Config;

/// Under which platforms wait for each other while the tables are made.
const MAKING: &str = "SELECT pg_advisory_xact_lock(7314921)";
/// What holds a row longer than this is gone or stuck; as long as the embedded store waits for its file.
const SETTINGS: &str = "SET lock_timeout = '10s'; SET client_min_messages = warning";
const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS migration (version BIGINT PRIMARY KEY, applied BIGINT NOT NULL)";

/// A connection that writes, with the tables in place. Blocks on the network.
pub fn writer(config: &Config) -> Result<Connection, StoreError> {
    let session = reader_session(config)?;
    create(&session)?;
    Ok(Connection::Postgres(Box::new(session)))
}

/// A connection to a database whose tables are there. Blocks on the network.
pub fn reader(config: &Config) -> Result<Connection, StoreError> {
    reader_session(config).map(Box::new).map(Connection::Postgres)
}

/// As [`reader`], of a database in which a platform has made its tables.
pub fn beside(config: &Config) -> Result<Connection, StoreError> {
    let session = reader_session(config)?;
    match version(Tx::of(&session))? {
        Some(SCHEMA_VERSION) => Ok(Connection::Postgres(Box::new(session))),
        found => Err(StoreError::Version { found: found.unwrap_or_default(), known: SCHEMA_VERSION }),
    }
}

fn reader_session(config: &Config) -> Result<Session, StoreError> {
    let session = Session::connect(config)?;
    session.batch(SETTINGS)?;
    Ok(session)
}

fn version(tx: Tx<'_>) -> Result<Option<i64>, StoreError> {
    tx.batch(VERSIONS)?;
    tx.only("SELECT max(version) FROM migration", params![], |row| row.get(0))
}

fn create(session: &Session) -> Result<(), StoreError> {
    session.batch("BEGIN")?;
    let made = make(session);
    session.batch(if made.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    made
}

fn make(session: &Session) -> Result<(), StoreError> {
    session.batch(MAKING)?;
    let tx = Tx::of(session);
    match version(tx)? {
        Some(SCHEMA_VERSION) => Ok(()),
        None => {
            SCHEMA.iter().try_for_each(|area| session.batch(&dialect::definition(area)))?;
            tx.execute("INSERT INTO migration VALUES (?1, ?2)", params![SCHEMA_VERSION, clock::now()]).map(drop)
        }
        Some(found) => Err(StoreError::Version { found, known: SCHEMA_VERSION }),
    }
}
