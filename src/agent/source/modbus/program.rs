//! What is asked of one Modbus meter in a poll, and what its points make of the answers.

use super::{
    connection::Answer,
    decode,
    plan::{self, Learned, Part, Planned, Read, Role, Search, Span},
};
use crate::{
    agent::config::{ModbusLimits, ModbusPoint, Multiplier},
    model::{RawValue, Reason},
};
use rust_decimal::{Decimal, prelude::ToPrimitive};

/// Registers of a request by which a meter is tried that did not answer: long enough for any value.
const SHORT: u16 = 8;
/// More than any unit has, and what a decimal holds.
const POWER_MAX: i64 = 18;

pub struct Program {
    unit_id: u8,
    limits: ModbusLimits,
    points: Vec<ModbusPoint>,
    spans: Vec<Span>,
    search: Search,
    /// Of this poll, and what was answered.
    planned: Vec<Planned>,
    answers: Vec<Result<Answer, Reason>>,
}

impl Program {
    pub fn new(unit_id: u8, limits: ModbusLimits, points: Vec<ModbusPoint>, learned: Learned) -> Program {
        Program {
            spans: plan::spans(&points),
            search: Search::new(learned),
            planned: Vec::new(),
            answers: Vec::new(),
            unit_id,
            limits,
            points,
        }
    }

    pub fn unit_id(&self) -> u8 {
        self.unit_id
    }

    /// Of all points, in their order.
    pub fn series(&self) -> Vec<u32> {
        self.points.iter().map(|point| point.series).collect()
    }

    pub fn learned(&self) -> &Learned {
        self.search.certain()
    }

    /// Begins a poll; how many requests it has. With `probing` the first one is short.
    pub fn begin(&mut self, probing: bool) -> usize {
        self.planned = self.search.poll(&self.spans, &self.limits);
        if probing {
            self.planned.sort_by_key(|planned| planned.read.count);
            if let Some(shortest) = self.planned.first().filter(|planned| planned.read.count > SHORT) {
                let read = &shortest.read;
                let inside = |span: &&Span| {
                    span.function == read.function && u32::from(read.start) <= span.start && span.end <= read.end()
                };
                let probe = self.spans.iter().filter(inside).min_by_key(|span| span.len()).and_then(Planned::probe);
                probe.into_iter().for_each(|probe| self.planned.insert(0, probe));
            }
        }
        self.answers = vec![Err(Reason::Missing); self.planned.len()];
        self.planned.len()
    }

    pub fn read(&self, request: usize) -> Option<&Read> {
        self.planned.get(request).map(|planned| &planned.read)
    }

    pub fn heard(&mut self, request: usize, answer: Answer) {
        let Some(planned) = self.planned.get(request) else { return };
        match answer {
            Answer::Exception(code) => self.search.refused(planned, code, &self.spans),
            _ => self.search.answered(planned),
        }
        if let Some(held) = self.answers.get_mut(request) {
            *held = Ok(answer);
        }
    }

    /// Without an answer; `asked`: it was sent, and time ran out.
    pub fn missed(&mut self, request: usize, reason: Reason, asked: bool) {
        if let Some(planned) = self.planned.get(request).filter(|_| asked) {
            self.search.timed_out(planned);
        }
        if let Some(held) = self.answers.get_mut(request) {
            *held = Err(reason);
        }
    }

    /// Of each point, in their order, at the end of a poll.
    pub fn values(&self) -> Vec<Result<RawValue, Reason>> {
        let left_out = |point: &ModbusPoint| match self.is_in_hole(point) {
            true => Err(Reason::Missing),
            false => Err(Reason::Exception),
        };
        let mut values: Vec<_> = self.points.iter().map(left_out).collect();
        let mut factors: Vec<_> = self.points.iter().map(left_out).collect();
        for (planned, answer) in self.planned.iter().zip(&self.answers) {
            for part in &planned.read.parts {
                let Some(point) = self.points.get(part.point) else { continue };
                let (to, found) = match part.role {
                    Role::Value => (&mut values, value(answer, point, part)),
                    Role::Multiplier => (&mut factors, factor(answer, point, part)),
                };
                if let Some(held) = to.get_mut(part.point) {
                    *held = found;
                }
            }
        }
        let whole = |((point, value), factor): ((&ModbusPoint, Result<_, _>), Result<_, _>)| match &point.multiplier {
            Some(by) => multiplied(value?, by, factor?),
            None => value,
        };
        self.points.iter().zip(values).zip(factors).map(whole).collect()
    }

