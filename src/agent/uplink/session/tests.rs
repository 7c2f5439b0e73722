use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn generation(id: u8, last_seq: u64, sealed: bool) -> Generation {
    Generation { gen_id: [id; 16], last_seq, sealed, bytes: last_seq * 100 }
}

fn ack(id: u8, seq: u64, complete: bool) -> Acked {
    Acked { gen_id: [id; 16], seq, complete }
}

#[test]
fn the_oldest_generation_goes_first_and_its_end_is_told() {
    let (mut session, _) = Session::new(&[generation(1, 3, true), generation(2, 1, false)], &[]).unwrap();
    assert_eq!(session.next(), Next::Batch { gen_id: [1; 16], from_seq: 1 });
    session.batch_sent(&[1; 16], 3, 300);
    assert_eq!(session.next(), Next::Sealed { gen_id: [1; 16], last_seq: 3 });
    session.end_sent(&[1; 16]);
    assert_eq!(session.next(), Next::Batch { gen_id: [2; 16], from_seq: 1 });
    assert_eq!(session.ack(ack(1, 3, true)), Ok(ack(1, 3, true)));
}

#[test]
fn a_stream_resumes_from_the_platforms_mark() {
    let (session, told) = Session::new(&[generation(1, 9, false)], &[ack(1, 4, false)]).unwrap();
    assert_eq!(told, [ack(1, 4, false)]);
    assert_eq!(session.next(), Next::Batch { gen_id: [1; 16], from_seq: 5 });
}

#[test]
fn a_mark_above_our_disk_is_taken_and_the_end_told_there() {
    let (session, _) = Session::new(&[generation(1, 4, true)], &[ack(1, 6, false)]).unwrap();
    assert_eq!(session.next(), Next::Sealed { gen_id: [1; 16], last_seq: 6 });
}

#[test]
fn a_rewind_sends_again_from_there() {
    let (mut session, _) = Session::new(&[generation(1, 9, false)], &[]).unwrap();
    session.batch_sent(&[1; 16], 9, 900);
    session.rewind(&[1; 16], 3).unwrap();
    assert_eq!(session.next(), Next::Batch { gen_id: [1; 16], from_seq: 3 });
}

#[test]
fn a_wrong_answer_is_a_protocol_error_and_releases_nothing() {
    let (mut session, _) = Session::new(&[generation(1, 9, true)], &[]).unwrap();
    session.batch_sent(&[1; 16], 2, 200);
    assert_eq!(session.ack(ack(1, 3, false)), Err(ProtocolError::AckBeyondSent { seq: 3, sent: 2 }));
    assert_eq!(session.ack(ack(1, 2, true)), Err(ProtocolError::CompleteBeforeEnd { seq: 2, last: 9 }));
    assert_eq!(session.ack(ack(7, 1, false)), Err(ProtocolError::UnknownGeneration));
    assert!(session.rewind(&[1; 16], 4).is_err() && session.rewind(&[1; 16], 0).is_err());
    assert!(Session::new(&[generation(1, 9, false)], &[ack(1, 9, true)]).is_err());
    assert!(Session::new(&[generation(1, 9, true)], &[ack(1, 8, true)]).is_err());
}

#[test]
fn only_acknowledgements_open_the_window_again() {
    let (mut session, _) = Session::new(&[generation(1, 10_000, false)], &[]).unwrap();
    session.batch_sent(&[1; 16], 100, IN_FLIGHT_BYTES_MAX);
    assert_eq!(session.next(), Next::Wait);
    session.ack(ack(1, 100, false)).unwrap();
    assert_eq!(session.next(), Next::Batch { gen_id: [1; 16], from_seq: 101 });
}

/// A platform that stores contiguous prefixes and answers as the contract says.
#[derive(Default)]
struct Platform {
    marks: BTreeMap<GenId, (u64, Option<u64>)>,
}

impl Platform {
    fn batch(&mut self, gen_id: GenId, first: u64, n: u64) -> Result<Acked, u64> {
        let (mark, sealed) = self.marks.entry(gen_id).or_default();
        if first > *mark + 1 {
            return Err(*mark + 1);
        }
        *mark = (*mark).max(first + n - 1);
        Ok(Acked { gen_id, seq: *mark, complete: *sealed == Some(*mark) })
    }
}

proptest! {
    /// Whatever is cut, lost or committed in between: everything arrives, and nothing is released too early.
    #[test]
    fn everything_is_stored_and_nothing_is_released_early(steps in prop::collection::vec((0_u8..8, 1_u64..40), 1..200)) {
        let mut platform = Platform::default();
        let mut spool = vec![generation(0, 1, false)];
        let mut released = Vec::new();
        let mut session = None;
        let settle = std::iter::repeat_n((7_u8, 40_u64), 400);
        for (step, n) in steps.into_iter().chain(settle) {
            match step {
                0 => spool.last_mut().unwrap().last_seq += n,
                1 if spool.len() < 40 => {
                    spool.last_mut().unwrap().sealed = true;
                    let id = u8::try_from(spool.len() + released.len()).unwrap();
                    spool.push(generation(id, 1, false));
                }
                2 => session = None,
                _ => {
                    let current = match &mut session {
                        Some(current) => current,
                        None => {
                            let marks: Vec<_> = spool.iter().filter_map(|g| {
                                let (seq, end) = platform.marks.get(&g.gen_id)?;
                                Some(Acked { gen_id: g.gen_id, seq: *seq, complete: *end == Some(*seq) })
                            }).collect();
                            let (opened, told) = Session::new(&spool, &marks).unwrap();
                            for told in told.iter().filter(|t| t.complete) {
                                spool.retain(|g| g.gen_id != told.gen_id);
                                released.push(told.gen_id);
                            }
                            session.insert(opened)
                        }
                    };
                    current.refresh(&spool);
                    let answer = match current.next() {
                        Next::Wait => continue,
                        Next::Batch { gen_id, from_seq } => {
                            let last = spool.iter().find(|g| g.gen_id == gen_id).unwrap().last_seq;
                            let count = n.min(last - from_seq + 1);
                            current.batch_sent(&gen_id, count, 100);
                            if step == 3 { continue } // lost on the way: the next batch finds a hole
                            match platform.batch(gen_id, from_seq, count) {
                                Ok(ack) => ack,
                                Err(expected) => { current.rewind(&gen_id, expected).unwrap(); continue }
                            }
                        }
                        Next::Sealed { gen_id, last_seq } => {
                            current.end_sent(&gen_id);
                            let (mark, end) = platform.marks.entry(gen_id).or_default();
                            if *mark < last_seq { let expected = *mark + 1; current.rewind(&gen_id, expected).unwrap(); continue }
                            *end = Some(last_seq);
                            Acked { gen_id, seq: *mark, complete: true }
                        }
                    };
                    if step == 4 { session = None; continue } // the answer is lost with the stream
                    if current.ack(answer).unwrap().complete {
                        let gone = spool.iter().position(|g| g.gen_id == answer.gen_id).unwrap();
                        prop_assert_eq!(platform.marks[&answer.gen_id].0, spool[gone].last_seq);
                        released.push(spool.remove(gone).gen_id);
                    }
                }
            }
        }
        // a batch lost at the very end is found by the silence that ends the stream: start one more
        let marks: Vec<_> = spool.iter().filter_map(|g| platform.marks.get(&g.gen_id).map(|m| (g, m))).collect();
        prop_assert!(spool.len() == 1 || marks.iter().all(|(g, m)| m.0 <= g.last_seq));
        prop_assert!(released.iter().all(|id| platform.marks[id].1 == Some(platform.marks[id].0)));
    }
}
