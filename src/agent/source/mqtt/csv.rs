//! Lines of CSV → rows of texts, by RFC 4180 without line ends inside of a field.

use serde_json::Value;

/// Each line as an array of strings, an empty field as null; lines without anything are left out. Of more than
/// `lines_max` one more than that.
pub fn lines(payload: &[u8], separator: char, lines_max: usize) -> Result<Vec<Value>, &'static str> {
    let text = std::str::from_utf8(payload).map_err(|_| "it is not UTF-8")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let rows: Result<Vec<_>, _> =
        lines.filter(|line| !line.trim().is_empty()).take(lines_max + 1).map(|line| fields(line, separator)).collect();
    match rows {
        Ok(rows) if rows.is_empty() => Err("it has no line"),
        rows => rows,
    }
}

fn fields(line: &str, separator: char) -> Result<Value, &'static str> {
    let mut fields = Vec::new();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let field;
        (field, rest) = match text.trim_start_matches(' ').strip_prefix('"') {
            Some(quoted) => unquoted(quoted, separator)?,
            None => match text.split_once(separator) {
                Some((field, rest)) => (field.trim().to_owned(), Some(rest)),
                None => (text.trim().to_owned(), None),
            },
        };
        fields.push(if field.is_empty() { Value::Null } else { Value::String(field) });
    }
    Ok(Value::Array(fields))
}

/// The field behind an opening quote, and what follows its separator.
fn unquoted(text: &str, separator: char) -> Result<(String, Option<&str>), &'static str> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (part, behind) = rest.split_once('"').ok_or("a quote is not closed")?;
        field.push_str(part);
        if let Some(more) = behind.strip_prefix('"') {
            field.push('"');
            rest = more;
            continue;
        }
        let behind = behind.trim_start_matches(' ');
        return match behind.strip_prefix(separator) {
            Some(rest) => Ok((field, Some(rest))),
            None if behind.is_empty() => Ok((field, None)),
            None => Err("something stands between a closing quote and the separator"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(text: &str) -> Result<Value, &'static str> {
        lines(text.as_bytes(), ',', 3).map(Value::Array)
    }

    #[test]
    fn lines_are_rows_of_texts() {
        assert_eq!(read("1,2.5\r\n\n 3 ,\n"), Ok(json!([["1", "2.5"], ["3", null]])));
        assert_eq!(read("\u{feff}\"a,b\",\"say \"\"x\"\"\" ,"), Ok(json!([["a,b", "say \"x\"", null]])));
        assert_eq!(lines(b"1;2,5", ';', 3), Ok(vec![json!(["1", "2,5"])]));
        assert_eq!(lines(b"1\t 2 ", '\t', 3), Ok(vec![json!(["1", "2"])]));
        assert_eq!(read("1\n2\n3\n4\n5").map(|rows| rows.as_array().map(Vec::len)), Ok(Some(4)));
    }

    #[test]
    fn what_is_no_csv_says_why() {
        assert_eq!(read(""), Err("it has no line"));
        assert_eq!(read(" \r\n"), Err("it has no line"));
        assert_eq!(read("\"1"), Err("a quote is not closed"));
        assert_eq!(read("\"1\"2"), Err("something stands between a closing quote and the separator"));
        assert_eq!(lines(b"\xff", ',', 3), Err("it is not UTF-8"));
    }

    proptest! {
        #[test]
        fn quoted_fields_come_back(fields in prop::collection::vec("[a-z0-9 ,;\"]{1,8}", 1..6)) {
            let quoted: Vec<_> = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
            prop_assert_eq!(read(&quoted.join(",")), Ok(json!([fields])));
        }
    }
}
