//! A payload → a scan, or the reason why there is none. Pure.

use super::{number::number, time::instant};
use crate::{
    agent::config::MqttTopic,
    model::{Scan, Tag, UtcMillis},
    wire::record::NAME_BYTES_MAX,
};
use serde_json::Value;

/// More than any device's readings. Below the packet limit, so that a larger payload is refused and the connection
/// stands.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// Why a whole payload was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the payload has {0} bytes; expected at most {PAYLOAD_BYTES_MAX}")]
    TooLarge(usize),
    #[error("the payload is no JSON: {0}")]
    NotJson(String),
    #[error("the payload is {found}; expected {expected}")]
    Root { found: &'static str, expected: &'static str },
    #[error("`{pointer}` holds {found}; expected {expected}")]
    Time { pointer: String, found: String, expected: String },
    #[error("`{pointer}` holds {found}, a time before 2000; expected the device's clock to be set")]
    TimeUnset { pointer: String, found: String },
    #[error("`{pointer}` holds {found}; expected at most 5 minutes ahead of this gateway's clock, which says {now}")]
    TimeAhead { pointer: String, found: String, now: UtcMillis },
    #[error("the broker kept the message for new subscribers; expected a time stamp in it, as its age is unknown")]
    Undated,
}

/// What a payload says.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub scan: Scan,
    /// Of the topic's tags, each with its place: what it says now, or why it says nothing.
    pub tags: Vec<Result<Tag, &'static str>>,
}

/// Where the topic names no time stamp, the payload was taken when it `arrived`; `retained` is one that the broker
/// had kept since it knows not when. A point whose field is missing or no number has the reason in its place; the
/// others keep their values.
pub fn scan(topic: &MqttTopic, payload: &[u8], retained: bool, arrived: UtcMillis) -> Result<Said, Refusal> {
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(Refusal::TooLarge(payload.len()));
    }
    // nesting is bounded by serde_json
    let payload = serde_json::from_slice(payload).map_err(|error| Refusal::NotJson(error.to_string()))?;
    check_root(topic, &payload)?;
    let time = match &topic.time {
        Some(time) => instant(time, &payload, arrived)?,
        None if retained => return Err(Refusal::Undated),
        None => arrived,
    };
    let found = topic.points.iter().map(|point| (point.series, number(payload.pointer(&point.pointer)))).collect();
    let tags = topic.tags.iter().map(|tag| {
        let value = text(payload.pointer(&tag.pointer))?;
        Ok(Tag { meter: topic.meter.clone(), name: tag.name.clone(), value })
    });
    Ok(Said { tags: tags.collect(), scan: Scan { time, found } })
}

/// A tag's value: text, an integer, or null and "" for nothing.
fn text(found: Option<&Value>) -> Result<String, &'static str> {
    let value = match found {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) if number.is_i64() || number.is_u64() => number.to_string(),
        Some(Value::Null) => String::new(),
        Some(_) => return Err("holds neither text nor an integer; expected one of them"),
        None => return Err("holds nothing; expected text or an integer"),
    };
    match value.len() <= NAME_BYTES_MAX && !value.chars().any(char::is_control) {
        true => Ok(value),
        false => Err("holds more than 128 bytes or control characters; expected a short text"),
    }
}

