//! Which requests give all points of one meter.
//!
//! # Promises
//! - Every point lies in exactly one request.
//! - A block is asked for only where all of its members are wanted, each as long as the standard has it.
//!
//! # Does not
//! Know which blocks a meter has: where one is refused, [`Request::instead`] asks for its members one by one.

use super::{
    identifier::{Block, block},
    request::{Part, Request},
};
use crate::agent::config::{Dlt645Edition, Dlt645Point};

pub fn plan(edition: Dlt645Edition, points: &[Dlt645Point]) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    for (place, point) in points.iter().enumerate() {
        let whole = block(edition, point.identifier).filter(|block| wanted(block, points));
        let (identifier, before) = match whole {
            Some(block) => (block.identifier, position(&block, point.identifier)),
            None => (point.identifier, 0),
        };
        let part = Part {
            point: place,
            identifier: point.identifier,
            offset: before + usize::from(point.offset),
            bytes: point.bytes.into(),
            signed: point.signed,
        };
        match requests.iter_mut().find(|request| request.identifier() == identifier) {
            Some(request) => request.parts.push(part),
            None => requests.push(Request::new(edition, identifier, vec![part])),
        }
    }
    requests
}

/// All members are wanted, and every point of them is the whole number.
fn wanted(block: &Block, points: &[Dlt645Point]) -> bool {
    let whole = |point: &Dlt645Point| point.offset == 0 && point.bytes == block.bytes;
    block.members.iter().all(|member| {
        let mut of_it = points.iter().filter(|point| point.identifier == *member).peekable();
        of_it.peek().is_some() && of_it.all(whole)
    })
}

fn position(block: &Block, identifier: u32) -> usize {
    let before = block.members.iter().take_while(|member| **member != identifier).count();
    before * usize::from(block.bytes)
}
