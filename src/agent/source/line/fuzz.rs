//! Any bytes from a line or a caller. `fuzz/` tries them for hours, the tests for a moment.

use super::dial_in::{Caller, Slot, whose};
use crate::agent::config::{DialIn, Parity, Wire};
use std::sync::Arc;

/// Any bytes as what a DTU says first.
pub fn registration(bytes: &[u8]) {
    let slots: Vec<_> = [("a", "DTU-1", ""), ("b", "DTU-10", "hb"), ("c", "\0\u{1}", "\0")]
        .into_iter()
        .map(|(bus, registration, heartbeat)| {
            let wire = Wire { baud: 9600, parity: Parity::None, stop_bits: 1 };
            let listen = ([127, 0, 0, 1], 0).into();
            let (registration, heartbeat) = (registration.into(), heartbeat.into());
            Arc::new(Slot::new(bus, &DialIn { listen, registration, heartbeat, wire }))
        })
        .collect();
    match whose(bytes, &slots) {
        Caller::Of(slot) | Caller::Perhaps(slot) => {
            let registration = slot.registration();
            assert!(bytes.windows(registration.len()).any(|window| window == registration));
        }
        Caller::More | Caller::Unknown => {}
    }
    let _readable = super::dial_in::readable(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::fuzz::corpus;
    use proptest::prelude::*;

    fn said() -> Vec<Vec<u8>> {
        let said: [&[u8]; 6] = [b"DTU-1", b"DTU-10", b"hbhbDTU-1", b"\0\0\0\x01", b"DTU-2", b"GET / HTTP/1.1\r\n"];
        corpus::of("registration", &said.map(<[u8]>::to_vec))
    }

    #[test]
    fn what_was_found_once_is_taken() {
        said().iter().for_each(|bytes| registration(bytes));
    }

    proptest! {
        #[test]
        fn any_caller_is_heard_out(bytes in corpus::changed(said())) {
            registration(&bytes);
        }
    }
}
