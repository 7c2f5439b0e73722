//! A store moved from a folder to a cluster, and proven to be the same.
//!
//! # Promises
//! - All or nothing: one transaction at the target, which must hold nothing before.
//! - Every table, whichever it is, is counted and digested on both sides; a difference moves nothing.
//! - No stream that the old platform let in can store at the new one.
//!
//! # Does not
//! Run beside a platform on the folder: its lock is taken. Take the folder away: that is for whoever moved it.

use super::{
    Address, StoreError, apart, cluster,
    connection::Connection,
    folder::Folder,
    sql::{Cell, Tx, Value, params, postgres::Session},
};
use sha2::{Digest, Sha256};
use std::path::Path;
use tokio_postgres::types::Type;

/// A table that was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub table: String,
    pub rows: u64,
    /// Of all its rows in the order of its key.
    pub digest: [u8; 32],
}

/// Copies the store in `dir` to an empty cluster. Blocks.
///
/// # Errors
/// [`StoreError::InUse`] while a platform runs on the folder, [`StoreError::NotEmpty`] when the target holds anything,
/// [`StoreError::Differs`] when what was read back there is not what is here.
pub fn transfer(dir: &Path, to: &Address) -> Result<Vec<Moved>, StoreError> {
    let Address::Cluster(config) = to else { return Err(StoreError::NoCluster) };
    if !Folder::file_in(dir).exists() {
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(StoreError::Folder { dir: dir.to_owned(), source: source.into() });
    }
    let lock = Folder::take(dir)?;
    let config = config.clone();
    apart(&(dir.to_owned(), config), move |(dir, config)| {
        let _lock = lock;
        let here = Folder::look(&dir)?;
        let Connection::Postgres(there) = cluster::writer(&config)? else { return Err(StoreError::NoCluster) };
        there.batch("BEGIN")?;
        // without the commit nothing of it stays
        let moved = copy(&here, &there)?;
        there.batch("COMMIT")?;
        Ok(moved)
    })
}

fn copy(here: &rusqlite::Connection, there: &Session) -> Result<Vec<Moved>, StoreError> {
    let (source, target) = (Tx::on(here), Tx::of(there));
    let tables = tables(source)?;
    for table in &tables {
        if target.exists(&format!("SELECT 1 FROM {} LIMIT 1", table.name), params![])? {
            return Err(StoreError::NotEmpty { table: table.name.clone() });
        }
    }
    let mut moved = Vec::new();
    for table in tables {
        fill(here, there, &table)?;
        if table.numbered {
            let name = &table.name;
            let next = format!(
                "SELECT setval(pg_get_serial_sequence('{name}', 'id'), coalesce((SELECT max(id) FROM {name}), 0) + 1, false)"
            );
            target.exists(&next, params![])?;
        }
        let (rows, digest) = digest(source, &table)?;
        if (rows, digest) != self::digest(target, &table)? {
            return Err(StoreError::Differs { table: table.name });
        }
        moved.push(Moved { table: table.name, rows, digest });
    }
    target.execute("UPDATE gateway SET epoch = epoch + 1", params![])?;
    Ok(moved)
}

struct Table {
    name: String,
    columns: Vec<(String, Type)>,
    /// What its rows are ordered by.
    order: Vec<String>,
    /// Whether its rows have a number that is given to them.
    numbered: bool,
}

/// Those of the file, in the order in which they were made: one that refers to another comes after it.
fn tables(tx: Tx<'_>) -> Result<Vec<Table>, StoreError> {
    let all = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid";
    let names: Vec<String> = tx.rows(all, params![], |row| row.get(0))?;
    names.into_iter().map(|name| table(tx, name)).collect()
}

fn table(tx: Tx<'_>, name: String) -> Result<Table, StoreError> {
    // without those that are computed
    let columns = "SELECT name, type, pk FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid";
    let columns: Vec<(String, String, i64)> =
        tx.rows(columns, params![&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut key: Vec<(i64, String)> =
        columns.iter().filter(|(_, _, pk)| *pk > 0).map(|(name, _, pk)| (*pk, name.clone())).collect();
    key.sort();
    let order = match key.is_empty() {
        false => key.into_iter().map(|(_, name)| name).collect(),
        true => columns.iter().filter(|(_, kind, _)| kind != "BLOB").map(|(name, ..)| name.clone()).collect(),
    };
    let numbered = columns.iter().any(|(name, kind, pk)| name == "id" && kind == "INTEGER" && *pk == 1);
    let kind = |kind: &str| match kind {
        "INTEGER" => Type::INT8,
        "BLOB" => Type::BYTEA,
        _ => Type::TEXT,
    };
    let columns = columns.into_iter().map(|(name, of, _)| (name, kind(&of))).collect();
    Ok(Table { name, columns, order, numbered })
}

impl Table {
    fn listed(&self) -> String {
        self.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

fn fill(here: &rusqlite::Connection, there: &Session, table: &Table) -> Result<u64, StoreError> {
    let listed = table.listed();
    let mut select = here.prepare(&format!("SELECT {listed} FROM {}", table.name))?;
    let mut rows = select.query([])?;
    let kinds: Vec<Type> = table.columns.iter().map(|(_, kind)| kind.clone()).collect();
    let into = format!("COPY {} ({listed}) FROM STDIN BINARY", table.name);
    there.copy(&into, &kinds, |keep| {
        let Some(row) = rows.next()? else { return Ok(false) };
        let row = super::sql::Row::Sqlite(row);
        let values = (0..kinds.len()).map(|at| row.cell(at).map(value)).collect::<Result<_, _>>()?;
        keep(values);
        Ok(true)
    })
}

fn value(cell: Cell<'_>) -> Value<'_> {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(integer) => Value::Integer(integer),
        Cell::Text(text) => Value::Text(text),
        Cell::Blob(blob) => Value::Blob(blob),
    }
}

/// How many rows, and SHA-256 over all of their columns in order, each with its kind and length.
fn digest(tx: Tx<'_>, table: &Table) -> Result<(u64, [u8; 32]), StoreError> {
    let order: Vec<String> = table.order.iter().map(|name| format!("{name} NULLS FIRST")).collect();
    let select = format!("SELECT {} FROM {} ORDER BY {}", table.listed(), table.name, order.join(", "));
    let (mut sum, mut rows) = (Sha256::new(), 0);
    tx.stream(&select, |row| {
        rows += 1;
        for at in 0..table.columns.len() {
            // a NUL is another sign in the cluster
            let (kind, bytes) = match row.cell(at)? {
                Cell::Null => (0_u8, Vec::new()),
                Cell::Integer(integer) => (1, integer.to_be_bytes().to_vec()),
                Cell::Text(text) => (2, text.replace('\0', "\u{fffd}").into_bytes()),
                Cell::Blob(blob) => (3, blob.to_vec()),
            };
            sum.update([kind]);
            sum.update((bytes.len() as u64).to_be_bytes());
            sum.update(bytes);
        }
        Ok(())
    })?;
    Ok((rows, sum.finalize().into()))
}
