//! The order of the steps on which durability rests.

use super::{double::Skip, *};

const FIRST: &str = "g0000000000000001";

/// What makes a commit durable: sled's flush, then our fsync of its file; then the witness says so.
fn is_durable(steps: &[String], generation: &str) -> bool {
    steps == ["flush".to_owned(), format!("fsync {generation}/db"), "fsync WITNESS".to_owned()]
}

#[test]
fn a_commit_is_flush_then_fsync_of_the_data_file() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Double::new(folder.path(), Skip::Nothing);
    let spool = open_on(disk.clone(), folder.path(), preamble(), Limits::default()).unwrap();
    disk.steps();
    spool.commit(&records(1..=3), None).unwrap();
    assert!(is_durable(&disk.steps(), FIRST));
}

#[test]
fn control_a_commit_without_the_fsync_is_caught() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Double::new(folder.path(), Skip::CommitSync);
    let spool = open_on(disk.clone(), folder.path(), preamble(), Limits::default()).unwrap();
    disk.steps();
    spool.commit(&records(1..=3), None).unwrap();
    assert!(!is_durable(&disk.steps(), FIRST));
}

#[test]
fn a_generation_is_durable_with_its_preamble_before_its_marker_is() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Double::new(folder.path(), Skip::Nothing);
    let spool = open_on(disk.clone(), folder.path(), preamble(), Limits::default()).unwrap();
    let mut steps = disk.steps();
    for name in ["WITNESS", "BOOT"] {
        let made = [format!("fsync {name}.tmp"), format!("rename {name}"), "fsync ./".into()];
        assert_eq!(steps.drain(..3).collect::<Vec<_>>(), made);
    }
    let at = |step: &str| steps.iter().position(|s| s == step).unwrap_or_else(|| panic!("{step} in {steps:?}"));
    let order = [
        at("flush"),
        at(&format!("fsync {FIRST}/db")).min(at(&format!("fsync {FIRST}/conf"))),
        at(&format!("fsync {FIRST}/db")).max(at(&format!("fsync {FIRST}/conf"))),
        at(&format!("fsync {FIRST}/")),
        at("fsync ./"),
        at(&format!("fsync {FIRST}.ok.tmp")),
        at(&format!("rename {FIRST}.ok")),
        steps.len() - 1,
    ];
    assert!(order.is_sorted(), "{steps:?}");
    assert!(at(&format!("fsync {FIRST}/blobs/")) < at(&format!("fsync {FIRST}/")));
    assert_eq!(steps.last().unwrap(), "fsync ./");
    assert_eq!(numbers(&spool), [0_u64; 0], "and holds its preamble: nothing else is readable");
}

#[test]
fn what_a_killed_run_left_is_made_durable_before_it_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    spool.commit(&records(1..=1), None).unwrap();
    let copy = killed(folder.path());
    let disk = Double::new(copy.path(), Skip::Nothing);
    let _spool = open_on(disk.clone(), copy.path(), preamble(), Limits::default()).unwrap();
    let steps = disk.steps();
    assert_eq!(steps[0], format!("fsync {FIRST}/db"));
    assert_eq!(steps[1], format!("fsync {FIRST}.sealed.tmp"), "and is sealed there");
}

#[test]
fn a_manifest_appears_at_once_and_durably() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Double::new(folder.path(), Skip::Nothing);
    let spool = open_on(disk.clone(), folder.path(), preamble(), Limits::default()).unwrap();
    spool.commit(&records(1..=1), None).unwrap();
    disk.steps();
    spool.close();
    assert_eq!(
        disk.steps()[..3],
        [format!("fsync {FIRST}.sealed.tmp"), format!("rename {FIRST}.sealed"), "fsync ./".into()]
    );
}

#[test]
fn a_deletion_takes_the_marker_first_and_durably() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Double::new(folder.path(), Skip::Nothing);
    let spool = open_on(disk.clone(), folder.path(), preamble(), small()).unwrap();
    spool.commit(&records(1..=1), None).unwrap();
    spool.commit(&records(2..=2), None).unwrap();
    let first = spool.generations()[0];
    disk.steps();
    spool.acked(0, &first.gen_id, first.last_seq, true).unwrap();
    assert_eq!(
        disk.steps(),
        [format!("remove {FIRST}.ok"), "fsync ./".into(), format!("remove {FIRST}/"), format!("remove {FIRST}.sealed")]
    );
}
