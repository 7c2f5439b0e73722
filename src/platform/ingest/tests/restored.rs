//! A platform whose folder was put back to an earlier copy: what the gateway still has is sent again, what it has
//! deleted is a hole, and its archive fills the hole.

use super::*;
use crate::model::Doubts;
use crate::{
    energy::interval::{Cell, QUARTER_MS},
    platform::store::{GapRow, Listing},
    wire::record::Interval,
};
use std::path::Path;

const BASE: i64 = 1_732_377_600_000;

/// The dictionary, and readings of quarter-hours `from..to`, three in each; the register gains 10 a reading.
fn stretch(from: i64, to: i64) -> Vec<Record> {
    let mut all = records(0);
    for i in from * 3..to * 3 {
        let sample = Sample { series: 0, reason: Reason::Good, value: Some(Value::Count(i * 10)) };
        all.extend(encode(&Content::Samples(
            0,
            vec![Samples { time: UtcMillis(BASE + i * 300_000), samples: vec![sample] }],
        )));
    }
    all
}

/// What the gateway's archive says of quarter-hours `from..to` of the same register.
fn archived(from: i64, to: i64) -> Vec<Record> {
    let reading = |i: i64| Reading { time: UtcMillis(BASE + i * 300_000), count: i * 10 };
    let interval = |quarter: i64| Interval {
        series: 0,
        width_ms: QUARTER_MS,
        start: UtcMillis(BASE + quarter * QUARTER_MS),
        amount: 30,
        covered_ms: QUARTER_MS,
        readings: 3,
        cell: Some(Cell { first: reading(quarter * 3), last: reading(quarter * 3 + 2) }),
        doubts: Doubts::NONE,
    };
    encode(&Content::Recalled((from..to).map(interval).collect()))
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

async fn gaps(store: &Store) -> Vec<GapRow> {
    store.gaps(Listing { limit: 99, ..Listing::default() }).await.unwrap().rows
}

#[tokio::test]
async fn a_platform_put_back_gets_what_the_gateway_has_and_asks_its_archive_for_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let backup = tempfile::tempdir().unwrap();
    let patience = Patience::default();

    // generation 1 is under way when the copy is made
    let platform = Platform::start(dir.path(), patience).await;
    let (mut client, _) = platform.greeted(&[1]).await;
    let first = stretch(0, 4);
    assert_eq!(client.send_batch(1, 1, &first[..7]).await, ack(1, 7, false));
    drop(client);
    platform.stop().await;
    copy(dir.path(), backup.path());

    // afterwards 1 and 2 are completed here, deleted there, and 3 has begun
    let platform = Platform::start(dir.path(), patience).await;
    let (mut client, _) = Platform::greeted_with(platform.client().await, chained(1, &[(1, 0), (2, 1), (3, 2)])).await;
    let (second, third) = (stretch(4, 8), stretch(8, 10));
    client.send_batch(1, 8, &first[7..]).await;
    client.send_batch(2, 1, &second).await;
    client.send_batch(3, 1, &third).await;
    for (generation, last) in [(1, first.len()), (2, second.len())] {
        client.send(sealed(generation, last as u64)).await;
        assert_eq!(client.next().await, ack(generation, last as u64, true));
    }
    let before = (total(&platform.store).await, platform.store.ledger().await.unwrap());
    assert_eq!(before.0.0, 290);
    drop(client);
    platform.stop().await;

    // the copy is put back
    copy(backup.path(), dir.path());
    for left in ["mujun.db-wal", "mujun.db-shm"] {
        if !backup.path().join(left).exists() {
            let _ = std::fs::remove_file(dir.path().join(left));
        }
    }
    let platform = Platform::start(dir.path(), patience).await;
    let (mut client, marks) = Platform::greeted_with(platform.client().await, chained(2, &[(3, 2)])).await;
    assert_eq!(marks, [], "nothing of generation 3 is known any more");
    assert_eq!(client.send_batch(3, 1, &third).await, ack(3, third.len() as u64, false), "sent again");
    assert_eq!(total(&platform.store).await.0, 290, "the register's movement is known, only not when");

    // the first sign of life after its samples brings the Recall, and only the first
    let ping = proto::Ping { t0_ms: 1, ..Default::default() };
    client.send(proto::up::Message::Ping(ping)).await;
    assert!(matches!(client.next().await, Some(Message::Pong(_))));
    let (start_ms, end_ms) = (BASE + 5 * 300_000, BASE + 8 * QUARTER_MS);
    assert_eq!(client.next().await, Some(Message::Recall(proto::Recall { start_ms, end_ms })));
    client.send(proto::up::Message::Ping(ping)).await;
    assert!(matches!(client.next().await, Some(Message::Pong(_))));
    let hole = gaps(&platform.store).await.remove(0);
    assert_eq!((hole.cause, hole.start, hole.end), (None, Some(UtcMillis(start_ms)), Some(UtcMillis(end_ms))));
    assert_eq!((hole.gen_id, hole.recalled), (Some([2; 16]), Some((0, 7))));

    // the archive begins late: a part of the hole stays, and is shown
    let next = third.len() as u64 + 1;
    assert_eq!(client.send_batch(3, next, &archived(4, 8)).await, ack(3, next, false));
    assert_eq!(gaps(&platform.store).await[0].recalled, Some((4, 7)));
    drop(client);

    // the next stream asks once more, and now all of it comes
    let (mut client, _) = Platform::greeted_with(platform.client().await, chained(2, &[(3, 2)])).await;
    client.send(proto::up::Message::Ping(ping)).await;
    assert!(matches!(client.next().await, Some(Message::Pong(_))));
    assert_eq!(client.next().await, Some(Message::Recall(proto::Recall { start_ms, end_ms })));
    assert_eq!(client.send_batch(3, next + 1, &archived(1, 4)).await, ack(3, next + 1, false));
    assert_eq!(gaps(&platform.store).await[0].recalled, Some((7, 7)));
    let period = "2024-11-24".parse().unwrap();
    let quarters = platform.store.intervals("A", &period).await.unwrap();
    assert!(quarters.iter().all(|quarter| quarter.readings_present), "every quarter-hour has its readings again");
    assert_eq!((total(&platform.store).await, platform.store.ledger().await.unwrap()), before);
    assert_eq!(platform.store.audit().await.unwrap().faults, Vec::<String>::new());
    platform.stop().await;
}
