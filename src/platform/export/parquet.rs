//! Parquet: zstd, one row group, columns by their keys.
//!
//! | kind | column |
//! |---|---|
//! | text | BYTE_ARRAY, STRING |
//! | integer | INT64 |
//! | time | INT64, TIMESTAMP(MILLIS, UTC) |
//! | decimal | FIXED_LEN_BYTE_ARRAY(16), DECIMAL(38, s): s, the decimals of the column's finest value |
//!
//! A column whose values need more than 38 digits at one scale is a STRING column of decimals.

use super::{Cell, Column, ExportError, Kind, Table, failed};
use parquet::{
    basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel},
    data_type::{ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::{Type, TypePtr},
};
use rust_decimal::Decimal;
use std::sync::Arc;

const DECIMAL_DIGITS: u32 = 38;
const DECIMAL_BYTES: i32 = 16;

pub fn write(table: &Table) -> Result<Vec<u8>, ExportError> {
    file(table).map_err(failed)
}

fn file(table: &Table) -> Result<Vec<u8>, ParquetError> {
    let scales: Vec<Option<u32>> =
        table.columns.iter().enumerate().map(|(at, column)| scale(table, at, column)).collect();
    let fields = table.columns.iter().zip(&scales).map(|(column, scale)| field(column, *scale));
    let schema = Type::group_type_builder("list").with_fields(fields.collect::<Result<_, _>>()?).build()?;
    let level = ZstdLevel::try_new(3)?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, Arc::new(schema), Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    for (at, (column, scale)) in table.columns.iter().zip(scales).enumerate() {
        let cells = table.rows.iter().map(|row| row.get(at).unwrap_or(&Cell::Nothing));
        match (column.kind, scale) {
            (Kind::Integer | Kind::Time, _) => put::<Int64Type>(
                &mut group,
                cells.map(|cell| match cell {
                    Cell::Integer(integer) => Some(*integer),
                    Cell::Time(time) => Some(time.0),
                    _ => None,
                }),
            )?,
            (Kind::Decimal, Some(scale)) => {
                put::<FixedLenByteArrayType>(
                    &mut group,
                    cells.map(|cell| match cell {
                        Cell::Decimal(decimal) => at_scale(*decimal, scale)
                            .map(|mantissa| FixedLenByteArray::from(mantissa.to_be_bytes().to_vec())),
                        _ => None,
                    }),
                )?;
            }
            (Kind::Decimal | Kind::Text, _) => put::<ByteArrayType>(
                &mut group,
                cells.map(|cell| match cell {
                    Cell::Text(text) => Some(text.as_str().into()),
                    Cell::Decimal(decimal) => Some(decimal.to_string().as_str().into()),
                    _ => None,
                }),
            )?,
        }
    }
    group.close()?;
    writer.close()?;
    Ok(bytes)
}

fn field(column: &Column, scale: Option<u32>) -> Result<TypePtr, ParquetError> {
    let of = |physical| Type::primitive_type_builder(column.key, physical).with_repetition(Repetition::OPTIONAL);
    let built = match (column.kind, scale) {
        (Kind::Integer, _) => of(Physical::INT64),
        (Kind::Time, _) => of(Physical::INT64).with_logical_type(Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        (Kind::Decimal, Some(scale)) => {
            let (scale, precision) = (i32::try_from(scale).unwrap_or(0), i32::try_from(DECIMAL_DIGITS).unwrap_or(0));
            of(Physical::FIXED_LEN_BYTE_ARRAY)
                .with_length(DECIMAL_BYTES)
                .with_logical_type(Some(LogicalType::decimal(scale, precision)))
                .with_precision(precision)
                .with_scale(scale)
        }
        (Kind::Decimal | Kind::Text, _) => of(Physical::BYTE_ARRAY).with_logical_type(Some(LogicalType::String)),
    };
    Ok(Arc::new(built.build()?))
}

/// The scale that holds every value of a column of decimals.
fn scale(table: &Table, at: usize, column: &Column) -> Option<u32> {
    let decimals = || {
        table.rows.iter().filter_map(|row| match row.get(at) {
            Some(Cell::Decimal(decimal)) => Some(*decimal),
            _ => None,
        })
    };
    let scale = decimals().map(|decimal| decimal.normalize().scale()).max().unwrap_or(0);
    let fits = column.kind == Kind::Decimal && decimals().all(|decimal| at_scale(decimal, scale).is_some());
    fits.then_some(scale)
}

/// The decimal in units of 10^-scale, where it has no more than 38 digits.
fn at_scale(decimal: Decimal, scale: u32) -> Option<i128> {
    let plain = decimal.normalize();
    let factor = 10_i128.checked_pow(scale.checked_sub(plain.scale())?)?;
    let mantissa = plain.mantissa().checked_mul(factor)?;
    (mantissa.unsigned_abs() < 10_u128.pow(DECIMAL_DIGITS)).then_some(mantissa)
}

/// One column; what is `None` is null.
fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let (mut present, mut levels) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        present.extend(value);
    }
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(&present, Some(&levels), None)?;
        column.close()?;
    }
    Ok(())
}
