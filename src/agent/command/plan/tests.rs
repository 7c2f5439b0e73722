use super::*;
use crate::agent::config;

/// Meters of 60 registers each on one Modbus TCP gateway, which answers a request in 20 ms.
fn config(meters: usize, interval_ms: u64) -> Config {
    let head = format!(
        "[agent]\ngateway_id = \"gw-1\"\n[spool]\ndir = \"no-such-folder\"\n[[bus]]\nname = \"line-1\"\naddress = \"127.0.0.1:502\"\npoll_interval_ms = {interval_ms}\n"
    );
    let meter = |unit: usize| {
        let point = |register: usize| {
            format!(
                "[[bus.meter.point]]\nname = \"p{register}\"\nregister = {}\ntype = \"u16\"\nkind = \"gauge\"\nunit = \"V\"\n",
                register * 2
            )
        };
        let points: String = (0..60).map(point).collect();
        format!("[[bus.meter]]\nname = \"m{unit}\"\nunit_id = {unit}\n{points}")
    };
    let text: String = std::iter::once(head).chain((1..=meters).map(meter)).collect();
    match config::parse(&text, "agent.toml") {
        Ok(config) => config,
        Err(problems) => panic!("{}", problems.render(Lang::En)),
    }
}

fn of(config: &Config) -> (Estimate, Findings) {
    (Estimate::of(&config.buses[0], |_| Default::default()), Findings::default())
}

#[test]
fn a_line_that_is_too_slow_says_what_it_needs_what_was_asked_and_what_to_do() {
    let config = config(10, 5000);
    let (estimate, findings) = of(&config);
    // 10 meters × 60 requests × 20 ms
    assert_eq!(
        verdict(&config.buses[0], &estimate).en,
        "line-1: needs 12 s, you asked 5 s: polls will be left out (the line is busy 240 %)"
    );
    assert_eq!(
        verdict(&config.buses[0], &estimate).zh,
        "line-1：一轮需要 12 s，要求 5 s：将漏掉轮询（线路占用 240 %）"
    );
    let advice: Vec<_> = advice(&config.buses[0], &estimate, &findings).into_iter().map(|text| text.en).collect();
    assert_eq!(
        advice,
        [
            "set poll_interval_ms to 14000 or more",
            "write gap_max = 16 where the meters let registers between be read: a round then takes 0.20 s",
            "or divide the meters among 3 lines, or read fewer points",
        ]
    );
    assert_eq!(warnings(&config, Lang::En).len(), 1);
    assert!(warnings(&config, Lang::Zh)[0].starts_with("警告"));
}

#[test]
fn a_line_that_is_fast_enough_has_no_warning() {
    let config = config(3, 5000);
    let (estimate, findings) = of(&config);
    assert_eq!(verdict(&config.buses[0], &estimate).en, "a round takes 3.60 s; the line is busy 72 % of the time");
    assert!(advice(&config.buses[0], &estimate, &findings).is_empty());
    assert!(warnings(&config, Lang::En).is_empty());
}

#[test]
fn each_request_is_shown_with_its_registers_and_points() {
    let config = config(1, 5000);
    let (estimate, findings) = of(&config);
    let page = page(&config, &config.buses[0], &estimate, &findings, Lang::En);
    assert!(
        page.starts_with("line-1  tcp 127.0.0.1:502  1 meters\n  m1 (modbus 1): every 5 s, 60 requests, 1.20 s\n"),
        "{page}"
    );
    assert!(page.contains("    03 holding registers 118..118 (1)    0.02 s  p59\n"), "{page}");
    let json = bus_json(&config, &config.buses[0], &estimate, &findings);
    let request = &json["meters"][0]["requests"][59];
    assert_eq!(
        (&request["function"], &request["start"], &request["count"], &request["points"]),
        (&json!(3), &json!(118), &json!(1), &json!(["p59"]))
    );
    assert_eq!((&json["fits"], &json["load_percent"]), (&json!(true), &json!("24.0")));
}
