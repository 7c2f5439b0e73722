//! The whole path as a model: gateways with their disks, real sessions, links, and a platform that commits when it
//! commits. Anything may die, be copied, be wiped, be put back from a backup; messages are lost and come twice.
//!
//! # What always holds
//! - What the platform holds of a generation is a prefix of what was committed in it: no number has two contents, no
//!   content two numbers.
//! - All that was committed is held in the end, but for what lay on a disk that was wiped, or was deleted after its
//!   delivery to a platform that then lost it.
//! - A gateway hears nothing of which the platform's disk does not know.
//!
//! # Cases
//! 2,000 in a plain run. `MUJUN_PROOF` set, as `tests/run` does: 100,000; `full`: 1,000,000; then the figures go to
//! `target/proof/model.json`. With a mistake planted the same laws must break.

use super::{super::*, open, record};
use proptest::{prelude::*, test_runner::TestRunner};
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Clones of one gateway.
const GATEWAYS_MAX: usize = 3;
const THREADS: u32 = 2;
const FIGURES: &str = "target/proof/model.json";

/// A planted mistake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mistake {
    None,
    /// A new run goes on under the generation's id, from seq 1.
    ReusedSeq,
    /// Answers leave before the commit.
    AckBeforeCommit,
    /// A crash keeps the mark and not the records.
    MarkApart,
    /// A kill takes what was committed last.
    NoFsync,
    /// What is complete at the platform is deleted although it is still being written.
    EarlyDelete,
}

#[derive(Clone, Debug)]
enum Step {
    Commit(usize, u8),
    Rotate(usize),
    /// The platform takes this many messages of this gateway.
    Up(usize, u8),
    /// The gateway takes this many answers.
    Down(usize, u8),
    /// What the platform took becomes durable, and its answers leave.
    Store,
    Lose(usize, u8),
    Twice(usize, u8),
    Cut(usize),
    /// kill -9 of the gateway, and its next start.
    Kill(usize),
    /// kill -9 of the platform: what was not committed is gone, and all links are.
    PlatformKill,
    Backup,
    /// The platform is put back to the last backup.
    Restore,
    /// The card is copied while the gateway is off, and both run.
    Clone(usize),
    /// Another, empty card.
    Wipe(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..GATEWAYS_MAX;
    prop_oneof![
        8 => (who.clone(), 1..5_u8).prop_map(|(who, count)| Step::Commit(who, count)),
        3 => who.clone().prop_map(Step::Rotate),
        10 => (who.clone(), 1..5_u8).prop_map(|(who, count)| Step::Up(who, count)),
        10 => (who.clone(), 1..5_u8).prop_map(|(who, count)| Step::Down(who, count)),
        8 => Just(Step::Store),
        1 => (who.clone(), any::<u8>()).prop_map(|(who, which)| Step::Lose(who, which)),
        1 => (who.clone(), any::<u8>()).prop_map(|(who, which)| Step::Twice(who, which)),
        1 => who.clone().prop_map(Step::Cut),
        2 => who.clone().prop_map(Step::Kill),
        2 => Just(Step::PlatformKill),
        1 => Just(Step::Backup),
        1 => Just(Step::Restore),
        1 => who.clone().prop_map(Step::Clone),
        1 => who.prop_map(Step::Wipe),
    ]
}

#[derive(Clone)]
struct Stored {
    gen_id: GenId,
    records: Vec<Record>,
    sealed: bool,
}

struct Gateway {
    disk: Vec<Stored>,
    session: Session,
    up: VecDeque<up::Message>,
    down: VecDeque<down::Message>,
}

impl Gateway {
    fn list(&self) -> Vec<Generation> {
        let list = self.disk.iter().map(|stored| Generation {
            gen_id: stored.gen_id,
            prev_gen_id: None,
            last_seq: stored.records.len() as u64,
            sealed: stored.sealed,
            bytes: 0,
        });
        list.collect()
    }
}

/// A generation at the platform.
#[derive(Clone, Default)]
struct Held {
    records: Vec<Record>,
    /// The number of the last record; the same as their count, unless the mark is committed apart.
    mark: u64,
    end: Option<u64>,
}

impl Held {
    fn ack(&self, gen_id: &GenId) -> proto::Ack {
        let complete = self.end.is_some_and(|end| self.mark >= end);
        proto::Ack { gen_id: gen_id.to_vec().into(), seq: self.mark, complete }
    }
}

type Platform = BTreeMap<GenId, Held>;

struct World {
    mistake: Mistake,
    gateways: Vec<Gateway>,
    /// All that was ever committed.
    committed: BTreeMap<GenId, Vec<Record>>,
    /// Generations of which a part may be missing: they were on a wiped disk, or the platform lost them later.
    excused: BTreeSet<GenId>,
    /// On no gateway's disk any more, as the platform had them.
    released: BTreeSet<GenId>,
    next_record: u64,
    /// On the platform's disk, in its memory, and in the backup.
    durable: Platform,
    taken: Platform,
    backup: Platform,
    /// Answers that wait for the commit, by gateway.
    answers: Vec<(usize, down::Message)>,
}

impl World {
    fn new(mistake: Mistake) -> World {
        let mut world = World {
            mistake,
            gateways: vec![],
            committed: BTreeMap::new(),
            excused: BTreeSet::new(),
            released: BTreeSet::new(),
            next_record: 0,
            durable: Platform::new(),
            taken: Platform::new(),
            backup: Platform::new(),
            answers: vec![],
        };
        world.add(vec![]);
        world
    }

