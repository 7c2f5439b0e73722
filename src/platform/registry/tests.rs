use super::*;
use crate::{
    model::{Origin, Role, Site},
    runtime::{file, problem::cases},
};
use std::path::Path;

const HEADER: &str =
    "credit_code,name,city_code,county_code,industry_code,land_mu,product_code,product_unit,output_value_yuan_per_unit";
const ROW: &str = "91331003MA0000111Q,示例厂,331000,331003,C2929,25.6,crate,piece,18.50";

fn read(path: &Path, name: &str) -> Result<Sheet, Problems> {
    Sheet::read(&file::bytes(path, FILE_MIB_MAX)?, name, None)
}

fn shipped(name: &str) -> Sheet {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name), name).unwrap()
}

fn table(rows: &[&str]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

fn sites(text: &str) -> Result<Import<Site>, Problems> {
    sites_of(&Sheet::csv(text, "sites.csv"))
}

#[test]
fn the_shipped_examples_are_imported_without_a_warning() {
    let sites = sites_of(&shipped("sites.example.csv")).unwrap();
    assert_eq!((sites.rows.len(), sites.warnings), (3, None));
    assert_eq!(sites.rows[0].output_value_yuan_per_unit.unwrap().to_string(), "18.50");
    assert_eq!(sites.rows[1].industry_code, "C3443");
    let gateways = gateways_of(&shipped("gateways.example.csv"), &sites.rows).unwrap();
    assert_eq!(gateways.rows.len(), 3);
}

#[test]
fn the_messages_of_every_case_are_as_recorded() {
    let known = sites_of(&shipped("sites.example.csv")).unwrap().rows;
    let gateways = gateways_of(&shipped("gateways.example.csv"), &known).unwrap().rows;
    let boundary = boundary_of(&shipped("boundary.example.csv"), &gateways).unwrap().rows;
    let check = |name: &str, sheet: &Sheet| match name.split('_').next() {
        Some("gateways") => gateways_of(sheet, &known).map(|import| import.warnings),
        Some("products") => products_of(sheet, &known).map(|import| import.warnings),
        Some("boundary") => boundary_of(sheet, &gateways).map(|import| import.warnings),
        Some("virtual") => virtual_points_of(sheet, &gateways, Some(&boundary)).map(|import| import.warnings),
        Some("stock") => stock_of(sheet, &known).map(|import| import.warnings),
        Some("calorific") => calorific_of(sheet, &known).map(|import| import.warnings),
        Some("profiles") => profiles_of(sheet, &known).map(|import| import.warnings),
        Some("parcels") => parcels_of(sheet, &known).map(|import| import.warnings),
        Some("economy") => economy_of(sheet, &known).map(|import| import.warnings),
        _ => sites_of(sheet).map(|import| import.warnings),
    };
    cases::hold_files("registry", "csv", |name, path| check(name, &read(path, name)?));
}

#[test]
fn the_shipped_declarations_say_what_they_seem_to_say() {
    let known = sites_of(&shipped("sites.example.csv")).unwrap().rows;
    let gateways = gateways_of(&shipped("gateways.example.csv"), &known).unwrap().rows;
    let boundary = boundary_of(&shipped("boundary.example.csv"), &gateways).unwrap();
    assert_eq!((boundary.rows.len(), &boundary.warnings), (7, &None));
    let [_, workshop, pv, gas, steam, cloth, _] = &boundary.rows[..] else { panic!("not seven") };
    assert_eq!((workshop.counts_as, workshop.fed_by.as_ref().unwrap().to_string()), (Role::None, "gw-3/main".into()));
    assert_eq!(pv.origin, Origin::Renewable);
    assert_eq!(gas.at_conditions, Some("15C 0.3MPa(g)".parse().unwrap()));
    assert_eq!(steam.enthalpy, Some("0.8MPa(g) saturated".parse().unwrap()));
    assert_eq!(
        (steam.feed_kj_per_kg.to_string(), steam.calibrated_until.unwrap().to_string()),
        ("83.9".into(), "2026-12-31".into())
    );
    assert_eq!((cloth.counts_as, cloth.product.as_str()), (Role::Output, "silk"));

    let products = products_of(&shipped("products.example.csv"), &known).unwrap().rows;
    assert_eq!(products[1].limit.as_ref().unwrap().kgce_per_unit.to_string(), "1.35");
    let points = virtual_points_of(&shipped("virtual.example.csv"), &gateways, Some(&boundary.rows)).unwrap();
    assert_eq!(points.rows.len(), 2);
    let stock = stock_of(&shipped("stock.example.csv"), &known).unwrap().rows;
    let (first, last) = (stock[0].date, stock[3].date);
    let used = crate::energy::stock::consumed(&stock, "diesel", "t", first, last).unwrap();
    assert_eq!((used.amount.to_string(), used.days_known, used.estimated), ("20.25".into(), 30, false));
    let values = calorific_of(&shipped("calorific.example.csv"), &known).unwrap().rows;
    let mean = crate::energy::calorific::measured(&values, "natural_gas", "m3", first, last).unwrap();
    // (35,210 × 41,000 + 35,480 × 38,500) / 79,500 = 35,340.7547 kJ; / 29,307.6
    assert_eq!(
        (mean.ncv_kj_per_unit.to_string(), mean.kgce_per_unit.to_string()),
        ("35340.7547".into(), "1.205856".into())
    );
}

#[test]
fn where_the_boundary_is_wrong_virtual_points_are_not_told_that_there_is_none() {
    let known = sites_of(&shipped("sites.example.csv")).unwrap().rows;
    let gateways = gateways_of(&shipped("gateways.example.csv"), &known).unwrap().rows;
    let text = "credit_code,name,kind,terms,unit,counts_as,carrier\n\
                91331003MA0000111Q,net,sum,+gw-1/main/ep,kWh,energy,electricity\n";
    assert!(virtual_points_of(&Sheet::csv(text, "v"), &gateways, None).is_ok());
    assert!(virtual_points_of(&Sheet::csv(text, "v"), &gateways, Some(&[])).is_err());
}

#[test]
fn a_circle_however_long_is_found_and_deep_trees_end() {
    let known = sites_of(&shipped("sites.example.csv")).unwrap().rows;
    let gateways = gateways_of(&shipped("gateways.example.csv"), &known).unwrap().rows;
    let chain = |meters: usize, top: &str| {
        let mut text = String::from("credit_code,gateway_id,meter,point,counts_as,carrier,fed_by\n");
        for n in 0..meters {
            let fed_by = if n == 0 { top.to_owned() } else { format!("gw-3/m{}", n - 1) };
            text += &format!("91330521MA0000154M,gw-3,m{n},ep,none,electricity,{fed_by}\n");
        }
        boundary_of(&Sheet::csv(text, "b"), &gateways)
            .map(|import| import.rows.len())
            .map_err(|wrong| wrong.listed().len())
    };
    assert_eq!(chain(65, ""), Ok(65));
    assert_eq!(chain(66, ""), Err(1), "one meter is too deep");
    assert_eq!(chain(64, "gw-3/m63"), Err(1), "one circle, told once");
    assert_eq!(chain(1, "gw-3/m0"), Err(1), "a meter behind itself");
}

#[test]
fn another_order_of_columns_crlf_and_empty_lines_are_taken() {
    let text = "credit_code,gateway_id\r\n91331003MA0000111Q,gw-1\r\n\r\n";
    let sites = sites(&table(&[ROW])).unwrap().rows;
    let gateway = gateways_of(&Sheet::csv(text, "g"), &sites).unwrap().rows.remove(0);
    assert_eq!((gateway.gateway_id.as_str(), gateway.credit_code.as_str()), ("gw-1", "91331003MA0000111Q"));
}

#[test]
fn a_gateway_may_have_public_keys_one_or_several() {
    let (one, two) = ("0a".repeat(32), "FF".repeat(32));
    let text = format!("gateway_id,credit_code,public_key\ng,91331003MA0000111Q,{one} {two}\nh,91331003MA0000111Q,\n");
    let sites = sites(&table(&[ROW])).unwrap().rows;
    let rows = gateways_of(&Sheet::csv(text, "g"), &sites).unwrap().rows;
    assert_eq!(rows[0].public_keys, [[10; 32], [255; 32]]);
    assert_eq!(rows[1].public_keys, [[0; 32]; 0]);
}

#[test]
fn one_bad_row_keeps_all_others_out() {
    let bad = ROW.replace("25.6", "0").replace("0000111Q", "000012XG");
    let problems = sites(&table(&[ROW, &bad])).unwrap_err();
    assert_eq!((problems.listed().len(), problems.listed()[0].position.unwrap().line), (1, 3));
}

#[test]
fn places_are_right_behind_quoted_line_breaks_and_empty_lines() {
    let broken = ROW.replace("示例厂", "\"示例\n厂\"");
    let unix = table(&[&broken, "", &ROW.replace("25.6", "x")]);
    for text in [unix.clone(), unix.replace('\n', "\r\n")] {
        let problems = sites(&text).unwrap_err();
        let places: Vec<_> = problems
            .listed()
            .iter()
            .map(|problem| (problem.position.unwrap(), problem.key.as_str()))
            .map(|(position, key)| (position.line, position.column, key))
            .collect();
        assert_eq!(places, [(2, 20, "name"), (5, 44, "land_mu")], "{text:?}");
    }
}

#[test]
fn rows_and_fields_have_limits() {
    let mut text = String::from("gateway_id,credit_code\n");
    (0..=200_000).for_each(|n| text.push_str(&format!("g{n},91331003MA0000111Q\n")));
    let known = sites(&table(&[ROW])).unwrap().rows;
    let problems = gateways_of(&Sheet::csv(text.as_str(), "g"), &known).unwrap_err();
    assert_eq!((problems.listed().len(), problems.listed()[0].position.unwrap().line), (1, 200_002));
    let whole = &text[..text.trim_end().rfind('\n').unwrap()];
    assert_eq!(gateways_of(&Sheet::csv(whole, "g"), &known).unwrap().rows.len(), 200_000);

    let long = sites(&table(&[&ROW.replace("crate", &"c".repeat(4_097))])).unwrap_err();
    assert!(long.to_string().contains("at most 4096 bytes"), "{long}");
}

#[test]
fn decimals_are_plain_digits() {
    for good in ["0", "1234.5", "-3480.000001", "999999999999"] {
        assert_eq!(field::decimal(good).unwrap().to_string(), good);
    }
    for bad in
        ["", "-", ".5", "5.", "+1", "1e3", "1_000", "1,000", " 1", "１", "NaN", "1000000000000", "0.0000001", "--1"]
    {
        assert_eq!(field::decimal(bad), None, "{bad}");
    }
}

#[test]
fn industry_codes_get_their_letter_and_a_wrong_one_is_named() {
    assert_eq!(industry::normalised("1713").unwrap(), "C1713");
    assert_eq!(industry::normalised("0610").unwrap(), "B0610");
    assert_eq!(industry::normalised("D4411").unwrap(), "D4411");
    assert_eq!(industry::normalised("I6510").unwrap(), "I6510");
    assert!(industry::normalised("B1713").unwrap_err().1.en.contains("C1713"));
    for bad in ["", "6510", "C6510", "U1713", "c1713", "C171", "C17130", "17", "C17１3", "亩1713"] {
        assert!(industry::normalised(bad).is_err(), "{bad}");
    }
}
