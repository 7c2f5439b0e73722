use super::*;
use crate::{
    energy::interval::Cell,
    model::{Doubts, GapCause, Physics, PointKind, Reading, Reason, Role, Sample, Span, UtcMillis, Value},
};
use proptest::prelude::*;

fn any_sample(series: u32) -> impl Strategy<Value = Sample> {
    let good = prop_oneof![
        any::<i64>().prop_map(|c| (Reason::Good, Some(Value::Count(c)))),
        any::<i32>().prop_map(|c| (Reason::Rounded, Some(Value::Count(c.into())))),
        (-1e12..1e12).prop_map(|r| (Reason::Good, Some(Value::Real(r)))),
        Just((Reason::Timeout, None)),
        Just((Reason::Missing, None)),
    ];
    good.prop_map(move |(reason, value)| Sample { series, reason, value })
}

fn any_samples() -> impl Strategy<Value = Vec<Samples>> {
    let one = (any::<i64>(), 1_u32..5).prop_flat_map(|(time, width)| {
        (0..width)
            .map(any_sample)
            .collect::<Vec<_>>()
            .prop_map(move |samples| Samples { time: UtcMillis(time), samples })
    });
    prop::collection::vec(one, 0..60)
}

/// Scans of one shape come back together; inside a shape the order stays.
fn sorted(mut samples: Vec<Samples>) -> Vec<String> {
    let mut lines: Vec<_> = samples.drain(..).map(|one| format!("{one:?}")).collect();
    lines.sort();
    lines
}

