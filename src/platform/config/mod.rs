//! Configuration of the platform: TOML in, a checked [`PlatformConfig`] out, or every problem with its place.

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

#[derive(Clone, Debug, PartialEq)]
pub struct PlatformConfig {
    pub data_dir: PathBuf,
    pub sites: PathBuf,
    pub gateways: PathBuf,
    pub coefficients: Vec<PathBuf>,
    pub ingest_listen: SocketAddr,
    pub api_listen: SocketAddr,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    platform: Platform,
    ingest: Listen,
    api: Listen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Platform {
    data_dir: PathBuf,
    sites: PathBuf,
    gateways: PathBuf,
    coefficients: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listen {
    listen: Spanned<String>,
    #[serde(default)]
    allow_remote: bool,
}

/// Paths in the file are taken from the file's own folder.
pub fn load(path: &Path) -> Result<PlatformConfig, Problems> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let what = Text::new(format!("无法读取配置：{error}"), format!("the configuration can not be read: {error}"));
        let fix = Text::new("请检查 --config 的路径", "check the path after --config");
        Problems(vec![Problem::at(&name, "", None, what, fix)])
    })?;
    parse(&text, &name, path.parent().unwrap_or(Path::new(".")))
}

pub fn parse(text: &str, name: &str, folder: &Path) -> Result<PlatformConfig, Problems> {
    let file: File = toml::from_str(text).map_err(|error| Problems(vec![Problem::toml(name, text, &error)]))?;
    let mut problems = Vec::new();
    let mut address = |listen: &Listen| {
        let (span, found) = (Some(listen.listen.span()), listen.listen.get_ref());
        let (what, fix) = match found.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() || listen.allow_remote => return Some(address),
            Ok(_) => (
                Text::new(
                    format!("`{found}` 不是本机地址：本版本的数据流没有加密和身份认证"),
                    format!(
                        "`{found}` is not a loopback address: streams have no encryption and no identity in this version"
                    ),
                ),
                Text::new(
                    "使用 127.0.0.1，或在同一节中写 allow_remote = true",
                    "use 127.0.0.1, or write allow_remote = true beside it",
                ),
            ),
            Err(_) => (
                Text::new(format!("`{found}` 不是 地址:端口"), format!("`{found}` is no address:port")),
                Text::new("例如 127.0.0.1:7600", "such as 127.0.0.1:7600"),
            ),
        };
        problems.push(Problem::at(name, text, span, what, fix));
        None
    };
    let (ingest, api) = (address(&file.ingest), address(&file.api));
    match (ingest, api) {
        (Some(ingest_listen), Some(api_listen)) => Ok(PlatformConfig {
            data_dir: folder.join(file.platform.data_dir),
            sites: folder.join(file.platform.sites),
            gateways: folder.join(file.platform.gateways),
            coefficients: file.platform.coefficients.iter().map(|path| folder.join(path)).collect(),
            ingest_listen,
            api_listen,
        }),
        _ => Err(Problems(problems)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::lang::Lang;

    #[test]
    fn the_shipped_file_is_right() {
        let config = load(Path::new("deploy/platform.toml")).unwrap();
        assert!(config.ingest_listen.ip().is_loopback() && config.api_listen.ip().is_loopback());
    }

    #[test]
    fn wrong_files_are_refused_with_place_and_remedy() {
        let good = std::fs::read_to_string("deploy/platform.toml").unwrap();
        let refused = |from: &str, to: &str| {
            assert!(good.contains(from));
            parse(&good.replace(from, to), "platform.toml", Path::new(".")).unwrap_err().render(Lang::En)
        };
        assert!(refused("127.0.0.1:7600", "0.0.0.0:7600").contains("allow_remote = true"));
        assert!(refused("127.0.0.1:7601", "here").contains("`here` is no address:port"));
        assert!(refused("data_dir", "data_dri").contains("data_dri"));
    }
}
