//! Several nodes at one database: who may store, what a crash of the server leaves, and that both stores say the same.

use super::{postgres::SERVER, *};
use std::time::Duration;

const GEN: GenId = [7; 16];

fn address() -> Address {
    Address::cluster(&SERVER.database()).unwrap()
}

fn seq(ingested: Result<Ingested, StoreError>) -> u64 {
    match ingested.unwrap().outcome {
        Outcome::Stored { seq, .. } => seq,
        Outcome::Rewind { expected_seq } => panic!("a rewind to {expected_seq}"),
    }
}

/// The same code on both: in a folder the two handles are of one process.
async fn fenced_by_a_newer_stream(old: &Store, new: &Store) {
    let all = stream(6);
    let never = CancellationToken::new;
    let first = old.superseding("gw-1", never()).await.unwrap();
    assert_eq!(seq(first.ingest("gw-1", GEN, 1, all[..3].to_vec(), None).await), 3);
    let second = new.superseding("gw-1", never()).await.unwrap();
    assert_eq!(second.marks("gw-1", vec![GEN]).await.unwrap()[0].seq, 3, "all that the first one brought counts");
    for late in [
        first.ingest("gw-1", GEN, 4, all[3..].to_vec(), None).await.map(drop),
        first.seal("gw-1", GEN, 3).await.map(drop),
    ] {
        assert!(matches!(late, Err(StoreError::Fenced)), "{late:?}");
    }
    assert_eq!(seq(second.ingest("gw-1", GEN, 4, all[3..].to_vec(), None).await), 7);
    assert_eq!(seq(second.ingest("gw-1", GEN, 4, all[3..].to_vec(), None).await), 7, "a repeat changes nothing");
    let audit = new.audit().await.unwrap();
    assert_eq!((audit.blocks, audit.readings, audit.faults), (7, 6, vec![]));
    assert!(matches!(old.superseding("gw-9", never()).await, Err(StoreError::UnknownGateway(_))));
}

#[tokio::test]
async fn a_second_node_that_takes_a_gateway_over_fences_the_first_one() {
    let address = address();
    let (a, b) = (registered_at(&address).await, Store::at(&address).unwrap());
    fenced_by_a_newer_stream(&a, &b).await;
    // and back again
    let third = a.superseding("gw-1", CancellationToken::new()).await.unwrap();
    assert_eq!(seq(third.ingest("gw-1", GEN, 8, vec![samples(&[reading(BASE + 900_000, 99)])], None).await), 8);
}

#[tokio::test]
async fn in_a_folder_a_newer_stream_fences_the_first_one_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    fenced_by_a_newer_stream(&store, &store.clone()).await;
}

/// Two nodes that both believe the gateway to be theirs, at one moment: the row of the gateway is held by one of them.
#[tokio::test]
async fn of_two_nodes_that_store_at_one_time_each_record_counts_once() {
    let address = address();
    let (a, b) = (registered_at(&address).await, Store::at(&address).unwrap());
    let all = stream(200);
    for chunk in 0..20 {
        let first = 1 + chunk * 10;
        let batch = || all[usize::try_from(first - 1).unwrap()..usize::try_from(first + 9).unwrap()].to_vec();
        let (one, two) =
            tokio::join!(a.ingest("gw-1", GEN, first, batch(), None), b.ingest("gw-1", GEN, first, batch(), None));
        assert_eq!((seq(one), seq(two)), (first + 9, first + 9));
    }
    let audit = a.audit().await.unwrap();
    assert_eq!((audit.blocks, audit.readings, audit.faults), (200, 199, vec![]));
    assert_eq!(a.repeats().duplicates + b.repeats().duplicates, 200, "every record came twice and was taken once");
}

/// A server of its own: the others must not see it go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_under_load_loses_nothing_that_was_acknowledged() {
    let server = Arc::new(postgres::Server::start());
    let address = Address::cluster(&server.database()).unwrap();
    let store = registered_at(&address).await;
    let (mut acknowledged, mut refused) = (0_u64, 0);
    for crash in 0..3 {
        let crashing = Arc::clone(&server);
        let crashed = task::blocking(move || crashing.crash());
        tokio::pin!(crashed);
        let mut ended = false;
        // goes on until a batch is stored behind the crash
        for attempt in 0.. {
            assert!(attempt < 100_000, "nothing is stored behind crash {crash}");
            let first = acknowledged + 1;
            let batch = (first..first + 5).map(record).collect();
            let stored = store.ingest("gw-1", GEN, first, batch, None);
            tokio::select! {
                stored = stored => match stored {
                    Ok(Ingested { outcome: Outcome::Stored { seq, .. }, .. }) => acknowledged = seq,
                    Ok(other) => panic!("{other:?}"),
                    Err(_) => {
                        refused += 1;
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        // what the gateway would ask when it comes again
                        if let Ok(marks) = store.marks("gw-1", vec![GEN]).await {
                            let mark = marks.first().map_or(0, |mark| mark.seq);
                            assert!(mark >= acknowledged, "{acknowledged} was acknowledged, {mark} is there");
                            acknowledged = mark;
                        }
                    }
                },
                () = &mut crashed, if !ended => ended = true,
            }
            if ended && store.marks("gw-1", vec![GEN]).await.is_ok() {
                break;
            }
        }
    }
    let audit = store.audit().await.unwrap();
    let mark = store.marks("gw-1", vec![GEN]).await.unwrap()[0].seq;
    assert_eq!((audit.blocks, audit.faults), (mark, vec![]));
    assert!(mark >= acknowledged && refused > 0, "{acknowledged} acknowledged, {mark} stored, {refused} refused");
}

