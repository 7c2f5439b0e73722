//! Events and attestations ↔ their messages.

use super::{NAME_BYTES_MAX, RecordError};
use crate::{
    model::{
        ClockSegment, ClockShift, ClockState, Entered, Event, EventKind, Proof, Register, Replaced, Tag, UtcMillis,
    },
    wire::{GenId, proto},
};
use bytes::Bytes;
use proto::event::What;

/// Registers of one replaced meter.
const REGISTERS_MAX: usize = 64;
/// Bytes of a note.
pub const NOTE_BYTES_MAX: usize = 256;

/// The gateway's signature under its records 1 to `seq` of a generation; the contract says over which bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attestation {
    pub gen_id: GenId,
    pub seq: u64,
    pub chain: [u8; 32],
    pub time: UtcMillis,
    /// Ed25519 public key.
    pub key: [u8; 32],
    pub signature: [u8; 64],
}

pub(super) fn message_from(event: &Event) -> proto::Event {
    let what = match &event.what {
        EventKind::Replaced(replaced) => What::Replaced(proto::Replaced {
            meter: replaced.meter.clone(),
            registers: replaced.registers.iter().map(register_message).collect(),
            serial_old: replaced.serial_old.clone(),
            serial_new: replaced.serial_new.clone(),
            by: replaced.by.clone(),
            note: replaced.note.clone(),
        }),
        EventKind::ClockSegment(clock) => What::ClockSegment(proto::ClockSegment {
            segment: clock.segment,
            state: clock.state as i32,
            wall_ms: clock.wall.0,
            mono_ms: clock.mono_ms,
            step_ms: clock.step_ms,
        }),
        EventKind::ClockShift(shift) => What::ClockShift(proto::ClockShift {
            run_id: bytes(&shift.run_id),
            segment: shift.segment,
            shift_ms: shift.shift_ms,
        }),
        EventKind::Tag(tag) => {
            What::Tag(proto::Tag { meter: tag.meter.clone(), name: tag.name.clone(), value: tag.value.clone() })
        }
        EventKind::Entered(entered) => What::Entered(entered_message(entered)),
    };
    proto::Event { event_id: bytes(&event.event_id), time_ms: event.time.0, what: Some(what) }
}

fn entered_message(entered: &Entered) -> proto::Entered {
    let Entered { meter, point, count, delivery, by, evidence, file, entered } = entered;
    let (file, file_sha256) = match file {
        Some(proof) => (proof.name.clone(), bytes(&proof.sha256)),
        None => (String::new(), Bytes::new()),
    };
    proto::Entered {
        meter: meter.clone(),
        point: point.clone(),
        count: *count,
        delivery: *delivery,
        by: by.clone(),
        evidence: evidence.clone(),
        file,
        file_sha256,
        entered_ms: entered.0,
    }
}

fn register_message(register: &Register) -> proto::Register {
    let Register { point, final_count, initial_count } = register;
    proto::Register { point: point.clone(), final_count: *final_count, initial_count: *initial_count }
}

pub(super) fn from_message(message: proto::Event) -> Result<Event, RecordError> {
    let event_id = array(&message.event_id, "an event whose id has not 16 bytes")?;
    let what = match message.what.ok_or(RecordError::Content("an event that is not known here"))? {
        What::Replaced(replaced) => EventKind::Replaced(replaced_from(replaced)?),
        What::ClockSegment(clock) => EventKind::ClockSegment(ClockSegment {
            segment: clock.segment,
            state: match clock.state() {
                proto::ClockState::Synced => ClockState::Synced,
                proto::ClockState::Free => ClockState::Free,
                proto::ClockState::Unknown => ClockState::Unknown,
                proto::ClockState::Unspecified => {
                    return Err(RecordError::Content("a clock segment without a state that is known here"));
                }
            },
            wall: UtcMillis(clock.wall_ms),
            mono_ms: clock.mono_ms,
            step_ms: clock.step_ms,
        }),
        What::ClockShift(shift) => EventKind::ClockShift(ClockShift {
            run_id: array(&shift.run_id, "a clock shift whose run has not 16 bytes")?,
            segment: shift.segment,
            shift_ms: shift.shift_ms,
        }),
        What::Tag(tag) => {
            short(&[&tag.meter, &tag.name, &tag.value])?;
            EventKind::Tag(Tag { meter: tag.meter, name: tag.name, value: tag.value })
        }
        What::Entered(entered) => EventKind::Entered(entered_from(entered)?),
    };
    Ok(Event { event_id, time: UtcMillis(message.time_ms), what })
}

