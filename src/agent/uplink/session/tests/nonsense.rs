//! What no honest platform says ends the session, and nothing of it is handed on.

use super::*;

#[track_caller]
fn refused(result: Result<Vec<Output>, Ended>, reason: &str) {
    match result {
        Err(Ended::Protocol(text)) => assert!(text.contains(reason), "{text}"),
        other => panic!("{other:?}"),
    }
}

/// Through 20 of 30 stored, 10 in flight, and a live generation that is in flight too.
fn bench() -> Bench {
    Bench::welcomed(&[generation(A, 30, true), generation(B, 5, false)], vec![mark(A, 20, false)]).0
}

#[test]
fn acks_and_rewinds() {
    refused(bench().ack(A, 31, false), "Ack(31)");
    refused(bench().ack(A, 31, true), "Ack(31)");
    refused(bench().ack(A, 19, false), "below");
    refused(bench().ack(A, 29, true), "complete at 29");
    refused(bench().ack(B, 5, true), "being written");
    refused(bench().ack([9; 16], 1, true), "unknown generation");
    refused(bench().ack(A, u64::MAX, true), "Ack");
    refused(bench().rewind(A, 20), "Rewind(20)");
    refused(bench().rewind(A, 32), "Rewind(32)");
    refused(bench().rewind(A, 0), "Rewind(0)");
    refused(bench().rewind([9; 16], 1), "unknown generation");
    let short = Ack { gen_id: Bytes::from_static(b"x"), seq: 1, complete: true };
    refused(bench().on(down(down::Message::Ack(short))), "1 bytes");
}

#[test]
fn refusals() {
    refused(bench().refuse(A, 0), "Refused(0)");
    refused(bench().refuse(A, 31), "Refused(31)");
    refused(bench().refuse(B, 6), "Refused(6)");
    refused(bench().refuse([9; 16], 1), "unknown generation");
    let mut done = bench();
    done.ack(A, 30, true).unwrap();
    refused(done.refuse(A, 31), "Refused(31)");
}

#[test]
fn recalls() {
    for (start_ms, end_ms) in [(5, 5), (6, 5), (0, RECALL_SPAN_MS_MAX + 1), (i64::MIN, i64::MAX), (i64::MAX, i64::MIN)]
    {
        refused(bench().recall(start_ms, end_ms), "no span");
    }
}

#[test]
fn pongs() {
    let pong = |t0_ms| down(down::Message::Pong(Pong { t0_ms, t1_ms: t0_ms, t2_ms: t0_ms }));
    refused(bench().on(pong(1_700_000_000_000)), "no open Ping");
    let mut answered = bench();
    answered.tick().unwrap();
    answered.on(pong(1_700_000_000_000)).unwrap();
    refused(answered.on(pong(1_700_000_000_000)), "no open Ping");
}

#[test]
fn welcomes_and_what_comes_before_them() {
    refused(bench().welcome(vec![], Some(FULL)), "second Welcome");
    refused(bench().on(Event::Down(proto::Down { message: None })), "no kind");
    let fresh = || Bench::new(&[generation(A, 3, true), generation(B, 90, false)]);
    refused(fresh().ack(A, 3, true), "before the Welcome");
    refused(fresh().on(down(down::Message::Grant(FULL))), "before the Welcome");
    refused(fresh().recall(0, 1), "before the Welcome");
    refused(fresh().refuse(A, 1), "before the Welcome");
    refused(fresh().welcome(vec![mark(A, 3, true), mark(C, 3, true)], Some(FULL)), "unknown generation");
    refused(fresh().welcome(vec![mark(B, 91, false)], Some(FULL)), "being written");
    refused(fresh().welcome(vec![mark(B, 90, true)], Some(FULL)), "being written");
    refused(fresh().welcome(vec![mark(A, 2, true)], Some(FULL)), "complete at 2");
}

#[test]
fn an_ack_above_what_was_sent_although_more_was_committed_since() {
    let (mut bench, _) = Bench::welcomed(&[generation(A, 5, false)], vec![]);
    bench.session.reading = true; // nothing more is sent
    bench.on(Event::Changed(vec![generation(A, 9, false)])).unwrap();
    refused(bench.ack(A, 6, false), "sent through 5");
}
