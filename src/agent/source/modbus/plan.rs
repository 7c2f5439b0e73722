//! Which requests give all points of one meter.
//!
//! # Promises
//! - Every value, and every register by which one is multiplied, lies whole in exactly one request.
//! - No request is longer than the protocol, the model and what was learned allow. Addresses that nobody asked for are
//!   read only between two that somebody did, `gap_max` of them at most in one stretch.
//! - None touches a hole, or an address that the meter was found to refuse. A point on one is in no request.
//! - There is no plan with fewer requests, and among those with as few none that reads fewer registers.
//!
//! # Does not
//! Fill gaps between coils or inputs, of which no limit speaks.

mod learned;
mod search;
#[cfg(test)]
mod tests;

pub use learned::{FINDINGS_MAX, Learned, Stretch};
pub use search::{Planned, Search};

use crate::agent::config::{Function, ModbusLimits, ModbusPoint};

/// Registers in one reading request (Modbus Application Protocol V1.1b3, 6.3 and 6.4).
const REGISTERS_MAX: u16 = 125;
/// Coils or inputs in one reading request (6.1 and 6.2).
const BITS_MAX: u16 = 2000;

/// One request and what its reply holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read {
    pub function: Function,
    pub start: u16,
    /// Registers, or bits.
    pub count: u16,
    pub parts: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// The point's place among the meter's points.
    pub point: usize,
    pub role: Role,
    /// Registers, or bits, before it in the reply.
    pub offset: usize,
    pub width: usize,
}

/// What a part is to its point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    Value,
    Multiplier,
}

/// Where a value or a multiplier lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    pub function: Function,
    pub start: u32,
    /// One past the last; 65536 does not fit a `u16`.
    pub end: u32,
    pub point: usize,
    pub role: Role,
}

/// `points` are checked: none runs past address 65535.
pub fn plan(points: &[ModbusPoint], limits: &ModbusLimits, learned: &Learned) -> Vec<Read> {
    plan_of(spans(points), limits, learned)
}

/// The same for some of the spans.
pub fn plan_of(mut spans: Vec<Span>, limits: &ModbusLimits, learned: &Learned) -> Vec<Read> {
    spans.retain(|span| {
        span.len() <= cap(span.function) && may_read(span.function, span.start, span.end, limits, learned)
    });
    spans.sort();
    let mut reads = Vec::new();
    for table in spans.chunk_by(|a, b| a.function == b.function) {
        let mut joined = table.first().map_or(0, |span| span.end);
        let mut island = 0;
        for (place, span) in table.iter().enumerate() {
            if !reaches(joined, span, limits, learned) {
                cut(&table[island..place], count_max(span.function, limits, learned), &mut reads);
                island = place;
            }
            joined = joined.max(span.end);
        }
        if let Some(span) = table.first() {
            cut(&table[island..], count_max(span.function, limits, learned), &mut reads);
        }
    }
    reads
}

/// Of all points, their multipliers among them.
pub fn spans(points: &[ModbusPoint]) -> Vec<Span> {
    let mut spans = Vec::with_capacity(points.len());
    for (place, point) in points.iter().enumerate() {
        let span = |function: Function, register: u16, registers: u16, role| {
            let start = u32::from(register);
            let width = if holds_bits(function) { 1 } else { registers.max(1) };
            Span { function, start, end: start + u32::from(width), point: place, role }
        };
        spans.push(span(point.function, point.register, point.value_type.registers(), Role::Value));
        if let Some(by) = &point.multiplier {
            spans.push(span(by.function, by.register, by.value_type.registers(), Role::Multiplier));
        }
    }
    spans
}

pub fn holds_bits(function: Function) -> bool {
    matches!(function, Function::Coils | Function::DiscreteInputs)
}

impl Span {
    pub fn len(&self) -> u32 {
        self.end - self.start
    }
}

impl Read {
    pub fn end(&self) -> u32 {
        u32::from(self.start) + u32::from(self.count)
    }
}

fn cap(function: Function) -> u32 {
    u32::from(if holds_bits(function) { BITS_MAX } else { REGISTERS_MAX })
}

/// What a request may hold, unless one value alone takes more.
fn count_max(function: Function, limits: &ModbusLimits, learned: &Learned) -> u32 {
    let of_model = if holds_bits(function) { BITS_MAX } else { limits.registers_max };
    let learned = learned.count_max(function).unwrap_or(u16::MAX);
    u32::from(of_model.min(learned).max(1)).min(cap(function))
}

/// Holes are stretches of registers; coils and inputs have addresses of their own.
fn may_read(function: Function, start: u32, end: u32, limits: &ModbusLimits, learned: &Learned) -> bool {
    let meets = |(first, last): &(u16, u16)| u32::from(*first) < end && start <= u32::from(*last);
    (holds_bits(function) || !limits.holes.iter().any(meets)) && !learned.forbids(function, start, end)
}

/// Whether a request that ends at `joined` may go on to `span`.
fn reaches(joined: u32, span: &Span, limits: &ModbusLimits, learned: &Learned) -> bool {
    if learned.parts(span.function, joined, span.start) {
        return false;
    }
    let gap = span.start.saturating_sub(joined);
    let gap_max = if holds_bits(span.function) { 0 } else { u32::from(limits.gap_max) };
    gap == 0 || gap <= gap_max && may_read(span.function, joined, span.start, limits, learned)
}

/// Cuts one island, in which a request may run from anywhere to anywhere, into requests. By their start, the spans of
/// each request of a best plan can be taken as neighbours: of two requests the one that starts later also ends later,
/// or it would not be needed, so that a span fits into the last one that starts at or before it. So the best plan of
/// the first `i` spans is that of the first `j` and one request more, for the best `j`.
fn cut(island: &[Span], count_max: u32, reads: &mut Vec<Read>) {
    // requests and registers of the best plan of the first `i` spans, and where its last request begins
    let mut best: Vec<(usize, u32, usize)> = vec![(0, 0, 0)];
    for (i, last) in island.iter().enumerate() {
        let mut chosen = (usize::MAX, u32::MAX, i);
        let mut end = last.end;
        // the longest of the spans that begin where this request would
        let (mut start, mut longest) = (last.start, last.end);
        for j in (0..=i).rev() {
            let span = &island[j];
            (start, longest) = (span.start, if span.start == start { longest.max(span.end) } else { span.end });
            end = end.max(span.end);
            let count = end - start;
            if count > cap(span.function) {
                break;
            }
            if count <= count_max || longest == end {
                let (requests, registers, _) = best[j];
                chosen = chosen.min((requests + 1, registers + count, j));
            }
        }
        best.push(chosen);
    }
    let mut ends = Vec::new();
    let mut i = island.len();
    while i > 0 {
        let begins = best[i].2;
        ends.push((begins, i));
        i = begins;
    }
    reads.extend(ends.into_iter().rev().filter_map(|(from, to)| read_of(&island[from..to])));
}

/// One request for all of `spans`, which are of one function and sorted.
pub fn read_of(spans: &[Span]) -> Option<Read> {
    let first = spans.first()?;
    let end = spans.iter().map(|span| span.end).max()?;
    let part = |span: &Span| Part {
        point: span.point,
        role: span.role,
        offset: (span.start - first.start) as usize,
        width: span.len() as usize,
    };
    Some(Read {
        function: first.function,
        start: u16::try_from(first.start).ok()?,
        count: u16::try_from(end - first.start).ok()?,
        parts: spans.iter().map(part).collect(),
    })
}