fn replaced_from(message: proto::Replaced) -> Result<Replaced, RecordError> {
    let proto::Replaced { meter, registers, serial_old, serial_new, by, note } = message;
    if registers.len() > REGISTERS_MAX {
        return Err(RecordError::Content("a replaced meter with more than 64 registers"));
    }
    short(&[&meter, &serial_old, &serial_new, &by])?;
    if note.len() > NOTE_BYTES_MAX {
        return Err(RecordError::Content("a note of more than 256 bytes"));
    }
    let registers = registers.into_iter().map(|register| {
        short(&[&register.point])?;
        let proto::Register { point, final_count, initial_count } = register;
        Ok(Register { point, final_count, initial_count })
    });
    Ok(Replaced { meter, registers: registers.collect::<Result<_, _>>()?, serial_old, serial_new, by, note })
}

fn entered_from(message: proto::Entered) -> Result<Entered, RecordError> {
    let proto::Entered { meter, point, count, delivery, by, evidence, file, file_sha256, entered_ms } = message;
    short(&[&meter, &point, &by, &file])?;
    if evidence.len() > NOTE_BYTES_MAX {
        return Err(RecordError::Content("an entry with an evidence of more than 256 bytes"));
    }
    let file = match (file.is_empty(), file_sha256.is_empty()) {
        (true, true) => None,
        (false, false) => {
            Some(Proof { name: file, sha256: array(&file_sha256, "an entry whose hash has not 32 bytes")? })
        }
        _ => return Err(RecordError::Content("an entry with one of a file's name and its hash")),
    };
    Ok(Entered { meter, point, count, delivery, by, evidence, file, entered: UtcMillis(entered_ms) })
}

fn short(names: &[&String]) -> Result<(), RecordError> {
    match names.iter().any(|name| name.len() > NAME_BYTES_MAX) {
        true => Err(RecordError::Content("an event with a name of more than 128 bytes")),
        false => Ok(()),
    }
}

pub(super) fn message_from_attestation(attestation: &Attestation) -> proto::Attestation {
    let Attestation { gen_id, seq, chain, time, key, signature } = attestation;
    let (seq, time_ms) = (*seq, time.0);
    let (gen_id, chain, key, signature) = (bytes(gen_id), bytes(chain), bytes(key), bytes(signature));
    proto::Attestation { gen_id, seq, chain, time_ms, key, signature }
}

pub(super) fn attestation_from(message: &proto::Attestation) -> Result<Attestation, RecordError> {
    Ok(Attestation {
        gen_id: array(&message.gen_id, "an attestation whose generation id has not 16 bytes")?,
        seq: message.seq,
        chain: array(&message.chain, "an attestation whose chain has not 32 bytes")?,
        time: UtcMillis(message.time_ms),
        key: array(&message.key, "an attestation whose key has not 32 bytes")?,
        signature: array(&message.signature, "an attestation whose signature has not 64 bytes")?,
    })
}

fn bytes(array: &[u8]) -> Bytes {
    Bytes::copy_from_slice(array)
}

fn array<const N: usize>(bytes: &[u8], wrong: &'static str) -> Result<[u8; N], RecordError> {
    bytes.try_into().map_err(|_| RecordError::Content(wrong))
}
