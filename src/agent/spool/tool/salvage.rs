//! The readable records of quarantined generations, into a spool of their own.

use super::{SpoolError, StoppedSpool};
use crate::{
    agent::spool::{Limits, SledSpool, Spool},
    wire::record::Record,
};
use std::{fs, io, path::Path};

/// Records in one commit.
const COMMIT_RECORDS: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvaged {
    pub ordinal: u64,
    pub records: u64,
    /// Why there are no more.
    pub problem: Option<String>,
}

impl StoppedSpool {
    /// Each quarantined generation becomes a generation of the spool `into`, which must not be there yet. Works on
    /// copies of the damaged databases.
    ///
    /// # Errors
    /// `Io` and `Database`, of either folder.
    pub fn salvage(&self, into: &Path) -> Result<Vec<Salvaged>, SpoolError> {
        if into.exists() {
            return Err(SpoolError::Io { path: into.to_path_buf(), source: io::ErrorKind::AlreadyExists.into() });
        }
        let aside = self.layout.set_aside();
        let mut all = Vec::new();
        if !aside.dir().exists() {
            return Ok(all);
        }
        let spool = SledSpool::open(into, Vec::new(), &[], Limits::DEFAULT)?;
        let copies = into.join("salvage.tmp");
        for ordinal in aside.list()?.0.into_keys() {
            let copy = super::Layout::create(&copies)?;
            copy_tree(&aside.folder(ordinal), &copy.folder(ordinal)).map_err(SpoolError::at(&copies))?;
            let (mut pending, mut records, mut failed) = (Vec::<Record>::new(), 0_u64, None);
            let flush = |pending: &mut Vec<Record>| spool.commit(&std::mem::take(pending), None);
            let problem = StoppedSpool::each(&copy, ordinal, u64::MAX, |record| {
                pending.push(record);
                records += 1;
                if pending.len() >= COMMIT_RECORDS {
                    failed = flush(&mut pending).err();
                }
                failed.is_none()
            })?;
            failed.map_or_else(|| flush(&mut pending), Err)?;
            spool.rotate()?;
            fs::remove_dir_all(&copies).map_err(SpoolError::at(&copies))?;
            all.push(Salvaged { ordinal, records, problem });
        }
        Ok(all)
    }
}

/// Nothing where there is nothing.
fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    if !from.exists() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
