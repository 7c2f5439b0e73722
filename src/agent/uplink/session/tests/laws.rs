//! Any order of commits, rotations, deliveries, losses, cuts and power cuts, against a platform that stores
//! contiguous prefixes as the real one does.

use super::{super::*, SILENCE, record};
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
    /// One message of those on the way is lost: a hole.
    Lose(u8),
    /// The link breaks with all that is on it.
    Cut,
    /// The gateway restarts, and its disk lost this many records of the tail, sent or not.
    PowerCut(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..200_u8).prop_map(Step::Commit),
        2 => Just(Step::Rotate),
        6 => (1..6_u8).prop_map(Step::Up),
        6 => (1..6_u8).prop_map(Step::Down),
        1 => any::<u8>().prop_map(Step::Lose),
        1 => Just(Step::Cut),
        1 => (0..20_u8).prop_map(Step::PowerCut),
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
    fn ack(&self, gen_id: &GenId) -> proto::Ack {
        let seq = self.records.len() as u64;
        let complete = self.end.is_some_and(|end| seq >= end);
        proto::Ack { gen_id: gen_id.to_vec().into(), seq, complete }
    }
}

struct World {
    spool: Vec<Stored>,
    next_record: u64,
    /// All that was ever committed, and how much of it no power cut took.
    committed: BTreeMap<GenId, (Vec<Record>, usize)>,
    released: usize,
    platform: BTreeMap<GenId, Held>,
    session: Session,
    up: VecDeque<up::Message>,
    down: VecDeque<down::Message>,
}

impl World {
    fn new() -> World {
        let mut world = World {
            spool: vec![],
            next_record: 0,
            committed: BTreeMap::new(),
            released: 0,
            platform: BTreeMap::new(),
            session: Session::open("gw-1", &[], SILENCE, Duration::ZERO).0,
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
            prev_gen_id: None,
            gen_id: stored.gen_id,
            last_seq: stored.records.len() as u64,
            sealed: stored.sealed,
            bytes: 0,
        });
        list.collect()
    }

    fn connect(&mut self) {
        self.down.clear();
        let (session, hello) = Session::open("gw-1", &self.list(), SILENCE, Duration::ZERO);
        self.session = session;
        self.up = VecDeque::from([hello]);
    }

    fn event(&mut self, event: Event) {
        let mut todo = VecDeque::from(self.session.on(event, Duration::ZERO).expect("an honest platform"));
        while let Some(output) = todo.pop_front() {
            assert!(self.session.flight.bytes <= WINDOW_BYTES && self.session.flight.messages <= WINDOW_MESSAGES);
            match output {
                Output::Send(message) => self.up.push_back(message),
                Output::Read { gen_id, from_seq, records_max, bytes_max } => {
                    let stored = self.spool.iter().find(|stored| stored.gen_id == gen_id).unwrap();
                    let fit = records_max.min(bytes_max / RECORD_BYTES_MAX);
                    let records = stored.records.iter().skip(from_seq as usize - 1).take(fit).cloned().collect();
                    let read = Event::Read { gen_id, from_seq, records };
                    todo.extend(self.session.on(read, Duration::ZERO).expect("an honest spool"));
                }
                Output::Acked { gen_id, seq, complete } => self.acked(gen_id, seq, complete),
                Output::Ping | Output::Renew => {}
            }
        }
    }

    fn acked(&mut self, gen_id: GenId, seq: u64, complete: bool) {
        let held = self.platform.get(&gen_id).map_or(0, |held| held.records.len() as u64);
        assert!(seq <= held, "acknowledged before it was stored");
        if complete {
            let index = self.spool.iter().position(|stored| stored.gen_id == gen_id).unwrap();
            let stored = self.spool.remove(index);
            assert!(stored.sealed && held >= stored.records.len() as u64, "released before it was complete");
            self.released += 1;
        }
    }

    fn platform_takes(&mut self) {
        let answer = match self.up.pop_front() {
            Some(up::Message::Hello(hello)) => {
                let known = hello.generations.iter().filter_map(|generation| {
                    let gen_id = gen_id(&generation.gen_id).unwrap();
                    self.platform.get(&gen_id).map(|held| held.ack(&gen_id))
                });
                down::Message::Welcome(proto::Welcome { marks: known.collect(), grant: None })
            }
            Some(up::Message::Batch(batch)) => {
                let gen_id = gen_id(&batch.gen_id).unwrap();
                let held = self.platform.entry(gen_id).or_default();
                let expected_seq = held.records.len() as u64 + 1;
                if batch.first_seq > expected_seq {
                    down::Message::Rewind(proto::Rewind { gen_id: batch.gen_id, expected_seq })
                } else {
                    let known = (expected_seq - batch.first_seq) as usize;
                    held.records.extend(batch.records.into_iter().skip(known).map(|record| record.try_into().unwrap()));
                    down::Message::Ack(held.ack(&gen_id))
                }
            }
            Some(up::Message::Sealed(sealed)) => {
                let gen_id = gen_id(&sealed.gen_id).unwrap();
                let held = self.platform.entry(gen_id).or_default();
                held.end = Some(sealed.last_seq);
                down::Message::Ack(held.ack(&gen_id))
            }
            Some(up::Message::Ping(_)) | None => return,
        };
        self.down.push_back(answer);
    }

    fn gateway_takes(&mut self) {
        if let Some(message) = self.down.pop_front() {
            self.event(Event::Down(proto::Down { message: Some(message) }));
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Commit(count) => {
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
            Step::Rotate => {
                self.spool.last_mut().unwrap().sealed = true;
                self.begin();
                self.event(Event::Changed(self.list()));
            }
            Step::Up(count) => (0..count).for_each(|_| self.platform_takes()),
            Step::Down(count) => (0..count).for_each(|_| self.gateway_takes()),
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
        }
    }

    fn settle(&mut self) {
        self.step(Step::Rotate);
        self.connect();
        while !self.up.is_empty() || !self.down.is_empty() {
            self.platform_takes();
            self.gateway_takes();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn everything_is_stored_once_in_order_and_released_when_complete(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.settle();
        for (gen_id, (all, durable)) in &world.committed {
            let held = world.platform.get(gen_id).map(|held| held.records.as_slice()).unwrap_or_default();
            prop_assert!(held.len() >= *durable, "{} of {durable} records of {gen_id:?}", held.len());
            prop_assert!(all.starts_with(held), "not what was committed, or not in order");
        }
        // all but the current, empty one
        prop_assert_eq!(world.spool.len(), 1);
        prop_assert_eq!(world.released + 1, world.committed.len());
    }
}
