//! kill -9 at any moment: what was acknowledged is there, nothing is there twice, and mark, blocks and ledger agree.
//!
//! The test runs this very binary again as a child that stores numbered batches, one reading a record, and prints
//! each mark it is given; the child is killed while it does.

use super::{super::registry, *};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

const GEN: GenId = [3; 16];
const FOLDER: &str = "MUJUN_TEST_STORE";
const MARK_APART: &str = "MUJUN_TEST_MARK_APART";
const KILLS: u64 = 12;

/// The child's part; without its folder it is no child and has nothing to do.
#[test]
fn child() {
    let Ok(dir) = std::env::var(FOLDER) else { return };
    let apart = std::env::var(MARK_APART).is_ok();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = registered_at(&of(&dir)).await;
        let mark = store.marks("gw-1", vec![GEN]).await.unwrap().first().map_or(0, |mark| mark.seq);
        let say = |mark: u64| {
            let mut out = std::io::stdout().lock();
            writeln!(out, "stored {mark}").unwrap();
            out.flush().unwrap();
        };
        say(mark);
        // what was on its way when the last child died is sent again
        let mut first_seq = mark.saturating_sub(3).max(1);
        loop {
            if apart {
                let bump = "INSERT INTO generation (gateway, gen_id, seq) VALUES (1, ?1, 9)
                            ON CONFLICT (gateway, gen_id) DO UPDATE SET seq = seq + 9";
                store.inner.writer.write(move |tx| tx.execute(bump, params![&GEN]).map(drop)).await.unwrap();
                say(9);
                std::future::pending::<()>().await;
            }
            let (a, b) = (records(first_seq, 7), records(first_seq + 7, 7));
            // two batches wait at one time and can share a commit; the second is refused when it comes first
            let (a, b) = tokio::join!(
                store.ingest("gw-1", GEN, first_seq, a, None),
                store.ingest("gw-1", GEN, first_seq + 7, b, None)
            );
            let mut mark = 0;
            for outcome in [a.unwrap(), b.unwrap()] {
                if let Outcome::Stored { seq, .. } = outcome.outcome {
                    say(seq);
                    mark = mark.max(seq);
                }
            }
            first_seq = mark - 3;
        }
    });
}

/// Record 1 is the dictionary, record n the reading n·4 at the n-th half minute, now and then out of order.
fn records(first_seq: u64, n: u64) -> Vec<Record> {
    let one = |seq: u64| match seq {
        1 => dictionary(&[(0, energy())]),
        seq => {
            let place = i64::try_from(if seq % 100 < 20 { seq ^ 1 } else { seq }).unwrap();
            samples(&[reading(BASE + place * 30_000, place * 4)])
        }
    };
    (first_seq..first_seq + n).map(one).collect()
}

/// A child and the marks it prints.
fn start(place: &str, apart: bool) -> (Child, mpsc::Receiver<u64>) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "platform::store::tests::kill::child", "--nocapture"]).env(FOLDER, place);
    if apart {
        command.env(MARK_APART, "1");
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (say, stored) = mpsc::sync_channel(100_000);
    let listen = move || {
        let marks = lines.map_while(Result::ok).filter_map(|line| line.split_once("stored ")?.1.trim().parse().ok());
        marks.for_each(|mark| say.send(mark).unwrap());
    };
    task::thread("child", listen).unwrap();
    (child, stored)
}

fn next(stored: &mpsc::Receiver<u64>) -> u64 {
    stored.recv_timeout(Duration::from_secs(60)).expect("the child stores")
}

async fn look(place: &str) -> (u64, Vec<LedgerLine>, Audit) {
    let store = Store::at(&of(place)).unwrap();
    let mark = store.marks("gw-1", vec![GEN]).await.unwrap().first().map_or(0, |mark| mark.seq);
    (mark, store.ledger().await.unwrap(), store.audit().await.unwrap())
}

/// A folder, or the URL of a database.
fn of(place: &str) -> Address {
    if place.starts_with("postgresql:") { Address::cluster(place).unwrap() } else { Address::Folder(place.into()) }
}

#[tokio::test]
async fn killed_at_any_moment_it_keeps_what_it_acknowledged_and_counts_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    killed(dir.path().to_str().unwrap()).await;
}

#[tokio::test]
async fn a_node_of_a_cluster_that_is_killed_keeps_what_it_acknowledged_and_counts_nothing_twice() {
    killed(&postgres::SERVER.database()).await;
}

async fn killed(place: &str) {
    let mut acknowledged = 0;
    for kill in 0..KILLS {
        let (mut child, stored) = start(place, false);
        // the first acknowledgement says that it runs; some later one, drawn by lot, is the last that is waited for
        for _ in 0..=1 + crate::runtime::random::up_to(40) {
            acknowledged = acknowledged.max(next(&stored));
        }
        child.kill().unwrap();
        acknowledged = stored.iter().fold(acknowledged, u64::max);
        child.wait().unwrap();
        let (mark, ledger, audit) = look(place).await;
        assert_eq!(audit.faults, Vec::<String>::new(), "after kill {kill}");
        assert_eq!((audit.generations, audit.blocks), (1, mark), "after kill {kill}");
        assert!(mark >= acknowledged, "after kill {kill}: {acknowledged} acknowledged, {mark} stored");
        // one reading a record: what the records say is what the ledger says
        assert_eq!(audit.readings, mark - 1, "after kill {kill}");
        let (first, last) = (ledger[0].first.unwrap(), ledger[0].last.unwrap());
        assert_eq!((ledger[0].total, ledger[0].breaks), (last.count - first.count, 0), "after kill {kill}");
    }
    assert!(acknowledged > KILLS);
}

#[tokio::test]
async fn a_mark_that_is_committed_apart_from_its_records_is_caught() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, stored) = start(dir.path().to_str().unwrap(), true);
    assert_eq!((next(&stored), next(&stored)), (0, 9));
    child.kill().unwrap();
    child.wait().unwrap();
    let (_, _, audit) = look(dir.path().to_str().unwrap()).await;
    assert_eq!(audit.faults.len(), 1, "{audit:?}");
    let connection = rusqlite::Connection::open(dir.path().join("mujun.db")).unwrap();
    assert!(registry::gateways(Tx::on(&connection)).is_ok());
}
