//! What a batch does: the rule of numbers, seals, the registry.

use super::{super::registry, *};

const GEN: GenId = [7; 16];

fn as_far_as(outcome: Outcome) -> Ingested {
    Ingested { outcome, refusals: Vec::new(), stop: None }
}

fn stored(seq: u64) -> Ingested {
    as_far_as(Outcome::Stored { seq, complete: false })
}

async fn total(store: &Store) -> i64 {
    store.ledger().await.unwrap()[0].total
}

#[tokio::test]
pub async fn a_repeat_changes_nothing_and_a_batch_across_the_mark_is_taken_in_part() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    let all = stream(10);
    assert_eq!(store.ingest("gw-1", GEN, 1, all[..6].to_vec(), None).await.unwrap(), stored(6));
    let once = store.ledger().await.unwrap();
    assert_eq!(store.ingest("gw-1", GEN, 1, all[..6].to_vec(), None).await.unwrap(), stored(6));
    assert_eq!(store.ledger().await.unwrap(), once);
    assert_eq!(store.ingest("gw-1", GEN, 4, all[3..].to_vec(), None).await.unwrap(), stored(11));
    assert_eq!(total(&store).await, 90);
    assert_eq!(store.repeats(), Repeats { duplicates: 9, conflicts: 0 });
    assert_eq!(store.audit().await.unwrap().faults, Vec::<String>::new());
}

#[tokio::test]
pub async fn a_number_used_for_two_contents_is_counted_and_the_first_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    store.ingest("gw-1", GEN, 1, stream(3), None).await.unwrap();
    let other = samples(&[reading(BASE + 500_000, 999)]);
    assert_eq!(store.ingest("gw-1", GEN, 4, vec![other], None).await.unwrap(), stored(4));
    assert_eq!(store.repeats(), Repeats { duplicates: 1, conflicts: 1 });
    assert_eq!(total(&store).await, 20);
}

#[tokio::test]
pub async fn behind_a_hole_nothing_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    let all = stream(5);
    let rewind = |expected_seq| as_far_as(Outcome::Rewind { expected_seq });
    assert_eq!(store.ingest("gw-1", GEN, 2, all[1..].to_vec(), None).await.unwrap(), rewind(1));
    assert_eq!(store.ingest("gw-1", GEN, u64::MAX, all[1..].to_vec(), None).await.unwrap(), rewind(1));
    assert_eq!(store.marks("gw-1", vec![GEN]).await.unwrap(), []);
    store.ingest("gw-1", GEN, 1, all[..2].to_vec(), None).await.unwrap();
    assert_eq!(store.ingest("gw-1", GEN, 4, all[3..].to_vec(), None).await.unwrap(), rewind(3));
    assert_eq!(store.audit().await.unwrap().blocks, 2);
    assert!(matches!(store.ingest("gw-1", GEN, 0, all, None).await, Err(StoreError::SeqRange(0))));
}

#[tokio::test]
pub async fn a_generation_is_complete_when_it_is_stored_through_its_seal() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    let complete = |seq| Outcome::Stored { seq, complete: true };
    store.ingest("gw-1", GEN, 1, stream(4), None).await.unwrap();
    assert_eq!(store.seal("gw-1", GEN, 7).await.unwrap(), stored(5).outcome);
    let rest = [5, 6].map(|i| samples(&[reading(BASE + i * 60_000, 100)]));
    assert_eq!(store.ingest("gw-1", GEN, 6, rest.to_vec(), None).await.unwrap().outcome, complete(7));
    assert_eq!(store.seal("gw-1", [8; 16], 0).await.unwrap(), complete(0), "an empty generation");
    // a power cut took the gateway's tail after we had stored it
    store.ingest("gw-1", [9; 16], 1, stream(4), None).await.unwrap();
    assert_eq!(store.seal("gw-1", [9; 16], 3).await.unwrap(), complete(5));
    assert!(matches!(store.seal("gw-1", GEN, u64::MAX).await, Err(StoreError::SeqRange(_))));
}

#[tokio::test]
pub async fn marks_and_ledger_outlive_the_process_and_generations_are_apart() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    store.ingest("gw-1", [1; 16], 1, stream(3), None).await.unwrap();
    store.ingest("gw-1", [2; 16], 1, stream(5), None).await.unwrap();
    let before = (store.ledger().await.unwrap(), store.marks("gw-1", vec![[1; 16], [2; 16], [3; 16]]).await.unwrap());
    drop(store);
    let store = Store::at(&postgres::address(dir.path())).unwrap();
    assert_eq!(store.ledger().await.unwrap(), before.0);
    assert_eq!(store.marks("gw-1", vec![[1; 16], [2; 16], [3; 16]]).await.unwrap(), before.1);
    assert_eq!(before.1.iter().map(|mark| mark.seq).collect::<Vec<_>>(), [4, 6]);
    assert_eq!(total(&store).await, 40, "the second generation brought the same readings and one more");
}

#[tokio::test]
pub async fn the_registry_is_replaced_as_a_whole_and_data_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    store.ingest("gw-1", GEN, 1, stream(3), None).await.unwrap();
    store.register(vec![site("B")], vec![gateway("gw-2", "B")], Default::default()).await.unwrap();
    assert_eq!(store.sites().await.unwrap(), [site("B")]);
    assert_eq!(store.gateways().await.unwrap(), [gateway("gw-2", "B")]);
    let ingested = store.ingest("gw-1", GEN, 5, vec![], None).await.map(|ingested| ingested.outcome);
    for refused in [ingested, store.seal("gw-1", GEN, 4).await] {
        assert!(matches!(refused, Err(StoreError::UnknownGateway(id)) if id == "gw-1"));
    }
    assert!(matches!(store.marks("gw-1", vec![]).await, Err(StoreError::UnknownGateway(_))));
    let lost = store.register(vec![site("B")], vec![gateway("gw-3", "C")], Default::default()).await.unwrap_err();
    assert_eq!(lost.to_string(), "gateway `gw-3` belongs to site `C`, which is not in the registry");
    assert_eq!(store.gateways().await.unwrap(), [gateway("gw-2", "B")], "a refused registry changes nothing");
    store.register(vec![site("C")], vec![gateway("gw-1", "C")], Default::default()).await.unwrap();
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
        "the data folder has schema 99, this platform knows 4"
    );
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(Store::open(&file), Err(StoreError::Folder { .. })));
    assert!(registry::sites(Tx::on(&connection)).unwrap().is_empty());
}
