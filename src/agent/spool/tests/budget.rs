//! A budget is kept, and what gives way is said.

use super::*;
use crate::model::GapCause;

/// About one generation in a commit, twenty in the budget.
fn tight(when_full: WhenFull) -> Limits {
    Limits { generation_bytes_max: 1, bytes_max: 12 << 20, when_full, ..Limits::DEFAULT }
}

fn span(n: u64) -> Option<Span> {
    let start = UtcMillis(i64::try_from(n).unwrap() * 1000);
    Some(Span { start, end: start.plus_ms(1000) })
}

fn commit(spool: &SledSpool, n: u64) -> Result<(), SpoolError> {
    spool.commit(&(0..20).map(|_| record(n, 7000)).collect::<Vec<_>>(), span(n))
}

#[test]
fn when_full_the_oldest_go_and_a_gap_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let limits = tight(WhenFull::DropOldest);
    let spool = open_with(folder.path(), preamble(), limits).unwrap();
    for n in 1..=80 {
        commit(&spool, n).unwrap();
        assert!(spool.fill().bytes <= limits.bytes_max, "{:?}", spool.fill());
    }
    let mut kept = numbers(&spool);
    kept.dedup();
    let first = *kept.first().unwrap();
    assert!(kept.iter().copied().eq(first..=80), "{kept:?}");
    assert!(first > 20, "{first}");
    let said = gaps(&spool);
    let mut lost: Vec<_> = said.iter().filter_map(|gap| gap.span).map(|span| span.start.0 / 1000).collect();
    lost.sort_unstable();
    lost.dedup();
    assert!(lost.into_iter().eq(1..i64::try_from(first).unwrap()), "all that was dropped is said, and nothing else");
    assert!(said.iter().all(|gap| gap.cause == GapCause::Dropped && gap.lost.unwrap().first_seq == 1), "{said:?}");
    let last = said.iter().rfind(|gap| gap.span == span(first - 1)).unwrap();
    let chain = spool.generations();
    assert!(chain.windows(2).all(|pair| pair[1].prev_gen_id == Some(pair[0].gen_id)));
    assert_eq!(chain[0].prev_gen_id, last.lost.map(|lost| lost.gen_id));
    let left = std::fs::read_dir(folder.path()).unwrap().flatten();
    assert!(!left.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with(".dropped")));
}

#[test]
fn when_full_and_told_to_refuse_nothing_is_dropped_and_nothing_taken() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), tight(WhenFull::Refuse)).unwrap();
    let mut taken = 0;
    let refused = loop {
        match commit(&spool, taken + 1) {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
        assert!(taken < 200);
    };
    assert!(matches!(refused, SpoolError::Full), "{refused}");
    assert_eq!(spool.fill().level, Level::Full);
    let mut kept = numbers(&spool);
    kept.dedup();
    assert!(kept.into_iter().eq(1..=taken));
    // room again
    let [oldest, second, ..] = spool.generations()[..] else { panic!("many") };
    spool.acked(0, &oldest.gen_id, oldest.last_seq, true).unwrap();
    spool.acked(0, &second.gen_id, second.last_seq, true).unwrap();
    commit(&spool, taken + 1).unwrap();
    assert!(gaps(&spool).is_empty());
}

#[test]
fn the_level_rises_before_anything_gives_way() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), tight(WhenFull::Refuse)).unwrap();
    assert_eq!(spool.fill().level, Level::Low);
    let mut levels = vec![];
    for n in 1..=200 {
        levels.push(spool.fill().level);
        if commit(&spool, n).is_err() {
            break;
        }
    }
    levels.push(spool.fill().level);
    levels.dedup();
    assert_eq!(levels, [Level::Low, Level::High, Level::Full]);
}

