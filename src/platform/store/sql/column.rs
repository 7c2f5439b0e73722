//! What is read out of a row.

use crate::model::UtcMillis;
use rusqlite::Row;
use rust_decimal::Decimal;

/// A type that a column can be read as.
pub trait Column: Sized {
    fn of_sqlite(row: &Row<'_>, at: usize) -> rusqlite::Result<Self>;
}

macro_rules! as_it_is {
    ($($kind:ty),*) => { $(
        impl Column for $kind {
            fn of_sqlite(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
                row.get(at)
            }
        }
    )* };
}
as_it_is!(i64, i32, i16, u32, u16, u8, bool, String, Vec<u8>);

impl Column for UtcMillis {
    fn of_sqlite(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
        i64::of_sqlite(row, at).map(UtcMillis)
    }
}

/// Kept as its text, to the last digit.
impl Column for Decimal {
    fn of_sqlite(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
        let text = String::of_sqlite(row, at)?;
        text.parse().map_err(|error: rust_decimal::Error| {
            rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, error.into())
        })
    }
}

impl<T: Column> Column for Option<T> {
    fn of_sqlite(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
        match row.get_ref(at)? {
            rusqlite::types::ValueRef::Null => Ok(None),
            _ => T::of_sqlite(row, at).map(Some),
        }
    }
}
