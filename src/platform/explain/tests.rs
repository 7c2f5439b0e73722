use super::*;
use crate::{
    energy::counter::EpochCause,
    model::{Physics, Quality, Reading},
    platform::fixture::energy,
    runtime::lang::Lang,
};

fn register(counts: i64) -> Register {
    Register {
        gateway_id: "gw-1".into(),
        meter: "m1".into(),
        point: "ep".into(),
        counted_as: "site_energy".into(),
        counts,
        per_count: "0.01".parse().unwrap(),
        first: None,
        last: None,
        slots_expected: 2,
        slots_received: 2,
        estimated: 0,
        by_hand: false,
        tagged: None,
    }
}

fn trace(amounts: &[i64], more: bool) -> Trace {
    let sourced = |count: i64| SourcedReading {
        reading: Reading { time: UtcMillis(count), count },
        record: Some(([7; 16], 3)),
        declared: false,
    };
    let intervals = amounts.iter().zip(0..).map(|(amount, at)| TracedInterval {
        start: UtcMillis(at * 900_000),
        amount: *amount,
        doubts: Doubts::BACKSTEP,
        first: Some(sourced(at)),
        last: Some(sourced(at + amount)),
    });
    let reading = |count: i64| Reading { time: UtcMillis(60_000), count };
    Trace {
        series: energy("0.01".parse().unwrap()),
        physics: Physics::default(),
        amount: amounts.iter().sum(),
        doubts: Doubts::BACKSTEP,
        epochs: vec![EpochEnd {
            time: UtcMillis(60_000),
            cause: EpochCause::Reset,
            before: reading(9),
            after: reading(0),
        }],
        intervals: intervals.collect(),
        more,
        set_aside: vec![sourced(99)],
    }
}

fn leaf(counts: i64) -> Term {
    Term::leaf("gw-1/m1/ep", None, "kWh", How::Register(register(counts)))
}

fn explanation(counts: i64, traced_as: Option<Trace>, listed: usize) -> Explanation {
    let term = Term::of("kwh", "kWh", How::Sum, vec![leaf(counts).plus()]);
    let registers = vec![traced(&leaf(counts), &register(counts), traced_as, listed)];
    let sums = registers.iter().all(|register| register.counts_traced == Some(register.counts_all));
    Explanation {
        credit_code: "91331003MA0000015F".into(),
        name: "Mill".into(),
        period: "2024-11-24".into(),
        start_ms: UtcMillis(0),
        end_ms: UtcMillis(86_400_000),
        as_of_ms: UtcMillis(86_400_000),
        basis: Basis::Calorific,
        figure: "kwh",
        state: State::of(&term),
        recomputed_same: term.holds() && sums,
        term,
        registers,
        registers_left_out: 0,
        rules: "1",
    }
}

#[test]
fn quarter_hours_that_add_up_to_the_register_hold_and_others_do_not() {
    assert!(explanation(12, Some(trace(&[5, 7], false)), 8).holds());
    assert!(!explanation(13, Some(trace(&[5, 7], false)), 8).holds());
    assert!(!explanation(12, None, 8).holds());
    // its own sum is wrong
    let off = Trace { amount: 13, ..trace(&[5, 7], false) };
    assert!(!explanation(13, Some(off), 8).holds());
    // only a part of a long period is listed: the store summed it up
    let long = Trace { amount: 1_000, ..trace(&[5, 7], true) };
    assert!(explanation(1_000, Some(long), 8).holds());
}

