//! Whoever listens to a line: a capture, the statistics.
//!
//! # Promises
//! - Every byte that is sent or comes in is told once, in its order, with the time at which it was handed over.
//! - Behind the bytes of an exchange comes [`Event::Ended`] with how it went.
//!
//! # Does not
//! Wait: what a tap does with an event delays the line.

use super::Stream;
use crate::{model::UtcMillis, runtime::clock};
use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

/// What an exchange says about its bytes is cut off here.
const KEPT_MAX: usize = 1024;

pub trait Tap: Send + Sync {
    fn told(&self, event: Event<'_>);
}

/// The same moment by the wall clock and by the one that never steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    pub wall: UtcMillis,
    pub steady: Instant,
}

impl Moment {
    pub fn now() -> Moment {
        Moment { wall: clock::now(), steady: clock::monotonic() }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event<'a> {
    Sent { at: Moment, bytes: &'a [u8] },
    Received { at: Moment, bytes: &'a [u8] },
    Ended(Exchange<'a>),
}

/// One request and what became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exchange<'a> {
    /// When the request was to be sent.
    pub begun: Moment,
    /// With the silence before it.
    pub took: Duration,
    /// All that was sent, and all that came, since the exchange before it.
    pub sent: &'a [u8],
    pub received: &'a [u8],
    pub outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A whole reply, a refusal of the meter among them.
    Whole,
    /// No connection, or no port.
    Unreachable,
    /// Nothing came.
    Timeout,
    /// A reply came whose checksum is wrong.
    Damaged,
    /// Something else came than the reply.
    Malformed,
    Closed,
}

/// A tap and what was heard since the last exchange.
pub(super) struct Ear {
    tap: Arc<dyn Tap>,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    sent: Vec<u8>,
    received: Vec<u8>,
}

impl Ear {
    pub fn new(tap: Arc<dyn Tap>) -> Ear {
        Ear { tap, heard: Mutex::default() }
    }

    pub fn ended(&self, begun: Moment, outcome: Outcome) {
        let Heard { sent, received } = std::mem::take(&mut *self.heard());
        let took = clock::monotonic().saturating_duration_since(begun.steady);
        self.tap.told(Event::Ended(Exchange { begun, took, sent: &sent, received: &received, outcome }));
    }

    fn sent(&self, bytes: &[u8]) {
        keep(&mut self.heard().sent, bytes);
        self.tap.told(Event::Sent { at: Moment::now(), bytes });
    }

    fn received(&self, bytes: &[u8]) {
        keep(&mut self.heard().received, bytes);
        self.tap.told(Event::Received { at: Moment::now(), bytes });
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep(kept: &mut Vec<u8>, bytes: &[u8]) {
    let room = KEPT_MAX.saturating_sub(kept.len()).min(bytes.len());
    kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
}

/// A stream of which an ear hears everything.
pub(super) struct Tapped {
    inner: Box<dyn Stream>,
    ear: Arc<Ear>,
}

impl Tapped {
    pub fn new(inner: Box<dyn Stream>, ear: Arc<Ear>) -> Tapped {
        Tapped { inner, ear }
    }
}

impl std::fmt::Debug for Tapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tapped").field(&self.inner).finish()
    }
}

impl AsyncRead for Tapped {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        if let Some(bytes) = buf.filled().get(before..).filter(|bytes| !bytes.is_empty()) {
            self.ear.received(bytes);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, buf))?;
        self.ear.sent(buf.get(..written).unwrap_or(buf));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
