//! The point of a meter on a bus, whatever it speaks.

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
);
pub static TYPE: Key = key(
    "type",
    "bool、u8hi、u8lo、u16、i16、u32、i32、u64、i64、f32、f64、bit:N、bits:N:位数、bcd16 到 bcd64、mod10k16 到 mod10k64、ascii:寄存器数 之一",
    "one of bool, u8hi, u8lo, u16, i16, u32, i32, u64, i64, f32, f64, bit:N, bits:N:COUNT, bcd16 to bcd64, mod10k16 to \
     mod10k64, ascii:REGISTERS",
    r#"type = "u32""#,
);
pub static WORD_ORDER: Key = key(
    "word_order",
    "ABCD、BADC、CDAB、DCBA 之一，64 位另有 EFGHABCD、FEHGBADC",
    "one of ABCD, BADC, CDAB, DCBA, and for 64 bits EFGHABCD, FEHGBADC",
    r#"word_order = "ABCD""#,
);
pub static NO_VALUE: Key = key(
    "no_value",
    "表示“无值”的位型：最多 16 个加引号的数，不超出该类型的宽度",
    "patterns that mean that there is no value: at most 16 numbers in quotes, of the type's width",
    r#"no_value = ["0xFFFFFFFF"]"#,
);
pub static MULTIPLIER: Key = key(
    "multiplier",
    "含 register 和 type 的表",
    "a table with register and type",
    r#"multiplier = { register = 6, type = "u16", scale = "0.1" }"#,
);
pub static POWER_OF_TEN: Key = key("power_of_ten", "true 或 false", "true or false", "power_of_ten = true");
pub static MULTIPLIER_SHAPE: Shape =
    Shape { header: "multiplier", keys: &[&FUNCTION, &REGISTER, &TYPE, &WORD_ORDER, &SCALE, &POWER_OF_TEN] };

pub static IDENTIFIER: Key = key(
    "identifier",
    "数据标识：DL/T 645-2007 为 8 位十六进制，DL/T 645-1997 和 CJ/T 188 为 4 位",
    "the data identifier: 8 hexadecimal digits of DL/T 645-2007, 4 of DL/T 645-1997 and CJ/T 188",
    r#"identifier = "00010000""#,
);
pub static BYTE_OFFSET: Key = key(
    "offset",
    "0 到 199 的整数（数据中该数之前的字节数）",
    "an integer from 0 to 199 (bytes of the data in front of the number)",
    "offset = 0",
);
pub static BYTES: Key =
    key("bytes", "1 到 8 的整数（每字节两位数字）", "an integer from 1 to 8 (two digits each)", "bytes = 4");
pub static SIGNED: Key = key("signed", "true 或 false", "true or false", "signed = true");
pub static UNIT_CODE: Key = key(
    "unit_code",
    "0 到 255 的整数（CJ/T 188 的单位代码）",
    "an integer from 0 to 255 (the unit's code of CJ/T 188)",
    "unit_code = 0x2C",
);
pub static BUS_POINT_SHAPE: Shape = Shape {
    header: "[[bus.meter.point]]",
    keys: &[
        &POINT_NAME,
        &FUNCTION,
        &REGISTER,
        &TYPE,
        &WORD_ORDER,
        &NO_VALUE,
        &MULTIPLIER,
        &IDENTIFIER,
        &BYTE_OFFSET,
        &BYTES,
        &SIGNED,
        &UNIT_CODE,
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
