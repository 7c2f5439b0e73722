use super::*;
use crate::{
    model::UtcMillis,
    platform::store::{BadRecord, Refusal},
    wire::proto::down::Message,
};
use bytes::Bytes;

const GEN: GenId = [5; 16];

fn batch(first_seq: u64, bodies: &[usize]) -> proto::Batch {
    let record = |bytes: &usize| proto::Record { kind: 2, crc32c: 7, body: Bytes::from(vec![0; *bytes]) };
    proto::Batch { gen_id: GEN.to_vec().into(), first_seq, records: bodies.iter().map(record).collect() }
}

fn take(session: &mut Session, batch: proto::Batch) -> Result<Option<Action>, proto::Reject> {
    session.take(Asked::Batch(batch))
}

fn as_far_as(outcome: Outcome) -> Ingested {
    Ingested { outcome, refusals: Vec::new(), stop: None }
}

fn said(messages: Vec<Message>) -> Answer {
    Answer { messages, end: None }
}

fn ack_of(seq: u64) -> Message {
    Message::Ack(proto::Ack { gen_id: GEN.to_vec().into(), seq, complete: false })
}

fn rewind_to(expected_seq: u64) -> Message {
    Message::Rewind(proto::Rewind { gen_id: GEN.to_vec().into(), expected_seq })
}

fn code<T: std::fmt::Debug>(refused: Result<T, proto::Reject>) -> RejectCode {
    refused.unwrap_err().code()
}

#[test]
fn after_the_hello_come_messages_for_the_store_and_pings() {
    assert_eq!(code(sort(Some(up::Message::Hello(proto::Hello::default())))), RejectCode::Protocol);
    assert_eq!(code(sort(None)), RejectCode::Protocol);
    let ping = proto::Ping { t0_ms: 7, ..Default::default() };
    assert_eq!(sort(Some(up::Message::Ping(ping))), Ok(Sorted::Ping(ping)));
    let sorted = sort(Some(up::Message::Batch(batch(1, &[5, 6])))).unwrap();
    assert!(matches!(sorted, Sorted::Asked(asked) if asked.bytes() == 11));
}

#[test]
fn a_batch_keeps_its_limits_and_its_refusal_names_it() {
    let mut session = Session::default();
    let full = vec![1; BATCH_RECORDS_MAX];
    assert!(matches!(take(&mut session, batch(1, &full)), Ok(Some(Action::Ingest { first_seq: 1, .. }))));
    let one_more = vec![1; BATCH_RECORDS_MAX + 1];
    let heavy = vec![RECORD_BYTES_MAX; BATCH_BYTES_MAX / RECORD_BYTES_MAX + 1];
    for (bodies, named) in [(one_more, 41), (heavy, 41), (vec![1, 1, RECORD_BYTES_MAX + 1], 43)] {
        let refused = take(&mut session, batch(41, &bodies)).unwrap_err();
        assert_eq!(refused.code(), RejectCode::TooLarge);
        assert!(refused.message.contains(&format!("record {named}:")), "{}", refused.message);
    }
    for (first_seq, bodies) in [(0, &[1][..]), (1, &[]), (u64::MAX, &[1]), (1 << 63, &[1])] {
        assert_eq!(code(take(&mut session, batch(first_seq, bodies))), RejectCode::Protocol, "{first_seq}");
    }
    let foreign = proto::Batch { gen_id: Bytes::from_static(b"short"), ..batch(1, &[1]) };
    assert_eq!(code(take(&mut session, foreign)), RejectCode::Protocol);
    let sealed = proto::Sealed { gen_id: GEN.to_vec().into(), last_seq: u64::MAX };
    assert_eq!(code(session.take(Asked::Sealed(sealed))), RejectCode::Protocol);
}

#[test]
fn a_hole_is_answered_once_and_what_was_on_its_way_is_let_pass() {
    let mut session = Session::default();
    let rewind = session.stored(GEN, 5, &as_far_as(Outcome::Rewind { expected_seq: 4 }));
    assert_eq!(rewind, said(vec![rewind_to(4)]));
    for first_seq in [5, 9] {
        assert_eq!(take(&mut session, batch(first_seq, &[1])).unwrap(), None);
    }
    let other = proto::Batch { gen_id: vec![6; 16].into(), ..batch(9, &[1]) };
    assert!(matches!(take(&mut session, other), Ok(Some(Action::Ingest { .. }))), "another generation goes on");
    // a repeat does not mend the hole
    session.stored(GEN, 3, &as_far_as(Outcome::Stored { seq: 3, complete: false }));
    assert_eq!(take(&mut session, batch(9, &[1])).unwrap(), None);
    assert!(matches!(take(&mut session, batch(4, &[1])), Ok(Some(Action::Ingest { .. }))));
    session.stored(GEN, 4, &as_far_as(Outcome::Stored { seq: 4, complete: false }));
    assert!(
        matches!(take(&mut session, batch(9, &[1])), Ok(Some(Action::Ingest { .. }))),
        "a new hole gets a new answer"
    );
}

