//! Inputs → commits: when what was read becomes durable, and who is told.
//!
//! # Promises
//! - Nothing waits longer than the commit interval, once the disk takes it.
//! - A receipt is given only after the commit that holds its input has returned.
//! - While the spool is nearly full no receipt is given, so that brokers keep what they have; polled meters go on.
//! - The time in which nothing was read is a gap record: from the last commit of the run before to the start, and
//!   while the disk took nothing. While the time is not known, that of the start waits until it is.
//! - A clock segment is committed before its first sample and again at the head of each later generation, so that none
//!   waits for another to say where its samples lie. A shift is committed within the commit interval, a declaration within
//!   about a second. A tag is committed with the samples of its message, and stands before them.
//! - Whatever the sources handed over before they ended is committed before the recorder ends, and the intervals that are
//!   open then with it.
//!
//! # Does not
//! Drop: while the disk refuses, it tries again and takes nothing new, so that the sources wait.

use super::{
    clock::{Stamp, Turn, Watch},
    console::Board,
    declare::Declared,
    meaning::Meaning,
    source::{Input, Receipt},
    spool::{Level, Spool},
};
use crate::{
    model::{ClockState, Entered, Event, EventKind, GapCause, Span, UtcMillis},
    runtime::{backoff::Backoff, clock, random, task},
    wire::record::{Content, Gap, Record, encode},
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};

/// A disk that takes this long has made the sources wait: what they would have read meanwhile is missing.
const STANDSTILL_MS: i64 = 10_000;

/// How often the clock and the folder of declarations are looked at.
pub const LOOK: Duration = Duration::from_secs(1);

/// What may wait for a commit: a record of about this size before compression costs little beside its fsync.
const PENDING_BYTES_MAX: usize = 16 * 1024;

pub struct Recorder {
    pub meaning: Meaning,
    pub spool: Arc<dyn Spool>,
    pub commit_interval: Duration,
    /// Commit when so many receipts wait: half of what a broker sends before it waits for us, so that it never stands.
    pub receipts_max: usize,
    pub clock: Watch,
    pub declared: Declared,
    /// Where committed records are shown.
    pub board: Option<Arc<Board>>,
    /// [`LOOK`].
    pub look_interval: Duration,
    pub segments: Segments,
}

impl Recorder {
    /// Ends when every source has dropped its sender.
    pub async fn run(mut self, mut inputs: mpsc::Receiver<Input>) -> Result<(), Infallible> {
        let mut receipts = Receipts::default();
        self.look(&mut receipts).await;
        let (_, boot_ms) = self.clock.now();
        let mut unread = self.spool.earlier_end().map(|end| Unread { end, start_boot_ms: boot_ms });
        self.commit_unread(&mut unread).await;
        let mut due: Option<Instant> = None;
        let mut look_at = clock::monotonic() + self.look_interval;
        loop {
            let wake = due.map_or(look_at, |due| due.min(look_at));
            match tokio::time::timeout_at(wake, inputs.recv()).await {
                Ok(Some(input)) => {
                    self.take(input, &mut receipts).await;
                    due = due.or_else(|| Some(clock::monotonic() + self.commit_interval));
                    let full = receipts.waiting.len() >= self.receipts_max;
                    if self.meaning.pending_bytes() >= PENDING_BYTES_MAX || full {
                        self.commit(&mut receipts).await;
                        due = receipts.look_again(self.commit_interval);
                    }
                }
                Ok(None) => {
                    self.meaning.finish();
                    self.commit(&mut receipts).await;
                    return Ok(());
                }
                Err(_elapsed) => {}
            }
            let now = clock::monotonic();
            if now >= look_at {
                if self.look(&mut receipts).await {
                    due = due.or_else(|| Some(clock::monotonic() + self.commit_interval));
                }
                self.commit_unread(&mut unread).await;
                look_at = clock::monotonic() + self.look_interval;
            }
            if due.is_some_and(|due| now >= due) {
                self.commit(&mut receipts).await;
                due = receipts.look_again(self.commit_interval);
            }
        }
    }

    async fn take(&mut self, input: Input, receipts: &mut Receipts) {
        let turn = self.clock.glance();
        self.turn(turn, receipts).await;
        for (time, tag) in input.tags {
            self.meaning.note(event(time, EventKind::Tag(tag)));
        }
        for scan in input.scans {
            let stamp = if input.dated { self.stamp_dated() } else { self.clock.stamp(scan.time) };
            self.meaning.take_at(scan, stamp);
        }
        receipts.waiting.extend(input.receipt);
    }

    /// Of samples whose times are not this gateway's clock.
    fn stamp_dated(&mut self) -> Stamp {
        let (stamp, begun) = self.clock.stamp_dated();
        if let Some(one) = begun {
            let said = event(one.wall, EventKind::ClockSegment(one));
            self.segments.dated = Some(said.clone());
            self.describe(said);
        }
        stamp
    }

    /// At the clock and at what was declared; whether something waits for a commit now.
    async fn look(&mut self, receipts: &mut Receipts) -> bool {
        let turn = self.clock.look();
        let shifted = !turn.shifts.is_empty();
        self.turn(turn, receipts).await;
        let mut declared = std::mem::replace(&mut self.declared, Declared::none());
        let (events, back) = task::blocking(move || (declared.look(), declared)).await;
        declared = back;
        if !events.is_empty() {
            for one in events {
                if let EventKind::Replaced(replaced) = &one.what {
                    tracing::info!(meter = replaced.meter, by = replaced.by, time = %one.time, "declared: the meter was replaced");
                    if !self.meaning.declare(one.time, replaced) {
                        tracing::info!(
                            meter = replaced.meter,
                            "readings are later already: the platform places it, this gateway's intervals show an epoch"
                        );
                    }
                }
                self.enter(one);
            }
            self.commit(receipts).await;
            let ((), back) = task::blocking(move || (declared.committed(), declared)).await;
            declared = back;
        }
        self.declared = declared;
        shifted
    }

