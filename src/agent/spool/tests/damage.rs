//! Files that are not what was written: the spool opens all the same.

use super::{
    super::{generation::Fault, start, value},
    *,
};
use proptest::prelude::*;

/// Three sealed generations of 30 records, the second of which is about to be damaged.
fn healthy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for run in 0..3 {
        let spool = open(folder.path(), preamble()).unwrap();
        (1..=30).for_each(|n| spool.commit(&[record(run * 30 + n, 1500)], None).unwrap());
    }
    folder
}

/// Opens, and finds either everything, or all but the second generation, which is in quarantine and said to be lost:
/// since the start, or since the damage was read.
fn opens(folder: &Path) -> bool {
    let spool = open_with(folder, preamble(), small()).unwrap();
    let errors = unreadable(&spool);
    assert!(errors.iter().all(|error| matches!(error, SpoolError::Damaged { .. })), "{errors:?}");
    spool.commit(&records(91..=91), None).unwrap();
    assert_eq!(gaps(&spool).len() as u64, spool.quarantined());
    let found = numbers(&spool);
    match spool.quarantined() {
        0 => assert!(found.into_iter().eq(1..=91)),
        1 => {
            assert!(found.into_iter().eq((1..=30).chain(61..=91)));
            assert!(!folder.join("g0000000000000002.ok").exists());
            assert!(folder.join("quarantine/g0000000000000002.ok").exists());
        }
        more => panic!("{more} were set aside"),
    }
    let damaged = spool.quarantined() == 1;
    drop(spool);
    assert_eq!(open(folder, preamble()).unwrap().quarantined(), 0, "it is set aside once");
    damaged
}

#[test]
fn a_damaged_data_file_goes_to_quarantine_and_the_others_are_read() {
    let healthy = healthy();
    let length = std::fs::metadata(healthy.path().join("g0000000000000002/db")).unwrap().len();
    let mut set_aside = 0;
    for trial in 0_u64..24 {
        let folder = killed(healthy.path());
        let data = folder.path().join("g0000000000000002/db");
        let at = (trial * 2_654_435_761) % length;
        match trial % 3 {
            0 => std::fs::File::options().write(true).open(&data).unwrap().set_len(at).unwrap(),
            _ => {
                let mut bytes = std::fs::read(&data).unwrap();
                bytes[usize::try_from(at).unwrap()] ^= 1 << (trial % 8);
                std::fs::write(&data, bytes).unwrap();
            }
        }
        set_aside += usize::from(opens(folder.path()));
    }
    assert!(set_aside > 3, "{set_aside}");
}

#[test]
fn every_other_damage_goes_to_quarantine_too() {
    let healthy = healthy();
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 6] = [
        ("an empty data file", |folder| std::fs::write(folder.join("g0000000000000002/db"), b"").unwrap()),
        ("no data file", |folder| std::fs::remove_file(folder.join("g0000000000000002/db")).unwrap()),
        ("no folder", |folder| std::fs::remove_dir_all(folder.join("g0000000000000002")).unwrap()),
        ("a short data file", |folder| {
            let data = std::fs::File::options().write(true).open(folder.join("g0000000000000002/db")).unwrap();
            data.set_len(4096).unwrap();
        }),
        ("a damaged marker", |folder| std::fs::write(folder.join("g0000000000000002.ok"), b"mujun").unwrap()),
        ("a damaged manifest", |folder| std::fs::write(folder.join("g0000000000000002.sealed"), b"").unwrap()),
    ];
    for (name, damage) in damages {
        let folder = killed(healthy.path());
        damage(folder.path());
        assert!(opens(folder.path()), "{name}");
    }
}

