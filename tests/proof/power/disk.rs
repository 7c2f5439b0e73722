//! A disk as the log describes it, and what of it a power cut leaves under each file-system model.
//!
//! | contents | after the cut |
//! |---|---|
//! | `All` | everything written: what `kill -9` leaves |
//! | `Drop` | nothing but what was fsynced |
//! | `Rand` | of what was not fsynced, a random subset of its 4 KiB pages, some torn at a sector, some only as zeros |
//!
//! | names | durable |
//! |---|---|
//! | `Posix` | by an fsync of their folder |
//! | `Ext4` | all earlier ones by any fsync, as a journal's commit does |

use super::log::Op;
use crate::dice::Dice;
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::Arc,
};

const PAGE: usize = 4096;
const SECTOR: usize = 512;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contents {
    All,
    Drop,
    Rand,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Names {
    Posix,
    Ext4,
}

type Entries = BTreeMap<String, usize>;
/// Files by their path; `None` is a folder.
pub type Image = BTreeMap<String, Option<Arc<Vec<u8>>>>;

#[derive(Clone)]
enum Node {
    Folder { live: Entries, posix: Entries, journal: Entries, dirty: bool },
    File { live: Arc<Vec<u8>>, durable: Arc<Vec<u8>>, pending: Vec<Change> },
}

#[derive(Clone)]
enum Change {
    Write { at: usize, data: Arc<Vec<u8>> },
    Resize { size: usize, only_up: bool },
}

#[derive(Clone)]
pub struct Disk {
    nodes: Vec<Node>,
    by_ino: HashMap<u64, usize>,
}

impl Disk {
    /// What is in `root` now, all of it durable.
    pub fn of(root: &Path) -> Disk {
        let mut disk = Disk { nodes: vec![], by_ino: HashMap::new() };
        disk.load(root);
        disk
    }

    fn load(&mut self, path: &Path) -> usize {
        let id = self.nodes.len();
        self.by_ino.insert(fs::metadata(path).unwrap().ino(), id);
        if path.is_dir() {
            self.nodes.push(folder());
            let mut entries = Entries::new();
            for entry in fs::read_dir(path).unwrap() {
                let entry = entry.unwrap();
                entries.insert(entry.file_name().into_string().unwrap(), self.load(&entry.path()));
            }
            let (posix, journal) = (entries.clone(), entries.clone());
            self.nodes[id] = Node::Folder { live: entries, posix, journal, dirty: false };
        } else {
            let live = Arc::new(fs::read(path).unwrap());
            self.nodes.push(Node::File { durable: Arc::clone(&live), live, pending: vec![] });
        }
        id
    }

    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Create { path, ino } => self.add(path, *ino, file()),
            Op::Mkdir { path, ino } => self.add(path, *ino, folder()),
            Op::Write { ino, at, data } => {
                let at = usize::try_from(*at).unwrap();
                self.change(*ino, Change::Write { at, data: Arc::new(data.clone()) });
            }
            Op::Resize { ino, size } => {
                self.change(*ino, Change::Resize { size: usize::try_from(*size).unwrap(), only_up: false });
            }
            Op::Extend { ino, size } => {
                self.change(*ino, Change::Resize { size: usize::try_from(*size).unwrap(), only_up: true });
            }
            Op::Fsync { ino } => {
                self.fsync(*ino);
                self.commit_journal();
            }
            Op::Fdatasync { ino } => self.fsync(*ino),
            Op::Rename { from, to } => {
                let node = self.edit(from, |entries, name| entries.remove(name)).expect("a renamed name is there");
                self.edit(to, |entries, name| entries.insert(name.to_owned(), node));
            }
            Op::Unlink { path } | Op::Rmdir { path } => {
                self.edit(path, |entries, name| entries.remove(name)).expect("a removed name is there");
            }
            Op::Nothing | Op::Note(_) => {}
        }
    }

    fn add(&mut self, path: &str, ino: u64, node: Node) {
        let id = self.nodes.len();
        self.nodes.push(node);
        self.by_ino.insert(ino, id);
        let before = self.edit(path, |entries, name| entries.insert(name.to_owned(), id));
        assert!(before.is_none(), "{path} was created and was there before: the recorder is blind");
    }

    fn edit<T>(&mut self, path: &str, change: impl FnOnce(&mut Entries, &str) -> T) -> T {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut at = 0;
        for step in parent.split('/').filter(|step| !step.is_empty()) {
            let Node::Folder { live, .. } = &self.nodes[at] else { panic!("{path} is below a file") };
            at = *live.get(step).unwrap_or_else(|| panic!("{path}: {step} is not there: the recorder is blind"));
        }
        let Node::Folder { live, dirty, .. } = &mut self.nodes[at] else { panic!("{path} is below a file") };
        *dirty = true;
        change(live, name)
    }

    fn node(&mut self, ino: u64) -> &mut Node {
        let id = *self.by_ino.get(&ino).expect("an inode that was never opened: the recorder is blind");
        &mut self.nodes[id]
    }

    fn change(&mut self, ino: u64, change: Change) {
        let Node::File { live, pending, .. } = self.node(ino) else { panic!("a folder is written") };
        let live = Arc::make_mut(live);
        match &change {
            Change::Write { at, data } => put(live, *at, data),
            Change::Resize { size, only_up } if !only_up || *size > live.len() => live.resize(*size, 0),
            Change::Resize { .. } => {}
        }
        pending.push(change);
    }

    fn fsync(&mut self, ino: u64) {
        match self.node(ino) {
            Node::File { live, durable, pending } => {
                *durable = Arc::clone(live);
                pending.clear();
            }
            Node::Folder { live, posix, .. } => posix.clone_from(live),
        }
    }

    fn commit_journal(&mut self) {
        for node in &mut self.nodes {
            if let Node::Folder { live, journal, dirty, .. } = node
                && std::mem::take(dirty)
            {
                journal.clone_from(live);
            }
        }
    }

    /// What a cut now leaves.
    pub fn image(&self, contents: Contents, names: Names, dice: &mut Dice) -> Image {
        let mut image = Image::new();
        let keep = [10, 50, 90][usize::try_from(dice.below(3)).unwrap()];
        self.lay_out(0, "", contents, names, keep, dice, &mut image);
        image
    }

    #[allow(clippy::too_many_arguments)] // one recursion
    fn lay_out(
        &self,
        folder: usize,
        path: &str,
        contents: Contents,
        names: Names,
        keep: u64,
        dice: &mut Dice,
        image: &mut Image,
    ) {
        let Node::Folder { live, posix, journal, .. } = &self.nodes[folder] else { return };
        let durable = match names {
            Names::Posix => posix,
            Names::Ext4 => journal,
        };
        let mut all: Vec<&String> = live.keys().chain(durable.keys()).collect();
        all.sort_unstable();
        all.dedup();
        for name in all {
            let (now, then) = (live.get(name), durable.get(name));
            let found = match contents {
                Contents::All => now,
                Contents::Drop => then,
                Contents::Rand if now == then || dice.percent(keep) => now,
                Contents::Rand => then,
            };
            let Some(&node) = found else { continue };
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            match &self.nodes[node] {
                Node::Folder { .. } => {
                    image.insert(path.clone(), None);
                    self.lay_out(node, &path, contents, names, keep, dice, image);
                }
                Node::File { live, durable, pending } => {
                    let bytes = match contents {
                        Contents::All => Arc::clone(live),
                        Contents::Drop => Arc::clone(durable),
                        Contents::Rand if pending.is_empty() => Arc::clone(durable),
                        Contents::Rand => Arc::new(some_of(durable, pending, keep, dice)),
                    };
                    image.insert(path, Some(bytes));
                }
            }
        }
    }
}

