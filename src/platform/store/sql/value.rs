//! What is bound to a statement.

use crate::model::UtcMillis;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'v> {
    Null,
    Integer(i64),
    Text(&'v str),
    Blob(&'v [u8]),
}

/// `params![a, b]`: each value as it is bound, `Option`s as what may be NULL.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::platform::store::sql::Value::from($value)),*] };
}
pub(in crate::platform::store) use params;

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Integer(integer) => ValueRef::Integer(integer),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(blob) => ValueRef::Blob(blob),
        }))
    }
}

macro_rules! integers {
    ($($integer:ty),*) => { $(
        impl From<$integer> for Value<'_> {
            fn from(integer: $integer) -> Self {
                Value::Integer(i64::from(integer))
            }
        }
    )* };
}
integers!(i64, i32, i16, u32, u16, u8, bool);

impl From<UtcMillis> for Value<'_> {
    fn from(time: UtcMillis) -> Self {
        Value::Integer(time.0)
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Value::Text(text)
    }
}

impl<'v> From<&'v String> for Value<'v> {
    fn from(text: &'v String) -> Self {
        Value::Text(text)
    }
}

/// `None` is NULL.
impl<'v> From<&'v Option<String>> for Value<'v> {
    fn from(text: &'v Option<String>) -> Self {
        text.as_deref().into()
    }
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(blob: &'v [u8]) -> Self {
        Value::Blob(blob)
    }
}

impl<'v> From<&'v Vec<u8>> for Value<'v> {
    fn from(blob: &'v Vec<u8>) -> Self {
        Value::Blob(blob)
    }
}

impl<'v, const N: usize> From<&'v [u8; N]> for Value<'v> {
    fn from(blob: &'v [u8; N]) -> Self {
        Value::Blob(blob)
    }
}

impl<'v, T: Into<Value<'v>>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}
