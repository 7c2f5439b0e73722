//! Packets of HJ 212-2017, pure.
//!
//! ```text
//!   ## 0101 QN=…;ST=32;CN=2031;PW=…;MN=…;Flag=5;CP=&&DataTime=…;w01018-Cou=1.5,w01018-Avg=20&& 1C80 CR LF
//!      length (6.3.1)                                              of the data segment: CRC (annex A)
//! ```
//!
//! # Promises
//! - Takes any bytes; what it gives back is bounded by the packet's length of at most [`DATA_BYTES_MAX`].

use rust_decimal::Decimal;

/// Four digits state the length.
pub const DATA_BYTES_MAX: usize = 9999;
/// `##`, the length, the data segment, the checksum and the line's end.
pub const PACKET_BYTES_MAX: usize = DATA_BYTES_MAX + 12;
/// 24 in the standard, longer ones are seen.
const MN_BYTES_MAX: usize = 32;
/// Nine in the standard.
const PASSWORD_BYTES_MAX: usize = 32;
/// `w01018-Cou` and its value.
const VALUE_BYTES_MAX: usize = 64;

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PacketError {
    #[error("no packet begins with ## and four digits here")]
    Head,
    #[error("the packet does not end with CR LF behind its checksum")]
    End,
    #[error("the checksum is {stated:04X}, {found:04X} was computed")]
    Checksum { stated: u16, found: u16 },
    #[error("the data segment lacks {0}, or it can not be read")]
    Field(&'static str),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Packet {
    /// 请求编码: yyyyMMddHHmmsszzz; it names the packet in the answer.
    pub qn: String,
    /// 系统编码: 32 surface water, 31 air, 21 …
    pub st: u16,
    /// 命令编码
    pub cn: u16,
    pub password: String,
    /// 设备唯一标识
    pub mn: String,
    /// An answer is wanted (6.3.2, the lowest bit of Flag).
    pub answer: bool,
    /// `DataTime`, yyyyMMddHHmmss, as it stands.
    pub data_time: Option<String>,
    /// `code-Cou` of each pollutant: what ran through in the time, kg.
    pub masses: Vec<(String, Decimal)>,
}

/// The first packet in `bytes`, and how many bytes it took.
#[derive(PartialEq, Debug)]
pub enum Step {
    /// Not whole yet.
    More,
    /// So many bytes are a packet or no packet, and this is what they say.
    Done(usize, Result<Packet, PacketError>),
}

/// Looks at what came. Bytes before the next `##` are no packet.
pub fn step(bytes: &[u8]) -> Step {
    let Some(at) = bytes.windows(2).position(|two| two == b"##") else {
        // the last byte may be the first of two
        let kept = usize::from(bytes.last() == Some(&b'#'));
        return match bytes.len() - kept {
            0 => Step::More,
            lost => Step::Done(lost, Err(PacketError::Head)),
        };
    };
    if at > 0 {
        return Step::Done(at, Err(PacketError::Head));
    }
    let Some(digits) = bytes.get(2..6) else { return Step::More };
    let Some(length) = decimal(digits) else { return Step::Done(2, Err(PacketError::Head)) };
    let whole = 6 + length + 6;
    let Some(packet) = bytes.get(..whole) else { return Step::More };
    let (data, tail) = packet.split_at(6 + length);
    let data = data.get(6..).unwrap_or_default();
    match judge(data, tail) {
        // the length may be what is wrong: the next ## is looked for behind this one
        Err(error @ (PacketError::End | PacketError::Checksum { .. })) => Step::Done(2, Err(error)),
        judged => Step::Done(whole, judged),
    }
}

fn judge(data: &[u8], tail: &[u8]) -> Result<Packet, PacketError> {
    let [a, b, c, d, b'\r', b'\n'] = *tail else { return Err(PacketError::End) };
    let digits = [a, b, c, d];
    let stated = std::str::from_utf8(&digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
    let stated = stated.and_then(|text| u16::from_str_radix(text, 16).ok()).ok_or(PacketError::End)?;
    let found = crc(data);
    if stated != found {
        return Err(PacketError::Checksum { stated, found });
    }
    read(std::str::from_utf8(data).map_err(|_| PacketError::Field("text"))?)
}

/// Annex A: unlike that of Modbus, each byte meets the register's high half, shifted down.
pub fn crc(bytes: &[u8]) -> u16 {
    let turn = |sum: u16, _| if sum & 1 == 1 { sum >> 1 ^ 0xa001 } else { sum >> 1 };
    bytes.iter().fold(0xffff_u16, |sum, byte| (0..8).fold(sum >> 8 ^ u16::from(*byte), turn))
}

fn decimal(digits: &[u8]) -> Option<usize> {
    digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().fold(0, |sum, d| 10 * sum + usize::from(d - b'0')))
}

fn read(data: &str) -> Result<Packet, PacketError> {
    let (head, rest) = data.split_once("CP=&&").ok_or(PacketError::Field("CP"))?;
    let content = rest.strip_suffix("&&").ok_or(PacketError::Field("CP"))?;
    let field = |name: &'static str| {
        let found = head.split(';').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name));
        found.map(|(_, value)| value).ok_or(PacketError::Field(name))
    };
    let number = |name| field(name)?.parse::<u16>().map_err(|_| PacketError::Field(name));
    let qn = field("QN")?;
    if qn.len() != 17 || !qn.bytes().all(|b| b.is_ascii_digit()) {
        return Err(PacketError::Field("QN"));
    }
    let mn = field("MN")?;
    if mn.is_empty() || mn.len() > MN_BYTES_MAX || !mn.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(PacketError::Field("MN"));
    }
    let password = field("PW")?;
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(PacketError::Field("a short PW"));
    }
    // the version before 2017 has no Flag, and no answers
    let answer = number("Flag").is_ok_and(|flag| flag & 1 == 1);
    let mut packet = Packet {
        qn: qn.to_owned(),
        st: number("ST")?,
        cn: number("CN")?,
        password: password.to_owned(),
        mn: mn.to_owned(),
        answer,
        data_time: None,
        masses: Vec::new(),
    };
    for (key, value) in content.split([';', ',']).filter_map(|pair| pair.split_once('=')) {
        if key.len() + value.len() > VALUE_BYTES_MAX {
            return Err(PacketError::Field("a short value"));
        }
        if key == "DataTime" {
            packet.data_time = Some(value.to_owned());
        } else if let Some(code) = key.strip_suffix("-Cou") {
            let kg = value.parse().map_err(|_| PacketError::Field("a number behind -Cou"))?;
            packet.masses.push((code.to_owned(), kg));
        }
    }
    Ok(packet)
}

