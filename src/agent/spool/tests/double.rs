//! A disk that writes down each step, can leave a kind of step out or let one fail or wait, and knows what of the
//! folder would be left after a power cut: only contents that were fsynced, under names that were.

use super::super::disk::{Disk, OsDisk};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, SyncSender},
    },
};

/// What the disk only pretends to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    Nothing,
    /// The fsync of each commit; a generation is still created durably.
    CommitSync,
    FolderSync,
}

pub struct Double {
    root: PathBuf,
    skip: Skip,
    state: Mutex<State>,
    gate: Mutex<Option<Gate>>,
}

/// The next fsync of a data file says that it has begun, then waits.
pub struct Gate {
    pub entered: SyncSender<()>,
    pub release: Receiver<()>,
}

/// The folder as a power cut at one moment would leave it.
#[derive(Clone, Default)]
pub struct Image {
    contents: BTreeMap<PathBuf, Arc<Vec<u8>>>,
    names: BTreeSet<PathBuf>,
    /// What the workload last said of itself.
    pub note: (u64, u64),
}

#[derive(Default)]
struct State {
    steps: Vec<String>,
    failures: Vec<(String, i32)>,
    image: Image,
    images: Vec<Image>,
}

impl Double {
    pub fn new(root: &Path, skip: Skip) -> Arc<Double> {
        Arc::new(Double { root: root.to_path_buf(), skip, state: Mutex::default(), gate: Mutex::default() })
    }

    /// The steps since the last call.
    pub fn steps(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().steps)
    }

    /// The next step of this name fails, once for each call.
    pub fn fail(&self, step: &str) {
        self.fail_with(step, 5);
    }

    /// The same, with an error number of Linux.
    pub fn fail_with(&self, step: &str, code: i32) {
        self.state.lock().unwrap().failures.push((step.to_owned(), code));
    }

    pub fn wait_at(&self, gate: Gate) {
        *self.gate.lock().unwrap() = Some(gate);
    }

    /// Goes with each image from here on.
    pub fn note(&self, note: (u64, u64)) {
        self.state.lock().unwrap().image.note = note;
    }

    /// One image for each step so far.
    pub fn images(&self) -> Vec<Image> {
        self.state.lock().unwrap().images.clone()
    }

    fn step(&self, name: String, work: impl FnOnce(&mut Image) -> io::Result<()>) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.steps.push(name.clone());
        if let Some(at) = state.failures.iter().position(|(step, _)| *step == name) {
            let (_, code) = state.failures.remove(at);
            return Err(io::Error::from_raw_os_error(code));
        }
        let before = state.image.clone();
        state.images.push(before);
        work(&mut state.image)
    }

    fn name<'a>(&self, path: &'a Path) -> &'a str {
        match path.strip_prefix(&self.root).unwrap().to_str().unwrap() {
            "" => ".",
            name => name,
        }
    }
}

impl Disk for Double {
    fn flush(&self, db: &sled::Db) -> sled::Result<()> {
        self.step("flush".into(), |_| Ok(())).map_err(sled::Error::Io)?;
        OsDisk.flush(db)
    }

    fn sync_file(&self, path: &Path, _file: &File) -> io::Result<()> {
        let created = path.parent().is_some_and(|folder| folder.with_extension("ok").exists());
        if self.skip == Skip::CommitSync && created {
            return Ok(());
        }
        if path.ends_with("db")
            && let Some(gate) = self.gate.lock().unwrap().take()
        {
            gate.entered.send(()).unwrap();
            gate.release.recv().unwrap();
        }
        self.step(format!("fsync {}", self.name(path)), |image| {
            image.contents.insert(path.to_path_buf(), Arc::new(fs::read(path)?));
            Ok(())
        })
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        if self.skip == Skip::FolderSync {
            return Ok(());
        }
        self.step(format!("fsync {}/", self.name(path)), |image| {
            image.names.retain(|name| name.parent() != Some(path));
            for entry in fs::read_dir(path)? {
                image.names.insert(entry?.path());
            }
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(format!("rename {}", self.name(to)), |image| {
            if let Some(contents) = image.contents.remove(from) {
                image.contents.insert(to.to_path_buf(), contents);
            }
            OsDisk.rename(from, to)
        })
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.step(format!("remove {}", self.name(path)), |_| OsDisk.remove_file(path))
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.step(format!("remove {}/", self.name(path)), |_| OsDisk.remove_folder(path))
    }
}

impl Image {
    /// Lays the image of `root` out in `to`. A file whose contents were never fsynced is empty.
    pub fn write(&self, root: &Path, to: &Path) {
        for name in &self.names {
            let Ok(rest) = name.strip_prefix(root) else { continue };
            // A name can be durable only where its folder's name is.
            if rest.parent().is_some_and(|parent| !to.join(parent).is_dir()) {
                continue;
            }
            let to = to.join(rest);
            match self.contents.get(name) {
                Some(contents) => fs::write(to, &**contents).unwrap(),
                None if self.names.iter().any(|inner| inner.parent() == Some(name)) || is_folder(rest) => {
                    fs::create_dir(to).unwrap();
                }
                None => fs::write(to, b"").unwrap(),
            }
        }
    }
}

/// Folders by their names, as the folder itself may be gone: `g…`, `blobs`, `quarantine`.
fn is_folder(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    matches!(name, "blobs" | "quarantine") || (name.starts_with('g') && !name.contains('.'))
}
