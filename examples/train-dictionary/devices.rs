//! Gateways with devices of many kinds, drawn at random.

use fastrand::Rng;
use mujun::{
    agent::config::Point,
    model::{Physics, PointKind, RawValue, Reason, Role, Scan, Series, UtcMillis},
};

pub struct Gateway {
    pub polls_per_commit: usize,
    period_ms: i64,
    jitter_ms: f64,
    now_ms: i64,
    devices: Vec<Device>,
    rng: Rng,
}

struct Device {
    points: Vec<(Point, Signal)>,
    /// One in so many polls has no answer.
    lost_every: usize,
}

/// How a register moves.
enum Signal {
    /// Around `level`, which wanders; `noise` and `level` in counts.
    Gauge { level: f64, noise: f64, wander: f64 },
    /// A float as the device measured it.
    Float { level: f32, noise: f32 },
    /// `rate` counts a second, on and off.
    Counter { count: f64, rate: f64, on: bool },
    /// A setting or a count that stands.
    Still(i64),
}

pub fn gateway(rng: &mut Rng) -> Gateway {
    let period_s = *rng.choice(&[2_i64, 3, 5, 5, 10, 15, 30, 60]).unwrap();
    let devices = (0..rng.usize(1..=5)).map(|place| device(place, rng)).collect();
    Gateway {
        polls_per_commit: if period_s >= 10 { rng.usize(1..=2) } else { rng.usize(1..=8) },
        period_ms: period_s * 1000,
        jitter_ms: rng.f64() * 15.0,
        // any time of the years in which this dictionary is used
        now_ms: 1_750_000_000_000 + rng.i64(0..150_000_000_000),
        devices,
        rng: rng.fork(),
    }
}

const METERS: [&str; 12] = [
    "main",
    "incoming-1",
    "workshop-2",
    "furnace",
    "compressor-3",
    "chiller",
    "boiler",
    "1号变压器",
    "空压站",
    "总表",
    "press-line",
    "pump-house",
];

fn device(place: usize, rng: &mut Rng) -> Device {
    let meter =
        format!("{}{}", rng.choice(METERS).unwrap(), if place == 0 { String::new() } else { place.to_string() });
    let points = match rng.u8(0..10) {
        0..=5 => electricity(rng),
        6 => flow(rng),
        7 => pieces(rng),
        _ => sensors(rng),
    };
    let named = |(mut point, signal): (Point, Signal)| {
        point.series.meter.clone_from(&meter);
        (point, signal)
    };
    Device { points: points.into_iter().map(named).collect(), lost_every: rng.usize(200..4_000) }
}

fn point(name: &str, kind: PointKind, role: Role, carrier: &str, unit: &str, scale: &str) -> Point {
    let series = Series {
        meter: String::new(),
        point: name.into(),
        kind,
        role,
        carrier: carrier.into(),
        product: if role == Role::Output { "steel".into() } else { String::new() },
        unit: unit.into(),
        scale: scale.parse().unwrap(),
        physics: Physics::default(),
    };
    let resolution =
        (scale != "1" || kind == PointKind::Cumulative || role == Role::Output).then(|| "1".parse().unwrap());
    Point { series, resolution }
}

fn gauge(name: &str, unit: &str, scale: &str, value: f64, noise_share: f64) -> (Point, Signal) {
    let level = value / scale.parse::<f64>().unwrap();
    let mut point = point(name, PointKind::Gauge, Role::None, "", unit, scale);
    point.resolution = Some("1".parse().unwrap());
    (point, Signal::Gauge { level, noise: level.abs() * noise_share, wander: level.abs() * noise_share / 20.0 })
}

fn electricity(rng: &mut Rng) -> Vec<(Point, Signal)> {
    let kw = 3.0 * 130_f64.powf(rng.f64());
    let factor = 0.7 + 0.28 * rng.f64();
    let noise = 0.001 * 12_f64.powf(rng.f64());
    let energy_scale = *rng.choice(&["0.1", "1", "0.4", "0.001"]).unwrap();
    let per_kwh = 1.0 / energy_scale.parse::<f64>().unwrap();
    let register = |name: &str, unit: &str, kw: f64, rng: &mut Rng| {
        let role = if name == "energy" { Role::SiteEnergy } else { Role::None };
        let rate = kw / 3_600.0 * per_kwh;
        let count = rate * 3_600.0 * 24.0 * rng.f64() * 2_000.0;
        let point = point(name, PointKind::Cumulative, role, "electricity", unit, energy_scale);
        (point, Signal::Counter { count, rate, on: true })
    };
    let mut points = vec![register("energy", "kWh", kw, rng)];
    if rng.bool() {
        points.push(register("reactive", "kvarh", kw * 0.4, rng));
        points.push(register("export", "kWh", 0.0, rng));
    }
    let volts = *rng.choice(&[228.0, 10_350.0, 401.0]).unwrap();
    let (volt_scale, amp_scale, kw_scale) = (
        *rng.choice(&["0.1", "0.01", "1"]).unwrap(),
        *rng.choice(&["0.001", "0.1"]).unwrap(),
        *rng.choice(&["0.01", "0.001", "1"]).unwrap(),
    );
    if rng.u8(0..4) > 0 {
        points.push(gauge("power", "kW", kw_scale, kw, noise));
    }
    for phase in ["a", "b", "c"].iter().take(rng.usize(0..=3)) {
        points.push(gauge(&format!("u_{phase}"), "V", volt_scale, volts * (0.99 + 0.02 * rng.f64()), 0.0008));
        points.push(gauge(&format!("i_{phase}"), "A", amp_scale, kw / volts * 350.0, noise));
        if rng.bool() {
            points.push(gauge(&format!("p_{phase}"), "kW", kw_scale, kw / 3.0, noise));
            points.push(gauge(&format!("q_{phase}"), "kvar", kw_scale, kw / 8.0, noise));
        }
        if rng.bool() {
            points.push(gauge(&format!("pf_{phase}"), "", "0.01", factor, 0.004));
            points.push(gauge(&format!("thd_{phase}"), "%", "0.1", 3.4, 0.03));
        }
    }
    if rng.bool() {
        points.push(gauge("frequency", "Hz", "0.01", 50.0, 0.0003));
        points.push(gauge("demand", "kW", kw_scale, kw * 0.9, 0.0));
    }
    for tariff in 1..=rng.u8(0..=3) {
        let (point, _) = register(&format!("energy_t{tariff}"), "kWh", kw, rng);
        points.push((point, Signal::Still(rng.i64(0..90_000_000))));
    }
    points
}