    fn is_in_hole(&self, point: &ModbusPoint) -> bool {
        let last = point.register.saturating_add(point.value_type.registers().saturating_sub(1));
        let meets = |(first, until): &(u16, u16)| *first <= last && point.register <= *until;
        !plan::holds_bits(point.function) && self.limits.holes.iter().any(meets)
    }
}

fn value(answer: &Result<Answer, Reason>, point: &ModbusPoint, part: &Part) -> Result<RawValue, Reason> {
    decode::value(answer.as_ref().map_err(|reason| *reason)?, point, part)
}

/// The multiplier's own register.
fn factor(answer: &Result<Answer, Reason>, point: &ModbusPoint, part: &Part) -> Result<RawValue, Reason> {
    let by = point.multiplier.as_ref().ok_or(Reason::Missing)?;
    let register = ModbusPoint {
        series: point.series,
        function: by.function,
        register: by.register,
        value_type: by.value_type,
        word_order: by.word_order,
        no_value: Vec::new(),
        multiplier: None,
    };
    value(answer, &register, part)
}

/// `value` times what its multiplier says: exactly, unless one of the two is a binary fraction.
pub fn multiplied(value: RawValue, by: &Multiplier, factor: RawValue) -> Result<RawValue, Reason> {
    let digits = |value: RawValue| match value {
        RawValue::Int(int) => Some(Decimal::from(int)),
        RawValue::UInt(int) => Some(Decimal::from(int)),
        RawValue::Decimal(decimal) => Some(decimal),
        RawValue::Float(_) => None,
    };
    let times = match (by.power_of_ten, digits(factor), factor) {
        (true, Some(power), _) => {
            let power = power.to_i64().filter(|power| power.abs() <= POWER_MAX).ok_or(Reason::OutOfRange)?;
            let ten = 10_i64.pow(u32::try_from(power.unsigned_abs()).map_err(|_| Reason::OutOfRange)?);
            if power < 0 { Decimal::ONE / Decimal::from(ten) } else { Decimal::from(ten) }
        }
        (false, Some(factor), _) => factor.checked_mul(by.scale.per_count()).ok_or(Reason::OutOfRange)?,
        (false, None, RawValue::Float(factor)) => Decimal::from_f64_retain(factor)
            .and_then(|factor| factor.checked_mul(by.scale.per_count()))
            .ok_or(Reason::OutOfRange)?,
        _ => return Err(Reason::OutOfRange),
    };
    match (digits(value), value) {
        (Some(value), _) => {
            value.checked_mul(times).map(|product| RawValue::Decimal(product.normalize())).ok_or(Reason::OutOfRange)
        }
        (None, RawValue::Float(value)) => {
            let product = value * times.to_f64().ok_or(Reason::OutOfRange)?;
            product.is_finite().then_some(RawValue::Float(product)).ok_or(Reason::OutOfRange)
        }
        _ => Err(Reason::OutOfRange),
    }
}

/// What decides whether findings still hold: what is read, and within which limits.
pub fn description(unit_id: u8, limits: &ModbusLimits, points: &[ModbusPoint]) -> String {
    let mut spans: Vec<_> =
        plan::spans(points).into_iter().map(|span| (span.function as u8, span.start, span.end)).collect();
    spans.sort_unstable();
    spans.dedup();
    let ModbusLimits { registers_max, gap_max, holes } = limits;
    format!("{unit_id} {registers_max} {gap_max} {holes:?} {spans:?}")
}

#[cfg(test)]
mod tests;
