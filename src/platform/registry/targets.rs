//! Rows → targets of dual control (能耗双控目标): one row for each region, year and kind.

use super::{
    Import, Sheet, economy, field,
    table::{self, Columns, Row, Rule, take},
};
use crate::{
    model::{Target, TargetKind, region},
    runtime::{
        lang::Text,
        problem::{Problems, Unique},
    },
};

const COLUMNS: Columns = Columns { all: &["region", "year", "kind", "value", "source"], required: 5 };
const KINDS: [(&str, TargetKind); 4] = [
    ("intensity", TargetKind::Intensity),
    ("total", TargetKind::Total),
    ("total_tce", TargetKind::TotalTce),
    ("carbon_intensity", TargetKind::CarbonIntensity),
];

/// `by` is who brings the file.
///
/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn targets_of(sheet: &Sheet, by: &str) -> Result<Import<Target>, Problems> {
    let doc = sheet.doc();
    let mut rows = Unique::new("同一地区、年度和类别的其他行", "row of the region, year and kind");
    let mut targets = Vec::new();
    table::each(&doc, COLUMNS, |row| {
        rows.claim_as(&doc, [0, 1, 2].map(|place| row.field(place)).join("\n"), &row.found(0));
        targets.extend(target(row, by));
    });
    doc.finish(targets).map(|(rows, warnings)| Import { rows, warnings })
}

/// `None` where a problem was reported.
fn target(row: &Row, by: &str) -> Option<Target> {
    let region = take(row, 0, code);
    let year = take(row, 1, economy::year);
    let kind = take(row, 2, |text| field::one_of(text, &KINDS));
    let value = take(row, 3, |text| field::any_sign(text)?.ok_or_else(number));
    let source = take(row, 4, economy::source);
    Some(Target { region: region?, year: year?, kind: kind?, value: value?, source: source?, by: by.to_owned() })
}

fn number() -> Rule {
    (Text::new("一个数", "a number"), Text::new("填写", "fill it in"))
}

/// Six digits of GB/T 2260, or nine of GB/T 10114.
fn code(text: &str) -> Result<String, Rule> {
    let digits = matches!(text.len(), 6 | 9) && text.bytes().all(|b| b.is_ascii_digit());
    if digits && text.get(..6).is_some_and(region::is_code) {
        return Ok(text.to_owned());
    }
    Err((
        Text::new(
            "六位（GB/T 2260）或九位（GB/T 10114）行政区划代码",
            "a region's code of six digits (GB/T 2260) or nine (GB/T 10114)",
        ),
        Text::new("写作 331003", "write it as 331003"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::lang::Lang;

    #[test]
    fn targets_are_read_all_or_nothing() {
        let read = |text: &str| targets_of(&Sheet::read(text.as_bytes(), "targets.csv", None)?, "li");
        let text = "region,year,kind,value,source\n331003,2026,intensity,3.0,doc\n331003104,2026,total_tce,5000,doc\n";
        let rows = read(text).unwrap().rows;
        assert_eq!((rows.len(), rows[0].value.to_string().as_str(), rows[1].kind), (2, "3.0", TargetKind::TotalTce));
        let bad = format!("{text}331003,2026,intensity,2,doc\n99100,26,all,x,\n");
        let told = read(&bad).unwrap_err().render(Lang::En);
        for place in ["targets.csv:4:1", "targets.csv:5:1", "targets.csv:5:7", "targets.csv:5:10", "targets.csv:5:14"] {
            assert!(told.contains(place), "{place}\n{told}");
        }
    }
}
