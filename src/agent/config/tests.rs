//! What is taken, what the defaults are, and the messages of every case in `tests/cases/config`.

use super::*;
use crate::{
    model::{Physics, PointKind, Role},
    runtime::{lang::Lang, problem::cases},
};
use std::{fs, path::Path};

const SMALLEST: &str = r#"
[agent]
gateway_id = "gw-1"
[[bus]]
name = "line"
address = "127.0.0.1:502"
[[bus.meter]]
name = "main"
unit_id = 1
[[bus.meter.point]]
name = "power"
register = 7
type = "i16"
[[mqtt]]
name = "machines"
url = "mqtt://broker"
[[mqtt.topic]]
topic = "press/1"
meter = "press-1"
[[mqtt.topic.point]]
name = "count"
pointer = "/n"
"#;

fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn what_is_not_written_has_its_documented_default() {
    let config = parse(SMALLEST, "agent.toml").unwrap();
    let spool = SpoolConfig {
        dir: "spool".into(),
        commit_interval: Duration::from_secs(2),
        bytes_max: 2 << 30,
        age_max: Duration::from_secs(3650 * 86_400),
        when_full: WhenFull::DropOldest,
        archive_days: 183,
        archive_bytes_max: 256 << 20,
    };
    assert_eq!(config.spool, spool);
    assert_eq!(config.key_file, Path::new("gw-1.key"));
    assert_eq!(config.uplinks, []);
    let bus = &config.buses[0];
    assert_eq!((bus.timeout, bus.poll_interval), (Duration::from_secs(1), Duration::from_secs(1)));
    let Station::Modbus { points, .. } = &bus.meters[0].station else { panic!("{:?}", bus.meters[0]) };
    assert_eq!(points[0].function, Function::HoldingRegisters);
    let broker = &config.mqtt[0];
    assert_eq!((broker.port, broker.inflight, broker.client_id.as_str()), (1883, 20, "mujun-gw-1-machines"));
    assert_eq!((broker.version, &broker.login, &broker.tls), (MqttVersion::V3_1_1, &None, &None));
    let topic = &broker.topics[0];
    assert_eq!(
        (&topic.time, topic.retained, topic.meters.as_slice()),
        (&None, Retained::Ignore, &["press-1".to_owned()][..])
    );
    let point = &config.points[0];
    assert_eq!((point.series.kind, point.series.role), (PointKind::Gauge, Role::None));
    assert_eq!((point.series.scale, point.resolution), (Scale::ONE, Some(Scale::ONE)));
    assert_eq!(config.points[1].resolution, None, "a payload's gauge keeps its numbers");
}

#[test]
fn series_ids_are_places_in_the_list_of_points() {
    let config = load(&repository("deploy/agent.toml")).unwrap();
    let modbus = config
        .buses
        .iter()
        .flat_map(|bus| &bus.meters)
        .flat_map(|meter| meter.station.series().into_iter().map(|series| (series, meter.name.clone())));
    let mqtt = config
        .mqtt
        .iter()
        .flat_map(|broker| &broker.topics)
        .flat_map(|topic| topic.points.iter().map(|point| (&point.series, &topic.meters)))
        .flat_map(|(series, meters)| series.iter().copied().zip(meters.iter().cloned()));
    let sparkplug = config
        .mqtt
        .iter()
        .flat_map(|broker| &broker.sparkplug)
        .flat_map(|source| source.points.iter().map(|point| (point.series, source.meter.clone())));
    let manual = config.manual.iter().map(|one| (one.series, "coal-yard".to_owned()));
    let listed: Vec<(u32, String)> = modbus.chain(mqtt).chain(sparkplug).chain(manual).collect();
    assert_eq!(listed.len(), config.points.len());
    for (place, (series, meter)) in listed.iter().enumerate() {
        assert_eq!((*series as usize, meter), (place, &config.points[place].series.meter));
    }
}

