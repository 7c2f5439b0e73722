//! A metric's value → a number, by the data type of its birth.
//!
//! Signed integers travel in unsigned fields. Some nodes write them in two's complement of their own width (−1 of Int8 is
//! 255), others of the field's (4294967295); both are read, as no number of the type can mean the other.

use super::payload::{Number, datatype};
use crate::model::{RawValue, Reason};

/// Why there is no number, where that is not a [`Reason`] by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign(pub u32);

/// `None` of a metric without any value.
pub fn number(kind: u32, value: Option<Number>) -> Result<Result<RawValue, Reason>, Foreign> {
    use datatype::*;
    let bits = match kind {
        INT8 | UINT8 => 8,
        INT16 | UINT16 => 16,
        INT32 | UINT32 => 32,
        INT64 | UINT64 => 64,
        FLOAT | DOUBLE | BOOLEAN => 0,
        _ => return Err(Foreign(kind)),
    };
    let Some(value) = value else { return Ok(Err(Reason::Missing)) };
    Ok(match (kind, value) {
        (BOOLEAN, Number::Boolean(on)) => Ok(RawValue::Int(i64::from(on))),
        (FLOAT | DOUBLE, Number::Float(value)) => finite(value.into()),
        (FLOAT | DOUBLE, Number::Double(value)) => finite(value),
        (INT8 | INT16 | INT32 | INT64, Number::Int(field)) => signed(field.into(), bits, 32),
        (INT8 | INT16 | INT32 | INT64, Number::Long(field)) => signed(field, bits, 64),
        (UINT8 | UINT16 | UINT32 | UINT64, Number::Int(field)) => unsigned(field.into(), bits),
        (UINT8 | UINT16 | UINT32 | UINT64, Number::Long(field)) => unsigned(field, bits),
        _ => Err(Reason::Malformed),
    })
}

/// Its name in the specification, for those that are no numbers.
pub fn name(kind: u32) -> &'static str {
    match kind {
        12 => "String",
        13 => "DateTime",
        14 => "Text",
        15 => "UUID",
        16 => "DataSet",
        17 => "Bytes",
        18 => "File",
        19 => "Template",
        20 => "PropertySet",
        21 => "PropertySetList",
        22..=34 => "an array",
        _ => "unknown",
    }
}

fn finite(value: f64) -> Result<RawValue, Reason> {
    if value.is_finite() { Ok(RawValue::Float(value)) } else { Err(Reason::NotANumber) }
}

/// `field` holds `width` bits, the type has `bits`.
fn signed(field: u64, bits: u32, width: u32) -> Result<RawValue, Reason> {
    let extended = |bits: u32| (field << (64 - bits)).cast_signed() >> (64 - bits);
    let own = extended(bits);
    let fits = bits >= width || field >> bits == 0 || extended(width) == own;
    if fits { Ok(RawValue::Int(own)) } else { Err(Reason::OutOfRange) }
}

fn unsigned(field: u64, bits: u32) -> Result<RawValue, Reason> {
    if bits < 64 && field >> bits != 0 { Err(Reason::OutOfRange) } else { Ok(RawValue::UInt(field)) }
}

#[cfg(test)]
mod tests {
    use super::{datatype::*, *};

    fn int(kind: u32, field: u32) -> Result<RawValue, Reason> {
        number(kind, Some(Number::Int(field))).unwrap()
    }

    fn long(kind: u32, field: u64) -> Result<RawValue, Reason> {
        number(kind, Some(Number::Long(field))).unwrap()
    }

    #[test]
    fn signed_numbers_are_read_in_both_widths() {
        assert_eq!(int(INT8, 255), Ok(RawValue::Int(-1)));
        assert_eq!(int(INT8, u32::MAX), Ok(RawValue::Int(-1)));
        assert_eq!(int(INT8, 127), Ok(RawValue::Int(127)));
        assert_eq!(int(INT8, 256), Err(Reason::OutOfRange));
        assert_eq!(int(INT16, 0x8000), Ok(RawValue::Int(-32_768)));
        assert_eq!(int(INT16, 0xffff_8000), Ok(RawValue::Int(-32_768)));
        assert_eq!(int(INT16, 0xfffe_8000), Err(Reason::OutOfRange));
        assert_eq!(int(INT32, 0xffff_fffe), Ok(RawValue::Int(-2)));
        assert_eq!(long(INT32, 0xffff_fffe), Ok(RawValue::Int(-2)));
        assert_eq!(long(INT32, u64::MAX - 1), Ok(RawValue::Int(-2)));
        assert_eq!(long(INT32, 1 << 40), Err(Reason::OutOfRange));
        assert_eq!(long(INT64, u64::MAX), Ok(RawValue::Int(-1)));
        assert_eq!(int(INT64, 5), Ok(RawValue::Int(5)));
    }

    #[test]
    fn unsigned_numbers_keep_to_their_type() {
        assert_eq!(int(UINT8, 255), Ok(RawValue::UInt(255)));
        assert_eq!(int(UINT8, 256), Err(Reason::OutOfRange));
        assert_eq!(int(UINT32, u32::MAX), Ok(RawValue::UInt(u32::MAX.into())));
        assert_eq!(long(UINT32, 1 << 32), Err(Reason::OutOfRange));
        assert_eq!(long(UINT64, u64::MAX), Ok(RawValue::UInt(u64::MAX)));
    }

    #[test]
    fn the_rest_are_floats_booleans_and_what_is_none() {
        assert_eq!(number(FLOAT, Some(Number::Float(0.1))), Ok(Ok(RawValue::Float(0.1_f32.into()))));
        assert_eq!(number(DOUBLE, Some(Number::Double(f64::NAN))), Ok(Err(Reason::NotANumber)));
        assert_eq!(number(BOOLEAN, Some(Number::Boolean(true))), Ok(Ok(RawValue::Int(1))));
        assert_eq!(number(DOUBLE, None), Ok(Err(Reason::Missing)));
        assert_eq!(number(BOOLEAN, Some(Number::Int(1))), Ok(Err(Reason::Malformed)));
        assert_eq!(number(12, None), Err(Foreign(12)));
        assert_eq!((name(19), name(16), name(30), name(99)), ("Template", "DataSet", "an array", "unknown"));
    }
}