    /// The event, and what it says of a point.
    fn enter(&mut self, one: Event) {
        self.meaning.note(one.clone());
        let EventKind::Entered(entered) = &one.what else { return };
        let stamp = self.stamp_dated();
        let Entered { meter, point, by, .. } = entered;
        match self.meaning.enter(one.time, entered, stamp) {
            true => tracing::info!(meter, point, by, time = %one.time, "entered by hand"),
            false => tracing::error!(
                meter,
                point,
                by,
                "entered by hand for a point that is not configured: it is kept, and counts nowhere"
            ),
        }
    }

    /// What the clock did. What was taken before it is committed, so that the list on the disk is never behind.
    async fn turn(&mut self, turn: Turn, receipts: &mut Receipts) {
        let (now, _) = self.clock.now();
        if let Some(segment) = turn.segment {
            self.commit(receipts).await;
            self.meaning.clock(&segment);
            self.clock.remember();
            let said = event(segment.wall, EventKind::ClockSegment(segment));
            self.segments.before = self.segments.current.replace(said.clone());
            self.describe(said);
        }
        for shift in turn.shifts {
            self.meaning.note(event(now, EventKind::ClockShift(shift)));
        }
        self.clock.noted();
    }

    /// In the next commit, and in each generation that begins from now on.
    fn describe(&mut self, segment: Event) {
        self.meaning.note(segment);
        if let Err(error) = self.spool.repeat(&self.segments.records()) {
            tracing::error!(%error, "later generations will not say what clock segment they are of");
        }
    }

    /// From the end of the run before to the start of this one, once it is known when that was.
    async fn commit_unread(&mut self, unread: &mut Option<Unread>) {
        if self.clock.state() == ClockState::Unknown {
            return;
        }
        if let Some(Unread { end, start_boot_ms }) = unread.take() {
            let (now, boot_ms) = self.clock.now();
            let start = now.plus_ms(start_boot_ms.saturating_sub(boot_ms));
            self.commit_gap(Span { start: end, end: start }, "the agent did not run").await;
        }
    }

    async fn commit(&mut self, receipts: &mut Receipts) {
        let (records, span) = self.meaning.close();
        if !records.is_empty() {
            let stood = self.store(records, span).await;
            if let Some(stood) = stood.filter(|stood| stood.end.since(stood.start) > STANDSTILL_MS) {
                self.commit_gap(stood, "the disk took nothing and the sources waited").await;
            }
        }
        self.clock.committed();
        receipts.committed();
        let spool = self.spool.clone();
        // a broker keeps what is not acknowledged, and sends no more than its window ahead of that
        if receipts.held.is_empty() || task::blocking(move || spool.fill()).await.level == Level::Low {
            receipts.give();
        } else if !std::mem::replace(&mut receipts.told, true) {
            tracing::warn!("the spool is nearly full: the brokers' messages are not acknowledged until there is room");
        }
    }

    async fn commit_gap(&mut self, span: Span, detail: &str) {
        let (start, end) = (span.start.min(span.end), span.end);
        let gap = Gap {
            cause: GapCause::Unread,
            span: Some(Span { start, end }),
            series: Vec::new(),
            lost: None,
            detail: detail.into(),
        };
        self.store(encode(&Content::Gap(gap)), None).await;
    }

    /// Until the disk takes it; since when that took more than one try.
    async fn store(&self, records: Vec<Record>, span: Option<Span>) -> Option<Span> {
        let records = Arc::new(records);
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        let (mut failures, start) = (0_u64, clock::now());
        loop {
            let (spool, batch) = (self.spool.clone(), records.clone());
            match task::blocking(move || spool.commit(&batch, span)).await {
                Ok(()) => {
                    self.board.iter().for_each(|board| board.take(&records));
                    return (failures > 0).then(|| Span { start, end: clock::now() });
                }
                Err(error) => {
                    failures += 1;
                    if failures.is_power_of_two() {
                        tracing::error!(%error, failures, "the spool does not take records; the sources wait");
                    }
                    tokio::time::sleep(backoff.failed(random::up_to)).await;
                }
            }
        }
    }
}

/// The end of the run before, and the start of this one, since the kernel's boot.
struct Unread {
    end: UtcMillis,
    start_boot_ms: i64,
}

fn event(time: UtcMillis, what: EventKind) -> Event {
    Event { event_id: random::id(), time, what }
}

/// The clock segments of which samples may still come, as they were described.
#[derive(Default)]
pub struct Segments {
    before: Option<Event>,
    current: Option<Event>,
    dated: Option<Event>,
}

impl Segments {
    fn records(&self) -> Vec<Record> {
        let known = [&self.before, &self.current, &self.dated].into_iter().flatten();
        known.flat_map(|event| encode(&Content::Event(event.clone()))).collect()
    }
}

/// The brokers' messages on their way to an acknowledgement.
#[derive(Default)]
struct Receipts {
    /// Taken, not committed.
    waiting: Vec<Receipt>,
    /// Committed, and not given because the spool is nearly full. Bounded by the brokers' windows.
    held: Vec<Receipt>,
    told: bool,
}

impl Receipts {
    fn committed(&mut self) {
        self.held.append(&mut self.waiting);
    }

    fn give(&mut self) {
        self.told = false;
        self.held.drain(..).for_each(Receipt::give);
    }

    /// Room may come without any input.
    fn look_again(&self, interval: Duration) -> Option<Instant> {
        (!self.held.is_empty()).then(|| clock::monotonic() + interval)
    }
}

#[cfg(test)]
mod tests;
