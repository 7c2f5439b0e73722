//! What is lost is said: each loss of the spool is a record, whatever happens between the two.

use super::*;
use crate::{
    agent::spool::witness::{Said, Witness},
    model::GapCause,
};

const SPAN: Span = Span { start: UtcMillis(1_700_000_000_000), end: UtcMillis(1_700_000_060_000) };

/// The witness says that `more` records were durable behind the last one there is.
fn said_more(folder: &Path, generation: &Generation, more: u32, span: Option<Span>) {
    let (mut witness, _) = Witness::open(&disk::OsDisk, folder.join("WITNESS")).unwrap();
    let last_seq = generation.last_seq + u64::from(more);
    let said = Said { gen_id: generation.gen_id, last_seq, records: more, span, wall: SPAN.end };
    witness.say(&disk::OsDisk, &said);
}

#[test]
fn a_lost_tail_is_kept_as_far_as_it_goes_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    spool.commit(&records(1..=5), Some(SPAN)).unwrap();
    let short = spool.generations()[0];
    let copy = killed(folder.path());
    said_more(copy.path(), &short, 3, Some(SPAN));
    let spool = open(copy.path(), preamble()).unwrap();
    assert_eq!((spool.quarantined(), numbers(&spool)), (0, vec![1, 2, 3, 4, 5]));
    let [gap] = &gaps(&spool)[..] else { panic!("one gap") };
    let lost = gap.lost.unwrap();
    assert_eq!((gap.cause, gap.span), (GapCause::TailLost, Some(SPAN)));
    assert_eq!((lost.gen_id, lost.first_seq, lost.last_seq), (short.gen_id, 7, 9));
    drop(spool);
    assert_eq!(gaps(&open(copy.path(), preamble()).unwrap()).len(), 1, "it is said once");
}

#[test]
fn control_a_whole_tail_is_no_gap() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), small()).unwrap();
    (1..=4).for_each(|n| spool.commit(&records(n..=n), Some(SPAN)).unwrap());
    let copy = killed(folder.path());
    drop(spool);
    for folder in [folder.path(), copy.path()] {
        assert!(gaps(&open(folder, preamble()).unwrap()).is_empty());
    }
}

#[test]
fn a_quarantined_generation_is_said_with_its_records_and_times() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), small()).unwrap();
    (1..=2).for_each(|n| spool.commit(&records(n..=n), Some(SPAN)).unwrap());
    let first = spool.generations()[0];
    drop(spool);
    std::fs::write(folder.path().join("g0000000000000001/db"), b"").unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    let [gap] = &gaps(&spool)[..] else { panic!("one gap") };
    let lost = gap.lost.unwrap();
    assert_eq!((gap.cause, gap.span), (GapCause::Quarantined, Some(SPAN)));
    assert_eq!((lost.gen_id, lost.first_seq, lost.last_seq), (first.gen_id, 1, 2));
    drop(spool);
    assert_eq!(gaps(&open(folder.path(), preamble()).unwrap()).len(), 1, "it is said once");
}

#[test]
fn without_a_manifest_the_witness_and_the_markers_say_what_they_know() {
    let folder = tempfile::tempdir().unwrap();
    let before = crate::runtime::clock::now();
    let spool = open(folder.path(), preamble()).unwrap();
    spool.commit(&records(1..=4), Some(SPAN)).unwrap();
    let only = spool.generations()[0];
    let copy = killed(folder.path());
    std::fs::write(copy.path().join("g0000000000000001/db"), b"").unwrap();
    let spool = open(copy.path(), preamble()).unwrap();
    let [gap] = &gaps(&spool)[..] else { panic!("one gap") };
    let (span, lost) = (gap.span.unwrap(), gap.lost.unwrap());
    assert_eq!((lost.gen_id, lost.first_seq, lost.last_seq), (only.gen_id, 1, 5));
    assert!(before <= span.start && span.start <= span.end && span.end <= crate::runtime::clock::now());
}

#[test]
fn a_loss_seen_while_it_runs_is_said_by_the_next_commit_or_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), small()).unwrap();
    (1..=3).for_each(|n| spool.commit(&records(n..=n), Some(SPAN)).unwrap());
    let first = spool.generations()[0];
    held(&spool.0.open).close_all();
    std::fs::write(folder.path().join("g0000000000000001/db"), b"").unwrap();
    assert!(matches!(spool.read(&first.gen_id, 1, 1, 1), Err(SpoolError::Damaged { .. })));
    let copy = killed(folder.path());
    spool.commit(&records(4..=4), None).unwrap();
    let after = open(copy.path(), preamble()).unwrap();
    for spool in [spool, after] {
        let [gap] = &gaps(&spool)[..] else { panic!("one gap") };
        assert_eq!((gap.cause, gap.lost.unwrap().gen_id), (GapCause::Quarantined, first.gen_id));
    }
}

/// Whatever step fails between the loss and the end of the start, the loss is said by this start or the next.
#[test]
fn no_failure_between_a_loss_and_its_gap_hides_it() {
    let healthy = tempfile::tempdir().unwrap();
    let spool = open_with(healthy.path(), preamble(), small()).unwrap();
    (1..=2).for_each(|n| spool.commit(&records(n..=n), Some(SPAN)).unwrap());
    drop(spool);
    std::fs::write(healthy.path().join("g0000000000000001/db"), b"").unwrap();
    let reference = killed(healthy.path());
    let disk = Double::new(reference.path(), double::Skip::Nothing);
    drop(open_on(disk.clone(), reference.path(), preamble(), Limits::DEFAULT).unwrap());
    let steps = disk.steps();
    assert!(steps.len() > 15, "{steps:?}");
    for step in &steps {
        let folder = killed(healthy.path());
        let disk = Double::new(folder.path(), double::Skip::Nothing);
        disk.fail(step);
        // as a kill would: what is open is not closed in order
        let first = open_on(disk, folder.path(), preamble(), Limits::DEFAULT);
        let copy = killed(folder.path());
        drop(first);
        let spool = open(copy.path(), preamble()).unwrap();
        let said = gaps(&spool);
        assert!(!said.is_empty(), "{step}: the loss is said");
        assert!(said.iter().all(|gap| *gap == said[0]), "{step}: twice is word for word: {said:?}");
        assert_eq!(numbers(&spool), [2], "{step}");
    }
}

#[test]
fn the_chain_and_the_gap_name_the_same_generation() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    spool.commit(&records(1..=2), None).unwrap();
    drop(spool);
    std::fs::remove_dir_all(folder.path().join("g0000000000000001")).unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    assert_eq!(spool.generations()[0].prev_gen_id, gaps(&spool)[0].lost.map(|lost| lost.gen_id));
}

#[test]
fn the_earlier_end_is_that_of_the_last_samples_not_of_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    assert_eq!(spool.earlier_end(), None);
    let before = crate::runtime::clock::now();
    spool.commit(&records(1..=1), Some(SPAN)).unwrap();
    drop(spool);
    let end = open(folder.path(), preamble()).unwrap().earlier_end().unwrap();
    assert!(before <= end && end <= crate::runtime::clock::now());
    let spool = open(folder.path(), preamble()).unwrap();
    spool.commit(&records(2..=2), None).unwrap();
    drop(spool);
    assert_eq!(open(folder.path(), preamble()).unwrap().earlier_end(), Some(end));
}
