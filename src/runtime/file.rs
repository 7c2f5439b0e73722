//! A file that a person wrote, whole and within a limit, or what is wrong with it.

use super::{
    lang::Text,
    problem::{At, Doc, Problems},
};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// The text of `path`, without a byte order mark. Blocks on the disk.
pub fn read(path: &Path, mib_max: usize) -> Result<String, Problems> {
    let file = path.display().to_string();
    let bytes = bytes(path, mib_max)?;
    let mut text = String::from_utf8(bytes).map_err(|error| not_utf8(&file, &error))?;
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(text)
}

/// What `path` holds, whatever it is. Blocks on the disk.
pub fn bytes(path: &Path, mib_max: usize) -> Result<Vec<u8>, Problems> {
    let file = path.display().to_string();
    let bytes_max = mib_max << 20;
    let bytes = taken(path, bytes_max).map_err(|error| unreadable(&file, &error))?;
    if bytes.len() > bytes_max { Err(too_large(&file, mib_max)) } else { Ok(bytes) }
}

/// One byte more than allowed is enough to know that it is too much.
fn taken(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(file: &str, error: &io::Error) -> Problems {
    let fix = match error.kind() {
        io::ErrorKind::NotFound => Text::new("核对路径", "check the path"),
        io::ErrorKind::PermissionDenied => {
            Text::new("让运行服务的用户可读此文件", "let the user that runs the service read it")
        }
        _ => Text::new("核对路径和磁盘", "check the path and the disk"),
    };
    let found = Text::new(format!("无法读取（{error}）"), format!("cannot be read ({error})"));
    Problems::of_file(file, found, Text::new("一个可读的文件", "a file that can be read"), fix)
}

fn too_large(file: &str, mib_max: usize) -> Problems {
    Problems::of_file(
        file,
        Text::new(format!("文件大于 {mib_max} MiB"), format!("the file has more than {mib_max} MiB")),
        Text::new(format!("最大 {mib_max} MiB"), format!("{mib_max} MiB at most")),
        Text::new("核对是否给错了文件，或将其拆分", "check that it is the right file, or divide it"),
    )
}

fn not_utf8(file: &str, error: &std::string::FromUtf8Error) -> Problems {
    let (valid, _) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
    let text = String::from_utf8_lossy(valid);
    let end = At { path: String::new(), span: text.len()..text.len() };
    let problem = Doc::new(file, &text).problem(
        &end,
        Text::new("一个不属于 UTF-8 的字节", "found a byte that is not UTF-8"),
        Text::new("UTF-8 编码的文本", "text in UTF-8"),
        Text::new(
            "另存为 UTF-8（表格软件中选“CSV UTF-8”）；GBK 文件须转换",
            "save the file as UTF-8 (\"CSV UTF-8\" in a spreadsheet); one in GBK must be converted",
        ),
    );
    problem.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_that_cannot_be_read_is_one_clear_problem() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.toml");
        let problem = |path: &Path| read(path, 1).unwrap_err().to_string().replace(&path.display().to_string(), "FILE");

        assert!(problem(&path).starts_with("FILE: cannot be read (No such file"), "{}", problem(&path));
        assert!(problem(folder.path()).starts_with("FILE: cannot be read (Is a directory"));
        fs::write(&path, b"# \xe4\xba\xa9\n# \xe5\xb7\xa5 \xb3\xa7\xc7\xf8\n").unwrap();
        let latin = "FILE:2:5  found a byte that is not UTF-8; expected text in UTF-8\n  fix: ";
        assert!(problem(&path).starts_with(latin), "{}", problem(&path));
        assert!(problem(&path).ends_with("\n  2 | # 工 \n    |      ^\n"), "{}", problem(&path));
        fs::write(&path, "#".repeat((1 << 20) + 1)).unwrap();
        assert!(problem(&path).starts_with("FILE: the file has more than 1 MiB; expected 1 MiB at most\n  fix: "));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.toml");
        fs::write(&path, "\u{feff}a = 1").unwrap();
        assert_eq!(read(&path, 1).unwrap(), "a = 1");
        fs::write(&path, "x".repeat(1 << 20)).unwrap();
        assert_eq!(read(&path, 1).unwrap().len(), 1 << 20);
    }
}
