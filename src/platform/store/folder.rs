//! The data folder: one platform at a time, one file, its settings and its schema.

use super::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

/// Changes with every change of `schema.sql`; kept in the file's `user_version`, and in a cluster's table `migration`.
pub const SCHEMA_VERSION: i64 = 4;
/// One file for each area; tables of an area refer to those of files before it.
pub const SCHEMA: [&str; 11] = [
    include_str!("schema.sql"),
    include_str!("schema/registry.sql"),
    include_str!("schema/evaluation.sql"),
    include_str!("schema/change.sql"),
    include_str!("schema/user.sql"),
    include_str!("schema/dual.sql"),
    include_str!("schema/warning.sql"),
    include_str!("schema/rollup.sql"),
    include_str!("schema/feed.sql"),
    include_str!("schema/emission.sql"),
    include_str!("schema/bridge.sql"),
];
/// A checkpoint may hold a connection up for as long as it writes its pages.
const BUSY: Duration = Duration::from_secs(10);
/// Prepared statements a connection keeps: more than the store has.
pub const STATEMENTS: usize = 128;

/// The folder while it is ours. The kernel gives the lock back when the process ends, however it ends.
pub struct Folder {
    file: PathBuf,
    /// `None`: beside a platform that may run on it.
    lock: Option<File>,
}

impl Folder {
    /// Creates the folder where there is none, and takes it.
    pub fn take(dir: &Path) -> Result<Folder, StoreError> {
        let failed = |source: std::io::Error| StoreError::Folder { dir: dir.to_owned(), source: source.into() };
        std::fs::create_dir_all(dir).map_err(failed)?;
        let lock = File::create(dir.join("mujun.lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { dir: dir.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(Folder { file: Folder::file_in(dir), lock: Some(lock) })
    }

    /// The folder of a platform that may be running, for looking at it and for what is published. Nothing is created.
    pub fn beside(dir: &Path) -> Result<(Folder, Connection), StoreError> {
        let folder = Folder { file: Folder::file_in(dir), lock: None };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&folder.file, flags)
            .map_err(|error| StoreError::Folder { dir: dir.to_owned(), source: std::io::Error::other(error).into() })?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        check_version(&connection)?;
        Ok((folder, connection))
    }

    /// The one connection that writes, with the schema in place.
    pub fn writer(&self) -> Result<Connection, StoreError> {
        let mut connection = Connection::open(&self.file)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // page_size works only before the first table is made
        connection.pragma_update(None, "page_size", 8192)?;
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // a WAL that grew under a long reader is cut back
        connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
        create(&mut connection)?;
        Ok(connection)
    }

    /// A connection that reads, without the folder: a platform may run on it.
    pub fn look(dir: &Path) -> Result<Connection, StoreError> {
        let connection = Folder::reader(&Folder::file_in(dir))?;
        check_version(&connection)?;
        Ok(connection)
    }

    pub fn reader(file: &Path) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(connection)
    }

    /// The database of a folder.
    pub fn file_in(dir: &Path) -> PathBuf {
        dir.join("mujun.db")
    }

    /// Nobody else writes in it.
    pub fn is_ours(&self) -> bool {
        self.lock.is_some()
    }

    #[cfg(test)]
    pub fn file(&self) -> &Path {
        &self.file
    }
}

fn check_version(connection: &Connection) -> Result<(), StoreError> {
    match connection.pragma_query_value(None, "user_version", |row| row.get(0))? {
        SCHEMA_VERSION => Ok(()),
        found => Err(StoreError::Version { found, known: SCHEMA_VERSION }),
    }
}

/// Brings an empty file to the schema, and refuses a file of another version.
pub fn create(connection: &mut Connection) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    match tx.pragma_query_value(None, "user_version", |row| row.get(0))? {
        SCHEMA_VERSION => {}
        0 => {
            SCHEMA.iter().try_for_each(|area| tx.execute_batch(area))?;
            tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        }
        found => return Err(StoreError::Version { found, known: SCHEMA_VERSION }),
    }
    tx.commit().map_err(StoreError::from)
}
