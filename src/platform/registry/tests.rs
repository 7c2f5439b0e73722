use super::*;
use crate::runtime::lang::Lang;
use std::{fs, path::Path};

const HEADER: &str = "credit_code,name,city_code,county_code,industry_code,land_mu,product_code,product_unit,output_value_yuan_per_unit,headcount,value_added_wan,tax_wan";
const ROW: &str = "91331003MA0000111Q,示例厂,331000,331003,C2929,25.6,crate,piece,18.50,190,3480,620";

fn shipped(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)).unwrap()
}

fn file(rows: &[&str]) -> Vec<u8> {
    format!("{HEADER}\n{}\n", rows.join("\n")).into_bytes()
}

#[test]
fn the_shipped_examples_are_imported_without_a_warning() {
    let sites = sites_from_csv(&shipped("sites.example.csv")).unwrap();
    assert_eq!((sites.rows.len(), sites.warnings.len()), (3, 0));
    assert_eq!(sites.rows[0].output_value_yuan_per_unit.unwrap().to_string(), "18.50");
    assert_eq!((sites.rows[1].industry_code.as_str(), sites.rows[1].value_added_wan), ("C3443", None));
    let gateways = gateways_from_csv(&shipped("gateways.example.csv"), &sites.rows).unwrap();
    assert_eq!(gateways.rows.len(), 3);
    assert_eq!(region_name("331000").unwrap().zh, "台州");
    assert_eq!(region_name("999999"), None);
}

/// Every `tests/cases/registry/*.csv` gives exactly the messages of its `.txt`; `UPDATE_GOLDEN=1` writes them anew.
#[test]
fn bad_files_say_what_is_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/registry");
    let sites = sites_from_csv(&shipped("sites.example.csv")).unwrap().rows;
    let mut seen = 0;
    for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.extension().is_none_or(|kind| kind != "csv") {
            continue;
        }
        seen += 1;
        let bytes = fs::read(&path).unwrap();
        let gateways = path.file_stem().unwrap().to_str().unwrap().starts_with("gateways_");
        let told = |import: Result<Vec<CsvProblem>, CsvProblems>| match import {
            Ok(warnings) => ("taken\n", CsvProblems { problems: warnings, more: 0 }),
            Err(problems) => ("refused\n", problems),
        };
        let (outcome, problems) = if gateways {
            told(gateways_from_csv(&bytes, &sites).map(|import| import.warnings))
        } else {
            told(sites_from_csv(&bytes).map(|import| import.warnings))
        };
        let got = format!("{outcome}{}\n{}\n", problems.render(Lang::En), problems.render(Lang::Zh));
        let golden = path.with_extension("txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &got).unwrap();
        }
        assert_eq!(got, fs::read_to_string(&golden).unwrap_or_default(), "{}", golden.display());
    }
    assert!(seen >= 20, "{seen} cases");
}

#[test]
fn a_byte_order_mark_other_column_order_and_crlf_are_taken() {
    let text = "\u{feff}credit_code,gateway_id\r\n91331003MA0000111Q,gw-1\r\n\r\n";
    let sites = sites_from_csv(&file(&[ROW])).unwrap().rows;
    let gateway = gateways_from_csv(text.as_bytes(), &sites).unwrap().rows.remove(0);
    assert_eq!((gateway.gateway_id.as_str(), gateway.credit_code.as_str()), ("gw-1", "91331003MA0000111Q"));
}

#[test]
fn one_bad_row_keeps_all_others_out() {
    let bad = ROW.replace("25.6", "0").replace("0000111Q", "000012XG");
    let problems = sites_from_csv(&file(&[ROW, &bad])).unwrap_err();
    assert_eq!((problems.problems.len(), problems.problems[0].line), (1, 3));
}

#[test]
fn lines_are_counted_through_quoted_line_breaks_and_empty_lines() {
    let broken = ROW.replace("示例厂", "\"示例\n厂\"");
    let unix = String::from_utf8(file(&[&broken, "", &ROW.replace("25.6", "x")])).unwrap();
    for text in [unix.clone(), unix.replace('\n', "\r\n"), format!("\u{feff}{unix}")] {
        let problems = sites_from_csv(text.as_bytes()).unwrap_err().problems;
        let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column.as_str())).collect();
        assert_eq!(places, [(2, "name"), (5, "land_mu")], "{text:?}");
    }
}

#[test]
fn at_most_a_thousand_problems_are_kept_and_the_rest_is_counted() {
    let rows = vec!["x"; 1_500];
    let problems = sites_from_csv(&file(&rows)).unwrap_err();
    assert_eq!((problems.problems.len(), problems.more), (1_000, 500));
    assert!(problems.to_string().ends_with("and 500 more problems"));
}

#[test]
fn rows_fields_and_the_file_have_limits() {
    let mut text = String::from("gateway_id,credit_code\n");
    (0..=200_000).for_each(|n| text.push_str(&format!("g{n},91331003MA0000111Q\n")));
    let sites = sites_from_csv(&file(&[ROW])).unwrap().rows;
    let problems = gateways_from_csv(text.as_bytes(), &sites).unwrap_err();
    assert_eq!((problems.problems.len(), problems.problems[0].line), (1, 200_002));
    let whole = &text[..text.trim_end().rfind('\n').unwrap()];
    assert_eq!(gateways_from_csv(whole.as_bytes(), &sites).unwrap().rows.len(), 200_000);

    let long = sites_from_csv(&file(&[&ROW.replace("crate", &"c".repeat(4_097))])).unwrap_err();
    assert!(long.to_string().contains("at most 4096 bytes"), "{long}");
    let large = sites_from_csv(&vec![b'a'; (64 << 20) + 1]).unwrap_err();
    assert!(large.to_string().contains("at most 67108864 bytes"), "{large}");
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
