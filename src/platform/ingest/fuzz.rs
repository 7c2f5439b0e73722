//! Any bytes as a gateway's messages. `fuzz/` tries them for hours, the tests for a moment.

use super::{
    hello,
    session::{Action, Session, Sorted, sort},
};
use crate::{
    platform::store::{Ingested, Outcome},
    wire::{
        BATCH_BYTES_MAX, BATCH_RECORDS_MAX,
        proto::Up,
        record::{Record, decode},
    },
};
use prost::Message;

/// Messages one behind the other, each behind its length: Hello first, as in a stream. Every other batch meets a store
/// that lacks what is before it.
pub fn messages(mut bytes: &[u8]) {
    let mut session = None;
    let mut batches = 0_u64;
    while let Ok(up) = Up::decode_length_delimited(&mut bytes) {
        let Some(session) = &mut session else {
            match hello::read(up.message) {
                Ok(_) => session = Some(Session::default()),
                Err(_) => return,
            }
            continue;
        };
        let asked = match sort(up.message) {
            Ok(Sorted::Asked(asked)) => asked,
            Ok(Sorted::Ping(_)) => continue,
            Err(_) => return,
        };
        let Ok(action) = session.take(asked) else { return };
        if let Some(Action::Ingest { gen_id, first_seq, records, .. }) = action {
            batch(&records);
            batches += 1;
            let outcome = match batches % 2 {
                0 => Outcome::Rewind { expected_seq: first_seq.saturating_sub(1) },
                _ => Outcome::Stored { seq: first_seq + records.len() as u64 - 1, complete: false },
            };
            let ingested = Ingested { outcome, refusals: Vec::new(), stop: None };
            if session.stored(gen_id, first_seq, &ingested).end.is_some() {
                return;
            }
        }
    }
}

/// What the store does first.
fn batch(records: &[Record]) {
    assert!((1..=BATCH_RECORDS_MAX).contains(&records.len()));
    assert!(records.iter().map(|record| record.body.len()).sum::<usize>() <= BATCH_BYTES_MAX);
    for record in records {
        let _ = decode(record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::UtcMillis,
        wire::{
            PROTOCOL,
            fuzz::corpus,
            proto::{self, up},
            record::{Content, Samples, encode},
        },
    };
    use proptest::prelude::*;

    fn streams() -> Vec<Vec<u8>> {
        let gen_id = vec![3; 16];
        let hello = proto::Hello {
            protocol: PROTOCOL,
            gateway_id: "gw".into(),
            generations: vec![proto::Generation { gen_id: gen_id.clone().into(), last_seq: 9, ..Default::default() }],
            run: Some(proto::Run {
                store_id: vec![1; 16].into(),
                boot_id: vec![2; 16].into(),
                boot_counter: 1,
                ..Default::default()
            }),
            ..Default::default()
        };
        let samples = Content::Samples(0, vec![Samples { time: UtcMillis(1_790_000_000_000), samples: vec![] }]);
        let records: Vec<_> = encode(&samples).into_iter().map(proto::Record::from).collect();
        let batch = |first_seq| proto::Batch { gen_id: gen_id.clone().into(), first_seq, records: records.clone() };
        let sealed = proto::Sealed { gen_id: gen_id.clone().into(), last_seq: 3 };
        let all = [
            up::Message::Hello(hello),
            up::Message::Batch(batch(1)),
            up::Message::Batch(batch(3)),
            up::Message::Batch(batch(2)),
            up::Message::Ping(proto::Ping::default()),
            up::Message::Sealed(sealed),
        ];
        let bytes = all.map(|message| proto::Up { message: Some(message) }.encode_length_delimited_to_vec()).concat();
        corpus::of("batch", &[bytes])
    }

    #[test]
    fn what_was_found_once_is_taken() {
        streams().iter().for_each(|bytes| messages(bytes));
    }

    proptest! {
        #[test]
        fn any_stream_is_taken(bytes in corpus::changed(streams())) {
            messages(&bytes);
        }
    }
}
