//! The gateway's key: a file beside the spool, made once.
//!
//! ```text
//!   mujun-key 1 <the Ed25519 secret, 32 bytes in hex> <CRC-32C of what stands before it>
//! ```
//!
//! # Promises
//! - The file appears whole and durably, readable by its owner only, or not at all.
//! - What is there is never replaced: a damaged file is an error until a person decides.
//!
//! # Does not
//! Belong to the spool: a new or renewed spool keeps the gateway's key. A copy of the whole disk is a copy of the key;
//! the platform says so when two gateways sign with one.

use crate::{
    runtime::{lang::Text, random},
    wire::hex,
};
use ed25519_dalek::SigningKey;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

const WORD: &str = "mujun-key 1 ";
/// A sound file has 85.
const FILE_BYTES_MAX: u64 = 256;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No agent with this file has run yet.
    #[error("{} is not there yet", .0.display())]
    Absent(PathBuf),
    /// It is there and is no key any more.
    #[error("the key file {} is damaged", .0.display())]
    Damaged(PathBuf),
    #[error("the key file {}: {source}", .path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl KeyError {
    /// What it is, what was expected, and how to mend it.
    pub fn text(&self) -> Text {
        match self {
            KeyError::Absent(path) => {
                let path = path.display();
                Text::new(
                    format!("{path}：尚无密钥\n  改法：先运行一次 mujun-agent run，密钥在首次启动时生成"),
                    format!("{path}: there is no key yet\n  fix: let `mujun-agent run` start once, it makes the key"),
                )
            }
            KeyError::Damaged(path) => {
                let path = path.display();
                Text::new(
                    format!(
                        "{path}：密钥文件已损坏；应为一行“{WORD}…”及其校验值\n  改法：从备份恢复此文件；若无备份，将其移走，\
                         重启后生成新密钥，再把 mujun-agent key 的输出补到平台登记表的 public_key（保留旧值）"
                    ),
                    format!(
                        "{path}: the key file is damaged; expected one line `{WORD}…` with its checksum\n  fix: put the \
                         file back from a backup; without one move it away, the next start makes a new key, and add what \
                         `mujun-agent key` prints to public_key in the platform's registry, behind the old one"
                    ),
                )
            }
            KeyError::Io { path, source } => {
                let path = path.display();
                Text::new(
                    format!("{path}：无法读写密钥文件（{source}）\n  改法：核对路径、磁盘及运行服务的用户的权限"),
                    format!(
                        "{path}: the key file can not be read or written ({source})\n  fix: check the path, the disk and \
                         what the service's user may do"
                    ),
                )
            }
        }
    }
}

/// The key of this file, which is made where there is none.
pub fn load_or_make(path: &Path) -> Result<SigningKey, KeyError> {
    match load(path) {
        Err(KeyError::Absent(_)) => {
            make(path).map_err(|source| KeyError::Io { path: path.to_owned(), source })?;
            load(path)
        }
        loaded => loaded,
    }
}

pub fn load(path: &Path) -> Result<SigningKey, KeyError> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(KeyError::Absent(path.to_owned())),
        read => read.map_err(|source| KeyError::Io { path: path.to_owned(), source })?,
    };
    parse(&bytes).ok_or_else(|| KeyError::Damaged(path.to_owned()))
}

/// As the registry wants it: 64 hex digits.
pub fn public_hex(key: &SigningKey) -> String {
    hex(key.verifying_key().as_bytes())
}

fn make(path: &Path) -> io::Result<()> {
    let text = format!("{WORD}{}", hex(&[random::id(), random::id()].concat()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    let beside = PathBuf::from(beside);
    // what an earlier start left of it may have been made under another mask
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(format!("{text} {:08x}\n", crc32c::crc32c(text.as_bytes())).as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(folder)?.sync_all()
}

fn parse(bytes: &[u8]) -> Option<SigningKey> {
    let (text, crc) = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?.rsplit_once(' ')?;
    if crc != format!("{:08x}", crc32c::crc32c(text.as_bytes())) {
        return None;
    }
    let digits = text.strip_prefix(WORD).filter(|digits| digits.len() == 64)?.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let secret: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    Some(SigningKey::from_bytes(&secret?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("gateway.key");
        assert!(matches!(load(&path), Err(KeyError::Absent(_))));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path.with_extension("key.tmp"), "half").unwrap(); // a start that was cut short
        let key = load_or_make(&path).unwrap();
        assert_eq!(load_or_make(&path).unwrap(), key);
        assert_eq!(load(&path).unwrap(), key);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert_eq!(public_hex(&key).len(), 64);
        let other = load_or_make(&folder.path().join("other.key")).unwrap();
        assert_ne!(public_hex(&other), public_hex(&key));
    }

    #[test]
    fn a_damaged_key_is_an_error_and_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.key");
        load_or_make(&path).unwrap();
        let sound = fs::read(&path).unwrap();
        for at in 0..=sound.len() {
            let mut damaged = sound.clone();
            match damaged.get_mut(at) {
                Some(byte) => *byte ^= 1,
                None => damaged.push(b' '),
            }
            fs::write(&path, &damaged).unwrap();
            assert!(matches!(load_or_make(&path), Err(KeyError::Damaged(_))), "byte {at}");
            assert_eq!(fs::read(&path).unwrap(), damaged);
        }
        for damaged in [&b""[..], &sound[..40]] {
            fs::write(&path, damaged).unwrap();
            let error = load_or_make(&path).unwrap_err();
            let said = error.text().en;
            assert!(said.contains("the key file is damaged; expected one line"), "{said}");
        }
    }
}
