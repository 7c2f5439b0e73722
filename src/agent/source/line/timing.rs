//! The times of a line.

use crate::agent::config::Wire;
use std::time::Duration;

/// Above this speed the silence no longer shrinks (Modbus over Serial Line V1.02, 2.5.1.1).
const FAST_BAUD: u32 = 19_200;
const QUIET_WHEN_FAST: Duration = Duration::from_micros(1_750);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// From a request's last byte to its reply.
    pub timeout: Duration,
    /// Silence before a request.
    pub quiet: Duration,
    /// One byte on the wire; nothing where the network is the line.
    pub character: Duration,
}

impl Timing {
    pub fn of(wire: Option<Wire>, timeout: Duration) -> Timing {
        let Some(wire) = wire else { return Timing { timeout, quiet: Duration::ZERO, character: Duration::ZERO } };
        let character = wire.character();
        let quiet = if wire.baud > FAST_BAUD { QUIET_WHEN_FAST } else { character * 7 / 2 };
        Timing { timeout, quiet, character }
    }

    /// With a silence that is at least as long as this.
    pub fn at_least_quiet(self, quiet: Duration) -> Timing {
        Timing { quiet: self.quiet.max(quiet), ..self }
    }

    /// How long so many bytes are on the wire.
    pub fn of_bytes(&self, bytes: usize) -> Duration {
        self.character * u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::config::Parity;

    #[test]
    fn the_silence_is_three_and_a_half_characters_and_never_shorter_than_1_75_ms() {
        let quiet = |baud, parity, stop_bits| {
            Timing::of(Some(Wire { baud, parity, stop_bits }), Duration::from_secs(1)).quiet.as_micros()
        };
        assert_eq!(quiet(9600, Parity::Even, 1), 4_010, "3.5 × 11 bits");
        assert_eq!(quiet(9600, Parity::None, 1), 3_645, "3.5 × 10 bits");
        assert_eq!(quiet(1200, Parity::Even, 1), 32_083);
        assert_eq!(quiet(19_200, Parity::None, 2), 2_005);
        assert_eq!(quiet(38_400, Parity::None, 1), 1_750);
        assert_eq!(quiet(115_200, Parity::None, 1), 1_750);
        let told = Timing::of(None, Duration::from_secs(1)).at_least_quiet(Duration::from_millis(20));
        assert_eq!(told.quiet, Duration::from_millis(20));
    }
}
