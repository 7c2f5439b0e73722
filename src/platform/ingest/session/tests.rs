use super::*;
use crate::wire::{RECORD_BYTES_MAX, proto::down::Message};
use bytes::Bytes;

const GEN: GenId = [5; 16];

fn hello() -> proto::Hello {
    let generations = vec![proto::Generation { gen_id: GEN.to_vec().into(), last_seq: 9, ..Default::default() }];
    proto::Hello {
        protocol: PROTOCOL,
        gateway_id: "gw-1".into(),
        agent_version: "0.1.0".into(),
        generations,
        run: None,
    }
}

fn batch(first_seq: u64, bodies: &[usize]) -> proto::Batch {
    let record = |bytes: &usize| proto::Record { kind: 2, crc32c: 7, body: Bytes::from(vec![0; *bytes]) };
    proto::Batch { gen_id: GEN.to_vec().into(), first_seq, records: bodies.iter().map(record).collect() }
}

fn take(session: &mut Session, batch: proto::Batch) -> Result<Action, proto::Reject> {
    session.take(Some(up::Message::Batch(batch)))
}

fn code<T: std::fmt::Debug>(refused: Result<T, proto::Reject>) -> RejectCode {
    refused.unwrap_err().code()
}

#[test]
fn a_stream_begins_with_one_hello_that_keeps_the_limits() {
    let greeting = greet(Some(up::Message::Hello(hello()))).unwrap();
    assert_eq!((greeting.gateway_id.as_str(), greeting.generations), ("gw-1", vec![GEN]));
    let bad = [
        proto::Hello { protocol: PROTOCOL + 1, ..hello() },
        proto::Hello { gateway_id: "g".repeat(129), ..hello() },
        proto::Hello { agent_version: "v".repeat(129), ..hello() },
        proto::Hello { generations: vec![proto::Generation::default(); GENERATIONS_MAX + 1], ..hello() },
        proto::Hello {
            generations: vec![proto::Generation { gen_id: vec![1; 15].into(), ..Default::default() }],
            ..hello()
        },
    ];
    for hello in bad {
        assert_eq!(code(greet(Some(up::Message::Hello(hello)))), RejectCode::Protocol);
    }
    assert_eq!(code(greet(Some(up::Message::Ping(proto::Ping::default())))), RejectCode::Protocol);
    assert_eq!(code(greet(None)), RejectCode::Protocol);
    let mut session = Session::default();
    assert_eq!(code(session.take(Some(up::Message::Hello(hello())))), RejectCode::Protocol);
    assert_eq!(code(session.take(None)), RejectCode::Protocol);
}

#[test]
fn a_batch_keeps_its_limits_and_its_refusal_names_it() {
    let mut session = Session::default();
    let full = vec![1; BATCH_RECORDS_MAX];
    assert!(matches!(take(&mut session, batch(1, &full)), Ok(Action::Ingest { first_seq: 1, .. })));
    let one_more = vec![1; BATCH_RECORDS_MAX + 1];
    let heavy = vec![RECORD_BYTES_MAX; BATCH_BYTES_MAX / RECORD_BYTES_MAX + 1];
    for bodies in [one_more, heavy] {
        let refused = take(&mut session, batch(41, &bodies)).unwrap_err();
        assert_eq!(refused.code(), RejectCode::TooLarge);
        assert!(refused.message.contains("record 41"), "{}", refused.message);
    }
    for (first_seq, bodies) in [(0, &[1][..]), (1, &[]), (u64::MAX, &[1]), (1 << 63, &[1])] {
        assert_eq!(code(take(&mut session, batch(first_seq, bodies))), RejectCode::Protocol, "{first_seq}");
    }
    let foreign = proto::Batch { gen_id: Bytes::from_static(b"short"), ..batch(1, &[1]) };
    assert_eq!(code(take(&mut session, foreign)), RejectCode::Protocol);
    let sealed = proto::Sealed { gen_id: GEN.to_vec().into(), last_seq: u64::MAX };
    assert_eq!(code(session.take(Some(up::Message::Sealed(sealed)))), RejectCode::Protocol);
}

#[test]
fn a_hole_is_answered_once_and_what_was_on_its_way_is_let_pass() {
    let mut session = Session::default();
    let rewind = session.stored(GEN, Outcome::Rewind { expected_seq: 4 }).unwrap();
    assert_eq!(rewind, Message::Rewind(proto::Rewind { gen_id: GEN.to_vec().into(), expected_seq: 4 }));
    for first_seq in [5, 9] {
        assert_eq!(take(&mut session, batch(first_seq, &[1])).unwrap(), Action::Nothing);
    }
    let other = proto::Batch { gen_id: vec![6; 16].into(), ..batch(9, &[1]) };
    assert!(matches!(take(&mut session, other), Ok(Action::Ingest { .. })), "another generation goes on");
    // a repeat does not mend the hole
    session.stored(GEN, Outcome::Stored { seq: 3, complete: false }).unwrap();
    assert_eq!(take(&mut session, batch(9, &[1])).unwrap(), Action::Nothing);
    assert!(matches!(take(&mut session, batch(4, &[1])), Ok(Action::Ingest { .. })));
    session.stored(GEN, Outcome::Stored { seq: 4, complete: false }).unwrap();
    assert!(matches!(take(&mut session, batch(9, &[1])), Ok(Action::Ingest { .. })), "a new hole gets a new answer");
}

#[test]
fn holes_without_end_end_the_stream() {
    let mut session = Session::default();
    let gen_id = |i: usize| u128::try_from(i).unwrap().to_be_bytes();
    for i in 0..GENERATIONS_MAX {
        session.stored(gen_id(i), Outcome::Rewind { expected_seq: 1 }).unwrap();
    }
    let one_more = session.stored(gen_id(GENERATIONS_MAX), Outcome::Rewind { expected_seq: 1 });
    assert_eq!(code(one_more), RejectCode::Protocol);
}

#[test]
fn of_a_bad_record_the_ones_before_are_acknowledged_and_it_is_named() {
    let bad = |seq, error| StoreError::BadRecord { seq, error };
    let (ack, reject) = refused(GEN, 5, &bad(8, BadRecord::UnknownSeries(3)));
    let expected = proto::Ack { gen_id: GEN.to_vec().into(), seq: 7, complete: false };
    assert_eq!(ack, Some(Message::Ack(expected)));
    assert_eq!(reject.code(), RejectCode::Protocol);
    assert!(reject.message.contains("record 8"), "{}", reject.message);
    assert_eq!(reject.message, "series 3 is not in the generation's dictionary");
    let (ack, reject) = refused(GEN, 1, &bad(1, RecordError::TooLarge(9_000).into()));
    assert_eq!((ack, reject.code()), (None, RejectCode::TooLarge));
    let (_, reject) = refused(GEN, 1, &StoreError::UnknownGateway("gw-9".into()));
    assert_eq!(reject.code(), RejectCode::UnknownGateway);
    assert!(reject.message.contains("`gw-9`"));
    let (_, reject) = refused(GEN, 1, &StoreError::NotReached);
    assert_eq!((reject.code(), reject.message.as_str()), (RejectCode::Unavailable, "the platform can not store now"));
}
