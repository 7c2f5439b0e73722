//! Any bytes as a payload. `fuzz/` tries them for hours, the tests for a moment.

use super::payload::scan;
use crate::{
    agent::config::{MqttPoint, MqttTag, MqttTopic, PayloadTime, TimeFormat},
    model::UtcMillis,
};

/// The first byte says what the topic expects, the others are the payload.
pub fn payload(bytes: &[u8]) {
    let Some((choice, payload)) = bytes.split_first() else { return };
    let pattern = |pattern: &str| TimeFormat::Pattern { pattern: pattern.into(), offset_s: 28_800 };
    let format = match choice % 6 {
        0 => None,
        1 => Some(TimeFormat::UnixSeconds),
        2 => Some(TimeFormat::UnixMillis),
        3 => Some(TimeFormat::Iso8601),
        4 => Some(pattern("%d/%m/%Y %H:%M")),
        _ => Some(pattern("%Y-%m-%d %H:%M:%S")),
    };
    let pointers = if choice & 0x80 == 0 { vec!["/kwh", "/a/0", "/m~1n"] } else { vec![""] };
    let tag = if choice & 0x80 == 0 { "/m~1n" } else { "" };
    let point = |(series, pointer): (u32, &str)| MqttPoint { series, pointer: pointer.into() };
    let topic = MqttTopic {
        topic: "plant/meter".into(),
        meter: "main".into(),
        time: format.map(|format| PayloadTime { pointer: "/ts".into(), format }),
        points: (0..).zip(pointers).map(point).collect(),
        tags: vec![MqttTag { name: "product".into(), pointer: tag.into() }],
    };
    if let Ok(said) = scan(&topic, payload, choice & 0x40 != 0, UtcMillis(1_790_000_000_000)) {
        assert_eq!((said.scan.found.len(), said.tags.len()), (topic.points.len(), 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::fuzz::corpus;
    use proptest::prelude::*;

    fn payloads() -> Vec<Vec<u8>> {
        let texts = [
            (0, r#"{"kwh":959636.71,"a":[1e3,2],"m/n":"7"}"#),
            (1, r#"{"kwh":"12.5","ts":1790000000.25,"a":[true]}"#),
            (2, r#"{"kwh":-1e-9,"ts":1790000000000}"#),
            (3, r#"{"kwh":18446744073709551615,"ts":"2026-09-21T22:13:20+08:00"}"#),
            (4, r#"{"kwh":null,"ts":"21/09/2026 22:13"}"#),
            (5, r#"{"kwh":0.1,"ts":"2026-09-21 22:13:20"}"#),
            (0x80, "42.0"),
        ];
        let bytes = |(choice, text): (u8, &str)| [&[choice], text.as_bytes()].concat();
        corpus::of("payload", &texts.into_iter().map(bytes).collect::<Vec<_>>())
    }

    #[test]
    fn what_was_found_once_is_taken() {
        payloads().iter().for_each(|bytes| payload(bytes));
    }

    proptest! {
        #[test]
        fn any_payload_is_taken(bytes in corpus::changed(payloads())) {
            payload(&bytes);
        }
    }
}
