//! kill -9 of both real processes, at random and at every named point, behind a link that cuts, delays, throttles,
//! swallows and half-opens: the platform's records are those that were committed, its ledger is what the meters count.

mod books;
mod broker;
mod fleet;
mod meter;
mod proxy;

use crate::{dice::Dice, report::Report};
use books::Balance;
use fleet::{End, Fleet};
use mujun::runtime::fault::POINTS;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

const GATEWAYS: u64 = 4;
/// Without any progress for so long, what is missing will not come.
const STALLED: Duration = Duration::from_secs(30);

/// The lives so far.
#[derive(Default)]
struct Lives {
    cycles: u64,
    /// Kills at each named point.
    points: BTreeMap<&'static str, u64>,
    /// Acknowledgements that outlived a platform which did not keep what they are about.
    early: u64,
    problems: Vec<String>,
}

pub fn run(full: bool) -> Report {
    let mut report = Report::default();
    let cycles = if full { 2000 } else { 200 };
    let mut fleet = Fleet::new(GATEWAYS, 7, true, None);
    let lives = kill_all(&fleet, cycles, 11, &POINTS);
    println!("  {} kills, {} of {} named points", lives.cycles, lives.points.len(), POINTS.len());
    let balance = settle(&mut fleet, STALLED);
    println!("  {balance:?}");
    report.count("kill cycles", lives.cycles);
    report.count("named points", lives.points.len() as u64);
    report.count("records committed", balance.committed);
    report.count("lost", balance.lost);
    report.count("doubled", balance.doubled);
    if lives.early > 0 {
        report.problem(format!("{} acknowledgements came before their commit", lives.early));
    }
    lives.problems.into_iter().for_each(|problem| report.problem(problem));
    for point in POINTS.iter().filter(|point| !lives.points.contains_key(*point)) {
        report.problem(format!("nothing was killed at {point}"));
    }
    if !balance.is_even() {
        report.problem(format!("{balance:?}\n{}\n{}", fleet.log("gw0"), fleet.log("platform")));
    }
    drop(fleet);

    // each where it hurts
    for (mistake, points) in [
        ("ReusedSeq", &["spool.after_fsync"][..]),
        ("AckBeforeCommit", &["platform.before_commit"]),
        ("MarkApart", &["platform.before_commit"]),
    ] {
        let mut fleet = Fleet::new(GATEWAYS, 3, false, Some(mistake));
        // a fair link: the mistake must be found, not the weather
        fleet.gateways.iter().for_each(|gateway| gateway.proxy.calm());
        let lives = kill_all(&fleet, 60, 5, points);
        let balance = settle(&mut fleet, Duration::from_secs(5));
        let caught = balance.lost + balance.doubled + lives.early > 0;
        let how = format!("{} lost, {} doubled, {} acknowledged early", balance.lost, balance.doubled, lives.early);
        report.control(mistake, caught, &how);
    }
    report
}

