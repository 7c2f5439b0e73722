//! Who a spool is: its runs, and the chain of its generations.

use super::*;
use crate::agent::spool::boot;

/// Every generation but the first names the one before it.
fn is_a_chain(generations: &[Generation]) -> bool {
    generations.windows(2).all(|pair| pair[1].prev_gen_id == Some(pair[0].gen_id))
}

#[test]
fn each_opening_is_a_run_that_follows_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let run = || open(folder.path(), preamble()).unwrap().run();
    let (first, second, third) = (run(), run(), run());
    assert_eq!((first.prev_boot_id, first.boot_counter), (None, 1));
    assert_eq!((second.prev_boot_id, second.boot_counter), (Some(first.boot_id), 2));
    assert_eq!((third.prev_boot_id, third.boot_counter), (Some(second.boot_id), 3));
    assert!(first.store_id == second.store_id && second.boot_id != third.boot_id);
}

#[test]
fn two_openings_of_a_copy_follow_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let before = open(folder.path(), preamble()).unwrap().run();
    let copy = killed(folder.path());
    let (one, other) = (open(folder.path(), preamble()).unwrap().run(), open(copy.path(), preamble()).unwrap().run());
    assert_eq!((one.prev_boot_id, other.prev_boot_id), (Some(before.boot_id), Some(before.boot_id)));
    assert!(one.store_id == other.store_id && one.boot_id != other.boot_id);
}

#[test]
fn a_renewed_or_damaged_boot_file_makes_another_store_with_the_same_data() {
    type Change = fn(&Path);
    let changes: [Change; 2] = [
        |path| assert_ne!(boot::renew(&disk::OsDisk, path).unwrap(), [0; 16]),
        |path| std::fs::write(path, b"mujun-boot 1 00").unwrap(),
    ];
    for change in changes {
        let folder = tempfile::tempdir().unwrap();
        let spool = open(folder.path(), preamble()).unwrap();
        spool.commit(&records(1..=3), None).unwrap();
        let before = spool.run();
        drop(spool);
        change(&folder.path().join("BOOT"));
        let spool = open(folder.path(), preamble()).unwrap();
        assert_ne!(spool.run().store_id, before.store_id);
        assert_eq!((spool.run().prev_boot_id, spool.run().boot_counter), (None, 1));
        assert_eq!(numbers(&spool), [1, 2, 3]);
        assert!(is_a_chain(&spool.generations()));
    }
}

#[test]
fn generations_are_a_chain_over_rotation_failure_and_restart() {
    let folder = tempfile::tempdir().unwrap();
    for run in 0..3 {
        let disk = Double::new(folder.path(), double::Skip::Nothing);
        let spool = open_on(disk.clone(), folder.path(), preamble(), Limits::DEFAULT).unwrap();
        spool.commit(&records(run * 3 + 1..=run * 3 + 1), None).unwrap();
        spool.rotate().unwrap();
        spool.rotate().unwrap(); // nothing in it: it stays
        disk.fail(&format!("fsync g{:016x}/db", run * 3 + 2));
        spool.commit(&records(run * 3 + 2..=run * 3 + 2), None).unwrap();
        spool.commit(&records(run * 3 + 3..=run * 3 + 3), None).unwrap();
    }
    let spool = open(folder.path(), preamble()).unwrap();
    let generations = spool.generations();
    assert_eq!(generations.len(), 10);
    assert_eq!(generations[0].prev_gen_id, None);
    assert!(is_a_chain(&generations));
    assert!(numbers(&spool).into_iter().eq(1..=9));
}

#[test]
fn the_chain_leads_over_what_was_delivered_or_set_aside() {
    type Damage = fn(&Path);
    let damages: [Damage; 3] = [
        |folder| std::fs::write(folder.join("g0000000000000002/db"), b"").unwrap(),
        |folder| std::fs::write(folder.join("g0000000000000002.ok"), b"mujun").unwrap(),
        |folder| std::fs::remove_dir_all(folder.join("g0000000000000002")).unwrap(),
    ];
    for damage in damages {
        let folder = tempfile::tempdir().unwrap();
        let spool = open_with(folder.path(), preamble(), small()).unwrap();
        (1..=2).for_each(|n| spool.commit(&records(n..=n), None).unwrap());
        let [first, second] = spool.generations()[..] else { panic!("two generations") };
        spool.acked(0, &first.gen_id, 2, true).unwrap();
        drop(spool);
        damage(folder.path());
        let spool = open(folder.path(), preamble()).unwrap();
        assert_eq!(spool.quarantined(), 1);
        assert_eq!(spool.generations()[0].prev_gen_id, Some(second.gen_id), "a platform sees the hole");
    }
}

#[test]
fn rotate_starts_a_short_generation() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    spool.commit(&records(1..=9), None).unwrap();
    spool.rotate().unwrap();
    let [old, new] = spool.generations()[..] else { panic!("two generations") };
    assert_eq!((old.sealed, new.sealed, new.last_seq), (true, false, 1));
    spool.close();
    assert!(matches!(spool.rotate(), Err(SpoolError::Closed)));
}
