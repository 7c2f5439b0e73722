//! Every key of platform.toml.

use crate::runtime::settings::{Key, Shape, key};

pub(super) static PLATFORM: Key =
    key("platform", "一个 [platform] 表", "one table [platform]", "[platform]").required();
pub(super) static INGEST: Key = key("ingest", "一个 [ingest] 表", "one table [ingest]", "[ingest]").required();
pub(super) static API: Key = key("api", "一个 [api] 表", "one table [api]", "[api]").required();
pub(super) static ROOT_SHAPE: Shape = Shape { header: "", keys: &[&PLATFORM, &INGEST, &API] };

pub(super) static DATA_DIR: Key =
    key("data_dir", "一个文件夹路径", "the path of a folder", r#"data_dir = "/var/lib/mujun-platform""#).required();
pub(super) static SITES: Key =
    key("sites", "一个 CSV 文件的路径", "the path of a CSV file", r#"sites = "sites.csv""#).required();
pub(super) static GATEWAYS: Key =
    key("gateways", "一个 CSV 文件的路径", "the path of a CSV file", r#"gateways = "gateways.csv""#).required();
pub(super) static COEFFICIENTS: Key = key(
    "coefficients",
    "若干系数文件路径的数组",
    "an array of the paths of coefficient files",
    r#"coefficients = ["coefficients/gbt-2589-2020.toml"]"#,
)
.required();
pub(super) static PLATFORM_SHAPE: Shape =
    Shape { header: "[platform]", keys: &[&DATA_DIR, &SITES, &GATEWAYS, &COEFFICIENTS] };

pub(super) static LISTEN: Key =
    key("listen", "IP 地址:端口", "an IP address and a port", r#"listen = "127.0.0.1:7600""#).required();
pub(super) static ALLOW_REMOTE: Key = key("allow_remote", "true 或 false", "true or false", "allow_remote = true");
pub(super) static INGEST_SHAPE: Shape = Shape { header: "[ingest]", keys: &[&LISTEN, &ALLOW_REMOTE] };
pub(super) static API_SHAPE: Shape = Shape { header: "[api]", keys: &[&LISTEN, &ALLOW_REMOTE] };

/// To tell where a misplaced key belongs.
pub(super) static SHAPES: [&Shape; 3] = [&ROOT_SHAPE, &PLATFORM_SHAPE, &INGEST_SHAPE];
