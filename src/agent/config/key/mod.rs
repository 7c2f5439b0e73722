//! Every key of the file as data: where it stands, what it wants, a line that shows it.

mod bus;
mod modbus;
mod mqtt;
mod point;
mod spool;
mod uplink;

pub use bus::*;
pub use modbus::*;
pub use mqtt::*;
pub use point::*;
pub use spool::*;
pub use uplink::*;

use super::console::{CONSOLE, CONSOLE_SHAPE};
use crate::runtime::settings::{Key, Shape, key};

const NAME_ZH: &str = "1 到 128 字节的名称，首尾无空格";
const NAME_EN: &str = "a name of 1 to 128 bytes, without blanks at its ends";

pub static AGENT: Key = key("agent", "一个 [agent] 表", "one table [agent]", "[agent]").required();
pub static SPOOL: Key = key("spool", "一个 [spool] 表", "one table [spool]", "[spool]");
pub static UPLINKS: Key =
    key("uplink", "最多 4 个 [[uplink]] 表", "one table [[uplink]] for each platform, 4 at most", "[[uplink]]");
pub static BUSES: Key = key("bus", "若干 [[bus]] 表", "one table [[bus]] for each line or endpoint", "[[bus]]");
pub static MQTT: Key = key("mqtt", "若干 [[mqtt]] 表", "one table [[mqtt]] for each broker", "[[mqtt]]");
pub static ROOT_SHAPE: Shape = Shape { header: "", keys: &[&AGENT, &SPOOL, &CONSOLE, &UPLINKS, &BUSES, &MQTT] };

pub static GATEWAY_ID: Key = key(
    "gateway_id",
    "1 到 64 个字符，只含英文字母、数字和 . _ -",
    "1 to 64 of the letters A-Z a-z, digits and . _ -",
    r#"gateway_id = "gw-1""#,
)
.required();
pub static TRUST_CLOCK: Key = key("trust_clock", "true 或 false", "true or false", "trust_clock = false");
pub static KEY_FILE: Key = key("key_file", "一个文件路径", "the path of a file", r#"key_file = "gw-1.key""#);
pub static AGENT_SHAPE: Shape = Shape { header: "[agent]", keys: &[&GATEWAY_ID, &TRUST_CLOCK, &KEY_FILE] };

/// All of them, to tell where a misplaced key belongs.
pub static SHAPES: [&Shape; 12] = [
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
