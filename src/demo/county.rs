//! Who stands in the county: eight invented factories of four industries in Huangyan (331003), with credit codes
//! whose check digits are right and that belong to nobody.

/// One factory, its meters and what it makes.
#[derive(Clone, Copy, Debug)]
pub struct Factory {
    pub key: &'static str,
    pub name: &'static str,
    pub credit_code: &'static str,
    pub industry_code: &'static str,
    pub land_mu: &'static str,
    pub product_code: &'static str,
    pub output_value_yuan_per_unit: &'static str,
    pub headcount: u32,
    pub value_added_wan: &'static str,
    pub tax_wan: &'static str,
    /// Mean electric load of the site, kW.
    pub load_kw: f64,
    /// Share of it behind the workshop's sub-meter.
    pub workshop_share: f64,
    /// Seconds that one piece takes.
    pub cycle_s: f64,
}

pub const COUNTY_CODE: &str = "331003";
pub const CITY_CODE: &str = "331000";

const fn factory(
    key: &'static str,
    name: &'static str,
    credit_code: &'static str,
    industry_code: &'static str,
    (land_mu, output_value_yuan_per_unit): (&'static str, &'static str),
    yearly: (u32, &'static str, &'static str),
    run: (f64, f64, f64),
) -> Factory {
    let (headcount, value_added_wan, tax_wan) = yearly;
    let (load_kw, workshop_share, cycle_s) = run;
    let product_code = industry_code;
    Factory {
        key,
        name,
        credit_code,
        industry_code,
        land_mu,
        product_code,
        output_value_yuan_per_unit,
        headcount,
        value_added_wan,
        tax_wan,
        load_kw,
        workshop_share,
        cycle_s,
    }
}

#[rustfmt::skip]
pub const FACTORIES: [Factory; 8] = [
    factory("plastic-1", "橘乡塑料制品（演示）", CODES[0], "C2927", ("18.6", "42.50"), (120, "2860", "455"), (820.0, 0.62, 1.1)),
    factory("plastic-2", "永宁日用塑料（演示）", CODES[1], "C2927", ("31.2", "38.00"), (150, "2210", "310"), (1140.0, 0.70, 1.0)),
    factory("mould-1", "澄江模具（演示）", CODES[2], "C3525", ("12.4", "1380.00"), (95, "3120", "602"), (410.0, 0.55, 14.0)),
    factory("mould-2", "九峰精密模具（演示）", CODES[3], "C3525", ("22.8", "960.00"), (88, "1980", "240"), (530.0, 0.58, 12.0)),
    factory("parts-1", "院桥汽车零部件（演示）", CODES[4], "C3670", ("45.0", "186.00"), (310, "6900", "980"), (2350.0, 0.74, 2.2)),
    factory("parts-2", "沙埠汽车零部件（演示）", CODES[5], "C3670", ("52.5", "154.00"), (260, "4400", "520"), (2710.0, 0.76, 2.4)),
    factory("pharma-1", "江口医药化工（演示）", CODES[6], "C2710", ("64.0", "2250.00"), (420, "15800", "2600"), (3900.0, 0.66, 9.0)),
    factory("pharma-2", "北洋医药化工（演示）", CODES[7], "C2710", ("71.3", "1720.00"), (365, "9700", "1150"), (4420.0, 0.69, 8.0)),
];

const CODES: [&str; 8] = [
    "91331003MA0000015F",
    "91331003MA0000023A",
    "91331003MA00000315",
    "91331003MA000004XW",
    "91331003MA0000058W",
    "91331003MA0000066P",
    "91331003MA0000074J",
    "91331003MA0000082D",
];
