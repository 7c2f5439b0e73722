//! One connection to PostgreSQL, used by the thread that has it.
//!
//! The connection's own work is done while a statement is waited for, so that nothing runs beside the store's threads.
//!
//! # Does not
//! Encrypt: the server is on a socket of this machine, or in a network of the operator's own.

use super::{Cell, StoreError, Value, dialect};
use bytes::{BufMut, BytesMut};
use std::{cell::RefCell, collections::HashMap, error::Error, future::Future, pin::Pin, sync::Arc};
use tokio::runtime::Runtime;
use tokio_postgres::{
    Client, Config, NoTls, Statement,
    binary_copy::BinaryCopyInWriter,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};
use tokio_stream::StreamExt;

type Background = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>;

pub struct Session {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    client: Client,
    connection: RefCell<Background>,
    /// By text and the kinds of its parameters: one for each that may be NULL.
    statements: RefCell<HashMap<(String, Vec<Type>), Statement>>,
}

impl Session {
    /// Blocks on the network. Not to be called from an asynchronous task.
    pub fn connect(config: &Config) -> Result<Session, StoreError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| StoreError::Unreachable(error.to_string()))?;
        let (client, connection) =
            runtime.block_on(config.connect(NoTls)).map_err(|error| StoreError::Unreachable(said(&error)))?;
        let connection: Background = Box::pin(connection);
        let (connection, statements) = (RefCell::new(connection), RefCell::default());
        Ok(Session { runtime: Some(runtime), client, connection, statements })
    }

    /// Whether the server, or the way to it, is gone.
    pub fn is_lost(&self) -> bool {
        self.client.is_closed()
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, StoreError> {
        let mut connection = self.connection.try_borrow_mut().map_err(|_| StoreError::Ended)?;
        let runtime = self.runtime.as_ref().ok_or(StoreError::Ended)?;
        runtime.block_on(async {
            tokio::select! {
                biased;
                done = work => done.map_err(failed),
                ended = &mut *connection => Err(match ended {
                    Ok(()) => StoreError::Unreachable("the server closed the connection".into()),
                    Err(error) => failed(error),
                }),
            }
        })
    }

    fn prepared(&self, sql: &str, params: &[Value<'_>]) -> Result<Statement, StoreError> {
        let types: Vec<Type> = params.iter().map(kind).collect();
        let key = (sql.to_owned(), types);
        if let Some(known) = self.statements.borrow().get(&key) {
            return Ok(known.clone());
        }
        let statement = self.wait(self.client.prepare_typed(&dialect::statement(sql, params), &key.1))?;
        self.statements.borrow_mut().insert(key, statement.clone());
        Ok(statement)
    }

    pub fn execute(&self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let statement = self.prepared(sql, params)?;
        self.wait(self.client.execute(&statement, &bound(params)))
    }

    /// All rows: where there are many, whoever asks asks for some at a time.
    pub fn query(&self, sql: &str, params: &[Value<'_>]) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        let statement = self.prepared(sql, params)?;
        self.wait(self.client.query(&statement, &bound(params)))
    }

    /// Gives each row to `see` as it comes; the server waits for it.
    pub fn stream(
        &self,
        sql: &str,
        mut see: impl FnMut(&tokio_postgres::Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let statement = self.prepared(sql, &[])?;
        let seen = self.wait(async {
            let rows = self.client.query_raw(&statement, std::iter::empty::<i64>()).await?;
            tokio::pin!(rows);
            while let Some(row) = rows.next().await {
                if let Err(error) = see(&row?) {
                    return Ok(Err(error));
                }
            }
            Ok(Ok(()))
        });
        seen?
    }

    /// Fills a table by `COPY … FROM STDIN BINARY`: columns of these kinds, rows as long as `next` gives any.
    pub fn copy(
        &self,
        sql: &str,
        kinds: &[Type],
        mut next: impl FnMut(&mut dyn FnMut(Vec<Value<'_>>)) -> Result<bool, StoreError>,
    ) -> Result<u64, StoreError> {
        let filled = self.wait(async {
            let sink = self.client.copy_in(sql).await?;
            let writer = BinaryCopyInWriter::new(sink, kinds);
            tokio::pin!(writer);
            loop {
                let mut row: Vec<Kept> = Vec::with_capacity(kinds.len());
                let mut keep = |values: Vec<Value<'_>>| row.extend(values.iter().map(Kept::of));
                match next(&mut keep) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => return Ok(Err(error)),
                }
                let values: Vec<Value<'_>> = row.iter().map(Kept::value).collect();
                writer.as_mut().write(&bound(&values)).await?;
            }
            writer.finish().await.map(Ok)
        });
        filled?
    }

    pub fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.wait(self.client.batch_execute(sql))
    }
}

/// A runtime may not be waited for inside of another one.
impl Drop for Session {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn bound<'p>(params: &'p [Value<'p>]) -> Vec<&'p (dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// What PostgreSQL says itself is inside of the error.
fn said(error: &tokio_postgres::Error) -> String {
    let inner = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{inner}")
}

fn failed(error: tokio_postgres::Error) -> StoreError {
    if error.is_closed() {
        StoreError::Unreachable(said(&error))
    } else {
        StoreError::Database(Arc::new(Said(said(&error))))
    }
}

/// A value of its own, while the way to the server is full.
enum Kept {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Kept {
    fn of(value: &Value<'_>) -> Kept {
        match *value {
            Value::Null => Kept::Null,
            Value::Integer(integer) => Kept::Integer(integer),
            Value::Text(text) => Kept::Text(text.to_owned()),
            Value::Blob(blob) => Kept::Blob(blob.to_owned()),
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Kept::Null => Value::Null,
            Kept::Integer(integer) => Value::Integer(*integer),
            Kept::Text(text) => Value::Text(text),
            Kept::Blob(blob) => Value::Blob(blob),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

/// A NULL is in the text; of its place the kind does not matter.
fn kind(value: &Value<'_>) -> Type {
    match value {
        Value::Integer(_) => Type::INT8,
        Value::Text(_) => Type::TEXT,
        Value::Blob(_) => Type::BYTEA,
        Value::Null => Type::BOOL,
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (*self, kind) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::Integer(integer), &Type::INT8) => out.put_i64(integer),
            // PostgreSQL has no NUL in its texts. It becomes the sign for what can not be shown, on the way in and in questions
            (Value::Text(text), _) => out.extend_from_slice(text.replace('\0', "\u{fffd}").as_bytes()),
            (Value::Blob(blob), &Type::BYTEA) => out.extend_from_slice(blob),
            (value, kind) => return Err(format!("{value:?} for a {kind}").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'r> FromSql<'r> for Cell<'r> {
    fn from_sql(kind: &Type, raw: &'r [u8]) -> Result<Cell<'r>, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT8 => Cell::Integer(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Cell::Integer(i32::from_be_bytes(raw.try_into()?).into()),
            Type::BYTEA => Cell::Blob(raw),
            Type::TEXT => Cell::Text(std::str::from_utf8(raw)?),
            ref other => return Err(format!("a value of the type {other}").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Cell<'r>, Box<dyn Error + Sync + Send>> {
        Ok(Cell::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
