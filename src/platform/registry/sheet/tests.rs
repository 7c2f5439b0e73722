use super::*;
use crate::{
    platform::registry::{economy_of, sites_of},
    runtime::lang::Lang,
};
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};
use std::io::{Read, Write};

const HEADER: [&str; 9] = [
    "credit_code",
    "name",
    "city_code",
    "county_code",
    "industry_code",
    "land_mu",
    "product_code",
    "product_unit",
    "output_value_yuan_per_unit",
];

/// A workbook whose sheet has a header, and then what `fill` writes.
fn book(header: &[&str], fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in (0..).zip(header) {
        sheet.write(0, column, *name).unwrap();
    }
    fill(sheet);
    book.save_to_buffer().unwrap()
}

fn site(sheet: &mut Worksheet, row: u32) {
    for (column, text) in (0..).zip(["91331003MA0000111Q", "示例厂 \"甲\", 乙", "331000", "331003"]) {
        sheet.write(row, column, text).unwrap();
    }
    sheet.write(row, 4, 2929).unwrap();
    sheet.write(row, 5, 0.1 + 0.2).unwrap();
    sheet.write(row, 6, "crate").unwrap();
    sheet.write(row, 7, "piece").unwrap();
    sheet.write(row, 8, 18.5).unwrap();
}

fn sites(bytes: &[u8]) -> Result<crate::platform::registry::Import<crate::model::Site>, Problems> {
    sites_of(&Sheet::read(bytes, "f.xlsx", None)?)
}

fn refused(bytes: &[u8]) -> String {
    let problems = sites(bytes).unwrap_err();
    assert!(problems.render(Lang::Zh).contains("改法"));
    problems.render(Lang::En)
}

#[test]
fn a_workbook_says_what_the_same_csv_says() {
    let taken = sites(&book(&HEADER, |sheet| site(sheet, 3))).unwrap();
    let line = "91331003MA0000111Q,\"示例厂 \"\"甲\"\", 乙\",331000,331003,2929,0.3,crate,piece,18.5";
    let text = format!("{}\n{line}\n", HEADER.join(","));
    assert_eq!(taken.rows, sites_of(&Sheet::csv(text.as_str(), "f.csv")).unwrap().rows);
    assert_eq!(taken.warnings, None);
    // what it is does not depend on its name, and GBK and a mark are read as what they are
    let gbk = encoding_rs::GBK.encode(&text).0;
    let marked = ["\u{feff}", &text].concat();
    for bytes in [gbk.as_ref(), marked.as_bytes()] {
        let sheet = Sheet::read(bytes, "f.xlsx", None).unwrap();
        assert_eq!(sites_of(&sheet).unwrap().rows, taken.rows);
    }
}

#[test]
fn a_problem_in_a_workbook_names_the_cell() {
    let said = refused(&book(&HEADER, |sheet| {
        site(sheet, 3);
        sheet.write(3, 5, -1).unwrap();
    }));
    assert!(said.starts_with("f.xlsx!F4  land_mu: found \"-1\"; expected a decimal above 0"), "{said}");
}

