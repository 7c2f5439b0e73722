//! What goes first, and how much of it.

use super::{super::schedule::BODIES_MAX, *};
use crate::wire::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX};

#[test]
fn it_resumes_from_the_welcome_the_live_generation_first_then_the_oldest() {
    let generations = [generation(A, 300, true), generation(B, 3, true), generation(C, 2, false)];
    let (_, outputs) = Bench::welcomed(&generations, vec![mark(A, 40, false)]);
    assert_eq!(outputs[..3], [acked(A, 40, false), acked(B, 0, false), acked(C, 0, false)]);
    assert_eq!(batches(&outputs), [(0xc, 1, 2), (0xa, 41, 256), (0xa, 297, 4), (0xb, 1, 3)]);
    assert_eq!((&outputs[6], &outputs[8]), (&sealed(A, 300), &sealed(B, 3)));
}

#[test]
fn the_backlog_takes_half_of_the_credit_and_a_live_record_does_not_wait_for_it() {
    let generations = [generation(A, 100_000, true), generation(B, 0, false)];
    let (mut bench, outputs) = Bench::granted(&generations, vec![], Grant { credit_bytes: 100_000, ..FULL });
    let backlog = bench.flight().bytes;
    assert!(!batches(&outputs).is_empty() && backlog <= 50_000 && backlog > 50_000 - RECORD_BYTES_MAX, "{backlog}");
    let outputs = bench.on(Event::Changed(vec![generations[0], generation(B, 100_000, false)])).unwrap();
    assert!(batches(&outputs).iter().all(|(generation, ..)| *generation == 0xb));
    assert!(bench.flight().bytes > 100_000 - RECORD_BYTES_MAX && bench.flight().bytes <= 100_000);
    // with live records waiting, what an ack frees is theirs
    let outputs = bench.ack(A, 256, false).unwrap();
    assert!(batches(&outputs).iter().all(|(generation, ..)| *generation == 0xb) && !batches(&outputs).is_empty());
}

#[test]
fn without_credit_nothing_goes_but_pings() {
    let generations = [generation(A, 3, true), generation(B, 0, true), generation(C, 2, false)];
    for grant in [None, Some(Grant { credit_bytes: 0, ..FULL })] {
        let mut bench = Bench::new(&generations);
        let outputs = bench.welcome(vec![], grant).unwrap();
        assert!(outputs.iter().all(|output| matches!(output, Output::Acked { .. })), "{outputs:?}");
        assert!(matches!(bench.tick().unwrap()[..], [Output::Ping(_)]));
        assert_eq!(
            bench.on(Event::Changed(vec![generations[0], generations[1], generation(C, 9, false)])).unwrap(),
            []
        );
        assert_eq!(batches(&bench.grant(u32::MAX, 0)), [(0xc, 1, 9), (0xa, 1, 3)]);
    }
}

#[test]
fn less_credit_stops_what_was_not_sent_yet_and_more_lets_it_go() {
    let (mut bench, _) =
        Bench::granted(&[generation(A, 100_000, false)], vec![], Grant { credit_bytes: 50_000, ..FULL });
    let before = bench.flight().bytes;
    assert_eq!(bench.grant(20_000, 0), []);
    assert_eq!(bench.ack(A, 256, false).unwrap(), [acked(A, 256, false)]);
    assert!(!batches(&bench.grant(100_000, 0)).is_empty());
    assert!(bench.flight().bytes > before && bench.flight().bytes <= 100_000);
}

#[test]
fn the_backlog_keeps_the_platforms_pace_and_live_records_know_none() {
    let generations = [generation(A, 100_000, true), generation(B, 0, false)];
    let (mut bench, outputs) = Bench::granted(&generations, vec![], Grant { backlog_bytes_per_s: 1000, ..FULL });
    assert_eq!(batches(&outputs), []);
    let mut sent = 0;
    for second in 1..=30 {
        bench.now = Duration::from_secs(second);
        bench.session.heard_at = bench.now;
        let records = batches(&bench.tick().unwrap()).iter().map(|(.., count)| count).sum::<usize>();
        sent += records * bench.body_bytes;
    }
    assert_eq!(sent, 30_000);
    let outputs = bench.on(Event::Changed(vec![generations[0], generation(B, 5000, false)])).unwrap();
    assert_eq!(batches(&outputs).iter().map(|(.., count)| count).sum::<usize>(), 5000);
}

#[test]
fn the_window_is_bounded_in_messages_and_bytes_and_opens_with_acks() {
    let (mut bench, outputs) = Bench::welcomed(&[generation(A, 100_000, false)], vec![]);
    // 256 records of 10 bytes a batch; a record of the largest size must still fit
    assert_eq!(batches(&outputs).len(), (WINDOW_BYTES - RECORD_BYTES_MAX) / 2560 + 1);
    assert!(bench.flight().bytes <= WINDOW_BYTES);
    assert_eq!(batches(&bench.ack(A, 256, false).unwrap()).len(), 1);

    let id = |n: u16| [n.to_be_bytes(); 8].concat().try_into().unwrap();
    let mut many: Vec<_> = (0..300).map(|n| generation(id(n), 1, true)).collect();
    let (mut bench, outputs) = Bench::welcomed(&many, vec![]);
    assert_eq!(bench.flight().messages, WINDOW_MESSAGES / 2, "backlog");
    // a batch and a seal each
    assert_eq!(batches(&outputs).len(), WINDOW_MESSAGES / 4);
    many.push(generation(A, 0, false));
    for last_seq in 1..1000 {
        many[300].last_seq = last_seq;
        bench.on(Event::Changed(many.clone())).unwrap();
    }
    assert_eq!(bench.flight().messages, WINDOW_MESSAGES);

    let mut bench = Bench { body_bytes: RECORD_BYTES_MAX, ..Bench::new(&[generation(A, 1000, false)]) };
    let outputs = bench.welcome(vec![], Some(FULL)).unwrap();
    assert!(bench.flight().bytes <= WINDOW_BYTES);
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
