//! `[[mqtt]]`, its topics, and the points and tags of their payloads.

use super::{
    NAME_EN, NAME_ZH,
    point::{
        BACKSTEP_MAX, CARRIER, COUNTS_AS, DIGITS, KIND, MODULUS, POINT_NAME, PRODUCT, RATE_MAX, RESOLUTION, RESTARTS,
        SCALE, UNIT, WARM_UP_S,
    },
};
use crate::runtime::settings::{Key, Shape, key};

pub static BROKER_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "machines""#).required();
pub static URL: Key =
    key("url", "mqtt://主机[:端口]", "mqtt://host[:port]", r#"url = "mqtt://192.168.1.20:1883""#).required();
pub static CLIENT_ID: Key = key("client_id", NAME_ZH, NAME_EN, r#"client_id = "mujun-gw-1""#);
pub static INFLIGHT: Key = key("inflight", "1 到 1000 的整数", "an integer from 1 to 1000", "inflight = 20");
pub static TOPICS: Key =
    key("topic", "至少一个 [[mqtt.topic]] 表", "at least one table [[mqtt.topic]]", "[[mqtt.topic]]").required();
pub static MQTT_SHAPE: Shape =
    Shape { header: "[[mqtt]]", keys: &[&BROKER_NAME, &URL, &CLIENT_ID, &INFLIGHT, &TOPICS] };

pub static TOPIC: Key = key(
    "topic",
    "1 到 65535 字节的主题，不含通配符 + 和 #",
    "a topic of 1 to 65535 bytes without the wildcards + and #",
    r#"topic = "factory/press-1/state""#,
)
.required();
pub static METER: Key = key("meter", NAME_ZH, NAME_EN, r#"meter = "press-1""#).required();
pub static TIME: Key = key(
    "time",
    "含 pointer 和 format 的表",
    "a table with pointer and format",
    r#"time = { pointer = "/ts", format = "unix_ms" }"#,
);
const fn mqtt_points() -> Key {
    key("point", "至少一个 [[mqtt.topic.point]] 表", "at least one table [[mqtt.topic.point]]", "[[mqtt.topic.point]]")
}
/// Beside a tag a topic may do without.
pub static MQTT_POINTS: Key = mqtt_points();
pub static MQTT_POINTS_ALONE: Key = mqtt_points().required();
pub static TAGS: Key =
    key("tag", "若干 [[mqtt.topic.tag]] 表", "one table [[mqtt.topic.tag]] for each tag", "[[mqtt.topic.tag]]");
pub static TOPIC_SHAPE: Shape = Shape { header: "[[mqtt.topic]]", keys: &[&TOPIC, &METER, &TIME, &MQTT_POINTS, &TAGS] };

pub static TAG_NAME: Key =
    key("name", "product、shift、order 之一", "one of product, shift, order", r#"name = "product""#).required();
pub static TAG_SHAPE: Shape = Shape { header: "[[mqtt.topic.tag]]", keys: &[&TAG_NAME, &POINTER] };

pub static POINTER: Key = key(
    "pointer",
    "JSON 指针（RFC 6901），空字符串指整个报文",
    "a JSON pointer (RFC 6901), empty for the whole payload",
    r#"pointer = "/count""#,
)
.required();
pub static MQTT_POINT_SHAPE: Shape = Shape {
    header: "[[mqtt.topic.point]]",
    keys: &[
        &POINT_NAME,
        &POINTER,
        &KIND,
        &SCALE,
        &RESOLUTION,
        &UNIT,
        &CARRIER,
        &PRODUCT,
        &COUNTS_AS,
        &MODULUS,
        &DIGITS,
        &RATE_MAX,
        &BACKSTEP_MAX,
        &WARM_UP_S,
        &RESTARTS,
    ],
};

pub static FORMAT: Key = key(
    "format",
    "unix_ms、unix_s、iso8601 或 strptime 格式",
    "unix_ms, unix_s, iso8601 or a strptime pattern",
    r#"format = "unix_ms""#,
)
.required();
pub static OFFSET: Key =
    key("offset", "与 UTC 的时差，-14:00 到 +14:00", "the offset from UTC, -14:00 to +14:00", r#"offset = "+08:00""#);
pub static TIME_SHAPE: Shape = Shape { header: "time", keys: &[&POINTER, &FORMAT, &OFFSET] };
