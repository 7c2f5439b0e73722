//! Any bytes as what a monitor sends. `fuzz/` tries them for hours, the tests for a moment.

use super::{
    hj212::{self, Step},
    intake,
};

/// Every byte is taken in the end, and nothing of it panics.
pub fn monitor(bytes: &[u8]) {
    let mut rest = bytes;
    loop {
        match hj212::step(rest) {
            Step::More => {
                assert!(rest.len() < hj212::PACKET_BYTES_MAX, "what waits is bounded");
                return;
            }
            Step::Done(taken, packet) => {
                assert!(taken > 0 && taken <= rest.len(), "each step takes something that is there");
                if let Ok(packet) = packet {
                    let _ = intake::reports(&packet);
                    assert!(matches!(hj212::step(&hj212::answer(&packet)), Step::Done(..)));
                }
                rest = rest.get(taken..).unwrap_or_default();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            monitor(&bytes);
        }

        #[test]
        fn any_data_in_a_frame_is_taken(data in "[A-Z=;&,#a-z0-9.-]{0,120}") {
            monitor(&hj212::framed(&data));
        }
    }
}
