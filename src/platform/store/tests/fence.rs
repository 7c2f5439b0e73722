//! A stream that was superseded: what it left with the writer, and what the next one is told.

use super::*;
use std::time::Duration;

const GEN: GenId = [7; 16];

#[tokio::test]
async fn nothing_passes_the_fence_not_even_what_waited_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    let all = stream(6);
    let fence = CancellationToken::new();
    let fenced = store.fenced(fence.clone());
    assert_eq!(
        fenced.ingest("gw-1", GEN, 1, all[..3].to_vec(), None).await.unwrap().outcome,
        Outcome::Stored { seq: 3, complete: false }
    );

    let disk = rusqlite::Connection::open(dir.path().join("mujun.db")).unwrap();
    disk.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (waited, ()) = tokio::join!(fenced.ingest("gw-1", GEN, 4, all[3..5].to_vec(), None), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        fence.cancel();
        disk.execute_batch("ROLLBACK").unwrap();
    });
    let waited = waited.map(|ingested| ingested.outcome);
    let later = fenced.ingest("gw-1", GEN, 4, vec![], None).await.map(|ingested| ingested.outcome);
    for refused in [waited, later, fenced.seal("gw-1", GEN, 3).await] {
        assert!(matches!(refused, Err(StoreError::Fenced)), "{refused:?}");
    }
    assert_eq!(store.marks("gw-1", vec![GEN]).await.unwrap(), [Mark { gen_id: GEN, seq: 3, complete: false }]);
    assert_eq!(
        store.ingest("gw-1", GEN, 4, all[3..].to_vec(), None).await.unwrap().outcome,
        Outcome::Stored { seq: 7, complete: false },
        "other handles go on"
    );
}

#[tokio::test]
async fn marks_count_what_is_being_committed_when_they_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    let (fence, go) = (CancellationToken::new(), CancellationToken::new());
    let fenced = store.fenced(fence.clone());
    let a_while = || tokio::time::sleep(Duration::from_millis(300));
    // the first job waits for the disk; what comes meanwhile is one commit, which its last job holds up
    let disk = rusqlite::Connection::open(dir.path().join("mujun.db")).unwrap();
    disk.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (inside, mut begun) = tokio::sync::mpsc::channel(1);
    let held = go.clone();
    let hold = async {
        a_while().await;
        let hold = store.inner.writer.write(move |_| {
            inside.blocking_send(()).unwrap();
            while !held.is_cancelled() {
                std::thread::yield_now();
            }
            Ok(())
        });
        let (held, ()) = tokio::join!(hold, async { disk.execute_batch("ROLLBACK").unwrap() });
        held
    };
    let ask = async {
        begun.recv().await.unwrap();
        fence.cancel();
        let go = async {
            a_while().await;
            go.cancel();
        };
        tokio::join!(store.marks("gw-1", vec![GEN]), go).0.unwrap()
    };
    let first = store.inner.writer.write(|_| Ok(()));
    let (_, stored, _, marks) = tokio::join!(first, fenced.ingest("gw-1", GEN, 1, stream(2), None), hold, ask);
    assert_eq!(marks.first().map_or(0, |mark| mark.seq), stored.map_or(0, |_| 3));
}
