//! Each frame of each model through the plan and the decoder that ask and read a real meter.

use super::{Frame, Library, Model};
use crate::{
    agent::{
        config::{Cjt188Point, Dlt645Edition, Dlt645Point, Function, ModbusPoint, Point, Points, Protocol},
        meaning,
        source::{
            cjt188, dlt645,
            line::Seen,
            modbus::{self, Answer, Asked, Learned, Read},
        },
    },
    model::{RawValue, Reason, Value},
};
use rust_decimal::{Decimal, prelude::FromPrimitive};
use std::{collections::HashMap, path::Path};

type Found = Vec<(usize, Result<RawValue, Reason>)>;
/// What lies in the registers: function, address.
type Memory = HashMap<(Function, u16), u16>;

/// What is wrong with the frames of one model, each with its number.
pub fn wrong(model: &Model) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, frame) in model.frames.iter().enumerate() {
        if let Err(text) = replay(model, frame) {
            wrong.push(format!("{} frame {}: {text}", model.id, number + 1));
        }
    }
    wrong
}

fn replay(model: &Model, frame: &Frame) -> Result<(), String> {
    let place = |name: &str| model.templates.iter().position(|template| template.point.series.point == name);
    let expected: Vec<(usize, &str, Decimal)> =
        frame.expect.iter().filter_map(|(name, value)| Some((place(name)?, name.as_str(), *value))).collect();
    let places: Vec<usize> = expected.iter().map(|(place, ..)| *place).collect();
    if let Some(name) = frame.of.iter().find(|name| !frame.expect.iter().any(|(known, _)| known == *name)) {
        return Err(format!("{name} is in `of` and not in `expect`"));
    }
    let found = match (&model.points, model.protocol) {
        (Points::Modbus(points), _) => registers(model, frame, points, &places)?,
        (Points::Dlt645(points), Protocol::Dlt645(edition)) => dlt645(edition, frame, points, &places)?,
        (Points::Cjt188(points), _) => cjt188(frame, points, &places)?,
        _ => return Err("points of another protocol".into()),
    };
    for (place, name, expected) in expected {
        let value = found.iter().find(|(known, _)| *known == place).ok_or(format!("{name} is in no answer"))?.1;
        let point = &model.templates[place].point;
        let (value, exact) = shown(point, value).map_err(|reason| format!("{name} is {reason:?}"))?;
        let near = (value - expected).abs() <= expected.abs() * Decimal::new(2, 7);
        if value != expected && (exact || !near) {
            return Err(format!("{name} is {value}, expected {expected}"));
        }
    }
    Ok(())
}

/// In the point's unit, and whether no binary float was on the way.
fn shown(point: &Point, raw: Result<RawValue, Reason>) -> Result<(Decimal, bool), Reason> {
    let sample = meaning::sample(0, point, raw);
    match sample.value.ok_or(sample.reason)? {
        Value::Count(count) => {
            point.series.scale.value_from_count(count).map(|value| (value, true)).ok_or(Reason::OutOfRange)
        }
        Value::Real(real) => Decimal::from_f64(real).map(|value| (value, false)).ok_or(Reason::OutOfRange),
    }
}

fn registers(model: &Model, frame: &Frame, points: &[ModbusPoint], places: &[usize]) -> Result<Found, String> {
    let asked = asked(frame)?;
    let (start, end) = (u32::from(asked.start), u32::from(asked.start) + u32::from(asked.count));
    if !modbus_bits(asked.function) {
        if asked.count > model.limits.registers_max {
            return Err(format!("asks for {} registers, the model takes {}", asked.count, model.limits.registers_max));
        }
        let hole = model.limits.holes.iter().find(|(first, last)| u32::from(*first) < end && start <= u32::from(*last));
        if let Some(hole) = hole {
            return Err(format!("reads the hole {hole:?}"));
        }
    }
    for place in places {
        let point = &points[*place];
        let first = u32::from(point.register);
        let covered = start <= first && first + u32::from(point.value_type.registers()) <= end;
        if point.function != asked.function || !covered {
            return Err(format!("{} is not in the request", model.templates[*place].point.series.point));
        }
    }
    // a multiplier may lie in another frame of the file
    let mut memory = Memory::new();
    let others = model.frames.iter().filter(|other| *other != frame);
    for other in others.chain([frame]) {
        memory.extend(words(other)?);
    }
    let wanted: Vec<ModbusPoint> = places.iter().map(|place| points[*place].clone()).collect();
    let unit_id = frame.request.first().copied().unwrap_or_default();
    let mut program = modbus::Program::new(unit_id, model.limits.clone(), wanted, Learned::default());
    for request in 0..program.begin(false) {
        let read = program.read(request).ok_or("no such request")?;
        let word = |register: u16| memory.get(&(read.function, register)).copied().unwrap_or_default();
        let all = (read.start..=u16::MAX).take(read.count.into());
        let answer = if modbus_bits(read.function) {
            Answer::Bits(all.map(|register| word(register) != 0).collect())
        } else {
            Answer::Words(all.map(word).collect())
        };
        program.heard(request, answer);
    }
    Ok(places.iter().copied().zip(program.values()).collect())
}

