//! Small files of text whose lines carry their checksum, and that appear at once: written beside, fsynced, renamed.

use super::{disk::Disk, error::SpoolError};
use crate::{
    runtime::fault,
    wire::{GenId, hex},
};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// Bytes of any of these files. The largest, MARKS, has about 100 for each generation and destination.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// `text` and its checksum.
pub(super) fn checked(text: &str) -> String {
    format!("{text} {:08x}\n", crc32c::crc32c(text.as_bytes()))
}

/// The text of a line, without its line break, whose checksum is right.
pub(super) fn unchecked(line: &str) -> Option<&str> {
    let (text, crc) = line.rsplit_once(' ')?;
    (crc == format!("{:08x}", crc32c::crc32c(text.as_bytes()))).then_some(text)
}

/// Durable on return. After an error or a crash there is the old file or the new one.
pub(super) fn replace(disk: &dyn Disk, path: &Path, contents: &[u8]) -> Result<(), SpoolError> {
    let beside = beside(path);
    let mut file = File::create(&beside).map_err(SpoolError::at(&beside))?;
    file.write_all(contents).and_then(|()| disk.sync_file(&beside, &file)).map_err(SpoolError::at(&beside))?;
    fault::point("spool.before_rename");
    disk.rename(&beside, path).map_err(SpoolError::at(path))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    disk.sync_folder(folder).map_err(SpoolError::at(folder))
}

/// The name under which a file is written before it appears.
fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    PathBuf::from(beside)
}

/// The file's only line, `None` where it is damaged.
pub(super) fn read_one(path: &Path) -> Result<Option<String>, SpoolError> {
    let text = read(path).map_err(SpoolError::at(path))?;
    let line = || Some(unchecked(text.as_deref()?.strip_suffix('\n')?)?.to_owned());
    Ok(line())
}

/// The whole file, `None` where it is no text or unreasonably large.
pub(super) fn read(path: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= FILE_BYTES_MAX))
}

/// `-` where there is none.
pub(super) fn hex_or_none(id: Option<&GenId>) -> String {
    id.map_or("-".into(), |id| hex(id))
}

pub(super) fn id_from_hex(text: &str) -> Option<[u8; 16]> {
    let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some(u128::from_str_radix(digits.then_some(text)?, 16).ok()?.to_be_bytes())
}

/// The outer `None`: neither an id nor `-`.
pub(super) fn id_or_none(text: &str) -> Option<Option<GenId>> {
    if text == "-" { Some(None) } else { id_from_hex(text).map(Some) }
}
