//! Any bytes as a table. `fuzz/` tries them for hours, the tests for a moment.

use super::{Kind, Sheet, Whole};

/// Any bytes as a file of each kind: a result, whatever they are, and rows that come back from text as they were.
pub fn sheet(bytes: &[u8]) {
    let Ok(sheet) = Sheet::read(bytes, "f", None) else { return };
    let mut whole = Whole::default();
    for kind in Kind::ALL {
        drop(whole.read(kind, &sheet));
        let entries = kind.entries(&sheet);
        if kind != Kind::Economy {
            assert_eq!(kind.entries(&kind.sheet(&entries)), entries);
        }
    }
}

/// As [`sheet`], of what is not a workbook: calamine may panic over one, which is caught, and libFuzzer ends at any panic.
pub fn csv(bytes: &[u8]) {
    if !bytes.starts_with(b"PK") {
        sheet(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::fuzz::corpus;
    use proptest::prelude::*;

    fn tables() -> Vec<Vec<u8>> {
        let header = "统一社会信用代码,年份,评价税收（万元）,来源";
        let gbk = encoding_rs::GBK.encode(header).0.into_owned();
        let tables = [
            include_bytes!("../../../deploy/sites.example.csv").to_vec(),
            include_bytes!("../../../deploy/boundary.example.csv").to_vec(),
            include_bytes!("../../../deploy/economy.example.csv").to_vec(),
            b"gateway_id,credit_code\r\n\"gw\"\"1\",\"9133\n\"\r\n\r\n".to_vec(),
            gbk,
        ];
        corpus::of("table", &tables)
    }

    fn book() -> Vec<u8> {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (column, name) in (0..).zip(["gateway_id", "credit_code", "public_key"]) {
            sheet.write(0, column, name).unwrap();
            sheet.write(2, column, 17.5).unwrap();
        }
        book.save_to_buffer().unwrap()
    }

    #[test]
    fn what_was_found_once_is_taken() {
        tables().iter().for_each(|bytes| csv(bytes));
    }

    proptest! {
        #[test]
        fn any_table_ends_in_rows_or_problems(bytes in corpus::changed(tables())) {
            csv(&bytes);
        }

        #[test]
        fn any_workbook_ends_in_rows_or_problems(bytes in corpus::changed(vec![book()])) {
            sheet(&bytes);
        }
    }
}
