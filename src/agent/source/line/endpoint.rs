//! The one connection of a bus, opened again when it is lost, and what may be asked on it when.

use super::{
    Fault, Line, Miss, Moment, Outcome, Pause, Seen, Stream, Switchboard, Tap, Timing,
    dial_in::Slot,
    link,
    quiet::Quiet,
    tap::{Ear, Tapped},
};
use crate::{
    agent::{
        config::{Bus, Link},
        source::modbus::{self, Answer, Asked, Connection, OWED_MAX, Owed, Read},
    },
    model::Reason,
    runtime::{clock, random},
};
use std::{sync::Arc, time::Duration};

/// After a restart or a pulled cable an endpoint is found again within this time.
const RECONNECT_MAX: Duration = Duration::from_secs(30);

pub struct Endpoint {
    bus: String,
    link: Link,
    timing: Timing,
    /// Of TCP and TLS.
    connection: Option<Connection>,
    /// Of the others.
    line: Option<Line>,
    slot: Option<Arc<Slot>>,
    quiet: Quiet,
    owed: Owed,
    ear: Option<Arc<Ear>>,
    pause: Pause,
    /// Connecting failed in this poll: the meters that follow do not each wait for it again.
    given_up: bool,
    failed_connects: u64,
    /// The rules about late answers are off, so that a test can show what they are for.
    #[cfg(test)]
    pub(super) trusting: bool,
}

impl Endpoint {
    pub fn new(bus: &Bus) -> Endpoint {
        Endpoint {
            bus: bus.name.clone(),
            link: bus.link.clone(),
            timing: Timing::of(bus.link.wire(), bus.timeout),
            connection: None,
            line: None,
            slot: None,
            quiet: Quiet::default(),
            owed: Owed::default(),
            ear: None,
            pause: Pause::new(bus.timeout, RECONNECT_MAX),
            given_up: false,
            failed_connects: 0,
            #[cfg(test)]
            trusting: false,
        }
    }

    /// Where its DTU's calls arrive, for a bus that is dialled from outside.
    pub fn behind(mut self, switchboards: &[Arc<Switchboard>]) -> Endpoint {
        self.slot = switchboards.iter().find_map(|switchboard| switchboard.slot(&self.bus));
        self
    }

    /// Who hears every byte, and how each exchange went.
    pub fn tapped(mut self, tap: Arc<dyn Tap>) -> Endpoint {
        self.ear = Some(Arc::new(Ear::new(tap)));
        self
    }

    pub fn begin_poll(&mut self) {
        self.given_up = false;
    }

    /// A Modbus request, whatever the link.
    pub async fn read(&mut self, unit_id: u8, read: &Read) -> Result<Answer, Fault> {
        if self.link.wire().is_none() {
            return self.read_framed(unit_id, read).await;
        }
        if let Some(before) = self.owed.before(unit_id, read, clock::monotonic())
            && !self.trusts()
        {
            self.read_line(unit_id, &before).await?;
        }
        self.read_line(unit_id, read).await
    }

    /// A request of another protocol. `seen` says what the bytes that came are to it.
    pub async fn exchange(&mut self, request: &[u8], seen: impl Fn(&[u8]) -> Seen) -> Result<Vec<u8>, Fault> {
        if self.link.wire().is_none() {
            return Err(Fault::Unreachable("this link speaks Modbus TCP and nothing else".into()));
        }
        let mut line = self.ready().await?;
        let begun = Moment::now();
        let asked = line.ask(request, seen).await;
        self.asked(line, request, begun, asked)
    }

    async fn read_framed(&mut self, unit_id: u8, read: &Read) -> Result<Answer, Fault> {
        if let Some(connection) = self.connection.take() {
            match self.read_on(connection, unit_id, read).await {
                // servers close what was idle for a while; that says nothing about this meter, so ask on a new one
                Err(Fault::Closed(_)) => {}
                answer => return answer,
            }
        }
        let connection = Connection::over(self.connect().await?, self.timing.timeout);
        self.read_on(connection, unit_id, read).await
    }

    async fn read_on(&mut self, connection: Connection, unit_id: u8, read: &Read) -> Result<Answer, Fault> {
        let begun = Moment::now();
        let answer = connection.read(unit_id, read).await;
        self.tell(begun, answer.as_ref().map_or_else(|fault| outcome(fault, false), |_| Outcome::Whole));
        let (connection, answer) = answer?;
        self.connection = Some(connection);
        Ok(answer)
    }