proptest! {
    #[test]
    fn samples_come_back_value_for_value(samples in any_samples()) {
        let mut back = Vec::new();
        for record in encode(&Content::Samples(0, samples.clone())) {
            prop_assert!(record.body.len() <= RECORD_BYTES_MAX);
            match decode(&record).unwrap() {
                Content::Samples(_, part) => back.extend(part),
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert_eq!(sorted(back), sorted(samples));
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(kind in 0_u8..6, body in prop::collection::vec(any::<u8>(), 0..300)) {
        for body in [zstd::bulk::compress(&body, 1).unwrap(), body] {
            let record = Record { kind, crc32c: crc32c::crc32c(&body), body: body.into() };
            let _ = decode(&record);
        }
    }
}

#[test]
fn many_samples_of_one_instant_are_split_into_records_of_legal_size() {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from_bits(state >> 2)
    };
    let sample = |series| Sample { series, reason: Reason::Good, value: Some(Value::Real(random())) };
    let samples: Vec<_> = (0..5_000).map(sample).collect();
    let records = encode(&Content::Samples(0, vec![Samples { time: UtcMillis(1), samples: samples.clone() }]));
    assert!(records.iter().all(|record| record.body.len() <= RECORD_BYTES_MAX));
    let back: Vec<_> = records
        .iter()
        .flat_map(|record| match decode(record).unwrap() {
            Content::Samples(_, part) => part.into_iter().flat_map(|one| one.samples),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(back, samples);
}

#[test]
fn a_large_dictionary_is_split_into_records_of_legal_size() {
    let series = |i: u32| Series {
        meter: format!("{:x}", u128::from(i).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C834)),
        point: format!("p{}", i.wrapping_mul(2_654_435_761)),
        kind: PointKind::Cumulative,
        role: Role::SiteEnergy,
        carrier: "electricity".into(),
        product: String::new(),
        unit: "kWh".into(),
        scale: "0.01".parse().unwrap(),
        physics: Physics::default(),
    };
    let all: Vec<_> = (0..2_000).map(|i| (i, series(i))).collect();
    let records = encode(&Content::Dictionary(all.clone().into()));
    assert!(records.len() > 1 && records.iter().all(|r| r.body.len() <= RECORD_BYTES_MAX));
    let back: Vec<_> = records
        .iter()
        .flat_map(|record| match decode(record).unwrap() {
            Content::Dictionary(part) => part.series,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(back, all);
}

fn any_interval() -> impl Strategy<Value = Interval> {
    let width = prop::sample::select(vec![60_i64, 900]);
    let cell = prop::option::of((0_i64..60_000, 0_i64..60_000, any::<i64>(), any::<i64>()));
    (any::<u32>(), width, -1_000_000_000_i64..1_000_000_000, any::<i64>(), 0_i64..=60_000, 1_u32..4, cell).prop_map(
        |(series, width_s, turn, amount, covered_ms, readings, cell)| {
            let start = UtcMillis(turn * width_s * 1000);
            let reading = |offset, count| Reading { time: start.plus_ms(offset), count };
            let cell = cell.map(|(a, b, first, last)| match readings {
                1 => Cell::of(reading(a, first)),
                _ => Cell { first: reading(a.min(b), first), last: reading(a.max(b), last) },
            });
            let readings = cell.map_or(0, |_| readings);
            Interval {
                series,
                width_ms: width_s * 1000,
                start,
                amount,
                covered_ms,
                readings,
                cell,
                doubts: Doubts::NONE,
            }
        },
    )
}

proptest! {
    #[test]
    fn intervals_come_back_as_they_were(intervals in prop::collection::vec(any_interval(), 1..80)) {
        let mut back = Vec::new();
        for record in encode(&Content::Intervals(intervals.clone())) {
            let Content::Intervals(part) = decode(&record).unwrap() else { panic!() };
            back.extend(part);
        }
        prop_assert_eq!(back, intervals);
    }
}

#[test]
fn intervals_that_contradict_themselves_are_refused() {
    let good = proto::Intervals {
        series: vec![1, 1],
        width_s: vec![60, 60],
        start_s: vec![120, 0],
        amount: vec![5, 6],
        uncovered_ms: vec![0, 60_000],
        readings: vec![0, 2],
        first_offset_ms: vec![10],
        first_count: vec![1],
        last_offset_ms: vec![59_999],
        last_rise: vec![4],
        doubts: vec![],
    };
    let read = |message: &proto::Intervals| intervals::from_message(message.clone());
    assert!(read(&good).is_ok());
    for bad in [
        proto::Intervals { width_s: vec![60], ..good.clone() },
        proto::Intervals { width_s: vec![60, 0], ..good.clone() },
        proto::Intervals { start_s: vec![121, 0], ..good.clone() },
        proto::Intervals { start_s: vec![i64::MIN / 1000, 0], ..good.clone() },
        proto::Intervals { uncovered_ms: vec![0, 60_001], ..good.clone() },
        proto::Intervals { readings: vec![1, 2], ..good.clone() },
        proto::Intervals { last_rise: vec![], ..good.clone() },
        proto::Intervals { first_offset_ms: vec![60_000], ..good.clone() },
        proto::Intervals { last_offset_ms: vec![60_000], ..good.clone() },
        proto::Intervals { series: vec![1, -2], ..good.clone() },
    ] {
        assert!(matches!(read(&bad), Err(RecordError::Content(_))), "{bad:?}");
    }
}

#[test]
fn damaged_records_are_refused_with_the_reason() {
    let good = encode(&Content::Samples(0, vec![])).remove(0);
    let remade = |body: Vec<u8>| Record { kind: good.kind, crc32c: crc32c::crc32c(&body), body: body.into() };
    let mut flipped = good.clone();
    flipped.crc32c ^= 1;
    assert!(matches!(decode(&flipped), Err(RecordError::Checksum { .. })));
    assert_eq!(decode(&Record { kind: 99, ..good.clone() }), Err(RecordError::Kind(99)));
    assert_eq!(decode(&remade(vec![0; RECORD_BYTES_MAX + 1])), Err(RecordError::TooLarge(RECORD_BYTES_MAX + 1)));
    assert_eq!(decode(&remade(b"no zstd".to_vec())), Err(RecordError::Compression));
}

#[test]
fn a_small_message_can_not_claim_more_samples_than_a_record_may_hold() {
    let claims = |instants: usize, columns: usize, scans: usize| {
        let length = u32::try_from(instants * columns).unwrap();
        let series_runs = vec![0, i64::try_from(columns).unwrap()];
        let scan = proto::Scan {
            jitter_ms: vec![0; instants],
            series_runs,
            reason_runs: vec![u32::from(Reason::Timeout.code()), length],
            ..Default::default()
        };
        samples::from_message(proto::Samples { scans: vec![scan; scans], clock_segment: 0 })
    };
    assert!(claims(512, 512, 1).is_ok());
    for (instants, columns, scans) in [(513, 512, 1), (512, 256, 3), (131_072, 0, 3), (0, 262_145, 1), (0, 131_072, 3)]
    {
        let refused = claims(instants, columns, scans);
        assert!(matches!(refused, Err(RecordError::Content(_))), "{instants} × {columns}, {scans} times");
    }
}

#[test]
fn a_scan_that_contradicts_itself_is_refused() {
    let good = proto::Scan {
        jitter_ms: vec![0, 0],
        series_runs: vec![3, 2],
        count_first: vec![7, 8],
        count_delta: vec![0, 0],
        ..Default::default()
    };
    let read =
        |scan: &proto::Scan| samples::from_message(proto::Samples { scans: vec![scan.clone()], clock_segment: 0 });
    assert!(read(&good).is_ok());
    for bad in [
        proto::Scan { count_delta: vec![0], ..good.clone() },
        proto::Scan { count_delta: vec![0; 3], ..good.clone() },
        proto::Scan { real: vec![0.0], ..good.clone() },
        proto::Scan { real_columns: vec![0], ..good.clone() },
        proto::Scan { real: vec![0.0], real_wide: vec![0.0], ..good.clone() },
        proto::Scan { series_runs: vec![-1, 2], ..good.clone() },
        proto::Scan { series_runs: vec![3], ..good.clone() },
        proto::Scan { series_runs: vec![3, -2], ..good.clone() },
        proto::Scan { series_runs: vec![i64::from(u32::MAX), 2], ..good.clone() },
        proto::Scan { reason_runs: vec![0, 3], ..good.clone() },
        proto::Scan { reason_runs: vec![0, 5], ..good.clone() },
        proto::Scan { reason_runs: vec![0, 4, 1], ..good.clone() },
        proto::Scan { reason_runs: vec![99, 4], ..good.clone() },
    ] {
        assert!(matches!(read(&bad), Err(RecordError::Content(_))), "{bad:?}");
    }
}

#[test]
fn a_gauge_keeps_each_of_its_bits() {
    for real in [0.1_f64, f64::from(0.1_f32), -0.0, f64::MAX, f64::from(f32::MIN_POSITIVE)] {
        let sample = Sample { series: 0, reason: Reason::Good, value: Some(Value::Real(real)) };
        let content = Content::Samples(0, vec![Samples { time: UtcMillis(1), samples: vec![sample] }]);
        let Content::Samples(_, back) = decode(&encode(&content)[0]).unwrap() else { panic!() };
        let Some(Value::Real(found)) = back[0].samples[0].value else { panic!() };
        assert_eq!(found.to_bits(), real.to_bits());
    }
}

proptest! {
    #[test]
    fn a_gap_comes_back_as_it_was(
        cause in prop::sample::select(GapCause::ALL.to_vec()),
        span in prop::option::of((1_i64..1 << 50, 0_i64..1 << 40)),
        series in prop::collection::vec(any::<u32>(), 0..50),
        lost in prop::option::of((any::<[u8; 16]>(), any::<u64>(), any::<u64>())),
        detail in ".{0,80}",
    ) {
        let span = span.map(|(start, length)| Span { start: UtcMillis(start), end: UtcMillis(start + length) });
        let lost = lost.map(|(gen_id, first_seq, last_seq)| Lost { gen_id, first_seq, last_seq });
        let gap = Gap { cause, span, series, lost, detail };
        let [record] = &encode(&Content::Gap(gap.clone()))[..] else { panic!("one gap is one record") };
        let Content::Gap(back) = decode(record).unwrap() else { panic!("another kind") };
        prop_assert!(gap.detail.starts_with(&back.detail) && back.detail.len() <= DETAIL_BYTES_MAX);
        prop_assert!(back.detail.len() == gap.detail.len() || back.detail.len() > DETAIL_BYTES_MAX - 4);
        prop_assert_eq!(Gap { detail: gap.detail.clone(), ..back }, gap);
    }
}

#[test]
fn a_gap_that_contradicts_itself_is_refused() {
    let good = proto::Gap { cause: 1, start_ms: 5, end_ms: 9, gen_id: vec![1; 16].into(), ..Default::default() };
    let record = |gap: &proto::Gap| {
        let body = zstd::bulk::compress(&gap.encode_to_vec(), 3).unwrap();
        Record { kind: proto::RecordKind::Gap as u8, crc32c: crc32c::crc32c(&body), body: Bytes::from(body) }
    };
    assert!(decode(&record(&good)).is_ok());
    for bad in [
        proto::Gap { cause: 0, ..good.clone() },
        proto::Gap { cause: 99, ..good.clone() },
        proto::Gap { end_ms: 4, ..good.clone() },
        proto::Gap { gen_id: vec![1; 15].into(), ..good.clone() },
        proto::Gap { detail: "x".repeat(257), ..good.clone() },
    ] {
        assert!(matches!(decode(&record(&bad)), Err(RecordError::Content(_))), "{bad:?}");
    }
}
