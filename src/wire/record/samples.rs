//! Samples ↔ lists of differences: neighbours differ little, and zstd then has something to find.

use super::RecordError;
use crate::{
    model::{Quality, Reason, Sample, UtcMillis, Value},
    wire::proto,
};
use std::{borrow::Cow, collections::HashSet, slice::Iter};

/// Samples of one instant.
#[derive(Clone, PartialEq, Debug)]
pub struct Samples {
    pub time: UtcMillis,
    pub samples: Vec<Sample>,
}

/// Samples in one record, and instants. A run of series or of bad samples takes next to nothing in a message: what that
/// stands for must be bounded here.
const SAMPLES_MAX: usize = 262_144;

/// Samples of one instant that fit into a record, however they look.
const WIDTH_MAX: usize = 512;

/// The same samples, of an instant not more at once than fit into a record.
pub(super) fn narrowed(samples: &[Samples]) -> Cow<'_, [Samples]> {
    if samples.iter().all(|one| one.samples.len() <= WIDTH_MAX) {
        return Cow::Borrowed(samples);
    }
    let parts = |one: &Samples| {
        let time = one.time;
        one.samples.chunks(WIDTH_MAX).map(|part| Samples { time, samples: part.to_vec() }).collect::<Vec<_>>()
    };
    samples.iter().flat_map(parts).collect()
}

