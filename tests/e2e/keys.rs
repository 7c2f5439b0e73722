//! The gateway's key: made at the first start, printed for the registry, pinned there; and a damaged one.

use super::{
    plant::{self, Plant},
    stack::{CREDIT_CODE, Stack},
};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_key_is_made_once_printed_and_pinned_and_a_damaged_one_costs_no_reading() {
    let mut plant = Plant::start(None);
    let mut stack = Stack::prepared();
    stack.configure_agent(&plant.sources(""));
    let (done, said) = stack.ask_agent("key");
    assert!(!done && said.contains("there is no key yet\n  fix: "), "{said}");

    let agent = stack.start_agent();
    plant.wait_requests(5);
    assert!(agent.stop().success());
    let (done, public_key) = stack.ask_agent("key");
    assert!(done && public_key.trim().len() == 64, "{public_key}");
    assert!(stack.ask_agent("check").0);

    stack.write("gateways.csv", &format!("gateway_id,credit_code,public_key\ngw,{CREDIT_CODE},{public_key}"));
    stack.start_platform();
    let agent = stack.start_agent();
    let points = plant.counts();
    stack.wait("/api/v1/ledger", PATIENCE, |ledger| plant::all_read(ledger, &points));
    assert!(agent.stop().success());
    assert_eq!(stack.ask_agent("key"), (true, public_key));

    stack.write("gw.key", "damaged");
    for command in ["key", "check"] {
        let (done, said) = stack.ask_agent(command);
        assert!(!done && said.contains("the key file is damaged; expected"), "{said}");
    }
    let agent = stack.start_agent();
    stack.wait_log("agent.log", &["can not be signed", "is damaged"]);
    plant.run();
    let last = plant.stop();
    stack.wait("/api/v1/ledger", PATIENCE, |ledger| plant::reached(ledger, &last.counts));
    assert!(agent.stop().success());
    assert_eq!(stack.read("gw.key"), "damaged", "it is not replaced");
    let alarms = stack.get("/api/v1/alarms").unwrap().to_string();
    assert!(!alarms.contains("key_") && !alarms.contains("bad_signature"), "{alarms}");
}