fn folder() -> Node {
    Node::Folder { live: Entries::new(), posix: Entries::new(), journal: Entries::new(), dirty: false }
}

fn file() -> Node {
    Node::File { live: Arc::default(), durable: Arc::default(), pending: vec![] }
}

fn put(bytes: &mut Vec<u8>, at: usize, data: &[u8]) {
    let end = at + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(data);
}

/// What was durable, and of each change since, page by page, some.
fn some_of(durable: &[u8], pending: &[Change], keep: u64, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = durable.to_vec();
    for change in pending {
        match change {
            Change::Resize { size, only_up } => {
                if dice.percent(keep) && (!only_up || *size > bytes.len()) {
                    bytes.resize(*size, 0);
                }
            }
            Change::Write { at, data } => {
                let mut from = 0;
                while from < data.len() {
                    // to the end of the page of the file
                    let to = data.len().min(from + PAGE - (at + from) % PAGE);
                    if dice.percent(keep) {
                        let part = &data[from..to];
                        match dice.below(20) {
                            0 => put(&mut bytes, at + from, &part[..torn(at + from, part.len(), dice)]),
                            // the size reached the disk, the page did not
                            1 if at + from >= durable.len() => put(&mut bytes, at + from, &vec![0; part.len()]),
                            _ => put(&mut bytes, at + from, part),
                        }
                    }
                    from = to;
                }
            }
        }
    }
    bytes
}

/// How much of a page's `length` bytes at `at` was written when the power went: whole sectors.
fn torn(at: usize, length: usize, dice: &mut Dice) -> usize {
    let cut = usize::try_from(dice.below(u64::try_from(PAGE / SECTOR).unwrap())).unwrap() * SECTOR;
    cut.saturating_sub(at % SECTOR).min(length)
}

pub fn write(image: &Image, to: &Path) {
    for (path, contents) in image {
        match contents {
            None => fs::create_dir(to.join(path)).unwrap(),
            // the ballast
            Some(bytes) if bytes.len() > 1 << 20 && bytes[..] == vec![0; bytes.len()] => {
                fs::File::create(to.join(path)).unwrap().set_len(bytes.len() as u64).unwrap();
            }
            Some(bytes) => fs::write(to.join(path), &**bytes).unwrap(),
        }
    }
}