#[test]
fn a_topic_with_wildcards_has_the_points_of_each_listed_meter() {
    let text = SMALLEST.replace(
        "topic = \"press/1\"\nmeter = \"press-1\"",
        "topic = \"f/+/+/state\"\nparts = [\"line\", \"place\"]\nmeter = \"{line}-{2}\"\nmeters = [\"a-1\", \"a-2\"]",
    );
    let config = parse(&text, "agent.toml").unwrap();
    let topic = &config.mqtt[0].topics[0];
    let naming = [NamePart::Wildcard(0), NamePart::Text("-".into()), NamePart::Wildcard(1)];
    assert_eq!((topic.naming.as_slice(), topic.points[0].series.as_slice()), (&naming[..], &[1, 2][..]));
    let meters: Vec<_> = config.points[1..].iter().map(|point| point.series.meter.as_str()).collect();
    assert_eq!(meters, ["a-1", "a-2"]);
}

#[test]
fn a_broker_may_ask_for_a_login_tls_and_version_5() {
    let keys = "url = \"mqtts://broker\"\nversion = 5\nusername = \"gw\"\npassword_file = \"secret\"\n\
                ca_file = \"ca.pem\"\ncert_file = \"/c.pem\"\nkey_file = \"c.key\"\nserver_name = \"b.example\"";
    let mut config = parse(&SMALLEST.replace("url = \"mqtt://broker\"", keys), "agent.toml").unwrap();
    let broker = &mut config.mqtt[0];
    broker.relative_to(Path::new("/etc/mujun"));
    assert_eq!((broker.port, broker.version), (8883, MqttVersion::V5));
    let password = Some(PasswordFrom::File("/etc/mujun/secret".into()));
    assert_eq!(broker.login, Some(Login { username: "gw".into(), password }));
    let tls = Tls {
        ca_file: Some("/etc/mujun/ca.pem".into()),
        certificate: Some(("/c.pem".into(), "/etc/mujun/c.key".into())),
        server_name: Some("b.example".into()),
    };
    assert_eq!(broker.tls, Some(tls));
}

#[test]
fn a_resolution_is_a_part_of_the_scale() {
    let points = r#"
[[bus.meter.point]]
name = "energy"
register = 20
type = "f32"
word_order = "CDAB"
kind = "cumulative"
scale = "40"
resolution = "0.01"
[[bus.meter.point]]
name = "current"
register = 22
type = "f32"
word_order = "CDAB"
scale = "0.1"
[[mqtt]]"#;
    let config = parse(&SMALLEST.replacen("\n[[mqtt]]", points, 1), "agent.toml").unwrap();
    let of = |i: usize| (config.points[i].series.scale.to_string(), config.points[i].resolution.map(|r| r.to_string()));
    assert_eq!(of(1), ("0.4".into(), Some("0.01".into())));
    assert_eq!(of(2), ("0.1".into(), None));
}

#[test]
fn physics_are_counted_exactly_and_rates_have_a_default_by_unit() {
    let point = |name: &str, more: &str| {
        let text = format!(
            "{SMALLEST}[[mqtt.topic.point]]\nname = \"{name}\"\npointer = \"/{name}\"\nkind = \"cumulative\"\n{more}\n"
        );
        let config = parse(&text, "agent.toml").unwrap();
        (config.points[2].series.physics, config.rates_assumed.contains(&2))
    };
    let kwh = "resolution = \"0.01\"\nscale = \"40\"\nunit = \"kWh\"";
    let default = Physics { rate_max_per_h: Some(250_000), backstep_max: 1, warm_up_ms: 180_000, ..Physics::default() };
    assert_eq!(point("a", kwh), (default, true));
    let stated = "modulus = \"400000\"\nrate_max = \"0.5\"\nbackstep_max = \"1.2\"\nwarm_up_s = 0";
    let physics =
        Physics { modulus: Some(1_000_000), rate_max_per_h: Some(2), backstep_max: 3, warm_up_ms: 0, restarts: false };
    assert_eq!(point("b", &format!("{kwh}\n{stated}")), (physics, false), "1.25 counts an hour are rounded up");
    let physics = Physics { modulus: Some(100_000_000), backstep_max: 0, ..default };
    assert_eq!(point("c", &format!("{kwh}\ndigits = 8\nbackstep_max = \"0\"")), (physics, true));
    assert_eq!(point("d", "resolution = \"1\"\nmodulus = \"2^32\"").0.modulus, Some(1 << 32));
    let batch = point("e", "resolution = \"1\"\nunit = \"wagon\"\nrestarts = true");
    assert_eq!((batch.0.restarts, batch.0.rate_max_per_h, batch.1), (true, None, false), "no unit of ours: any rate");
    for (unit, _) in physics::RATES {
        let (found, assumed) = point("f", &format!("resolution = \"0.000000000001\"\nunit = \"{unit}\""));
        assert!(assumed && found.rate_max_per_h.is_some_and(|rate| rate > 1_000_000), "{unit}");
    }
    let config = parse(SMALLEST, "agent.toml").unwrap();
    assert_eq!(config.points[0].series.physics, Physics::default(), "a gauge has none");
}

