//! Any order of commits, rotations, grants, deliveries, losses, cuts, power cuts and recalls, against a platform that
//! stores contiguous prefixes as the real one does, and refuses some records.
//!
//! # What always holds
//! - Everything that no power cut took is stored once, in order, and released when it is complete.
//! - What flies stays within the credit at the time it is sent, and the backlog within half of it; without credit
//!   nothing is sent; over any time the backlog keeps the platform's pace.
//! - While the live generation has records to send, no batch is of another generation.
//! - A refusal is noted at most once, and only of a record that the platform refused; where nothing was cut, each is.

use super::{
    super::{super::allowance::WINDOW_BYTES, *},
    open, record,
};
use crate::wire::{RECORD_BYTES_MAX, proto::RefusedCode};
use proptest::prelude::*;
use std::collections::VecDeque;

#[derive(Clone, Debug)]
enum Step {
    Commit(u8),
    Rotate,
    /// The platform takes this many messages.
    Up(u8),
    /// The gateway takes this many answers.
    Down(u8),
    /// So many times 100 ms pass, with a tick.
    Wait(u8),
    /// Credit in KiB, and pace in KiB a second.
    Grant(u16, u16),
    /// The platform asks for a stretch again; the archive answers with so many records.
    Recall(u8),
    /// One message of those on the way is lost: a hole.
    Lose(u8),
    /// The link breaks with all that is on it.
    Cut,
    /// The gateway restarts, and its disk lost this many records of the tail, sent or not.
    PowerCut(u8),
    /// A generation that is not being written is dropped for want of room, whatever of it is on the way.
    Drop(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..200_u8).prop_map(Step::Commit),
        2 => Just(Step::Rotate),
        6 => (1..6_u8).prop_map(Step::Up),
        6 => (1..6_u8).prop_map(Step::Down),
        3 => (1..30_u8).prop_map(Step::Wait),
        2 => (prop_oneof![Just(0), 0..32_u16, Just(1024)], prop_oneof![Just(0), 1..2048_u16])
            .prop_map(|(credit, pace)| Step::Grant(credit, pace)),
        1 => (1..20_u8).prop_map(Step::Recall),
        1 => any::<u8>().prop_map(Step::Lose),
        1 => Just(Step::Cut),
        1 => (0..20_u8).prop_map(Step::PowerCut),
        1 => any::<u8>().prop_map(Step::Drop),
    ]
}

struct Stored {
    gen_id: GenId,
    records: Vec<Record>,
    sealed: bool,
}

/// A generation at the platform.
#[derive(Default)]
struct Held {
    records: Vec<Record>,
    end: Option<u64>,
}

impl Held {
    fn ack(&self, gen_id: &GenId) -> down::Message {
        down::Message::Ack(self.mark(gen_id))
    }

    fn mark(&self, gen_id: &GenId) -> proto::Ack {
        let seq = self.records.len() as u64;
        let complete = self.end.is_some_and(|end| seq >= end);
        proto::Ack { gen_id: gen_id.to_vec().into(), seq, complete }
    }
}

/// One record in 13 is refused.
fn is_refused(record: &Record) -> bool {
    record.crc32c.is_multiple_of(13)
}

struct World {
    spool: Vec<Stored>,
    next_record: u64,
    /// All that was ever committed, and how much of it no power cut took.
    committed: BTreeMap<GenId, (Vec<Record>, usize)>,
    dropped: BTreeSet<GenId>,
    released: usize,
    platform: BTreeMap<GenId, Held>,
    grant: proto::Grant,
    /// The one that the gateway heard last.
    in_force: proto::Grant,
    refused: BTreeSet<(GenId, u64)>,
    noted: BTreeSet<(GenId, u64)>,
    recalled: u8,
    session: Session,
    now: Duration,
    /// Backlog bytes since the latest change of pace, and when that was.
    paced: (usize, Duration),
    up: VecDeque<up::Message>,
    down: VecDeque<down::Message>,
}

