//! What the points of every source have in common.

use super::{NAME_EN, NAME_ZH};
use crate::runtime::settings::{Key, key};

pub static POINT_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "energy""#).required();
pub static KIND: Key = key("kind", "gauge 或 cumulative", "gauge or cumulative", r#"kind = "cumulative""#);
pub static SCALE: Key = key(
    "scale",
    "加引号的正小数，小数点两侧各不超过 12 位",
    "a decimal above 0 in quotes, with at most 12 digits on either side of the point",
    r#"scale = "0.01""#,
);
pub static RESOLUTION: Key = key(
    "resolution",
    "加引号的正小数，小数点两侧各不超过 12 位",
    "a decimal above 0 in quotes, with at most 12 digits on either side of the point",
    r#"resolution = "0.01""#,
);
pub static UNIT: Key = key("unit", "最长 128 字节的单位", "a unit of at most 128 bytes", r#"unit = "kWh""#);
pub static CARRIER: Key = key(
    "carrier",
    "能源品种代码，最多 64 个小写字母、数字和 . _ -",
    "the code of an energy carrier: at most 64 lower-case letters, digits and . _ -",
    r#"carrier = "electricity""#,
);
pub static PRODUCT: Key =
    key("product", "最长 128 字节的产品代码", "a product code of at most 128 bytes", r#"product = "bearing-6204""#);
pub static COUNTS_AS: Key = key(
    "counts_as",
    "none、site_energy、site_export、output、scrap 之一",
    "one of none, site_energy, site_export, output, scrap",
    r#"counts_as = "site_energy""#,
);
pub static MODULUS: Key = key(
    "modulus",
    "加引号的 2^1 到 2^61（个计数），或以 unit 计的正小数，最多 2^61 个计数",
    "2^1 to 2^61 in quotes (counts), or a decimal above 0 in the unit and in quotes, 2^61 counts at most",
    r#"modulus = "1000000""#,
);
pub static DIGITS: Key = key(
    "digits",
    "1 到 18 的整数（表底的十进制位数，小数位也算）",
    "an integer from 1 to 18 (the register's decimal digits, decimals included)",
    "digits = 8",
);
pub static RATE_MAX: Key = key(
    "rate_max",
    "加引号的正小数（每小时，以 unit 计），小数点两侧各不超过 12 位",
    "a decimal above 0 in quotes (in the unit, per hour), with at most 12 digits on either side of the point",
    r#"rate_max = "2000""#,
);
pub static BACKSTEP_MAX: Key = key(
    "backstep_max",
    "加引号的小数（以 unit 计），不小于 0，小数点两侧各不超过 12 位",
    "a decimal of 0 or more in quotes (in the unit), with at most 12 digits on either side of the point",
    r#"backstep_max = "0.01""#,
);
pub static WARM_UP_S: Key =
    key("warm_up_s", "0 到 3600 的整数（秒）", "an integer from 0 to 3600 (seconds)", "warm_up_s = 180");
pub static RESTARTS: Key = key("restarts", "true 或 false", "true or false", "restarts = false");
