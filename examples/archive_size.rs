//! How much of the disk six months of quarter-hours take: `cargo run --release --example archive_size [days]`.
//!
//! 1,000 energy registers of 25 devices, counting 0.01 kWh, polled each second with the jitter of a real bus; loads
//! that follow shifts and days, with noise on each quarter; generations of an hour, as a gateway delivers them.

#![allow(clippy::unwrap_used)]

use mujun::{
    agent::archive::{Archive, ArchiveLimits, DAY_MS, QUARTER_MS},
    energy::interval::Cell,
    model::{Doubts, Physics, PointKind, Reading, Role, Scale, Series, UtcMillis},
    wire::record::{Content, Interval, Record, encode},
};

const POINTS: u32 = 1_000;
const DEVICES: u32 = 25;
const START: i64 = 1_704_067_200_000;

/// xorshift64*: the same figures in each run.
struct Noise(u64);

impl Noise {
    /// Even in `0..below`.
    fn below(&mut self, below: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        i64::try_from(high).unwrap() % below.max(1)
    }
}

fn dictionary() -> Vec<Record> {
    let series = |id: u32| Series {
        meter: format!("meter-{:02}", id / (POINTS / DEVICES)),
        point: format!("energy-{:02}", id % (POINTS / DEVICES)),
        kind: PointKind::Cumulative,
        role: Role::None,
        carrier: "electricity".into(),
        product: String::new(),
        unit: "kWh".into(),
        scale: Scale::new(1, -2).unwrap(),
        physics: Physics::default(),
    };
    encode(&Content::Dictionary((0..POINTS).map(|id| (id, series(id))).collect::<Vec<_>>().into()))
}

fn main() {
    let days: i64 = std::env::args().nth(1).map_or(183, |days| days.parse().unwrap());
    let folder = std::env::temp_dir().join(format!("mujun-archive-size-{}", std::process::id()));
    let archive = Archive::new(folder.clone(), ArchiveLimits { days: 3650, bytes_max: u64::MAX });
    let (dictionary, mut noise) = (dictionary(), Noise(42));
    let mut counts: Vec<i64> = (0..POINTS).map(|_| 1_000_000 + noise.below(900_000_000)).collect();
    // counts in a quarter at full load: 2 to 250 kW
    let loads: Vec<i64> = (0..POINTS).map(|_| 50 + noise.below(6_200)).collect();
    let mut intervals = 0_u64;
    for hour in 0..days * 24 {
        let mut rows = Vec::new();
        for quarter in hour * 4..hour * 4 + 4 {
            let start = UtcMillis(START + quarter * QUARTER_MS);
            let shift = [25, 20, 100, 95][usize::try_from(quarter / 24 % 4).unwrap()];
            let mut polled = (0, 0);
            for series in 0..POINTS {
                if series % (POINTS / DEVICES) == 0 {
                    polled = (noise.below(1000), QUARTER_MS - 1000 + noise.below(1000));
                }
                let at = usize::try_from(series).unwrap();
                let full = loads[at] * shift / 100;
                let amount = full * 9 / 10 + noise.below(full / 5 + 1);
                // what runs through between the boundary and the readings beside it
                let early = amount * polled.0 / QUARTER_MS;
                let late = amount * (QUARTER_MS - polled.1) / QUARTER_MS;
                let reading = |ms, count| Reading { time: start.plus_ms(ms), count };
                let first = reading(polled.0, counts[at] + early);
                let last = reading(polled.1, counts[at] + amount - late);
                counts[at] += amount;
                let cell = Some(Cell { first, last });
                let readings = 900 - u32::try_from(noise.below(40) / 39).unwrap();
                rows.push(Interval {
                    series,
                    width_ms: QUARTER_MS,
                    start,
                    amount,
                    covered_ms: QUARTER_MS,
                    readings,
                    cell,
                    doubts: Doubts::NONE,
                });
            }
        }
        intervals += rows.len() as u64;
        let mut gen_id = [0; 16];
        gen_id[..8].copy_from_slice(&hour.to_le_bytes());
        archive.store(&gen_id, &dictionary, &encode(&Content::Intervals(rows))).unwrap();
    }
    let bytes = archive.bytes().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let of_183 = bytes * 183 / u64::try_from(days).unwrap();
    println!("{POINTS} points, {days} days of {} quarter-hours: {bytes} bytes", DAY_MS / QUARTER_MS);
    println!(
        "{intervals} intervals, {:.2} bytes each; 183 days: {:.1} MB",
        bytes as f64 / intervals as f64,
        of_183 as f64 / 1e6
    );
}
