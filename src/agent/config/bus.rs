//! Buses and their meters, as they are after the check. [`super::modbus`] and its neighbours read them from the file.

use super::Scale;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// One line: what its meters share, and what only one of them can use at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Bus {
    pub name: String,
    pub link: Link,
    pub timeout: Duration,
    pub poll_interval: Duration,
    pub meters: Vec<Meter>,
}

/// How the bus is reached.
#[derive(Clone, Debug, PartialEq)]
pub enum Link {
    /// Modbus TCP at `host:port`: a reply names its request.
    Tcp(String),
    /// The same inside of TLS (Modbus/TCP Security).
    Tls(String, Tls),
    /// A serial server (串口服务器) at `host:port`: the bytes of a line, inside of TCP.
    SerialServer(String, Wire),
    Serial(Serial),
    DialIn(DialIn),
}

impl Link {
    /// The line's own speed, where there is a line of which replies name no request.
    pub fn wire(&self) -> Option<Wire> {
        match self {
            Link::Tcp(_) | Link::Tls(..) => None,
            Link::SerialServer(_, wire) => Some(*wire),
            Link::Serial(serial) => Some(serial.wire),
            Link::DialIn(dial_in) => Some(dial_in.wire),
        }
    }
}

/// What a character takes on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    /// Bits a second.
    pub baud: u32,
    pub parity: Parity,
    /// 1 or 2.
    pub stop_bits: u8,
}

impl Wire {
    /// The time of one character: start bit, 8 data bits, parity, stop bits.
    pub fn character(&self) -> Duration {
        let bits = 9 + u32::from(self.parity != Parity::None) + u32::from(self.stop_bits);
        Duration::from_nanos(u64::from(bits) * 1_000_000_000 / u64::from(self.baud.max(1)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    None,
    Even,
    Odd,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Serial {
    /// A name that stays, such as one of /dev/serial/by-id.
    pub path: PathBuf,
    pub wire: Wire,
    /// The kernel switches the transceiver's direction (TIOCSRS485); otherwise the adapter does.
    pub rs485: bool,
}

/// A DTU that connects to us and says who it is.
#[derive(Clone, Debug, PartialEq)]
pub struct DialIn {
    /// Several buses may share it; they are told apart by their registration.
    pub listen: SocketAddr,
    /// The bytes that this DTU sends first; empty: whatever comes is this bus, the only one of its port.
    pub registration: Vec<u8>,
    /// The bytes that it sends in between, dropped where they stand; empty: none.
    pub heartbeat: Vec<u8>,
    pub wire: Wire,
}

/// Files for TLS; relative ones are taken from the configuration's folder.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Tls {
    /// PEM: whom to believe instead of the public authorities.
    pub ca_file: Option<PathBuf>,
    /// PEM: the client's certificate and its key.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// The name in the server's certificate; `None`: the host of the address.
    pub server_name: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Meter {
    pub name: String,
    /// Its file in the meter library, without the ending.
    pub model: Option<String>,
    /// Its own, or its bus's.
    pub poll_interval: Duration,
    pub station: Station,
}

/// How a meter is spoken to.
#[derive(Clone, Debug, PartialEq)]
pub enum Station {
    Modbus {
        unit_id: u8,
        limits: ModbusLimits,
        points: Vec<ModbusPoint>,
    },
    Dlt645 {
        edition: Dlt645Edition,
        /// As it is printed on the meter, most significant first: 12 decimal digits.
        address: [u8; 6],
        points: Vec<Dlt645Point>,
    },
    Cjt188 {
        /// 0x10 to 0x19 water, 0x20 to 0x29 heat, 0x30 to 0x39 gas.
        kind: u8,
        /// As printed, most significant first: 14 decimal digits.
        address: [u8; 7],
        points: Vec<Cjt188Point>,
    },
}

/// What is spoken on the line to one meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Modbus,
    Dlt645(Dlt645Edition),
    Cjt188,
}

impl Protocol {
    pub const WORDS: [(&'static str, Protocol); 4] = [
        ("modbus", Protocol::Modbus),
        ("dlt645-2007", Protocol::Dlt645(Dlt645Edition::E2007)),
        ("dlt645-1997", Protocol::Dlt645(Dlt645Edition::E1997)),
        ("cjt188", Protocol::Cjt188),
    ];

    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, protocol)| *protocol == self).map_or("", |(word, _)| word)
    }
}

/// The points of one meter, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Points {
    Modbus(Vec<ModbusPoint>),
    Dlt645(Vec<Dlt645Point>),
    Cjt188(Vec<Cjt188Point>),
}

impl Points {
    pub fn none(protocol: Protocol) -> Points {
        match protocol {
            Protocol::Modbus => Points::Modbus(Vec::new()),
            Protocol::Dlt645(_) => Points::Dlt645(Vec::new()),
            Protocol::Cjt188 => Points::Cjt188(Vec::new()),
        }
    }
}

