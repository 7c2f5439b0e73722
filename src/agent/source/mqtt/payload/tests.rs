//! Payloads as devices write them.

use super::*;
use crate::{
    agent::config::{MqttPoint, MqttTag, PayloadTime, TimeFormat},
    model::{RawValue, Reason},
};
use proptest::prelude::*;
use serde_json::json;

const NOW: UtcMillis = UtcMillis(1_800_000_000_000);

fn topic(pointers: &[&str]) -> MqttTopic {
    let points =
        (0..).zip(pointers).map(|(series, pointer)| MqttPoint { series: vec![series], pointer: (*pointer).into() });
    MqttTopic { topic: "t".into(), meters: vec!["m".into()], points: points.collect(), ..MqttTopic::default() }
}

fn dated(pointers: &[&str]) -> MqttTopic {
    let time = PayloadTime { pointer: "/ts".into(), format: TimeFormat::UNIX_MS };
    MqttTopic { time: Some(time), ..topic(pointers) }
}

fn one(topic: &MqttTopic, payload: &str) -> Sample {
    let mut said = read(topic, 0, payload.as_bytes(), NOW).unwrap();
    assert_eq!((said.samples.len(), said.refused.len(), said.repeated), (1, 0, 0));
    said.samples.remove(0)
}

fn strings(topic: MqttTopic) -> MqttTopic {
    MqttTopic { format: PayloadFormat::Json { strings: true }, ..topic }
}

fn found(topic: &MqttTopic, payload: &str) -> Vec<(u32, Result<RawValue, Reason>)> {
    one(topic, payload).scan.found
}

fn refused(topic: &MqttTopic, payload: &[u8]) -> String {
    read(topic, 0, payload, NOW).unwrap_err().to_string()
}

#[test]
fn fields_are_found_by_their_pointers() {
    let topic = strings(topic(&["/kwh", "/lines/1/n", "/a~1b~0c"]));
    let payload = r#"{"kwh": 959636.71, "lines": [{}, {"n": 2}], "a/b~c": "3", "else": {}}"#;
    let kwh = RawValue::Decimal("959636.71".parse().unwrap());
    assert_eq!(found(&topic, payload), [(0, Ok(kwh)), (1, Ok(RawValue::Int(2))), (2, Ok(RawValue::Int(3)))]);
}

#[test]
fn an_empty_pointer_takes_the_whole_payload() {
    assert_eq!(found(&topic(&[""]), "12"), [(0, Ok(RawValue::Int(12)))]);
    assert_eq!(found(&topic(&[""]), " \"12\"\n"), [(0, Err(Reason::Malformed))]);
    assert_eq!(found(&strings(topic(&[""])), " \"12\"\n"), [(0, Ok(RawValue::Int(12)))]);
    assert_eq!(found(&topic(&[""]), "null"), [(0, Err(Reason::Missing))]);
}

