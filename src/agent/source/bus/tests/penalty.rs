//! Many meters on one line, some of them dead, in a time of the test's own.

use super::{
    super::{meter::PAUSE_MAX, task::poll_while_taken},
    point,
};
use crate::{
    agent::{
        config::{Bus, Function, Link, Meter, ModbusLimits, Station, ValueType},
        health::Health,
        source::{
            bus::Medium,
            line::{Fault, Seen},
            modbus::{Answer, Read},
        },
    },
    model::UtcMillis,
    runtime::clock,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::mpsc, time::Instant};

const TIMEOUT: Duration = Duration::from_secs(1);
const REPLY: Duration = Duration::from_millis(50);
const BASE: UtcMillis = UtcMillis(1_700_000_000_000);

/// One request on the line: unit, count, begun, and whether it was answered.
type Log = Arc<Mutex<Vec<(u8, u16, Duration, bool)>>>;

/// A line on which time passes only by what is done on it.
struct Line {
    begun: Instant,
    passed: Duration,
    /// Units that are dead until then.
    dead: BTreeMap<u8, Duration>,
    log: Log,
}

impl Medium for Line {
    fn steady(&self) -> Instant {
        self.begun + self.passed
    }

    fn wall(&self) -> UtcMillis {
        BASE.plus_ms(self.passed.as_millis() as i64)
    }

    async fn wait(&mut self, time: Duration) {
        self.passed += time;
        tokio::task::yield_now().await;
    }

    fn begin_poll(&mut self) {}

    async fn read(&mut self, unit_id: u8, read: &Read) -> Result<Answer, Fault> {
        let answered = self.dead.get(&unit_id).is_none_or(|until| self.passed >= *until);
        self.log.lock().unwrap().push((unit_id, read.count, self.passed, answered));
        self.passed += if answered { REPLY } else { TIMEOUT };
        match answered {
            true => Ok(Answer::Words(vec![7; read.count.into()])),
            false => Err(Fault::Timeout(TIMEOUT)),
        }
    }

    async fn exchange(&mut self, _: &[u8], _: impl Fn(&[u8]) -> Seen + Send + Sync) -> Result<Vec<u8>, Fault> {
        unreachable!("all are Modbus meters")
    }
}

/// 31 meters of two requests each, every 5 seconds; the log of so long a time, and scans by meter.
async fn run(
    dead: BTreeMap<u8, Duration>,
    time: Duration,
    pause_max: Duration,
) -> (Vec<(u8, u16, Duration, bool)>, BTreeMap<u32, usize>) {
    let poll_interval = Duration::from_secs(5);
    let meter = |unit_id: u8| {
        let registers = (0..20).chain(40..42);
        let points =
            registers.map(|at| point(unit_id.into(), Function::HoldingRegisters, at, ValueType::U16)).collect();
        let station = Station::Modbus { unit_id, limits: ModbusLimits::default(), points };
        Meter { name: format!("m{unit_id}"), model: None, poll_interval, station }
    };
    let meters = (1..=31).map(meter).collect();
    let bus = Bus { name: "b".into(), link: Link::Tcp("h:1".into()), timeout: TIMEOUT, poll_interval, meters };
    let log = Log::default();
    let line = Line { begun: clock::monotonic(), passed: Duration::ZERO, dead, log: log.clone() };
    let (out, mut inputs) = mpsc::channel(1);
    let health = Health::default();
    let mut scans = BTreeMap::new();
    let collect = async {
        while let Some(input) = inputs.recv().await {
            if input.scans[0].time.since(BASE) > time.as_millis() as i64 {
                break;
            }
            *scans.entry(input.scans[0].found[0].0).or_default() += 1;
        }
    };
    tokio::select! {
        () = poll_while_taken(bus, line, &out, &health, Arc::default(), pause_max) => {}
        () = collect => {}
    }
    let log = std::mem::take(&mut *log.lock().unwrap());
    (log, scans)
}

/// The time between two answered polls of a sound meter is at most this: its interval, a round of the sound ones, and a
/// time-out of each dead one whose pause ends just then.
#[tokio::test]
async fn dead_meters_cost_the_others_a_time_out_for_each_pause_and_no_more() {
    let dead: BTreeMap<u8, Duration> = [3, 17, 29].map(|unit| (unit, Duration::MAX)).into();
    let time = Duration::from_secs(1800);
    let (log, scans) = run(dead.clone(), time, PAUSE_MAX).await;
    // pauses grow up to a minute, and are half of that at least: in half an hour at most this many
    let growing = 7;
    let bound = growing + 1800 / 30;
    for unit in dead.keys() {
        let tries = log.iter().filter(|(of, ..)| of == unit).count();
        assert!((20..=bound).contains(&tries), "{tries} tries of unit {unit}");
    }
    let lost: Duration = log.iter().filter(|(.., answered)| !answered).map(|_| TIMEOUT).sum();
    assert!(lost < time / 10, "{lost:?} of {time:?} were lost to dead meters");
    // 28 meters × 2 requests × 50 ms are 2.8 s of 5: there is room for two time-outs in a round
    let wanted = 1800 / 5;
    for (unit, delivered) in &scans {
        let needed = if dead.contains_key(&(*unit as u8)) { wanted * 8 / 10 } else { wanted * 95 / 100 };
        assert!(*delivered >= needed, "meter {unit}: {delivered} scans of {wanted}");
    }
    assert_eq!(scans.len(), 31, "a dead meter's polls give samples too");
}

/// The negative control: the same, but pauses do not grow.
#[tokio::test]
async fn where_pauses_do_not_grow_the_same_dead_meters_take_the_line() {
    let dead: BTreeMap<u8, Duration> = [3, 17, 29].map(|unit| (unit, Duration::MAX)).into();
    let time = Duration::from_secs(1800);
    let (log, scans) = run(dead.clone(), time, Duration::ZERO).await;
    let lost: Duration = log.iter().filter(|(.., answered)| !answered).map(|_| TIMEOUT).sum();
    assert!(lost > time / 3, "{lost:?}");
    let sound = scans.iter().filter(|(unit, _)| !dead.contains_key(&(**unit as u8)));
    assert!(sound.into_iter().all(|(_, delivered)| *delivered < 1800 / 5 * 95 / 100), "{scans:?}");
}

#[tokio::test]
async fn a_meter_that_comes_back_is_found_with_a_short_request_and_read_whole_at_once() {
    let back = Duration::from_secs(300);
    let (log, _) = run([(9, back)].into(), Duration::from_secs(600), PAUSE_MAX).await;
    let of_9: Vec<_> = log.iter().filter(|(unit, ..)| *unit == 9).collect();
    let first_fault = of_9.iter().position(|(.., answered)| !answered).unwrap();
    let tries: Vec<_> = of_9[first_fault + 1..].iter().take_while(|(.., answered)| !answered).collect();
    assert!(tries.len() >= 4, "{tries:?}");
    assert!(tries.iter().all(|(_, count, ..)| *count == 2), "the shorter of its two requests: {tries:?}");
    let answered: Vec<_> =
        of_9.iter().filter(|(.., answered)| *answered).take(2).map(|(_, count, ..)| *count).collect();
    assert_eq!(answered, [2, 20], "and the other one follows in the same poll");
    let found = of_9.iter().find(|(.., answered)| *answered).unwrap().2;
    assert!(found <= back + Duration::from_secs(66), "within the longest pause and an interval: {found:?}");
}
