//! `[[bus]]` and `[[bus.meter]]`.

use super::{NAME_EN, NAME_ZH};
use crate::runtime::settings::{Key, Shape, key};

pub static BUS_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "workshop-1""#).required();
pub static ADDRESS: Key = key("address", "主机:端口", "host:port", r#"address = "192.168.1.10:502""#).required();
pub static TIMEOUT_MS: Key =
    key("timeout_ms", "50 到 60000 的整数（毫秒）", "an integer from 50 to 60000 (milliseconds)", "timeout_ms = 1000");
pub static POLL_INTERVAL_MS: Key = key(
    "poll_interval_ms",
    "100 到 3600000 的整数（毫秒）",
    "an integer from 100 to 3600000 (milliseconds)",
    "poll_interval_ms = 1000",
);
pub static METERS: Key =
    key("meter", "至少一个 [[bus.meter]] 表", "at least one table [[bus.meter]]", "[[bus.meter]]").required();
pub static BUS_SHAPE: Shape =
    Shape { header: "[[bus]]", keys: &[&BUS_NAME, &ADDRESS, &TIMEOUT_MS, &POLL_INTERVAL_MS, &METERS] };

pub static METER_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "main-meter""#).required();
pub static UNIT_ID: Key = key(
    "unit_id",
    "1 到 247 的整数，Modbus TCP 设备本身为 255",
    "an integer from 1 to 247, or 255 for the Modbus TCP device itself",
    "unit_id = 1",
)
.required();
pub static MODBUS_POINTS: Key =
    key("point", "至少一个 [[bus.meter.point]] 表", "at least one table [[bus.meter.point]]", "[[bus.meter.point]]")
        .required();
pub static METER_SHAPE: Shape = Shape { header: "[[bus.meter]]", keys: &[&METER_NAME, &UNIT_ID, &MODBUS_POINTS] };
