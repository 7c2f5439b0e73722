//! Any bytes as a record. `fuzz/` tries them for hours, the tests for a moment.

use super::{
    compression,
    record::{Content, Record, decode, encode},
};

/// Contents of more items are not said again: that takes long and finds nothing more.
const AGAIN_MAX: usize = 2_000;

/// The first byte is the kind, the others the message before its compression.
pub fn message(bytes: &[u8]) {
    if let Some((kind, message)) = bytes.split_first() {
        take(*kind, compression::deflate(message));
    }
}

/// The first byte is the kind, the others are the body.
pub fn body(bytes: &[u8]) {
    if let Some((kind, body)) = bytes.split_first() {
        take(*kind, body.to_vec());
    }
}

/// What is understood can be said again, and is then the same.
fn take(kind: u8, body: Vec<u8>) {
    let Ok(content) = decode(&Record { kind, crc32c: crc32c::crc32c(&body), body: body.into() }) else { return };
    let Some(items) = items(&content) else { return };
    let mut again = Vec::new();
    for record in encode(&content) {
        match decode(&record) {
            Ok(content) => again.extend(self::items(&content).unwrap_or_default()),
            Err(error) => panic!("what was encoded is refused: {error}"),
        }
    }
    again.sort_unstable();
    assert_eq!(again, items);
}

/// Everything that a content says, in an order that does not depend on its records.
fn items(content: &Content) -> Option<Vec<String>> {
    let mut items: Vec<String> = match content {
        Content::Dictionary(dictionary) => dictionary.series.iter().map(|one| format!("{one:?}")).collect(),
        Content::Intervals(intervals) | Content::Recalled(intervals) if intervals.len() > AGAIN_MAX => return None,
        Content::Intervals(intervals) | Content::Recalled(intervals) => {
            intervals.iter().map(|one| format!("{one:?}")).collect()
        }
        Content::Gap(gap) if gap.series.len() > AGAIN_MAX => return None,
        Content::Gap(gap) => vec![format!("{gap:?}")],
        Content::Event(event) => vec![format!("{event:?}")],
        Content::Attestation(attestation) => vec![format!("{attestation:?}")],
        Content::Samples(_, samples) => {
            if samples.iter().map(|one| one.samples.len() + 1).sum::<usize>() > AGAIN_MAX {
                return None;
            }
            let of = |one: &super::record::Samples| {
                let time = one.time.0;
                one.samples.iter().map(move |sample| format!("{time} {sample:?}")).collect::<Vec<_>>()
            };
            samples.iter().flat_map(of).collect()
        }
    };
    items.sort_unstable();
    Some(items)
}

/// The inputs that `fuzz/` starts from.
#[cfg(test)]
pub mod corpus {
    use proptest::{prelude::*, sample::Index};
    use std::{fs, path::Path};