    /// Starts a gateway on this disk.
    fn add(&mut self, disk: Vec<Stored>) {
        let (session, _) = open(&[]);
        self.gateways.push(Gateway { disk, session, up: VecDeque::new(), down: VecDeque::new() });
        self.start(self.gateways.len() - 1);
    }

    /// A new run: whatever was being written ended.
    fn start(&mut self, who: usize) {
        self.gateways[who].disk.iter_mut().for_each(|stored| stored.sealed = true);
        self.begin(who);
        self.connect(who);
    }

    fn begin(&mut self, who: usize) {
        let last = self.gateways[who].disk.last_mut();
        match last.filter(|_| self.mistake == Mistake::ReusedSeq) {
            Some(last) => *last = Stored { gen_id: last.gen_id, records: vec![], sealed: false },
            None => {
                let gen_id = (self.committed.len() as u128).to_be_bytes();
                self.gateways[who].disk.push(Stored { gen_id, records: vec![], sealed: false });
                self.committed.insert(gen_id, vec![]);
            }
        }
    }

    fn connect(&mut self, who: usize) {
        self.answers.retain(|(to, _)| *to != who);
        let gateway = &mut self.gateways[who];
        let (session, hello) = open(&gateway.list());
        gateway.session = session;
        gateway.down.clear();
        gateway.up = VecDeque::from([hello]);
    }

