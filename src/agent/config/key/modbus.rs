//! The point of a Modbus meter.

use super::point::{
    BACKSTEP_MAX, CARRIER, COUNTS_AS, DIGITS, KIND, MODULUS, POINT_NAME, PRODUCT, RATE_MAX, RESOLUTION, RESTARTS,
    SCALE, UNIT, WARM_UP_S,
};
use crate::runtime::settings::{Key, Shape, key};

pub static FUNCTION: Key = key(
    "function",
    "1（线圈）、2（离散输入）、3（保持寄存器）、4（输入寄存器）之一",
    "1 (coils), 2 (discrete inputs), 3 (holding registers) or 4 (input registers)",
    "function = 3",
);
pub static REGISTER: Key = key(
    "register",
    "0 到 65535 的整数（报文中的地址，从 0 起）",
    "an integer from 0 to 65535 (the address in the message, counted from 0)",
    "register = 0",
)
.required();
pub static TYPE: Key = key(
    "type",
    "bool、u16、i16、u32、i32、u64、i64、f32、f64 之一",
    "one of bool, u16, i16, u32, i32, u64, i64, f32, f64",
    r#"type = "u32""#,
)
.required();
pub static WORD_ORDER: Key =
    key("word_order", "ABCD、BADC、CDAB、DCBA 之一", "one of ABCD, BADC, CDAB, DCBA", r#"word_order = "ABCD""#);
pub static MODBUS_POINT_SHAPE: Shape = Shape {
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
