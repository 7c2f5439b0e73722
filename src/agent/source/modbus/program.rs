//! What is asked of one Modbus meter in a poll, and what its points make of the answers.

use super::{
    connection::Answer,
    decode,
    plan::{self, Learned, Part, Planned, Read, Role, Search, Span},
};
use crate::{
    agent::config::{ModbusLimits, ModbusPoint},
    model::{RawValue, Reason},
};
use rust_decimal::Decimal;

/// Registers of a request by which a meter is tried that did not answer: long enough for any value.
const SHORT: u16 = 8;

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
        let left_out = |point: &ModbusPoint| if self.is_in_hole(point) { Reason::Missing } else { Reason::Exception };
        let mut factors: Vec<Result<Option<Decimal>, Reason>> = self.points.iter().map(|_| Ok(None)).collect();
        for (point, factor) in self.points.iter().zip(&mut factors).filter(|(point, _)| point.multiplier.is_some()) {
            *factor = Err(left_out(point));
        }
        for (part, answer) in self.parts(Role::Multiplier) {
            let multiplier = self.points.get(part.point).and_then(|point| point.multiplier.as_ref());
            if let (Some(multiplier), Some(held)) = (multiplier, factors.get_mut(part.point)) {
                *held = answer.and_then(|answer| decode::factor(answer, multiplier, part)).map(Some);
            }
        }
        let mut values: Vec<_> = self.points.iter().map(|point| Err(left_out(point))).collect();
        for (part, answer) in self.parts(Role::Value) {
            let (Some(point), Some(factor)) = (self.points.get(part.point), factors.get(part.point)) else { continue };
            if let Some(held) = values.get_mut(part.point) {
                *held = answer.and_then(|answer| decode::value(answer, point, part, (*factor)?));
            }
        }
        values
    }

    /// What was asked for in this poll, and the answer in which it is.
    fn parts(&self, role: Role) -> impl Iterator<Item = (&Part, Result<&Answer, Reason>)> {
        let answered = self.planned.iter().zip(&self.answers);
        let parts = answered.flat_map(|(planned, answer)| planned.read.parts.iter().map(move |part| (part, answer)));
        parts
            .filter(move |(part, _)| part.role == role)
            .map(|(part, answer)| (part, answer.as_ref().map_err(|reason| *reason)))
    }

    fn is_in_hole(&self, point: &ModbusPoint) -> bool {
        let last = point.register.saturating_add(point.value_type.registers().saturating_sub(1));
        let meets = |(first, until): &(u16, u16)| *first <= last && point.register <= *until;
        !plan::holds_bits(point.function) && self.limits.holes.iter().any(meets)
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