    /// Writes `seeds` under `UPDATE_GOLDEN`, and gives back all that is kept for `target`.
    pub fn of(target: &str, seeds: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(&folder).unwrap();
            for (number, seed) in seeds.iter().enumerate() {
                fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
            }
        }
        let entries = fs::read_dir(&folder).unwrap();
        let kept: Vec<_> = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
        assert!(kept.len() >= seeds.len(), "{} is not whole: UPDATE_GOLDEN=1", folder.display());
        kept
    }

    /// A few bytes of one of them changed, left out or doubled.
    pub fn changed(kept: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
        let change = (any::<Index>(), any::<u8>(), 0_u8..4);
        (prop::sample::select(kept), prop::collection::vec(change, 0..6)).prop_map(|(mut bytes, changes)| {
            for (at, byte, how) in changes {
                if bytes.is_empty() {
                    break;
                }
                let at = at.index(bytes.len());
                match how {
                    0 => bytes[at] = byte,
                    1 => bytes[at] ^= 1 << (byte % 8),
                    2 => bytes.truncate(at),
                    _ => bytes.extend_from_within(at..),
                }
                bytes.truncate(4_096);
            }
            bytes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        energy::interval::Cell,
        model::{
            ClockSegment, ClockShift, ClockState, Doubts, Entered, Event, EventKind, GapCause, Physics, PointKind,
            Proof, Reading, Reason, Register, Replaced, Role, Sample, Series, Span, Tag, UtcMillis, Value,
        },
        wire::record::{Attestation, Dictionary, Gap, Interval, Lost, Samples},
    };
    use proptest::prelude::*;

    /// One record of each kind. Each says again what it was made of.
    fn records() -> Vec<Record> {
        let sample = |series, reason, value| Sample { series, reason, value };
        let scan = |second: i64| Samples {
            time: UtcMillis(1_790_000_000_000 + second * 1000),
            samples: vec![
                sample(0, Reason::Good, Some(Value::Count(1_000 + second))),
                sample(1, Reason::Rounded, Some(Value::Count(-5))),
                sample(4, Reason::Good, Some(Value::Real(1.5))),
                sample(7, Reason::Timeout, None),
            ],
        };
        let reading = |s: i64, count| Reading { time: UtcMillis(s * 1000), count };
        let interval = Interval {
            series: 3,
            width_ms: 60_000,
            start: UtcMillis(1_800_000_000_000),
            amount: 17,
            covered_ms: 59_000,
            readings: 2,
            cell: Some(Cell { first: reading(1_800_000_001, 5), last: reading(1_800_000_059, 12) }),
            doubts: Doubts::ROUNDED | Doubts::HELD,
        };
        let bare = Interval { readings: 0, cell: None, series: 1, ..interval.clone() };
        let gap = Gap {
            cause: GapCause::ALL[0],
            span: Some(Span { start: UtcMillis(5), end: UtcMillis(9) }),
            series: vec![1, 2],
            lost: Some(Lost { gen_id: [7; 16], first_seq: 1, last_seq: 9 }),
            detail: "a disk".into(),
        };
        let series = Series {
            meter: "main".into(),
            point: "energy".into(),
            kind: PointKind::Cumulative,
            role: Role::SiteEnergy,
            carrier: "electricity".into(),
            product: String::new(),
            unit: "kWh".into(),
            scale: "0.4".parse().unwrap(),
            physics: Physics::default(),
        };
        let physics = Physics {
            modulus: Some(100_000_000),
            rate_max_per_h: Some(250_000),
            backstep_max: 1,
            warm_up_ms: 180_000,
            restarts: true,
        };
        let dictionary = Dictionary {
            run_id: [3; 16],
            created: UtcMillis(1_790_000_000_000),
            series: vec![(0, Series { physics, ..series.clone() })],
        };
        let register = Register { point: "energy".into(), final_count: Some(95_963_671), initial_count: None };
        let replaced = Replaced {
            meter: "main".into(),
            registers: vec![register],
            serial_old: "a 1".into(),
            serial_new: "b 2".into(),
            by: "installer".into(),
            note: "broken".into(),
        };
        let wall = UtcMillis(1_790_000_000_000);
        let clock = ClockSegment { segment: 1, state: ClockState::Unknown, wall, mono_ms: 77, step_ms: -600_000 };
        let shift = ClockShift { run_id: [3; 16], segment: 1, shift_ms: -600_000 };
        let tag = Tag { meter: "press".into(), name: "product".into(), value: "6204".into() };
        let entered = Entered {
            meter: "coal-yard".into(),
            point: "delivered".into(),
            count: 3_250,
            delivery: true,
            by: "张三".into(),
            evidence: "过磅单 20261124-003".into(),
            file: Some(Proof { name: "slip.jpg".into(), sha256: [9; 32] }),
            entered: wall,
        };
        let events = [
            EventKind::Replaced(replaced),
            EventKind::ClockSegment(clock),
            EventKind::ClockShift(shift),
            EventKind::Tag(tag),
            EventKind::Entered(entered),
        ];
        let attestation =
            Attestation { gen_id: [7; 16], seq: 9, chain: [1; 32], time: wall, key: [2; 32], signature: [3; 64] };
        let mut all = vec![
            Content::Samples(2, (0..3).map(scan).collect()),
            Content::Dictionary(dictionary),
            Content::Attestation(attestation),
            Content::Intervals(vec![interval.clone(), bare]),
            Content::Recalled(vec![interval]),
            Content::Gap(gap),
            Content::Dictionary(vec![(0, series)].into()),
        ];
        all.extend(events.map(|what| Content::Event(Event { event_id: [9; 16], time: wall, what })));
        for content in &all {
            let back: Vec<_> = encode(content).iter().map(|record| decode(record).unwrap()).collect();
            assert_eq!(back, std::slice::from_ref(content));
        }
        all.iter().flat_map(encode).collect()
    }

    fn bodies() -> Vec<Vec<u8>> {
        let with_kind = |record: Record| [&[record.kind], &record.body[..]].concat();
        corpus::of("body", &records().into_iter().map(with_kind).collect::<Vec<_>>())
    }

    fn messages() -> Vec<Vec<u8>> {
        let inflated = |record: Record| [&[record.kind], &compression::inflate(&record.body).unwrap()[..]].concat();
        corpus::of("message", &records().into_iter().map(inflated).collect::<Vec<_>>())
    }

    #[test]
    fn what_was_found_once_is_taken() {
        messages().iter().for_each(|bytes| message(bytes));
        bodies().iter().for_each(|bytes| body(bytes));
    }

    proptest! {
        #[test]
        fn any_message_is_taken(bytes in corpus::changed(messages())) {
            message(&bytes);
        }

        #[test]
        fn any_body_is_taken(bytes in corpus::changed(bodies())) {
            body(&bytes);
        }
    }
}
