//! The requests of a meter whose protocol has frames of its own: DL/T 645 and CJ/T 188.

use super::{Medium, program::Refusal};
use crate::{
    agent::source::{
        cjt188, dlt645,
        line::{Fault, Seen},
    },
    model::{RawValue, Reason},
};

/// One request, as its protocol knows it.
pub trait Request: Clone + Send + Sync {
    type Address: Copy + Send + Sync;

    fn name(&self) -> String;
    fn frame(&self, address: Self::Address) -> Vec<u8>;
    fn seen(&self, address: Self::Address, received: &[u8]) -> Seen;
    /// What to ask next where the answer goes on.
    fn more(&self, reply: &[u8]) -> Option<Self>;
    fn refusal(&self, reply: &[u8]) -> Option<String>;
    /// By what a block is replaced that the meter refuses.
    fn instead(&self, reply: &[u8]) -> Option<Vec<Self>>;
    fn values(&self, reply: &[u8]) -> Vec<(usize, Result<RawValue, Reason>)>;
    fn none(&self, reason: Reason) -> Vec<(usize, Result<RawValue, Reason>)>;
    /// Bytes of the request and of its reply.
    fn lengths(&self) -> (usize, usize);
}

pub struct Framed<R: Request> {
    address: R::Address,
    series: Vec<u32>,
    requests: Vec<R>,
    /// A block that was refused in this poll, and what is asked for instead from the next one on.
    refused: Vec<(usize, Vec<R>)>,
    values: Vec<Result<RawValue, Reason>>,
}

impl<R: Request> Framed<R> {
    pub fn new(address: R::Address, series: Vec<u32>, requests: Vec<R>) -> Framed<R> {
        Framed { address, values: vec![Err(Reason::Missing); series.len()], series, requests, refused: Vec::new() }
    }

    pub fn series(&self) -> Vec<u32> {
        self.series.clone()
    }

    pub fn requests(&self) -> &[R] {
        &self.requests
    }

    pub fn begin(&mut self, probing: bool) -> usize {
        // from the last one, so that the places before it stay
        self.refused.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        for (place, instead) in std::mem::take(&mut self.refused) {
            if place < self.requests.len() {
                self.requests.splice(place..=place, instead);
            }
        }
        if probing {
            self.requests.sort_by_key(|request| request.lengths().1);
        }
        self.values.fill(Err(Reason::Missing));
        self.requests.len()
    }

    pub async fn ask<M: Medium>(&mut self, place: usize, medium: &mut M) -> Result<Option<Refusal>, Fault> {
        let Some(mut request) = self.requests.get(place).cloned() else { return Ok(None) };
        let address = self.address;
        loop {
            let asked = request.clone();
            let reply = medium.exchange(&request.frame(address), move |received| asked.seen(address, received)).await?;
            if let Some(next) = request.more(&reply) {
                request = next;
                continue;
            }
            let refusal = request.refusal(&reply).map(|why| Refusal {
                exception: None,
                text: format!("answers a request for {}: {why}", request.name()),
            });
            if let Some(instead) = request.instead(&reply) {
                self.refused.push((place, instead));
            }
            self.take(request.values(&reply));
            return Ok(refusal);
        }
    }

    pub fn missed(&mut self, place: usize, reason: Reason) {
        if let Some(request) = self.requests.get(place) {
            self.take(request.none(reason));
        }
    }

    pub fn values(&self) -> Vec<Result<RawValue, Reason>> {
        self.values.clone()
    }

    fn take(&mut self, found: Vec<(usize, Result<RawValue, Reason>)>) {
        for (point, value) in found {
            if let Some(held) = self.values.get_mut(point) {
                *held = value;
            }
        }
    }
}

impl Request for dlt645::Request {
    type Address = dlt645::Address;

    fn name(&self) -> String {
        self.name()
    }

    fn frame(&self, address: Self::Address) -> Vec<u8> {
        self.frame(address)
    }

    fn seen(&self, address: Self::Address, received: &[u8]) -> Seen {
        self.seen(address, received)
    }

    fn more(&self, reply: &[u8]) -> Option<Self> {
        self.more(reply)
    }

    fn refusal(&self, reply: &[u8]) -> Option<String> {
        self.refusal(reply).map(|refusal| refusal.text().en)
    }

    fn instead(&self, reply: &[u8]) -> Option<Vec<Self>> {
        self.instead(reply)
    }

    fn values(&self, reply: &[u8]) -> Vec<(usize, Result<RawValue, Reason>)> {
        self.values(reply)
    }

    fn none(&self, reason: Reason) -> Vec<(usize, Result<RawValue, Reason>)> {
        self.none(reason)
    }

    fn lengths(&self) -> (usize, usize) {
        self.lengths()
    }
}

impl Request for cjt188::Request {
    type Address = cjt188::Address;

    fn name(&self) -> String {
        self.name()
    }

    fn frame(&self, address: Self::Address) -> Vec<u8> {
        self.frame(address)
    }

    fn seen(&self, address: Self::Address, received: &[u8]) -> Seen {
        self.seen(address, received)
    }

    fn more(&self, _reply: &[u8]) -> Option<Self> {
        None
    }

    fn refusal(&self, reply: &[u8]) -> Option<String> {
        self.is_refused(reply).then(|| "the meter refuses".to_owned())
    }

    fn instead(&self, _reply: &[u8]) -> Option<Vec<Self>> {
        None
    }

    fn values(&self, reply: &[u8]) -> Vec<(usize, Result<RawValue, Reason>)> {
        self.values(reply)
    }

    fn none(&self, reason: Reason) -> Vec<(usize, Result<RawValue, Reason>)> {
        self.none(reason)
    }

    fn lengths(&self) -> (usize, usize) {
        self.lengths()
    }
}
