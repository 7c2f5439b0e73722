//! A gateway's 40 registers, polled once a second: one three-phase meter at a factory's incomer, as its register map has
//! them. No random draw, scale, load or period of it is shared with `examples/train-dictionary`.

use fastrand::Rng;
use mujun::{
    agent::config::Point,
    model::{Physics, PointKind, RawValue, Role, Scan, Series, UtcMillis},
};
use std::f64::consts::TAU;

/// Registers of the device.
pub const REGISTERS: usize = 40;
/// Name, unit and what one count stands for.
#[rustfmt::skip]
const REGISTER_MAP: [(&str, &str, &str); REGISTERS] = [
    ("ua", "V", "0.1"), ("uab", "V", "0.1"), ("ia", "A", "0.1"), ("pa", "kW", "0.1"), ("qa", "kvar", "0.1"), ("sa", "kVA", "0.1"), ("pfa", "", "0.001"), ("thd_ia", "%", "0.1"), ("thd_ua", "%", "0.1"),
    ("ub", "V", "0.1"), ("ubc", "V", "0.1"), ("ib", "A", "0.1"), ("pb", "kW", "0.1"), ("qb", "kvar", "0.1"), ("sb", "kVA", "0.1"), ("pfb", "", "0.001"), ("thd_ib", "%", "0.1"), ("thd_ub", "%", "0.1"),
    ("uc", "V", "0.1"), ("uca", "V", "0.1"), ("ic", "A", "0.1"), ("pc", "kW", "0.1"), ("qc", "kvar", "0.1"), ("sc", "kVA", "0.1"), ("pfc", "", "0.001"), ("thd_ic", "%", "0.1"), ("thd_uc", "%", "0.1"),
    ("p", "kW", "0.1"), ("q", "kvar", "0.1"), ("s", "kVA", "0.1"), ("pf", "", "0.001"), ("f", "Hz", "0.01"), ("demand", "kW", "0.1"), ("demand_max", "kW", "0.1"),
    ("ep_imp", "kWh", "0.01"), ("eq_imp", "kvarh", "0.01"), ("ep_exp", "kWh", "0.01"), ("eq_exp", "kvarh", "0.01"), ("ep_imp_t1", "kWh", "0.01"), ("ep_imp_t2", "kWh", "0.01"),
];
const START_MS: i64 = 1_790_000_000_000;

pub struct Device {
    rng: Rng,
    start_ms: i64,
    second: i64,
    /// kWh and kvarh since the meter was installed.
    energy: [f64; 4],
    load: f64,
}

/// The points, as a configuration with integer registers makes them.
pub fn points() -> Vec<Point> {
    let point = |(name, unit, scale): (&str, &str, &str)| {
        let cumulative = unit.ends_with('h');
        Point {
            series: Series {
                meter: "incomer".into(),
                point: name.into(),
                kind: if cumulative { PointKind::Cumulative } else { PointKind::Gauge },
                role: if name == "ep_imp" { Role::SiteEnergy } else { Role::None },
                carrier: if cumulative { "electricity".into() } else { String::new() },
                product: String::new(),
                unit: unit.into(),
                scale: scale.parse().unwrap(),
                physics: Physics::default(),
            },
            resolution: Some("1".parse().unwrap()),
        }
    };
    REGISTER_MAP.into_iter().map(point).collect()
}

impl Device {
    pub fn new(seed: u64) -> Device {
        Device::starting(seed, START_MS)
    }

    pub fn starting(seed: u64, start_ms: i64) -> Device {
        let energy = [1_204_511.3, 388_120.9, 71.2, 1_530.4];
        Device { rng: Rng::with_seed(seed), start_ms, second: 0, energy, load: 1.0 }
    }

    /// One scan: what the meter shows now. It averages over a second, as meters of class 0.5S do.
    pub fn poll(&mut self) -> Scan {
        self.second += 1;
        // an 80 kW load: a slow swing, machines that switch, and 0.5 % that never stands still
        if self.rng.u8(0..90) == 0 {
            self.load = 0.6 + 0.8 * self.rng.f64();
        }
        let swing = 1.0 + 0.08 * (self.second as f64 / 640.0 * TAU).sin();
        let power = 80.0 * self.load * swing * (1.0 + 0.005 * self.noise());
        let reactive = power * 0.33;
        self.energy[0] += power / 3600.0;
        self.energy[1] += reactive / 3600.0;
        let counts = self.registers(power, reactive);
        let late_ms = (self.noise().abs() * 8.0) as i64;
        let time = UtcMillis(self.start_ms + self.second * 1000 + late_ms);
        let found = (0..).zip(counts).map(|(series, count)| (series, Ok(RawValue::Int(count)))).collect();
        Scan { time, found }
    }

    fn registers(&mut self, power: f64, reactive: f64) -> Vec<i64> {
        let mut values = Vec::with_capacity(REGISTERS);
        for (share, offset) in [(0.34, 0.0), (0.32, 0.7), (0.34, 1.4)] {
            let volts = 230.4 + offset + 0.15 * self.noise();
            let (p, q) = (power * share, reactive * share);
            let s = p.hypot(q);
            let (distortion_i, distortion_u) = (3.1 + offset + 0.04 * self.noise(), 1.8 + 0.03 * self.noise());
            values.extend([
                volts,
                volts * 3_f64.sqrt(),
                s * 1000.0 / volts,
                p,
                q,
                s,
                p / s,
                distortion_i,
                distortion_u,
            ]);
        }
        let demand = 79.1 + 0.3 * (self.second / 900) as f64;
        let hertz = 50.0 + 0.012 * self.noise();
        let apparent = power.hypot(reactive);
        values.extend([power, reactive, apparent, power / apparent, hertz, demand, 110.4]);
        values.extend(self.energy);
        // the tariff in force counts, the other stands
        values.extend([self.energy[0] * 0.45, 252_947.37]);
        let scales = REGISTER_MAP.iter().map(|(_, _, scale)| scale.parse::<f64>().unwrap());
        values.into_iter().zip(scales).map(|(value, scale)| (value / scale).round() as i64).collect()
    }

    fn noise(&mut self) -> f64 {
        (0..12).map(|_| self.rng.f64()).sum::<f64>() - 6.0
    }
}
