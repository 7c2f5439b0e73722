//! `[[bus]]`: a line and how it is reached.

use super::{
    NAME_EN, NAME_ZH,
    meter::{METERS, POLL_INTERVAL_MS},
};
use crate::runtime::settings::{Key, Shape, key};

pub static BUS_NAME: Key = key("name", NAME_ZH, NAME_EN, r#"name = "workshop-1""#).required();
pub static LINK: Key = key(
    "link",
    "tcp、tls、serial_server、serial、dial_in 之一",
    "one of tcp, tls, serial_server, serial, dial_in",
    r#"link = "serial_server""#,
);
pub static ADDRESS: Key = key("address", "主机:端口", "host:port", r#"address = "192.168.1.10:502""#);
pub static DIAL_IN_ADDRESS: Key = key(
    "address",
    "DTU 拨入的本机 IP 地址:端口",
    "an IP address and a port of this gateway, where DTUs connect",
    r#"address = "0.0.0.0:9000""#,
);
pub static ALLOW_REMOTE: Key = key("allow_remote", "true 或 false", "true or false", "allow_remote = true");
pub static PORT: Key = key(
    "port",
    "串口设备的路径，以 /dev/ 开头",
    "the path of a serial port, below /dev/",
    r#"port = "/dev/serial/by-id/usb-FTDI_FT232R_A1B2C3-if00-port0""#,
);
pub static BAUD: Key =
    key("baud", "1200 到 115200 的整数", "an integer from 1200 to 115200 (bits a second)", "baud = 9600");
pub static LINE_FORMAT: Key =
    key("format", "8N1、8E1、8O1、8N2 之一", "one of 8N1, 8E1, 8O1, 8N2", r#"format = "8E1""#);
pub static RS485: Key = key("rs485", "true 或 false", "true or false", "rs485 = true");
pub static REGISTRATION: Key = key(
    "registration",
    "DTU 的注册包：1 到 256 字节的文本，或 hex: 加十六进制字节",
    "what the DTU sends first: text of 1 to 256 bytes, or hex: and bytes in hexadecimal",
    r#"registration = "DTU-0001""#,
);
pub static HEARTBEAT: Key = key(
    "heartbeat",
    "DTU 的心跳包：1 到 256 字节的文本，或 hex: 加十六进制字节",
    "what the DTU sends in between: text of 1 to 256 bytes, or hex: and bytes in hexadecimal",
    r#"heartbeat = "hex:fe""#,
);
pub static BUS_CA_FILE: Key = key("ca_file", "PEM 文件的路径", "the path of a PEM file", r#"ca_file = "plant-ca.pem""#);
pub static BUS_CERT_FILE: Key =
    key("cert_file", "PEM 文件的路径", "the path of a PEM file", r#"cert_file = "gateway.pem""#);
pub static BUS_KEY_FILE: Key =
    key("key_file", "PEM 文件的路径", "the path of a PEM file", r#"key_file = "gateway-key.pem""#);
pub static BUS_SERVER_NAME: Key = key(
    "server_name",
    "服务器证书中的主机名或 IP 地址",
    "the host name or IP address in the server's certificate",
    r#"server_name = "meters.plant.example""#,
);
pub static TIMEOUT_MS: Key =
    key("timeout_ms", "50 到 60000 的整数（毫秒）", "an integer from 50 to 60000 (milliseconds)", "timeout_ms = 1000");
pub static BUS_SHAPE: Shape = Shape {
    header: "[[bus]]",
    keys: &[
        &BUS_NAME,
        &LINK,
        &ADDRESS,
        &ALLOW_REMOTE,
        &PORT,
        &BAUD,
        &LINE_FORMAT,
        &RS485,
        &REGISTRATION,
        &HEARTBEAT,
        &BUS_CA_FILE,
        &BUS_CERT_FILE,
        &BUS_KEY_FILE,
        &BUS_SERVER_NAME,
        &TIMEOUT_MS,
        &POLL_INTERVAL_MS,
        &METERS,
    ],
};
