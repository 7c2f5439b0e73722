//! One request and its reply over a line whose bytes name neither.
//!
//! ```text
//!   … noise │ quiet │ request │ own echo │ noise │ reply │
//!            3.5 characters     skipped    dropped  the protocol says where it ends
//! ```
//!
//! # Promises
//! - A request is sent only after the line was silent; what lay there before is dropped.
//! - The reply is whole by its protocol's word, or there is none. A reply that is coming in at the deadline is let come
//!   to its end; it is bounded in bytes, so that no chatter holds the line.
//! - [`Line::exchange`] gives the line back only with a whole reply: after anything else bytes may be under way that
//!   belong to no later request.
//!
//! # Does not
//! Open a line, ask twice, or know a protocol.

use super::{Fault, Seen, Timing, fault::Miss, heartbeat};
use crate::runtime::clock;
use std::{fmt::Debug, io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, timeout_at},
};

/// Twice the longest frame of any protocol (Modbus 256, DL/T 645 220): a reply behind as much noise.
const RECEIVED_MAX: usize = 512;
/// A reply that comes in pieces, through a serial server or a DTU, is at its end after such a silence.
const SILENCE: Duration = Duration::from_millis(100);
const SILENCE_CHARACTERS: usize = 20;

/// Any two-way flow of bytes.
pub trait Stream: AsyncRead + AsyncWrite + Debug + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Debug + Send + Unpin> Stream for T {}

#[derive(Debug)]
pub struct Line {
    stream: Box<dyn Stream>,
    timing: Timing,
    /// What a DTU sends in between; empty: nothing.
    heartbeat: Vec<u8>,
    /// When the last byte went or came, or the line was opened.
    last: Instant,
    last_received: Instant,
    noise: u64,
    echo: bool,
}

impl Line {
    pub fn new(stream: impl Stream + 'static, timing: Timing) -> Line {
        let now = clock::monotonic();
        let (heartbeat, noise, echo) = (Vec::new(), 0, false);
        Line { stream: Box::new(stream), timing, heartbeat, last: now, last_received: now, noise, echo }
    }

    pub fn with_heartbeat(self, heartbeat: &[u8]) -> Line {
        Line { heartbeat: heartbeat.to_vec(), ..self }
    }

    /// Bytes that were part of no reply.
    pub fn noise(&self) -> u64 {
        self.noise
    }

    /// Whether the adapter hears what it sends.
    pub fn echoes(&self) -> bool {
        self.echo
    }

    pub async fn exchange(mut self, request: &[u8], seen: impl Fn(&[u8]) -> Seen) -> Result<(Line, Vec<u8>), Fault> {
        let reply = self.ask(request, seen).await.map_err(|miss| miss.fault)?;
        Ok((self, reply))
    }

    /// The same for those who know when the line can be used again.
    pub(in crate::agent::source) async fn ask(
        &mut self,
        request: &[u8],
        seen: impl Fn(&[u8]) -> Seen,
    ) -> Result<Vec<u8>, Miss> {
        self.settle().await?;
        self.send(request).await?;
        self.reply(request, seen).await
    }

    pub(super) fn last_received(&self) -> Instant {
        self.last_received
    }

    /// Waits for the silence before a request and drops what lies there.
    pub(super) async fn settle(&mut self) -> Result<(), Fault> {
        // what has come already is seen by the reactor, which looks when all tasks have had their turn
        tokio::task::yield_now().await;
        let give_up = clock::monotonic() + self.timing.timeout;
        let mut dropped = 0;
        while let Some(bytes) = self.receive(self.last + self.timing.quiet).await? {
            dropped += bytes.len();
            if self.last > give_up {
                return Err(Fault::Malformed(format!("the line is never quiet: {dropped} bytes came unasked")));
            }
        }
        self.noise += dropped as u64;
        Ok(())
    }

    /// Sends nothing until then. What comes is dropped, and the beginning of it given back.
    pub(super) async fn listen(&mut self, until: Instant) -> Result<Vec<u8>, Fault> {
        let mut came = Vec::new();
        while let Some(bytes) = self.receive(until).await? {
            self.noise += bytes.len() as u64;
            came.extend(bytes.into_iter().take(RECEIVED_MAX.saturating_sub(came.len())));
            if self.last >= until {
                break;
            }
        }
        Ok(came)
    }

