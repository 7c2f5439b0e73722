use super::*;
use crate::{
    agent::spool::{
        Limits, SledSpool,
        memory::{Faults, MemorySpool},
    },
    wire::{
        GenId,
        chain::{Chain, is_signed, record_hash},
        record::{Attestation, Dictionary, Record, decode},
    },
};
use proptest::prelude::*;
use std::collections::HashMap;

fn preamble() -> Vec<Record> {
    encode(&Content::Dictionary(Dictionary::default()))
}

fn sample(number: u32) -> Record {
    encode(&Content::Samples(number, Vec::new())).remove(0)
}

fn work(spool: &Arc<dyn Spool>, folder: &std::path::Path) -> Work {
    Work { spool: spool.clone(), key_file: folder.join("gw.key"), key: None, book: None }
}

/// All that is in the spool: the records of each generation, and every attestation.
#[derive(Default)]
struct Seen {
    records: HashMap<GenId, Vec<Record>>,
    attestations: HashMap<Vec<u8>, Attestation>,
}

impl Seen {
    fn look(&mut self, spool: &dyn Spool) {
        for generation in spool.generations() {
            let records = spool.read(&generation.gen_id, 1, 9_999, 1 << 24).unwrap();
            for record in &records {
                if let Content::Attestation(attestation) = decode(record).unwrap() {
                    self.attestations.insert(record.body.to_vec(), attestation);
                }
            }
            self.records.insert(generation.gen_id, records);
        }
    }

    /// Each attestation is signed and its chain is that of the records; how far each generation is attested.
    fn attested(&self) -> HashMap<GenId, u64> {
        let mut through: HashMap<GenId, u64> = HashMap::new();
        for attestation in self.attestations.values() {
            let Attestation { gen_id, seq, chain, .. } = *attestation;
            assert!(is_signed(attestation));
            let mut expected = Chain::start(&gen_id);
            for record in &self.records[&gen_id][..usize::try_from(seq).unwrap()] {
                expected.add(&record_hash(record.kind, &record.body));
            }
            assert_eq!(Chain { seq, hash: chain }, expected);
            let end = through.entry(gen_id).or_default();
            *end = seq.max(*end);
        }
        through
    }
}

/// Through which record each generation of the spool is attested, oldest first, and its end.
fn ends(spool: &dyn Spool) -> Vec<(u64, u64)> {
    let mut seen = Seen::default();
    seen.look(spool);
    let attested = seen.attested();
    let end =
        |one: &crate::agent::spool::Generation| (attested.get(&one.gen_id).copied().unwrap_or_default(), one.last_seq);
    spool.generations().iter().map(end).collect()
}

/// The life of a generation, the same on both spools: `restart` ends a run, cleanly or not, and begins the next.
fn life(spool: Arc<dyn Spool>, folder: &std::path::Path, restart: impl Fn(Arc<dyn Spool>) -> Arc<dyn Spool>) {
    let mut signer = work(&spool, folder);
    signer.round(false).unwrap();
    spool.commit(&[sample(1), sample(2)], None).unwrap();
    signer.round(false).unwrap();
    assert_eq!(ends(&*spool), [(0, 3)], "not yet due");
    signer.round(true).unwrap();
    assert_eq!(ends(&*spool), [(3, 4)]);
    signer.round(true).unwrap();
    assert_eq!(ends(&*spool), [(3, 4)], "an attestation alone is nothing new");
    spool.commit(&[sample(3)], None).unwrap();
    spool.rotate().unwrap();
    signer.round(false).unwrap();
    assert_eq!(ends(&*spool), [(5, 5), (0, 2)], "in the one behind it, to its end");
    spool.commit(&[sample(4)], None).unwrap();
    drop(signer);

    let spool = restart(spool);
    assert_eq!(ends(&*spool), [(5, 5), (0, 3), (0, 1)]);
    let mut signer = work(&spool, folder);
    signer.round(false).unwrap();
    assert_eq!(ends(&*spool), [(5, 5), (3, 3), (0, 2)], "the next run signs what the one before could not");
    drop(signer);

    let spool = restart(spool);
    let mut signer = work(&spool, folder);
    signer.round(false).unwrap();
    assert_eq!(ends(&*spool), [(5, 5), (3, 3), (2, 2), (0, 2)], "once");
}

#[test]
fn what_has_ended_is_attested_to_its_end_whoever_ended_it() {
    let folder = tempfile::tempdir().unwrap();
    let memory = Arc::new(MemorySpool::new(preamble(), 1));
    life(memory.clone(), folder.path(), |spool| {
        memory.cut_power();
        spool
    });
    let open = || {
        let spool = SledSpool::open(&folder.path().join("spool"), preamble(), &["p".into()], Limits::DEFAULT);
        Arc::new(spool.unwrap()) as Arc<dyn Spool>
    };
    life(open(), folder.path(), |spool| {
        drop(spool);
        open()
    });
}

