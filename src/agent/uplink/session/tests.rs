//! Rule by rule; the laws under any order of events are in `laws.rs`.

use super::*;
use crate::wire::proto::{Ack, Reject, RejectCode, Rewind, Welcome};
use bytes::Bytes;

mod laws;
mod model;

pub(super) const SILENCE: Duration = Duration::from_secs(60);
const A: GenId = [0xa; 16];
const B: GenId = [0xb; 16];

fn generation(gen_id: GenId, last_seq: u64, sealed: bool) -> Generation {
    Generation { gen_id, prev_gen_id: None, last_seq, sealed, bytes: 0 }
}

pub(super) fn record(text: &str) -> Record {
    let body = Bytes::copy_from_slice(text.as_bytes());
    Record { kind: 2, crc32c: crc32c::crc32c(&body), body }
}

fn down(message: down::Message) -> Event {
    Event::Down(proto::Down { message: Some(message) })
}

fn mark(gen_id: GenId, seq: u64, complete: bool) -> Ack {
    Ack { gen_id: gen_id.to_vec().into(), seq, complete }
}

fn acked(gen_id: GenId, seq: u64, complete: bool) -> Output {
    Output::Acked { gen_id, seq, complete }
}

fn sealed(gen_id: GenId, last_seq: u64) -> Output {
    Output::Send(up::Message::Sealed(proto::Sealed { gen_id: gen_id.to_vec().into(), last_seq }))
}

/// A session whose reads always find records of `body_bytes`, and what it did.
struct Bench {
    session: Session,
    now: Duration,
    body_bytes: usize,
}

impl Bench {
    fn new(generations: &[Generation]) -> Bench {
        let session = Session::open("gw-1", generations, SILENCE, Duration::ZERO).0;
        Bench { session, now: Duration::ZERO, body_bytes: 10 }
    }

    fn welcomed(generations: &[Generation], marks: Vec<Ack>) -> (Bench, Vec<Output>) {
        let mut bench = Bench::new(generations);
        let outputs = bench.on(down(down::Message::Welcome(Welcome { marks, grant: None }))).unwrap();
        (bench, outputs)
    }

    /// What was done, with each read answered and each batch as (generation, first, count).
    fn on(&mut self, event: Event) -> Result<Vec<Output>, Ended> {
        let mut todo: Vec<Output> = self.session.on(event, self.now)?;
        let mut done = Vec::new();
        while !todo.is_empty() {
            match todo.remove(0) {
                Output::Read { gen_id, from_seq, records_max, bytes_max } => {
                    let count = records_max.min(bytes_max / self.body_bytes).max(1);
                    let records = vec![record(&"x".repeat(self.body_bytes)); count];
                    todo.extend(self.session.on(Event::Read { gen_id, from_seq, records }, self.now)?);
                }
                other => done.push(other),
            }
        }
        Ok(done)
    }

    fn ack(&mut self, gen_id: GenId, seq: u64, complete: bool) -> Result<Vec<Output>, Ended> {
        self.on(down(down::Message::Ack(mark(gen_id, seq, complete))))
    }

    fn rewind(&mut self, gen_id: GenId, expected_seq: u64) -> Result<Vec<Output>, Ended> {
        self.on(down(down::Message::Rewind(Rewind { gen_id: gen_id.to_vec().into(), expected_seq })))
    }
}

fn batches(outputs: &[Output]) -> Vec<(u8, u64, usize)> {
    let batch = |output: &Output| match output {
        Output::Send(up::Message::Batch(batch)) => Some((batch.gen_id[0], batch.first_seq, batch.records.len())),
        _ => None,
    };
    outputs.iter().filter_map(batch).collect()
}

