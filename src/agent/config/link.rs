//! How a bus is reached.

use super::{
    DialIn, Link, Parity, Serial, Tls, Wire, address,
    file::Listed,
    fit::{self, Fit},
    key::{
        ADDRESS, ALLOW_REMOTE, BAUD, BUS_CA_FILE, BUS_CERT_FILE, BUS_KEY_FILE, BUS_SERVER_NAME, DIAL_IN_ADDRESS,
        HEARTBEAT, LINE_FORMAT, LINK, PORT, REGISTRATION, RS485,
    },
};
use crate::runtime::{
    lang::Text,
    problem::{At, Found},
    settings::{self, Key, Section},
};
use std::{net::SocketAddr, path::PathBuf};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Tcp,
    Tls,
    SerialServer,
    Serial,
    DialIn,
}

const KINDS: [(&str, Kind); 5] = [
    ("tcp", Kind::Tcp),
    ("tls", Kind::Tls),
    ("serial_server", Kind::SerialServer),
    ("serial", Kind::Serial),
    ("dial_in", Kind::DialIn),
];
const LINES: &[&str] = &["serial_server", "serial", "dial_in"];
const FITS: [Fit; 12] = [
    (&ADDRESS, &["tcp", "tls", "serial_server", "dial_in"]),
    (&PORT, &["serial"]),
    (&BAUD, LINES),
    (&LINE_FORMAT, LINES),
    (&RS485, &["serial"]),
    (&REGISTRATION, &["dial_in"]),
    (&HEARTBEAT, &["dial_in"]),
    (&ALLOW_REMOTE, &["dial_in"]),
    (&BUS_CA_FILE, &["tls"]),
    (&BUS_CERT_FILE, &["tls"]),
    (&BUS_KEY_FILE, &["tls"]),
    (&BUS_SERVER_NAME, &["tls"]),
];
pub(in crate::agent) const FORMATS: [(&str, (Parity, u8)); 4] =
    [("8N1", (Parity::None, 1)), ("8E1", (Parity::Even, 1)), ("8O1", (Parity::Odd, 1)), ("8N2", (Parity::None, 2))];
const BYTES_MAX: usize = 256;

impl Kind {
    pub fn word(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// The bytes of a line, not of Modbus TCP.
    pub fn is_line(self) -> bool {
        !matches!(self, Kind::Tcp | Kind::Tls)
    }
}

/// What a meter's model or protocol says of the line on which it comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Factory {
    pub baud: u32,
    pub parity: Parity,
    pub stop_bits: u8,
}

/// `None` where a problem with it was reported.
pub(super) fn kind(section: &Section) -> Option<Kind> {
    let kind = section.or(&LINK, Kind::Tcp, section.one_of(&LINK, &KINDS))?;
    fit::check(section, &LINK, kind.word(), &FITS);
    let needed = if kind == Kind::Serial { &PORT } else { &ADDRESS };
    if !section.has(needed) {
        section.missing(if kind == Kind::DialIn { &DIAL_IN_ADDRESS } else { needed });
    }
    Some(kind)
}

/// `meters` are what they expect of the line, each once: where they agree nothing needs to be written.
pub(super) fn link(section: &Section, kind: Kind, meters: &[Factory], listed: &mut Listed) -> Link {
    let endpoint = || section.parse(&ADDRESS, address::modbus);
    let text = |found: Option<Found<String>>| found.map_or(String::new(), |found| found.value);
    match kind {
        Kind::Tcp => Link::Tcp(text(endpoint())),
        Kind::Tls => Link::Tls(text(endpoint()), tls(section)),
        Kind::SerialServer => {
            let address = endpoint();
            if let Some(name) = section.peek(&ADDRESS).filter(|_| address.is_some()) {
                listed.serial_servers.claim(section.doc, &name);
            }
            Link::SerialServer(text(address), wire(section, meters))
        }
        Kind::Serial => {
            let path = section.parse(&PORT, port);
            if let Some(path) = &path {
                listed.ports.claim(section.doc, path);
            }
            Link::Serial(Serial {
                path: path.map_or(PathBuf::new(), |path| path.value.into()),
                wire: wire(section, meters),
                rs485: section.boolean(&RS485).is_some_and(|rs485| rs485.value),
            })
        }
        Kind::DialIn => Link::DialIn(dial_in(section, meters, listed)),
    }
}

