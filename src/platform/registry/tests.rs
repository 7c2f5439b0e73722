use super::*;
use crate::runtime::lang::Lang;

fn header() -> String {
    SITE_COLUMNS.join(",") + "\n"
}

const GOOD: &str = "91331003MA0000015F,橘乡塑料,331000,331003,C2927,18.6,C2927,piece,42.50,120,2860,455\n";

#[test]
fn the_shipped_examples_are_right() {
    let sites = sites_from_csv("sites.csv", include_bytes!("../../../deploy/sites.example.csv")).unwrap();
    let gateways = gateways_from_csv("g.csv", include_bytes!("../../../deploy/gateways.example.csv"), &sites).unwrap();
    assert_eq!((sites.len(), gateways.len()), (1, 1));
}

#[test]
fn a_byte_order_mark_and_missing_optional_figures_are_taken() {
    let line = "91331003MA0000015F,橘乡塑料,331000,331003,C2927,18.6,,,,,,\n";
    let sites = sites_from_csv("sites.csv", format!("\u{feff}{}{line}", header()).as_bytes()).unwrap();
    assert_eq!((sites[0].tax_wan, sites[0].headcount), (None, None));
}

/// Each wrong field is named with its line, its column and what is expected; nothing of the file is imported.
#[test]
fn wrong_rows_are_refused_by_line_and_column() {
    let cases = [
        ("91331003MA0000015F", "91331003MA0000015E", "credit_code", "should be `F`"),
        ("91331003MA0000015F", "91331003MA000001", "credit_code", "16 characters instead of 18"),
        ("331003", "331103", "county_code", "is no county of 331000"),
        ("331003", "Huangyan", "county_code", "six digits"),
        ("C2927,18.6", "X2927,18.6", "industry_code", "is no industry code"),
        ("18.6", "0", "land_mu", "not a number above 0"),
        ("42.50", "4,2", "", "13 fields instead of 12"),
        ("42.50", "dear", "output_value_yuan_per_unit", "not a number"),
        ("120", "-3", "headcount", "no whole number"),
        ("橘乡塑料", "", "name", "empty"),
    ];
    for (from, to, column, said) in cases {
        assert!(GOOD.contains(from), "{from}");
        let text = header() + GOOD + &GOOD.replacen(from, to, 1);
        let problems = sites_from_csv("sites.csv", text.as_bytes()).unwrap_err();
        let rendered = problems.render(Lang::En);
        assert!(
            rendered.contains("sites.csv:3:") && rendered.contains(column) && rendered.contains(said),
            "{rendered}"
        );
    }
}

#[test]
fn all_problems_are_told_at_once_and_duplicates_with_both_lines() {
    let text = header() + GOOD + GOOD + &GOOD.replace("18.6", "-1").replace("331003,", "331103,");
    let rendered = sites_from_csv("sites.csv", text.as_bytes()).unwrap_err().render(Lang::Zh);
    assert!(
        rendered.contains("与第 2 行重复") && rendered.contains("land_mu") && rendered.contains("county_code"),
        "{rendered}"
    );
}

#[test]
fn a_foreign_header_or_encoding_is_named() {
    let header_error = sites_from_csv("s.csv", b"code,name\n").unwrap_err().render(Lang::En);
    assert!(header_error.contains("the header is code,name"));
    let gbk = [header().as_bytes(), b"91331003MA0000015F,\xe9\xd9\xcf\xe7,\n"].concat();
    assert!(sites_from_csv("s.csv", &gbk).unwrap_err().render(Lang::En).contains("line 2 is not UTF-8"));
}

#[test]
fn a_gateway_needs_its_site_and_stands_on_one_only() {
    let sites = sites_from_csv("s.csv", (header() + GOOD).as_bytes()).unwrap();
    let refused = |text: &str| gateways_from_csv("g.csv", text.as_bytes(), &sites).unwrap_err().render(Lang::En);
    assert!(refused("gateway_id,credit_code\ngw-1,91330100MA00000072\n").contains("is not in the sites' file"));
    assert!(
        refused("gateway_id,credit_code\ngw,91331003MA0000015F\ngw,91331003MA0000015F\n").contains("line 2 already")
    );
}
