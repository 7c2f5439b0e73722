//! What callers may rely on.

use super::{double::Gate, double::Skip, *};
use crate::runtime::clock;
use std::sync::mpsc::sync_channel;

#[test]
fn committed_records_are_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    spool.commit(&records(1..=3), None).unwrap();
    spool.commit(&[], None).unwrap();
    spool.commit(&records(4..=1000), None).unwrap();
    assert!(numbers(&spool).into_iter().eq(1..=1000));
    let [generation] = spool.generations()[..] else { panic!("one generation") };
    assert_eq!((generation.last_seq, generation.sealed), (1001, false));
    assert_eq!(generation.bytes, 14 + 1000 * 100);
}

#[test]
fn a_read_keeps_its_limits_and_gives_one_record_at_least() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    spool.commit(&records(1..=9), None).unwrap();
    let id = spool.generations()[0].gen_id;
    let read = |from, records_max, bytes_max| {
        spool.read(&id, from, records_max, bytes_max).unwrap().iter().map(number).collect::<Vec<_>>()
    };
    assert_eq!(read(2, 3, 1 << 20), [1, 2, 3]);
    assert_eq!(read(2, 100, 250), [1, 2]);
    assert_eq!(read(2, 100, 300), [1, 2, 3]);
    assert_eq!(read(2, 100, 1), [1]);
    assert_eq!(read(9, 100, 1 << 20), [8, 9]);
    assert!(read(2, 0, 1 << 20).is_empty());
    assert!(read(11, 100, 1 << 20).is_empty());
    assert!(read(u64::MAX, 100, 1 << 20).is_empty());
    assert_eq!(spool.read(&id, 0, 1, 1 << 20).unwrap(), preamble());
    assert!(matches!(spool.read(&[7; 16], 1, 1, 1), Err(SpoolError::UnknownGeneration(_))));
}

#[test]
fn a_record_that_may_not_be_stored_is_refused_and_nothing_else_lost() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    spool.commit(&records(1..=2), None).unwrap();
    let largest = record(3, crate::wire::RECORD_BYTES_MAX);
    let larger = record(4, crate::wire::RECORD_BYTES_MAX + 1);
    let wrong = Record { crc32c: 1, ..record(5, 100) };
    for bad in [larger.clone(), wrong] {
        let refused = spool.commit(&[record(9, 100), bad, record(9, 100)], None);
        assert!(matches!(refused, Err(SpoolError::Record { index: 1, .. })), "{refused:?}");
    }
    spool.commit(&[largest], None).unwrap();
    assert_eq!(numbers(&spool), [1, 2, 3]);
    assert!(matches!(open(&folder.path().join("other"), vec![larger]), Err(SpoolError::Record { .. })));
}

#[test]
fn the_largest_records_stay_out_of_sleds_unsynced_blob_files() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    for first in [1, 101, 201] {
        let batch: Vec<_> = (first..first + 100).map(|n| record(n, crate::wire::RECORD_BYTES_MAX)).collect();
        spool.commit(&batch, None).unwrap();
    }
    assert!(numbers(&spool).into_iter().eq(1..=300));
    let blobs = std::fs::read_dir(folder.path().join("g0000000000000001/blobs")).unwrap();
    assert_eq!(blobs.count(), 0);
}

#[test]
fn a_second_process_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    let error = open(folder.path(), preamble()).map(|_| ()).unwrap_err();
    assert!(matches!(error, SpoolError::Locked { .. }));
    let text = error.to_string();
    assert!(text.contains(folder.path().to_str().unwrap()), "{text}");
    assert!(text.contains("another mujun-agent uses it"), "{text}");
    drop(spool);
    open(folder.path(), preamble()).unwrap();
}

#[test]
fn each_run_writes_a_generation_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut before: Vec<Generation> = Vec::new();
    for run in 1..=4 {
        let spool = open(folder.path(), preamble()).unwrap();
        spool.commit(&records(run..=run), None).unwrap();
        let now = spool.generations();
        assert_eq!(now.len(), before.len() + 1);
        for (old, now) in before.iter().zip(&now) {
            assert_eq!(*now, Generation { sealed: true, ..*old });
        }
        assert!(!now.last().unwrap().sealed);
        before = now;
        assert!(numbers(&spool).into_iter().eq(1..=run));
    }
}

#[test]
fn a_killed_run_keeps_what_it_committed() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    spool.commit(&records(1..=20), None).unwrap();
    let before = spool.generations()[0];
    let copy = killed(folder.path());
    let after = open(copy.path(), preamble()).unwrap();
    assert!(numbers(&after).into_iter().eq(1..=20));
    assert_eq!(after.generations()[0], Generation { sealed: true, ..before });
}

