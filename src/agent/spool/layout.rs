//! The names in the spool's folder.
//!
//! ```text
//!   LOCK                         held by the process that uses the folder
//!   BOOT                         which run of which store this is: see boot.rs
//!   MARKS                        what each destination holds: see marks.rs
//!   WITNESS                      what the last commits were: see witness.rs
//!   BALLAST                      room for bad times: see ballast.rs
//!   REFUSED                      what platforms refused: see refused.rs
//!   g<ordinal, 16 hex>/          a sled database
//!   g<ordinal, 16 hex>.ok        it was created to the end: see note.rs
//!   g<ordinal, 16 hex>.sealed    it ended: see note.rs
//!   g<ordinal, 16 hex>.dropped   its marker, when it was dropped and its gap is not committed yet
//!   *.tmp                        one of these files, being written; deleted at start
//!   quarantine/                  the same names of generations that were found damaged, and g….reported where the
//!                                gap of one is committed
//! ```

use super::error::SpoolError;
use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

#[derive(Clone)]
pub(super) struct Layout {
    dir: PathBuf,
}

/// Which of a generation's names are there.
#[derive(Default, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub folder: bool,
    pub ok: bool,
    pub sealed: bool,
    pub dropped: bool,
    pub reported: bool,
}

impl Layout {
    /// Creates the folder, durably, where it is not there.
    pub fn create(dir: &Path) -> Result<Layout, SpoolError> {
        let dir = std::path::absolute(dir).map_err(SpoolError::at(dir))?;
        let missing = dir.ancestors().take_while(|folder| !folder.exists()).count();
        fs::create_dir_all(&dir).map_err(SpoolError::at(&dir))?;
        for parent in dir.ancestors().skip(1).take(missing) {
            File::open(parent).and_then(|parent| parent.sync_all()).map_err(SpoolError::at(parent))?;
        }
        Ok(Layout { dir })
    }

    /// The kernel releases it when the process ends, however it ends.
    pub fn lock(&self) -> Result<File, SpoolError> {
        let path = self.dir.join("LOCK");
        let mut options = File::options();
        let file = options.create(true).truncate(false).write(true).open(&path).map_err(SpoolError::at(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(SpoolError::Locked { folder: self.dir.clone() }),
            Err(TryLockError::Error(source)) => Err(SpoolError::Io { path, source }),
        }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn boot(&self) -> PathBuf {
        self.dir.join("BOOT")
    }

    pub fn marks(&self) -> PathBuf {
        self.dir.join("MARKS")
    }

    pub fn refused(&self) -> PathBuf {
        self.dir.join("REFUSED")
    }

    pub fn folder(&self, ordinal: u64) -> PathBuf {
        self.dir.join(format!("g{ordinal:016x}"))
    }

    /// sled's data file.
    pub fn data(&self, ordinal: u64) -> PathBuf {
        self.folder(ordinal).join("db")
    }

    pub fn ok(&self, ordinal: u64) -> PathBuf {
        self.dir.join(format!("g{ordinal:016x}.ok"))
    }

    pub fn sealed(&self, ordinal: u64) -> PathBuf {
        self.dir.join(format!("g{ordinal:016x}.sealed"))
    }

    pub fn dropped(&self, ordinal: u64) -> PathBuf {
        self.dir.join(format!("g{ordinal:016x}.dropped"))
    }

    /// In quarantine.
    pub fn reported(&self, ordinal: u64) -> PathBuf {
        self.dir.join(format!("g{ordinal:016x}.reported"))
    }

    pub fn witness(&self) -> PathBuf {
        self.dir.join("WITNESS")
    }

    pub fn ballast(&self) -> PathBuf {
        self.dir.join("BALLAST")
    }

    pub fn quarantine(&self) -> PathBuf {
        self.dir.join("quarantine")
    }

    /// The same names inside of the quarantine.
    pub fn set_aside(&self) -> Layout {
        Layout { dir: self.quarantine() }
    }

    /// What is in the folder by ordinal, and the files left half written. Foreign names are left alone.
    pub fn list(&self) -> Result<(BTreeMap<u64, Names>, Vec<PathBuf>), SpoolError> {
        let (mut generations, mut unfinished) = (BTreeMap::<u64, Names>::new(), Vec::new());
        for name in names(&self.dir).map_err(SpoolError::at(&self.dir))? {
            if let Some(finished) = name.strip_suffix(".tmp") {
                if ordinal(finished).is_some() || matches!(finished, "BOOT" | "MARKS" | "REFUSED" | "WITNESS") {
                    unfinished.push(self.dir.join(&name));
                }
                continue;
            }
            match ordinal(&name) {
                Some((ordinal, "")) => generations.entry(ordinal).or_default().folder = true,
                Some((ordinal, ".ok")) => generations.entry(ordinal).or_default().ok = true,
                Some((ordinal, ".sealed")) => generations.entry(ordinal).or_default().sealed = true,
                Some((ordinal, ".dropped")) => generations.entry(ordinal).or_default().dropped = true,
                Some((ordinal, ".reported")) => generations.entry(ordinal).or_default().reported = true,
                _ => {}
            }
        }
        Ok((generations, unfinished))
    }

    fn ordinals_where(&self, wanted: impl Fn(&Names) -> bool) -> Result<Vec<u64>, SpoolError> {
        if !self.dir.exists() {
            return Ok(Vec::new());
        }
        Ok(self.list()?.0.iter().filter(|(_, names)| wanted(names)).map(|(ordinal, _)| *ordinal).collect())
    }

    /// Dropped, and the gap not committed.
    pub fn dropped_ordinals(&self) -> Result<Vec<u64>, SpoolError> {
        self.ordinals_where(|names| names.dropped)
    }

    /// In quarantine: the gap is not committed.
    pub fn unreported(&self) -> Result<Vec<u64>, SpoolError> {
        self.ordinals_where(|names| !names.reported)
    }

    /// In quarantine: the gap is committed.
    pub fn reported_ordinals(&self) -> Result<Vec<u64>, SpoolError> {
        self.ordinals_where(|names| names.reported)
    }

    /// What all in this folder takes on the disk, as far as it can be seen.
    pub fn all_bytes(&self) -> u64 {
        disk_bytes(&self.dir)
    }

    /// The highest ordinal ever seen here, those in quarantine included, so that no name is given twice.
    pub fn last_ordinal(&self) -> Result<u64, SpoolError> {
        Ok(self.ordinals()?.last().copied().unwrap_or(0))
    }

    /// Every ordinal of which there is any name, here or in quarantine, ascending.
    pub fn ordinals(&self) -> Result<Vec<u64>, SpoolError> {
        let mut ordinals = std::collections::BTreeSet::new();
        for dir in [self.dir.clone(), self.quarantine()] {
            let names = match names(&dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                names => names.map_err(SpoolError::at(&dir))?,
            };
            ordinals.extend(names.iter().filter_map(|name| Some(ordinal(name)?.0)));
        }
        Ok(ordinals.into_iter().collect())
    }
}

fn disk_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => disk_bytes(&entry.path()),
        _ => entry.metadata().map_or(0, |file| file.blocks().saturating_mul(512)),
    });
    bytes.fold(0, u64::saturating_add)
}

fn names(dir: &Path) -> io::Result<Vec<String>> {
    let entries = fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    Ok(entries.iter().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

/// Ordinal and suffix of a generation's name.
fn ordinal(name: &str) -> Option<(u64, &str)> {
    let (digits, suffix) = name.strip_prefix('g')?.split_at_checked(16)?;
    let own = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    own.then(|| u64::from_str_radix(digits, 16).ok().map(|ordinal| (ordinal, suffix)))?
}
