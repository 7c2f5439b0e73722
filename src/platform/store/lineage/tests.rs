//! The rule, and copies of a spool that start, connect and are copied again in any order.

use super::*;
use crate::platform::store::{
    greeting::{Greeted, Greeting, greet},
    tests::{Memory, NOW, memory},
};
use proptest::prelude::*;

fn id(n: u64) -> [u8; 16] {
    u128::from(n).to_be_bytes()
}

fn run(store: u64, boot: u64, prev: u64, boot_counter: u64) -> Run {
    Run { store_id: id(store), boot_id: id(boot), prev_boot_id: (prev > 0).then(|| id(prev)), boot_counter }
}

#[test]
fn each_case_of_the_rule() {
    let head = Some(Head { store_id: id(1), boot_id: id(5), boot_counter: 5 });
    let known = Known { head, store_seen: true, ..Known::default() };
    let seen = Known { prev_seen: true, ..known };
    let new = Known { store_seen: false, ..known };
    assert_eq!(judge(&run(1, 9, 8, 9), &Known::default()), Verdict::First);
    assert_eq!(judge(&run(1, 5, 4, 5), &Known { boot_seen: true, ..seen }), Verdict::Same);
    assert_eq!(judge(&run(1, 6, 5, 6), &seen), Verdict::Next);
    assert_eq!(judge(&run(1, 9, 8, 9), &known), Verdict::Next, "three starts without a connection");
    assert_eq!(judge(&run(2, 6, 0, 1), &new), Verdict::Replaced);
    let cloned = |run, known| assert!(matches!(judge(&run, &known), Verdict::Cloned(_)), "{run:?} {known:?}");
    cloned(run(1, 4, 3, 4), Known { boot_seen: true, ..seen });
    cloned(run(1, 7, 4, 5), seen);
    cloned(run(1, 7, 6, 5), known);
    cloned(run(1, 7, 0, 1), known);
    cloned(run(1, 9, 8, 9), Known { forked: true, ..known });
    cloned(run(2, 6, 0, 1), known);
}

/// A disk: its store, its last run, its generations that are not delivered, and its last generation.
#[derive(Clone, Debug)]
struct Disk {
    store: u64,
    boot: u64,
    prev: u64,
    counter: u64,
    held: Vec<(u64, u64)>,
    newest: u64,
    /// A copy is a disk, and no process before it starts.
    runs: bool,
    /// Runs of this store on this disk; a copy begins with those of its origin.
    history: Vec<u64>,
}

#[derive(Clone, Debug)]
enum Step {
    Start(usize),
    Connect { disk: usize, delivers: bool },
    Copy(usize),
    Renew(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let disk = 0_usize..4;
    let step = prop_oneof![
        4 => disk.clone().prop_map(Step::Start),
        6 => (disk.clone(), any::<bool>()).prop_map(|(disk, delivers)| Step::Connect { disk, delivers }),
        1 => disk.clone().prop_map(Step::Copy),
        1 => disk.prop_map(Step::Renew),
    ];
    prop::collection::vec(step, 1..40)
}

struct World {
    connection: Memory,
    disks: Vec<Disk>,
    ids: u64,
    /// Store and run, in the order in which they were let in.
    let_in: Vec<(u64, u64)>,
    /// Every history that a disk ever had.
    branches: Vec<Vec<u64>>,
}

impl World {
    fn new() -> World {
        let disk =
            Disk { store: 1, boot: 0, prev: 0, counter: 0, held: vec![], newest: 0, runs: false, history: vec![] };
        World { connection: memory(), disks: vec![disk], ids: 1, let_in: vec![], branches: vec![] }
    }

    fn next(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    fn step(&mut self, step: &Step) {
        let at = |disk: usize, n: usize| disk % n;
        match *step {
            Step::Start(disk) => {
                let (boot, generation, disk) = (self.next(), self.next(), at(disk, self.disks.len()));
                let disk = &mut self.disks[disk];
                (disk.prev, disk.boot) = (disk.boot, boot);
                disk.counter += 1;
                disk.held.push((generation, disk.newest));
                disk.newest = generation;
                disk.history.push(boot);
                disk.runs = true;
                self.branches.push(disk.history.clone());
            }
            Step::Connect { disk, delivers } => {
                let n = at(disk, self.disks.len());
                let disk = &mut self.disks[n];
                if !disk.runs {
                    return;
                }
                let link = |(gen_id, prev): &(u64, u64)| Link {
                    gen_id: id(*gen_id),
                    prev_gen_id: (*prev > 0).then(|| id(*prev)),
                };
                let run = run(disk.store, disk.boot, disk.prev, disk.counter);
                let greeting = Greeting { gateway_id: "gw-1".into(), run, chain: disk.held.iter().map(link).collect() };
                if let Greeted::Welcome { .. } = greet(self.connection.tx(), &greeting, NOW).unwrap() {
                    self.let_in.push((disk.store, disk.boot));
                    if delivers {
                        disk.held.drain(..disk.held.len() - 1);
                    }
                }
            }
            Step::Copy(disk) => {
                let origin = &self.disks[at(disk, self.disks.len())];
                // the first start makes the store
                if self.disks.len() < 4 && origin.newest > 0 {
                    self.disks.push(Disk { runs: false, ..origin.clone() });
                }
            }
            Step::Renew(disk) => {
                let (store, disk) = (self.next(), at(disk, self.disks.len()));
                let disk = &mut self.disks[disk];
                // the store's first run has none before it
                (disk.store, disk.boot, disk.counter, disk.runs) = (store, 0, 0, false);
                disk.history.clear();
            }
        }
    }

    /// The runs of one store that were let in are all of one history: on no two branches of it.
    fn on_one_branch(&self) -> bool {
        self.let_in.iter().all(|(store, _)| {
            let mut runs = self.let_in.iter().filter(|(of, _)| of == store).map(|(_, run)| run);
            self.branches.iter().any(|branch| runs.clone().all(|run| branch.contains(run))) || runs.next().is_none()
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn two_clones_are_never_both_let_in(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
            prop_assert!(world.on_one_branch(), "{:?}", world.let_in);
        }
    }

    #[test]
    fn a_disk_that_was_never_copied_always_comes_in(steps in steps()) {
        let mut world = World::new();
        for step in steps.iter().filter(|step| !matches!(step, Step::Copy(_))) {
            let before = world.let_in.len();
            world.step(step);
            let connects = matches!(step, Step::Connect { .. }) && world.disks[0].runs;
            prop_assert_eq!(world.let_in.len() - before, usize::from(connects));
        }
    }
}

#[test]
fn without_the_chain_a_copy_that_started_off_line_would_come_in() {
    // the negative control: both copies follow run 1; the second one starts three times before it connects
    let head = Some(Head { store_id: id(1), boot_id: id(2), boot_counter: 2 });
    let known = Known { head, store_seen: true, ..Known::default() };
    assert_eq!(judge(&run(1, 12, 11, 4), &known), Verdict::Next);
    let mut world = World::new();
    let connect = |disk| Step::Connect { disk, delivers: true };
    let steps = [
        Step::Start(0),
        connect(0),
        Step::Copy(0),
        Step::Start(0),
        connect(0),
        Step::Start(1),
        Step::Start(1),
        Step::Start(1),
        connect(1),
    ];
    steps.iter().for_each(|step| world.step(step));
    assert_eq!(world.let_in.len(), 2);
}