impl World {
    fn new() -> World {
        let mut world = World {
            spool: vec![],
            next_record: 0,
            committed: BTreeMap::new(),
            dropped: BTreeSet::new(),
            released: 0,
            platform: BTreeMap::new(),
            grant: proto::Grant { credit_bytes: 1 << 20, backlog_bytes_per_s: 0 },
            in_force: proto::Grant::default(),
            refused: BTreeSet::new(),
            noted: BTreeSet::new(),
            recalled: 0,
            session: open(&[]).0,
            now: Duration::ZERO,
            paced: (0, Duration::ZERO),
            up: VecDeque::new(),
            down: VecDeque::new(),
        };
        world.begin();
        world.connect();
        world
    }

    fn begin(&mut self) {
        let gen_id = [u8::try_from(self.committed.len()).unwrap(); 16];
        self.spool.push(Stored { gen_id, records: vec![], sealed: false });
        self.committed.insert(gen_id, (vec![], 0));
    }

    fn list(&self) -> Vec<Generation> {
        let list = self.spool.iter().map(|stored| Generation {
            gen_id: stored.gen_id,
            prev_gen_id: None,
            last_seq: stored.records.len() as u64,
            sealed: stored.sealed,
            bytes: 0,
        });
        list.collect()
    }

    fn connect(&mut self) {
        self.down.clear();
        let (session, hello) = open(&self.list());
        self.session = session;
        self.session.heard_at = self.now;
        self.up = VecDeque::from([hello]);
    }

    fn event(&mut self, event: Event) {
        // a platform that is slow here is not silent
        self.session.heard_at = self.now;
        let mut todo = VecDeque::from(self.session.on(event, self.now).expect("an honest platform"));
        while let Some(output) = todo.pop_front() {
            match output {
                Output::Send(message) => {
                    self.check_sent(&message);
                    self.up.push_back(message);
                }
                Output::Read { gen_id, from_seq, records_max, bytes_max } => {
                    let read = match self.spool.iter().find(|stored| stored.gen_id == gen_id) {
                        Some(stored) => {
                            let fit = records_max.min(bytes_max / 4000).max(1);
                            let records = stored.records.iter().skip(from_seq as usize - 1).take(fit);
                            Event::Read { gen_id, from_seq, records: records.cloned().collect() }
                        }
                        None => Event::Gone(gen_id),
                    };
                    todo.extend(self.session.on(read, self.now).expect("an honest spool"));
                }
                Output::Acked { gen_id, seq, complete } => self.acked(gen_id, seq, complete),
                Output::Refused(refusal) => {
                    let place = (refusal.gen_id, refusal.seq);
                    assert!(self.refused.contains(&place), "noted, and the platform did not refuse it");
                    assert!(self.noted.insert(place), "noted twice");
                }
                Output::Recall(_) => {
                    let records = self.recalled;
                    self.commit(records);
                }
                Output::Ping(ping) => self.up.push_back(up::Message::Ping(ping)),
                Output::Renew => unreachable!("there are few generations"),
            }
        }
    }

    /// What is allowed at the moment at which it is sent.
    fn check_sent(&mut self, message: &up::Message) {
        let credit = usize::try_from(self.in_force.credit_bytes).unwrap().min(WINDOW_BYTES);
        assert!(credit >= RECORD_BYTES_MAX, "sent without credit");
        let (all, backlog) = self.session.flight();
        let live = self.session.lanes.last().filter(|lane| !lane.sealed);
        let (gen_id, bytes) = match message {
            up::Message::Batch(batch) => (&batch.gen_id, batch.records.iter().map(|record| record.body.len()).sum()),
            up::Message::Sealed(sealed) => (&sealed.gen_id, 0),
            other => panic!("{other:?}"),
        };
        assert!(all.bytes <= credit, "{} bytes fly, {credit} are granted", all.bytes);
        if live.is_some_and(|live| live.gen_id[..] == gen_id[..]) {
            return;
        }
        assert!(live.is_none_or(|live| !live.has_records()), "backlog before live");
        if bytes > 0 {
            assert!(backlog.bytes <= (credit / 2).max(RECORD_BYTES_MAX), "more backlog than half of the credit");
        }
        self.paced.0 += bytes;
        let (pace, elapsed) = (self.in_force.backlog_bytes_per_s as usize, self.now - self.paced.1);
        let most = pace * (elapsed.as_millis() as usize + 1000) / 1000 + RECORD_BYTES_MAX;
        assert!(pace == 0 || self.paced.0 <= most, "{} bytes of backlog, the pace allows {most}", self.paced.0);
    }

