//! How long a round of a bus takes, before anything runs.
//!
//! ```text
//!   one request = silence before it + its bytes + turnaround of the meter + the reply's bytes + the network
//! ```
//!
//! # Promises
//! - What is not known is assumed, and the assumptions are part of the answer.
//! - Every meter answers at once and whole: no time-out, no repeat. A real line is slower, never faster.

use super::program::{Outline, Program};
use crate::agent::{
    config::{Bus, Link, Meter, Station, Wire},
    source::{line::Timing, modbus::Learned},
};
use std::time::Duration;

/// Of a bus that is to have room for time-outs, at most this share is planned.
const ROOM_PERCENT: u64 = 90;

/// What can not be known before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assumed {
    /// From the request's last byte to the reply's first one: Modbus meters.
    pub modbus_turnaround: Duration,
    /// And those of DL/T 645 and CJ/T 188, which take their time.
    pub other_turnaround: Duration,
    /// There and back.
    pub network: Duration,
}

impl Assumed {
    pub fn of(link: &Link) -> Assumed {
        let ms = Duration::from_millis;
        let network = match link {
            Link::Tcp(_) | Link::Tls(..) | Link::Serial(_) => Duration::ZERO,
            Link::SerialServer(..) => ms(5),
            // over a mobile network
            Link::DialIn(_) => ms(150),
        };
        Assumed { modbus_turnaround: ms(20), other_turnaround: ms(100), network }
    }
}

#[derive(Clone, Debug)]
pub struct Estimate {
    pub assumed: Assumed,
    pub meters: Vec<MeterEstimate>,
}

#[derive(Clone, Debug)]
pub struct MeterEstimate {
    pub interval: Duration,
    pub requests: Vec<(Outline, Duration)>,
    /// Of all its requests.
    pub poll: Duration,
}

impl Estimate {
    /// `learned` is what each meter was found to refuse.
    pub fn of(bus: &Bus, learned: impl Fn(&Meter) -> Learned) -> Estimate {
        let assumed = Assumed::of(&bus.link);
        let timing = Timing::of(bus.link.wire(), bus.timeout);
        let meter = |meter: &Meter| {
            let turnaround = match meter.station {
                Station::Modbus { .. } => assumed.modbus_turnaround,
                Station::Dlt645 { .. } | Station::Cjt188 { .. } => assumed.other_turnaround,
            };
            let time = |outline: &Outline| {
                let (asked, answered) = outline.lengths;
                timing.quiet + timing.of_bytes(asked) + turnaround + timing.of_bytes(answered) + assumed.network
            };
            let outlines = Program::new(meter.station.clone(), learned(meter)).outlines();
            let requests: Vec<_> = outlines.into_iter().map(|outline| (time(&outline), outline)).map(swapped).collect();
            let poll = requests.iter().map(|(_, time)| *time).sum();
            MeterEstimate { interval: meter.poll_interval, requests, poll }
        };
        Estimate { assumed, meters: bus.meters.iter().map(meter).collect() }
    }

    /// All meters once.
    pub fn round(&self) -> Duration {
        self.meters.iter().map(|meter| meter.poll).sum()
    }

    /// Of the time, the share in which the line is busy, in thousandths.
    pub fn load_permille(&self) -> u64 {
        let share = |meter: &MeterEstimate| {
            let interval = meter.interval.as_nanos().max(1);
            u64::try_from(meter.poll.as_nanos().saturating_mul(1_000_000) / interval).unwrap_or(u64::MAX)
        };
        self.meters.iter().map(share).fold(0, u64::saturating_add).div_ceil(1000)
    }

    pub fn fits(&self) -> bool {
        self.load_permille() <= 1000
    }

    /// The shortest interval, if all meters have the same one.
    pub fn one_interval(&self) -> Option<Duration> {
        let first = self.meters.first()?.interval;
        self.meters.iter().all(|meter| meter.interval == first).then_some(first)
    }

    /// What each interval must be multiplied by for the line to have room, in tenths.
    pub fn factor_tenths(&self) -> u64 {
        (self.load_permille() * 10).div_ceil(10 * ROOM_PERCENT)
    }

    /// An interval for all of them at which the line has room: whole seconds, or tenths below one.
    pub fn interval_needed(&self) -> Duration {
        let ms = (self.round().as_millis() * 100).div_ceil(ROOM_PERCENT.into());
        let step = if ms > 1000 { 1000 } else { 100 };
        Duration::from_millis(u64::try_from(ms.div_ceil(step) * step).unwrap_or(u64::MAX))
    }

    /// How many lines its meters need.
    pub fn lines_needed(&self) -> u64 {
        self.load_permille().div_ceil(10 * ROOM_PERCENT)
    }
}