#[test]
fn a_generation_that_is_gone_is_attested_as_far_as_it_was_followed() {
    let folder = tempfile::tempdir().unwrap();
    let spool: Arc<dyn Spool> = Arc::new(MemorySpool::new(preamble(), 1));
    let mut signer = work(&spool, folder.path());
    spool.commit(&[sample(1)], None).unwrap();
    signer.round(false).unwrap();
    let mut seen = Seen::default();
    seen.look(&*spool);
    let gen_id = spool.generations()[0].gen_id;
    spool.rotate().unwrap();
    spool.acked(0, &gen_id, 2, true).unwrap();
    assert_eq!(spool.generations().len(), 1, "delivered and deleted");
    signer.round(false).unwrap();
    seen.look(&*spool);
    assert_eq!(seen.attested().get(&gen_id), Some(&2));
    let end = spool.generations()[0].last_seq;
    signer.round(false).unwrap();
    assert_eq!(spool.generations()[0].last_seq, end, "once");
}

const SOON: Duration = Duration::from_millis(20);

fn attest(spool: &Arc<dyn Spool>, folder: &std::path::Path) -> Attest {
    let (begun, recorded) = (CancellationToken::new(), CancellationToken::new());
    Attest { spool: spool.clone(), key_file: folder.join("gw.key"), every: SOON, begun, recorded }
}

#[tokio::test]
async fn it_signs_when_it_is_due_after_a_failure_and_at_the_stop() {
    let folder = tempfile::tempdir().unwrap();
    let memory = Arc::new(MemorySpool::new(preamble(), 1));
    let spool: Arc<dyn Spool> = memory.clone();
    let attest = attest(&spool, folder.path());
    let (begun, recorded) = (attest.begun.clone(), attest.recorded.clone());
    let mut changed = spool.changed();
    let mut reached = async |through: u64| {
        while ends(&*spool)[0].0 != through {
            changed.changed().await.unwrap();
        }
    };
    let plant = async {
        begun.cancelled().await;
        spool.commit(&[sample(1)], None).unwrap();
        reached(2).await;
        memory.set_faults(Faults { full: true, ..Faults::default() });
        assert!(spool.commit(&[sample(2)], None).is_err());
        memory.set_faults(Faults { commit: Some(2), ..Faults::default() });
        spool.commit(&[sample(2)], None).unwrap();
        reached(4).await;
        spool.commit(&[sample(3)], None).unwrap();
        recorded.cancel();
    };
    let (ended, ()) = tokio::join!(attest.run(), plant);
    assert!(ended.is_ok());
    let (through, last) = ends(&*spool)[0];
    assert_eq!((through + 1, through), (last, 6), "the orderly stop");
}

#[tokio::test]
async fn a_damaged_key_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("gw.key");
    std::fs::write(&key_file, "damaged").unwrap();
    let spool: Arc<dyn Spool> = Arc::new(MemorySpool::new(preamble(), 1));
    let attest = attest(&spool, folder.path());
    let (begun, recorded) = (attest.begun.clone(), attest.recorded.clone());
    let plant = async {
        begun.cancelled().await;
        spool.commit(&[sample(1)], None).unwrap();
        recorded.cancel();
    };
    let (ended, ()) = tokio::join!(attest.run(), plant);
    assert!(ended.is_ok());
    assert_eq!(ends(&*spool), [(0, 2)]);
    assert_eq!(std::fs::read_to_string(&key_file).unwrap(), "damaged");
}

#[derive(Clone, Debug)]
enum Step {
    Commit(u32),
    Rotate,
    Round(bool),
    /// The disk refuses the next commit.
    Fail,
    /// A kill: what is in memory is gone.
    Restart,
    /// The oldest sealed generation is delivered, and deleted where it is not the newest.
    Deliver,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..100_u32).prop_map(Step::Commit),
        2 => Just(Step::Rotate),
        4 => any::<bool>().prop_map(Step::Round),
        1 => Just(Step::Fail),
        1 => Just(Step::Restart),
        1 => Just(Step::Deliver),
    ]
}

proptest! {
    /// Whatever happens: an attestation's chain is that of the records, and in the end all that is sealed is attested.
    #[test]
    fn the_chain_is_the_one_computed_anew(steps in proptest::collection::vec(step(), 0..40)) {
        let folder = tempfile::tempdir().unwrap();
        let memory = Arc::new(MemorySpool::new(preamble(), 1));
        let spool: Arc<dyn Spool> = memory.clone();
        let (mut signer, mut seen) = (work(&spool, folder.path()), Seen::default());
        for step in steps {
            match step {
                Step::Commit(number) => drop(spool.commit(&[sample(number)], None)),
                Step::Rotate => spool.rotate().unwrap(),
                Step::Round(due) => drop(signer.round(due)),
                Step::Fail => memory.set_faults(Faults { commit: Some(1), ..Faults::default() }),
                Step::Restart => {
                    memory.cut_power();
                    signer = work(&spool, folder.path());
                }
                Step::Deliver => {
                    let oldest = spool.generations()[0];
                    spool.acked(0, &oldest.gen_id, oldest.last_seq, true).unwrap();
                }
            }
            seen.look(&*spool);
        }
        memory.set_faults(Faults::default());
        signer.round(false).unwrap();
        signer.round(false).unwrap();
        seen.look(&*spool);
        let attested = seen.attested();
        for generation in spool.generations().iter().filter(|one| one.sealed) {
            prop_assert_eq!(attested.get(&generation.gen_id), Some(&generation.last_seq));
        }
    }
}