    fn acked(&mut self, gen_id: GenId, seq: u64, complete: bool) {
        let held = self.platform.get(&gen_id).map_or(0, |held| held.records.len() as u64);
        assert!(seq <= held, "acknowledged before it was stored");
        if complete && let Some(index) = self.spool.iter().position(|stored| stored.gen_id == gen_id) {
            let stored = self.spool.remove(index);
            assert!(stored.sealed && held >= stored.records.len() as u64, "released before it was complete");
            self.released += 1;
        }
    }

    fn platform_takes(&mut self) {
        match self.up.pop_front() {
            Some(up::Message::Hello(hello)) => {
                let known = hello.generations.iter().filter_map(|generation| {
                    let gen_id = gen_id(&generation.gen_id).unwrap();
                    self.platform.get(&gen_id).map(|held| held.mark(&gen_id))
                });
                let welcome = proto::Welcome { marks: known.collect(), grant: Some(self.grant) };
                self.down.push_back(down::Message::Welcome(welcome));
            }
            Some(up::Message::Batch(batch)) => {
                let gen_id = gen_id(&batch.gen_id).unwrap();
                let held = self.platform.entry(gen_id).or_default();
                let expected_seq = held.records.len() as u64 + 1;
                if batch.first_seq > expected_seq {
                    self.down.push_back(down::Message::Rewind(proto::Rewind { gen_id: batch.gen_id, expected_seq }));
                    return;
                }
                let known = (expected_seq - batch.first_seq) as usize;
                for record in batch.records.into_iter().skip(known).map(|record| Record::try_from(record).unwrap()) {
                    let seq = held.records.len() as u64 + 1;
                    if is_refused(&record) {
                        self.refused.insert((gen_id, seq));
                        let (code, message) = (RefusedCode::Content.into(), String::new());
                        let refused = proto::Refused { gen_id: batch.gen_id.clone(), seq, code, message };
                        self.down.push_back(down::Message::Refused(refused));
                    }
                    held.records.push(record);
                }
                self.down.push_back(held.ack(&gen_id));
            }
            Some(up::Message::Sealed(sealed)) => {
                let gen_id = gen_id(&sealed.gen_id).unwrap();
                let held = self.platform.entry(gen_id).or_default();
                held.end = Some(sealed.last_seq);
                self.down.push_back(held.ack(&gen_id));
            }
            Some(up::Message::Ping(ping)) => {
                let t1_ms = ping.t0_ms + 7000;
                self.down.push_back(down::Message::Pong(proto::Pong { t0_ms: ping.t0_ms, t1_ms, t2_ms: t1_ms }));
            }
            None => {}
        }
    }

    fn gateway_takes(&mut self) {
        if let Some(message) = self.down.pop_front() {
            if let down::Message::Grant(grant) | down::Message::Welcome(proto::Welcome { grant: Some(grant), .. }) =
                message
            {
                (self.in_force, self.paced) = (grant, (0, self.now));
            }
            self.event(Event::Down(proto::Down { message: Some(message) }));
        }
    }

    fn commit(&mut self, count: u8) {
        let stored = self.spool.last_mut().unwrap();
        let (all, durable) = self.committed.get_mut(&stored.gen_id).unwrap();
        for _ in 0..count {
            self.next_record += 1;
            let record = record(&format!("{:0>4000}", self.next_record));
            stored.records.push(record.clone());
            all.push(record);
        }
        *durable = all.len();
        self.event(Event::Changed(self.list()));
    }

