//! Wrong files: the shipped binaries say what is wrong and where, touch nothing, and go on when the file is mended.

use super::{
    plant::{self, Plant},
    stack::{CREDIT_CODE, SITES, Stack},
};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_wrong_agent_file_starts_nothing_and_what_was_recorded_still_arrives() {
    let mut plant = Plant::start(None);
    let mut stack = Stack::prepared();
    let right = plant.sources("");
    let agent = stack.agent(&right);
    plant.wait_requests(5);
    let ended = agent.stop();
    assert!(ended.success(), "{ended}\n{}", stack.logs());
    let standing = plant.counts();

    let recorded = stack.contents("spool");
    let broker = "[[mqtt]]\nname = \"machines\"\nurl = \"http://broker\"\n[[mqtt.topic]]\ntopic = \"t\"\nmeter = \"press\"\n\
                  [[mqtt.topic.point]]\nname = \"n\"\npointer = \"\"\n";
    let wrong = [
        (right.replace("timeout_ms", "timout_ms"), "agent.toml:14:1  bus[0].timout_ms: unknown key \"timout_ms\""),
        (
            right.replace("unit_id = 1", "unit_id = \"one\""),
            "agent.toml:18:11  bus[0].meter[0].unit_id: found the string \"one\"; expected an integer from 1 to 247",
        ),
        (
            right.replace("name = \"u32\"", "name = \"total\""),
            "agent.toml:30:8  bus[0].meter[0].point[1].name: \"total\" is used on line 20 already",
        ),
        (
            right.replace("register = 4", "register = 3"),
            "agent.toml:31:12  bus[0].meter[0].point[1].register: registers 3 to 4 overlap 0 to 3 of",
        ),
        (right.clone() + broker, "agent.toml:43:7  mqtt[0].url: found \"http://broker\"; expected mqtt://host[:port]"),
    ];
    for (sources, expected) in wrong {
        stack.configure_agent(&sources);
        let said = stack.refused("agent");
        assert!(said.contains(expected) && said.contains("\n  fix: "), "expected {expected}, it says\n{said}");
    }
    assert!(stack.contents("spool") == recorded, "the spool was touched");

    // the meters are gone: what arrives now was recorded before
    drop(plant);
    stack.start_platform();
    let _agent = stack.agent(&right);
    let ledger = stack.wait("/api/v1/ledger", PATIENCE, |ledger| plant::reached(ledger, &standing));
    assert_eq!(plant::differences(&ledger, &standing, &standing), [""; 0]);
}

#[test]
fn a_bad_credit_code_or_setting_keeps_the_platform_from_starting_and_costs_nothing() {
    let mut plant = Plant::start(None);
    let mut stack = Stack::start();
    let _agent = stack.agent(&plant.sources(""));
    let points = plant.counts();
    stack.wait("/api/v1/ledger", PATIENCE, |ledger| plant::all_read(ledger, &points));
    let first = plant.run();
    plant.wait_requests(5);
    stack.platform = None;

    let stored = stack.contents("data");
    let row = "91331003MA0000023B,Plastics,331000,331003,C2927,31.2,,,\n";
    stack.write("sites.csv", &(SITES.to_owned() + row));
    let said = stack.refused("platform");
    for part in ["sites.csv", "credit_code: found \"91331003MA0000023B\"", "expected the check character A", "fix: "] {
        assert!(said.contains(part), "expected {part}, it says\n{said}");
    }
    stack.write("sites.csv", SITES);

    let settings = stack.read("platform.toml");
    stack.write("platform.toml", &settings.replace("data_dir", "data_folder"));
    let said = stack.refused("platform");
    assert!(said.contains("platform.toml:2:1") && said.contains("data_folder"), "{said}");
    stack.write("platform.toml", &settings);
    assert!(stack.contents("data") == stored, "the data folder was touched");

    stack.start_platform();
    plant.wait_requests(5);
    let last = plant.stop();
    let ledger = stack.wait("/api/v1/ledger", PATIENCE, |ledger| plant::reached(ledger, &last.counts));
    assert_eq!(plant::differences(&ledger, &first.counts, &last.counts), [""; 0]);
}

#[test]
fn an_unknown_gateway_is_told_so_and_all_it_recorded_arrives_when_it_is_registered() {
    let mut plant = Plant::start(None);
    let mut stack = Stack::prepared();
    let registered = stack.read("gateways.csv");
    stack.write("gateways.csv", &format!("gateway_id,credit_code\nother,{CREDIT_CODE}\n"));
    stack.start_platform();
    let agent = stack.agent(&plant.sources(""));
    plant.wait_requests(5);
    let first = plant.run();
    let texts = ["gateway `gw` is not in the registry", "add this gateway_id to the platform's gateways.csv"];
    stack.wait_log("agent.log", &texts);
    let last = plant.stop();
    plant.wait_requests(2);
    assert!(agent.stop().success());
    drop(plant);
    assert_eq!(stack.get("/api/v1/ledger").unwrap(), serde_json::json!([]));

    stack.write("gateways.csv", &registered);
    stack.start_platform();
    let _agent = stack.start_agent();
    let ledger = stack.wait("/api/v1/ledger", PATIENCE, |ledger| plant::reached(ledger, &last.counts));
    assert_eq!(plant::differences(&ledger, &first.counts, &last.counts), [""; 0]);
}
