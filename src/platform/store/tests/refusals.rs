//! Records that can not be taken: each is kept with its reason, everything else goes on, and it is taken once when it
//! can be.

use super::{
    super::{
        audit,
        refused::{REFUSED_MAX, Retried, Retry, retry, write_off},
    },
    *,
};
use crate::{
    model::{Doubts, GapCause, Span},
    wire::{FUTURE_MS_MAX, TIME_MIN_MS, proto::RefusedCode, record::Gap},
};

use bytes::Bytes;

const GEN: GenId = [7; 16];

fn one(sample: Sample, time: i64) -> Record {
    encode(&Content::Samples(0, vec![Samples { time: UtcMillis(time), samples: vec![sample] }])).remove(0)
}

fn good(series: u32, value: Value) -> Sample {
    Sample { series, reason: Reason::Good, value: Some(value) }
}

fn framed(message: &[u8]) -> Record {
    let body = Bytes::from(zstd::bulk::compress(message, 3).unwrap());
    Record { kind: 2, crc32c: crc32c::crc32c(&body), body }
}

fn faults(connection: Tx<'_>) -> Vec<String> {
    audit::audit(connection).unwrap().faults
}

/// Every kind of bad record, with the contract's code of its refusal.
fn bad() -> Vec<(Record, RefusedCode, &'static str)> {
    let mut torn = samples(&[reading(BASE, 1)]);
    torn.crc32c ^= 1;
    let mut gauge = energy();
    gauge.kind = PointKind::Gauge;
    let twice = [(1, energy()), (1, series("other", Role::None))];
    let interval = Interval {
        series: 9,
        width_ms: 900_000,
        start: UtcMillis(BASE),
        amount: 1,
        covered_ms: 900_000,
        readings: 0,
        cell: None,
        doubts: Doubts::NONE,
    };
    let future = NOW.0 + FUTURE_MS_MAX + 1;
    let ahead = Cell::of(reading(future, 1));
    let gap = |series: Vec<u32>, end: i64, first_seq: u64| {
        let span = Some(Span { start: UtcMillis(BASE), end: UtcMillis(end) });
        let lost = Some(crate::wire::record::Lost { gen_id: GEN, first_seq, last_seq: 0 });
        encode(&Content::Gap(Gap { cause: GapCause::Dropped, span, series, lost, detail: String::new() })).remove(0)
    };
    let bomb = framed(&vec![0; 64 << 20]);
    assert!(bomb.body.len() < crate::wire::RECORD_BYTES_MAX, "a bomb fits into a record");
    let plain = Bytes::from_static(b"no frame");
    let plain = Record { kind: 2, crc32c: crc32c::crc32c(&plain), body: plain };
    vec![
        (torn, RefusedCode::Checksum, "the checksum does not match"),
        (Record { kind: 9, ..samples(&[]) }, RefusedCode::Encoding, "kind 9 is unknown"),
        (bomb, RefusedCode::Encoding, "the body inflates to 67108864 bytes"),
        (plain, RefusedCode::Encoding, "the body is not one whole zstd frame"),
        (framed(&[0xff; 20]), RefusedCode::Encoding, "the body is no message of its kind"),
        (one(good(8, Value::Count(1)), BASE), RefusedCode::Content, "series 8 is not in the generation's dictionary"),
        (one(good(0, Value::Real(1.5)), BASE), RefusedCode::Content, "series 0 is a register"),
        (dictionary(&[(0, gauge)]), RefusedCode::Content, "series 0 already means another series"),
        (dictionary(&twice), RefusedCode::Content, "series 1 already means another series"),
        (encode(&Content::Intervals(vec![interval.clone()])).remove(0), RefusedCode::Content, "series 9 is not in"),
        (encode(&Content::Recalled(vec![interval])).remove(0), RefusedCode::Content, "series 9 is not in"),
        (gap(vec![9], BASE + 1, 1), RefusedCode::Content, "series 9 is not in"),
        (gap(vec![], BASE + 1, u64::MAX), RefusedCode::Content, "a gap whose record numbers"),
        (samples(&[reading(TIME_MIN_MS - 1, 1)]), RefusedCode::Time, "a sample of"),
        (samples(&[reading(future, 1)]), RefusedCode::Time, "a sample of"),
        (recalled(&[ahead]), RefusedCode::Time, "a sample of"),
        (gap(vec![], future, 1), RefusedCode::Time, "a sample of"),
    ]
}

