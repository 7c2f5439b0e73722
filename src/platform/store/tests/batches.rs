//! What a batch does: the rule of numbers, bad records, seals, the registry.

use super::{super::registry, *};
use crate::model::Reason;
use crate::wire::{FUTURE_MS_MAX, TIME_MIN_MS};

const GEN: GenId = [7; 16];

fn stored(seq: u64) -> Outcome {
    Outcome::Stored { seq, complete: false }
}

/// A dictionary and `n` records with one reading each, a minute apart.
fn stream(n: i64) -> Vec<Record> {
    let mut all = vec![dictionary(&[(0, energy())])];
    all.extend((0..n).map(|i| samples(&[reading(BASE + i * 60_000, 10 * i)])));
    all
}

async fn total(store: &Store) -> i64 {
    store.ledger().await.unwrap()[0].total
}

#[tokio::test]
async fn a_repeat_changes_nothing_and_a_batch_across_the_mark_is_taken_in_part() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    let all = stream(10);
    assert_eq!(store.ingest("gw-1", GEN, 1, all[..6].to_vec()).await.unwrap(), stored(6));
    let once = store.ledger().await.unwrap();
    assert_eq!(store.ingest("gw-1", GEN, 1, all[..6].to_vec()).await.unwrap(), stored(6));
    assert_eq!(store.ledger().await.unwrap(), once);
    assert_eq!(store.ingest("gw-1", GEN, 4, all[3..].to_vec()).await.unwrap(), stored(11));
    assert_eq!(total(&store).await, 90);
    assert_eq!(store.repeats(), Repeats { duplicates: 9, conflicts: 0 });
    assert_eq!(store.audit().await.unwrap().faults, Vec::<String>::new());
}

#[tokio::test]
async fn a_number_used_for_two_contents_is_counted_and_the_first_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    store.ingest("gw-1", GEN, 1, stream(3)).await.unwrap();
    let other = samples(&[reading(BASE + 500_000, 999)]);
    assert_eq!(store.ingest("gw-1", GEN, 4, vec![other]).await.unwrap(), stored(4));
    assert_eq!(store.repeats(), Repeats { duplicates: 1, conflicts: 1 });
    assert_eq!(total(&store).await, 20);
}

#[tokio::test]
async fn behind_a_hole_nothing_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    let all = stream(5);
    let rewind = |expected_seq| Outcome::Rewind { expected_seq };
    assert_eq!(store.ingest("gw-1", GEN, 2, all[1..].to_vec()).await.unwrap(), rewind(1));
    assert_eq!(store.ingest("gw-1", GEN, u64::MAX, all[1..].to_vec()).await.unwrap(), rewind(1));
    assert_eq!(store.marks("gw-1", vec![GEN]).await.unwrap(), []);
    store.ingest("gw-1", GEN, 1, all[..2].to_vec()).await.unwrap();
    assert_eq!(store.ingest("gw-1", GEN, 4, all[3..].to_vec()).await.unwrap(), rewind(3));
    assert_eq!(store.audit().await.unwrap().blocks, 2);
    assert!(matches!(store.ingest("gw-1", GEN, 0, all).await, Err(StoreError::SeqRange(0))));
}