#[test]
fn a_pulse_of_a_tenth_of_a_metre_is_one_count() {
    let pulses = r#"
[[bus.meter.point]]
name = "wire"
register = 20
type = "u32"
word_order = "ABCD"
kind = "cumulative"
scale = "0.1"
unit = "m"
product = "wire-2.5"
counts_as = "output"
[[bus.meter.point]]
name = "rejected"
register = 22
type = "u16"
kind = "cumulative"
scale = "0.25"
unit = "kg"
product = "wire-2.5"
counts_as = "scrap"
[[mqtt]]"#;
    let config = parse(&SMALLEST.replacen("\n[[mqtt]]", pulses, 1), "agent.toml").unwrap();
    let shown = |i: usize, count| config.points[i].series.scale.value_from_count(count).unwrap().to_string();
    assert_eq!((shown(1, 12_345), shown(2, 3)), ("1234.5".into(), "0.75".into()));
    assert_eq!((config.points[1].resolution, config.points[2].series.role), (Some(Scale::ONE), Role::Scrap));
}

#[test]
fn a_topic_may_have_tags_and_no_points() {
    let tags = "[[mqtt.topic.tag]]\nname = \"shift\"\npointer = \"/s\"\n";
    let text = format!("{SMALLEST}[[mqtt.topic]]\ntopic = \"b\"\nmeter = \"press-1\"\n{tags}");
    let topics = parse(&text, "agent.toml").unwrap().mqtt[0].topics.clone();
    assert_eq!((topics[1].points.len(), topics[1].tags[0].name.as_str()), (0, "shift"));
    assert!(!parse(&text, "agent.toml").unwrap().trust_clock);
    let trusted = text.replace("gateway_id", "trust_clock = true\ngateway_id");
    assert!(parse(&trusted, "agent.toml").unwrap().trust_clock);
}

#[test]
fn one_register_may_be_read_under_two_functions_and_neighbours_do_not_overlap() {
    let points = r#"
[[bus.meter.point]]
name = "as input"
function = 4
register = 7
type = "u16"
[[bus.meter.point]]
name = "next"
register = 8
type = "u64"
word_order = "DCBA"
[[bus.meter.point]]
name = "last"
register = 65535
type = "u16"
[[mqtt]]"#;
    parse(&SMALLEST.replacen("\n[[mqtt]]", points, 1), "agent.toml").unwrap();
}

#[test]
fn the_example_shows_every_key_with_a_value_that_is_taken() {
    let path = repository("deploy/agent.toml");
    load(&path).unwrap_or_else(|errors| panic!("{errors}"));
    let text = fs::read_to_string(path).unwrap();
    for shape in key::SHAPES.iter().chain([&&key::TIME_SHAPE]) {
        for key in shape.keys {
            assert!(text.contains(&format!("{} = ", key.name)) || text.contains(key.example), "{}", key.name);
        }
    }
}

