//! A disk that fails: nothing committed is lost, nothing is stored twice.

use super::{double::Skip, *};

const DATA: &str = "fsync g0000000000000001/db";

fn spool_on(folder: &Path, limits: Limits) -> (Arc<Double>, SledSpool) {
    let disk = Double::new(folder, Skip::Nothing);
    let spool = open_on(disk.clone(), folder, preamble(), limits).unwrap();
    (disk, spool)
}

/// The same in this run, after a clean end, and after a kill.
fn hold_everywhere(folder: &Path, spool: SledSpool, expected: &[u64]) {
    assert_eq!(numbers(&spool), expected);
    let copy = killed(folder);
    drop(spool);
    for folder in [folder, copy.path()] {
        let spool = open(folder, preamble()).unwrap();
        assert_eq!(spool.quarantined(), 0);
        assert_eq!(numbers(&spool), expected);
    }
}

#[test]
fn after_a_failed_fsync_the_records_go_into_a_new_generation() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, spool) = spool_on(folder.path(), Limits::default());
    spool.commit(&records(1..=2), None).unwrap();
    disk.fail(DATA);
    disk.steps();
    spool.commit(&records(3..=5), None).unwrap();
    assert_eq!(disk.steps().iter().filter(|step| *step == DATA).count(), 1, "an fsync is never tried again");
    let ends: Vec<_> = spool.generations().iter().map(|g| (g.last_seq, g.sealed)).collect();
    assert_eq!(ends, [(3, true), (4, false)]);
    spool.commit(&records(6..=6), None).unwrap();
    hold_everywhere(folder.path(), spool, &[1, 2, 3, 4, 5, 6]);
}

#[test]
fn after_a_failed_flush_too() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, spool) = spool_on(folder.path(), Limits::default());
    disk.fail("flush");
    spool.commit(&records(1..=2), None).unwrap();
    assert_eq!(spool.generations().len(), 2);
    hold_everywhere(folder.path(), spool, &[1, 2]);
}

#[test]
fn an_error_is_reported_when_the_new_generation_fails_too_and_the_next_commit_starts_another() {
    // where the new generation fails: its creation, its first commit, the manifest of the one given up
    let second = "g0000000000000002";
    for step in [
        format!("fsync {second}/"),
        format!("fsync {second}.ok.tmp"),
        format!("rename {second}.ok"),
        "fsync g0000000000000001.sealed.tmp".into(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (disk, spool) = spool_on(folder.path(), Limits::default());
        spool.commit(&records(1..=2), None).unwrap();
        disk.fail(DATA);
        disk.fail(&step);
        assert!(spool.commit(&records(3..=4), None).is_err(), "{step}");
        assert_eq!(numbers(&spool), [1, 2], "{step}");
        spool.commit(&records(3..=4), None).unwrap();
        hold_everywhere(folder.path(), spool, &[1, 2, 3, 4]);
    }
}

#[test]
fn a_failure_of_both_commits_leaves_the_spool_usable() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, spool) = spool_on(folder.path(), Limits::default());
    disk.fail(DATA);
    disk.fail("flush"); // the first generation
    spool.commit(&records(1..=2), None).unwrap();
    disk.fail("fsync g0000000000000002/db");
    disk.fail("fsync g0000000000000003/db"); // at its creation
    assert!(spool.commit(&records(3..=4), None).is_err());
    spool.commit(&records(3..=4), None).unwrap();
    hold_everywhere(folder.path(), spool, &[1, 2, 3, 4]);
}

#[test]
fn a_rotation_that_fails_leaves_the_generation_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, spool) = spool_on(folder.path(), small());
    spool.commit(&records(1..=1), None).unwrap();
    disk.fail("fsync g0000000000000002/");
    spool.commit(&records(2..=2), None).unwrap();
    assert_eq!(spool.generations().len(), 1);
    spool.commit(&records(3..=3), None).unwrap();
    assert_eq!(spool.generations().len(), 2);
    hold_everywhere(folder.path(), spool, &[1, 2, 3]);
}

#[test]
fn a_deletion_that_fails_is_repeated_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, spool) = spool_on(folder.path(), small());
    (1..=2).for_each(|n| spool.commit(&records(n..=n), None).unwrap());
    let oldest = spool.generations()[0];
    disk.fail("remove g0000000000000001/");
    assert!(matches!(spool.acked(0, &oldest.gen_id, 2, true), Err(SpoolError::Io { .. })));
    assert!(folder.path().join("g0000000000000001").exists());
    hold_everywhere(folder.path(), spool, &[2]);
    assert!(!folder.path().join("g0000000000000001").exists());
}