impl Station {
    /// Of all points, in the order of the file.
    pub fn series(&self) -> Vec<u32> {
        match self {
            Station::Modbus { points, .. } => points.iter().map(|point| point.series).collect(),
            Station::Dlt645 { points, .. } => points.iter().map(|point| point.series).collect(),
            Station::Cjt188 { points, .. } => points.iter().map(|point| point.series).collect(),
        }
    }
}

/// What one model takes in a request.
#[derive(Clone, Debug, PartialEq)]
pub struct ModbusLimits {
    /// Registers in one request, 125 at most.
    pub registers_max: u16,
    /// So many registers that nobody asked for may be read between two that somebody did: fewer requests.
    pub gap_max: u16,
    /// First and last register of stretches that must not be touched.
    pub holes: Vec<(u16, u16)>,
}

impl Default for ModbusLimits {
    fn default() -> ModbusLimits {
        ModbusLimits { registers_max: 125, gap_max: 0, holes: Vec::new() }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ModbusPoint {
    pub series: u32,
    pub function: Function,
    /// PDU address, from 0.
    pub register: u16,
    pub value_type: ValueType,
    pub word_order: WordOrder,
    /// Bits of the value, as a number of its width, that mean that there is none.
    pub no_value: Vec<u64>,
    pub multiplier: Option<Multiplier>,
}

/// A register of the same meter by which the value is multiplied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Multiplier {
    pub function: Function,
    pub register: u16,
    pub value_type: ValueType,
    pub word_order: WordOrder,
    /// The factor is ten to the power of the register, instead of the register times `scale`.
    pub power_of_ten: bool,
    pub scale: Scale,
}

/// The four reading function codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    Coils = 1,
    DiscreteInputs = 2,
    HoldingRegisters = 3,
    InputRegisters = 4,
}

impl Function {
    pub fn of(code: u8) -> Option<Function> {
        use Function::*;
        [Coils, DiscreteInputs, HoldingRegisters, InputRegisters].into_iter().find(|function| *function as u8 == code)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    Bool,
    /// The high or low byte of a register.
    U8Hi,
    U8Lo,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
    /// So many bits of one register, from the bit `first` on, which counts from the lowest.
    Bits {
        first: u8,
        count: u8,
    },
    /// Four decimal digits in each of so many registers.
    Bcd(u8),
    /// A number to the base of 10,000 in so many registers.
    Mod10k(u8),
    /// Decimal digits as text in so many registers.
    Ascii(u8),
}

impl ValueType {
    /// How many registers a value takes; a coil takes none of them, and counts as one.
    pub fn registers(self) -> u16 {
        match self {
            ValueType::Bool
            | ValueType::U8Hi
            | ValueType::U8Lo
            | ValueType::U16
            | ValueType::I16
            | ValueType::Bits { .. } => 1,
            ValueType::U32 | ValueType::I32 | ValueType::F32 => 2,
            ValueType::U64 | ValueType::I64 | ValueType::F64 => 4,
            ValueType::Bcd(registers) | ValueType::Mod10k(registers) | ValueType::Ascii(registers) => registers.into(),
        }
    }
}

/// In which order a value's bytes lie. The names of four letters say two choices (bytes swapped inside each word, words
/// reversed), which hold for any number of words; 64 bits have two orders more, with their halves swapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordOrder {
    /// Big-endian.
    Abcd,
    /// Words as sent, bytes swapped in each.
    Badc,
    /// Words reversed, bytes as sent.
    Cdab,
    /// Little-endian.
    Dcba,
    /// EFGH ABCD: the two halves of 64 bits swapped, bytes as sent.
    Efghabcd,
    /// FEHG BADC: the halves swapped, and the bytes in each word.
    Fehgbadc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dlt645Edition {
    /// DL/T 645-1997: data are named by two bytes.
    E1997,
    /// DL/T 645-2007: by four.
    E2007,
}

/// A number in decimal digits (BCD) inside of what a data identifier gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Dlt645Point {
    pub series: u32,
    /// As the standard prints it, DI3 first; of the edition of 1997 the lower two bytes.
    pub identifier: u32,
    /// Bytes before it in the answer: behind 0 in a block.
    pub offset: u8,
    /// Two digits each.
    pub bytes: u8,
    /// The highest bit is a sign.
    pub signed: bool,
}

/// A number in decimal digits inside of what a data identifier gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Cjt188Point {
    pub series: u32,
    /// As the standard prints it: 0x901F is the current value.
    pub identifier: u16,
    /// Bytes before it, counted behind the serial number.
    pub offset: u8,
    pub bytes: u8,
    /// The unit's code (CJ/T 188, table of units) is in the byte behind the number and must be this one.
    pub unit_code: Option<u8>,
}
