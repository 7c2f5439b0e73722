//! What to try when a line does not answer.

use super::Fault;
use crate::{agent::config::Link, runtime::lang::Text};
use std::io::ErrorKind;

impl Fault {
    /// One sentence for whoever stands in front of the cabinet.
    pub fn advice(&self, link: &Link) -> Text {
        let (zh, en) = match self {
            Fault::Unreachable(trouble) => unreachable(trouble.kind, link),
            Fault::Timeout(_) if link.wire().is_some() => (
                "核对仪表地址、波特率、校验位，A/B 线是否接反，仪表是否上电；回答慢时加大 timeout_ms",
                "check the meter's address, baud rate and parity, whether A and B are swapped, and its power; raise timeout_ms for a slow one",
            ),
            Fault::Timeout(_) => (
                "核对 unit_id；若对方是网关，核对其串口侧；回答慢时加大 timeout_ms",
                "check unit_id, and behind a gateway its serial side; raise timeout_ms for a slow one",
            ),
            Fault::Closed(_) => (
                "检查网线、转接头和供电；对方允许的连接数是否已用完",
                "check cable, adapter and power, and whether the other side has connections left",
            ),
            Fault::Malformed(_) if link.wire().is_some() => (
                "检查屏蔽与终端电阻、校验位设置，是否有两块仪表地址相同，线上是否另有主站",
                "check shield, termination and parity, whether two meters have one address, and whether another master is on the line",
            ),
            Fault::Malformed(_) => (
                "对方不是 Modbus TCP：若是透传的串口服务器，写 link = \"serial_server\"",
                "the other side does not speak Modbus TCP: for a serial server that passes bytes through write link = \"serial_server\"",
            ),
        };
        Text::new(zh, en)
    }
}

fn unreachable(kind: Option<ErrorKind>, link: &Link) -> (&'static str, &'static str) {
    match (link, kind) {
        (Link::Serial(_), Some(ErrorKind::NotFound)) => (
            "串口不存在：转接头是否插好？用 ls /dev/serial/by-id 查看名称",
            "there is no such port: is the adapter plugged in? ls /dev/serial/by-id shows the names",
        ),
        (Link::Serial(_), Some(ErrorKind::PermissionDenied)) => {
            ("没有权限：把运行用户加入 dialout 组", "it may not be opened: add the agent's user to the group dialout")
        }
        (Link::Serial(_), Some(ErrorKind::ResourceBusy)) => (
            "串口被别的程序占用：用 fuser 查看并停掉它（ModemManager 常见）",
            "another program has the port: fuser shows which; ModemManager is a common one",
        ),
        (Link::Serial(_), _) => {
            ("核对串口名称、波特率和 rs485 设置", "check the port's name, its baud rate and the setting rs485")
        }
        (Link::DialIn(_), _) => (
            "核对 DTU 的服务器地址、端口和注册包，以及 SIM 卡流量",
            "check the DTU's server address, port and registration, and its SIM card",
        ),
        (Link::Tls(..), None | Some(ErrorKind::InvalidData)) => (
            "核对 ca_file、cert_file、key_file 和 server_name，以及网关的时间",
            "check ca_file, cert_file, key_file and server_name, and this gateway's clock",
        ),
        (_, Some(ErrorKind::ConnectionRefused)) => (
            "地址上无人监听：核对端口，以及对方是否还有空闲连接",
            "nothing listens there: check the port, and whether the other side has connections left",
        ),
        _ => ("核对地址、网线和路由，ping 对方", "check address, cable and route, and ping it"),
    }
}
