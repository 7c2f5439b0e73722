//! Whose DTU a caller is, by the first bytes that it sends.

use super::Slot;
use std::sync::Arc;

/// In a log line.
const READABLE_MAX: usize = 64;

pub enum Caller<'a> {
    /// It can still become one of ours.
    More,
    Of(&'a Slot),
    /// Its registration is whole, and the beginning of a longer one.
    Perhaps(&'a Slot),
    Unknown,
}

/// Heartbeats may come first. What follows the registration is nobody's.
pub fn whose<'a>(received: &[u8], slots: &'a [Arc<Slot>]) -> Caller<'a> {
    let mut rest = received;
    loop {
        match begins(rest, slots) {
            Caller::Unknown => {}
            found => return found,
        }
        let heartbeats = slots.iter().map(|slot| slot.heartbeat()).filter(|heartbeat| !heartbeat.is_empty());
        let mut begun = false;
        let mut behind = None;
        for heartbeat in heartbeats {
            begun |= heartbeat.starts_with(rest);
            behind = behind.max(rest.strip_prefix(heartbeat).map(|rest| (heartbeat.len(), rest)));
        }
        match behind {
            Some((_, behind)) => rest = behind,
            None if begun => return Caller::More,
            None => return Caller::Unknown,
        }
    }
}

fn begins<'a>(rest: &[u8], slots: &'a [Arc<Slot>]) -> Caller<'a> {
    let longest =
        slots.iter().filter(|slot| rest.starts_with(slot.registration())).max_by_key(|slot| slot.registration().len());
    let more = slots.iter().any(|slot| slot.registration().len() > rest.len() && slot.registration().starts_with(rest));
    match (longest, more) {
        (Some(slot), true) => Caller::Perhaps(slot),
        (Some(slot), false) => Caller::Of(slot),
        (None, true) => Caller::More,
        (None, false) => Caller::Unknown,
    }
}

/// As text where it is text, else in hexadecimal digits; bounded.
pub fn readable(bytes: &[u8]) -> String {
    let shown = bytes.get(..READABLE_MAX).unwrap_or(bytes);
    let rest = if shown.len() < bytes.len() { " …" } else { "" };
    match std::str::from_utf8(shown) {
        _ if bytes.is_empty() => "nothing".into(),
        Ok(text) if text.chars().all(|letter| !letter.is_control()) => format!("{text:?}{rest}"),
        _ => {
            let hex: String = shown.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("hex:{hex}{rest}")
        }
    }
}