/// Neighbours with the same series become one scan.
pub(super) fn message_from(clock_segment: u32, samples: &[Samples]) -> proto::Samples {
    // Scans of several devices alternate: gather by shape first, keeping each shape's own order of time.
    let mut groups: Vec<Vec<&Samples>> = Vec::new();
    for one in samples {
        match groups.iter_mut().find(|group| same_shape(group[0], one)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    let mut before = 0;
    let mut scans = Vec::with_capacity(groups.len());
    for group in groups {
        scans.push(scan_from(&group, before));
        before = group[0].time.0;
    }
    proto::Samples { scans, clock_segment }
}

fn same_shape(a: &Samples, b: &Samples) -> bool {
    a.samples.len() == b.samples.len()
        && a.samples.iter().zip(&b.samples).all(|(a, b)| a.series == b.series && same_form(a.value, b.value))
}

/// A column holds counts or reals; a missing value fits into either, but is kept apart so that the first of a
/// group decides the form of its columns.
fn same_form(a: Option<Value>, b: Option<Value>) -> bool {
    matches!(
        (a, b),
        (Some(Value::Count(_)), Some(Value::Count(_))) | (Some(Value::Real(_)), Some(Value::Real(_))) | (None, None)
    )
}

/// `before`: the first instant of the scan before.
fn scan_from(group: &[&Samples], before: i64) -> proto::Scan {
    let first = group[0].time.0;
    let span = group[group.len() - 1].time.0.wrapping_sub(first);
    let steps = i64::try_from(group.len() - 1).unwrap_or(i64::MAX);
    let period_ms = if steps == 0 { 0 } else { u32::try_from(span / steps).unwrap_or(0) };
    let jitter_ms = (0_i64..)
        .zip(group)
        .map(|(i, one)| one.time.0.wrapping_sub(first).wrapping_sub(i.wrapping_mul(i64::from(period_ms))))
        .collect();
    let mut scan = proto::Scan { t_first_ms: first.wrapping_sub(before), period_ms, jitter_ms, ..Default::default() };
    scan.series_runs = series_runs(group[0]);
    let (mut runs, mut reals) = (Vec::<[u32; 2]>::new(), Vec::new());
    for (place, column) in (0_u32..).zip(&group[0].samples) {
        let mut count_before = None;
        for sample in group.iter().map(|one| &one.samples[place as usize]) {
            match (sample.value, count_before) {
                (Some(Value::Count(count)), None) => scan.count_first.push(count),
                (Some(Value::Count(count)), Some(before)) => scan.count_delta.push(count.wrapping_sub(before)),
                (Some(Value::Real(real)), _) => reals.push(real),
                (None, _) => {}
            }
            if let Some(Value::Count(count)) = sample.value {
                count_before = Some(count);
            }
            let code = u32::from(sample.reason.code());
            match runs.last_mut() {
                Some([last, length]) if *last == code => *length += 1,
                _ => runs.push([code, 1]),
            }
        }
        if matches!(column.value, Some(Value::Real(_))) {
            scan.real_columns.push(place);
        }
    }
    if runs.iter().any(|[code, _]| *code != 0) {
        scan.reason_runs = runs.into_flattened();
    }
    let narrow = |real: &f64| f64::from(*real as f32).to_bits() == real.to_bits();
    if reals.iter().all(narrow) {
        scan.real = reals.iter().map(|real| *real as f32).collect();
    } else {
        scan.real_wide = reals;
    }
    scan
}

fn series_runs(one: &Samples) -> Vec<i64> {
    let mut runs: Vec<[i64; 2]> = Vec::new();
    let mut expected = 0;
    for series in one.samples.iter().map(|sample| i64::from(sample.series)) {
        match runs.last_mut() {
            Some([_, length]) if series == expected => *length += 1,
            _ => runs.push([series - expected, 1]),
        }
        expected = series + 1;
    }
    runs.into_flattened()
}

/// The ids that the runs stand for, `room` of them at most.
fn series_from_runs(runs: &[i64], room: usize) -> Result<Vec<u32>, RecordError> {
    const RANGE: RecordError = RecordError::Content("a scan's series out of range");
    let (mut all, mut expected) = (Vec::new(), 0_i64);
    for run in runs.chunks(2) {
        let &[difference, length] = run else { return Err(RANGE) };
        let first = expected.checked_add(difference).and_then(|first| u32::try_from(first).ok()).ok_or(RANGE)?;
        let length = u32::try_from(length).map_err(|_| RANGE)?;
        expected = i64::from(first) + i64::from(length);
        if expected > 1 << 32 {
            return Err(RANGE);
        }
        if length as usize > room - all.len() {
            return Err(TOO_MANY);
        }
        all.extend((0..length).map(|place| first + place));
    }
    Ok(all)
}

/// The clock segment, and its samples.
pub(super) fn from_message(message: proto::Samples) -> Result<(u32, Vec<Samples>), RecordError> {
    let mut all = Vec::new();
    let (mut room, mut before) = (SAMPLES_MAX, 0_i64);
    for scan in message.scans {
        let instants = scan.jitter_ms.len();
        let columns = series_from_runs(&scan.series_runs, room)?;
        let size = instants.max(1).checked_mul(columns.len().max(1));
        room = size.and_then(|size| room.checked_sub(size)).ok_or(TOO_MANY)?;
        let first = before.wrapping_add(scan.t_first_ms);
        before = first;
        let from = all.len();
        all.extend((0_i64..).zip(&scan.jitter_ms).map(|(i, jitter)| {
            let nominal = i.wrapping_mul(i64::from(scan.period_ms));
            let time = UtcMillis(first.wrapping_add(nominal).wrapping_add(*jitter));
            Samples { time, samples: Vec::with_capacity(columns.len()) }
        }));
        add_columns(&mut all[from..], &columns, &scan)?;
    }
    Ok((message.clock_segment, all))
}

const TOO_MANY: RecordError = RecordError::Content("more than 262,144 samples in one record");
const MISMATCH: RecordError = RecordError::Content("a scan whose values and reasons do not match its instants");

fn add_columns(rows: &mut [Samples], columns: &[u32], scan: &proto::Scan) -> Result<(), RecordError> {
    let real_columns: HashSet<u32> = scan.real_columns.iter().copied().collect();
    let mut values = Values::of(scan)?;
    let mut reasons = Reasons { runs: scan.reason_runs.iter(), reason: Reason::Good, left: 0 };
    let all_good = scan.reason_runs.is_empty();
    for (place, series) in (0_u32..).zip(columns.iter().copied()) {
        let real = real_columns.contains(&place);
        let mut count_before = None;
        for row in rows.iter_mut() {
            let reason = if all_good { Reason::Good } else { reasons.next()? };
            let value = match (reason.quality(), real) {
                (Quality::Bad, _) => None,
                (_, true) => Some(Value::Real(values.real()?)),
                (_, false) => {
                    let count = values.count(count_before)?;
                    count_before = Some(count);
                    Some(Value::Count(count))
                }
            };
            row.samples.push(Sample { series, reason, value });
        }
    }
    if reasons.left == 0 && reasons.runs.next().is_none() && values.used_up() { Ok(()) } else { Err(MISMATCH) }
}

/// The scan's values, as its columns use them up.
struct Values<'a> {
    first: Iter<'a, i64>,
    delta: Iter<'a, i64>,
    narrow: Iter<'a, f32>,
    wide: Iter<'a, f64>,
}

impl<'a> Values<'a> {
    fn of(scan: &'a proto::Scan) -> Result<Values<'a>, RecordError> {
        if !scan.real.is_empty() && !scan.real_wide.is_empty() {
            return Err(RecordError::Content("a scan with reals of both widths"));
        }
        let (first, delta) = (scan.count_first.iter(), scan.count_delta.iter());
        Ok(Values { first, delta, narrow: scan.real.iter(), wide: scan.real_wide.iter() })
    }

    fn count(&mut self, before: Option<i64>) -> Result<i64, RecordError> {
        match before {
            None => self.first.next().copied(),
            Some(before) => self.delta.next().map(|delta| before.wrapping_add(*delta)),
        }
        .ok_or(MISMATCH)
    }

    fn real(&mut self) -> Result<f64, RecordError> {
        self.narrow.next().map(|real| f64::from(*real)).or_else(|| self.wide.next().copied()).ok_or(MISMATCH)
    }

    fn used_up(&self) -> bool {
        self.first.len() + self.delta.len() + self.narrow.len() + self.wide.len() == 0
    }
}

struct Reasons<'a> {
    runs: Iter<'a, u32>,
    reason: Reason,
    left: u32,
}

impl Reasons<'_> {
    fn next(&mut self) -> Result<Reason, RecordError> {
        while self.left == 0 {
            let (Some(code), Some(length)) = (self.runs.next(), self.runs.next()) else { return Err(MISMATCH) };
            self.reason = Reason::from_code(*code).ok_or(RecordError::Content("an unknown reason"))?;
            self.left = *length;
        }
        self.left -= 1;
        Ok(self.reason)
    }
}