/// The same bus at another speed.
pub fn at_baud(bus: &Bus, baud: u32) -> Bus {
    let wire = |wire: &Wire| Wire { baud, ..*wire };
    let link = match &bus.link {
        Link::SerialServer(address, old) => Link::SerialServer(address.clone(), wire(old)),
        Link::Serial(serial) => {
            Link::Serial(crate::agent::config::Serial { wire: wire(&serial.wire), ..serial.clone() })
        }
        Link::DialIn(dial_in) => {
            Link::DialIn(crate::agent::config::DialIn { wire: wire(&dial_in.wire), ..dial_in.clone() })
        }
        other => other.clone(),
    };
    Bus { link, ..bus.clone() }
}

fn swapped<A, B>((a, b): (A, B)) -> (B, A) {
    (b, a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::config::{
        Dlt645Edition, Dlt645Point, Function, ModbusLimits, ModbusPoint, Parity, ValueType, WordOrder,
    };

    fn modbus(registers: std::ops::Range<u16>, interval_s: u64) -> Meter {
        let point = |register| ModbusPoint {
            series: 0,
            function: Function::HoldingRegisters,
            register,
            value_type: ValueType::U16,
            word_order: WordOrder::Abcd,
            no_value: Vec::new(),
            multiplier: None,
        };
        let points = registers.map(point).collect();
        let station = Station::Modbus { unit_id: 1, limits: ModbusLimits::default(), points };
        Meter { name: "m".into(), model: None, poll_interval: Duration::from_secs(interval_s), station }
    }

    fn bus(meters: Vec<Meter>, baud: u32) -> Bus {
        let wire = Wire { baud, parity: Parity::None, stop_bits: 1 };
        let link = Link::Serial(crate::agent::config::Serial { path: "/dev/ttyUSB0".into(), wire, rs485: false });
        let second = Duration::from_secs(1);
        Bus { name: "b".into(), link, timeout: second, poll_interval: second, meters }
    }

    fn estimate(bus: &Bus) -> Estimate {
        Estimate::of(bus, |_| Learned::default())
    }

    #[test]
    fn one_request_by_hand() {
        // 9600 8N1: 10 bits are 1.041666 ms. 8 bytes there, 5 + 2 × 2 back, 3.5 of silence: 20.5 characters, and 20 ms
        let estimate = estimate(&bus(vec![modbus(0..2, 5)], 9600));
        assert_eq!(estimate.round().as_micros(), 41_354);
        assert_eq!(estimate.load_permille(), 9);
        assert!(estimate.fits());
    }

    #[test]
    fn a_line_that_is_too_slow_says_by_how_much_and_a_faster_one_fits() {
        // 31 meters of 60 registers: (8 + 125 + 3.5) × 1.0417 + 20 ms = 162.2 ms each
        let slow = bus(vec![modbus(0..60, 3); 31], 9600);
        let told = estimate(&slow);
        assert!((5_020..5_040).contains(&told.round().as_millis()), "{:?}", told.round());
        assert!(!told.fits());
        assert_eq!((told.load_permille(), told.factor_tenths(), told.lines_needed()), (1676, 19, 2));
        assert_eq!(
            (told.one_interval(), told.interval_needed()),
            (Some(Duration::from_secs(3)), Duration::from_secs(6))
        );
        let mended = bus(vec![modbus(0..60, 6); 31], 9600);
        assert!(estimate(&mended).fits(), "what is advised helps");
        let fast = estimate(&at_baud(&slow, 115_200));
        assert!(fast.fits() && fast.round() < Duration::from_secs(1), "{:?}", fast.round());
    }

    #[test]
    fn meters_of_other_protocols_take_their_frames_and_a_longer_turnaround() {
        let point = Dlt645Point { series: 0, identifier: 0x0001_0000, offset: 0, bytes: 4, signed: false };
        let station = Station::Dlt645 { edition: Dlt645Edition::E2007, address: [0; 6], points: vec![point] };
        let meter = Meter { name: "d".into(), model: None, poll_interval: Duration::from_secs(1), station };
        let estimate = estimate(&bus(vec![meter, modbus(0..2, 1)], 9600));
        let [dlt, modbus] = &estimate.meters[..] else { panic!() };
        // 16 bytes and 4 of FE there, 12 + 4 + 4 back, 3.5 of silence: 43.5 characters, and 100 ms
        assert_eq!(dlt.poll.as_micros(), 100_000 + 435 * 10_000 / 96);
        assert!(modbus.poll < dlt.poll);
        assert_eq!(dlt.requests[0].0.points, [0]);
    }

    #[test]
    fn slower_intervals_of_some_meters_count_for_what_they_are() {
        let mixed = estimate(&bus(vec![modbus(0..2, 1), modbus(0..2, 100)], 9600));
        assert_eq!(mixed.load_permille(), 42, "41.4 ms a second, and a hundredth of it");
        assert_eq!(mixed.one_interval(), None);
    }
}