#[track_caller]
fn refused(result: Result<Vec<Output>, Ended>, reason: &str) {
    match result {
        Err(Ended::Protocol(text)) => assert!(text.contains(reason), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn hello_lists_the_generations_and_nothing_is_sent_before_the_welcome() {
    let generations = [generation(A, 3, true), generation(B, 2, false)];
    let (_, hello) = Session::open("gw-1", &generations, SILENCE, Duration::ZERO);
    let up::Message::Hello(hello) = hello else { panic!() };
    assert_eq!((hello.protocol, hello.gateway_id.as_str()), (1, "gw-1"));
    let listed: Vec<_> = hello.generations.iter().map(|g| (g.gen_id[0], g.last_seq, g.sealed)).collect();
    assert_eq!(listed, [(0xa, 3, true), (0xb, 2, false)]);
    let mut bench = Bench::new(&generations);
    assert_eq!(bench.on(Event::Tick).unwrap(), []);
    assert_eq!(bench.on(Event::Changed(vec![generation(A, 3, true), generation(B, 9, false)])).unwrap(), []);
    // the change counts once the Welcome is there
    let outputs = bench.on(down(down::Message::Welcome(Welcome { marks: vec![], grant: None }))).unwrap();
    assert_eq!(batches(&outputs), [(0xa, 1, 3), (0xb, 1, 9)]);
}

#[test]
fn it_resumes_from_the_welcome_oldest_generation_first() {
    let generations = [generation(A, 300, true), generation(B, 2, false)];
    let (_, outputs) = Bench::welcomed(&generations, vec![mark(A, 40, false)]);
    assert_eq!(outputs[..2], [acked(A, 40, false), acked(B, 0, false)]);
    assert_eq!(batches(&outputs), [(0xa, 41, 256), (0xa, 297, 4), (0xb, 1, 2)]);
    assert_eq!(outputs[4], sealed(A, 300));
}

#[test]
fn a_complete_generation_is_released_and_late_answers_to_it_mean_nothing() {
    let (mut bench, outputs) = Bench::welcomed(&[generation(A, 3, true), generation(B, 0, false)], vec![]);
    assert_eq!(outputs.last(), Some(&sealed(A, 3)));
    assert_eq!(bench.ack(A, 3, false).unwrap(), [acked(A, 3, false)]);
    assert_eq!(bench.ack(A, 3, true).unwrap(), [acked(A, 3, true)]);
    assert_eq!(bench.session.flight, Flight::default());
    assert_eq!(bench.ack(A, 3, true).unwrap(), []);
    assert_eq!(bench.rewind(A, 1).unwrap(), []);
    // the spool's list may still name it
    assert_eq!(bench.on(Event::Changed(vec![generation(A, 3, true), generation(B, 0, false)])).unwrap(), []);
}

#[test]
fn complete_in_the_welcome_releases_without_sending() {
    let (_, outputs) = Bench::welcomed(&[generation(A, 3, true)], vec![mark(A, 3, true)]);
    assert_eq!(outputs, [acked(A, 3, true)]);
}

#[test]
fn an_empty_sealed_generation_is_sealed_at_0() {
    let (_, outputs) = Bench::welcomed(&[generation(A, 0, true)], vec![]);
    assert_eq!(outputs, [acked(A, 0, false), sealed(A, 0)]);
}

#[test]
fn a_mark_above_our_end_is_normal_after_a_power_cut() {
    let (mut bench, outputs) = Bench::welcomed(&[generation(A, 90, true)], vec![mark(A, 100, false)]);
    assert_eq!(outputs, [acked(A, 100, false), sealed(A, 100)]);
    assert_eq!(bench.ack(A, 100, true).unwrap(), [acked(A, 100, true)]);
}

#[test]
fn a_mark_above_what_is_still_being_written_is_refused() {
    let mut bench = Bench::new(&[generation(A, 90, false)]);
    refused(
        bench.on(down(down::Message::Welcome(Welcome { marks: vec![mark(A, 91, false)], grant: None }))),
        "being written",
    );
}

#[test]
fn the_window_is_bounded_in_messages_and_bytes_and_opens_with_acks() {
    let (mut bench, outputs) = Bench::welcomed(&[generation(A, 100_000, false)], vec![]);
    // 256 records of 10 bytes a batch; a record of the largest size must still fit
    assert_eq!(batches(&outputs).len(), (WINDOW_BYTES - RECORD_BYTES_MAX) / 2560 + 1);
    assert!(bench.session.flight.bytes <= WINDOW_BYTES);
    assert_eq!(batches(&bench.ack(A, 256, false).unwrap()).len(), 1);

    let id = |n: u16| [n.to_be_bytes(); 8].concat().try_into().unwrap();
    let many: Vec<_> = (0..300).map(|n| generation(id(n), 1, false)).collect();
    let (bench, outputs) = Bench::welcomed(&many, vec![]);
    assert_eq!((bench.session.flight.messages, batches(&outputs).len()), (WINDOW_MESSAGES, WINDOW_MESSAGES));

    let mut bench = Bench { body_bytes: RECORD_BYTES_MAX, ..Bench::new(&[generation(A, 1000, false)]) };
    let outputs = bench.on(down(down::Message::Welcome(Welcome { marks: vec![], grant: None }))).unwrap();
    assert!(bench.session.flight.bytes <= WINDOW_BYTES);
    assert!(batches(&outputs).iter().all(|(.., count)| count * RECORD_BYTES_MAX <= BODIES_MAX));
}

#[test]
fn a_full_batch_stays_within_the_contract_with_its_framing() {
    use prost::Message;
    let records = vec![record(&"x".repeat(BODIES_MAX / BATCH_RECORDS_MAX)).into(); BATCH_RECORDS_MAX];
    let batch = proto::Batch { gen_id: A.to_vec().into(), first_seq: u64::MAX, records };
    let message = proto::Up { message: Some(up::Message::Batch(batch)) };
    assert!(message.encoded_len() <= BATCH_BYTES_MAX, "{}", message.encoded_len());
}

#[test]
fn a_rewind_sends_again_from_there_once_for_all_that_was_in_flight() {
    let (mut bench, _) = Bench::welcomed(&[generation(A, 600, true)], vec![]);
    bench.ack(A, 10, false).unwrap();
    let again = bench.rewind(A, 11).unwrap();
    assert_eq!(batches(&again), [(0xa, 11, 256), (0xa, 267, 256), (0xa, 523, 78)]);
    assert_eq!(again.last(), Some(&sealed(A, 600)));
    assert_eq!(bench.rewind(A, 11).unwrap(), [], "the echo of the next batch in flight");
    assert_eq!(bench.ack(A, 600, true).unwrap(), [acked(A, 600, true)]);
}

#[test]
fn a_rewind_does_not_make_a_mark_wrong_that_was_sent_before() {
    let (mut bench, _) = Bench::welcomed(&[generation(A, 600, false)], vec![]);
    bench.body_bytes = RECORD_BYTES_MAX; // so that the window takes fewer
    let again: usize = batches(&bench.rewind(A, 11).unwrap()).iter().map(|(.., count)| count).sum();
    assert!(again < 100, "{again}");
    assert_eq!(bench.ack(A, 600, false).unwrap(), [acked(A, 600, false)]);
    assert_eq!(bench.session.flight, Flight::default());
}

#[test]
fn answers_that_make_no_sense_end_the_session_and_release_nothing() {
    let bench = || Bench::welcomed(&[generation(A, 30, true), generation(B, 5, false)], vec![mark(A, 20, false)]).0;
    refused(bench().ack(A, 31, false), "Ack(31)");
    refused(bench().ack(A, 31, true), "Ack(31)");
    refused(bench().ack(A, 19, false), "below");
    refused(bench().ack(A, 29, true), "complete at 29");
    refused(bench().ack(B, 5, true), "being written");
    refused(bench().ack([9; 16], 1, true), "unknown generation");
    refused(bench().rewind(A, 20), "Rewind(20)");
    refused(bench().rewind(A, 32), "Rewind(32)");
    refused(
        bench().on(down(down::Message::Ack(Ack { gen_id: Bytes::from_static(b"x"), seq: 1, complete: true }))),
        "1 bytes",
    );
    refused(bench().on(down(down::Message::Welcome(Welcome { marks: vec![], grant: None }))), "second Welcome");
    refused(bench().on(Event::Down(proto::Down { message: None })), "no kind");
    refused(Bench::new(&[generation(A, 3, true)]).ack(A, 3, true), "before the Welcome");
    let mut fresh = Bench::new(&[generation(A, 3, true)]);
    let marks = vec![mark(A, 3, true), mark(B, 3, true)];
    refused(fresh.on(down(down::Message::Welcome(Welcome { marks, grant: None }))), "unknown generation");
}

#[test]
fn an_ack_above_the_spool_is_refused_although_more_was_committed_since() {
    let (mut bench, _) = Bench::welcomed(&[generation(A, 5, false)], vec![]);
    bench.session.reading = true; // nothing more is sent
    bench.on(Event::Changed(vec![generation(A, 9, false)])).unwrap();
    refused(bench.ack(A, 6, false), "sent through 5");
}

#[test]
fn a_rejection_ends_the_session_with_the_pause_it_asks_for() {
    let reject = |code: RejectCode, retry_after_ms| {
        let message = "line\nbreak".to_owned();
        let reject = Reject { code: code.into(), message, retry_after_ms };
        Bench::new(&[]).on(down(down::Message::Reject(reject))).unwrap_err()
    };
    let unknown = reject(RejectCode::UnknownGateway, 0);
    assert_eq!(unknown.retry_after(), Some(Duration::from_secs(60)));
    assert!(unknown.advice().contains("gateways.csv"));
    assert_eq!(reject(RejectCode::UnknownGateway, 5000).retry_after(), Some(Duration::from_secs(5)));
    assert_eq!(reject(RejectCode::Unavailable, 0).retry_after(), None);
    assert_eq!(reject(RejectCode::Unavailable, u32::MAX).retry_after(), Some(Duration::from_secs(600)));
    let text = reject(RejectCode::UnknownGateway, 0).to_string();
    assert!(text.contains("UNKNOWN_GATEWAY"), "{text}");
    assert!(!text.contains('\n'));
}

#[test]
fn silence_counts_only_while_an_answer_is_due() {
    let mut bench = Bench::new(&[generation(A, 0, false)]);
    bench.now = SILENCE - Duration::from_secs(1);
    bench.on(Event::Tick).unwrap();
    bench.on(down(down::Message::Welcome(Welcome { marks: vec![], grant: None }))).unwrap();
    // an idle hour
    bench.now += Duration::from_secs(3600);
    bench.on(Event::Tick).unwrap();
    bench.on(Event::Changed(vec![generation(A, 1, false)])).unwrap();
    bench.now += SILENCE - Duration::from_secs(1);
    bench.on(Event::Tick).unwrap();
    // our own commits are no sign of life
    bench.on(Event::Changed(vec![generation(A, 2, false)])).unwrap();
    bench.now += Duration::from_secs(1);
    assert!(matches!(bench.on(Event::Tick), Err(Ended::Silent(_))));

    let mut never_welcomed = Bench { now: SILENCE, ..Bench::new(&[]) };
    assert!(matches!(never_welcomed.on(Event::Tick), Err(Ended::Silent(_))));
}

#[test]
fn a_status_goes_every_5_s() {
    let (mut bench, _) = Bench::welcomed(&[], vec![]);
    let mut sent_at = Vec::new();
    for second in 0..12 {
        bench.now = Duration::from_secs(second);
        if bench.on(Event::Tick).unwrap() == [Output::Ping] {
            sent_at.push(second);
        }
    }
    assert_eq!(sent_at, [0, 5, 10]);
}

#[test]
fn more_generations_than_a_hello_holds_go_in_turns() {
    let id = |n: u32| -> GenId { [n.to_be_bytes(); 4].concat().try_into().unwrap() };
    let count = u32::try_from(GENERATIONS_MAX).unwrap() + 1;
    let all: Vec<_> = (0..count).map(|n| generation(id(n), 0, n + 1 < count)).collect();
    let mut bench = Bench::new(&all);
    assert_eq!(bench.session.lanes.len(), GENERATIONS_MAX);
    bench.on(down(down::Message::Welcome(Welcome { marks: vec![], grant: None }))).unwrap();
    bench.on(Event::Changed(all.clone())).unwrap();
    assert_eq!(bench.session.lanes.len(), GENERATIONS_MAX, "what was not announced waits");
    let mut renewed = false;
    for n in 0..count - 1 {
        assert!(!renewed);
        renewed = bench.ack(id(n), 0, true).unwrap().contains(&Output::Renew);
    }
    assert!(renewed);
}

#[test]
fn a_generation_set_aside_frees_its_window_and_a_list_that_lies_ends_the_session() {
    let (mut bench, _) = Bench::welcomed(&[generation(A, 3, true), generation(B, 0, false)], vec![]);
    bench.on(Event::Changed(vec![generation(B, 0, false)])).unwrap();
    assert_eq!(bench.session.flight, Flight::default());
    assert_eq!(bench.ack(A, 3, true).unwrap(), []);
    bench.session.reading = true;
    bench.on(Event::Changed(vec![generation(B, 1, false)])).unwrap();
    let nothing = Event::Read { gen_id: B, from_seq: 1, records: vec![] };
    assert!(matches!(bench.on(nothing), Err(Ended::Missing { seq: 1, .. })));
}