#[test]
pub fn a_bad_record_is_kept_with_its_reason_and_all_others_are_taken() {
    for (bad, code, message) in bad() {
        let connection = memory();
        let around = [reading(BASE, 5), reading(BASE + 1, 8), reading(BASE + 2, 9)].map(|one| samples(&[one]));
        let first = [dictionary(&[(0, energy())]), around[0].clone()];
        assert_eq!(take(connection.tx(), 7, 1, &first, NOW).refusals, []);
        let rest = [bad.clone(), around[1].clone(), around[2].clone()];
        let taken = take(connection.tx(), 7, 3, &rest, NOW);
        assert_eq!(taken.outcome, Outcome::Stored { seq: 5, complete: false });
        assert_eq!(taken.refusals.len(), 1, "{message}");
        let refusal = &taken.refusals[0];
        assert_eq!((refusal.seq, refusal.error.code()), (3, code as u8), "{message}");
        assert!(refusal.error.to_string().starts_with(message), "{}", refusal.error);
        let audit = audit::audit(connection.tx()).unwrap();
        assert_eq!((audit.blocks, audit.refused, audit.readings, audit.faults), (4, 1, 3, vec![]), "{message}");
        let kept: (u8, u32, Vec<u8>) = connection
            .tx()
            .only("SELECT kind, crc32c, body FROM refused", params![], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(kept, (bad.kind, bad.crc32c, bad.body.to_vec()), "as it came");
        // what it would have written is not there
        let left: i64 = connection
            .tx()
            .only("SELECT (SELECT count(*) FROM gap) + (SELECT count(*) FROM dictionary)", params![], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 1, "{message}");
        // a repeat is one, and another content under its number is seen
        assert_eq!(take(connection.tx(), 7, 3, &[bad], NOW).duplicates, 1);
        assert_eq!(take(connection.tx(), 7, 3, &around[2..], NOW).conflicts, [3]);
    }
}

#[tokio::test]
pub async fn a_checksum_that_does_not_match_is_asked_for_once_more_before_it_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    let whole = samples(&[reading(BASE, 5)]);
    let torn = Record { crc32c: whole.crc32c ^ 1, ..whole.clone() };
    let batch = vec![dictionary(&[(0, energy())]), torn.clone(), whole.clone()];
    let first = store.ingest("gw-1", GEN, 1, batch, None).await.unwrap();
    assert_eq!((first.outcome, first.stop), (Outcome::Stored { seq: 1, complete: false }, Some(Stop::Again(2))));
    let second = store.ingest("gw-1", GEN, 2, vec![torn, whole], Some(2)).await.unwrap();
    assert_eq!((second.outcome, second.stop), (Outcome::Stored { seq: 3, complete: false }, None));
    assert_eq!(second.refusals[0].error.code(), RefusedCode::Checksum as u8);
    assert_eq!(store.refused_counts().await.unwrap()["gw-1"], 1);
    let alarms = store.alarms(Listing { limit: 9, ..Listing::default() }).await.unwrap().rows;
    assert_eq!((alarms.len(), alarms[0].kind, alarms[0].count), (1, AlarmKind::Refusal, 1));
    assert!(alarms[0].detail.contains("record 2: the checksum does not match"), "{}", alarms[0].detail);
}

#[test]
pub fn over_the_bound_nothing_is_lost_the_mark_stands_before_the_refusal() {
    let connection = memory();
    let unknown = one(good(8, Value::Count(1)), BASE);
    take(connection.tx(), 7, 1, &[dictionary(&[(0, energy())])], NOW);
    let mut seq = 1;
    for _ in 0..REFUSED_MAX / 256 {
        let taken = take(connection.tx(), 7, seq + 1, &vec![unknown.clone(); 256], NOW);
        assert_eq!((taken.refusals.len(), taken.stop), (256, None));
        seq += 256;
    }
    let batch = [samples(&[reading(BASE, 1)]), unknown, samples(&[reading(BASE + 1, 2)])];
    let taken = take(connection.tx(), 7, seq + 1, &batch, NOW);
    assert_eq!((taken.outcome, taken.stop), (Outcome::Stored { seq: seq + 1, complete: false }, Some(Stop::Full)));
    assert_eq!(faults(connection.tx()), Vec::<String>::new());
    let audit = audit::audit(connection.tx()).unwrap();
    assert_eq!((audit.refused, audit.readings), (REFUSED_MAX as u64, 1));
    // an operator who gives them up makes room; their numbers stay used
    assert_eq!(write_off(connection.tx(), 1).unwrap(), REFUSED_MAX as u64);
    let taken = take(connection.tx(), 7, seq + 2, &batch[1..], NOW);
    assert_eq!((taken.outcome, taken.stop), (Outcome::Stored { seq: seq + 3, complete: false }, None));
    assert_eq!(faults(connection.tx()), Vec::<String>::new());
    assert_eq!(retry(connection.tx(), Retry::After(0, 0), NOW).unwrap().judged, 1, "only what is kept is judged again");
}

