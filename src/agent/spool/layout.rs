//! The names in the spool's folder, and the two small files beside each generation.
//!
//! ```text
//!   LOCK                         held by the process that uses the folder
//!   g<ordinal, 16 hex>/          a sled database
//!   g<ordinal, 16 hex>.ok        it was created to the end: its gen_id, and the records it began with
//!   g<ordinal, 16 hex>.sealed    it ended: gen_id, last seq, which is also the number of records, bytes of bodies
//!   *.tmp                        one of the two, being written; deleted at start
//!   quarantine/                  the same three names of generations that were found damaged
//! ```
//!
//! Both files are one line of text with its checksum, and appear at once: written beside, fsynced, renamed.

use super::{
    disk::Disk,
    error::{SpoolError, hex},
};
use crate::{runtime::fault, wire::GenId};
use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

#[derive(Clone)]
pub(super) struct Layout {
    dir: PathBuf,
}

/// Which of a generation's three names are there.
#[derive(Default, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub folder: bool,
    pub ok: bool,
    pub sealed: bool,
}

/// What `.ok` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub gen_id: GenId,
    /// Records that were durable before the generation counted as created.
    pub preamble: u64,
}

/// What `.sealed` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub gen_id: GenId,
    pub last: u64,
    pub bytes: u64,
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

    pub fn quarantine(&self) -> PathBuf {
        self.dir.join("quarantine")
    }

    /// What is in the folder by ordinal, and the files left half written. Foreign names are left alone.
    pub fn list(&self) -> Result<(BTreeMap<u64, Names>, Vec<PathBuf>), SpoolError> {
        let (mut generations, mut unfinished) = (BTreeMap::<u64, Names>::new(), Vec::new());
        for name in names(&self.dir).map_err(SpoolError::at(&self.dir))? {
            if name.ends_with(".tmp") && ordinal(&name).is_some() {
                unfinished.push(self.dir.join(&name));
                continue;
            }
            match ordinal(&name) {
                Some((ordinal, "")) => generations.entry(ordinal).or_default().folder = true,
                Some((ordinal, ".ok")) => generations.entry(ordinal).or_default().ok = true,
                Some((ordinal, ".sealed")) => generations.entry(ordinal).or_default().sealed = true,
                _ => {}
            }
        }
        Ok((generations, unfinished))
    }

    /// The highest ordinal ever seen here, those in quarantine included, so that no name is given twice.
    pub fn last_ordinal(&self) -> Result<u64, SpoolError> {
        let mut last = 0;
        for dir in [self.dir.clone(), self.quarantine()] {
            let names = match names(&dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                names => names.map_err(SpoolError::at(&dir))?,
            };
            last = names.iter().filter_map(|name| Some(ordinal(name)?.0)).fold(last, u64::max);
        }
        Ok(last)
    }

    pub fn write_marker(&self, disk: &dyn Disk, ordinal: u64, marker: &Marker) -> Result<(), SpoolError> {
        let line = format!("mujun-generation 1 {} {}", hex(&marker.gen_id), marker.preamble);
        self.write_line(disk, &self.ok(ordinal), &line)
    }

    pub fn write_manifest(&self, disk: &dyn Disk, ordinal: u64, manifest: &Manifest) -> Result<(), SpoolError> {
        let line = format!("mujun-sealed 1 {} {} {}", hex(&manifest.gen_id), manifest.last, manifest.bytes);
        fault::point("spool.before_manifest");
        self.write_line(disk, &self.sealed(ordinal), &line)?;
        fault::point("spool.after_manifest");
        Ok(())
    }

    /// `None` where the line is damaged.
    pub fn read_marker(&self, ordinal: u64) -> Result<Option<Marker>, SpoolError> {
        let line = read_line(&self.ok(ordinal))?;
        Ok(line.and_then(|line| match line.split(' ').collect::<Vec<_>>()[..] {
            ["mujun-generation", "1", gen_id, preamble] => {
                Some(Marker { gen_id: gen_id_from_hex(gen_id)?, preamble: preamble.parse().ok()? })
            }
            _ => None,
        }))
    }

    /// `None` where the line is damaged.
    pub fn read_manifest(&self, ordinal: u64) -> Result<Option<Manifest>, SpoolError> {
        let line = read_line(&self.sealed(ordinal))?;
        Ok(line.and_then(|line| match line.split(' ').collect::<Vec<_>>()[..] {
            ["mujun-sealed", "1", gen_id, last, bytes] => Some(Manifest {
                gen_id: gen_id_from_hex(gen_id)?,
                last: last.parse().ok()?,
                bytes: bytes.parse().ok()?,
            }),
            _ => None,
        }))
    }

    fn write_line(&self, disk: &dyn Disk, path: &Path, line: &str) -> Result<(), SpoolError> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".tmp");
        let beside = PathBuf::from(beside);
        let mut file = File::create(&beside).map_err(SpoolError::at(&beside))?;
        file.write_all(format!("{line} {:08x}\n", crc32c::crc32c(line.as_bytes())).as_bytes())
            .and_then(|()| disk.sync_file(&beside, &file))
            .map_err(SpoolError::at(&beside))?;
        fault::point("spool.before_rename");
        disk.rename(&beside, path).map_err(SpoolError::at(path))?;
        disk.sync_folder(&self.dir).map_err(SpoolError::at(&self.dir))
    }
}

/// The line without its checksum, `None` where that does not match.
fn read_line(path: &Path) -> Result<Option<String>, SpoolError> {
    let bytes = fs::read(path).map_err(SpoolError::at(path))?;
    let line = || {
        let text = std::str::from_utf8(&bytes).ok()?.strip_suffix('\n')?;
        let (line, crc) = text.rsplit_once(' ')?;
        (crc == format!("{:08x}", crc32c::crc32c(line.as_bytes()))).then(|| line.to_owned())
    };
    Ok(line())
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

fn gen_id_from_hex(text: &str) -> Option<GenId> {
    let number = (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok())??;
    Some(number.to_be_bytes())
}
