//! One reading request of any protocol, and what came of it.

use crate::{
    agent::{
        config::{Cjt188Point, Dlt645Edition, Dlt645Point, Function, Station},
        source::{
            cjt188, dlt645,
            line::{Endpoint, Fault},
            modbus::{Answer, Read},
        },
    },
    runtime::lang::{Lang, Text},
};

#[derive(Clone, Debug)]
pub enum Ask {
    Modbus { unit: u8, read: Read },
    Dlt645 { address: dlt645::Address, request: dlt645::Request },
    Cjt188 { address: cjt188::Address, request: cjt188::Request },
}

#[derive(Clone, PartialEq, Debug)]
pub enum Got {
    Words(Vec<u16>),
    Bits(Vec<bool>),
    /// The data of a DL/T 645 or CJ/T 188 reply, behind what names them.
    Bytes(Vec<u8>),
    /// The meter is there and refuses.
    Refused(Text),
}

impl Ask {
    pub fn modbus(unit: u8, function: Function, start: u16, count: u16) -> Ask {
        Ask::Modbus { unit, read: Read { function, start, count, parts: Vec::new() } }
    }

    /// `None`: the standard has no answer for it that is known to us, which can not happen with a plan of one point.
    pub fn dlt645(edition: Dlt645Edition, address: dlt645::Address, identifier: u32) -> Option<Ask> {
        let item = dlt645::item(edition, identifier);
        let (bytes, signed) = item.map_or((1, false), |item| (item.bytes, item.signed));
        let point = Dlt645Point { series: 0, identifier, offset: 0, bytes, signed };
        let request = dlt645::plan(edition, &[point]).into_iter().next()?;
        Some(Ask::Dlt645 { address, request })
    }

    pub fn cjt188(address: cjt188::Address, identifier: u16) -> Option<Ask> {
        let point = Cjt188Point { series: 0, identifier, offset: 0, bytes: 1, unit_code: None };
        let request = cjt188::plan(&[point]).into_iter().next()?;
        Some(Ask::Cjt188 { address, request })
    }

    /// Whom, as the configuration names it.
    pub fn whom(&self, lang: Lang) -> String {
        match self {
            Ask::Modbus { unit, .. } => lang.pick(format!("地址 {unit}"), format!("unit {unit}")),
            Ask::Dlt645 { address, .. } => lang.pick(format!("表号 {address}"), format!("meter {address}")),
            Ask::Cjt188 { address, .. } => lang.pick(format!("表号 {address}"), format!("meter {address}")),
        }
    }

    /// What its reply takes on the line, in bytes.
    pub fn reply_length(&self) -> usize {
        match self {
            Ask::Modbus { read, .. } => match read.function {
                Function::Coils | Function::DiscreteInputs => 5 + usize::from(read.count).div_ceil(8),
                Function::HoldingRegisters | Function::InputRegisters => 5 + 2 * usize::from(read.count),
            },
            Ask::Dlt645 { request, .. } => request.lengths().1,
            Ask::Cjt188 { request, .. } => request.lengths().1,
        }
    }

    pub async fn send(&self, endpoint: &mut Endpoint) -> Result<Got, Fault> {
        match self {
            Ask::Modbus { unit, read } => Ok(match endpoint.read(*unit, read).await? {
                Answer::Words(words) => Got::Words(words),
                Answer::Bits(bits) => Got::Bits(bits.into_iter().take(read.count.into()).collect()),
                Answer::Exception(code) => Got::Refused(exception(code)),
            }),
            Ask::Dlt645 { address, request } => {
                let reply =
                    endpoint.exchange(&request.frame(*address), |received| request.seen(*address, received)).await?;
                if let Some(refusal) = request.refusal(&reply) {
                    return Ok(Got::Refused(refusal.text()));
                }
                let frames = dlt645::hear(&reply).frames;
                let data = frames.into_iter().next_back().map(|(_, frame)| frame.data).unwrap_or_default();
                let name = request.name().len() / 2;
                Ok(Got::Bytes(data.get(name..).unwrap_or_default().to_vec()))
            }
            Ask::Cjt188 { address, request } => {
                let reply =
                    endpoint.exchange(&request.frame(*address), |received| request.seen(*address, received)).await?;
                if request.is_refused(&reply) {
                    return Ok(Got::Refused(Text::new("仪表拒绝", "the meter refuses")));
                }
                let frames = cjt188::hear(&reply).frames;
                let data = frames.into_iter().next_back().map(|(_, frame)| frame.data).unwrap_or_default();
                // identifier and serial number
                Ok(Got::Bytes(data.get(3..).unwrap_or_default().to_vec()))
            }
        }
    }
}