#[tokio::test]
async fn of_a_batch_with_a_bad_record_all_before_it_is_stored_and_nothing_from_it_on() {
    let one = |sample: Sample, time: i64| {
        encode(&Content::Samples(vec![Samples { time: UtcMillis(time), samples: vec![sample] }])).remove(0)
    };
    let good = |series, value| Sample { series, reason: Reason::Good, value: Some(value) };
    let now = clock::now();
    let mut torn = samples(&[reading(BASE, 1)]);
    torn.crc32c ^= 1;
    let twice = [(1, energy()), (1, series("other", Role::None))];
    let mut gauge = energy();
    gauge.kind = PointKind::Gauge;
    let interval = crate::wire::record::Interval {
        series: 9,
        width_ms: 900_000,
        start: UtcMillis(BASE),
        amount: 1,
        covered_ms: 900_000,
        readings: 0,
        cell: None,
    };
    type Expected = fn(&BadRecord) -> bool;
    let bad: [(Record, Expected); 9] = [
        (torn, |bad| matches!(bad, BadRecord::Record(RecordError::Checksum { .. }))),
        (Record { kind: 9, ..samples(&[]) }, |bad| matches!(bad, BadRecord::Record(RecordError::Kind(9)))),
        (one(good(8, Value::Count(1)), BASE), |bad| *bad == BadRecord::UnknownSeries(8)),
        (one(good(0, Value::Real(1.5)), BASE), |bad| *bad == BadRecord::RealReading(0)),
        (samples(&[reading(TIME_MIN_MS - 1, 1)]), |bad| matches!(bad, BadRecord::Time { .. })),
        (samples(&[reading(now.0 + FUTURE_MS_MAX + 60_000, 1)]), |bad| matches!(bad, BadRecord::Time { .. })),
        (dictionary(&[(0, gauge)]), |bad| *bad == BadRecord::Redefined(0)),
        (dictionary(&twice), |bad| *bad == BadRecord::Redefined(1)),
        (encode(&Content::Intervals(vec![interval])).remove(0), |bad| *bad == BadRecord::UnknownSeries(9)),
    ];
    for (bad, expected) in bad {
        let dir = tempfile::tempdir().unwrap();
        let store = registered(dir.path()).await;
        let mut all = vec![dictionary(&[(0, energy())])];
        all.extend([reading(TIME_MIN_MS, 5), reading(TIME_MIN_MS + 1, 8)].map(|one| samples(&[one])));
        all.extend([bad, samples(&[reading(TIME_MIN_MS + 2, 9)])]);
        match store.ingest("gw-1", GEN, 1, all).await {
            Err(StoreError::BadRecord { seq: 4, error }) => assert!(expected(&error), "{error}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(store.marks("gw-1", vec![GEN]).await.unwrap(), [Mark { gen_id: GEN, seq: 3, complete: false }]);
        assert_eq!(total(&store).await, 3);
        assert_eq!(store.audit().await.unwrap().faults, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_generation_is_complete_when_it_is_stored_through_its_seal() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    let complete = |seq| Outcome::Stored { seq, complete: true };
    store.ingest("gw-1", GEN, 1, stream(4)).await.unwrap();
    assert_eq!(store.seal("gw-1", GEN, 7).await.unwrap(), stored(5));
    let rest = [5, 6].map(|i| samples(&[reading(BASE + i * 60_000, 100)]));
    assert_eq!(store.ingest("gw-1", GEN, 6, rest.to_vec()).await.unwrap(), complete(7));
    assert_eq!(store.seal("gw-1", [8; 16], 0).await.unwrap(), complete(0), "an empty generation");
    // a power cut took the gateway's tail after we had stored it
    store.ingest("gw-1", [9; 16], 1, stream(4)).await.unwrap();
    assert_eq!(store.seal("gw-1", [9; 16], 3).await.unwrap(), complete(5));
    assert!(matches!(store.seal("gw-1", GEN, u64::MAX).await, Err(StoreError::SeqRange(_))));
}

#[tokio::test]
async fn marks_and_ledger_outlive_the_process_and_generations_are_apart() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    store.ingest("gw-1", [1; 16], 1, stream(3)).await.unwrap();
    store.ingest("gw-1", [2; 16], 1, stream(5)).await.unwrap();
    let before = (store.ledger().await.unwrap(), store.marks("gw-1", vec![[1; 16], [2; 16], [3; 16]]).await.unwrap());
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.ledger().await.unwrap(), before.0);
    assert_eq!(store.marks("gw-1", vec![[1; 16], [2; 16], [3; 16]]).await.unwrap(), before.1);
    assert_eq!(before.1.iter().map(|mark| mark.seq).collect::<Vec<_>>(), [4, 6]);
    assert_eq!(total(&store).await, 40, "the second generation brought the same readings and one more");
}

#[tokio::test]
async fn the_registry_is_replaced_as_a_whole_and_data_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    store.ingest("gw-1", GEN, 1, stream(3)).await.unwrap();
    store.replace_registry(vec![site("B")], vec![gateway("gw-2", "B")]).await.unwrap();
    assert_eq!(store.sites().await.unwrap(), [site("B")]);
    assert_eq!(store.gateways().await.unwrap(), [gateway("gw-2", "B")]);
    for refused in [store.ingest("gw-1", GEN, 5, vec![]).await, store.seal("gw-1", GEN, 4).await] {
        assert!(matches!(refused, Err(StoreError::UnknownGateway(id)) if id == "gw-1"));
    }
    assert!(matches!(store.marks("gw-1", vec![]).await, Err(StoreError::UnknownGateway(_))));
    let lost = store.replace_registry(vec![site("B")], vec![gateway("gw-3", "C")]).await.unwrap_err();
    assert_eq!(lost.to_string(), "gateway `gw-3` belongs to site `C`, which is not in the registry");
    assert_eq!(store.gateways().await.unwrap(), [gateway("gw-2", "B")], "a refused registry changes nothing");
    store.replace_registry(vec![site("C")], vec![gateway("gw-1", "C")]).await.unwrap();
    assert_eq!(total(&store).await, 20);
}

#[test]
fn a_second_platform_on_the_folder_is_told_so_and_so_is_a_newer_schema() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let error = Store::open(dir.path()).err().unwrap();
    assert!(error.to_string().contains("in use by another platform"), "{error}");
    drop(store);
    let connection = rusqlite::Connection::open(dir.path().join("mujun.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    assert_eq!(
        Store::open(dir.path()).err().unwrap().to_string(),
        "the data folder has schema 99, this platform knows 2"
    );
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(Store::open(&file), Err(StoreError::Folder { .. })));
    assert!(registry::sites(&connection).unwrap().is_empty());
}
