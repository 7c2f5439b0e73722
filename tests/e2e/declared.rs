//! `meter replace` beside a running agent that is killed right after it: the platform has the event exactly once.

use super::{process::free_port, stack::Stack};
use mujun::{
    model::{Event, EventKind},
    wire::record::{Content, Record, decode},
};
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(60);

fn replace(stack: &Stack, by: &str, value: &str) -> std::process::Output {
    let (last, first) = (format!("energy={value}"), "energy=0.5");
    let numbers = ["--final", &last, "--initial", first, "--serial-old", "A1", "--serial-new", "B2"];
    let words = ["--by", by, "--note", "display dead"];
    stack.agent_says(&[&["meter", "replace", "main"][..], &numbers, &words].concat())
}

/// The replacements in the platform's blocks: event id → how many blocks say it, and who declared it.
fn stored(data: &Path) -> BTreeMap<[u8; 16], (u32, String)> {
    let mut found = BTreeMap::new();
    let Ok(database) = rusqlite::Connection::open(data.join("mujun.db")) else { return found };
    let Ok(mut query) = database.prepare("SELECT kind, body FROM block WHERE kind = 6") else { return found };
    let records = query.query_map([], |row| Ok((row.get::<_, u8>(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
    for (kind, body) in records.flatten() {
        let record = Record { kind, crc32c: crc32c::crc32c(&body), body: body.into() };
        let Ok(Content::Event(Event { event_id, what: EventKind::Replaced(replaced), .. })) = decode(&record) else {
            continue;
        };
        assert_eq!((replaced.registers[0].final_count, replaced.registers[0].initial_count), (Some(123_456), Some(50)));
        found.entry(event_id).or_insert((0, replaced.by)).0 += 1;
    }
    found
}

#[test]
fn a_replacement_declared_before_a_kill_reaches_the_platform_as_one_event() {
    // nobody answers there: a replacement needs no meter that speaks
    let port = free_port();
    let sources = format!(
        "[[bus]]\nname = \"line\"\naddress = \"127.0.0.1:{port}\"\n[[bus.meter]]\nname = \"main\"\nunit_id = 1\n\
         [[bus.meter.point]]\nname = \"energy\"\nregister = 0\ntype = \"u32\"\nword_order = \"ABCD\"\n\
         kind = \"cumulative\"\nscale = \"0.01\"\nunit = \"kWh\"\ncarrier = \"electricity\"\ndigits = 8\n"
    );
    let stack = Stack::start();
    let mut agent = Some(stack.agent(&sources));
    stack.wait_log("agent.log", &["connected to the platform"]);

    let refused = replace(&stack, "Li", "1234.567");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("a multiple of 0.01 kWh"), "{said}");
    for by in ["Li", "Wang", "Zhao"] {
        let declared = replace(&stack, by, "1234.56");
        let said = String::from_utf8_lossy(&declared.stdout).into_owned();
        assert!(declared.status.success() && said.contains("the old register ends at 1234.56 kWh"), "{said}");
        // SIGKILL: before the agent saw the file, between its commit and the deletion, or behind it
        std::thread::sleep(Duration::from_millis(mujun::runtime::random::up_to(1_200)));
        drop(agent.take());
        if by == "Zhao" {
            let stopped = replace(&stack, "Sun", "1234.56");
            assert!(stopped.status.success(), "it works while the agent is stopped");
        }
        agent = Some(stack.start_agent());
    }

    let (data, end) = (stack.path("data"), Instant::now() + PATIENCE);
    loop {
        let found = stored(&data);
        let left = std::fs::read_dir(stack.path("spool/declared")).unwrap().count();
        let mut by: Vec<&str> = found.values().map(|(_, by)| by.as_str()).collect();
        by.sort_unstable();
        assert!(by.len() <= 4 && found.values().all(|(blocks, _)| *blocks <= 2), "one id each: {found:?}");
        if by == ["Li", "Sun", "Wang", "Zhao"] && left == 0 {
            break;
        }
        assert!(Instant::now() < end, "{found:?}, {left} files left\n{}", stack.logs());
        std::thread::sleep(Duration::from_millis(200));
    }
    agent.unwrap().stop();
    let exported = stack.agent_says(&["spool", "export"]);
    let csv = String::from_utf8_lossy(&exported.stdout).into_owned();
    assert!(exported.status.success() && csv.contains(",clock,0,,event,clock segment"), "{csv}");
}