#[test]
fn it_rotates_by_size_and_by_age_but_never_an_unused_generation() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { generation_bytes_max: 500, ..Limits::default() };
    let spool = open_with(folder.path(), preamble(), limits).unwrap();
    (1..=20).for_each(|n| spool.commit(&records(n..=n), None).unwrap());
    let sizes: Vec<u64> = spool.generations().iter().map(|g| g.last_seq).collect();
    assert_eq!(sizes, [6, 6, 6, 6]);
    assert!(numbers(&spool).into_iter().eq(1..=20));
    drop(spool);

    let limits = Limits { generation_age_max: Duration::ZERO, ..Limits::default() };
    let spool = open_with(folder.path(), preamble(), limits).unwrap();
    (21..=23).for_each(|n| spool.commit(&records(n..=n), None).unwrap());
    let sizes: Vec<u64> = spool.generations().iter().map(|g| g.last_seq).collect();
    assert_eq!(sizes, [6, 6, 6, 6, 2, 2, 2]);
}

#[test]
fn a_new_generation_begins_with_what_is_repeated_however_it_began() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    let larger = Record { body: vec![0; crate::wire::RECORD_BYTES_MAX + 1].into(), ..records(1..=1)[0].clone() };
    spool.commit(&records(1..=1), None).unwrap();
    spool.repeat(&records(2..=3)).unwrap();
    assert!(matches!(spool.repeat(&[larger]), Err(SpoolError::Record { .. })));
    assert_eq!(numbers(&spool), [1], "the current one stays as it is");
    spool.rotate().unwrap();
    let [_, second] = spool.generations()[..] else { panic!("two generations") };
    assert_eq!((second.last_seq, numbers(&spool)), (3, vec![1, 2, 3]), "durable with the generation");
    spool.rotate().unwrap();
    assert_eq!(spool.generations()[1], second, "an unused one is not rotated");
    spool.commit(&records(4..=4), None).unwrap();
    spool.repeat(&records(5..=5)).unwrap();
    spool.rotate().unwrap();
    assert_eq!(numbers(&spool), [1, 2, 3, 4, 5]);
    drop(spool);
    let spool = open(folder.path(), preamble()).unwrap();
    assert_eq!(spool.generations().last().unwrap().last_seq, 1, "the next run repeats what it says itself");
}

#[test]
fn a_preamble_may_depend_on_the_latest_time_that_the_spool_has_seen() {
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        let mut told = None;
        let preamble = |seen| {
            told = seen;
            preamble()
        };
        let spool = SledSpool::open_later_than(folder.path(), preamble, &[], Limits::default()).unwrap();
        let before = clock::now();
        spool.commit(&records(1..=1), None).unwrap();
        (told, before)
    };
    let (none, first) = run();
    let (seen, _) = run();
    assert_eq!(none, None);
    assert!(seen.unwrap() >= first && seen.unwrap() <= clock::now());
}

#[test]
fn few_databases_are_open_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), small()).unwrap();
    for n in 1..=8 {
        spool.commit(&records(n..=n), None).unwrap();
        assert!(numbers(&spool).into_iter().eq(1..=n));
        assert!(held(&spool.0.open).len() <= 3);
    }
}

#[test]
fn only_a_sealed_generation_that_is_complete_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), small()).unwrap();
    (1..=3).for_each(|n| spool.commit(&records(n..=n), None).unwrap());
    let [a, b, current] = spool.generations()[..] else { panic!("three generations") };
    spool.acked(0, &a.gen_id, 2, false).unwrap();
    spool.acked(0, &current.gen_id, 2, true).unwrap();
    assert_eq!(spool.generations().len(), 3);
    let refused = spool.acked(0, &a.gen_id, 1, true);
    assert!(matches!(refused, Err(SpoolError::Incomplete { seq: 1, last: 2, .. })), "{refused:?}");
    assert!(numbers(&spool).into_iter().eq(1..=3));

    spool.acked(0, &a.gen_id, 2, true).unwrap();
    spool.acked(0, &b.gen_id, 99, true).unwrap(); // the platform may hold more than a power cut left here
    spool.acked(0, &a.gen_id, 2, true).unwrap(); // said twice
    assert_eq!(spool.generations(), [current]);
    assert_eq!(numbers(&spool), [3]);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 6, "LOCK, BOOT, WITNESS, BALLAST, the current generation and its marker: {left:?}");
}