#[test]
fn what_is_too_old_goes_but_never_by_the_clock_alone() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), small()).unwrap();
    (1..=4).for_each(|n| spool.commit(&records(n..=n), span(n)).unwrap());
    drop(spool);
    let limits = Limits { age_max: Duration::from_secs(86_400), ..small() };
    let spool = open_with(folder.path(), preamble(), limits).unwrap();
    spool.commit(&records(5..=5), span(5)).unwrap();
    assert_eq!(numbers(&spool), [1, 2, 3, 4, 5]);
    // the first was written two days before the others
    held(&spool.0.index).at_mut(1).unwrap().ended = crate::runtime::clock::now().plus_ms(-2 * 86_400_000);
    spool.commit(&records(6..=6), span(6)).unwrap();
    assert_eq!(numbers(&spool), [2, 3, 4, 5, 6]);
    let said = gaps(&spool);
    assert_eq!((said.len(), said[0].cause, said[0].span), (1, GapCause::Dropped, span(1)));
}

#[test]
fn a_drop_that_a_kill_cuts_short_is_said_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), small()).unwrap();
    (1..=4).for_each(|n| spool.commit(&records(n..=n), span(n)).unwrap());
    drop(spool);
    for (step, left) in [("the marker", true), ("the folder", false)] {
        let copy = killed(folder.path());
        let at = |name: &str| copy.path().join(format!("g0000000000000001{name}"));
        std::fs::rename(at(".ok"), at(".dropped")).unwrap();
        if !left {
            std::fs::remove_dir_all(at("")).unwrap();
        }
        let spool = open(copy.path(), preamble()).unwrap();
        assert_eq!(numbers(&spool), [2, 3, 4], "{step}");
        let said = gaps(&spool);
        assert_eq!((said.len(), said[0].cause, said[0].span), (1, GapCause::Dropped, span(1)), "{step}");
        assert!(!at(".dropped").exists() && !at("").exists() && !at(".sealed").exists());
        drop(spool);
        assert_eq!(gaps(&open(copy.path(), preamble()).unwrap()).len(), 1);
    }
}

#[test]
fn reported_quarantine_gives_way_before_data() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), tight(WhenFull::DropOldest)).unwrap();
    (1..=3).for_each(|n| commit(&spool, n).unwrap());
    drop(spool);
    std::fs::write(folder.path().join("g0000000000000001.sealed"), b"?").unwrap(); // its data keeps its size
    let spool = open_with(folder.path(), preamble(), tight(WhenFull::DropOldest)).unwrap();
    assert!(folder.path().join("quarantine/g0000000000000001.reported").exists());
    let aside = spool.0.aside_bytes.load(std::sync::atomic::Ordering::Relaxed);
    assert!(aside > 0);
    let mut n = 4;
    while folder.path().join("quarantine/g0000000000000001.reported").exists() {
        commit(&spool, n).unwrap();
        n += 1;
        assert!(n < 200);
    }
    let mut kept = numbers(&spool);
    kept.dedup();
    assert_eq!(kept.first(), Some(&2), "no data was dropped yet");
}

#[test]
fn the_gaps_of_a_dropped_generation_outlive_it_and_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with(folder.path(), preamble(), small()).unwrap();
    (1..=4).for_each(|n| spool.commit(&records(n..=n), span(n)).unwrap());
    drop(spool);
    let said = Gap { cause: GapCause::Unread, span: span(99), series: vec![], lost: None, detail: "x".into() };
    let layout = layout::Layout::create(folder.path()).unwrap();
    layout.write_dropped(&disk::OsDisk, 1, std::slice::from_ref(&said)).unwrap();
    for ok in [true, false] {
        let copy = killed(folder.path());
        if !ok {
            std::fs::remove_file(copy.path().join("g0000000000000001.ok")).unwrap();
        }
        let spool = open(copy.path(), preamble()).unwrap();
        assert_eq!(numbers(&spool), [2, 3, 4]);
        let found = gaps(&spool);
        assert_eq!((found.len(), &found[0], found[1].cause), (2, &said, GapCause::Dropped));
        assert_eq!(found[1].span, span(1));
        drop(spool);
        assert_eq!(gaps(&open(copy.path(), preamble()).unwrap()).len(), 2);
    }
}
