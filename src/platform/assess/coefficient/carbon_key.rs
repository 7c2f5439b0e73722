//! Every key of carbon.toml.

use crate::runtime::settings::{Key, Shape, key};

pub(super) static GRID: Key = key("grid", "若干 [[grid]] 表", "one table [[grid]] for each scope and year", "[[grid]]");
pub(super) static FUEL: Key = key("fuel", "若干 [[fuel]] 表", "one table [[fuel]] for each fuel", "[[fuel]]");
pub(super) static HEAT: Key = key("heat", "一个 [heat] 表", "one table [heat]", "[heat]");
pub(super) static ROOT_SHAPE: Shape = Shape { header: "", keys: &[&GRID, &FUEL, &HEAT] };

pub(super) static SCOPE: Key =
    key("scope", "电网因子的范围", "the scope of a grid factor", r#"scope = "national""#).required();
pub(super) static YEAR: Key =
    key("year", "数据年份（即使用年份）", "the year of the data, which is the year of use", "year = 2022").required();
pub(super) static KG_PER_KWH: Key =
    key("kg_per_kwh", "加引号的十进制数，大于 0", "a decimal in quotes, above 0", r#"kg_per_kwh = "0.5366""#)
        .required();
pub(super) static CARRIER: Key =
    key("carrier", "能源品种代码", "the code of an energy carrier", r#"carrier = "diesel""#).required();
pub(super) static UNIT: Key = key("unit", "计量单位", "a unit of measurement", r#"unit = "t""#).required();
pub(super) static PER: Key = key(
    "per",
    "加引号的十进制数：热值对应的数量",
    "a decimal in quotes: of how many units the calorific value is",
    r#"per = "10000""#,
);
pub(super) static NCV: Key = key(
    "ncv_gj",
    "加引号的十进制数：低位发热量，GJ",
    "a decimal in quotes: the net calorific value, GJ",
    r#"ncv_gj = "43.33""#,
)
.required();
pub(super) static CARBON_CONTENT: Key = key(
    "carbon_t_per_gj",
    "加引号的十进制数：单位热值含碳量，tC/GJ",
    "a decimal in quotes: the carbon content, tC/GJ",
    r#"carbon_t_per_gj = "0.02020""#,
)
.required();
pub(super) static OXIDATION: Key = key(
    "oxidation",
    "加引号的十进制数：碳氧化率，至多 1",
    "a decimal in quotes: the oxidised share, at most 1",
    r#"oxidation = "0.98""#,
)
.required();
pub(super) static AT: Key =
    key("at", "气体的温度和压力", "the temperature and pressure of a gas", r#"at = "0C 101.325kPa""#);
pub(super) static SUSPECT: Key = key(
    "suspect",
    "存疑的原因",
    "why the inputs are in doubt",
    r#"suspect = "its calorific value disagrees with that of GB/T 2589""#,
);
pub(super) static T_PER_GJ: Key =
    key("t_per_gj", "加引号的十进制数，大于 0", "a decimal in quotes, above 0", r#"t_per_gj = "0.11""#).required();
pub(super) static SOURCE: Key =
    key("source", "出处", "where it comes from", r#"source = "MEE and NBS, announcement 2024 No. 12""#).required();
pub(super) static CONFIDENCE: Key = key(
    "confidence",
    "给读者的说明",
    "a note for the reader of the file",
    r#"confidence = "compared with the printed table""#,
);

pub(super) static GRID_SHAPE: Shape =
    Shape { header: "[[grid]]", keys: &[&SCOPE, &YEAR, &KG_PER_KWH, &SOURCE, &CONFIDENCE] };
pub(super) static FUEL_SHAPE: Shape = Shape {
    header: "[[fuel]]",
    keys: &[&CARRIER, &UNIT, &PER, &NCV, &CARBON_CONTENT, &OXIDATION, &AT, &SUSPECT, &SOURCE, &CONFIDENCE],
};
pub(super) static HEAT_SHAPE: Shape = Shape { header: "[heat]", keys: &[&T_PER_GJ, &SOURCE, &CONFIDENCE] };

/// To tell where a misplaced key belongs.
pub(super) static SHAPES: [&Shape; 4] = [&ROOT_SHAPE, &GRID_SHAPE, &FUEL_SHAPE, &HEAT_SHAPE];