fn wire(section: &Section, meters: &[Factory]) -> Wire {
    let agree = |key: &Key, say: &dyn Fn(&Factory) -> String| {
        let mut said: Vec<String> = meters.iter().map(say).collect();
        said.sort();
        said.dedup();
        if said.len() > 1 && !section.has(key) {
            let said = said.join(", ");
            section.doc.report(
                &section.at(key),
                Text::new(
                    format!("没有写，而各仪表出厂值不同：{said}"),
                    format!("missing, and the meters leave the factory with different ones: {said}"),
                ),
                settings::expected(key),
                Text::new(
                    format!("把各仪表设成同一值，并在 [[bus]] 中写上 {}", key.name),
                    format!("set all meters of the line to one, and write it as {} in [[bus]]", key.name),
                ),
            );
        }
    };
    agree(&BAUD, &|factory| factory.baud.to_string());
    agree(&LINE_FORMAT, &|factory| format_word(factory.parity, factory.stop_bits).to_owned());
    let usual = meters.first().copied().unwrap_or(Factory::MODBUS);
    let baud = section.or(&BAUD, usual.baud.into(), section.integer(&BAUD, 1200..=115_200));
    let format = section.or(&LINE_FORMAT, (usual.parity, usual.stop_bits), section.one_of(&LINE_FORMAT, &FORMATS));
    let (parity, stop_bits) = format.unwrap_or((Parity::None, 1));
    Wire { baud: baud.and_then(|baud| u32::try_from(baud).ok()).unwrap_or(9600), parity, stop_bits }
}

pub fn format_word(parity: Parity, stop_bits: u8) -> &'static str {
    FORMATS.iter().find(|(_, format)| *format == (parity, stop_bits)).map_or("?", |(word, _)| word)
}

impl Factory {
    pub const MODBUS: Factory = Factory { baud: 9600, parity: Parity::None, stop_bits: 1 };
    /// DL/T 645-2007 and CJ/T 188, where nobody has set another speed.
    pub const DLT645_2007: Factory = Factory { baud: 2400, parity: Parity::Even, stop_bits: 1 };
    pub const DLT645_1997: Factory = Factory { baud: 1200, parity: Parity::Even, stop_bits: 1 };
}

fn port(text: &str) -> Result<&str, Text> {
    if text.starts_with("/dev/") && !text.contains('\0') && text.len() <= 4096 {
        return Ok(text);
    }
    Err(Text::new(
        "写成以 /dev/ 开头的路径；ls -l /dev/serial/by-id 列出插拔后不变的名称",
        "write a path below /dev/; ls -l /dev/serial/by-id lists names that stay when it is plugged in elsewhere",
    ))
}

fn tls(section: &Section) -> Tls {
    let path = |key| section.parse(key, settings::path).map(|path| path.value.to_owned());
    for (key, other) in [(&BUS_CERT_FILE, &BUS_KEY_FILE), (&BUS_KEY_FILE, &BUS_CERT_FILE)] {
        if section.has(key) && !section.has(other) {
            section.missing(other);
        }
    }
    let server_name = section.parse(&BUS_SERVER_NAME, |text| address::host(text).map(|()| text));
    Tls {
        ca_file: path(&BUS_CA_FILE),
        certificate: path(&BUS_CERT_FILE).zip(path(&BUS_KEY_FILE)),
        server_name: server_name.map(|name| name.value.to_owned()),
    }
}

fn dial_in(section: &Section, meters: &[Factory], listed: &mut Listed) -> DialIn {
    let listen = settings::listen(section, &DIAL_IN_ADDRESS, &ALLOW_REMOTE);
    let registration = section.parse(&REGISTRATION, bytes);
    let heartbeat = section.parse(&HEARTBEAT, bytes);
    let known = registration.is_some() || !section.has(&REGISTRATION);
    let at = registration.as_ref().map_or_else(|| section.at(&REGISTRATION), |found| found.at.clone());
    let registration = registration.map(|found| found.value).unwrap_or_default();
    if let Some(listen) = listen.as_ref().filter(|_| known) {
        let dial_in = Listening { listen: listen.value, registration: registration.clone(), at };
        dial_in.check(section, &listen.at, &listed.dial_ins);
        listed.dial_ins.push(dial_in);
    }
    DialIn {
        listen: listen.map_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)), |listen| listen.value),
        registration,
        heartbeat: heartbeat.map(|found| found.value).unwrap_or_default(),
        wire: wire(section, meters),
    }
}

