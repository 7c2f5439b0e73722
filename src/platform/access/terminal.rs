//! A password from the terminal, without showing it; or the first line of standard input, for programs.

use super::password;
use crate::runtime::lang::{Lang, Text};
use rustix::termios::{LocalModes, OptionalActions, isatty, tcgetattr, tcsetattr};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
};

/// The first line of `file`; of the terminal, asked twice; or of standard input where that is no terminal.
///
/// # Errors
/// What can not be read, or is not twice the same.
pub fn password(file: Option<&Path>, lang: Lang) -> io::Result<String> {
    match file {
        Some(path) => first_line(File::open(path)?),
        None if isatty(io::stdin()) => asked(lang),
        None => first_line(io::stdin()),
    }
}

fn first_line(from: impl Read) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(from.take(password::BYTES_MAX as u64 + 2)).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

fn asked(lang: Lang) -> io::Result<String> {
    let first = hidden(&Text::new("密码：", "Password: "), lang)?;
    let again = hidden(&Text::new("再输一次：", "Once more: "), lang)?;
    let differ = Text::new("两次输入不同", "the two are not the same");
    if first == again { Ok(first) } else { Err(io::Error::other(differ.in_lang(lang))) }
}

fn hidden(prompt: &Text, lang: Lang) -> io::Result<String> {
    let mut error = io::stderr();
    write!(error, "{}", prompt.in_lang(lang))?;
    error.flush()?;
    let before = tcgetattr(io::stdin())?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
    let line = first_line(io::stdin().lock());
    tcsetattr(io::stdin(), OptionalActions::Flush, &before)?;
    writeln!(error)?;
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_a_file_is_its_first_line() {
        assert_eq!(first_line(&b"correct horse\r\nbattery\n"[..]).unwrap(), "correct horse");
        assert_eq!(first_line(&b""[..]).unwrap(), "");
    }
}
