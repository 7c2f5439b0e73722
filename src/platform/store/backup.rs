//! A copy of the embedded store while it runs.
//!
//! # Promises
//! - The copy is one state of the store, whatever is written meanwhile, and the writer does not wait for it.
//! - It is there whole, checked and on the disk, or not at all. It is a data folder: a platform runs on it as it is.
//!
//! # Does not
//! Copy a cluster: PostgreSQL has its own ways, `pg_basebackup` and `pg_dump`.

use super::{
    StoreError,
    folder::Folder,
    sql::{Tx, params},
};
use std::{fs::File, path::Path};

/// Copies the store in `from` into the folder `to`, which must have none. Bytes of the copy. Blocks on the disk.
///
/// # Errors
/// [`StoreError::Folder`] of the folder that can not be read or written, [`StoreError::NotEmpty`] when `to` has a store
/// already, [`StoreError::BadCopy`] when the copy is no sound database.
pub fn backup(from: &Path, to: &Path) -> Result<u64, StoreError> {
    let failed = |source: std::io::Error| StoreError::Folder { dir: to.to_owned(), source: source.into() };
    std::fs::create_dir_all(to).map_err(failed)?;
    let (file, part) = (Folder::file_in(to), to.join("mujun.db.part"));
    if file.exists() {
        return Err(StoreError::NotEmpty { table: file.display().to_string() });
    }
    // of an attempt that was cut off
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let name = part.to_str().ok_or_else(|| failed(std::io::ErrorKind::InvalidFilename.into()))?;
    let source = Folder::look(from)?;
    // one read transaction; and what was deleted before is in no page of the copy
    Tx::on(&source).execute("VACUUM INTO ?1", params![name])?;
    check(&part)?;
    let written = File::open(&part).and_then(|part| part.sync_all().and_then(|()| part.metadata())).map_err(failed)?;
    std::fs::rename(&part, &file).map_err(failed)?;
    File::open(to).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(written.len())
}

fn check(file: &Path) -> Result<(), StoreError> {
    let copy = Folder::reader(file)?;
    let said: String = Tx::on(&copy).only("PRAGMA integrity_check", params![], |row| row.get(0))?;
    if said == "ok" { Ok(()) } else { Err(StoreError::BadCopy(said)) }
}
