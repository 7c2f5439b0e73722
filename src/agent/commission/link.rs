//! Which line a tool speaks to: a bus of the configuration, or a link on the command line.

use super::{busy, wire};
use crate::{
    agent::config::{self, Bus, Config, Link, Serial, Wire},
    runtime::lang::Lang,
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_millis(1000);
const TIMEOUT_MS: std::ops::RangeInclusive<u64> = 50..=60_000;

#[derive(clap::Args, Clone, Debug, Default)]
pub struct LinkArguments {
    /// A bus of the configuration
    #[arg(long, value_name = "NAME", conflicts_with_all = ["serial", "tcp", "serial_server"])]
    pub bus: Option<String>,
    /// A serial port; no configuration is needed then
    #[arg(long, value_name = "PORT", conflicts_with_all = ["tcp", "serial_server"])]
    pub serial: Option<PathBuf>,
    /// Modbus TCP
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "serial_server")]
    pub tcp: Option<String>,
    /// A serial server that passes the bytes of a line through
    #[arg(long, value_name = "HOST:PORT")]
    pub serial_server: Option<String>,
    /// Bits a second, by default 9600; a scan takes several, with commas between
    #[arg(long, value_delimiter = ',', value_name = "BAUD")]
    pub baud: Vec<u32>,
    /// 8N1, 8E1, 8N2 or 8O1, by default 8N1; a scan takes several
    #[arg(long, value_delimiter = ',', value_name = "FORMAT")]
    pub format: Vec<String>,
    /// How long an answer may take
    #[arg(long, value_name = "MS")]
    pub timeout_ms: Option<u64>,
    /// Keep every byte with its time in this file, for `replay`
    #[arg(long, value_name = "FILE")]
    pub capture: Option<PathBuf>,
    /// One JSON object instead of a table
    #[arg(long)]
    pub json: bool,
}

/// A line that may be used.
#[derive(Debug)]
pub struct Target {
    /// Of a link on the command line: with no meters.
    pub bus: Bus,
    pub config: Option<Config>,
}

impl LinkArguments {
    /// `usual`: what holds where neither the command line nor the configuration names a timeout. What is wrong is said
    /// in the language of the user.
    pub fn target(&self, config: &Path, usual: Option<Duration>, lang: Lang) -> Result<Target, String> {
        let timeout = match self.timeout_ms {
            Some(ms) if !TIMEOUT_MS.contains(&ms) => {
                return Err(lang.pick(
                    format!("--timeout-ms {ms}：须为 50 到 60000（毫秒）"),
                    format!("--timeout-ms {ms}: from 50 to 60000 (milliseconds) is needed"),
                ));
            }
            ms => ms.map(Duration::from_millis),
        };
        let wires = self.wires(lang)?;
        let first = wires.first().copied().or_else(|| wire::wire(9600, "8N1"));
        let link = match (&self.bus, &self.serial, &self.tcp, &self.serial_server, first) {
            (Some(name), ..) => return self.of_configuration(name, config, timeout, lang),
            (_, Some(path), _, _, Some(wire)) => {
                // only where there is one that can be read: none is needed
                if let Ok(config) = config::load(config) {
                    busy::check(&config, path, lang)?;
                }
                Link::Serial(Serial { path: path.clone(), wire, rs485: false })
            }
            (_, _, Some(address), ..) => Link::Tcp(endpoint(address, lang)?),
            (_, _, _, Some(address), Some(wire)) => Link::SerialServer(endpoint(address, lang)?, wire),
            _ => {
                return Err(lang.pick(
                    "没有指定线路：写 --bus 名称（配置文件中的）、--serial /dev/ttyUSB0、--tcp 主机:端口 或 --serial-server 主机:端口"
                        .to_owned(),
                    "no line is named: write --bus NAME (of the configuration), --serial /dev/ttyUSB0, --tcp host:port or \
                     --serial-server host:port"
                        .to_owned(),
                ));
            }
        };
        let timeout = timeout.or(usual).unwrap_or(TIMEOUT);
        let bus = Bus { name: place(&link), link, timeout, poll_interval: Duration::from_secs(1), meters: Vec::new() };
        Ok(Target { bus, config: None })
    }

    fn of_configuration(
        &self,
        name: &str,
        path: &Path,
        timeout: Option<Duration>,
        lang: Lang,
    ) -> Result<Target, String> {
        let config = config::load(path).map_err(|problems| problems.render(lang).to_string())?;
        let known: Vec<_> = config.buses.iter().map(|bus| bus.name.clone()).collect();
        let Some(mut bus) = config.buses.iter().find(|bus| bus.name == name).cloned() else {
            let (path, known) = (path.display(), known.join(lang.pick("、", ", ")));
            return Err(lang.pick(
                format!("{path} 中没有总线 {name}\n  已有：{known}"),
                format!("{path} has no bus {name}\n  it has: {known}"),
            ));
        };
        if let Link::Serial(serial) = &bus.link {
            busy::check(&config, &serial.path, lang)?;
        }
        if let Link::DialIn(dial_in) = &bus.link {
            busy::check_dial_in(&config, dial_in.listen, lang)?;
        }
        bus.timeout = timeout.unwrap_or(bus.timeout);
        Ok(Target { bus, config: Some(config) })
    }

