//! What a person enters, by the command and at the console, reaches the platform's figures once, and is manual there.

use super::{
    process::free_port,
    stack::{CREDIT_CODE, Stack},
};
use mujun::{
    model::{Entered, Event, EventKind},
    wire::record::{Content, Record, decode},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(90);

/// The entries in the platform's blocks, each id once.
fn stored(stack: &Stack) -> BTreeMap<[u8; 16], Entered> {
    let database = rusqlite::Connection::open(stack.path("data/mujun.db")).unwrap();
    let mut query = database.prepare("SELECT body FROM block WHERE kind = 6").unwrap();
    let bodies: Vec<Vec<u8>> = query.query_map([], |row| row.get(0)).unwrap().flatten().collect();
    let entry = |body: Vec<u8>| {
        let record = Record { kind: 6, crc32c: crc32c::crc32c(&body), body: body.into() };
        match decode(&record) {
            Ok(Content::Event(Event { event_id, what: EventKind::Entered(entered), .. })) => Some((event_id, entered)),
            _ => None,
        }
    };
    bodies.into_iter().filter_map(entry).collect()
}

fn post(console: u16, entry: &Value, header: &str) -> (u16, Value) {
    let end = Instant::now() + PATIENCE;
    loop {
        let request = ureq::post(format!("http://127.0.0.1:{console}/api/v1/manual"));
        let request = request.config().http_status_as_error(false).build();
        match request.header("Content-Type", "application/json").header(header, "1").send(entry.to_string()) {
            Ok(mut response) => return (response.status().as_u16(), response.body_mut().read_json().unwrap()),
            // the agent has just been started
            Err(error) => assert!(Instant::now() < end, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn deliveries_and_readings_by_hand_reach_the_figures_once_and_say_that_they_are_manual() {
    let stack = Stack::start();
    let console = free_port();
    let mut agent = Some(stack.agent(&format!(
        "[console]\nlisten = \"127.0.0.1:{console}\"\n\
         [[manual]]\nname = \"coal-yard\"\n[[manual.point]]\nname = \"delivered\"\nkind = \"delivery\"\n\
         resolution = \"0.01\"\nunit = \"t\"\ncarrier = \"raw_coal\"\ncounts_as = \"site_energy\"\n\
         [[manual]]\nname = \"water\"\n[[manual.point]]\nname = \"volume\"\nresolution = \"1\"\nunit = \"m3\"\ndigits = 5\n"
    )));
    stack.wait_log("agent.log", &["connected to the platform"]);
    stack.write("slip.txt", "abc");
    let slip = stack.path("slip.txt");
    let truck = |value: &str, at: &str| {
        let words = ["--by", "张三", "--evidence", "slip", "--file", slip.to_str().unwrap(), "--at", at];
        let said = stack.agent_says(&[&["manual", "coal-yard", "delivered", value][..], &words].concat());
        let text = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
        (said.status.success(), text)
    };
    let (taken, said) = truck("32.505", "2024-11-24T08:30");
    assert!(!taken && said.contains("a multiple of 0.01 t"), "{said}");
    let (taken, said) = truck("32.5", "2024-11-24T08:30");
    assert!(
        taken && said.contains("a delivery of coal-yard / delivered at 2024-11-24T08:30:00+08:00, 32.5 t"),
        "{said}"
    );
    // a second truck in the same minute, and the agent dies before, while or after it takes it
    assert!(truck("30", "2024-11-24T08:30").0);
    std::thread::sleep(Duration::from_millis(mujun::runtime::random::up_to(1_200)));
    drop(agent.take());
    // entered while it is stopped, and late: before the other two
    assert!(truck("28.25", "2024-11-24T07:10").0);
    agent = Some(stack.start_agent());
    let entry = json!({ "meter": "coal-yard", "point": "delivered", "value": "10", "by": "Li", "evidence": "004", "at": "2024-11-24T15:00" });
    let (status, said) = post(console, &entry, "X-Other");
    assert!(status == 403 && said["error"]["en"].as_str().unwrap().contains("Mujun-Entry"), "{said}");
    assert_eq!(post(console, &entry, "Mujun-Entry").0, 200);
    for (value, at) in [("100", "2024-11-24T00:00"), ("196", "2024-11-24T12:00")] {
        let reading = ["manual", "water", "volume", value, "--by", "Wang", "--evidence", "list 7", "--at", at];
        assert!(stack.agent_says(&reading).status.success());
    }

    // 32.5 + 30 + 28.25 + 10 t of raw coal at 0.7143 kgce/kg
    let path = format!("/api/v1/sites/{CREDIT_CODE}?period=2024-11-24");
    let counted = |site: &Value| site["energy"][0]["kgce_calorific"] == "71965.725";
    let site = stack.wait(&path, PATIENCE, counted);
    let figure = &site["figures"]["kgce"];
    assert_eq!(figure["quality"], "uncertain", "{figure:#}");
    assert_eq!((&figure["sources"], &figure["incomplete"]), (&json!(["manual"]), &false.into()), "{figure:#}");

    let water = |ledger: &Value| {
        let row = ledger.as_array().and_then(|rows| rows.iter().find(|row| row["meter"] == "water"));
        row.is_some_and(|row| row["last"] == "196")
    };
    let ledger = stack.wait("/api/v1/ledger", PATIENCE, water);
    let row = ledger.as_array().unwrap().iter().find(|row| row["meter"] == "water").unwrap();
    assert_eq!(row["total"], "96", "{row:#}");
    let coal = site["ledger"].as_array().unwrap().iter().find(|term| term["meter"] == "coal-yard").unwrap();
    assert_eq!(coal["amount"], "100.75", "{coal:#}");
    assert!(coal["doubts"].as_array().unwrap().contains(&"manual".into()), "{coal:#}");

    let entries = stored(&stack);
    assert_eq!(entries.len(), 6, "{entries:?}");
    let by_command = entries.values().find(|entered| entered.count == 3_250).unwrap();
    assert_eq!((by_command.by.as_str(), by_command.evidence.as_str(), by_command.delivery), ("张三", "slip", true));
    let proof = by_command.file.as_ref().unwrap();
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!((proof.name.as_str(), mujun::wire::hex(&proof.sha256).as_str()), ("slip.txt", sha256));
    agent.unwrap().stop();
    let exported = stack.agent_says(&["spool", "export"]);
    let csv = String::from_utf8_lossy(&exported.stdout).into_owned();
    assert!(exported.status.success() && csv.contains("by=Wang evidence=list 7"), "{csv}");
}
