//! What is read out of a row.

use super::{Row, StoreError};
use crate::model::UtcMillis;
use rust_decimal::Decimal;

/// One stored value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Cell<'r> {
    Null,
    Integer(i64),
    Text(&'r str),
    Blob(&'r [u8]),
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// `None`: it is not of this type, or beyond its range.
    fn of(cell: Cell<'_>) -> Option<Self>;
}

macro_rules! integers {
    ($($kind:ty),*) => { $(
        impl Column for $kind {
            fn of(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    Cell::Integer(integer) => integer.try_into().ok(),
                    _ => None,
                }
            }
        }
    )* };
}
integers!(i64, i32, i16, u32, u16, u8);

impl Column for bool {
    fn of(cell: Cell<'_>) -> Option<Self> {
        i64::of(cell).map(|integer| integer != 0)
    }
}

impl Column for String {
    fn of(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl Column for Vec<u8> {
    fn of(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Blob(blob) => Some(blob.to_owned()),
            _ => None,
        }
    }
}

impl<const N: usize> Column for [u8; N] {
    fn of(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Blob(blob) => blob.try_into().ok(),
            _ => None,
        }
    }
}

impl Column for UtcMillis {
    fn of(cell: Cell<'_>) -> Option<Self> {
        i64::of(cell).map(UtcMillis)
    }
}

/// Kept as its text, to the last digit.
impl Column for Decimal {
    fn of(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl<T: Column> Column for Option<T> {
    fn of(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::of(cell).map(Some),
        }
    }
}

impl Row<'_> {
    /// # Errors
    /// [`StoreError::Unreadable`] when it is not of this type.
    pub fn get<T: Column>(&self, at: usize) -> Result<T, StoreError> {
        let cell = self.cell(at)?;
        T::of(cell)
            .ok_or_else(|| StoreError::Unreadable { column: at, found: format!("{cell:?}").chars().take(64).collect() })
    }
}