/// What a configured meter is asked by the doctor: its first value, and the longest stretch that it is known to have.
pub fn of_station(station: &Station) -> Vec<Ask> {
    match station {
        Station::Modbus { unit_id, limits, points } => {
            let spans = points.iter().map(|point| (point.function, point.register, point.value_type.registers()));
            let longest = longest(spans.clone().collect(), limits.registers_max);
            let first = spans.take(1);
            let mut asks: Vec<_> = first.chain(longest).collect();
            asks.dedup();
            asks.into_iter().map(|(function, start, count)| Ask::modbus(*unit_id, function, start, count)).collect()
        }
        Station::Dlt645 { edition, address, points } => {
            let address = dlt645::Address::printed(*address);
            let requests = dlt645::plan(*edition, points).into_iter().take(2);
            requests.map(|request| Ask::Dlt645 { address, request }).collect()
        }
        Station::Cjt188 { kind, address, points } => {
            let address = cjt188::Address::printed(*kind, *address);
            cjt188::plan(points).into_iter().take(2).map(|request| Ask::Cjt188 { address, request }).collect()
        }
    }
}

type Span = (Function, u16, u16);

/// The longest stretch of registers without a gap that fits one request.
fn longest(mut spans: Vec<Span>, registers_max: u16) -> Option<Span> {
    spans.sort_by_key(|(function, start, count)| (*function as u8, *start, *count));
    let mut stretches: Vec<Span> = Vec::new();
    for (function, start, count) in spans {
        let joined = stretches.last_mut().filter(|(of, first, length)| {
            let end = u32::from(*first) + u32::from(*length);
            let new = u32::from(start) + u32::from(count);
            *of == function && u32::from(start) <= end && new - u32::from(*first) <= u32::from(registers_max)
        });
        match joined {
            Some((_, first, length)) => *length = (*length).max(start - *first + count),
            None => stretches.push((function, start, count)),
        }
    }
    stretches.into_iter().max_by_key(|(_, _, count)| *count)
}

fn exception(code: u8) -> Text {
    let (zh, en) = match code {
        1 => ("不支持该功能码", "it does not know this function"),
        2 => ("没有这个寄存器地址", "it has no such register"),
        3 => ("请求的数量不对", "it does not take this count"),
        4 => ("仪表内部故障", "the meter has a fault"),
        6 => ("仪表忙", "the meter is busy"),
        10 => ("网关没有到该表的路径", "the gateway has no path to it"),
        11 => ("网关后的仪表没有回答", "the meter behind the gateway does not answer"),
        _ => ("原因未知", "for an unknown reason"),
    };
    Text::new(format!("仪表拒绝（异常码 {code}：{zh}）"), format!("refused (exception {code}: {en})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Function::*;

    #[test]
    fn the_longest_stretch_has_no_gap_and_fits_one_request() {
        let longest = |spans: &[Span], max| longest(spans.to_vec(), max);
        let spans =
            [(HoldingRegisters, 10, 2), (HoldingRegisters, 0, 2), (HoldingRegisters, 2, 4), (InputRegisters, 6, 2)];
        assert_eq!(longest(&spans, 125), Some((HoldingRegisters, 0, 6)));
        assert_eq!(longest(&spans, 4), Some((HoldingRegisters, 2, 4)));
        assert_eq!(longest(&[(HoldingRegisters, 65_532, 4)], 125), Some((HoldingRegisters, 65_532, 4)));
        assert_eq!(longest(&[], 125), None);
    }
}