#[test]
fn a_generation_with_nothing_but_its_preamble_completes() {
    for preamble in [preamble(), Vec::new()] {
        let folder = tempfile::tempdir().unwrap();
        let spool = open(folder.path(), preamble.clone()).unwrap();
        let copy = killed(folder.path());
        drop(spool);
        for folder in [folder.path(), copy.path()] {
            let spool = open(folder, preamble.clone()).unwrap();
            let [empty, current] = spool.generations()[..] else { panic!("two generations") };
            assert_eq!((empty.last_seq, empty.sealed), (preamble.len() as u64, true));
            spool.acked(0, &empty.gen_id, empty.last_seq, true).unwrap();
            assert_eq!(spool.generations(), [current]);
        }
    }
}

#[test]
fn backlog_is_what_is_not_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let reopen = |folder: &Path| open(folder, Vec::new()).unwrap();
    let figures = |spool: &SledSpool| (spool.backlog(0).records, spool.backlog(0).bytes);
    let spool = reopen(folder.path());
    assert_eq!(spool.backlog(0), Backlog::default());
    let before = crate::runtime::clock::now();
    spool.commit(&records(1..=10), None).unwrap();
    assert_eq!(figures(&spool), (10, 1000));
    let oldest = spool.backlog(0).oldest.unwrap();
    assert!(oldest.since(before) > -60_000 && oldest.since(crate::runtime::clock::now()) <= 0);
    let id = spool.generations()[0].gen_id;
    spool.acked(0, &id, 4, false).unwrap();
    assert_eq!(figures(&spool), (6, 600));
    spool.acked(0, &id, 2, false).unwrap(); // a platform that was set back
    assert_eq!(figures(&spool), (8, 800));
    spool.acked(0, &id, 10, false).unwrap();
    assert_eq!(spool.backlog(0), Backlog::default());
    spool.acked(0, &id, 2, false).unwrap();
    let copy = killed(folder.path());
    drop(spool);
    assert_eq!(figures(&reopen(folder.path())), (8, 800), "kept at an orderly end");
    assert_eq!(figures(&reopen(copy.path())), (10, 1000), "else until the platform's Welcome");
}

#[test]
fn changed_fires_after_each_commit_and_deletion() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), small()).unwrap();
    let mut changed = spool.changed();
    assert!(!changed.has_changed().unwrap());
    for n in 1..=2 {
        spool.commit(&records(n..=n), None).unwrap();
        assert!(changed.has_changed().unwrap());
        changed.mark_unchanged();
    }
    let oldest = spool.generations()[0];
    spool.acked(0, &oldest.gen_id, oldest.last_seq, true).unwrap();
    assert!(changed.has_changed().unwrap());
}

#[test]
fn a_closed_spool_is_read_but_takes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path(), preamble()).unwrap();
    spool.commit(&records(1..=2), None).unwrap();
    spool.close();
    assert!(matches!(spool.commit(&records(3..=3), None), Err(SpoolError::Closed)));
    assert!(spool.generations()[0].sealed);
    assert_eq!(numbers(&spool), [1, 2]);
}

#[test]
fn a_reader_neither_waits_for_a_commit_nor_sees_its_tail() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Double::new(folder.path(), Skip::Nothing);
    let spool = open_on(disk.clone(), folder.path(), preamble(), Limits::default()).unwrap();
    spool.commit(&records(1..=2), None).unwrap();
    let (entered, begun) = sync_channel(1);
    let (release, wait) = sync_channel(1);
    disk.wait_at(Gate { entered, release: wait });
    std::thread::scope(|scope| {
        let commit = scope.spawn(|| spool.commit(&records(3..=4), None));
        begun.recv().unwrap();
        assert_eq!(numbers(&spool), [1, 2], "the commit is in its fsync");
        assert_eq!(spool.backlog(0).records, 3);
        release.send(()).unwrap();
        commit.join().unwrap().unwrap();
    });
    assert_eq!(numbers(&spool), [1, 2, 3, 4]);
}

#[test]
fn commits_reads_and_deletions_go_on_beside_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { generation_bytes_max: 2000, ..small() };
    let spool = open_with(folder.path(), preamble(), limits).unwrap();
    let mut delivered = Vec::new();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            (0..100).for_each(|n| spool.commit(&records(n * 4 + 1..=n * 4 + 4), None).unwrap());
            spool.close();
        });
        while let Some(oldest) = spool.generations().first().copied() {
            let page = spool.read(&oldest.gen_id, 1, usize::MAX, usize::MAX).unwrap();
            if oldest.sealed {
                delivered.extend(page[1..].iter().map(number));
                spool.acked(0, &oldest.gen_id, oldest.last_seq, true).unwrap();
                if spool.generations() == [oldest] {
                    break; // the newest one stays
                }
            }
        }
        writer.join().unwrap();
    });
    assert!(delivered.into_iter().eq(1..=400));
}