#[test]
fn holes_without_end_end_the_stream() {
    let mut session = Session::default();
    let gen_id = |i: usize| u128::try_from(i).unwrap().to_be_bytes();
    for i in 0..GENERATIONS_MAX {
        session.sealed(gen_id(i), Outcome::Rewind { expected_seq: 1 }).unwrap();
    }
    let one_more = session.sealed(gen_id(GENERATIONS_MAX), Outcome::Rewind { expected_seq: 1 });
    assert_eq!(code(one_more), RejectCode::Protocol);
}

#[test]
fn a_refused_record_is_named_and_what_it_is_in_is_acknowledged() {
    let mut session = Session::default();
    let ingested = Ingested {
        outcome: Outcome::Stored { seq: 9, complete: false },
        refusals: vec![Refusal { seq: 8, error: BadRecord::UnknownSeries(3) }],
        stop: None,
    };
    let refused = Message::Refused(proto::Refused {
        gen_id: GEN.to_vec().into(),
        seq: 8,
        code: proto::RefusedCode::Content.into(),
        message: "series 3 is not in the generation's dictionary".into(),
    });
    assert_eq!(session.stored(GEN, 5, &ingested), said(vec![refused.clone(), ack_of(9)]));
    // no room for another one: what is stored is said, and then the stream ends
    let full = Ingested { stop: Some(Stop::Full), ..ingested };
    let answer = session.stored(GEN, 5, &full);
    assert_eq!(answer.messages, [refused, ack_of(9)]);
    let reject = answer.end.unwrap();
    assert_eq!(reject.code(), RejectCode::Unavailable);
    assert!(reject.message.contains("/api/v1/refused"), "{}", reject.message);
}

#[test]
fn a_damaged_record_is_asked_for_once_and_the_store_hears_of_it() {
    let mut session = Session::default();
    let stopped =
        |seq, again| Ingested { stop: Some(Stop::Again(again)), ..as_far_as(Outcome::Stored { seq, complete: false }) };
    assert_eq!(session.stored(GEN, 1, &stopped(4, 5)), said(vec![ack_of(4), rewind_to(5)]));
    assert_eq!(take(&mut session, batch(6, &[1])).unwrap(), None, "it was on its way");
    assert!(matches!(take(&mut session, batch(5, &[1])), Ok(Some(Action::Ingest { again: Some(5), .. }))));
    session.stored(GEN, 5, &as_far_as(Outcome::Stored { seq: 5, complete: false }));
    assert!(matches!(take(&mut session, batch(6, &[1])), Ok(Some(Action::Ingest { again: None, .. }))));
    // the first one of a batch: nothing is new to acknowledge
    assert_eq!(session.stored(GEN, 6, &stopped(5, 6)), said(vec![rewind_to(6)]));
}

#[test]
fn an_archive_is_asked_once_for_each_hole_and_for_so_many() {
    let mut session = Session::default();
    let hole = |id: i64, start: i64| {
        let span = crate::model::Span { start: UtcMillis(start), end: UtcMillis(1_000_000) };
        Hole { id, span }
    };
    let asked = |start_ms| Message::Recall(proto::Recall { start_ms, end_ms: 1_000_000 });
    assert_eq!(session.recall(&[hole(1, 5)]), [asked(5)]);
    assert_eq!(session.recall(&[hole(1, 5), hole(2, i64::MIN)]), [asked(1_000_000 - RECALL_MS_MAX)]);
    let many: Vec<Hole> = (0..100).map(|id| hole(id, 5)).collect();
    assert_eq!(session.recall(&many).len(), RECALLS_MAX - 2);
    assert!(!session.may_recall());
}

#[test]
fn what_the_store_says_becomes_a_code() {
    let said = refused(&StoreError::UnknownGateway("gw-9".into()));
    assert_eq!(said.code(), RejectCode::UnknownGateway);
    assert!(said.message.contains("`gw-9`"));
    assert_eq!(refused(&StoreError::SeqRange(0)).code(), RejectCode::Protocol);
    let said = refused(&StoreError::NotReached);
    assert_eq!((said.code(), said.message.as_str()), (RejectCode::Unavailable, "the platform can not store now"));
}