#[test]
fn merged_cells_errors_line_breaks_and_formulas_that_were_never_computed_are_refused_with_their_cells() {
    let bytes = book(&HEADER, |sheet| {
        site(sheet, 1);
        site(sheet, 2);
        sheet.merge_range(1, 1, 2, 1, "示例厂", &Format::new()).unwrap();
        sheet.write(1, 5, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
        sheet.write(2, 5, Formula::new("=20+5").set_result("7531")).unwrap();
        sheet.write(2, 6, "cra\nte").unwrap();
    });
    let said = refused(&edited(&bytes, "<v>7531</v>", ""));
    for words in [
        "f.xlsx!B2  found the merged cells B2:B3; expected a cell of its own",
        "f.xlsx!F2  found the error #DIV/0!",
        "f.xlsx!F3  found a formula without a result",
        "f.xlsx!G3  found a line break in \"cra\\nte\"",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
}

/// The workbook with other XML in its sheet, as another program would have written it.
fn edited(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut parts = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for at in 0..parts.len() {
        let mut part = parts.by_index(at).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        if name.ends_with("sheet1.xml") {
            assert!(text.contains(from), "{text}");
            text = text.replace(from, to);
        }
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn the_result_of_a_formula_is_taken_with_a_warning() {
    let taken = sites(&book(&HEADER, |sheet| {
        site(sheet, 1);
        sheet.write(1, 5, Formula::new("=20+5.6").set_result("25.6")).unwrap();
    }));
    let taken = taken.unwrap();
    assert_eq!(taken.rows[0].land_mu.to_string(), "25.6");
    let warned = taken.warnings.unwrap().to_string();
    assert!(warned.starts_with("f.xlsx!F2  there are formulas in this column"), "{warned}");
}

#[test]
fn dates_and_months_of_a_workbook_are_read_as_they_are_shown() {
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let header = ["统一社会信用代码", "年份", "月份", "评价税收（万元）", "来源"];
    let bytes = book(&header, |sheet| {
        sheet.write(1, 0, "91331003MA0000111Q").unwrap();
        sheet.write(1, 1, 2025).unwrap();
        sheet.write(1, 2, 3).unwrap();
        sheet.write(1, 3, 12_345_678.91 / 10_000.0).unwrap();
        sheet.write_with_format(1, 4, 46_350, &date).unwrap();
    });
    let known =
        sites_of(&Sheet::csv(format!("{}\n91331003MA0000111Q,a,331000,331003,C2929,1,,,\n", HEADER.join(",")), "s"));
    let figures = economy_of(&Sheet::read(&bytes, "f", None).unwrap(), &known.unwrap().rows).unwrap().rows;
    let figure = &figures[0];
    assert_eq!((figure.year, figure.month, figure.source.as_str()), (2025, Some(3), "2026-11-24"));
    assert_eq!(figure.value.to_string(), "1234.567891");
}

#[test]
fn a_sheet_is_chosen_by_its_name() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("说明").unwrap().write(0, 0, "note").unwrap();
    let sheet = book.add_worksheet().set_name("sites").unwrap();
    for (column, name) in (0..).zip(HEADER) {
        sheet.write(0, column, name).unwrap();
    }
    site(sheet, 1);
    let bytes = book.save_to_buffer().unwrap();
    assert!(refused(&bytes).contains("unknown column \"note\""));
    let named = Sheet::read(&bytes, "f", Some("sites")).unwrap();
    assert_eq!(sites_of(&named).unwrap().rows.len(), 1);
    let said = Sheet::read(&bytes, "f", Some("Sites")).unwrap_err().to_string();
    assert!(said.contains("one of \"说明\", \"sites\""), "{said}");
}

/// A ZIP of one part of so many MiB of blanks.
fn bomb(name: &str, repeats: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    zip.start_file(name, options).unwrap();
    let block = vec![b' '; 1 << 20];
    (0..repeats).for_each(|_| zip.write_all(&block).unwrap());
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let bytes = bomb("xl/sharedStrings.xml", unpacked::UNPACKED_MIB_MAX + 1);
    assert!(bytes.len() < 1 << 20);
    assert!(refused(&bytes).contains("unpacked it has more than 256 MiB"));
}

#[test]
fn what_is_no_workbook_is_refused_with_what_to_do() {
    for (bytes, words) in [
        (b"PK\x03\x04 and no more".to_vec(), "can not be opened as .xlsx"),
        (bomb("readme.txt", 1), "can not be opened as .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "remove the password"),
        (vec![b'a'; (32 << 20) + 1], "more than 32 MiB"),
    ] {
        assert!(refused(&bytes).contains(words), "{words}");
    }
}

#[test]
fn a_hostile_workbook_ends_in_a_problem_and_no_panic() {
    let whole = book(&HEADER, |sheet| site(sheet, 1));
    for at in (0..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        drop(sites(&bytes));
        drop(sites(&whole[..at]));
    }
}

#[test]
fn the_last_cell_of_a_sheet_takes_no_memory_of_those_before_it() {
    let said = refused(&book(&HEADER, |sheet| {
        site(sheet, 1);
        sheet.write(1_048_575, 16_383, "x").unwrap();
    }));
    assert!(said.contains("found something in cell XFD1048576; expected at most 256 columns"), "{said}");
    assert_eq!(sites(&book(&HEADER, |sheet| site(sheet, 1_048_575))).unwrap().rows.len(), 1);
}