/// A bus that waits for its DTU.
pub(super) struct Listening {
    listen: SocketAddr,
    registration: Vec<u8>,
    at: At,
}

impl Listening {
    /// Of one port each DTU must be told from all others by its first bytes, and one port can be listened at once.
    fn check(&self, section: &Section, listen: &At, others: &[Listening]) {
        let same = |other: &&Listening| other.listen == self.listen;
        let alike = |other: &&Listening| {
            other.registration.starts_with(&self.registration) || self.registration.starts_with(&other.registration)
        };
        let line = |other: &Listening| section.doc.position(&other.at.span).line;
        if let Some(other) = others.iter().filter(same).find(alike) {
            let (line, empty) = (line(other), self.registration.is_empty() || other.registration.is_empty());
            let found = if empty {
                Text::new(
                    format!("与第 {line} 行的总线同一端口，其中之一没有注册包"),
                    format!("one port with the bus of line {line}, and one of the two has no registration"),
                )
            } else {
                Text::new(
                    format!("与第 {line} 行的注册包相同，或一个是另一个的开头"),
                    format!("the same registration as on line {line}, or one begins with the other"),
                )
            };
            section.doc.report(
                &self.at,
                found,
                Text::new(
                    "同一端口的各 DTU 用前几个字节就能区分的注册包",
                    "registrations that tell the DTUs of one port apart by their first bytes",
                ),
                Text::new(
                    "在 DTU 中设置不同的、长度相同的注册包并写在此处，或换一个端口",
                    "set different registrations of one length in the DTUs and write them here, or use another port",
                ),
            );
        }
        let both = |other: &&Listening| {
            other.listen.port() == self.listen.port()
                && other.listen != self.listen
                && (other.listen.ip().is_unspecified() || self.listen.ip().is_unspecified())
        };
        if let Some(other) = others.iter().find(both) {
            let (line, address) = (line(other), other.listen);
            section.doc.report(
                listen,
                Text::new(
                    format!("与第 {line} 行的 {address} 占用同一端口"),
                    format!("takes the port of {address} on line {line}"),
                ),
                Text::new("各总线写同一地址，或用不同端口", "one address for all buses of a port, or different ports"),
                Text::new(format!("写 {address}，或换一个端口"), format!("write {address}, or another port")),
            );
        }
    }
}

/// Text as it is, or `hex:` and pairs of hexadecimal digits.
fn bytes(text: &str) -> Result<Vec<u8>, Text> {
    let length = |bytes: Vec<u8>| {
        let fits = (1..=BYTES_MAX).contains(&bytes.len());
        fits.then_some(bytes).ok_or_else(|| {
            Text::new("写成 1 到 256 字节；没有时删除此键", "write 1 to 256 bytes; remove the key where there are none")
        })
    };
    let Some(digits) = text.strip_prefix("hex:") else { return length(text.as_bytes().to_vec()) };
    let digits: Vec<u8> = digits.bytes().filter(|byte| *byte != b' ').collect();
    let pair = |pair: &[u8]| match pair {
        [high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok())
        }
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(pair).collect();
    bytes
        .ok_or_else(|| {
            Text::new(
                "hex: 之后每字节写两位十六进制数字，例如 hex:01a2",
                "write two hexadecimal digits for each byte, such as hex:01a2",
            )
        })
        .and_then(length)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn bytes_are_text_or_hexadecimal() {
        assert_eq!(bytes("DTU-1\r\n").ok().as_deref(), Some(&b"DTU-1\r\n"[..]));
        assert_eq!(bytes("hex:01 a2FF").ok(), Some(vec![0x01, 0xA2, 0xFF]));
        assert_eq!(bytes(&"x".repeat(256)).map(|bytes| bytes.len()).ok(), Some(256));
        for text in ["", "hex:", "hex:1", "hex:0g", "hex:+1", "hex:é0", &"x".repeat(257)] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