#[test]
fn the_text_names_figure_factor_register_reading_and_record_and_what_was_left_out() {
    let text = render(&explanation(12, Some(trace(&[5, 7], false)), 1), 12, Lang::En);
    for words in [
        "91331003MA0000015F Mill · 2024-11-24 · kwh · calorific",
        "kwh = 0.12 kWh [sum]",
        "└─ + gw-1/m1/ep = 0.12 kWh [register: 12 counts × 0.01; site_energy]",
        "gw-1/m1/ep (kWh): 12 counts; its quarter-hours give 12",
        "reset: 9 (1970-01-01T08:01:00+08:00) → 0",
        "1970-01-01T08:00:00+08:00 +5 ~backstep: 0 @",
        "(gw-1 07070707070707070707070707070707/3)",
        "1 more quarter-hours",
        "× 99 @",
        "recomputed: the same to the last digit",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let off = render(&explanation(13, Some(trace(&[5, 7], false)), 1), 1, Lang::Zh);
    assert!(off.contains("重新计算：结果不同") && off.contains("… 1 项（--depth）"), "{off}");
    assert_eq!(explanation(12, None, 0).state.quality, Quality::Good);
}

/// 2024-11-24T00:00:00+08:00
const BASE: i64 = 1_732_377_600_000;

#[tokio::test]
async fn the_readings_of_a_real_ledger_add_up_to_the_figure() {
    use crate::{
        model::{Gateway, Reason, Sample, Site, Value},
        platform::assess::coefficient,
        wire::record::{Content, Samples, encode},
    };
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let site = Site {
        credit_code: "91331003MA0000015F".into(),
        name: "Mill".into(),
        city_code: "331000".into(),
        county_code: "331003".into(),
        industry_code: "C1713".into(),
        land_mu: "12.5".parse().unwrap(),
        product_code: String::new(),
        product_unit: String::new(),
        output_value_yuan_per_unit: None,
    };
    let gateway = Gateway { gateway_id: "gw-1".into(), credit_code: site.credit_code.clone(), public_keys: Vec::new() };
    store.register(vec![site], vec![gateway], Default::default()).await.unwrap();
    let sample = |(minute, count): (i64, i64)| Samples {
        time: UtcMillis(BASE + minute * 60_000),
        samples: vec![Sample { series: 0, reason: Reason::Good, value: Some(Value::Count(count)) }],
    };
    let mut records = encode(&Content::Dictionary(vec![(0, trace(&[], false).series)].into()));
    // every five minutes, then nothing for three hours
    let readings = (0..20).map(|at| (at * 5, at * 37)).chain([(280, 2_000), (285, 2_013)]);
    records.extend(encode(&Content::Samples(0, readings.map(sample).collect())));
    store.ingest("gw-1", [7; 16], 1, records, None).await.unwrap();

    let text = include_str!("../../../deploy/coefficients/gbt-2589-2020.toml");
    let rules = Arc::new(coefficient::parse([("standard", text)]).unwrap().into());
    let question = |figure: Figure, period: &str| Question {
        credit_code: "91331003MA0000015F".into(),
        period: period.parse().unwrap(),
        figure,
        basis: Basis::Calorific,
        intervals: 100,
    };
    let found = explain(&store, &rules, &question(Figure::Kwh, "2024-11-24")).await.unwrap().unwrap();
    assert!(found.holds(), "{found:?}");
    let register = &found.registers[0];
    let sum: i64 = register.intervals.iter().map(|interval| interval.counts).sum();
    assert_eq!((sum, register.intervals_left_out), (2_013, 0));
    assert_eq!(found.term.value, Some(Decimal::from(sum) * register.per_count));
    let first = register.intervals[0].first.as_ref().unwrap();
    assert_eq!((first.time_ms, first.count, first.seq.is_some()), (UtcMillis(BASE), 0, true));
    assert!(found.state.doubts.has(Doubts::ESTIMATED_SHAPE), "three hours without a reading");
    // a figure without any register, one that is unknown, and a site that there is not
    assert!(explain(&store, &rules, &question(Figure::TaxWanPerMu, "2024")).await.unwrap().unwrap().holds());
    assert!(explain(&store, &rules, &question(Figure::Kwh, "2020")).await.unwrap().unwrap().holds());
    let nowhere = Question { credit_code: "91331003MA0000111Q".into(), ..question(Figure::Kwh, "2024") };
    assert!(explain(&store, &rules, &nowhere).await.unwrap().is_none());
}
