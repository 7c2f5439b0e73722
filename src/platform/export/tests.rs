use super::*;
use ::parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};
use bytes::Bytes;
use calamine::{Data, Reader};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn table() -> Table {
    let columns = vec![
        Column::new("name", "名称", "name", Kind::Text),
        Column::new("count", "个数", "count", Kind::Integer),
        Column::new("amount", "数量", "amount", Kind::Decimal),
        Column::new("at", "时间", "at", Kind::Time),
    ];
    let row = |name: &str, count: i64, amount: &str| {
        vec![name.into(), count.into(), decimal(amount).into(), UtcMillis(1_732_377_600_000).into()]
    };
    let mut rows =
        vec![row("某纺织厂, \"一\"", 7, "12.340"), row("=1+1", -7, "-0.5"), row("-12.5", 0, "0.1234567890123456789")];
    rows.push(vec![Cell::Nothing, Cell::Nothing, Cell::Nothing, Cell::Nothing]);
    Table { columns, rows }
}

#[test]
fn a_csv_file_is_read_back_exactly_and_holds_no_formula() {
    let bytes = write(&table(), Format::Csv, Lang::Zh).unwrap();
    let text = std::str::from_utf8(&bytes).unwrap().strip_prefix('\u{feff}').unwrap();
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["名称", "个数", "数量", "时间"]);
    let rows: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(
        rows[0],
        ["某纺织厂, \"一\"", "7", "12.340", "2024-11-25T00:00:00+08:00"].map(|cell| cell.replace("25T", "24T"))
    );
    assert_eq!(rows[1][..3], ["'=1+1", "-7", "-0.5"]);
    assert_eq!(rows[2][..3], ["-12.5", "0", "0.1234567890123456789"]);
    assert_eq!(rows[3], ["", "", "", ""]);
}

#[test]
fn no_text_begins_a_formula_in_a_spreadsheet() {
    for evil in ["=cmd()", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
        let table = Table { columns: vec![Column::new("a", "a", "a", Kind::Text)], rows: vec![vec![evil.into()]] };
        let bytes = write(&table, Format::Csv, Lang::En).unwrap();
        let mut reader = ::csv::Reader::from_reader(&bytes[..]);
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!(&row[0], format!("'{evil}"));
    }
}

#[test]
fn an_xlsx_file_has_numbers_where_they_are_exact_and_texts_where_not() {
    let bytes = write(&table(), Format::Xlsx, Lang::En).unwrap();
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let cell = |row, column| sheet.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    assert_eq!(cell(0, 2), Data::String("amount".into()));
    assert_eq!(cell(1, 0), Data::String("某纺织厂, \"一\"".into()));
    assert_eq!((cell(1, 1), cell(1, 2)), (Data::Float(7.0), Data::Float(12.34)));
    assert_eq!(cell(2, 0), Data::String("=1+1".into()));
    assert_eq!(cell(3, 2), Data::String("0.1234567890123456789".into()));
    assert_eq!(cell(4, 2), Data::Empty);
    let Data::DateTime(time) = cell(1, 3) else { panic!("{:?}", cell(1, 3)) };
    assert_eq!(time.as_f64(), 45_620.0, "2024-11-24 in days since 1899-12-30");
}

#[test]
fn a_parquet_file_has_exact_decimals_and_nulls() {
    let bytes = write(&table(), Format::Parquet, Lang::En).unwrap();
    let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
    let rows: Vec<Vec<Field>> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| row.unwrap().into_columns().into_iter().map(|(_, field)| field).collect())
        .collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0][0], Field::Str("某纺织厂, \"一\"".into()));
    assert_eq!(rows[0][1], Field::Long(7));
    assert_eq!(rows[0][3], Field::TimestampMillis(1_732_377_600_000));
    let Field::Decimal(amount) = &rows[1][2] else { panic!("{:?}", rows[1][2]) };
    let mantissa = i128::from_be_bytes(amount.data().try_into().unwrap());
    assert_eq!((mantissa, amount.scale()), (-5_000_000_000_000_000_000, 19));
    assert_eq!(rows[3], [Field::Null, Field::Null, Field::Null, Field::Null]);
}

#[test]
fn decimals_that_no_common_scale_holds_are_texts_in_parquet() {
    let rows = ["79228162514264337593543950335", "0.0000000000000000000000000001"];
    let table = Table {
        columns: vec![Column::new("a", "a", "a", Kind::Decimal)],
        rows: rows.map(|row| vec![decimal(row).into()]).to_vec(),
    };
    let bytes = write(&table, Format::Parquet, Lang::En).unwrap();
    let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
    let read: Vec<String> =
        reader.get_row_iter(None).unwrap().map(|row| row.unwrap().into_columns()[0].1.to_string()).collect();
    assert_eq!(read, rows.map(|row| format!("\"{row}\"")));
}

#[test]
fn a_table_of_too_many_rows_is_refused_and_not_cut() {
    let table = Table { columns: Vec::new(), rows: vec![Vec::new(); ROWS_MAX + 1] };
    for format in Format::ALL {
        assert!(matches!(write(&table, format, Lang::En), Err(ExportError::Rows(_))));
    }
}
