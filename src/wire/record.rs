//! Records: model ↔ message ↔ compressed bytes.
//!
//! ```text
//!   kind ─┐
//!   model ─▶ message ─▶ protobuf ─▶ zstd level 3 ─▶ body (≤ 7 KiB), CRC-32C of body
//! ```

use super::{GenId, RECORD_BYTES_MAX, RECORD_INFLATED_MAX, proto};
use crate::model::{GapCause, PointKind, Reason, Role, Sample, Scale, Series, Span, UtcMillis, Value};
use bytes::Bytes;
use prost::Message;

/// One stored item, opaque to everything between the gateway's meaning and the platform's ingest.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    pub kind: u8,
    pub crc32c: u32,
    pub body: Bytes,
}

/// What a record says.
#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    Dictionary(Vec<(u32, Series)>),
    Samples(Vec<Samples>),
    Intervals(Vec<Interval>),
    Gap(Gap),
    /// Intervals out of the gateway's archive, as the platform asked for.
    Recalled(Vec<Interval>),
}

/// A stretch of which the gateway has nothing to give.
#[derive(Clone, PartialEq, Debug)]
pub struct Gap {
    pub cause: GapCause,
    /// What is missing lies in it; `None` where not even that is known.
    pub span: Option<Span>,
    /// Whose; empty: all of the gateway's.
    pub series: Vec<u32>,
    /// The records that are gone, where the gap is one of the spool.
    pub lost: Option<Lost>,
    /// For people, English, at most 256 bytes.
    pub detail: String,
}

/// Records `first_seq..=last_seq` of a generation; `last_seq` 0 where the end is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lost {
    pub gen_id: GenId,
    pub first_seq: u64,
    pub last_seq: u64,
}

/// Samples of one instant.
#[derive(Clone, PartialEq, Debug)]
pub struct Samples {
    pub time: UtcMillis,
    pub samples: Vec<Sample>,
}

/// A closed interval as the gateway saw it; see the contract.
#[derive(Clone, PartialEq, Debug)]
pub struct Interval {
    pub series: u32,
    pub width_ms: i64,
    pub start: UtcMillis,
    /// Counts, boundaries interpolated.
    pub amount: i64,
    pub covered_ms: i64,
    pub readings: u32,
    pub cell: Option<crate::energy::interval::Cell>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("the record has {0} bytes, at most {RECORD_BYTES_MAX} are allowed")]
    TooLarge(usize),
    #[error("the checksum does not match: {stated:08x} is stated, {found:08x} was computed")]
    Checksum { stated: u32, found: u32 },
    #[error("kind {0} is unknown")]
    Kind(u8),
    #[error("the body is no zstd frame of at most {RECORD_INFLATED_MAX} bytes")]
    Compression,
    #[error("the body is no message of its kind: {0}")]
    Message(String),
    #[error("{0}")]
    Content(&'static str),
}

impl Record {
    /// Checks size and checksum, which is all that can be known without a look inside.
    pub fn check(&self) -> Result<(), RecordError> {
        if self.body.len() > RECORD_BYTES_MAX {
            return Err(RecordError::TooLarge(self.body.len()));
        }
        let found = crc32c::crc32c(&self.body);
        if found != self.crc32c { Err(RecordError::Checksum { stated: self.crc32c, found }) } else { Ok(()) }
    }
}

impl From<Record> for proto::Record {
    fn from(record: Record) -> Self {
        proto::Record { kind: i32::from(record.kind), crc32c: record.crc32c, body: record.body }
    }
}

impl TryFrom<proto::Record> for Record {
    type Error = RecordError;

    fn try_from(record: proto::Record) -> Result<Self, RecordError> {
        let kind = u8::try_from(record.kind).map_err(|_| RecordError::Kind(u8::MAX))?;
        let record = Record { kind, crc32c: record.crc32c, body: record.body };
        record.check()?;
        Ok(record)
    }
}

/// The record or, where one would be too large, the records that hold `content`, in order.
pub fn encode(content: &Content) -> Vec<Record> {
    match content {
        Content::Dictionary(series) => split(proto::RecordKind::Dictionary, series, |part| proto::Dictionary {
            series: part.iter().map(|(id, series)| message_from_series(*id, series)).collect(),
        }),
        Content::Samples(samples) => {
            split(proto::RecordKind::Samples, samples, |part| proto::Samples { scans: scans_from_samples(part) })
        }
        Content::Intervals(intervals) => split(proto::RecordKind::Intervals, intervals, intervals_message),
        Content::Gap(gap) => split(proto::RecordKind::Gap, std::slice::from_ref(gap), |gap| message_from_gap(&gap[0])),
        Content::Recalled(intervals) => split(proto::RecordKind::Recalled, intervals, intervals_message),
    }
}