#[test]
fn a_missing_or_foreign_field_spoils_only_itself() {
    let topic = topic(&["/a", "/b", "/c", "/d"]);
    assert_eq!(
        found(&topic, r#"{"a": null, "b": "many", "c": 5}"#),
        [(0, Err(Reason::Missing)), (1, Err(Reason::Malformed)), (2, Ok(RawValue::Int(5))), (3, Err(Reason::Missing))]
    );
}

#[test]
fn of_two_equal_keys_the_last_counts() {
    assert_eq!(found(&topic(&["/a"]), r#"{"a": 1, "a": 2}"#), [(0, Ok(RawValue::Int(2)))]);
}

#[test]
fn the_payloads_time_counts_before_the_arrival() {
    let time = |topic: &MqttTopic| one(topic, r#"{"ts": 1700000000000}"#).scan.time;
    assert_eq!(time(&dated(&["/a"])), UtcMillis(1_700_000_000_000));
    assert_eq!(time(&topic(&["/a"])), NOW);
}

#[test]
fn each_sample_of_an_array_is_a_scan_of_its_own_time_and_of_one_time_the_last_counts() {
    let topic = MqttTopic { each: Some("/values".into()), ..dated(&["/n"]) };
    let payload = json!({ "ts": 1, "values": [
        { "ts": 1_700_000_002_000_i64, "n": 2 },
        { "ts": 1_700_000_001_000_i64, "n": 0 },
        { "ts": "never", "n": 9 },
        { "ts": 1_700_000_001_000_i64, "n": 1 },
        7,
    ]});
    let said = read(&topic, 0, payload.to_string().as_bytes(), NOW).unwrap();
    let scans: Vec<_> = said.samples.iter().map(|sample| (sample.scan.time.0, sample.scan.found.clone())).collect();
    assert_eq!(
        scans,
        [(1_700_000_001_000, vec![(0, Ok(RawValue::Int(1)))]), (1_700_000_002_000, vec![(0, Ok(RawValue::Int(2)))])]
    );
    assert_eq!((said.refused.len(), said.repeated), (2, 1));
    assert_eq!(read(&topic, 0, br#"{"values": []}"#, NOW), Ok(Said::default()));
    assert_eq!(refused(&topic, br#"{"values": 5}"#), "`/values` holds no array; expected one of samples");
    assert_eq!(
        refused(&topic, br#"{"values": [{}]}"#),
        "`/ts` holds nothing; expected milliseconds since 1970-01-01 UTC"
    );
    let many = json!({ "values": vec![0; SAMPLES_MAX + 1] }).to_string();
    assert_eq!(refused(&topic, many.as_bytes()), "the payload has 1001 samples; expected at most 1000");
}

#[test]
fn samples_may_be_arrays_and_bare_numbers_with_their_time_beside_them() {
    let time = PayloadTime { pointer: "/0".into(), format: TimeFormat::UNIX_S };
    let topic = MqttTopic { each: Some(String::new()), time: Some(time), ..topic(&["/1"]) };
    let said = read(&topic, 0, b"[[1700000000, 1.5], [1700000060, 2.5]]", NOW).unwrap();
    assert_eq!(
        said.samples.iter().map(|sample| sample.scan.time.0).collect::<Vec<_>>(),
        [1_700_000_000_000, 1_700_000_060_000]
    );
}

#[test]
fn lines_of_csv_are_samples_by_their_columns() {
    let format = PayloadFormat::Csv { separator: ';' };
    let time = PayloadTime {
        pointer: "1".into(),
        format: TimeFormat::Pattern { pattern: "%Y-%m-%d %H:%M:%S".into(), offset_s: 28_800 },
    };
    let topic = MqttTopic { format, time: Some(time), ..topic(&["2", "3", "4"]) };
    let said = read(&topic, 0, b"2023-11-15 06:13:20;12.50;;x\r\n2023-11-15 06:14:20; 7 ;1;2;3\n", NOW).unwrap();
    let found: Vec<_> = said.samples.iter().map(|sample| sample.scan.found.clone()).collect();
    let decimal = RawValue::Decimal("12.50".parse().unwrap());
    assert_eq!(found[0], [(0, Ok(decimal)), (1, Err(Reason::Missing)), (2, Err(Reason::Malformed))]);
    assert_eq!(found[1], [(0, Ok(RawValue::Int(7))), (1, Ok(RawValue::Int(1))), (2, Ok(RawValue::Int(2)))]);
    assert_eq!(said.samples[0].scan.time, UtcMillis(1_700_000_000_000));
    assert_eq!(refused(&topic, b"\n"), "the payload is no CSV: it has no line");
}

#[test]
fn a_plain_number_that_is_no_json_is_csv_of_one_column() {
    let topic = MqttTopic { format: PayloadFormat::Csv { separator: ',' }, ..topic(&["1"]) };
    assert_eq!(found(&topic, " +0012.5\n"), [(0, Ok(RawValue::Decimal("12.5".parse().unwrap())))]);
    let said = read(&topic, 0, b"1\n2\n3", NOW).unwrap();
    assert_eq!((said.samples[0].scan.found[0].1, said.repeated), (Ok(RawValue::Int(3)), 2));
}

#[test]
fn a_sample_is_of_the_meter_it_was_sent_for() {
    let mut topic = topic(&["/n"]);
    topic.meters = vec!["a".into(), "b".into()];
    topic.points[0].series = vec![5, 6];
    topic.tags = vec![MqttTag { name: "product".into(), pointer: "/p".into() }];
    let said = read(&topic, 1, br#"{"n": 1, "p": "x"}"#, NOW).unwrap();
    assert_eq!(said.samples[0].scan.found[0].0, 6);
    assert_eq!(said.samples[0].tags[0].as_ref().map(|tag| tag.meter.as_str()), Ok("b"));
}

#[test]
fn a_payload_that_is_not_what_the_configuration_says_is_refused_with_the_reason() {
    let fields = topic(&["/a"]);
    for payload in ["", "{", "NaN", r#"{"a": 1} {}"#, "{'a': 1}", r#"{"a": NaN}"#, "\u{feff}{}", "12,5"] {
        let reason = refused(&fields, payload.as_bytes());
        assert!(reason.starts_with("the payload is no JSON: "), "{payload}: {reason}");
    }
    assert!(refused(&fields, b"{\"a\": \"\xff\"}").starts_with("the payload is no JSON: "));
    assert_eq!(
        refused(&fields, b"5"),
        "the payload is a number; expected an object or array with the configured fields"
    );
    assert_eq!(
        refused(&fields, b"null"),
        "the payload is null; expected an object or array with the configured fields"
    );
    assert_eq!(
        refused(&topic(&[""]), b"{}"),
        "the payload is an object; expected a bare value, as the pointer is empty"
    );
    assert_eq!(
        refused(&dated(&["/a"]), br#"{"a": 1}"#),
        "`/ts` holds nothing; expected milliseconds since 1970-01-01 UTC"
    );
}

#[test]
fn a_tag_is_text_or_an_integer_and_anything_else_says_nothing() {
    let tag = |pointer: &str| MqttTag { name: "product".into(), pointer: pointer.into() };
    let topic = MqttTopic { tags: ["/p", "/n", "/z", "/b", "/x", "/l"].map(tag).to_vec(), ..topic(&[]) };
    let payload = json!({ "p": " 轴承 6204 ", "n": 12, "z": null, "b": 1.5, "l": "l".repeat(129) }).to_string();
    let said = one(&topic, &payload);
    let values: Vec<_> = said.tags.into_iter().map(|tag| tag.ok().map(|tag| tag.value)).collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(values, [text("轴承 6204"), text("12"), text(""), None, None, None]);
    assert_eq!((said.scan.time, said.scan.found.len()), (NOW, 0));
}

#[test]
fn size_and_nesting_are_bounded() {
    let padded = |length: usize| format!(r#"{{"a": 1}}{}"#, " ".repeat(length - 8));
    assert!(read(&topic(&["/a"]), 0, padded(PAYLOAD_BYTES_MAX).as_bytes(), NOW).is_ok());
    let reason = refused(&topic(&["/a"]), padded(PAYLOAD_BYTES_MAX + 1).as_bytes());
    assert_eq!(reason, "the payload has 65537 bytes; expected at most 65536");
    assert!(refused(&topic(&["/a"]), "[".repeat(60_000).as_bytes()).contains("recursion limit"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[0-9+.eE-]{0,40}|\\PC{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let fields = prop::collection::hash_map("ts|a|b", inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&dated(&["/a", ""]), 0, &payload, NOW);
        let _ = read(&MqttTopic { format: PayloadFormat::Csv { separator: ',' }, ..topic(&["1", "2"]) }, 0, &payload, NOW);
    }

    #[test]
    fn any_json_is_taken_whole_or_refused(payload in any_json(), at in 0_usize..4) {
        let formats = [
            TimeFormat::UNIX_S,
            TimeFormat::UNIX_MS,
            TimeFormat::Iso8601,
            TimeFormat::Pattern { pattern: "%Y-%m-%d %H:%M:%S%.f".into(), offset_s: -12_600 },
        ];
        let time = PayloadTime { pointer: "/ts".into(), format: formats[at].clone() };
        let topic = MqttTopic { time: Some(time), ..topic(&["/a", "/b/0"]) };
        if let Ok(said) = read(&topic, 0, payload.to_string().as_bytes(), NOW) {
            prop_assert_eq!(said.samples[0].scan.found.len(), 2);
        }
    }
}