#[test]
fn a_generation_that_goes_bad_while_the_spool_runs_is_set_aside_too() {
    let folder = healthy();
    let spool = open(folder.path(), preamble()).unwrap();
    let second = spool.generations()[1];
    std::fs::write(folder.path().join("g0000000000000002/db"), b"").unwrap();
    assert!(matches!(spool.read(&second.gen_id, 1, 1, 1), Err(SpoolError::Damaged { .. })));
    assert!(matches!(spool.read(&second.gen_id, 1, 1, 1), Err(SpoolError::UnknownGeneration(_))));
    assert_eq!(spool.quarantined(), 1);
    assert!(numbers(&spool).into_iter().eq((1..=30).chain(61..=90)));
}

#[test]
fn a_snapshot_that_sled_did_not_finish_is_no_damage() {
    let folder = healthy();
    for contents in [&b""[..], b"half a snapshot of sled's tables"] {
        std::fs::write(folder.path().join("g0000000000000002/snap.0000000000FFFFFF.generating"), contents).unwrap();
        let spool = open(folder.path(), preamble()).unwrap();
        assert_eq!(spool.quarantined(), 0);
        assert!(numbers(&spool).into_iter().eq(1..=90));
    }
}

#[test]
fn what_was_never_finished_is_deleted_and_what_is_foreign_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let unfinished = ["g0000000000000007", "g0000000000000008.ok.tmp", "g0000000000000009.sealed"];
    let foreign = ["notes.txt", "g1", "gzzzzzzzzzzzzzzzz", "x.tmp", "backup"];
    std::fs::create_dir(folder.path().join(unfinished[0])).unwrap();
    std::fs::create_dir(folder.path().join(foreign[4])).unwrap();
    for file in unfinished[1..].iter().chain(&foreign[..4]) {
        std::fs::write(folder.path().join(file), b"?").unwrap();
    }
    let spool = open(folder.path(), preamble()).unwrap();
    assert_eq!((spool.generations().len(), spool.quarantined()), (1, 0));
    assert!(unfinished.iter().all(|name| !folder.path().join(name).exists()));
    assert!(foreign.iter().all(|name| folder.path().join(name).exists()));
    assert!(folder.path().join("g000000000000000a").is_dir(), "no ordinal is given twice");
}

#[test]
fn a_generation_that_does_not_open_in_time_is_given_up() {
    let limits = Limits { open_deadline: Duration::from_millis(10), ..Limits::default() };
    let (_hold, wait) = std::sync::mpsc::sync_channel::<()>(0);
    let hangs = start::in_time(&limits, move || wait.recv().map_err(|_| Fault::Damaged("released".into())));
    assert!(matches!(hangs, Err(Fault::Damaged(reason)) if reason.contains("did not open within 10ms")));
    let panics = start::in_time(&Limits::default(), || -> Result<(), Fault> { panic!("prev.is_none()") });
    assert!(matches!(panics, Err(Fault::Damaged(reason)) if reason.contains("prev.is_none()")));
}

#[test]
fn a_full_disk_or_too_many_files_are_no_damage() {
    for code in [28, 30, 24, 23, 13, 122] {
        let fault = Fault::from_io(Path::new("db"), std::io::Error::from_raw_os_error(code));
        assert!(matches!(fault, Fault::Disk(_)), "{code}");
    }
    let fault = Fault::from_io(Path::new("db"), std::io::Error::from_raw_os_error(5));
    assert!(matches!(fault, Fault::Damaged(_)));
}

proptest! {
    #[test]
    fn a_value_is_its_record(kind: u8, body in prop::collection::vec(any::<u8>(), 0..600)) {
        let record = Record { kind, crc32c: crc32c::crc32c(&body), body: Bytes::from(body) };
        prop_assert_eq!(value::decode(&value::encode(&record)), Ok(record));
    }

    #[test]
    fn any_other_value_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..64), flip in 0_usize..512) {
        let _never_panics = value::decode(&bytes);
        let mut value = value::encode(&record(7, 60));
        let at = 2 * 8 + flip % ((value.len() - 2) * 8); // a change of the kind is not the checksum's to find
        value[at / 8] ^= 1 << (at % 8);
        prop_assert!(value::decode(&value).is_err());
    }
}