pub fn decode(record: &Record) -> Result<Content, RecordError> {
    record.check()?;
    let bytes = zstd::bulk::decompress(&record.body, RECORD_INFLATED_MAX).map_err(|_| RecordError::Compression)?;
    fn message<M: Message + Default>(bytes: &[u8]) -> Result<M, RecordError> {
        M::decode(bytes).map_err(|error| RecordError::Message(error.to_string()))
    }
    match proto::RecordKind::try_from(i32::from(record.kind)) {
        Ok(proto::RecordKind::Dictionary) => {
            let dictionary: proto::Dictionary = message(&bytes)?;
            dictionary.series.into_iter().map(series_from_message).collect::<Result<_, _>>().map(Content::Dictionary)
        }
        Ok(proto::RecordKind::Samples) => samples_from_message(message(&bytes)?).map(Content::Samples),
        Ok(proto::RecordKind::Intervals) => intervals_from_message(message(&bytes)?).map(Content::Intervals),
        Ok(proto::RecordKind::Gap) => gap_from_message(message(&bytes)?).map(Content::Gap),
        Ok(proto::RecordKind::Recalled) => intervals_from_message(message(&bytes)?).map(Content::Recalled),
        _ => Err(RecordError::Kind(record.kind)),
    }
}

fn split<T, M: Message>(kind: proto::RecordKind, items: &[T], message: impl Fn(&[T]) -> M + Copy) -> Vec<Record> {
    let bytes = message(items).encode_to_vec();
    let body = zstd::bulk::compress(&bytes, 3).expect("zstd compresses into memory");
    if items.len() > 1 && (body.len() > RECORD_BYTES_MAX || bytes.len() > RECORD_INFLATED_MAX / 2) {
        let (left, right) = items.split_at(items.len() / 2);
        let mut records = split(kind, left, message);
        records.extend(split(kind, right, message));
        return records;
    }
    vec![Record { kind: kind as u8, crc32c: crc32c::crc32c(&body), body: Bytes::from(body) }]
}

// --- dictionary

fn message_from_series(id: u32, series: &Series) -> proto::Series {
    proto::Series {
        id,
        meter: series.meter.clone(),
        point: series.point.clone(),
        kind: match series.kind {
            PointKind::Gauge => proto::PointKind::Gauge,
            PointKind::Cumulative => proto::PointKind::Cumulative,
        } as i32,
        role: match series.role {
            Role::None => proto::Role::None,
            Role::SiteEnergy => proto::Role::SiteEnergy,
            Role::SiteExport => proto::Role::SiteExport,
            Role::Output => proto::Role::Output,
        } as i32,
        carrier: series.carrier.clone(),
        product: series.product.clone(),
        unit: series.unit.clone(),
        scale_mantissa: series.scale.mantissa(),
        scale_exponent: series.scale.exponent(),
    }
}

fn series_from_message(message: proto::Series) -> Result<(u32, Series), RecordError> {
    let kind = match message.kind() {
        proto::PointKind::Gauge => PointKind::Gauge,
        proto::PointKind::Cumulative => PointKind::Cumulative,
        proto::PointKind::Unspecified => return Err(RecordError::Content("a series without a kind")),
    };
    let role = match message.role() {
        proto::Role::None => Role::None,
        proto::Role::SiteEnergy => Role::SiteEnergy,
        proto::Role::SiteExport => Role::SiteExport,
        proto::Role::Output => Role::Output,
        proto::Role::Unspecified => return Err(RecordError::Content("a series without a role")),
    };
    let scale = Scale::new(message.scale_mantissa, message.scale_exponent)
        .map_err(|_| RecordError::Content("a series whose scale is out of range"))?;
    let names = [&message.meter, &message.point, &message.carrier, &message.product, &message.unit];
    if names.iter().any(|name| name.len() > NAME_BYTES_MAX) {
        return Err(RecordError::Content("a series with a name of more than 128 bytes"));
    }
    let proto::Series { id, meter, point, carrier, product, unit, .. } = message;
    Ok((id, Series { meter, point, kind, role, carrier, product, unit, scale }))
}

/// Bytes of a meter's, point's, carrier's, product's or unit's name.
pub const NAME_BYTES_MAX: usize = 128;

// --- samples