fn flow(rng: &mut Rng) -> Vec<(Point, Signal)> {
    let (carrier, unit) =
        *rng.choice(&[("natural_gas", "m3"), ("steam", "t"), ("water", "m3"), ("heat", "GJ")]).unwrap();
    let rate = 0.2 + 30.0 * rng.f64();
    let total = point("total", PointKind::Cumulative, Role::SiteEnergy, carrier, unit, "0.01");
    let mut points = vec![(total, Signal::Counter { count: rng.f64() * 4e7, rate, on: true })];
    for (name, unit, level) in [("flow", "m3/h", 210.0), ("pressure", "MPa", 0.62), ("temperature", "℃", 178.0)] {
        let level = level as f32 * (0.5 + rng.f32());
        points.push((
            point(name, PointKind::Gauge, Role::None, "", unit, "1"),
            Signal::Float { level, noise: level * 0.004 },
        ));
    }
    points
}

fn pieces(rng: &mut Rng) -> Vec<(Point, Signal)> {
    let rate = 1.0 / (2.0 + 28.0 * rng.f64());
    let count = rng.f64() * 3e6;
    let of = |name: &str, role| point(name, PointKind::Cumulative, role, "", "piece", "1");
    vec![
        (of("good", Role::Output), Signal::Counter { count, rate, on: true }),
        (of("scrap", Role::None), Signal::Counter { count: count / 40.0, rate: rate / 40.0, on: true }),
        (point("state", PointKind::Gauge, Role::None, "", "", "1"), Signal::Float { level: 3.0, noise: 0.0 }),
    ]
}

fn sensors(rng: &mut Rng) -> Vec<(Point, Signal)> {
    let zones = rng.usize(3..=12);
    (1..=zones).map(|zone| gauge(&format!("zone_{zone}"), "℃", "0.1", 40.0 + 860.0 * rng.f64(), 0.0012)).collect()
}

impl Gateway {
    pub fn points(&self) -> Vec<Point> {
        self.devices.iter().flat_map(|device| device.points.iter().map(|(point, _)| point.clone())).collect()
    }

    /// Everything moves on by `seconds`, unread.
    pub fn pass(&mut self, seconds: i64) {
        self.now_ms += seconds * 1000;
        for (_, signal) in self.devices.iter_mut().flat_map(|device| &mut device.points) {
            signal.pass(seconds as f64, &mut self.rng);
        }
    }

    /// One scan of each device.
    pub fn poll(&mut self) -> Vec<Scan> {
        let mut series = 0..;
        let mut scans = Vec::new();
        for device in &mut self.devices {
            let late_ms = normal(&mut self.rng).abs() * self.jitter_ms;
            let time = UtcMillis(self.now_ms + late_ms as i64);
            let lost = self.rng.usize(0..device.lost_every) == 0;
            let found = device.points.iter_mut().map(|(_, signal)| {
                signal.pass(self.period_ms as f64 / 1000.0, &mut self.rng);
                if lost { Err(Reason::Timeout) } else { Ok(signal.read(&mut self.rng)) }
            });
            scans.push(Scan { time, found: series.by_ref().zip(found).collect() });
        }
        self.now_ms += self.period_ms;
        scans
    }
}

impl Signal {
    fn pass(&mut self, seconds: f64, rng: &mut Rng) {
        match self {
            Signal::Gauge { level, wander, .. } => *level += *wander * normal(rng) * seconds.sqrt().min(5.0),
            Signal::Float { level, noise } => *level += *noise * normal(rng) as f32 / 8.0,
            Signal::Counter { count, rate, on } => {
                if rng.u16(0..400) == 0 {
                    *on = !*on;
                }
                if *on {
                    *count += *rate * seconds * (1.0 + 0.02 * normal(rng)).max(0.0);
                }
            }
            Signal::Still(_) => {}
        }
    }

    fn read(&self, rng: &mut Rng) -> RawValue {
        match self {
            Signal::Gauge { level, noise, .. } => RawValue::Int((*level + *noise * normal(rng)).round() as i64),
            Signal::Float { level, noise } => RawValue::Float((*level + *noise * normal(rng) as f32).into()),
            Signal::Counter { count, .. } => RawValue::Int(*count as i64),
            Signal::Still(count) => RawValue::Int(*count),
        }
    }
}

/// About normal: mean 0, deviation 1.
fn normal(rng: &mut Rng) -> f64 {
    (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0
}
