//! `tests/support/counting_plant.py`: foreign meters and a foreign machine whose counts go up, and what the ledger must say.

use super::process::{Running, free_port, python};
use rust_decimal::Decimal;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    process::{ChildStdin, ChildStdout, Stdio},
    time::Duration,
};

pub const TOPIC: &str = "plant/press";

pub struct Plant {
    pub port: u16,
    broker: Option<u16>,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    _process: Running,
}

/// What the plant says of itself.
pub struct Standing {
    pub counts: Counts,
    pub requests: u64,
    /// Of the machine's messages.
    pub stamps: Vec<i64>,
}

/// By point; as the ledger shows them.
pub type Counts = Vec<(&'static str, Decimal)>;

impl Plant {
    /// With a broker's port its machine publishes there.
    pub fn start(broker: Option<u16>) -> Plant {
        let port = free_port();
        let mut command = python("counting_plant.py");
        command.arg(port.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some(broker) = broker {
            command.args([&broker.to_string(), TOPIC]);
        }
        let mut process = Running(command.spawn().unwrap());
        let to = process.0.stdin.take().unwrap();
        let from = BufReader::new(process.0.stdout.take().unwrap());
        Plant { port, broker, to, from, _process: process }
    }

    pub fn counts(&mut self) -> Counts {
        self.say("counts").counts
    }

    /// The registers count from now on.
    pub fn run(&mut self) -> Standing {
        self.say("run")
    }

    /// They stand from now on, and the broker has every message.
    pub fn stop(&mut self) -> Standing {
        self.say("stop")
    }

    /// Waits until the meters have answered so many more requests: what they answered to all but the last was read.
    pub fn wait_requests(&mut self, more: u64) {
        let wanted = self.say("requests").requests + more;
        for _ in 0..600 {
            if self.say("requests").requests >= wanted {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("nobody reads the meters");
    }

    fn say(&mut self, line: &str) -> Standing {
        writeln!(self.to, "{line}").unwrap();
        let mut answer = String::new();
        self.from.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let count = |name: &str| Decimal::from(answer["counts"][name].as_i64().unwrap());
        let mut counts =
            vec![("total", count("total") / Decimal::ONE_HUNDRED), ("u32", count("u32")), ("i64", count("i64"))];
        counts.extend(self.broker.map(|_| ("pieces", count("pieces"))));
        let stamps = answer["stamps"].as_array().unwrap().iter().map(|stamp| stamp.as_i64().unwrap()).collect();
        Standing { counts, requests: answer["requests"].as_u64().unwrap(), stamps }
    }

    /// The agent's sources: the sound meter, further `[[bus.meter]]` tables, and the machine where there is a broker.
    pub fn sources(&self, further: &str) -> String {
        let point = |name: &str, register: u16, rest: &str| {
            format!("[[bus.meter.point]]\nname = \"{name}\"\nregister = {register}\nkind = \"cumulative\"\n{rest}")
        };
        let energy = "scale = \"0.01\"\nunit = \"kWh\"\ncarrier = \"electricity\"\ncounts_as = \"site_energy\"\n";
        let mut sources = format!(
            "[[bus]]\nname = \"line\"\naddress = \"127.0.0.1:{}\"\ntimeout_ms = 500\npoll_interval_ms = 100\n\
             [[bus.meter]]\nname = \"main\"\nunit_id = 1\n",
            self.port
        );
        sources += &point("total", 0, &format!("type = \"u64\"\nword_order = \"ABCD\"\n{energy}"));
        sources += &point("u32", 4, "type = \"u32\"\nword_order = \"CDAB\"\n");
        sources += &point("i64", 6, "type = \"i64\"\nword_order = \"DCBA\"\n");
        sources += further;
        if let Some(port) = self.broker {
            sources += &format!(
                "[[mqtt]]\nname = \"machines\"\nurl = \"mqtt://127.0.0.1:{port}\"\n[[mqtt.topic]]\ntopic = \"{TOPIC}\"\n\
                 meter = \"press\"\ntime = {{ pointer = \"/ts\", format = \"unix_ms\" }}\n[[mqtt.topic.point]]\n\
                 name = \"pieces\"\npointer = \"/count\"\nkind = \"cumulative\"\nresolution = \"1\"\nunit = \"piece\"\n"
            );
        }
        sources
    }
}

/// The ledger's row of a point of a meter that is sound.
fn row<'a>(ledger: &'a Value, point: &str) -> Option<&'a Value> {
    let mine = |row: &&Value| row["point"] == point && (row["meter"] == "main" || row["meter"] == "press");
    ledger.as_array()?.iter().find(mine)
}

pub fn number(row: &Value, field: &str) -> Option<Decimal> {
    row[field].as_str()?.parse().ok()
}

/// Whether the last reading of every point is on the ledger.
pub fn reached(ledger: &Value, last: &Counts) -> bool {
    last.iter().all(|(point, value)| row(ledger, point).is_some_and(|row| number(row, "last") == Some(*value)))
}

/// Whether every point has a reading on the ledger.
pub fn all_read(ledger: &Value, points: &Counts) -> bool {
    points.iter().all(|(point, _)| row(ledger, point).is_some_and(|row| row["last"].is_string()))
}

/// In which respects the ledger is not what the registers did.
pub fn differences(ledger: &Value, first: &Counts, last: &Counts) -> Vec<String> {
    let mut found = Vec::new();
    for ((point, first), (_, last)) in first.iter().zip(last) {
        let Some(row) = row(ledger, point) else {
            found.push(format!("{point}: not on the ledger"));
            continue;
        };
        for (field, expected) in [("first", *first), ("last", *last), ("total", *last - *first)] {
            let is = number(row, field);
            if is != Some(expected) {
                found.push(format!("{point}: {field} is {is:?}, the register says {expected}"));
            }
        }
        if row["breaks"] != 0 {
            found.push(format!("{point}: {} breaks", row["breaks"]));
        }
    }
    found
}

#[test]
fn a_ledger_that_differs_in_one_count_is_told_from_the_right_one() {
    let one = |count: i64| vec![("total", Decimal::new(count, 2))];
    let ledger = |field: &str, value: Value| {
        let mut row = serde_json::json!({
            "meter": "main", "point": "total", "first": "10", "last": "12.5", "total": "2.5", "breaks": 0
        });
        row[field] = value;
        serde_json::json!([row])
    };
    let told = |ledger: &Value| differences(ledger, &one(1000), &one(1250)).len();
    assert_eq!(told(&ledger("breaks", 0.into())), 0);
    for (field, value) in [("total", "2.51"), ("total", "5"), ("first", "10.01"), ("last", "12.49")] {
        assert_eq!(told(&ledger(field, value.into())), 1, "{field} {value}");
    }
    assert_eq!(told(&ledger("breaks", 1.into())), 1);
    assert_eq!(told(&ledger("point", "other".into())), 1);
}
