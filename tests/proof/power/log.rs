//! The recorder: built, loaded into a process, its log read.

use std::{path::Path, process::Command};

/// One line of the log. Files and folders are known by their inode number, names are relative to the folder.
pub enum Op {
    Create {
        path: String,
        ino: u64,
    },
    Write {
        ino: u64,
        at: u64,
        data: Vec<u8>,
    },
    Resize {
        ino: u64,
        size: u64,
    },
    /// `fallocate`: at least this size.
    Extend {
        ino: u64,
        size: u64,
    },
    Fsync {
        ino: u64,
    },
    /// Contents and size, but no name.
    Fdatasync {
        ino: u64,
    },
    /// `sync_file_range`, which makes nothing durable.
    Nothing,
    Rename {
        from: String,
        to: String,
    },
    Unlink {
        path: String,
    },
    Mkdir {
        path: String,
        ino: u64,
    },
    Rmdir {
        path: String,
    },
    Note(String),
}

/// Compiles the recorder.
pub fn build(folder: &Path) -> std::path::PathBuf {
    let library = folder.join("recorder.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/proof/recorder.c");
    let gcc = Command::new("gcc")
        .args(["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(source)
        .status();
    assert!(gcc.expect("gcc is there: tests/run installs it").success(), "the recorder compiles");
    library
}

pub fn read(path: &Path) -> Vec<Op> {
    let bytes = std::fs::read(path).unwrap();
    let mut rest = &bytes[..];
    let mut ops = Vec::new();
    while !rest.is_empty() {
        ops.push(op(&mut rest));
    }
    ops
}

fn op(rest: &mut &[u8]) -> Op {
    let mut take = |length: usize| {
        let (head, tail) = rest.split_at(length);
        *rest = tail;
        head
    };
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let code = take(1)[0];
    let (ino, at) = (number(take(8)), number(take(8)));
    let lengths = [(); 3].map(|()| usize::try_from(number(take(4))).unwrap());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (path, to, data) = (text(take(lengths[0])), text(take(lengths[1])), take(lengths[2]).to_vec());
    match code {
        1 => Op::Create { path, ino },
        2 => Op::Write { ino, at, data },
        3 => Op::Resize { ino, size: at },
        4 => Op::Fsync { ino },
        5 => Op::Fdatasync { ino },
        6 => Op::Nothing,
        7 => Op::Rename { from: path, to },
        8 => Op::Unlink { path },
        9 => Op::Mkdir { path, ino },
        10 => Op::Rmdir { path },
        11 => Op::Note(text(&data)),
        12 => Op::Extend { ino, size: at },
        code => panic!("the log has an unknown line {code}"),
    }
}