fn record(seq: u64) -> Record {
    match seq {
        1 => dictionary(&[(0, energy())]),
        seq => samples(&[reading(BASE + i64::try_from(seq).unwrap() * 30_000, i64::try_from(seq).unwrap() * 4)]),
    }
}

#[tokio::test]
async fn both_stores_say_the_same_to_the_last_count() {
    let dir = tempfile::tempdir().unwrap();
    let both = [registered(dir.path()).await, registered_at(&address()).await];
    let period: Period = "2024-11-24".parse().unwrap();
    let mut said = Vec::new();
    for store in &both {
        let late = samples(&[reading(BASE + 1_800_000, 300)]);
        store.ingest("gw-1", GEN, 1, stream(300).into_iter().chain([late]).collect(), None).await.unwrap();
        said.push((
            store.snapshot(&period, NOW).await.unwrap(),
            store.intervals("A", &period).await.unwrap(),
            store.ledger().await.unwrap(),
            store.trace("gw-1", "m1", "ep", &period).await.unwrap(),
            store.audit().await.unwrap(),
        ));
    }
    assert_eq!(said[0], said[1]);
    assert_eq!(said[0].4.faults, Vec::<String>::new());
}

#[test]
fn a_url_is_refused_without_being_shown() {
    let why = Address::cluster("postgresql://mujun:secret@host:nowhere/x").unwrap_err();
    assert!(!why.contains("secret"), "{why}");
    assert!(Address::cluster("postgresql://db/x?sslmode=require").unwrap_err().contains("TLS"));
}

#[tokio::test]
async fn a_moved_store_is_the_same_and_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    let mut records = stream(50);
    records.push(event(
        9,
        BASE + 60_000,
        EventKind::Tag(crate::model::Tag { meter: "m1".into(), name: "shift".into(), value: "night\0".into() }),
    ));
    store.ingest("gw-1", GEN, 1, records, None).await.unwrap();
    let target = address();
    let (from, to) = (dir.path().to_owned(), target.clone());
    assert!(matches!(transfer(&from, &to), Err(StoreError::InUse { .. })), "a platform runs on it");
    let before = (store.ledger().await.unwrap(), store.audit().await.unwrap());
    drop(store);
    let moved = transfer(&from, &to).unwrap();
    let rows = |table: &str| moved.iter().find(|one| one.table == table).unwrap().rows;
    assert_eq!((rows("block"), rows("gateway"), rows("tag")), (52, 1, 1));
    let store = Store::at(&target).unwrap();
    assert_eq!((store.ledger().await.unwrap(), store.audit().await.unwrap()), before);
    // numbers go on behind those that came with it
    let more = vec![samples(&[reading(BASE + 900_000, 900)])];
    assert_eq!(seq(store.ingest("gw-1", GEN, 53, more, None).await), 53);
    assert_eq!(seq(store.ingest("gw-1", [8; 16], 1, stream(1), None).await), 2);
    drop(store);
    assert!(matches!(transfer(&from, &to), Err(StoreError::NotEmpty { .. })), "nothing is mixed");
}

#[tokio::test]
async fn a_copy_taken_while_the_store_is_written_is_one_state_of_it() {
    let (dir, spare) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Store::open(dir.path()).unwrap();
    store.register(vec![site("A")], vec![gateway("gw-1", "A")], Default::default()).await.unwrap();
    let all = stream(400);
    let to = spare.path().join("copy");
    let (from, into) = (dir.path().to_owned(), to.clone());
    store.ingest("gw-1", GEN, 1, all[..100].to_vec(), None).await.unwrap();
    let copy = task::blocking(move || backup(&from, &into));
    let write = async {
        for first in (101..=400).step_by(10) {
            let batch = all[first - 1..first + 9].to_vec();
            store.ingest("gw-1", GEN, first as u64, batch, None).await.unwrap();
        }
    };
    let (bytes, ()) = tokio::join!(copy, write);
    assert!(bytes.unwrap() > 0);
    let restored = Store::open(&to).unwrap();
    let mark = restored.marks("gw-1", vec![GEN]).await.unwrap()[0].seq;
    let audit = restored.audit().await.unwrap();
    assert_eq!((audit.blocks, audit.faults), (mark, vec![]));
    assert!((100..=400).contains(&mark));
    // what the copy lacks comes again from the gateway
    let rest = all[usize::try_from(mark).unwrap()..].to_vec();
    restored.ingest("gw-1", GEN, mark + 1, rest, None).await.unwrap();
    assert_eq!(restored.ledger().await.unwrap()[0].total, 399 * 10);
    assert!(matches!(backup(dir.path(), &to), Err(StoreError::NotEmpty { .. })), "no copy is written over");
}
