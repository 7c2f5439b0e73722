//! `[[uplink]]`.

use super::{NAME_EN, NAME_ZH};
use crate::runtime::settings::{Key, Shape, key};

pub static UPLINK_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "county""#).required();
pub static PLATFORM_URL: Key =
    key("platform_url", "http://主机:端口", "http://host:port", r#"platform_url = "http://platform.example:7600""#)
        .required();
pub static PROXY: Key = key(
    "proxy",
    "http://[用户:口令@]主机:端口 或 socks5://[用户:口令@]主机:端口",
    "http://[user:password@]host:port or socks5://[user:password@]host:port",
    r#"proxy = "http://192.168.1.1:3128""#,
);
pub static START_SPREAD_S: Key =
    key("start_spread_s", "0 到 3600 的整数（秒）", "an integer from 0 to 3600 (seconds)", "start_spread_s = 30");
pub static UPLINK_SHAPE: Shape =
    Shape { header: "[[uplink]]", keys: &[&UPLINK_NAME, &PLATFORM_URL, &PROXY, &START_SPREAD_S] };
