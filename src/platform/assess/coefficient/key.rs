//! Every key of a coefficient file.

use crate::runtime::settings::{Key, Shape, key};

pub(super) static FACTOR: Key =
    key("factor", "若干 [[factor]] 表", "one table [[factor]] for each factor", "[[factor]]");
pub(super) static ROOT_SHAPE: Shape = Shape { header: "", keys: &[&FACTOR] };

pub(super) static CARRIER: Key =
    key("carrier", "能源品种代码", "the code of an energy carrier", r#"carrier = "electricity""#).required();
pub(super) static UNIT: Key = key("unit", "计量单位", "a unit of measurement", r#"unit = "kWh""#).required();
pub(super) static KGCE_PER_UNIT: Key = key(
    "kgce_per_unit",
    "加引号的十进制数，大于 0，至多 1000000",
    "a decimal in quotes, above 0 and at most 1000000",
    r#"kgce_per_unit = "0.1229""#,
);
pub(super) static RANGE: Key = key(
    "range",
    "两个加引号的十进制数，由小到大，大于 0，至多 1000000",
    "two decimals in quotes, the lower one first, above 0 and at most 1000000",
    r#"range = ["1.1000", "1.3300"]"#,
);
pub(super) static BASIS: Key =
    key("basis", "calorific、equivalent、both 之一", "one of calorific, equivalent, both", r#"basis = "calorific""#)
        .required();
pub(super) static VALID_FROM: Key =
    key("valid_from", "加引号的日历日期", "a day of the calendar in quotes", r#"valid_from = "2021-04-01""#).required();
pub(super) static VALID_UNTIL: Key = key(
    "valid_until",
    "加引号的日历日期（最后有效日）",
    "a day of the calendar in quotes: the last on which it holds",
    r#"valid_until = "2023-12-31""#,
);
pub(super) static PROVINCE: Key = key(
    "province",
    "省级行政区划代码（GB/T 2260）",
    "the six-digit code of a province (GB/T 2260)",
    r#"province = "330000""#,
);
pub(super) static SOURCE: Key =
    key("source", "出处", "where it comes from", r#"source = "GB/T 2589-2020, Annex A""#).required();
pub(super) static CONFIDENCE: Key = key(
    "confidence",
    "给读者的说明",
    "a note for the reader of the file",
    r#"confidence = "compared with the printed table""#,
);
pub(super) static FACTOR_SHAPE: Shape = Shape {
    header: "[[factor]]",
    keys: &[
        &CARRIER,
        &UNIT,
        &KGCE_PER_UNIT,
        &RANGE,
        &BASIS,
        &VALID_FROM,
        &VALID_UNTIL,
        &PROVINCE,
        &SOURCE,
        &CONFIDENCE,
    ],
};

/// To tell where a misplaced key belongs.
pub(super) static SHAPES: [&Shape; 2] = [&ROOT_SHAPE, &FACTOR_SHAPE];