    fn event(&mut self, who: usize, event: Event) -> Result<(), String> {
        let ended = |ended: Ended| format!("a session ended: {ended}");
        let gateway = &mut self.gateways[who];
        let mut todo = VecDeque::from(gateway.session.on(event, Duration::ZERO).map_err(ended)?);
        while let Some(output) = todo.pop_front() {
            let gateway = &mut self.gateways[who];
            match output {
                Output::Send(message) => gateway.up.push_back(message),
                Output::Read { gen_id, from_seq, records_max, .. } => {
                    let stored = gateway.disk.iter().find(|stored| stored.gen_id == gen_id);
                    let stored = stored.ok_or("a read of a generation that is not there")?;
                    let from = usize::try_from(from_seq - 1).unwrap();
                    let records = stored.records.iter().skip(from).take(records_max).cloned().collect();
                    let read = Event::Read { gen_id, from_seq, records };
                    todo.extend(gateway.session.on(read, Duration::ZERO).map_err(ended)?);
                }
                Output::Acked { gen_id, seq, complete } => self.acked(who, gen_id, seq, complete)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn acked(&mut self, who: usize, gen_id: GenId, seq: u64, complete: bool) -> Result<(), String> {
        let held = self.durable.get(&gen_id).map_or(0, |held| held.records.len() as u64);
        if seq > held {
            return Err(format!("heard of {seq} records, {held} are on the platform's disk"));
        }
        let delete = complete || (self.mistake == Mistake::EarlyDelete && seq > 0);
        let disk = &mut self.gateways[who].disk;
        if delete && let Some(at) = disk.iter().position(|stored| stored.gen_id == gen_id) {
            // the current one is written on, under a mistake
            if disk[at].sealed {
                disk.remove(at);
            } else {
                disk[at].records.truncate(usize::try_from(seq).unwrap());
                disk[at].sealed = true;
                self.begin(who);
            }
            self.released.insert(gen_id);
        }
        Ok(())
    }

    fn platform_takes(&mut self, who: usize) {
        let answer = match self.gateways[who].up.pop_front() {
            Some(up::Message::Hello(hello)) => {
                // marks are read from the disk, not from what waits for its commit
                let known = hello.generations.iter().filter_map(|generation| {
                    let gen_id = gen_id(&generation.gen_id).unwrap();
                    self.durable.get(&gen_id).map(|held| held.ack(&gen_id))
                });
                let grant = Some(proto::Grant { credit_bytes: 1 << 20, backlog_bytes_per_s: 0 });
                let welcome = down::Message::Welcome(proto::Welcome { marks: known.collect(), grant });
                self.gateways[who].down.push_back(welcome);
                return;
            }
            Some(up::Message::Batch(batch)) => {
                let gen_id = gen_id(&batch.gen_id).unwrap();
                let held = self.taken.entry(gen_id).or_default();
                if batch.first_seq > held.mark + 1 {
                    down::Message::Rewind(proto::Rewind { gen_id: batch.gen_id, expected_seq: held.mark + 1 })
                } else {
                    let known = usize::try_from(held.mark + 1 - batch.first_seq).unwrap();
                    let new = batch.records.into_iter().skip(known).map(|record| Record::try_from(record).unwrap());
                    held.records.extend(new);
                    held.mark = held.records.len().max(usize::try_from(held.mark).unwrap()) as u64;
                    down::Message::Ack(held.ack(&gen_id))
                }
            }
            Some(up::Message::Sealed(sealed)) => {
                let gen_id = gen_id(&sealed.gen_id).unwrap();
                let held = self.taken.entry(gen_id).or_default();
                held.end = Some(sealed.last_seq);
                down::Message::Ack(held.ack(&gen_id))
            }
            Some(up::Message::Ping(_)) | None => return,
        };
        if self.mistake == Mistake::AckBeforeCommit {
            self.gateways[who].down.push_back(answer);
        } else {
            self.answers.push((who, answer));
        }
    }

    fn store(&mut self) {
        self.durable.clone_from(&self.taken);
        for (who, answer) in self.answers.drain(..) {
            self.gateways[who].down.push_back(answer);
        }
    }

    /// The platform starts again from what its disk holds.
    fn platform_starts(&mut self) {
        if self.mistake == Mistake::MarkApart {
            for (gen_id, taken) in &self.taken {
                self.durable.entry(*gen_id).or_default().mark = taken.mark;
            }
        }
        self.taken.clone_from(&self.durable);
        self.answers.clear();
        (0..self.gateways.len()).for_each(|who| self.connect(who));
    }

    fn step(&mut self, step: Step) -> Result<(), String> {
        let count = self.gateways.len();
        match step {
            Step::Commit(who, records) => {
                let who = who % count;
                let stored = self.gateways[who].disk.last_mut().unwrap();
                for _ in 0..records {
                    self.next_record += 1;
                    let record = record(&self.next_record.to_string());
                    stored.records.push(record.clone());
                    self.committed.get_mut(&stored.gen_id).unwrap().push(record);
                }
                let list = self.gateways[who].list();
                self.event(who, Event::Changed(list))
            }
            Step::Rotate(who) => {
                let who = who % count;
                self.gateways[who].disk.last_mut().unwrap().sealed = true;
                self.begin(who);
                let list = self.gateways[who].list();
                self.event(who, Event::Changed(list))
            }
            Step::Up(who, messages) => {
                (0..messages).for_each(|_| self.platform_takes(who % count));
                Ok(())
            }
            Step::Down(who, messages) => {
                for _ in 0..messages {
                    self.gateway_takes(who % count)?;
                }
                Ok(())
            }
            Step::Store => {
                self.store();
                Ok(())
            }
            Step::Lose(who, which) => {
                let up = &mut self.gateways[who % count].up;
                let which = usize::from(which) % up.len().max(1);
                if up.get(which).is_some_and(|message| !matches!(message, up::Message::Hello(_))) {
                    up.remove(which);
                }
                Ok(())
            }
            Step::Twice(who, which) => {
                let up = &mut self.gateways[who % count].up;
                let which = usize::from(which) % up.len().max(1);
                if let Some(message) = up.get(which).filter(|message| !matches!(message, up::Message::Hello(_))) {
                    up.insert(which, message.clone());
                }
                Ok(())
            }
            Step::Cut(who) => {
                self.connect(who % count);
                Ok(())
            }
            Step::Kill(who) => {
                let who = who % count;
                if self.mistake == Mistake::NoFsync {
                    self.gateways[who].disk.last_mut().unwrap().records.pop();
                }
                self.start(who);
                Ok(())
            }
            Step::PlatformKill => {
                self.platform_starts();
                Ok(())
            }
            Step::Backup => {
                self.backup.clone_from(&self.durable);
                Ok(())
            }
            Step::Restore => {
                self.durable.clone_from(&self.backup);
                // the gateways may have deleted what the platform had then and has not now
                self.excused.extend(self.released.iter().copied());
                self.taken.clone_from(&self.durable);
                self.platform_starts();
                Ok(())
            }
            Step::Clone(who) => {
                let who = who % count;
                if count < GATEWAYS_MAX {
                    let mut copy = self.gateways[who].disk.clone();
                    copy.iter_mut().for_each(|stored| stored.sealed = true);
                    self.start(who);
                    self.add(copy);
                }
                Ok(())
            }
            Step::Wipe(who) => {
                let gateway = &mut self.gateways[who % count];
                self.excused.extend(gateway.disk.drain(..).map(|stored| stored.gen_id));
                self.start(who % count);
                Ok(())
            }
        }
    }

    fn gateway_takes(&mut self, who: usize) -> Result<(), String> {
        match self.gateways[who].down.pop_front() {
            Some(message) => self.event(who, Event::Down(proto::Down { message: Some(message) })),
            None => Ok(()),
        }
    }

    /// No more trouble, until nothing moves.
    fn settle(&mut self) -> Result<(), String> {
        for who in 0..self.gateways.len() {
            self.start(who);
            let gateway = |world: &World| !world.gateways[who].up.is_empty() || !world.gateways[who].down.is_empty();
            for _turn in 0..10_000 {
                if !gateway(self) {
                    break;
                }
                self.platform_takes(who);
                self.store();
                self.gateway_takes(who)?;
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let mut contents = BTreeSet::new();
        for (gen_id, committed) in &self.committed {
            let held = self.durable.get(gen_id).map(|held| &held.records[..]).unwrap_or_default();
            if !committed.starts_with(held) {
                return Err("a number has another content than was committed under it".into());
            }
            if held.len() < committed.len() && !self.excused.contains(gen_id) {
                return Err(format!("{} of {} records are held", held.len(), committed.len()));
            }
            if !held.iter().all(|record| contents.insert(&record.body)) {
                return Err("one record is held under two numbers".into());
            }
        }
        match self.durable.keys().find(|gen_id| !self.committed.contains_key(*gen_id)) {
            Some(_) => Err("a generation is held that nobody wrote".into()),
            None => Ok(()),
        }
    }
}

fn run(mistake: Mistake, cases: u32, counted: &AtomicU64) -> Result<(), String> {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let config = if mistake == Mistake::None { config } else { ProptestConfig { max_shrink_iters: 0, ..config } };
    let law = |steps: Vec<Step>| {
        counted.fetch_add(1, Relaxed);
        let mut world = World::new(mistake);
        let done = steps.into_iter().try_for_each(|step| world.step(step));
        done.and_then(|()| world.settle()).and_then(|()| world.check()).map_err(TestCaseError::fail)
    };
    TestRunner::new(config).run(&prop::collection::vec(step(), 1..40), law).map_err(|error| error.to_string())
}

#[test]
fn whatever_dies_is_copied_or_put_back_all_is_held_once() {
    let size = std::env::var("MUJUN_PROOF").ok();
    let cases = match size.as_deref() {
        None => 2_000,
        Some("full") => 1_000_000,
        Some(_) => 100_000,
    };
    let _earlier = std::fs::remove_file(FIGURES);
    let counted = Arc::new(AtomicU64::new(0));
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS).map(|_| scope.spawn(|| run(Mistake::None, cases / THREADS, &counted))).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
    });

    let mistakes =
        [Mistake::ReusedSeq, Mistake::AckBeforeCommit, Mistake::MarkApart, Mistake::NoFsync, Mistake::EarlyDelete];
    let caught = mistakes.map(|mistake| run(mistake, 2_000, &AtomicU64::new(0)));
    if size.is_some() {
        write(counted.load(Relaxed), mistakes, &caught);
    }
    for (mistake, caught) in mistakes.iter().zip(caught) {
        assert!(caught.is_err(), "{mistake:?} breaks no law");
    }
}

/// For the table of `tests/run --proof`.
fn write<const N: usize>(cases: u64, mistakes: [Mistake; N], caught: &[Result<(), String>; N]) {
    let controls: serde_json::Map<_, _> =
        mistakes.iter().zip(caught).map(|(mistake, caught)| (format!("{mistake:?}"), caught.is_err().into())).collect();
    let report = serde_json::json!({
        "counts": { "model cases": cases }, "controls": controls, "skipped": [], "problems": [],
    });
    std::fs::create_dir_all("target/proof").unwrap();
    std::fs::write(FIGURES, report.to_string()).unwrap();
}
