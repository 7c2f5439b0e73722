//! `[[bus.meter]]`.

use super::{NAME_EN, NAME_ZH};
use crate::runtime::settings::{Key, Shape, key};

pub static METERS: Key =
    key("meter", "至少一个 [[bus.meter]] 表", "at least one table [[bus.meter]]", "[[bus.meter]]").required();
pub static POLL_INTERVAL_MS: Key = key(
    "poll_interval_ms",
    "100 到 3600000 的整数（毫秒）",
    "an integer from 100 to 3600000 (milliseconds)",
    "poll_interval_ms = 1000",
);
pub static METER_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "main-meter""#).required();
pub static MODEL: Key = key(
    "model",
    "仪表库中的型号（mujun-agent models 列出）",
    "a model of the meter library (mujun-agent models lists them)",
    r#"model = "chint-dtsu666""#,
);
pub static PROTOCOL: Key = key(
    "protocol",
    "modbus、dlt645-2007、dlt645-1997、cjt188 之一",
    "one of modbus, dlt645-2007, dlt645-1997, cjt188",
    r#"protocol = "dlt645-2007""#,
);
pub static UNIT_ID: Key = key(
    "unit_id",
    "1 到 247 的整数，Modbus TCP 设备本身为 255",
    "an integer from 1 to 247, or 255 for the Modbus TCP device itself",
    "unit_id = 1",
);
pub static DLT645_ADDRESS: Key = key(
    "address",
    "表号：12 位十进制数字，不足的在前面补 0",
    "the meter's number: 12 decimal digits, with zeros in front",
    r#"address = "000000000001""#,
);
pub static CJT188_ADDRESS: Key = key(
    "address",
    "表号：14 位十进制数字，不足的在前面补 0",
    "the meter's number: 14 decimal digits, with zeros in front",
    r#"address = "00000000000001""#,
);
pub static CJT188_KIND: Key = key(
    "kind",
    "water、heat、cooling、gas 之一，或 0x10 到 0x49 的仪表类型",
    "one of water, heat, cooling, gas, or a type of meter from 0x10 to 0x49",
    r#"kind = "water""#,
);
pub static CT: Key = key(
    "ct",
    "加引号的电流互感器变比：正小数，或如 \"150/5\"",
    "the current transformers' ratio in quotes: a decimal above 0, or as \"150/5\"",
    r#"ct = "30""#,
);
pub static PT: Key = key(
    "pt",
    "加引号的电压互感器变比：正小数，或如 \"10000/100\"",
    "the voltage transformers' ratio in quotes: a decimal above 0, or as \"10000/100\"",
    r#"pt = "1""#,
);
pub static REGISTERS_MAX: Key = key(
    "registers_max",
    "1 到 125 的整数",
    "an integer from 1 to 125 (registers in one request)",
    "registers_max = 60",
);
pub static GAP_MAX: Key = key(
    "gap_max",
    "0 到 124 的整数（为减少请求而多读的寄存器数）",
    "an integer from 0 to 124 (registers read beside those asked for, to save requests)",
    "gap_max = 8",
);
pub static HOLES: Key = key(
    "holes",
    "不可读的寄存器段：若干 [首, 尾]，各 0 到 65535，最多 64 段",
    "stretches that must not be read: [first, last] each, from 0 to 65535, 64 at most",
    "holes = [[100, 110]]",
);
const fn points() -> Key {
    key("point", "至少一个 [[bus.meter.point]] 表", "at least one table [[bus.meter.point]]", "[[bus.meter.point]]")
}
/// A model brings its own.
pub static POINTS: Key = points();
pub static POINTS_ALONE: Key = points().required();
pub static METER_SHAPE: Shape = Shape {
    header: "[[bus.meter]]",
    keys: &[
        &METER_NAME,
        &MODEL,
        &PROTOCOL,
        &UNIT_ID,
        &DLT645_ADDRESS,
        &CJT188_KIND,
        &POLL_INTERVAL_MS,
        &CT,
        &PT,
        &REGISTERS_MAX,
        &GAP_MAX,
        &HOLES,
        &POINTS,
    ],
};
