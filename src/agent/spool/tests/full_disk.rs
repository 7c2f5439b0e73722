//! A disk with no room, played by its errors.

use super::*;

const FULL: i32 = 28;

/// Four generations of one record, and an empty one that is written next.
fn five(folder: &Path, limits: Limits) -> (Arc<Double>, SledSpool) {
    let disk = Double::new(folder, double::Skip::Nothing);
    let spool = open_on(disk.clone(), folder, preamble(), limits).unwrap();
    for n in 1..=4 {
        spool.commit(&records(n..=n), None).unwrap();
        spool.rotate().unwrap();
    }
    disk.steps();
    (disk, spool)
}

/// The disk has no room for what these generations write next.
fn refuse(disk: &Double, generations: std::ops::RangeInclusive<u64>) {
    generations.for_each(|generation| disk.fail_with(&format!("fsync g{generation:016x}/db"), FULL));
}

#[test]
fn a_commit_on_a_full_disk_takes_the_ballast() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, spool) = five(folder.path(), Limits::DEFAULT);
    assert!(std::fs::metadata(folder.path().join("BALLAST")).unwrap().len() >= 16 << 20);
    refuse(&disk, 5..=6);
    spool.commit(&records(5..=5), None).unwrap();
    assert!(disk.steps().contains(&"remove BALLAST".to_owned()));
    assert_eq!(numbers(&spool), [1, 2, 3, 4, 5]);
    assert!(folder.path().join("BALLAST").exists(), "made again where there is room");
}

#[test]
fn then_the_oldest_generation() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, spool) = five(folder.path(), Limits::DEFAULT);
    refuse(&disk, 5..=7);
    spool.commit(&records(5..=5), None).unwrap();
    assert_eq!(numbers(&spool), [2, 3, 4, 5]);
    assert_eq!(gaps(&spool).len(), 1);
}

#[test]
fn told_to_refuse_it_reports_the_full_disk_and_keeps_all() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, spool) = five(folder.path(), Limits { when_full: WhenFull::Refuse, ..Limits::DEFAULT });
    refuse(&disk, 5..=7);
    assert!(spool.commit(&records(5..=5), None).is_err());
    assert_eq!(numbers(&spool), [1, 2, 3, 4]);
    spool.commit(&records(5..=5), None).unwrap();
    assert_eq!(numbers(&spool), [1, 2, 3, 4, 5]);
    assert!(gaps(&spool).is_empty());
}

#[test]
fn it_opens_on_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), small()).unwrap();
    (1..=4).for_each(|n| spool.commit(&records(n..=n), None).unwrap());
    drop(spool);
    let disk = Double::new(folder.path(), double::Skip::Nothing);
    disk.fail_with("fsync BOOT.tmp", FULL);
    disk.fail_with("fsync BOOT.tmp", FULL);
    let spool = open_on(disk.clone(), folder.path(), preamble(), small()).unwrap();
    assert!(disk.steps().contains(&"remove BALLAST".to_owned()));
    assert_eq!(numbers(&spool), [2, 3, 4], "the ballast was not enough");
    assert_eq!(gaps(&spool).len(), 1);
}

#[test]
fn a_read_only_disk_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), preamble()).unwrap());
    let disk = Double::new(folder.path(), double::Skip::Nothing);
    disk.fail_with("fsync BOOT.tmp", 30);
    let error = open_on(disk, folder.path(), preamble(), Limits::DEFAULT).map(|_| ()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("BOOT.tmp") && text.to_lowercase().contains("read-only"), "{text}");
    open(folder.path(), preamble()).unwrap();
}