    /// Every pair of the speeds and formats that were given; a scan fills in what was not.
    pub fn wires(&self, lang: Lang) -> Result<Vec<Wire>, String> {
        let bauds = if self.baud.is_empty() { &[9600][..] } else { &self.baud };
        let formats = if self.format.is_empty() { vec!["8N1".to_owned()] } else { self.format.clone() };
        let pairs = bauds.iter().flat_map(|baud| formats.iter().map(|format| (*baud, format.as_str())));
        let known = |(baud, format): (u32, &str)| {
            wire::wire(baud, format).ok_or_else(|| {
                lang.pick(
                    format!("{baud} {format} 不可用：速率 1200 到 115200，格式 8N1、8E1、8N2、8O1"),
                    format!("{baud} {format} can not be used: 1200 to 115200, and 8N1, 8E1, 8N2 or 8O1"),
                )
            })
        };
        pairs.map(known).collect()
    }
}

/// Where the line is, for people.
pub fn place(link: &Link) -> String {
    match link {
        Link::Tcp(address) | Link::Tls(address, _) => address.clone(),
        Link::SerialServer(address, wire) => format!("{address} {}", wire::shown(*wire)),
        Link::Serial(serial) => format!("{} {}", serial.path.display(), wire::shown(serial.wire)),
        Link::DialIn(dial_in) => dial_in.listen.to_string(),
    }
}

/// The same line at another speed; of a serial port alone, which is ours to set.
pub fn at(link: &Link, wire: Wire) -> Link {
    match link {
        Link::Serial(serial) => Link::Serial(Serial { wire, ..serial.clone() }),
        other => other.clone(),
    }
}

/// The keys of a `[[bus]]` that this line is.
pub fn toml(name: &str, link: &Link) -> String {
    // what JSON escapes TOML does in the same way
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let wire_keys = |wire: &Wire| format!("baud = {}\nformat = \"{}\"\n", wire.baud, wire::format(*wire));
    let head = format!("[[bus]]\nname = {}\n", quoted(name));
    match link {
        Link::Tcp(address) | Link::Tls(address, _) => format!("{head}link = \"tcp\"\naddress = {}\n", quoted(address)),
        Link::SerialServer(address, wire) => {
            format!("{head}link = \"serial_server\"\naddress = {}\n{}", quoted(address), wire_keys(wire))
        }
        Link::Serial(serial) => {
            let port = quoted(&serial.path.to_string_lossy());
            format!("{head}link = \"serial\"\nport = {port}\n{}", wire_keys(&serial.wire))
        }
        Link::DialIn(dial_in) => {
            format!("{head}link = \"dial_in\"\naddress = \"{}\"\n{}", dial_in.listen, wire_keys(&dial_in.wire))
        }
    }
}

fn endpoint(text: &str, lang: Lang) -> Result<String, String> {
    let port =
        text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).and_then(|(_, port)| port.parse::<u16>().ok());
    match port {
        Some(port) if port > 0 => Ok(text.to_owned()),
        _ => Err(lang.pick(
            format!("{text} 不是地址：写作 主机:端口，例如 192.168.1.10:502"),
            format!("{text} is no address: write host:port, such as 192.168.1.10:502"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(arguments: &LinkArguments) -> Result<Target, String> {
        arguments.target(Path::new("/nowhere/agent.toml"), None, Lang::En)
    }

    #[test]
    fn a_link_of_the_command_line_needs_no_configuration() {
        let serial = LinkArguments {
            serial: Some("/dev/ttyUSB0".into()),
            baud: vec![2400],
            format: vec!["8e1".into()],
            ..LinkArguments::default()
        };
        assert_eq!(target(&serial).unwrap().bus.name, "/dev/ttyUSB0 2400 8E1");
        let tcp = LinkArguments { tcp: Some("10.0.0.1:502".into()), ..LinkArguments::default() };
        assert_eq!(target(&tcp).unwrap().bus.link, Link::Tcp("10.0.0.1:502".into()));
    }

    #[test]
    fn what_is_wrong_says_what_is_needed() {
        let wrong = |arguments| target(&arguments).unwrap_err();
        assert!(wrong(LinkArguments::default()).contains("--serial-server host:port"));
        let base = LinkArguments { serial_server: Some("h:1".into()), ..LinkArguments::default() };
        assert!(wrong(LinkArguments { baud: vec![300], ..base.clone() }).contains("1200 to 115200"));
        assert!(wrong(LinkArguments { timeout_ms: Some(1), ..base }).contains("50 to 60000"));
        let tcp = |text: &str| LinkArguments { tcp: Some(text.into()), ..LinkArguments::default() };
        assert!(wrong(tcp("host")).contains("host:port") && wrong(tcp(":502")).contains("host:port"));
    }

    #[test]
    fn a_line_is_written_as_the_configuration_has_it() {
        let link = Link::Serial(Serial { path: "/dev/a".into(), wire: wire::wire(9600, "8E1").unwrap(), rs485: false });
        let text = toml("line-1", &link);
        assert_eq!(
            text,
            "[[bus]]\nname = \"line-1\"\nlink = \"serial\"\nport = \"/dev/a\"\nbaud = 9600\nformat = \"8E1\"\n"
        );
    }
}