fn modbus_bits(function: Function) -> bool {
    matches!(function, Function::Coils | Function::DiscreteInputs)
}

/// A whole request, its checksum included.
fn asked(frame: &Frame) -> Result<Read, String> {
    let [_, function, start_high, start_low, count_high, count_low, crc_low, crc_high] = frame.request[..] else {
        return Err("a request has 8 bytes".into());
    };
    if crc(&frame.request[..6]) != [crc_low, crc_high] {
        return Err(format!("the request's checksum is {:02X?}", crc(&frame.request[..6])));
    }
    let function = match function {
        1 => Function::Coils,
        2 => Function::DiscreteInputs,
        3 => Function::HoldingRegisters,
        4 => Function::InputRegisters,
        other => return Err(format!("function {other} reads nothing")),
    };
    let (start, count) = (u16::from_be_bytes([start_high, start_low]), u16::from_be_bytes([count_high, count_low]));
    if count == 0 || !modbus_bits(function) && count > 125 {
        return Err(format!("asks for {count} registers"));
    }
    Ok(Read { function, start, count, parts: Vec::new() })
}

fn words(frame: &Frame) -> Result<Memory, String> {
    let read = asked(frame)?;
    let unit_id = frame.request.first().copied().unwrap_or_default();
    let seen = Asked::of(unit_id, &read).seen(&[], &frame.reply);
    if seen != Seen::Whole(0..frame.reply.len()) {
        let body = frame.reply.len().saturating_sub(2);
        return Err(format!("the reply is {seen:?}; its checksum would be {:02X?}", crc(&frame.reply[..body])));
    }
    let data = &frame.reply[3..frame.reply.len() - 2];
    let values: Vec<u16> = if modbus_bits(read.function) {
        (0..usize::from(read.count)).map(|bit| u16::from(data[bit / 8] >> (bit % 8) & 1)).collect()
    } else {
        data.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
    };
    Ok((read.start..=u16::MAX).zip(values).map(|(register, word)| ((read.function, register), word)).collect())
}

/// Written again, so that the frames are checked by more than the code that reads them.
fn crc(bytes: &[u8]) -> [u8; 2] {
    let mut crc = 0xFFFF_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 };
        }
    }
    crc.to_le_bytes()
}

/// From the first 68 on: how many bytes wake the meter up is the sender's choice.
fn awake(bytes: &[u8]) -> &[u8] {
    let begin = bytes.iter().position(|byte| *byte != 0xFE).unwrap_or(bytes.len());
    &bytes[begin..]
}

fn chosen<P: Clone>(points: &[P], places: &[usize]) -> Vec<P> {
    places.iter().map(|place| points[*place].clone()).collect()
}

/// All points of the frame at once, then one by one: a block that the meter has although the plan would not ask for it.
fn groups(places: &[usize]) -> Vec<Vec<usize>> {
    [places.to_vec()].into_iter().chain(places.iter().map(|place| vec![*place])).collect()
}

