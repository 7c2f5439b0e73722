//! How large the parts of a workbook are when they are unpacked, before anyone keeps them.
//!
//! A workbook is a ZIP file, and 30 MiB of one can unpack to 30 GiB. What its directory says of sizes can be a lie, so each
//! part is unpacked once into nothing, and counted.

use std::io::{self, Cursor, Write};
use zip::ZipArchive;

/// 200,000 rows of 25 cells take about 200 MiB of XML.
pub(super) const UNPACKED_MIB_MAX: usize = 256;
/// A workbook has some twenty parts and a few for each sheet.
const PARTS_MAX: usize = 4096;
const MERGED: &[u8] = b"mergeCell";

/// Why a file is no workbook that can be opened.
#[derive(Debug, PartialEq)]
pub(super) enum Unfit {
    TooLarge,
    Damaged(String),
}

/// Whether any part speaks of merged cells.
pub(super) fn merged(bytes: &[u8]) -> Result<bool, Unfit> {
    let damaged = |error: zip::result::ZipError| Unfit::Damaged(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > PARTS_MAX {
        return Err(Unfit::TooLarge);
    }
    let mut count = Count { left: UNPACKED_MIB_MAX << 20, tail: Vec::new(), merged: false };
    for part in 0..archive.len() {
        let mut part = archive.by_index(part).map_err(damaged)?;
        count.tail.clear();
        if let Err(error) = io::copy(&mut part, &mut count) {
            return Err(if count.left == 0 { Unfit::TooLarge } else { Unfit::Damaged(error.to_string()) });
        }
    }
    Ok(count.merged)
}

/// Takes so many bytes and keeps none.
struct Count {
    left: usize,
    /// The end of what came before, for words that are cut in two.
    tail: Vec<u8>,
    merged: bool,
}

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.left {
            self.left = 0;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.left -= bytes.len();
        if !self.merged {
            self.tail.extend_from_slice(bytes.get(..MERGED.len()).unwrap_or(bytes));
            self.merged = holds(&self.tail) || holds(bytes);
            let kept = bytes.len().saturating_sub(MERGED.len());
            self.tail.clear();
            self.tail.extend_from_slice(bytes.get(kept..).unwrap_or_default());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn holds(bytes: &[u8]) -> bool {
    // few bytes of a sheet are a g: numbers and cell names have none
    let rest = |at: usize| bytes.get(at.saturating_sub(3)..).unwrap_or_default();
    bytes.iter().enumerate().any(|(at, byte)| *byte == b'g' && rest(at).starts_with(MERGED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count() -> Count {
        Count { left: 100, tail: Vec::new(), merged: false }
    }

    #[test]
    fn a_word_is_found_wherever_it_is_cut() {
        let text = b"</sheetData><mergeCells count=\"1\">";
        for cut in 0..text.len() {
            let mut count = count();
            count.write_all(&text[..cut]).unwrap();
            count.write_all(&text[cut..]).unwrap();
            assert!(count.merged, "{cut}");
        }
        let mut other = count();
        other.write_all(b"<c r=\"A1\"><v>merge</v><v>gCell</v></c>").unwrap();
        assert!(!other.merged);
    }

    #[test]
    fn it_takes_no_more_than_it_may() {
        let mut count = count();
        assert!(count.write_all(&[0; 100]).is_ok());
        assert!(count.write_all(&[0]).is_err() && count.left == 0);
    }
}
