//! Meters and machines that answer wrongly: each is named with its reason, gives no value, and costs the others nothing.

use super::{
    mosquitto::Mosquitto,
    plant::{self, Plant, TOPIC},
    process::{Running, python},
    stack::Stack,
};
use serde_json::{Value, json};
use std::{io::Write, process::Stdio, time::Duration};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn an_exception_a_short_reply_another_transaction_and_silence_are_named_and_cost_the_sound_meter_nothing() {
    let mut plant = Plant::start(None);
    let stack = Stack::start();
    let broken = [
        (2, "exception", "answers HoldingRegisters from 0, 4 of them, with exception 2"),
        (3, "short", "the reply was refused: "),
        (4, "transaction", "the reply was refused: "),
        (5, "silent", "no answer within 500ms"),
    ];
    let further = broken.map(|(unit, name, _)| {
        format!(
            "[[bus.meter]]\nname = \"{name}\"\nunit_id = {unit}\n[[bus.meter.point]]\nname = \"energy\"\n\
             register = 0\ntype = \"u64\"\nword_order = \"ABCD\"\nkind = \"cumulative\"\n"
        )
    });
    let _agent = stack.agent(&plant.sources(&further.concat()));
    let points = plant.counts();
    stack.wait("/api/v1/ledger", PATIENCE, |ledger| plant::all_read(ledger, &points));
    let first = plant.run();
    for (_, meter, reason) in broken {
        stack.wait_log("agent.log", &[&format!("meter=\"{meter}\""), reason]);
    }
    plant.wait_requests(20);
    let last = plant.stop();
    let ledger = stack.wait("/api/v1/ledger", PATIENCE, |ledger| plant::reached(ledger, &last.counts));
    assert_eq!(plant::differences(&ledger, &first.counts, &last.counts), [""; 0]);
    for (_, meter, _) in broken {
        let row = ledger.as_array().unwrap().iter().find(|row| row["meter"] == meter).unwrap();
        assert_eq!((&row["first"], &row["total"]), (&Value::Null, &Value::Null), "{meter} gives no value");
    }
    stack.wait("/api/v1/gateways", PATIENCE, |gateways| gateways[0]["rejected_inputs"].as_u64() >= Some(2));
}

#[test]
fn payloads_that_are_no_json_too_large_incomplete_or_from_the_future_are_named_and_cost_the_others_nothing() {
    let broker = Mosquitto::start();
    let mut plant = Plant::start(Some(broker.port()));
    let stack = Stack::start();
    let _agent = stack.agent(&plant.sources(""));
    let points = plant.counts();
    stack.wait("/api/v1/ledger", PATIENCE, |ledger| plant::all_read(ledger, &points));
    let now = plant.run().stamps.last().copied().unwrap();
    let bad = [
        ("no JSON".to_owned(), "refused: the payload is no JSON: expected ident at line 1 column 2"),
        (json!({ "ts": now, "count": 1, "picture": "x".repeat(100_000) }).to_string(), "bytes; expected at most 65536"),
        (json!({ "ts": now + 1 }).to_string(), "`/count` holds nothing; expected a number"),
        (json!({ "count": 1 }).to_string(), "refused: `/ts` holds nothing; expected milliseconds since"),
        (
            json!({ "ts": now + 3_600_000, "count": 1 }).to_string(),
            "expected at most 5 minutes ahead of this gateway's clock",
        ),
    ];
    publish(broker.port(), bad.iter().map(|(payload, _)| payload));
    for (_, reason) in &bad {
        stack.wait_log("agent.log", &["topic=\"plant/press\" times=1", reason]);
    }
    stack.wait("/api/v1/gateways", PATIENCE, |gateways| gateways[0]["rejected_inputs"] == 4);
    let last = plant.stop();
    let ledger = stack.wait("/api/v1/ledger", PATIENCE, |ledger| plant::reached(ledger, &last.counts));
    assert_eq!(plant::differences(&ledger, &points, &last.counts), [""; 0]);
}

fn publish<'a>(port: u16, payloads: impl Iterator<Item = &'a String>) {
    let mut command = python("publish.py");
    command.args([&port.to_string(), TOPIC]).stdin(Stdio::piped());
    let mut publisher = Running(command.spawn().unwrap());
    let mut lines = publisher.0.stdin.take().unwrap();
    payloads.for_each(|payload| writeln!(lines, "{payload}").unwrap());
    drop(lines);
    assert!(publisher.0.wait().unwrap().success());
}