fn dlt645(edition: Dlt645Edition, frame: &Frame, points: &[Dlt645Point], places: &[usize]) -> Result<Found, String> {
    let request = awake(&frame.request);
    let wire: [u8; 6] = request.get(1..7).and_then(|wire| wire.try_into().ok()).ok_or("a request begins with 68")?;
    let address = dlt645::Address::from_wire(wire);
    let mut found = Found::new();
    for group in groups(places) {
        for planned in dlt645::plan(edition, &chosen(points, &group)) {
            if awake(&planned.frame(address)) != request {
                continue;
            }
            let seen = planned.seen(address, &frame.reply);
            let Seen::Whole(range) = seen else { return Err(format!("the reply is {seen:?}")) };
            let reply = frame.reply.get(range).unwrap_or_default();
            if reply != awake(&frame.reply) {
                return Err("bytes stand around the reply".into());
            }
            found.extend(planned.values(reply).into_iter().map(|(place, value)| (group[place], value)));
        }
    }
    if found.is_empty() { Err("no request of the plan is this one".into()) } else { Ok(found) }
}

fn cjt188(frame: &Frame, points: &[Cjt188Point], places: &[usize]) -> Result<Found, String> {
    let request = awake(&frame.request);
    let kind = *request.get(1).ok_or("a request begins with 68")?;
    let mut digits: [u8; 7] =
        request.get(2..9).and_then(|wire| wire.try_into().ok()).ok_or("a request begins with 68")?;
    digits.reverse();
    let address = cjt188::Address::printed(kind, digits);
    let mut found = Found::new();
    for planned in cjt188::plan(&chosen(points, places)) {
        let ours = planned.frame(address);
        if awake(&ours) != request {
            return Err(format!("the plan asks {:02X?}", awake(&ours)));
        }
        let seen = planned.seen(address, &frame.reply);
        let Seen::Whole(range) = seen else { return Err(format!("the reply is {seen:?}")) };
        let reply = frame.reply.get(range).unwrap_or_default();
        if reply != awake(&frame.reply) {
            return Err("bytes stand around the reply".into());
        }
        found.extend(planned.values(reply).into_iter().map(|(place, value)| (places[place], value)));
    }
    Ok(found)
}

fn on_the_disk() -> Library {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/meters");
    Library::load(Some(&folder)).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn every_frame_of_every_model_gives_what_it_says() {
    let library = on_the_disk();
    let (mut frames, mut all) = (0, Vec::new());
    for model in library.models() {
        frames += model.frames.len();
        all.extend(wrong(model));
    }
    assert!(all.is_empty(), "{} of {frames} frames:\n{}", all.len(), all.join("\n"));
    assert!(library.models().count() >= 30 && frames >= 60, "{frames} frames");
}

/// One more in the last digit.
fn next_digit(value: &mut Decimal) {
    let step = Decimal::new(1, value.scale());
    *value += step;
}

#[test]
fn a_planted_mistake_in_a_frame_is_found() {
    let library = on_the_disk();
    for protocol in ["modbus", "dlt645-2007", "cjt188"] {
        let model = library.models().find(|model| model.protocol.word() == protocol && wrong(model).is_empty());
        let model = model.unwrap_or_else(|| panic!("no model of {protocol}"));
        let with = |change: &dyn Fn(&mut Frame)| {
            let mut model = model.clone();
            change(&mut model.frames[0]);
            !wrong(&model).is_empty()
        };
        assert!(!with(&|_| {}), "as it is");
        assert!(with(&|frame| next_digit(&mut frame.expect[0].1)), "{protocol}: a digit");
        assert!(with(&|frame| frame.reply[6] ^= 1), "{protocol}: a bit of the reply");
        assert!(with(&|frame| *frame.request.last_mut().unwrap() ^= 1), "{protocol}: the request's end");
        assert!(with(&|frame| frame.request[1] ^= 3), "{protocol}: another function or meter");
        assert!(with(&|frame| frame.reply.truncate(frame.reply.len() - 1)), "{protocol}: a short reply");
    }
}

#[test]
fn a_reply_with_another_value_and_a_right_checksum_is_found() {
    let library = on_the_disk();
    let mut model = library.find("chint-dtsu666").unwrap().clone();
    let frame = &mut model.frames[0];
    let body = frame.reply.len() - 2;
    frame.reply[4] ^= 1;
    let checksum = crc(&frame.reply[..body]);
    frame.reply[body..].copy_from_slice(&checksum);
    assert!(wrong(&model)[0].contains("expected"), "{:?}", wrong(&model));
}
