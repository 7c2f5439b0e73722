//! `[[mqtt]]`, its topics, its Sparkplug nodes, and the points and tags of their payloads.

use super::{
    NAME_EN, NAME_ZH,
    point::{
        BACKSTEP_MAX, CARRIER, COUNTS_AS, DIGITS, KIND, MODULUS, POINT_NAME, PRODUCT, RATE_MAX, RESOLUTION, RESTARTS,
        SCALE, UNIT, WARM_UP_S,
    },
    tls::{CA_FILE, CERT_FILE, CERT_KEY_FILE, SERVER_NAME},
};
use crate::runtime::settings::{Key, Shape, key};

pub static BROKER_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "machines""#).required();
pub static URL: Key = key(
    "url",
    "mqtt://主机[:端口] 或 mqtts://主机[:端口]",
    "mqtt://host[:port] or mqtts://host[:port]",
    r#"url = "mqtt://192.168.1.20:1883""#,
)
.required();
pub static VERSION: Key = key("version", "3（即 3.1.1）或 5", "3 (which is 3.1.1) or 5", "version = 5");
pub static CLIENT_ID: Key = key("client_id", NAME_ZH, NAME_EN, r#"client_id = "mujun-gw-1""#);
pub static USERNAME: Key =
    key("username", "1 到 128 字节的用户名", "a user name of 1 to 128 bytes", r#"username = "gw-1""#);
pub static PASSWORD_FILE: Key = key(
    "password_file",
    "一个文件路径，文件中只有口令",
    "the path of a file with the password and nothing else in it",
    r#"password_file = "mqtt.password""#,
);
pub static PASSWORD_ENV: Key = key(
    "password_env",
    "一个环境变量的名称",
    "the name of an environment variable",
    r#"password_env = "MUJUN_MQTT_PASSWORD""#,
);
pub static INFLIGHT: Key = key("inflight", "1 到 1000 的整数", "an integer from 1 to 1000", "inflight = 20");
pub static TOPICS: Key = key("topic", "若干 [[mqtt.topic]] 表", "tables [[mqtt.topic]]", "[[mqtt.topic]]");
/// Where there is no Sparkplug node either.
pub static TOPICS_NEEDED: Key = key(
    "topic",
    "至少一个 [[mqtt.topic]] 或 [[mqtt.sparkplug]] 表",
    "at least one table [[mqtt.topic]] or [[mqtt.sparkplug]]",
    "[[mqtt.topic]]",
);
pub static SPARKPLUG: Key = key(
    "sparkplug",
    "若干 [[mqtt.sparkplug]] 表",
    "one table [[mqtt.sparkplug]] for each node or device",
    "[[mqtt.sparkplug]]",
);
pub static MQTT_SHAPE: Shape = Shape {
    header: "[[mqtt]]",
    keys: &[
        &BROKER_NAME,
        &URL,
        &VERSION,
        &CLIENT_ID,
        &USERNAME,
        &PASSWORD_FILE,
        &PASSWORD_ENV,
        &CA_FILE,
        &CERT_FILE,
        &CERT_KEY_FILE,
        &SERVER_NAME,
        &INFLIGHT,
        &TOPICS,
        &SPARKPLUG,
    ],
};

pub static TOPIC: Key = key(
    "topic",
    "1 到 65535 字节的主题，+ 和 # 各占一整段，# 只在末尾",
    "a topic of 1 to 65535 bytes; + and # are whole parts of it, # the last",
    r#"topic = "factory/press-1/state""#,
)
.required();
pub static METER: Key = key("meter", NAME_ZH, NAME_EN, r#"meter = "press-1""#).required();
pub static METER_LIST: Key = key(
    "meters",
    "1 到 1000 个仪表名的数组",
    "an array of 1 to 1000 names of meters",
    r#"meters = ["press-1", "press-2"]"#,
);
pub static PARTS: Key = key(
    "parts",
    "每个通配符一个名称的数组",
    "an array with a name for each wildcard",
    r#"parts = ["line", "machine"]"#,
);
pub static PAYLOAD_FORMAT: Key = key("format", "json 或 csv", "json or csv", r#"format = "csv""#);
pub static SEPARATOR: Key = key("separator", "一个 ASCII 字符", "one character of ASCII", r#"separator = ";""#);
pub static STRINGS: Key = key("strings", "true 或 false", "true or false", "strings = true");
pub static EACH: Key = key(
    "each",
    "JSON 指针（RFC 6901），指向样本数组",
    "a JSON pointer (RFC 6901) to an array of samples",
    r#"each = "/values""#,
);
pub static RETAINED: Key = key("retained", "ignore 或 take", "ignore or take", r#"retained = "ignore""#);
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
pub static TOPIC_SHAPE: Shape = Shape {
    header: "[[mqtt.topic]]",
    keys: &[
        &TOPIC,
        &METER,
        &METER_LIST,
        &PARTS,
        &PAYLOAD_FORMAT,
        &SEPARATOR,
        &STRINGS,
        &EACH,
        &RETAINED,
        &TIME,
        &MQTT_POINTS,
        &TAGS,
    ],
};

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
/// What `pointer` is in a topic of `format = "csv"`.
pub static COLUMN: Key =
    key("pointer", "列号，从 1 起，加引号", "the column's number, counted from 1 and in quotes", r#"pointer = "3""#)
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
    "unix_s、unix_ms、unix_us、unix_ns、iso8601 或 strptime 格式",
    "unix_s, unix_ms, unix_us, unix_ns, iso8601 or a strptime pattern",
    r#"format = "unix_ms""#,
)
.required();
pub static OFFSET: Key =
    key("offset", "与 UTC 的时差，-14:00 到 +14:00", "the offset from UTC, -14:00 to +14:00", r#"offset = "+08:00""#);
pub static TIME_SHAPE: Shape = Shape { header: "time", keys: &[&POINTER, &FORMAT, &OFFSET] };

const ID_ZH: &str = "Sparkplug 名称，1 到 128 字节，不含 + # /";
const ID_EN: &str = "a Sparkplug name of 1 to 128 bytes without + # /";
pub static GROUP: Key = key("group", ID_ZH, ID_EN, r#"group = "plant-1""#).required();
pub static NODE: Key = key("node", ID_ZH, ID_EN, r#"node = "edge-1""#).required();
pub static DEVICE: Key = key("device", ID_ZH, ID_EN, r#"device = "press-1""#);
pub static SPARKPLUG_POINTS: Key = key(
    "point",
    "至少一个 [[mqtt.sparkplug.point]] 表",
    "at least one table [[mqtt.sparkplug.point]]",
    "[[mqtt.sparkplug.point]]",
)
.required();
pub static SPARKPLUG_SHAPE: Shape =
    Shape { header: "[[mqtt.sparkplug]]", keys: &[&GROUP, &NODE, &DEVICE, &METER, &SPARKPLUG_POINTS] };
pub static METRIC: Key = key(
    "metric",
    "出生报文中的指标名，1 到 1024 字节",
    "the metric's name in the birth certificate, 1 to 1024 bytes",
    r#"metric = "Energy/Total""#,
)
.required();
pub static SPARKPLUG_POINT_SHAPE: Shape = Shape {
    header: "[[mqtt.sparkplug.point]]",
    keys: &[
        &POINT_NAME,
        &METRIC,
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
