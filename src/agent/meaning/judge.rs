//! One number of a source → one sample of its series.

use crate::{
    agent::config::Point,
    energy::counter::COUNT_MAX,
    model::{PointKind, RawValue, Reason, Sample, Scale, Value},
};
use rust_decimal::{
    Decimal,
    prelude::{FromPrimitive, ToPrimitive},
};

/// One above the largest.
const COUNT_LIMIT: i64 = COUNT_MAX + 1;

pub fn sample(series: u32, point: &Point, found: Result<RawValue, Reason>) -> Sample {
    let judged = found.and_then(|raw| match point.resolution {
        Some(resolution) => count(raw, resolution),
        None => real(raw, point.series.scale).map(|real| (Value::Real(real), Reason::Good)),
    });
    match judged {
        // a register that counts from zero has no value below it, and none that the ledger could not add up
        Ok((Value::Count(..0 | COUNT_LIMIT..), _)) if point.series.kind == PointKind::Cumulative => {
            Sample { series, reason: Reason::OutOfRange, value: None }
        }
        Ok((value, reason)) => Sample { series, reason, value: Some(value) },
        Err(reason) => Sample { series, reason, value: None },
    }
}

/// The nearest whole count. A decimal that lies between two counts is uncertain, since digits were given and are
/// lost; a binary float always lies between and says nothing by it.
fn count(raw: RawValue, resolution: Scale) -> Result<(Value, Reason), Reason> {
    let (number, written) = match raw {
        RawValue::Int(int) if resolution == Scale::ONE => return Ok((Value::Count(int), Reason::Good)),
        RawValue::Int(int) => (Decimal::from(int), true),
        RawValue::UInt(int) => (Decimal::from(int), true),
        RawValue::Decimal(decimal) => (decimal, true),
        RawValue::Float(float) if !float.is_finite() => return Err(Reason::NotANumber),
        RawValue::Float(float) => (Decimal::from_f64(float).ok_or(Reason::OutOfRange)?, false),
    };
    let (count, exact) = resolution.count_from_value(number).ok_or(Reason::OutOfRange)?;
    Ok((Value::Count(count), if exact || !written { Reason::Good } else { Reason::Rounded }))
}

fn real(raw: RawValue, scale: Scale) -> Result<f64, Reason> {
    let number = match raw {
        RawValue::Int(int) => int as f64,
        RawValue::UInt(int) => int as f64,
        RawValue::Decimal(decimal) => decimal.to_f64().ok_or(Reason::OutOfRange)?,
        RawValue::Float(float) => float,
    };
    let real =
        if scale == Scale::ONE { number } else { number * scale.per_count().to_f64().ok_or(Reason::OutOfRange)? };
    if real.is_finite() { Ok(real) } else { Err(Reason::NotANumber) }
}