/// Neighbours with the same series become one scan with one column a series.
fn scans_from_samples(samples: &[Samples]) -> Vec<proto::Scan> {
    let same_shape = |a: &Samples, b: &Samples| {
        a.samples.len() == b.samples.len()
            && a.samples.iter().zip(&b.samples).all(|(a, b)| a.series == b.series && same_form(a.value, b.value))
    };
    // Scans of several devices alternate: gather by shape first, keeping each shape's own order of time.
    let mut groups: Vec<Vec<&Samples>> = Vec::new();
    for one in samples {
        match groups.iter_mut().find(|group| same_shape(group[0], one)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups.iter().map(|group| scan_from_group(group)).collect()
}

/// A column holds counts or reals; a missing value fits into either, but is kept apart so that the first of a
/// group decides the form of its columns.
fn same_form(a: Option<Value>, b: Option<Value>) -> bool {
    matches!(
        (a, b),
        (Some(Value::Count(_)), Some(Value::Count(_))) | (Some(Value::Real(_)), Some(Value::Real(_))) | (None, None)
    )
}

fn scan_from_group(group: &[&Samples]) -> proto::Scan {
    let first = group[0].time.0;
    let span = group[group.len() - 1].time.0.wrapping_sub(first);
    let steps = i64::try_from(group.len() - 1).unwrap_or(i64::MAX);
    let period_ms = if steps == 0 { 0 } else { u32::try_from(span / steps).unwrap_or(0) };
    let jitter_ms = (0_i64..)
        .zip(group)
        .map(|(i, one)| one.time.0.wrapping_sub(first).wrapping_sub(i.wrapping_mul(i64::from(period_ms))))
        .collect();
    let columns = (0..group[0].samples.len())
        .map(|column| {
            let samples = group.iter().map(|one| &one.samples[column]);
            let mut message = proto::Column { series: group[0].samples[column].series, ..Default::default() };
            let mut previous = 0_i64;
            let mut runs: Vec<(u32, u32)> = Vec::new();
            for sample in samples {
                match sample.value {
                    Some(Value::Count(count)) => {
                        message.count_delta.push(count.wrapping_sub(previous));
                        previous = count;
                    }
                    Some(Value::Real(real)) => message.real.push(real),
                    None => {}
                }
                let code = u32::from(sample.reason.code());
                match runs.last_mut() {
                    Some((last, length)) if *last == code => *length += 1,
                    _ => runs.push((code, 1)),
                }
            }
            if runs.iter().any(|(code, _)| *code != 0) {
                message.reason_runs = runs.into_iter().flat_map(|(code, length)| [code, length]).collect();
            }
            message
        })
        .collect();
    proto::Scan { t_first_ms: first, period_ms, jitter_ms, columns }
}

fn samples_from_message(message: proto::Samples) -> Result<Vec<Samples>, RecordError> {
    let mut all = Vec::new();
    for scan in message.scans {
        let times = (0_i64..).zip(&scan.jitter_ms).map(|(i, jitter)| {
            let nominal = i.wrapping_mul(i64::from(scan.period_ms));
            UtcMillis(scan.t_first_ms.wrapping_add(nominal).wrapping_add(*jitter))
        });
        let from = all.len();
        all.extend(times.map(|time| Samples { time, samples: Vec::with_capacity(scan.columns.len()) }));
        // protobuf stores an empty column for next to nothing: what it inflates to must be bounded here
        if scan.columns.len().saturating_mul(scan.jitter_ms.len()) > SAMPLES_MAX || all.len() > SAMPLES_MAX {
            return Err(RecordError::Content("more than 262,144 samples in one record"));
        }
        for column in scan.columns {
            add_column(&mut all[from..], column)?;
        }
    }
    Ok(all)
}

const SAMPLES_MAX: usize = 262_144;

fn add_column(rows: &mut [Samples], column: proto::Column) -> Result<(), RecordError> {
    const MISMATCH: RecordError = RecordError::Content("a column whose values and reasons do not match its instants");
    if !column.count_delta.is_empty() && !column.real.is_empty() {
        return Err(RecordError::Content("a column with both counts and reals"));
    }
    let all_good = [0, u32::try_from(rows.len()).map_err(|_| MISMATCH)?];
    let runs = if column.reason_runs.is_empty() { &all_good[..] } else { &column.reason_runs[..] };
    let mut rows = rows.iter_mut();
    let (mut counts, mut reals, mut previous) = (column.count_delta.iter(), column.real.iter(), 0_i64);
    let counted = !column.count_delta.is_empty();
    for run in runs.chunks(2) {
        let &[code, length] = run else { return Err(MISMATCH) };
        let reason = Reason::from_code(code).ok_or(RecordError::Content("an unknown reason"))?;
        let bad = reason.quality() == crate::model::Quality::Bad;
        for _ in 0..length {
            let row = rows.next().ok_or(MISMATCH)?;
            let value = if bad {
                None
            } else if counted {
                previous = previous.wrapping_add(*counts.next().ok_or(MISMATCH)?);
                Some(Value::Count(previous))
            } else {
                Some(Value::Real(*reals.next().ok_or(MISMATCH)?))
            };
            row.samples.push(Sample { series: column.series, reason, value });
        }
    }
    if rows.next().is_some() || counts.next().is_some() || reals.next().is_some() {
        return Err(MISMATCH);
    }
    Ok(())
}

// --- gaps

/// Bytes of a gap's detail.
pub const DETAIL_BYTES_MAX: usize = 256;

fn message_from_gap(gap: &Gap) -> proto::Gap {
    let (start, end) = gap.span.map_or((0, 0), |span| (span.start.0, span.end.0));
    let (gen_id, first_seq, last_seq) =
        gap.lost.map_or((Bytes::new(), 0, 0), |lost| (lost.gen_id.to_vec().into(), lost.first_seq, lost.last_seq));
    let detail = gap.detail[..gap.detail.floor_char_boundary(DETAIL_BYTES_MAX)].to_owned();
    proto::Gap {
        cause: i32::from(gap.cause.code()),
        start_ms: start,
        end_ms: end,
        series: gap.series.clone(),
        gen_id,
        first_seq,
        last_seq,
        detail,
    }
}

fn gap_from_message(message: proto::Gap) -> Result<Gap, RecordError> {
    let cause = u32::try_from(message.cause).ok().and_then(GapCause::from_code);
    let cause = cause.ok_or(RecordError::Content("a gap without a cause that is known here"))?;
    let (start, end) = (UtcMillis(message.start_ms), UtcMillis(message.end_ms));
    if start > end {
        return Err(RecordError::Content("a gap that ends before it starts"));
    }
    let lost = match message.gen_id.len() {
        0 => None,
        _ => Some(Lost {
            gen_id: GenId::try_from(&message.gen_id[..])
                .map_err(|_| RecordError::Content("a gap whose generation id has not 16 bytes"))?,
            first_seq: message.first_seq,
            last_seq: message.last_seq,
        }),
    };
    if message.detail.len() > DETAIL_BYTES_MAX {
        return Err(RecordError::Content("a gap with a detail of more than 256 bytes"));
    }
    let span = (message.start_ms, message.end_ms) != (0, 0);
    Ok(Gap { cause, span: span.then_some(Span { start, end }), series: message.series, lost, detail: message.detail })
}

// --- intervals

fn intervals_message(intervals: &[Interval]) -> proto::Intervals {
    proto::Intervals { intervals: intervals.iter().map(message_from_interval).collect() }
}

fn intervals_from_message(message: proto::Intervals) -> Result<Vec<Interval>, RecordError> {
    message.intervals.into_iter().map(interval_from_message).collect()
}

fn message_from_interval(interval: &Interval) -> proto::Interval {
    let offset = |time: UtcMillis| u32::try_from(time.since(interval.start)).unwrap_or(u32::MAX);
    let (first, last) = interval.cell.map_or((None, None), |cell| (Some(cell.first), Some(cell.last)));
    proto::Interval {
        series: interval.series,
        width_s: u32::try_from(interval.width_ms / 1000).unwrap_or(0),
        start_s: interval.start.0.div_euclid(1000),
        amount: interval.amount,
        covered_ms: u32::try_from(interval.covered_ms).unwrap_or(u32::MAX),
        readings: interval.readings,
        first_offset_ms: first.map_or(0, |r| offset(r.time)),
        first_count: first.map_or(0, |r| r.count),
        last_offset_ms: last.map_or(0, |r| offset(r.time)),
        last_count: last.map_or(0, |r| r.count),
    }
}

fn interval_from_message(message: proto::Interval) -> Result<Interval, RecordError> {
    use crate::energy::interval::Cell;
    use crate::model::Reading;
    let width_ms = i64::from(message.width_s) * 1000;
    let start =
        UtcMillis(message.start_s.checked_mul(1000).ok_or(RecordError::Content("an interval outside of time"))?);
    if width_ms == 0 || start.floor(width_ms) != start || i64::from(message.covered_ms) > width_ms {
        return Err(RecordError::Content("an interval that is not aligned to its width"));
    }
    let reading = |offset_ms: u32, count| Reading { time: start.plus_ms(i64::from(offset_ms)), count };
    let cell = (message.readings > 0).then(|| Cell {
        first: reading(message.first_offset_ms, message.first_count),
        last: reading(message.last_offset_ms, message.last_count),
    });
    if let Some(cell) = cell
        && (cell.first.time > cell.last.time || cell.last.time >= start.plus_ms(width_ms))
    {
        return Err(RecordError::Content("an interval whose readings lie outside of it"));
    }
    Ok(Interval {
        series: message.series,
        width_ms,
        start,
        amount: message.amount,
        covered_ms: i64::from(message.covered_ms),
        readings: message.readings,
        cell,
    })
}

#[cfg(test)]
mod tests;
