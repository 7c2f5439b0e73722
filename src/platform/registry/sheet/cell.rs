//! One cell of a workbook as the text that a person would have written.

use crate::runtime::{lang::Text, problem::quoted};
use calamine::{DataRef, ExcelDateTime};
use rust_decimal::Decimal;

/// What a cell has no text for: what was found, what is expected, what to do.
pub(super) type Unfit = (Text, Text, Text);

/// From here on a spreadsheet no longer keeps every digit of a number.
const EXACT_BELOW: f64 = 1e15;

/// Empty of an empty cell.
pub(super) fn text(value: &DataRef<'_>) -> Result<String, Box<Unfit>> {
    match value {
        DataRef::Empty => Ok(String::new()),
        DataRef::String(text) => line(text),
        DataRef::SharedString(text) => line(text),
        DataRef::Int(number) => Ok(number.to_string()),
        DataRef::Float(number) => self::number(*number),
        DataRef::Bool(truth) => Ok(truth.to_string()),
        DataRef::DateTime(instant) => date(instant),
        DataRef::DateTimeIso(text) => Ok(text.strip_suffix("T00:00:00").unwrap_or(text).to_owned()),
        DataRef::DurationIso(text) => Err(Box::new(duration(text))),
        DataRef::Error(error) => Err(Box::new((
            Text::new(format!("错误值 {error}"), format!("found the error {error}")),
            Text::new("一个值，或空", "a value, or nothing"),
            Text::new("改正该单元格的公式或内容", "correct the cell's formula or content"),
        ))),
    }
}

fn line(text: &str) -> Result<String, Box<Unfit>> {
    if !text.contains(['\n', '\r']) {
        return Ok(text.to_owned());
    }
    Err(Box::new((
        Text::new(format!("带换行的内容 {}", quoted(text)), format!("found a line break in {}", quoted(text))),
        Text::new("一行文字", "one line of text"),
        Text::new("删除单元格中的换行（Alt+Enter）", "remove the line break (Alt+Enter) from the cell"),
    )))
}

/// Its first 15 digits: those that a spreadsheet keeps and shows. `0.1` is 0.1, and so is the `0.1000…01` of a formula.
fn number(number: f64) -> Result<String, Box<Unfit>> {
    if number.is_finite() && number.abs() >= EXACT_BELOW {
        return Err(Box::new((
            Text::new(format!("超过 15 位的数 {number}"), format!("found the number {number} of more than 15 digits")),
            Text::new("表格软件不会舍去数字的内容", "what no spreadsheet cuts digits off"),
            Text::new("将该列设为文本格式后重新填写", "format the column as text, and write the value again"),
        )));
    }
    let exact = Decimal::from_scientific(&format!("{number:.14e}"));
    Ok(exact.map_or_else(|_| number.to_string(), |exact| exact.normalize().to_string()))
}

fn date(instant: &ExcelDateTime) -> Result<String, Box<Unfit>> {
    // below 1 there is no day: a time of the day alone
    if instant.is_duration() || instant.as_f64() < 1.0 {
        return Err(Box::new(duration(&instant.as_f64().to_string())));
    }
    let (year, month, day, hour, minute, second, _) = instant.to_ymd_hms_milli();
    Ok(match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    })
}

fn duration(shown: &str) -> Unfit {
    (
        Text::new(format!("时间或时长（数值 {shown}）"), format!("found a time or a duration (its value is {shown})")),
        Text::new("日期、数或文字", "a date, a number or text"),
        Text::new("将该单元格设为常规或日期格式", "format the cell as a number or as a date"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType;

    #[test]
    fn numbers_have_the_digits_that_a_spreadsheet_shows() {
        for (value, shown) in [
            (0.1, "0.1"),
            (0.1 + 0.2, "0.3"),
            (12_345_678.91 / 10_000.0, "1234.567891"),
            (1713.0, "1713"),
            (-3480.5, "-3480.5"),
            (0.0, "0"),
            (-0.0, "0"),
            (999_999_999_999.0, "999999999999"),
            (1e-7, "0.0000001"),
        ] {
            assert_eq!(number(value).unwrap(), shown, "{value:?}");
        }
        assert!(number(1e15).is_err() && number(9.133_100_3e17).unwrap_err().2.en.contains("as text"));
        assert_eq!(number(f64::NAN).unwrap(), "NaN", "which no rule takes");
    }

    #[test]
    fn dates_are_days_in_both_calendars_and_a_time_is_none() {
        let serial = |value, kind, since_1904| date(&ExcelDateTime::new(value, kind, since_1904));
        use ExcelDateTimeType::{DateTime, TimeDelta};
        assert_eq!(serial(46_350.0, DateTime, false).unwrap(), "2026-11-24");
        assert_eq!(serial(46_350.0 - 1462.0, DateTime, true).unwrap(), "2026-11-24");
        assert_eq!(serial(46_350.25, DateTime, false).unwrap(), "2026-11-24 06:00:00");
        assert!(serial(0.25, DateTime, false).is_err() && serial(3.0, TimeDelta, false).is_err());
    }
}
