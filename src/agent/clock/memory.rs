//! The segments of this kernel boot that wait for the time, on the disk: they outlive a run.

use super::Waiting;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

const FILE_BYTES_MAX: u64 = 1 << 20;

pub(super) struct Memory {
    folder: PathBuf,
    boot_id: String,
    saved: Vec<Waiting>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    boot_id: String,
    waiting: Vec<Waiting>,
}

impl Memory {
    /// What an earlier run of the same kernel boot left. Blocks on the disk.
    pub fn open(folder: &Path, boot_id: &str) -> Memory {
        let mut memory = Memory { folder: folder.to_path_buf(), boot_id: boot_id.to_owned(), saved: Vec::new() };
        match memory.read() {
            Ok(Some(kept)) if kept.boot_id == boot_id && !boot_id.is_empty() => memory.saved = kept.waiting,
            Ok(_) => {}
            Err(error) => tracing::warn!(
                %error,
                file = %memory.path().display(),
                "what waits for the time can not be read: samples of earlier runs since the boot stay without a place"
            ),
        }
        memory
    }

    pub fn saved(&self) -> &[Waiting] {
        &self.saved
    }

    fn path(&self) -> PathBuf {
        self.folder.join("CLOCK")
    }

    fn read(&self) -> io::Result<Option<Kept>> {
        let file = match File::open(self.path()) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if file.metadata()?.len() > FILE_BYTES_MAX {
            return Err(io::Error::other("the file is too large"));
        }
        Ok(Some(serde_json::from_reader(io::BufReader::new(file))?))
    }

    /// Durable on return, where it changed. Blocks on the disk.
    pub fn save(&mut self, waiting: &[Waiting]) -> io::Result<()> {
        if waiting == self.saved {
            return Ok(());
        }
        let kept = Kept { boot_id: self.boot_id.clone(), waiting: waiting.to_vec() };
        let written = self.folder.join("CLOCK.tmp");
        let mut file = File::create(&written)?;
        file.write_all(&serde_json::to_vec(&kept)?)?;
        file.sync_all()?;
        fs::rename(&written, self.path())?;
        File::open(&self.folder)?.sync_all()?;
        self.saved = waiting.to_vec();
        Ok(())
    }
}