/// A payload of the other shape has no point in it at all: the topic is not what the configuration says.
fn check_root(topic: &MqttTopic, payload: &Value) -> Result<(), Refusal> {
    let pointers = topic.points.iter().map(|point| &point.pointer).chain(topic.time.iter().map(|time| &time.pointer));
    let mut pointers = pointers.chain(topic.tags.iter().map(|tag| &tag.pointer));
    let fields_expected = pointers.any(|pointer| !pointer.is_empty());
    let (found, has_fields) = match payload {
        Value::Object(_) => ("an object", true),
        Value::Array(_) => ("an array", true),
        Value::String(_) => ("a string", false),
        Value::Number(_) => ("a number", false),
        Value::Bool(_) => ("a truth value", false),
        Value::Null => ("null", false),
    };
    match (fields_expected, has_fields) {
        (true, false) => Err(Refusal::Root { found, expected: "an object or array with the configured fields" }),
        (false, true) => Err(Refusal::Root { found, expected: "a bare value, as the pointer is empty" }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        agent::config::{MqttPoint, MqttTag, PayloadTime, TimeFormat},
        model::{RawValue, Reason},
    };
    use proptest::prelude::*;
    use serde_json::json;

    const NOW: UtcMillis = UtcMillis(1_800_000_000_000);

    fn topic(pointers: &[&str]) -> MqttTopic {
        let points = (0..).zip(pointers).map(|(series, pointer)| MqttPoint { series, pointer: (*pointer).into() });
        MqttTopic { topic: "t".into(), meter: "m".into(), time: None, points: points.collect(), tags: Vec::new() }
    }

    fn dated(pointers: &[&str]) -> MqttTopic {
        let time = PayloadTime { pointer: "/ts".into(), format: TimeFormat::UnixMillis };
        MqttTopic { time: Some(time), ..topic(pointers) }
    }

    fn found(topic: &MqttTopic, payload: &str) -> Vec<(u32, Result<RawValue, Reason>)> {
        scan(topic, payload.as_bytes(), false, NOW).unwrap().scan.found
    }

    fn refused(topic: &MqttTopic, payload: &[u8]) -> String {
        scan(topic, payload, false, NOW).unwrap_err().to_string()
    }

    #[test]
    fn fields_are_found_by_their_pointers() {
        let topic = topic(&["/kwh", "/lines/1/n", "/a~1b~0c"]);
        let payload = r#"{"kwh": 959636.71, "lines": [{}, {"n": 2}], "a/b~c": "3", "else": {}}"#;
        let kwh = RawValue::Decimal("959636.71".parse().unwrap());
        assert_eq!(found(&topic, payload), [(0, Ok(kwh)), (1, Ok(RawValue::Int(2))), (2, Ok(RawValue::Int(3)))]);
    }

    #[test]
    fn an_empty_pointer_takes_the_whole_payload() {
        assert_eq!(found(&topic(&[""]), "12"), [(0, Ok(RawValue::Int(12)))]);
        assert_eq!(found(&topic(&[""]), " \"12\"\n"), [(0, Ok(RawValue::Int(12)))]);
        assert_eq!(found(&topic(&[""]), "null"), [(0, Err(Reason::Missing))]);
    }

    #[test]
    fn a_missing_or_foreign_field_spoils_only_itself() {
        let topic = topic(&["/a", "/b", "/c", "/d"]);
        assert_eq!(
            found(&topic, r#"{"a": null, "b": "many", "c": 5}"#),
            [
                (0, Err(Reason::Missing)),
                (1, Err(Reason::Malformed)),
                (2, Ok(RawValue::Int(5))),
                (3, Err(Reason::Missing))
            ]
        );
    }

    #[test]
    fn of_two_equal_keys_the_last_counts() {
        assert_eq!(found(&topic(&["/a"]), r#"{"a": 1, "a": 2}"#), [(0, Ok(RawValue::Int(2)))]);
    }

    #[test]
    fn the_payloads_time_counts_before_the_arrival() {
        let time = |topic: &MqttTopic| scan(topic, br#"{"ts": 1700000000000}"#, false, NOW).unwrap().scan.time;
        assert_eq!(time(&dated(&["/a"])), UtcMillis(1_700_000_000_000));
        assert_eq!(time(&topic(&["/a"])), NOW);
    }

    #[test]
    fn a_message_kept_by_the_broker_needs_a_time_of_its_own() {
        let retained = |topic: &MqttTopic| scan(topic, br#"{"ts": 1700000000000, "a": 1}"#, true, NOW);
        assert_eq!(retained(&topic(&["/a"])), Err(Refusal::Undated));
        assert!(retained(&dated(&["/a"])).is_ok());
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
        let said = scan(&topic, payload.as_bytes(), false, NOW).unwrap();
        let values: Vec<_> = said.tags.into_iter().map(|tag| tag.ok().map(|tag| tag.value)).collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(values, [text("轴承 6204"), text("12"), text(""), None, None, None]);
        assert_eq!((said.scan.time, said.scan.found.len()), (NOW, 0));
    }

    #[test]
    fn size_and_nesting_are_bounded() {
        let padded = |length: usize| format!(r#"{{"a": 1}}{}"#, " ".repeat(length - 8));
        assert!(scan(&topic(&["/a"]), padded(PAYLOAD_BYTES_MAX).as_bytes(), false, NOW).is_ok());
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
            let _ = scan(&dated(&["/a", ""]), &payload, false, NOW);
        }

        #[test]
        fn any_json_is_taken_whole_or_refused(payload in any_json(), at in 0_usize..4) {
            let formats = [
                TimeFormat::UnixSeconds,
                TimeFormat::UnixMillis,
                TimeFormat::Iso8601,
                TimeFormat::Pattern { pattern: "%Y-%m-%d %H:%M:%S%.f".into(), offset_s: -12_600 },
            ];
            let time = PayloadTime { pointer: "/ts".into(), format: formats[at].clone() };
            let topic = MqttTopic { time: Some(time), ..topic(&["/a", "/b/0"]) };
            if let Ok(said) = scan(&topic, payload.to_string().as_bytes(), false, NOW) {
                prop_assert_eq!(said.scan.found.len(), 2);
            }
        }
    }
}