#[test]
fn a_relative_spool_folder_lies_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.toml");
    fs::write(&path, SMALLEST).unwrap();
    assert_eq!(load(&path).unwrap().spool.dir, folder.path().join("spool"));
    fs::write(&path, format!("spool.dir = \"/var/lib/mujun\"\n{SMALLEST}")).unwrap();
    assert_eq!(load(&path).unwrap().spool.dir, Path::new("/var/lib/mujun"));
    assert_eq!(load(&path).unwrap().key_file, Path::new("/var/lib/gw-1.key"));
}

#[test]
fn ten_thousand_points_are_taken_and_one_more_is_refused() {
    let with = |points: usize| {
        let mut text = SMALLEST.replace("[[mqtt.topic.point]]\nname = \"count\"\npointer = \"/n\"\n", "");
        // one point is on the meter
        for i in 1..points {
            text += &format!("[[mqtt.topic.point]]\nname = \"p{i}\"\npointer = \"/{i}\"\n");
        }
        parse(&text, "agent.toml")
    };
    assert_eq!(with(10_000).unwrap().points.len(), 10_000);
    assert!(
        with(10_001).unwrap_err().to_string().starts_with("agent.toml:1:1  found 10001 points; expected 10000 at most")
    );
}

#[test]
fn a_password_is_in_no_message() {
    let text = SMALLEST
        .replace("mqtt://broker", "mqtt://user:geheim@broker")
        .replace("name = \"machines\"", "password = \"geheim\"");
    let silent = |text: &str| {
        let errors = parse(text, "agent.toml").unwrap_err();
        assert!(!errors.render(Lang::En).contains("geheim") && !errors.render(Lang::Zh).contains("geheim"), "{errors}");
    };
    silent(&text);
    for uplink in [
        // each is wrong in another way
        "[[uplink]]\nname = \"a\"\nplatform_url = \"http://h:1\"\nproxy = \"http://u:geheim@h\"",
        "[[uplink]]\nname = \"a\"\nplatform_url = \"http://h:1\"\nproxy = [\"http://u:geheim@h:1\"]",
        "[[uplink]]\nname = \"a\"\nplatform_url = \"http://h:1\"\nproxy = \"http://u:geheim@h:1",
        "[[uplink]]\nname = \"a\"\nplatform_url = \"http://h:1\"\nstart_spread_s = \"http://u:geheim@h:1\"",
        "[[uplink]]\nname = \"http://u:geheim@h:1\"\nplatform_url = \"http://u:geheim@h:1\"",
        "[[uplink]]\nname = \"a\"\nplatform_url = \"http://h:1\"\nproxi = \"http://u:geheim@h:1\"",
    ] {
        silent(&format!("{uplink}\n{SMALLEST}"));
    }
    silent(&format!("uplink = [{{ proxy = \"http://u:geheim@h:1\", name = 1 }}]\n{SMALLEST}"));
}

#[test]
fn destinations_have_their_defaults_and_ways() {
    let uplinks = "[[uplink]]\nname = \"county\"\nplatform_url = \"http://a:7600\"\n\
        [[uplink]]\nname = \"city\"\nplatform_url = \"http://b:7600\"\nproxy = \"http://u:p@c:1\"\nstart_spread_s = 0";
    let config = parse(&format!("{uplinks}\n{SMALLEST}"), "agent.toml").unwrap();
    let [county, city] = &config.uplinks[..] else { panic!("{:?}", config.uplinks) };
    assert_eq!((county.name.as_str(), county.platform_url.as_str()), ("county", "http://a:7600"));
    assert_eq!((&county.proxy, county.start_spread), (&None, Duration::from_secs(30)));
    assert_eq!(city.proxy.as_ref().map(Proxy::secret_url), Some("http://u:p@c:1"));
    assert_eq!(city.start_spread, Duration::ZERO);
}

#[test]
fn the_messages_of_every_case_are_as_recorded() {
    cases::hold("config", "toml", |name, text| parse(text, name).map(|_| None));
}
