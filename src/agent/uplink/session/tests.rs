//! Rule by rule; the laws under any order of events are in `laws.rs`.

use super::{
    super::{
        allowance::{WINDOW_BYTES, WINDOW_MESSAGES},
        exchange::Exchange,
        lane::Flight,
    },
    *,
};
use crate::wire::{
    RECORD_BYTES_MAX,
    proto::{Ack, Grant, Pong, Recall, Refused, RefusedCode, Reject, RejectCode, Rewind, Welcome},
};
use bytes::Bytes;

mod heartbeat;
mod lanes;
mod laws;
mod model;
mod nonsense;

const SILENCE: Duration = Duration::from_secs(42);
const A: GenId = [0xa; 16];
const B: GenId = [0xb; 16];
const C: GenId = [0xc; 16];
const RUN: Run = Run { store_id: [1; 16], boot_id: [3; 16], prev_boot_id: Some([2; 16]), boot_counter: 7 };
const FULL: Grant = Grant { credit_bytes: u32::MAX, backlog_bytes_per_s: 0 };

fn generation(gen_id: GenId, last_seq: u64, sealed: bool) -> Generation {
    Generation { gen_id, prev_gen_id: None, last_seq, sealed, bytes: 0 }
}

pub(super) fn open(generations: &[Generation]) -> (Session, up::Message) {
    let speaker = Speaker { gateway_id: "gw-1", run: RUN };
    Session::open(speaker, generations, &BTreeSet::new(), SILENCE, Duration::ZERO)
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
        Bench { session: open(generations).0, now: Duration::ZERO, body_bytes: 10 }
    }

    fn welcomed(generations: &[Generation], marks: Vec<Ack>) -> (Bench, Vec<Output>) {
        Bench::granted(generations, marks, FULL)
    }

    fn granted(generations: &[Generation], marks: Vec<Ack>, grant: Grant) -> (Bench, Vec<Output>) {
        let mut bench = Bench::new(generations);
        let outputs = bench.welcome(marks, Some(grant)).unwrap();
        (bench, outputs)
    }

    fn welcome(&mut self, marks: Vec<Ack>, grant: Option<Grant>) -> Result<Vec<Output>, Ended> {
        self.on(down(down::Message::Welcome(Welcome { marks, grant })))
    }

    fn grant(&mut self, credit_bytes: u32, backlog_bytes_per_s: u32) -> Vec<Output> {
        self.on(down(down::Message::Grant(Grant { credit_bytes, backlog_bytes_per_s }))).unwrap()
    }

    fn tick(&mut self) -> Result<Vec<Output>, Ended> {
        let wall = UtcMillis(1_700_000_000_000 + i64::try_from(self.now.as_millis()).unwrap());
        self.on(Event::Tick(wall))
    }

    fn refuse(&mut self, gen_id: GenId, seq: u64) -> Result<Vec<Output>, Ended> {
        let (code, message) = (RefusedCode::Checksum.into(), "line\nbreak".to_owned());
        self.on(down(down::Message::Refused(Refused { gen_id: gen_id.to_vec().into(), seq, code, message })))
    }

    fn recall(&mut self, start_ms: i64, end_ms: i64) -> Result<Vec<Output>, Ended> {
        self.on(down(down::Message::Recall(Recall { start_ms, end_ms })))
    }

    fn flight(&self) -> Flight {
        self.session.flight().0
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

#[test]
fn hello_lists_the_generations_and_nothing_is_sent_before_the_welcome() {
    let generations = [generation(A, 3, true), generation(B, 2, false)];
    let generations = [generations[0], Generation { prev_gen_id: Some(A), ..generations[1] }];
    let up::Message::Hello(hello) = open(&generations).1 else { panic!() };
    assert_eq!((hello.protocol, hello.gateway_id.as_str()), (2, "gw-1"));
    let listed = hello.generations.iter().map(|g| (g.gen_id[0], g.last_seq, g.sealed, g.prev_gen_id.to_vec()));
    assert_eq!(listed.collect::<Vec<_>>(), [(0xa, 3, true, vec![]), (0xb, 2, false, A.to_vec())]);
    let run = hello.run.unwrap();
    assert_eq!((&run.store_id[..], &run.boot_id[..]), (&[1; 16][..], &[3; 16][..]));
    assert_eq!((&run.prev_boot_id[..], run.boot_counter), (&[2; 16][..], 7));
    let mut bench = Bench::new(&generations);
    assert_eq!(bench.tick().unwrap(), []);
    assert_eq!(bench.on(Event::Changed(vec![generation(A, 3, true), generation(B, 9, false)])).unwrap(), []);
    // the change counts once the Welcome is there
    let outputs = bench.welcome(vec![], Some(FULL)).unwrap();
    assert_eq!(batches(&outputs), [(0xb, 1, 9), (0xa, 1, 3)]);
}

#[test]
fn a_complete_generation_is_released_and_late_answers_to_it_mean_nothing() {
    let (mut bench, outputs) = Bench::welcomed(&[generation(A, 3, true), generation(B, 0, false)], vec![]);
    assert_eq!(outputs.last(), Some(&sealed(A, 3)));
    assert_eq!(bench.ack(A, 3, false).unwrap(), [acked(A, 3, false)]);
    assert_eq!(bench.ack(A, 3, true).unwrap(), [acked(A, 3, true)]);
    assert_eq!(bench.flight(), Flight::default());
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
    assert_eq!(bench.flight(), Flight::default());
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
    let cloned = reject(RejectCode::Cloned, 0);
    assert_eq!(cloned.retry_after(), Some(Duration::from_secs(60)));
    assert!(cloned.advice().contains("renew-store") && cloned.to_string().contains("CLONED"));
    assert_eq!(reject(RejectCode::UnknownGateway, 5000).retry_after(), Some(Duration::from_secs(5)));
    assert_eq!(reject(RejectCode::Unavailable, 0).retry_after(), None);
    assert_eq!(reject(RejectCode::Unavailable, u32::MAX).retry_after(), Some(Duration::from_secs(600)));
    let text = reject(RejectCode::UnknownGateway, 0).to_string();
    assert!(text.contains("UNKNOWN_GATEWAY"), "{text}");
    assert!(!text.contains('\n'));
}

#[test]
fn a_refused_record_is_noted_once_and_delivery_goes_on() {
    let generations = [generation(A, 600, true), generation(B, 0, false)];
    let (mut bench, _) = Bench::welcomed(&generations, vec![]);
    let message = "line break".to_owned();
    let refusal = Refusal { gen_id: A, seq: 2, code: RefusedCode::Checksum.into(), message };
    assert_eq!(bench.refuse(A, 2).unwrap(), [Output::Refused(refusal.clone())]);
    assert_eq!(bench.refuse(A, 2).unwrap(), [], "twice is no news");
    assert_eq!(bench.refuse(A, 1).unwrap(), [], "refusals come in order");
    assert_eq!(bench.ack(A, 256, false).unwrap(), [acked(A, 256, false)]);
    bench.ack(A, 600, true).unwrap();
    // the Ack may be there first
    assert_eq!(bench.refuse(A, 600).unwrap(), [Output::Refused(Refusal { seq: 600, ..refusal })]);
    assert_eq!(bench.refuse(A, 600).unwrap(), []);
}

#[test]
fn a_recall_is_handed_on() {
    let (mut bench, _) = Bench::welcomed(&[generation(A, 0, false)], vec![]);
    let span = Span { start: UtcMillis(1000), end: UtcMillis(1000 + RECALL_SPAN_MS_MAX) };
    assert_eq!(bench.recall(span.start.0, span.end.0).unwrap(), [Output::Recall(span)]);
}

#[test]
fn a_generation_that_is_gone_when_it_is_read_is_passed_over() {
    let generations = [generation(A, 3, true), generation(B, 4, true), generation(C, 0, false)];
    let mut session = open(&generations).0;
    let welcome = down(down::Message::Welcome(Welcome { marks: vec![], grant: Some(FULL) }));
    let outputs = session.on(welcome, Duration::ZERO).unwrap();
    assert!(matches!(outputs.last(), Some(Output::Read { gen_id: A, .. })));
    let outputs = session.on(Event::Gone(A), Duration::ZERO).unwrap();
    assert!(matches!(outputs[..], [Output::Read { gen_id: B, .. }]));
}

/// One more than a Hello holds.
fn crowd() -> Vec<Generation> {
    let id = |n: u32| -> GenId { [n.to_be_bytes(); 4].concat().try_into().unwrap() };
    let count = u32::try_from(GENERATIONS_MAX).unwrap() + 1;
    (0..count).map(|n| generation(id(n), 0, n + 1 < count)).collect()
}

#[test]
fn more_generations_than_a_hello_holds_go_in_turns() {
    let all = crowd();
    let mut bench = Bench::new(&all);
    assert_eq!(bench.session.lanes.len(), GENERATIONS_MAX);
    bench.welcome(vec![], Some(FULL)).unwrap();
    bench.on(Event::Changed(all.clone())).unwrap();
    assert_eq!(bench.session.lanes.len(), GENERATIONS_MAX, "what was not announced waits");
    let mut renewed = false;
    for generation in &all[..GENERATIONS_MAX] {
        assert!(!renewed);
        renewed = bench.ack(generation.gen_id, 0, true).unwrap().contains(&Output::Renew);
    }
    assert!(renewed);
}

#[test]
fn what_this_platform_has_and_another_has_not_does_not_crowd_its_hello() {
    let all = crowd();
    let done: BTreeSet<GenId> = all[..10].iter().map(|generation| generation.gen_id).collect();
    let open = |generations: &[Generation]| {
        let speaker = Speaker { gateway_id: "gw-1", run: RUN };
        let (session, hello) = Session::open(speaker, generations, &done, SILENCE, Duration::ZERO);
        let up::Message::Hello(hello) = hello else { panic!() };
        (Bench { session, now: Duration::ZERO, body_bytes: 10 }, hello.generations)
    };
    let (mut bench, listed) = open(&all);
    assert_eq!(listed.len(), GENERATIONS_MAX + 1 - 10);
    bench.welcome(vec![], Some(FULL)).unwrap();
    bench.on(Event::Changed(all.clone())).unwrap();
    assert_eq!(bench.session.lanes.len(), GENERATIONS_MAX + 1 - 10, "they are not taken for new ones");
    // a restored platform is told of all that is here
    assert_eq!(open(&all[..GENERATIONS_MAX]).1.len(), GENERATIONS_MAX);
}

#[test]
fn a_generation_set_aside_frees_its_window_and_a_list_that_lies_ends_the_session() {
    let (mut bench, _) = Bench::welcomed(&[generation(A, 3, true), generation(B, 0, false)], vec![]);
    assert_eq!(bench.flight().messages, 2);
    bench.on(Event::Changed(vec![generation(B, 0, false)])).unwrap();
    assert_eq!(bench.flight(), Flight::default());
    assert_eq!(bench.ack(A, 3, true).unwrap(), []);
    bench.session.reading = true;
    bench.on(Event::Changed(vec![generation(B, 1, false)])).unwrap();
    let nothing = Event::Read { gen_id: B, from_seq: 1, records: vec![] };
    assert!(matches!(bench.on(nothing), Err(Ended::Missing { seq: 1, .. })));
}
