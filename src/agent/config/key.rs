//! Every key of the file as data: where it stands, what it wants, a line that shows it.

use super::console::{CONSOLE, CONSOLE_SHAPE};
use crate::runtime::settings::{Key, Shape, key};

const NAME_ZH: &str = "1 到 128 字节的名称，首尾无空格";
const NAME_EN: &str = "a name of 1 to 128 bytes, without blanks at its ends";

pub(super) static AGENT: Key = key("agent", "一个 [agent] 表", "one table [agent]", "[agent]").required();
pub(super) static SPOOL: Key = key("spool", "一个 [spool] 表", "one table [spool]", "[spool]");
pub(super) static UPLINKS: Key =
    key("uplink", "最多 4 个 [[uplink]] 表", "one table [[uplink]] for each platform, 4 at most", "[[uplink]]");
pub(super) static BUSES: Key = key("bus", "若干 [[bus]] 表", "one table [[bus]] for each line or endpoint", "[[bus]]");
pub(super) static MQTT: Key = key("mqtt", "若干 [[mqtt]] 表", "one table [[mqtt]] for each broker", "[[mqtt]]");
pub(super) static ROOT_SHAPE: Shape = Shape { header: "", keys: &[&AGENT, &SPOOL, &CONSOLE, &UPLINKS, &BUSES, &MQTT] };

