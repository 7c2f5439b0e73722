//! Any bytes as a platform's answers. `fuzz/` tries them for hours, the tests for a moment.

use super::session::{Event, Output, Session, Speaker};
use crate::{
    agent::spool::{Generation, Run},
    model::UtcMillis,
    wire::{GenId, proto::Down, record::Record},
};
use bytes::Bytes;
use prost::Message;
use std::{collections::BTreeSet, time::Duration};

const SEALED: GenId = [1; 16];
const CURRENT: GenId = [2; 16];
const LAST_SEQ: u64 = 9;

fn session() -> Session {
    let generation = |gen_id, sealed| Generation { gen_id, prev_gen_id: None, last_seq: LAST_SEQ, sealed, bytes: 900 };
    let generations = [generation(SEALED, true), generation(CURRENT, false)];
    let run = Run { store_id: [3; 16], boot_id: [4; 16], prev_boot_id: None, boot_counter: 1 };
    let speaker = Speaker { gateway_id: "gw", run };
    Session::open(speaker, &generations, &BTreeSet::new(), Duration::from_secs(60), Duration::ZERO).0
}

/// Answers one behind the other, each behind its length, to a session of two generations. What it wants to read, it gets.
pub fn answers(mut bytes: &[u8]) {
    let mut session = session();
    let mut now = Duration::ZERO;
    while let Ok(down) = Down::decode_length_delimited(&mut bytes) {
        now += Duration::from_millis(100);
        let mut events = vec![Event::Down(down), Event::Tick(UtcMillis(1_790_000_000_000))];
        while let Some(event) = events.pop() {
            let Ok(outputs) = session.on(event, now) else { return };
            events.extend(outputs.into_iter().filter_map(check));
        }
    }
}

fn check(output: Output) -> Option<Event> {
    match output {
        Output::Read { gen_id, from_seq, records_max, .. } => {
            assert!((1..=LAST_SEQ).contains(&from_seq));
            let left = usize::try_from(LAST_SEQ + 1 - from_seq).unwrap_or(0).min(records_max);
            let record = Record { kind: 2, crc32c: 0, body: Bytes::from_static(&[0; 100]) };
            Some(Event::Read { gen_id, from_seq, records: vec![record; left] })
        }
        // the spool deletes upon this
        Output::Acked { gen_id, seq, complete } => {
            assert!(!complete || (gen_id, seq) == (SEALED, LAST_SEQ), "{seq} is called complete");
            None
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{
        fuzz::corpus,
        proto::{self, down},
    };
    use proptest::prelude::*;

    fn streams() -> Vec<Vec<u8>> {
        let ack = |gen_id: GenId, seq, complete| proto::Ack { gen_id: gen_id.to_vec().into(), seq, complete };
        let grant = proto::Grant { credit_bytes: 512 * 1024, backlog_bytes_per_s: 0 };
        let all = [
            down::Message::Welcome(proto::Welcome { marks: vec![ack(SEALED, 3, false)], grant: Some(grant) }),
            down::Message::Ack(ack(SEALED, 5, false)),
            down::Message::Rewind(proto::Rewind { gen_id: SEALED.to_vec().into(), expected_seq: 4 }),
            down::Message::Refused(proto::Refused { gen_id: SEALED.to_vec().into(), seq: 6, ..Default::default() }),
            down::Message::Grant(proto::Grant { credit_bytes: 1, backlog_bytes_per_s: 9 }),
            down::Message::Pong(proto::Pong { t0_ms: 1, t1_ms: 2, t2_ms: 3 }),
            down::Message::Ack(ack(SEALED, LAST_SEQ, true)),
            down::Message::Recall(proto::Recall { start_ms: 1, end_ms: 2 }),
            down::Message::Reject(proto::Reject::default()),
        ];
        let bytes = all.map(|message| proto::Down { message: Some(message) }.encode_length_delimited_to_vec()).concat();
        corpus::of("answers", &[bytes])
    }

    #[test]
    fn what_was_found_once_is_taken() {
        streams().iter().for_each(|bytes| answers(bytes));
    }

    proptest! {
        #[test]
        fn any_stream_is_taken(bytes in corpus::changed(streams())) {
            answers(&bytes);
        }
    }
}
