//! A real factory's year through a real broker that is killed half-way: the year and each month to the last 0.01 kWh.

use super::{
    mosquitto::Mosquitto,
    process::python,
    stack::{CREDIT_CODE, Stack},
};
use std::{path::Path, time::Duration};

const DATA: &str = "../shared/data/steel_industry_2018.csv";
const MONTHS: [&str; 12] = [
    "126238.29",
    "91497.34",
    "80230.41",
    "78769.8",
    "79059.28",
    "65404.64",
    "81674.41",
    "68559.43",
    "57883.07",
    "84665.65",
    "86217.61",
    "59436.78",
];

fn publish(port: u16, first: u32, last: u32) {
    let numbers = [first.to_string(), last.to_string()];
    let done =
        python("publish_steel.py").args([&port.to_string(), "plant/meter", DATA]).args(numbers).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_steel_year_is_exact_although_the_broker_is_killed() {
    if !Path::new(DATA).exists() {
        eprintln!("skipped: {DATA} is not there");
        return;
    }
    let stack = Stack::start();
    // saved each second, not at each of 35,041 messages; the queue holds what the agent has not taken yet
    let mut broker = Mosquitto::start_with("autosave_interval 1\nmax_queued_messages 0\n");
    let port = broker.port();
    let _agent = stack.agent(&format!(
        "[[mqtt]]\nname = \"plant\"\nurl = \"mqtt://127.0.0.1:{port}\"\n[[mqtt.topic]]\ntopic = \"plant/meter\"\nmeter = \"main\"\n\
         time = {{ pointer = \"/ts\", format = \"%d/%m/%Y %H:%M\", offset = \"+08:00\" }}\n[[mqtt.topic.point]]\nname = \"energy\"\n\
         pointer = \"/kwh\"\nkind = \"cumulative\"\nresolution = \"0.01\"\nunit = \"kWh\"\ncarrier = \"electricity\"\n\
         counts_as = \"site_energy\"\n"
    ));
    stack.wait("/api/v1/gateways", Duration::from_secs(30), |gateways| gateways[0]["connected"] == true);
    // the subscription must stand before the first message, and be on the broker's disk before it is killed
    std::thread::sleep(Duration::from_secs(2));
    publish(port, 0, 17_520);
    let reached = |last_ms: i64| move |ledger: &serde_json::Value| ledger[0]["last_ms"].as_i64() == Some(last_ms);
    stack.wait("/api/v1/ledger", Duration::from_secs(240), reached(1_530_504_000_000));
    std::thread::sleep(Duration::from_secs(2));
    broker.kill_and_restart();
    publish(port, 17_521, 35_040);
    let ledger = stack.wait("/api/v1/ledger", Duration::from_secs(240), reached(1_546_272_000_000));

    assert_eq!(ledger[0]["total"], "959636.71");
    let kwh = |period: &str| stack.get(&format!("/api/v1/sites/{CREDIT_CODE}?period={period}")).unwrap()["kwh"].clone();
    assert_eq!(kwh("2018"), "959636.71");
    for (month, expected) in (1..).zip(MONTHS) {
        assert_eq!(kwh(&format!("2018-{month:02}")), expected, "month {month}");
    }
}
