//! Which messages wait for their commit, and which may be acknowledged.

use rumqttc::Publish;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Messages of the current session in order of arrival, by rising number.
#[derive(Default)]
pub struct Acks(Mutex<State>);

#[derive(Default)]
struct State {
    last: u64,
    waiting: VecDeque<(u64, Publish)>,
}

impl Acks {
    /// The message's number. The broker's window bounds how many wait.
    pub fn arrived(&self, mut publish: Publish) -> u64 {
        publish.payload.clear();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.last += 1;
        let number = state.last;
        state.waiting.push_back((number, publish));
        number
    }

    /// A broken session's messages are never acknowledged: their packet ids can mean others in the next one.
    pub fn new_session(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).waiting.clear();
    }

    /// Everything that arrived up to `through` is durable: what to acknowledge, in order.
    pub fn durable(&self, through: u64) -> Vec<Publish> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = state.waiting.iter().take_while(|(number, _)| *number <= through).count();
        state.waiting.drain(..count).map(|(_, publish)| publish).collect()
    }
}