    fn tick(&mut self, tenths: u8) {
        self.now += Duration::from_millis(u64::from(tenths) * 100);
        self.event(Event::Tick(UtcMillis(1_700_000_000_000 + self.now.as_millis() as i64)));
    }

    fn grant(&mut self, grant: proto::Grant) {
        self.grant = grant;
        // before the Welcome it is the Welcome's
        if !matches!(self.up.front(), Some(up::Message::Hello(_))) {
            self.down.push_back(down::Message::Grant(grant));
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Commit(count) => self.commit(count),
            Step::Rotate => {
                self.spool.last_mut().unwrap().sealed = true;
                self.begin();
                self.event(Event::Changed(self.list()));
            }
            Step::Up(count) => (0..count).for_each(|_| self.platform_takes()),
            Step::Down(count) => (0..count).for_each(|_| self.gateway_takes()),
            Step::Wait(tenths) => self.tick(tenths),
            Step::Grant(credit, pace) => self.grant(proto::Grant {
                credit_bytes: u32::from(credit) * 1024,
                backlog_bytes_per_s: u32::from(pace) * 1024,
            }),
            Step::Recall(records) => {
                self.recalled = records;
                if !matches!(self.up.front(), Some(up::Message::Hello(_))) {
                    self.down.push_back(down::Message::Recall(proto::Recall { start_ms: 0, end_ms: 1 }));
                }
            }
            Step::Lose(which) => {
                let index = usize::from(which) % self.up.len().max(1);
                if !matches!(self.up.get(index), Some(up::Message::Hello(_))) {
                    self.up.remove(index);
                }
            }
            Step::Cut => self.connect(),
            Step::PowerCut(lost) => {
                let stored = self.spool.last_mut().unwrap();
                let kept = stored.records.len().saturating_sub(lost.into());
                stored.records.truncate(kept);
                stored.sealed = true;
                self.committed.get_mut(&stored.gen_id).unwrap().1 = kept;
                self.begin();
                self.connect();
            }
            Step::Drop(which) => {
                let index = usize::from(which) % self.spool.len();
                if self.spool[index].sealed {
                    self.dropped.insert(self.spool.remove(index).gen_id);
                    // the list follows later: a read may find it gone
                    if which % 2 == 0 {
                        self.event(Event::Changed(self.list()));
                    }
                }
            }
        }
    }

    fn settle(&mut self) {
        self.step(Step::Rotate);
        self.grant = proto::Grant { credit_bytes: 64 * 1024, backlog_bytes_per_s: 1 << 20 };
        self.connect();
        // the last turns let the backlog's pace go on
        for quiet in 0.. {
            if !self.up.is_empty() || !self.down.is_empty() {
                self.platform_takes();
                self.gateway_takes();
            } else if self.list().len() > 1 && quiet < 1_000_000 {
                self.tick(10);
            } else {
                return;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn everything_is_stored_once_in_order_and_released_when_complete(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.settle();
        for (gen_id, (all, durable)) in &world.committed {
            let held = world.platform.get(gen_id).map(|held| held.records.as_slice()).unwrap_or_default();
            let dropped = world.dropped.contains(gen_id);
            prop_assert!(dropped || held.len() >= *durable, "{} of {durable} records of {gen_id:?}", held.len());
            prop_assert!(all.starts_with(held), "not what was committed, or not in order");
        }
        // all but the current, empty one
        prop_assert_eq!(world.spool.len(), 1);
        prop_assert_eq!(world.released + world.dropped.len() + 1, world.committed.len());
    }

    #[test]
    fn without_a_cut_every_refusal_is_noted(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in steps {
            if !matches!(step, Step::Cut | Step::PowerCut(_)) {
                world.step(step);
            }
        }
        while !world.up.is_empty() || !world.down.is_empty() {
            world.platform_takes();
            world.gateway_takes();
        }
        prop_assert_eq!(&world.noted, &world.refused);
    }
}