    async fn send(&mut self, request: &[u8]) -> Result<(), Fault> {
        let now = clock::monotonic();
        let until = now + self.timing.timeout + self.timing.of_bytes(request.len());
        let write = async {
            self.stream.write_all(request).await?;
            // nothing to wait for on a serial port; inside of TLS a record
            self.stream.flush().await
        };
        match timeout_at(until, write).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(Fault::Closed(error.to_string())),
            Err(_) => return Err(Fault::Closed("it takes no bytes any more".into())),
        }
        self.last = clock::monotonic();
        Ok(())
    }

    async fn reply(&mut self, request: &[u8], seen: impl Fn(&[u8]) -> Seen) -> Result<Vec<u8>, Miss> {
        // the bytes are with the driver, not yet on the wire
        let mut deadline = self.last + self.timing.of_bytes(request.len()) + self.timing.timeout;
        let latest = deadline + self.timing.of_bytes(RECEIVED_MAX) + SILENCE;
        let silence = SILENCE.max(self.timing.of_bytes(SILENCE_CHARACTERS));
        let (mut received, mut packets, mut damaged) = (Vec::new(), Vec::new(), None);
        loop {
            let until = if damaged.is_some() { deadline.min(self.last + silence) } else { deadline };
            let Some(bytes) = self.receive(until).await? else { return Err(self.miss(request, &received, damaged)) };
            packets.push(received.len());
            received.extend(bytes);
            let skip = if received.starts_with(request) { request.len() } else { 0 };
            let behind_echo = received.get(skip..).unwrap_or_default();
            let begun: Vec<_> = packets.iter().filter_map(|at| at.checked_sub(skip)).collect();
            let (found, bytes) = heartbeat::seen(behind_echo, &begun, &self.heartbeat, &seen);
            match found {
                Seen::Whole(range) => {
                    let reply = bytes.get(range).unwrap_or_default().to_vec();
                    self.echo |= skip > 0;
                    self.noise += behind_echo.len().saturating_sub(reply.len()) as u64;
                    return Ok(reply);
                }
                Seen::Wrong(text) => {
                    self.noise += received.len() as u64;
                    return Err(Fault::Malformed(text).into());
                }
                Seen::Damaged(text) => damaged = Some(text),
                Seen::More => damaged = None,
            }
            if received.len() >= RECEIVED_MAX {
                return Err(self.miss(request, &received, damaged));
            }
            deadline = deadline.max(self.last + silence).min(latest);
        }
    }

    /// What there was instead of a reply.
    fn miss(&mut self, request: &[u8], received: &[u8], damaged: Option<String>) -> Miss {
        let echo = received.starts_with(request);
        self.echo |= echo;
        let received = received.get(if echo { request.len() } else { 0 }..).unwrap_or_default();
        self.noise += received.len() as u64;
        let count = received.len();
        match damaged {
            _ if received.is_empty() || heartbeat::only(received, &self.heartbeat) => {
                Fault::Timeout(self.timing.timeout).into()
            }
            Some(text) => {
                let fault = Fault::Malformed(format!("{text}, in {count} bytes"));
                Miss { fault, damaged: true, under_way: false }
            }
            None => Fault::Malformed(format!("{count} bytes came and hold no whole reply")).into(),
        }
    }

    /// Some bytes, or nothing until then.
    async fn receive(&mut self, until: Instant) -> Result<Option<Vec<u8>>, Fault> {
        let mut buffer = [0; RECEIVED_MAX];
        match timeout_at(until, self.stream.read(&mut buffer)).await {
            Err(_) => Ok(None),
            Ok(Ok(0)) => Err(Fault::Closed("by the other side".into())),
            Ok(Ok(count)) => {
                self.last = clock::monotonic();
                self.last_received = self.last;
                Ok(Some(buffer.get(..count).unwrap_or_default().to_vec()))
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => Ok(Some(Vec::new())),
            Ok(Err(error)) => Err(Fault::Closed(error.to_string())),
        }
    }
}
