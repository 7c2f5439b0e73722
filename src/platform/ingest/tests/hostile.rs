//! What no right gateway sends: each frame has its typed answer, and everything else is kept.

use super::*;
use crate::wire::{FUTURE_MS_MAX, proto::RefusedCode};

fn of_value(series: u32, time: UtcMillis) -> Record {
    let sample = Sample { series, reason: Reason::Good, value: Some(Value::Count(1)) };
    encode(&Content::Samples(0, vec![Samples { time, samples: vec![sample] }])).remove(0)
}

fn of_body(kind: u8, body: Vec<u8>) -> Record {
    Record { kind, crc32c: crc32c::crc32c(&body), body: body.into() }
}

#[tokio::test]
async fn bad_records_are_refused_one_by_one_in_one_stream_and_the_good_ones_between_are_stored() {
    let dir = tempfile::tempdir().unwrap();
    let platform = Platform::start(dir.path(), Patience::default()).await;
    let (mut client, _) = platform.greeted(&[1]).await;
    let mut good = records(20).into_iter();
    let mut next_good = || good.next().unwrap();
    assert_eq!(client.send_batch(1, 1, &[next_good(), next_good()]).await, ack(1, 2, false));
    let now = crate::runtime::clock::now();
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 3).unwrap();
    // a frame that asks for a dictionary that nobody has: magic number, single segment and 4 bytes of dictionary id
    let foreign_dictionary = vec![0x28, 0xb5, 0x2f, 0xfd, 0x23, 0xde, 0xad, 0xbe, 0xef, 0x01, 0x09, 0x00, 0x00, 0x07];
    let cases = [
        (of_body(9, vec![1]), RefusedCode::Encoding),
        (of_body(2, bomb), RefusedCode::Encoding),
        (of_body(2, foreign_dictionary), RefusedCode::Encoding),
        (of_body(2, b"anything".to_vec()), RefusedCode::Encoding),
        (of_body(1, zstd::bulk::compress(&[0xff; 30], 3).unwrap()), RefusedCode::Encoding),
        (of_value(77, now), RefusedCode::Content),
        (of_value(0, now.plus_ms(FUTURE_MS_MAX + 3_600_000)), RefusedCode::Time),
        (of_value(0, UtcMillis(1)), RefusedCode::Time),
        (of_value(0, UtcMillis(i64::MIN)), RefusedCode::Time),
    ];
    let mut seq = 2;
    let refused = cases.len() as u64;
    for (bad, code) in cases {
        let Some(Message::Refused(refused)) = client.send_batch(1, seq + 1, &[bad, next_good()]).await else {
            panic!("no Refused")
        };
        assert_eq!((refused.seq, refused.code(), refused.gen_id), (seq + 1, code, gen_id(1)), "{}", refused.message);
        seq += 2;
        assert_eq!(client.next().await, ack(1, seq, false));
    }
    let audit = platform.store.audit().await.unwrap();
    assert_eq!((audit.refused, audit.blocks, audit.faults), (refused, seq - refused, vec![]));
    assert_eq!(total(&platform.store).await.0, 10 * i64::try_from(refused).unwrap());
    platform.stop().await;
}

#[tokio::test]
async fn a_checksum_that_does_not_match_is_asked_for_again_and_then_refused() {
    let dir = tempfile::tempdir().unwrap();
    let platform = Platform::start(dir.path(), Patience::default()).await;
    let mut all = records(9);
    all[4].crc32c ^= 1;
    let (mut client, _) = platform.greeted(&[1]).await;
    assert_eq!(client.send_batch(1, 1, &all).await, ack(1, 4, false));
    assert_eq!(client.next().await, rewind(1, 5));
    // damaged on its way: the second time it is whole
    all[4].crc32c ^= 1;
    assert_eq!(client.send_batch(1, 5, &all[4..7]).await, ack(1, 7, false));
    // damaged where it lies
    all[7].crc32c ^= 1;
    assert_eq!(client.send_batch(1, 8, &all[7..]).await, rewind(1, 8));
    let refused = client.send_batch(1, 8, &all[7..]).await;
    assert!(
        matches!(refused, Some(Message::Refused(refused)) if refused.code() == RefusedCode::Checksum && refused.seq == 8)
    );
    assert_eq!(client.next().await, ack(1, 10, false));
    assert_eq!(total(&platform.store).await.0, 80);
    platform.stop().await;
}

#[tokio::test]
async fn a_ping_is_answered_while_a_commit_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let platform = Platform::start(dir.path(), Patience::default()).await;
    let (mut client, _) = platform.greeted(&[1]).await;
    // the store's file is locked from outside: no commit returns while it is
    let other = rusqlite::Connection::open(dir.path().join("mujun.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    client.send(batch(1, 1, &records(1))).await;
    client.send(batch(1, 3, &records(1)[1..])).await;
    client.send(proto::up::Message::Ping(proto::Ping { t0_ms: 7, ..Default::default() })).await;
    assert!(matches!(client.next().await, Some(Message::Pong(pong)) if pong.t0_ms == 7));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(client.next().await, ack(1, 2, false));
    assert_eq!(client.next().await, ack(1, 3, false));
    platform.stop().await;
}

#[tokio::test]
async fn a_copy_of_a_spool_is_turned_away_and_ends_no_stream() {
    let dir = tempfile::tempdir().unwrap();
    let platform = Platform::start(dir.path(), Patience::default()).await;
    let (mut original, _) = Platform::greeted_with(platform.client().await, chained(3, &[(1, 0)])).await;
    let mut copy = platform.client().await;
    copy.send(chained(2, &[(1, 0)])).await;
    // run 2 was never seen here, but counts less than run 3
    let reject = copy.rejected().await;
    assert_eq!(reject.code(), RejectCode::Cloned);
    assert!(reject.message.contains("another copy of this gateway's spool"), "{}", reject.message);
    assert_eq!(original.send_batch(1, 1, &records(1)).await, ack(1, 2, false), "the first one goes on");
    let listing = crate::platform::store::Listing { limit: 9, ..Default::default() };
    let alarms = platform.store.alarms(listing).await.unwrap().rows;
    assert_eq!(alarms.iter().map(|alarm| alarm.kind.name()).collect::<Vec<_>>(), ["cloned"]);
    platform.stop().await;
}