pub(super) static GATEWAY_ID: Key = key(
    "gateway_id",
    "1 到 64 个字符，只含英文字母、数字和 . _ -",
    "1 to 64 of the letters A-Z a-z, digits and . _ -",
    r#"gateway_id = "gw-1""#,
)
.required();
pub(super) static TRUST_CLOCK: Key = key("trust_clock", "true 或 false", "true or false", "trust_clock = false");
pub(super) static KEY_FILE: Key = key("key_file", "一个文件路径", "the path of a file", r#"key_file = "gw-1.key""#);
pub(super) static AGENT_SHAPE: Shape = Shape { header: "[agent]", keys: &[&GATEWAY_ID, &TRUST_CLOCK, &KEY_FILE] };

pub(super) static DIR: Key = key("dir", "一个文件夹路径", "the path of a folder", r#"dir = "spool""#);
pub(super) static COMMIT_INTERVAL_MS: Key = key(
    "commit_interval_ms",
    "200 到 10000 的整数（毫秒）",
    "an integer from 200 to 10000 (milliseconds)",
    "commit_interval_ms = 2000",
);
pub(super) static BYTES_MAX_MIB: Key =
    key("bytes_max_mib", "64 到 1048576 的整数（MiB）", "an integer from 64 to 1048576 (MiB)", "bytes_max_mib = 2048");
pub(super) static AGE_MAX_DAYS: Key =
    key("age_max_days", "1 到 3650 的整数（天）", "an integer from 1 to 3650 (days)", "age_max_days = 3650");
pub(super) static WHEN_FULL: Key =
    key("when_full", "drop_oldest 或 refuse", "drop_oldest or refuse", r#"when_full = "drop_oldest""#);
pub(super) static ARCHIVE_DAYS: Key =
    key("archive_days", "0 到 3650 的整数（天）", "an integer from 0 to 3650 (days)", "archive_days = 183");
pub(super) static ARCHIVE_MIB_MAX: Key =
    key("archive_mib_max", "1 到 65536 的整数（MiB）", "an integer from 1 to 65536 (MiB)", "archive_mib_max = 256");
pub(super) static SPOOL_SHAPE: Shape = Shape {
    header: "[spool]",
    keys: &[&DIR, &COMMIT_INTERVAL_MS, &BYTES_MAX_MIB, &AGE_MAX_DAYS, &WHEN_FULL, &ARCHIVE_DAYS, &ARCHIVE_MIB_MAX],
};

pub(super) static UPLINK_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "county""#).required();
pub(super) static PLATFORM_URL: Key =
    key("platform_url", "http://主机:端口", "http://host:port", r#"platform_url = "http://platform.example:7600""#)
        .required();
pub(super) static PROXY: Key = key(
    "proxy",
    "http://[用户:口令@]主机:端口 或 socks5://[用户:口令@]主机:端口",
    "http://[user:password@]host:port or socks5://[user:password@]host:port",
    r#"proxy = "http://192.168.1.1:3128""#,
);
pub(super) static START_SPREAD_S: Key =
    key("start_spread_s", "0 到 3600 的整数（秒）", "an integer from 0 to 3600 (seconds)", "start_spread_s = 30");
pub(super) static UPLINK_SHAPE: Shape =
    Shape { header: "[[uplink]]", keys: &[&UPLINK_NAME, &PLATFORM_URL, &PROXY, &START_SPREAD_S] };

pub(super) static BUS_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "workshop-1""#).required();
pub(super) static ADDRESS: Key = key("address", "主机:端口", "host:port", r#"address = "192.168.1.10:502""#).required();
pub(super) static TIMEOUT_MS: Key =
    key("timeout_ms", "50 到 60000 的整数（毫秒）", "an integer from 50 to 60000 (milliseconds)", "timeout_ms = 1000");
pub(super) static POLL_INTERVAL_MS: Key = key(
    "poll_interval_ms",
    "100 到 3600000 的整数（毫秒）",
    "an integer from 100 to 3600000 (milliseconds)",
    "poll_interval_ms = 1000",
);
pub(super) static METERS: Key =
    key("meter", "至少一个 [[bus.meter]] 表", "at least one table [[bus.meter]]", "[[bus.meter]]").required();
pub(super) static BUS_SHAPE: Shape =
    Shape { header: "[[bus]]", keys: &[&BUS_NAME, &ADDRESS, &TIMEOUT_MS, &POLL_INTERVAL_MS, &METERS] };

pub(super) static METER_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "main-meter""#).required();
pub(super) static UNIT_ID: Key = key(
    "unit_id",
    "1 到 247 的整数，Modbus TCP 设备本身为 255",
    "an integer from 1 to 247, or 255 for the Modbus TCP device itself",
    "unit_id = 1",
)
.required();
pub(super) static MODBUS_POINTS: Key =
    key("point", "至少一个 [[bus.meter.point]] 表", "at least one table [[bus.meter.point]]", "[[bus.meter.point]]")
        .required();
pub(super) static METER_SHAPE: Shape =
    Shape { header: "[[bus.meter]]", keys: &[&METER_NAME, &UNIT_ID, &MODBUS_POINTS] };

pub(super) static POINT_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "energy""#).required();
pub(super) static FUNCTION: Key = key(
    "function",
    "1（线圈）、2（离散输入）、3（保持寄存器）、4（输入寄存器）之一",
    "1 (coils), 2 (discrete inputs), 3 (holding registers) or 4 (input registers)",
    "function = 3",
);
pub(super) static REGISTER: Key = key(
    "register",
    "0 到 65535 的整数（报文中的地址，从 0 起）",
    "an integer from 0 to 65535 (the address in the message, counted from 0)",
    "register = 0",
)
.required();
pub(super) static TYPE: Key = key(
    "type",
    "bool、u16、i16、u32、i32、u64、i64、f32、f64 之一",
    "one of bool, u16, i16, u32, i32, u64, i64, f32, f64",
    r#"type = "u32""#,
)
.required();
pub(super) static WORD_ORDER: Key =
    key("word_order", "ABCD、BADC、CDAB、DCBA 之一", "one of ABCD, BADC, CDAB, DCBA", r#"word_order = "ABCD""#);
pub(super) static KIND: Key = key("kind", "gauge 或 cumulative", "gauge or cumulative", r#"kind = "cumulative""#);
pub(super) static SCALE: Key = key(
    "scale",
    "加引号的正小数，小数点两侧各不超过 12 位",
    "a decimal above 0 in quotes, with at most 12 digits on either side of the point",
    r#"scale = "0.01""#,
);
pub(super) static RESOLUTION: Key = key(
    "resolution",
    "加引号的正小数，小数点两侧各不超过 12 位",
    "a decimal above 0 in quotes, with at most 12 digits on either side of the point",
    r#"resolution = "0.01""#,
);
pub(super) static UNIT: Key = key("unit", "最长 128 字节的单位", "a unit of at most 128 bytes", r#"unit = "kWh""#);
pub(super) static CARRIER: Key = key(
    "carrier",
    "能源品种代码，最多 64 个小写字母、数字和 . _ -",
    "the code of an energy carrier: at most 64 lower-case letters, digits and . _ -",
    r#"carrier = "electricity""#,
);
pub(super) static PRODUCT: Key =
    key("product", "最长 128 字节的产品代码", "a product code of at most 128 bytes", r#"product = "bearing-6204""#);
pub(super) static COUNTS_AS: Key = key(
    "counts_as",
    "none、site_energy、site_export、output、scrap 之一",
    "one of none, site_energy, site_export, output, scrap",
    r#"counts_as = "site_energy""#,
);
pub(super) static MODULUS: Key = key(
    "modulus",
    "加引号的 2^1 到 2^61（个计数），或以 unit 计的正小数，最多 2^61 个计数",
    "2^1 to 2^61 in quotes (counts), or a decimal above 0 in the unit and in quotes, 2^61 counts at most",
    r#"modulus = "1000000""#,
);
pub(super) static DIGITS: Key = key(
    "digits",
    "1 到 18 的整数（表底的十进制位数，小数位也算）",
    "an integer from 1 to 18 (the register's decimal digits, decimals included)",
    "digits = 8",
);
pub(super) static RATE_MAX: Key = key(
    "rate_max",
    "加引号的正小数（每小时，以 unit 计），小数点两侧各不超过 12 位",
    "a decimal above 0 in quotes (in the unit, per hour), with at most 12 digits on either side of the point",
    r#"rate_max = "2000""#,
);
pub(super) static BACKSTEP_MAX: Key = key(
    "backstep_max",
    "加引号的小数（以 unit 计），不小于 0，小数点两侧各不超过 12 位",
    "a decimal of 0 or more in quotes (in the unit), with at most 12 digits on either side of the point",
    r#"backstep_max = "0.01""#,
);
pub(super) static WARM_UP_S: Key =
    key("warm_up_s", "0 到 3600 的整数（秒）", "an integer from 0 to 3600 (seconds)", "warm_up_s = 180");
pub(super) static RESTARTS: Key = key("restarts", "true 或 false", "true or false", "restarts = false");
pub(super) static MODBUS_POINT_SHAPE: Shape = Shape {
    header: "[[bus.meter.point]]",
    keys: &[
        &POINT_NAME,
        &FUNCTION,
        &REGISTER,
        &TYPE,
        &WORD_ORDER,
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

pub(super) static BROKER_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "machines""#).required();
pub(super) static URL: Key =
    key("url", "mqtt://主机[:端口]", "mqtt://host[:port]", r#"url = "mqtt://192.168.1.20:1883""#).required();
pub(super) static CLIENT_ID: Key = key("client_id", NAME_ZH, NAME_EN, r#"client_id = "mujun-gw-1""#);
pub(super) static INFLIGHT: Key = key("inflight", "1 到 1000 的整数", "an integer from 1 to 1000", "inflight = 20");
pub(super) static TOPICS: Key =
    key("topic", "至少一个 [[mqtt.topic]] 表", "at least one table [[mqtt.topic]]", "[[mqtt.topic]]").required();
pub(super) static MQTT_SHAPE: Shape =
    Shape { header: "[[mqtt]]", keys: &[&BROKER_NAME, &URL, &CLIENT_ID, &INFLIGHT, &TOPICS] };

pub(super) static TOPIC: Key = key(
    "topic",
    "1 到 65535 字节的主题，不含通配符 + 和 #",
    "a topic of 1 to 65535 bytes without the wildcards + and #",
    r#"topic = "factory/press-1/state""#,
)
.required();
pub(super) static METER: Key = key("meter", NAME_ZH, NAME_EN, r#"meter = "press-1""#).required();
pub(super) static TIME: Key = key(
    "time",
    "含 pointer 和 format 的表",
    "a table with pointer and format",
    r#"time = { pointer = "/ts", format = "unix_ms" }"#,
);
const fn mqtt_points() -> Key {
    key("point", "至少一个 [[mqtt.topic.point]] 表", "at least one table [[mqtt.topic.point]]", "[[mqtt.topic.point]]")
}
/// Beside a tag a topic may do without.
pub(super) static MQTT_POINTS: Key = mqtt_points();
pub(super) static MQTT_POINTS_ALONE: Key = mqtt_points().required();
pub(super) static TAGS: Key =
    key("tag", "若干 [[mqtt.topic.tag]] 表", "one table [[mqtt.topic.tag]] for each tag", "[[mqtt.topic.tag]]");
pub(super) static TOPIC_SHAPE: Shape =
    Shape { header: "[[mqtt.topic]]", keys: &[&TOPIC, &METER, &TIME, &MQTT_POINTS, &TAGS] };

pub(super) static TAG_NAME: Key =
    key("name", "product、shift、order 之一", "one of product, shift, order", r#"name = "product""#).required();
pub(super) static TAG_SHAPE: Shape = Shape { header: "[[mqtt.topic.tag]]", keys: &[&TAG_NAME, &POINTER] };

pub(super) static POINTER: Key = key(
    "pointer",
    "JSON 指针（RFC 6901），空字符串指整个报文",
    "a JSON pointer (RFC 6901), empty for the whole payload",
    r#"pointer = "/count""#,
)
.required();
pub(super) static MQTT_POINT_SHAPE: Shape = Shape {
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

pub(super) static FORMAT: Key = key(
    "format",
    "unix_ms、unix_s、iso8601 或 strptime 格式",
    "unix_ms, unix_s, iso8601 or a strptime pattern",
    r#"format = "unix_ms""#,
)
.required();
pub(super) static OFFSET: Key =
    key("offset", "与 UTC 的时差，-14:00 到 +14:00", "the offset from UTC, -14:00 to +14:00", r#"offset = "+08:00""#);
pub(super) static TIME_SHAPE: Shape = Shape { header: "time", keys: &[&POINTER, &FORMAT, &OFFSET] };

/// All of them, to tell where a misplaced key belongs.
pub(super) static SHAPES: [&Shape; 12] = [
    &ROOT_SHAPE,
    &AGENT_SHAPE,
    &SPOOL_SHAPE,
    &CONSOLE_SHAPE,
    &UPLINK_SHAPE,
    &BUS_SHAPE,
    &METER_SHAPE,
    &MODBUS_POINT_SHAPE,
    &MQTT_SHAPE,
    &TOPIC_SHAPE,
    &MQTT_POINT_SHAPE,
    &TAG_SHAPE,
];