/// Kills until `cycles` are done and every point of `points` was met, or it can not be.
fn kill_all(fleet: &Fleet, cycles: u64, seed: u64, points: &[&'static str]) -> Lives {
    let lives = Mutex::new(Lives::default());
    let patience = Instant::now() + Duration::from_secs(60 + cycles);
    let (of_platform, of_agent): (Vec<_>, Vec<_>) = points.iter().partition(|point| point.starts_with("platform."));
    let done = || {
        let lives = lives.lock().unwrap();
        let met = points.iter().all(|point| lives.points.contains_key(point));
        (lives.cycles >= cycles && met) || Instant::now() >= patience
    };
    thread::scope(|scope| {
        let (lives, done, of_platform) = (&lives, &done, &of_platform);
        scope.spawn(move || {
            let mut dice = Dice::new(seed + 1000);
            while !done() {
                let life = Life::draw(of_platform, &mut dice, lives, 12);
                let process = fleet.platform(life.kill.as_deref());
                life.live(process, Duration::from_millis(400 + dice.below(1600)), &mut dice, lives);
                match books::acked_early(fleet) {
                    Ok(early) => lives.lock().unwrap().early += early,
                    Err(error) => lives.lock().unwrap().problems.push(format!("the platform's database: {error}")),
                }
            }
        });
        for (n, gateway) in (0..).zip(&fleet.gateways) {
            let mut own: Vec<&'static str> = of_agent.clone();
            // only the first has a broker
            own.retain(|point| n == 0 || !point.starts_with("mqtt."));
            scope.spawn(move || {
                let mut dice = Dice::new(seed + n);
                while !done() {
                    let life = Life::draw(&own, &mut dice, lives, 4);
                    let process = fleet.agent(gateway, life.kill.as_deref());
                    if let Some(broker) = &fleet.broker {
                        broker.begin();
                    }
                    life.live(process, Duration::from_millis(150 + dice.below(1200)), &mut dice, lives);
                }
            });
        }
    });
    lives.into_inner().unwrap()
}

/// One life of one process.
struct Life {
    point: Option<&'static str>,
    kill: Option<String>,
}

impl Life {
    /// Half of the lives end at a point, first of all at those where none ended yet.
    fn draw(points: &[&'static str], dice: &mut Dice, lives: &Mutex<Lives>, passes: u64) -> Life {
        if let [only] = points {
            return Life { point: Some(only), kill: Some(format!("{only}:{}", 1 + dice.below(passes))) };
        }
        let met: BTreeSet<&str> = lives.lock().unwrap().points.keys().copied().collect();
        let new: Vec<_> = points.iter().filter(|point| !met.contains(*point)).collect();
        let point = match (dice.percent(60), new.is_empty()) {
            _ if points.is_empty() => None,
            (false, _) => None,
            (true, true) => Some(points[usize::try_from(dice.below(points.len() as u64)).unwrap()]),
            (true, false) => Some(*new[usize::try_from(dice.below(new.len() as u64)).unwrap()]),
        };
        let kill = point.map(|point| format!("{point}:{}", 1 + dice.below(passes)));
        Life { point, kill }
    }

    fn live(&self, mut process: fleet::Process, time: Duration, dice: &mut Dice, lives: &Mutex<Lives>) {
        let mut end = process.wait(time);
        if end.is_none() && dice.percent(30) {
            // killed while it stops, or not at all
            process.terminate();
            end = process.wait(Duration::from_millis(dice.below(120)));
        }
        let end = end.unwrap_or_else(|| process.kill());
        let mut lives = lives.lock().unwrap();
        match (end, self.point) {
            (End::Point, Some(point)) => {
                lives.cycles += 1;
                *lives.points.entry(point).or_default() += 1;
            }
            (End::Killed, _) => lives.cycles += 1,
            (End::Stopped, _) => {}
            (end, _) => lives.problems.push(format!("a process ended by itself: {end:?}")),
        }
    }
}

/// A fair link, no more kills, and time for all to arrive.
fn settle(fleet: &mut Fleet, stalled: Duration) -> Balance {
    fleet.gateways.iter().for_each(|gateway| gateway.proxy.calm());
    let published = fleet.broker.as_mut().map(broker::Broker::freeze);
    let _platform = fleet.platform(None);
    let _agents: Vec<_> = fleet.gateways.iter().map(|gateway| fleet.agent(gateway, None)).collect();
    // each is read once more at least, and stays at that
    thread::sleep(Duration::from_millis(500));
    let frozen: Vec<u32> = fleet.gateways.iter().map(|gateway| gateway.meter.freeze()).collect();
    let (mut best, mut since) = (u64::MAX, Instant::now());
    loop {
        thread::sleep(Duration::from_millis(300));
        let balance = books::balance(fleet, &frozen, published);
        let missing = balance.lost + balance.ledger.len() as u64;
        if missing < best {
            (best, since) = (missing, Instant::now());
        }
        if balance.is_even() || since.elapsed() > stalled {
            return balance;
        }
    }
}
