//! The writer: what waits is one commit, and a failure spoils nothing else.

use super::{
    super::{folder::Folder, writer::Writer},
    *,
};
use tokio_util::sync::CancellationToken;

fn insert(connection: Tx<'_>, name: &str) -> Result<(), StoreError> {
    connection.execute("INSERT INTO gateway (gateway_id) VALUES (?1)", params![name]).map(drop)
}

fn start(folder: &Folder) -> Writer {
    let address = Address::Folder(folder.file().parent().unwrap().to_owned());
    Writer::start(Connection::Sqlite(folder.writer().unwrap()), address).unwrap()
}

fn names(folder: &Folder) -> String {
    let connection = Folder::reader(folder.file()).unwrap();
    let all = "SELECT coalesce(group_concat(gateway_id, ' ' ORDER BY id), '') FROM gateway";
    connection.query_row(all, [], |row| row.get(0)).unwrap()
}

/// Starts a writer that is busy until `go` is given; what is asked meanwhile becomes one group.
async fn held(folder: &Folder, go: CancellationToken) -> Arc<Writer> {
    let writer = Arc::new(start(folder));
    let (busy, mut started) = tokio::sync::mpsc::channel(1);
    let held = Arc::clone(&writer);
    let mut tasks = crate::runtime::task::Tasks::new(go.clone());
    tasks.spawn("held", async move {
        held.write(move |_| {
            busy.blocking_send(()).unwrap();
            while !go.is_cancelled() {
                std::thread::yield_now();
            }
            Ok(())
        })
        .await
    });
    started.recv().await.unwrap();
    // dropped tasks are aborted; the job itself is in the writer's hands
    drop(tasks);
    writer
}

#[tokio::test]
async fn a_job_that_fails_is_rolled_back_alone() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::take(dir.path()).unwrap();
    let go = CancellationToken::new();
    let writer = held(&folder, go.clone()).await;
    let refused = StoreError::UnknownGateway("x".into());
    let (a, b, c, d, ()) = tokio::join!(
        writer.write(|tx| insert(tx, "a")),
        writer.write(|tx| insert(tx, "b").and(Err::<(), _>(refused))),
        writer.write(|tx| insert(tx, "a")),
        writer.write(|tx| insert(tx, "d")),
        async {
            tokio::task::yield_now().await;
            go.cancel();
        },
    );
    assert!(a.is_ok() && d.is_ok());
    assert!(matches!(b, Err(StoreError::UnknownGateway(_))));
    assert!(matches!(c, Err(StoreError::Database(_))), "{c:?}");
    assert_eq!(names(&folder), "a d");
}

#[tokio::test]
async fn a_transaction_that_ended_under_a_job_fails_its_whole_group_and_nothing_commits_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::take(dir.path()).unwrap();
    let go = CancellationToken::new();
    let writer = held(&folder, go.clone()).await;
    // what SQLite does by itself when the disk is full
    let (a, b, c, ()) = tokio::join!(
        writer.write(|tx| insert(tx, "a")),
        writer.write(|tx| tx.batch("ROLLBACK")),
        writer.write(|tx| insert(tx, "c")),
        async {
            tokio::task::yield_now().await;
            go.cancel();
        },
    );
    assert!(matches!(
        (&a, &b, &c),
        (Err(StoreError::NotReached), Err(StoreError::NotReached), Err(StoreError::NotReached))
    ));
    assert_eq!(names(&folder), "");
    writer.write(|tx| insert(tx, "after")).await.unwrap();
    assert_eq!(names(&folder), "after");
}

#[tokio::test]
async fn the_end_of_the_writer_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::take(dir.path()).unwrap();
    let writer = start(&folder);
    let died: Result<(), _> = writer.write(|_| panic!("as a bug would")).await;
    assert!(matches!(died, Err(StoreError::NotReached)));
    writer.ended().cancelled().await;
    assert!(matches!(writer.write(|tx| insert(tx, "a")).await, Err(StoreError::Ended)));
}
