use super::*;
use crate::{energy::interval::Cell, model::Reading};
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
        for record in encode(&Content::Samples(samples.clone())) {
            prop_assert!(record.body.len() <= RECORD_BYTES_MAX);
            match decode(&record).unwrap() {
                Content::Samples(part) => back.extend(part),
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert_eq!(sorted(back), sorted(samples));
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(kind in 0_u8..5, body in prop::collection::vec(any::<u8>(), 0..300)) {
        for body in [zstd::bulk::compress(&body, 1).unwrap(), body] {
            let record = Record { kind, crc32c: crc32c::crc32c(&body), body: body.into() };
            let _ = decode(&record);
        }
    }
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
    };
    let all: Vec<_> = (0..2_000).map(|i| (i, series(i))).collect();
    let records = encode(&Content::Dictionary(all.clone()));
    assert!(records.len() > 1 && records.iter().all(|r| r.body.len() <= RECORD_BYTES_MAX));
    let back: Vec<_> = records
        .iter()
        .flat_map(|record| match decode(record).unwrap() {
            Content::Dictionary(part) => part,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(back, all);
}

#[test]
fn an_interval_comes_back() {
    let reading = |s: i64, count| Reading { time: UtcMillis(s * 1000), count };
    let interval = Interval {
        series: 3,
        width_ms: 60_000,
        start: UtcMillis(1_800_000_000_000),
        amount: 17,
        covered_ms: 60_000,
        readings: 2,
        cell: Some(Cell { first: reading(1_800_000_001, -5), last: reading(1_800_000_059, 12) }),
    };
    let content = Content::Intervals(vec![interval]);
    assert_eq!(decode(&encode(&content)[0]).unwrap(), content);
}

#[test]
fn damaged_records_are_refused_with_the_reason() {
    let good = encode(&Content::Samples(vec![])).remove(0);
    let remade = |body: Vec<u8>| Record { kind: good.kind, crc32c: crc32c::crc32c(&body), body: body.into() };
    let mut flipped = good.clone();
    flipped.crc32c ^= 1;
    assert!(matches!(decode(&flipped), Err(RecordError::Checksum { .. })));
    assert_eq!(decode(&Record { kind: 99, ..good.clone() }), Err(RecordError::Kind(99)));
    assert_eq!(decode(&remade(vec![0; RECORD_BYTES_MAX + 1])), Err(RecordError::TooLarge(RECORD_BYTES_MAX + 1)));
    assert_eq!(decode(&remade(b"no zstd".to_vec())), Err(RecordError::Compression));
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 3).unwrap();
    assert!(bomb.len() < RECORD_BYTES_MAX);
    assert_eq!(decode(&remade(bomb)), Err(RecordError::Compression));
}

#[test]
fn a_small_message_can_not_claim_more_samples_than_a_record_may_hold() {
    let scan =
        proto::Scan { jitter_ms: vec![0; 2_000], columns: vec![proto::Column::default(); 2_000], ..Default::default() };
    let message = proto::Samples { scans: vec![scan] };
    assert!(matches!(samples_from_message(message), Err(RecordError::Content(_))));
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
        let detail = detail[..detail.floor_char_boundary(DETAIL_BYTES_MAX)].to_owned();
        let content = Content::Gap(Gap { cause, span, series, lost, detail });
        let [record] = &encode(&content)[..] else { panic!("one gap is one record") };
        prop_assert_eq!(decode(record).unwrap(), content);
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
