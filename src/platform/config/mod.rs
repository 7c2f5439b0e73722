//! platform.toml → checked settings.
//!
//! # Promises
//! - Unknown keys are refused; a problem names file, line, column, what is expected and what to do, in two languages.
//! - Nothing listens beyond loopback unless `allow_remote = true` stands beside its address.
//! - Paths are relative to the folder of the file.
//!
//! # Does not
//! Open what it names: the registry and the coefficients are read by their own stages.

use crate::runtime::{
    lang::Text,
    place::{Problem, Problems},
};
use serde::Deserialize;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};
use toml::Spanned;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlatformConfig {
    pub data_dir: PathBuf,
    /// CSV files of the registry.
    pub sites: PathBuf,
    pub gateways: PathBuf,
    /// Coefficient files, read as one table.
    pub coefficients: Vec<PathBuf>,
    /// Where gateways connect (gRPC).
    pub ingest_listen: SocketAddr,
    /// Where the JSON API and the dashboard are served.
    pub api_listen: SocketAddr,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    platform: PlatformSection,
    ingest: ListenSection,
    api: ListenSection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlatformSection {
    data_dir: Spanned<String>,
    sites: Spanned<String>,
    gateways: Spanned<String>,
    coefficients: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListenSection {
    listen: Spanned<String>,
    #[serde(default)]
    allow_remote: bool,
}

const FILE_BYTES_MAX: u64 = 1 << 20;

/// Blocks on the disk.
///
/// # Errors
/// Every problem that was found.
pub fn load(path: &Path) -> Result<PlatformConfig, Problems> {
    let file = path.display().to_string();
    let size = std::fs::metadata(path).map(|meta| meta.len());
    let text = match size {
        Ok(bytes) if bytes > FILE_BYTES_MAX => {
            Err(std::io::Error::other(format!("{bytes} bytes, at most {FILE_BYTES_MAX} are read")))
        }
        _ => std::fs::read_to_string(path),
    };
    let text = text.map_err(|error| {
        let what =
            Text::new(format!("无法读取配置文件：{error}"), format!("the configuration can not be read: {error}"));
        let fix = Text::new("请检查路径和权限", "check the path and its permissions");
        Problems(vec![Problem::at(&file, "", None, what, fix)])
    })?;
    parse(&text, path)
}

/// `path` is for messages, and its folder is where relative paths begin.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, path: &Path) -> Result<PlatformConfig, Problems> {
    let name = path.display().to_string();
    let file: File = toml::from_str(text).map_err(|error| Problems(vec![Problem::toml(&name, text, &error)]))?;
    let mut check = Check { name: &name, text, folder: path.parent().unwrap_or(Path::new("")), problems: Vec::new() };
    let data_dir = check.path("data_dir", &file.platform.data_dir);
    let sites = check.path("sites", &file.platform.sites);
    let gateways = check.path("gateways", &file.platform.gateways);
    let coefficients = file.platform.coefficients.iter().map(|path| check.path("coefficients", path)).collect();
    let ingest = check.listen("ingest.listen", &file.ingest);
    let api = check.listen("api.listen", &file.api);
    if let (Some(ingest), Some(api)) = (ingest, api)
        && ingest == api
        && api.port() != 0
    {
        check.problem(
            &file.api.listen,
            Text::new(
                format!("api.listen 与 ingest.listen 同为 {api}"),
                format!("api.listen is {api}, as ingest.listen is"),
            ),
            Text::new("请使用不同端口", "use another port"),
        );
    }
    match (ingest, api) {
        (Some(ingest_listen), Some(api_listen)) if check.problems.is_empty() => {
            Ok(PlatformConfig { data_dir, sites, gateways, coefficients, ingest_listen, api_listen })
        }
        _ => Err(Problems(check.problems)),
    }
}

struct Check<'a> {
    name: &'a str,
    text: &'a str,
    folder: &'a Path,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn problem(&mut self, found: &Spanned<String>, what: Text, fix: Text) {
        self.problems.push(Problem::at(self.name, self.text, Some(found.span()), what, fix));
    }

    fn path(&mut self, key: &str, found: &Spanned<String>) -> PathBuf {
        if found.get_ref().is_empty() {
            self.problem(
                found,
                Text::new(format!("{key} 为空"), format!("{key} is empty")),
                Text::new("请填写路径", "write a path"),
            );
        }
        self.folder.join(found.get_ref())
    }

    fn listen(&mut self, key: &str, section: &ListenSection) -> Option<SocketAddr> {
        let text = section.listen.get_ref();
        let Ok(address) = text.parse::<SocketAddr>() else {
            self.problem(
                &section.listen,
                Text::new(
                    format!("{key} 为 `{text}`，不是 IP:端口"),
                    format!("{key} is `{text}`, which is no IP address and port"),
                ),
                Text::new("请写成 \"127.0.0.1:7600\"", "write it as \"127.0.0.1:7600\""),
            );
            return None;
        };
        if !address.ip().is_loopback() && !section.allow_remote {
            self.problem(
                &section.listen,
                Text::new(
                    format!("{key} 为 {address}，其他机器可以访问"),
                    format!("{key} is {address}, which other machines can reach"),
                ),
                Text::new(
                    "请使用 127.0.0.1；如确需对外，请在旁边写 allow_remote = true",
                    "use 127.0.0.1, or write allow_remote = true beside it if that is meant",
                ),
            );
        }
        Some(address)
    }
}

#[cfg(test)]
mod tests;