/// 数据应答 (9014) to a packet.
pub fn answer(packet: &Packet) -> Vec<u8> {
    let Packet { qn, password, mn, .. } = packet;
    framed(&format!("QN={qn};ST=91;CN=9014;PW={password};MN={mn};Flag=4;CP=&&&&"))
}

pub fn framed(data: &str) -> Vec<u8> {
    format!("##{:04}{data}{:04X}\r\n", data.len(), crc(data.as_bytes())).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard's own example.
    const EXAMPLE: &str =
        "QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&";
    const DAY: &str = "QN=20261124001000000;ST=32;CN=2031;PW=123456;MN=010000A8900016F000169DC0;Flag=5;\
        CP=&&DataTime=20261123000000;w01018-Cou=12.5,w01018-Avg=31.2;w21003-Cou=0.75&&";

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(EXAMPLE.len(), 101);
        assert_eq!(crc(EXAMPLE.as_bytes()), 0x1c80);
        assert!(framed(EXAMPLE).starts_with(b"##0101QN=") && framed(EXAMPLE).ends_with(b"1C80\r\n"));
    }

    #[test]
    fn a_day_says_whose_it_is_when_and_how_much() {
        let bytes = framed(DAY);
        let Step::Done(taken, Ok(packet)) = step(&bytes) else { panic!() };
        assert_eq!((taken, packet.cn, packet.st, packet.answer), (bytes.len(), 2031, 32, true));
        assert_eq!((packet.mn.as_str(), packet.password.as_str()), ("010000A8900016F000169DC0", "123456"));
        assert_eq!(packet.data_time.as_deref(), Some("20261123000000"));
        let masses = [("w01018".to_owned(), Decimal::new(125, 1)), ("w21003".to_owned(), Decimal::new(75, 2))];
        assert_eq!(packet.masses, masses);
        let Step::Done(_, Ok(answered)) = step(&answer(&packet)) else { panic!() };
        assert_eq!((answered.cn, answered.st, answered.qn.as_str()), (9014, 91, packet.qn.as_str()));
    }

    #[test]
    fn packets_are_found_behind_noise_and_halves_wait() {
        let bytes = framed(DAY);
        for cut in 0..bytes.len() {
            assert_eq!(step(&bytes[..cut]), Step::More, "{cut}");
        }
        let noisy = [b"noise".as_slice(), &bytes].concat();
        assert_eq!(step(&noisy), Step::Done(5, Err(PacketError::Head)));
        assert!(matches!(step(b"##12x4"), Step::Done(2, Err(PacketError::Head))));
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let bytes = framed(DAY);
        for at in 6..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x04;
            assert!(!matches!(step(&damaged), Step::Done(_, Ok(_))), "{at}");
        }
        for (old, new) in [
            ("MN=010000A8900016F000169DC0", "MN="),
            ("MN=010000A8900016F000169DC0", "MN=x'; DROP TABLE emission"),
            ("QN=20261124001000000", "QN=today"),
            ("Cou=12.5", "Cou=much"),
            ("CP=&&", "CQ=&&"),
            ("CN=2031", "CN=70000"),
        ] {
            let bytes = framed(&DAY.replace(old, new));
            assert!(matches!(step(&bytes), Step::Done(_, Err(PacketError::Field(_)))), "{new}");
        }
    }
}
