//! The files of TLS, wherever a table speaks it.

use crate::runtime::settings::{Key, key};

pub static CA_FILE: Key = key("ca_file", "一个 PEM 文件路径", "the path of a file in PEM", r#"ca_file = "ca.pem""#);
pub static CERT_FILE: Key =
    key("cert_file", "一个 PEM 文件路径", "the path of a file in PEM", r#"cert_file = "client.pem""#);
/// Beside [`CERT_FILE`].
pub static CERT_KEY_FILE: Key =
    key("key_file", "一个 PEM 文件路径", "the path of a file in PEM", r#"key_file = "client.key""#);
pub static SERVER_NAME: Key = key(
    "server_name",
    "证书中的主机名或 IP 地址",
    "the host name or IP address in the server's certificate",
    r#"server_name = "broker.example""#,
);
