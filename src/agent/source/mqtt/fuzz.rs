//! Any bytes as a payload. `fuzz/` tries them for hours, the tests for a moment.

pub use super::sparkplug::fuzz as sparkplug;

use super::payload::{SAMPLES_MAX, read};
use crate::{
    agent::config::{MqttPoint, MqttTag, MqttTopic, PayloadFormat, PayloadTime, TimeFormat},
    model::UtcMillis,
};

/// The first byte says what the topic expects, the others are the payload.
pub fn payload(bytes: &[u8]) {
    let Some((choice, payload)) = bytes.split_first() else { return };
    let pattern = |pattern: &str| TimeFormat::Pattern { pattern: pattern.into(), offset_s: 28_800 };
    let format = match choice % 8 % 6 {
        0 => None,
        1 => Some(TimeFormat::UNIX_S),
        2 => Some(TimeFormat::UNIX_MS),
        3 => Some(TimeFormat::Iso8601),
        4 => Some(pattern("%d/%m/%Y %H:%M")),
        _ => Some(pattern("%Y-%m-%d %H:%M:%S")),
    };
    let csv = choice & 0x20 != 0;
    let each = (choice & 0x40 != 0 && format.is_some() && !csv).then(|| "/v".to_owned());
    let (pointers, tag, ts) = match (csv, choice & 0x80 == 0) {
        (true, _) => (vec!["2", "3"], "4", "1"),
        (false, true) => (vec!["/kwh", "/a/0", "/m~1n"], "/m~1n", "/ts"),
        (false, false) => (vec![""], "", "/ts"),
    };
    let point = |(series, pointer): (u32, &str)| MqttPoint { series: vec![series], pointer: pointer.into() };
    let topic = MqttTopic {
        topic: "plant/meter".into(),
        meters: vec!["main".into()],
        format: if csv {
            PayloadFormat::Csv { separator: ';' }
        } else {
            PayloadFormat::Json { strings: choice & 8 != 0 }
        },
        each,
        time: format.map(|format| PayloadTime { pointer: ts.into(), format }),
        points: (0..).zip(pointers).map(point).collect(),
        tags: vec![MqttTag { name: "product".into(), pointer: tag.into() }],
        ..MqttTopic::default()
    };
    if let Ok(said) = read(&topic, 0, payload, UtcMillis(1_790_000_000_000)) {
        assert!(said.samples.len() <= SAMPLES_MAX);
        assert!(said.samples.is_sorted_by(|one, next| one.scan.time.0 < next.scan.time.0));
        for sample in said.samples {
            assert_eq!((sample.scan.found.len(), sample.tags.len()), (topic.points.len(), 1));
        }
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
            (0x42, r#"{"v":[{"kwh":1,"ts":1790000000000},{"kwh":2,"ts":1789999999000}]}"#),
            (0x25, "2026-09-21 22:13:20;1.5;\"2\";A\n2026-09-21 22:14:20;1.6;;\n"),
        ];
        let bytes = |(choice, text): (u8, &str)| [&[choice], text.as_bytes()].concat();
        corpus::of("payload", &texts.into_iter().map(bytes).collect::<Vec<_>>())
    }

    #[test]
    fn what_was_found_once_is_taken() {
        payloads().iter().for_each(|bytes| payload(bytes));
    }

    /// A birth with an alias, data by it, a gap, and a death; and the same of a device.
    fn messages() -> Vec<Vec<u8>> {
        let message = |kind: u8, payload: &[u8]| [&[kind, 0, payload.len() as u8], payload].concat();
        // timestamp 1_789_999_999_000
        let time = [0x08, 0x98, 0xd0, 0xc1, 0xa2, 0x8c, 0x34];
        let born = [&time[..], &[0x12, 9, 0x0a, 1, b'a', 0x10, 7, 0x20, 8, 0x58, 5], &[0x18, 0]].concat();
        let data = |seq: u8| [&time[..], &[0x12, 4, 0x10, 7, 0x58, 6], &[0x18, seq]].concat();
        let told = [message(0, &born), message(2, &data(1)), message(2, &data(3)), message(4, &time)].concat();
        let device = [message(0, &born), message(1, &data(1)), message(3, &data(2)), message(5, &data(3))].concat();
        corpus::of("sparkplug", &[told, device])
    }

    #[test]
    fn sparkplug_that_was_found_once_is_taken() {
        messages().iter().for_each(|bytes| sparkplug(bytes));
    }

    proptest! {
        #[test]
        fn any_sparkplug_is_taken(bytes in corpus::changed(messages())) {
            sparkplug(&bytes);
        }

        #[test]
        fn any_payload_is_taken(bytes in corpus::changed(payloads())) {
            payload(&bytes);
        }
    }
}
