use super::{
    acks::Acks,
    payload::{PAYLOAD_BYTES_MAX, Refusal, scan},
};
use crate::{
    agent::config::{MqttPoint, MqttTopic, PayloadTime, TimeFormat},
    model::{RawValue, Reason, UtcMillis},
};
use proptest::prelude::*;
use rumqttc::{Publish, QoS};

const NOW: UtcMillis = UtcMillis(1_800_000_000_000);

fn topic(time: Option<(&str, TimeFormat)>) -> MqttTopic {
    let point = |series, pointer: &str| MqttPoint { series, pointer: pointer.into() };
    MqttTopic {
        topic: "t".into(),
        meter: "m".into(),
        time: time.map(|(pointer, format)| PayloadTime { pointer: pointer.into(), format }),
        points: vec![point(0, "/kwh"), point(1, "/n")],
    }
}

fn time_of(format: TimeFormat, payload: &str) -> Result<UtcMillis, Refusal> {
    scan(&topic(Some(("/ts", format))), payload.as_bytes(), NOW).map(|scan| scan.time)
}

#[test]
fn numbers_are_taken_by_their_digits() {
    let found = scan(&topic(None), br#"{"kwh": 959636.71, "n": "42"}"#, NOW).unwrap().found;
    assert_eq!(found[0], (0, Ok(RawValue::Decimal("959636.71".parse().unwrap()))));
    assert_eq!(found[1], (1, Ok(RawValue::Decimal("42".parse().unwrap()))));
    let found = scan(&topic(None), br#"{"kwh": 18446744073709551615, "n": true}"#, NOW).unwrap().found;
    assert_eq!(found, [(0, Ok(RawValue::UInt(u64::MAX))), (1, Ok(RawValue::Int(1)))]);
}

#[test]
fn a_missing_or_foreign_field_spoils_only_itself() {
    let found = scan(&topic(None), br#"{"kwh": 5}"#, NOW).unwrap().found;
    assert_eq!(found, [(0, Ok(RawValue::Int(5))), (1, Err(Reason::Missing))]);
    let found = scan(&topic(None), br#"{"kwh": {}, "n": "many"}"#, NOW).unwrap().found;
    assert_eq!(found, [(0, Err(Reason::Malformed)), (1, Err(Reason::Malformed))]);
}

#[test]
fn time_stamps_are_read_as_configured() {
    let china = TimeFormat::Pattern { pattern: "%d/%m/%Y %H:%M".into(), offset_s: 28_800 };
    assert_eq!(time_of(china, r#"{"ts": "01/01/2018 00:15"}"#).unwrap().to_string(), "2018-01-01T00:15:00+08:00");
    assert_eq!(time_of(TimeFormat::UnixSeconds, r#"{"ts": 1700000000.5}"#), Ok(UtcMillis(1_700_000_000_500)));
    assert_eq!(time_of(TimeFormat::UnixMillis, r#"{"ts": 1700000000500}"#), Ok(UtcMillis(1_700_000_000_500)));
    assert_eq!(
        time_of(TimeFormat::Iso8601, r#"{"ts": "2023-11-15T06:13:20+08:00"}"#),
        Ok(UtcMillis(1_700_000_000_000))
    );
}

#[test]
fn payloads_that_can_not_be_understood_are_refused_with_the_reason() {
    let refused = |payload: &[u8]| scan(&topic(None), payload, NOW).unwrap_err().kind();
    assert_eq!(refused(b"12,5"), "no JSON");
    assert_eq!(refused(&vec![b' '; PAYLOAD_BYTES_MAX + 1]), "too large");
    assert_eq!(refused("[".repeat(50_000).as_bytes()), "no JSON");
    let time = |payload| time_of(TimeFormat::UnixMillis, payload).unwrap_err().kind();
    assert_eq!(time(r#"{"kwh": 1}"#), "no time stamp");
    assert_eq!(time(r#"{"ts": "noon"}"#), "no time stamp");
    assert_eq!(time(r#"{"ts": 1000}"#), "time unset");
    assert_eq!(time(r#"{"ts": 1800000300001}"#), "time ahead");
    assert!(time_of(TimeFormat::UnixMillis, r#"{"ts": 1800000300000}"#).is_ok());
    assert_eq!(time_of(TimeFormat::Iso8601, r#"{"ts": "2023-11-15T06:13:20"}"#).unwrap_err().kind(), "no time stamp");
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = scan(&topic(Some(("/ts", TimeFormat::UnixSeconds))), &payload, NOW);
    }
}

#[test]
fn messages_are_acknowledged_in_order_once_and_only_in_their_session() {
    let acks = Acks::default();
    let arrive = |pkid| {
        let mut publish = Publish::new("t", QoS::AtLeastOnce, "x");
        publish.pkid = pkid;
        acks.arrived(publish)
    };
    let pkids = |through| acks.durable(through).iter().map(|publish| publish.pkid).collect::<Vec<_>>();
    assert_eq!([arrive(7), arrive(8), arrive(9)], [1, 2, 3]);
    assert_eq!(pkids(2), [7, 8]);
    assert_eq!(pkids(2), [0_u16; 0]);
    acks.new_session();
    assert_eq!(arrive(7), 4);
    assert_eq!(pkids(3), [0_u16; 0]);
    assert_eq!(pkids(4), [7]);
}