#[test]
fn a_record_ahead_of_the_clock_is_taken_once_when_its_time_has_come() {
    let connection = memory();
    let hour = 3_600_000;
    let ahead = [reading(NOW.0 + hour, 50), reading(NOW.0 + 2 * hour, 80)];
    let batch = [dictionary(&[(0, energy())]), samples(&ahead), samples(&[reading(NOW.0, 10)])];
    assert_eq!(take(connection.tx(), 7, 1, &batch, NOW).refusals.len(), 1);
    let look = |now: i64| retry(connection.tx(), Retry::Due, UtcMillis(now)).unwrap();
    let (due, readings) = (NOW.0 + 2 * hour - FUTURE_MS_MAX, || audit::audit(connection.tx()).unwrap().readings);
    assert_eq!(look(due - 1), Retried::default());
    // a platform that ends while it judges has judged nothing
    connection.tx().batch("SAVEPOINT a").unwrap();
    assert_eq!(look(due).taken, 1);
    connection.tx().batch("ROLLBACK TO a; RELEASE a").unwrap();
    assert_eq!((readings(), faults(connection.tx())), (1, vec![]));
    let retried = look(due);
    assert_eq!((retried.judged, retried.taken), (1, 1));
    assert_eq!((readings(), faults(connection.tx())), (3, vec![]));
    assert_eq!(look(due + 100 * hour), Retried::default());
    assert_eq!(take(connection.tx(), 7, 2, &batch[1..2], NOW).duplicates, 1, "sent again, it stays one");
    assert_eq!((readings(), faults(connection.tx())), (3, vec![]));
}

#[tokio::test]
pub async fn what_a_later_start_understands_is_taken_and_the_rest_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    let late = dictionary(&[(8, series("late", Role::None))]);
    let batch = vec![
        dictionary(&[(0, energy())]),
        one(good(8, Value::Count(1)), BASE),
        Record { kind: 9, ..samples(&[]) },
        late,
    ];
    assert_eq!(store.ingest("gw-1", GEN, 1, batch, None).await.unwrap().refusals.len(), 2);
    drop(store);
    let store = registered(dir.path()).await;
    assert_eq!((store.retry_refused().await.unwrap(), store.retry_refused().await.unwrap()), (1, 0));
    let audit = store.audit().await.unwrap();
    assert_eq!((audit.blocks, audit.refused, audit.readings, audit.faults), (3, 1, 1, vec![]));
    assert_eq!(store.retry_due().await.unwrap(), 0);
    let rows = store.refused(Listing { limit: 9, ..Listing::default() }).await.unwrap().rows;
    assert_eq!((rows.len(), rows[0].seq, rows[0].code, rows[0].gen_id), (1, 3, RefusedCode::Encoding as u8, GEN));
}

#[test]
fn the_audit_sees_a_number_that_is_a_block_and_refused() {
    let connection = memory();
    take(connection.tx(), 7, 1, &[dictionary(&[(0, energy())]), one(good(8, Value::Count(1)), BASE)], NOW);
    assert_eq!(faults(connection.tx()), Vec::<String>::new());
    for damage in ["UPDATE refused SET seq = 1", "DELETE FROM refused"] {
        connection.tx().batch(&format!("SAVEPOINT a; {damage}")).unwrap();
        assert_eq!(faults(connection.tx()).len(), 1, "{damage}");
        connection.tx().batch("ROLLBACK TO a; RELEASE a").unwrap();
    }
}