    async fn read_line(&mut self, unit_id: u8, read: &Read) -> Result<Answer, Fault> {
        let mut line = self.ready().await?;
        let begun = Moment::now();
        let answer = modbus::read(&mut line, unit_id, read, self.owed.answers()).await;
        match &answer {
            Ok(_) => self.owed.answered(unit_id),
            Err(_) => self.owed.missed(unit_id, read, clock::monotonic()),
        }
        let Asked { unit, function, .. } = Asked::of(unit_id, read);
        let (start, count) = (read.start.to_be_bytes(), read.count.to_be_bytes());
        let request = [&[unit, function], &start[..], &count[..]].concat();
        self.asked(line, &request, begun, answer)
    }

    /// What a line is good for after an exchange. `request` is by what the same one is known again.
    fn asked<T>(&mut self, line: Line, request: &[u8], begun: Moment, asked: Result<T, Miss>) -> Result<T, Fault> {
        let now = clock::monotonic();
        let miss = match asked {
            Ok(reply) => {
                self.tell(begun, Outcome::Whole);
                self.quiet.answered(request);
                self.line = Some(line);
                return Ok(reply);
            }
            Err(miss) => miss,
        };
        self.tell(begun, outcome(&miss.fault, miss.damaged));
        if miss.under_way && !self.trusts() {
            self.quiet.missed(request, now, self.timing.timeout);
        }
        // who hangs up on a DTU waits for it a minute: its line is kept, and only time and what is owed guard it
        let dialled = matches!(self.link, Link::DialIn(_)) && !matches!(miss.fault, Fault::Closed(_));
        if dialled && now < line.last_received() + OWED_MAX || self.trusts() {
            self.line = Some(line);
        }
        Err(miss.fault)
    }

    /// A line on which nothing is under way.
    async fn ready(&mut self) -> Result<Line, Fault> {
        let kept = self.line.take().filter(|_| !self.slot.as_ref().is_some_and(|slot| slot.waits()));
        let mut line = match kept {
            None => self.open().await?,
            Some(mut line) => match line.settle().await {
                Ok(()) => line,
                // it was closed while nobody asked
                Err(Fault::Closed(_)) => {
                    drop(line);
                    self.open().await?
                }
                Err(fault) => return Err(fault),
            },
        };
        if let Some(until) = self.quiet.until() {
            let came = line.listen(until).await?;
            self.quiet.over(came.len());
            if !came.is_empty() {
                let (bus, line, bytes) = (&self.bus, link::place(&self.link), came.len());
                tracing::warn!(bus, line, bytes, "an answer came after its time: raise timeout_ms");
            }
        }
        Ok(line)
    }

    async fn open(&mut self) -> Result<Line, Fault> {
        let line = Line::new(self.connect().await?, self.timing);
        Ok(match &self.link {
            Link::DialIn(dial_in) => line.with_heartbeat(&dial_in.heartbeat),
            _ => line,
        })
    }

    async fn connect(&mut self) -> Result<Box<dyn Stream>, Fault> {
        if self.given_up || self.pause.reason(clock::monotonic()).is_some() {
            return Err(Fault::Unreachable("waiting for the next try".into()));
        }
        match link::open(&self.link, self.slot.as_ref(), self.timing.timeout).await {
            Ok(stream) => {
                self.pause.succeeded();
                let failed_connects = std::mem::take(&mut self.failed_connects);
                if failed_connects > 0 {
                    let (bus, line) = (&self.bus, link::place(&self.link));
                    tracing::info!(bus, line, failed_connects, "connected again");
                }
                Ok(match &self.ear {
                    Some(ear) => Box::new(Tapped::new(stream, ear.clone())),
                    None => stream,
                })
            }
            Err(fault) => {
                self.given_up = true;
                // a DTU calls by itself: to look whether it has costs nothing
                if !matches!(self.link, Link::DialIn(_)) {
                    self.pause.failed(clock::monotonic(), Reason::Disconnected, random::up_to);
                }
                self.tell(Moment::now(), Outcome::Unreachable);
                if self.failed_connects == 0 {
                    let (bus, line, advice) = (&self.bus, link::place(&self.link), fault.advice(&self.link).en);
                    tracing::warn!(bus, line, "the line {fault}; {advice}; trying on");
                }
                self.failed_connects += 1;
                Err(fault)
            }
        }
    }

    fn tell(&self, begun: Moment, outcome: Outcome) {
        if let Some(ear) = &self.ear {
            ear.ended(begun, outcome);
        }
    }

    fn trusts(&self) -> bool {
        #[cfg(test)]
        return self.trusting;
        #[cfg(not(test))]
        false
    }
}

fn outcome(fault: &Fault, damaged: bool) -> Outcome {
    match fault {
        _ if damaged => Outcome::Damaged,
        Fault::Unreachable(_) => Outcome::Unreachable,
        Fault::Timeout(_) => Outcome::Timeout,
        Fault::Closed(_) => Outcome::Closed,
        Fault::Malformed(_) => Outcome::Malformed,
    }
}
