//! Where rows and fields stand in the text: the reader gives what fields say, not their bytes.

use csv::StringRecord;
use std::ops::Range;

/// Where the row begins: the reader's own number is where it stood before the empty lines and the rest of a CR LF
/// that it skips.
pub(super) fn start(text: &str, record: &StringRecord) -> usize {
    let stood = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
    let skipped = text.bytes().skip(stood).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    stood + skipped
}

/// The bytes of field `place` of the row that begins at `start`, with its quotes; those behind the last field where
/// there are fewer.
pub(super) fn span(text: &str, start: usize, place: usize) -> Range<usize> {
    enum Stands {
        Before,
        Plain,
        Quoted,
        /// Behind a quote that may be the last or the first of a pair.
        Quote,
    }
    let (mut state, mut first, mut fields) = (Stands::Before, start, 0);
    for (at, byte) in text.bytes().enumerate().skip(start) {
        state = match (state, byte) {
            (Stands::Before | Stands::Quote, b'"') => Stands::Quoted,
            (Stands::Quoted, b'"') => Stands::Quote,
            (Stands::Quoted, _) => Stands::Quoted,
            (_, b',') if fields == place => return first..at,
            (_, b',') => {
                (fields, first) = (fields + 1, at + 1);
                Stands::Before
            }
            (_, b'\r' | b'\n') if fields == place => return first..at,
            (_, b'\r' | b'\n') => return at..at,
            _ => Stands::Plain,
        };
    }
    let end = text.len();
    if fields == place { first..end } else { end..end }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn the_place_of_a_field_is_with_its_quotes_as_the_reader_takes_them() {
        for row in [
            "a,b,c",
            "a,,",
            ",",
            "\"a,\"\"b\",c\r\n",
            "\"a\nb\",c\n",
            "\"a\"b\",c\n",
            "a\"b,\"c\"",
            "",
            "\"open,\n",
            "电,\"度\",x",
        ] {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(row.as_bytes());
            for (place, field) in reader
                .records()
                .next()
                .into_iter()
                .flatten()
                .flat_map(|record| record.iter().map(str::to_owned).enumerate().collect::<Vec<_>>())
            {
                let raw = &row[span(row, 0, place)];
                let mut alone = csv::ReaderBuilder::new().has_headers(false).from_reader(raw.as_bytes());
                let read = alone.records().next().map_or_else(String::new, |one| one.unwrap()[0].to_owned());
                assert_eq!(read, field, "{row:?} {place}: {raw:?}");
            }
            let end = span(row, 0, usize::MAX).start;
            assert!(row[end..].trim().is_empty(), "{row:?}");
        }
    }
}
