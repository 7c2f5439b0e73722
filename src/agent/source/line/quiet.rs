//! The time after a fault in which nothing is sent, so that a late answer meets no request.
//!
//! # Promises
//! - After a request whose answer can still be under way nothing is sent for one response time.
//! - What stayed silent in that time too is believed to be absent: its next timeouts cost no further time.
//!
//! # Does not
//! Rely on time alone: what comes even later is the protocol's to tell apart.

use std::{collections::HashSet, time::Duration};
use tokio::time::Instant;

/// Requests that are known to be in vain. Beyond that a timeout costs twice its time, and no more.
const SILENT_MAX: usize = 1024;

#[derive(Default)]
pub(super) struct Quiet {
    held: Option<(Instant, Vec<u8>)>,
    silent: HashSet<Vec<u8>>,
}

impl Quiet {
    /// The answer to `request` did not come by `now`.
    pub fn missed(&mut self, request: &[u8], now: Instant, response: Duration) {
        if !self.silent.contains(request) {
            self.held = Some((now + response, request.to_vec()));
        }
    }

    pub fn answered(&mut self, request: &[u8]) {
        self.silent.remove(request);
    }

    /// Until when nothing may be sent.
    pub fn until(&self) -> Option<Instant> {
        self.held.as_ref().map(|(until, _)| *until)
    }

    /// The time is over, and this many bytes came in it.
    pub fn over(&mut self, came: usize) {
        let Some((_, request)) = self.held.take() else { return };
        if came == 0 && self.silent.len() < SILENT_MAX {
            self.silent.insert(request);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::clock;

    #[test]
    fn only_what_was_never_silent_holds_the_line() {
        let (now, response) = (clock::monotonic(), Duration::from_secs(1));
        let mut quiet = Quiet::default();
        assert_eq!(quiet.until(), None);
        quiet.missed(b"a", now, response);
        assert_eq!(quiet.until(), Some(now + response));
        quiet.over(7);
        quiet.missed(b"a", now, response);
        assert_eq!(quiet.until(), Some(now + response), "it answered late: again");
        quiet.over(0);
        assert_eq!(quiet.until(), None);
        quiet.missed(b"a", now, response);
        assert_eq!(quiet.until(), None, "it is absent");
        quiet.missed(b"b", now, response);
        assert!(quiet.until().is_some(), "another is not");
        quiet.over(0);
        quiet.answered(b"a");
        quiet.missed(b"a", now, response);
        assert!(quiet.until().is_some(), "it is there again");
    }
}
