//! A DTU's heartbeat among the bytes of a reply.
//!
//! One byte of a heartbeat can as well be a byte of the reply, so that nothing is cut out blindly: first the bytes are
//! taken as they are, then without the heartbeats that stand where a packet of the network began, then without all of
//! them; the protocol's checksum decides.

use super::Seen;
use std::borrow::Cow;

/// Shorter ones are in too many replies by chance to be cut out wherever they are.
const ANYWHERE_MIN: usize = 2;

/// What `received` is to the protocol, and the bytes in which a range of it lies. `packets` are the places at which
/// something arrived.
pub fn seen<'a>(
    received: &'a [u8],
    packets: &[usize],
    heartbeat: &[u8],
    seen: impl Fn(&[u8]) -> Seen,
) -> (Seen, Cow<'a, [u8]>) {
    let as_is = (seen(received), Cow::Borrowed(received));
    if heartbeat.is_empty() {
        return as_is;
    }
    let mut readings = vec![as_is];
    let mut cut = |from: &dyn Fn(usize) -> bool| {
        let without = without(received, heartbeat, from);
        if without.len() < received.len() {
            readings.push((seen(&without), Cow::Owned(without)));
        }
    };
    cut(&|at| packets.contains(&at));
    if heartbeat.len() >= ANYWHERE_MIN {
        cut(&|_| true);
    }
    let hope = |seen: &Seen| match seen {
        Seen::Whole(_) => 0,
        Seen::More => 1,
        Seen::Damaged(_) => 2,
        Seen::Wrong(_) => 3,
    };
    // the first of equals: nothing is cut out without need
    readings.into_iter().min_by_key(|(seen, _)| hope(seen)).unwrap_or((Seen::More, Cow::Borrowed(received)))
}

/// Whether these bytes are heartbeats and nothing else.
pub fn only(received: &[u8], heartbeat: &[u8]) -> bool {
    !heartbeat.is_empty() && without(received, heartbeat, |_| true).is_empty()
}

fn without(received: &[u8], heartbeat: &[u8], from: impl Fn(usize) -> bool) -> Vec<u8> {
    let (mut kept, mut at, mut chained) = (Vec::with_capacity(received.len()), 0, false);
    while let Some(rest) = received.get(at..).filter(|rest| !rest.is_empty()) {
        // several in a row count as one
        if rest.starts_with(heartbeat) && (chained || from(at)) {
            (at, chained) = (at + heartbeat.len(), true);
        } else {
            kept.extend(rest.first());
            (at, chained) = (at + 1, false);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A reply is `[length, …, CRC]`, at the beginning.
    fn checked(received: &[u8]) -> Seen {
        let Some(length) = received.first().map(|length| usize::from(*length)) else { return Seen::More };
        let Some(reply) = received.get(..length + 5) else { return Seen::More };
        let (body, crc) = reply.split_at(length + 1);
        if crc32c::crc32c(body).to_be_bytes() == crc { Seen::Whole(0..length + 5) } else { Seen::Damaged("CRC".into()) }
    }

    fn reply(data: &[u8]) -> Vec<u8> {
        let body = [&[data.len() as u8], data].concat();
        [&body[..], &crc32c::crc32c(&body).to_be_bytes()].concat()
    }

    proptest! {
        #[test]
        fn a_reply_is_found_with_heartbeats_between_its_packets(
            data in prop::collection::vec(any::<u8>(), 1..40), cuts in prop::collection::vec((0..42_usize, 1..3_usize), 0..4),
        ) {
            for heartbeat in [&[0xFE][..], b"DTU-1"] {
                let whole = reply(&data);
                let mut cuts: Vec<_> = cuts.iter().map(|(at, n)| (at % whole.len(), *n)).collect();
                cuts.sort_unstable();
                let (mut received, mut packets, mut from) = (Vec::new(), vec![0], 0);
                for (at, beats) in cuts {
                    received.extend_from_slice(&whole[from..at]);
                    packets.push(received.len());
                    received.extend(heartbeat.repeat(beats));
                    packets.push(received.len());
                    from = at;
                }
                received.extend_from_slice(&whole[from..]);
                let (found, bytes) = seen(&received, &packets, heartbeat, checked);
                // a byte of the reply that is the heartbeat, at the beginning of a packet, can not be told from one
                if heartbeat.len() > 1 || !whole.contains(&0xFE) {
                    prop_assert_eq!(&found, &Seen::Whole(0..whole.len()), "{:?}", received);
                }
                if let Seen::Whole(range) = found {
                    prop_assert_eq!(&bytes[range], &whole[..]);
                }
            }
        }
    }

    #[test]
    fn a_reply_that_holds_the_heartbeat_is_left_as_it_is() {
        let whole = reply(&[0xFE, 1, 0xFE]);
        let (found, bytes) = seen(&whole, &[0, 1], &[0xFE], checked);
        assert_eq!((found, &bytes[..]), (Seen::Whole(0..8), &whole[..]));
        assert!(only(&[0xFE, 0xFE], &[0xFE]) && !only(&[0xFE, 1], &[0xFE]) && !only(&[1], &[]));
    }
}
