//! Several platforms, each with its own marks; and what they refuse.

use super::*;

fn open_for(folder: &Path, destinations: &[&str]) -> SledSpool {
    let destinations: Vec<String> = destinations.iter().map(|name| (*name).to_owned()).collect();
    SledSpool::open(folder, preamble(), &destinations, small()).unwrap()
}

/// Two sealed generations and a current one.
fn three(folder: &Path) -> (SledSpool, [Generation; 3]) {
    let spool = open_for(folder, &["city", "province"]);
    (1..=3).for_each(|n| spool.commit(&records(n..=n), None).unwrap());
    let generations = spool.generations().try_into().unwrap();
    (spool, generations)
}

#[test]
fn a_generation_is_deleted_when_it_is_complete_at_all_destinations() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, [a, b, current]) = three(folder.path());
    spool.acked(0, &a.gen_id, 2, true).unwrap();
    spool.acked(0, &b.gen_id, 2, true).unwrap();
    spool.acked(1, &b.gen_id, 2, true).unwrap();
    assert_eq!(spool.generations(), [a, current], "the second one has not the first");
    assert_eq!((spool.backlog(0).records, spool.backlog(1).records), (2, 4));
    spool.acked(1, &a.gen_id, 2, true).unwrap();
    assert_eq!(spool.generations(), [current]);
    assert!(matches!(spool.acked(2, &current.gen_id, 1, false), Err(SpoolError::Destination(2))));
}

#[test]
fn a_destination_that_was_set_back_is_waited_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, [a, b, current]) = three(folder.path());
    spool.acked(0, &a.gen_id, 2, true).unwrap();
    spool.acked(0, &a.gen_id, 1, false).unwrap();
    spool.acked(1, &a.gen_id, 2, true).unwrap();
    assert_eq!(spool.generations(), [a, b, current]);
}

#[test]
fn what_is_complete_at_one_is_known_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, [a, ..]) = three(folder.path());
    spool.acked(1, &a.gen_id, 2, true).unwrap();
    let copy = killed(folder.path());
    drop(spool);
    for folder in [folder.path(), copy.path()] {
        let spool = open_for(folder, &["city", "province"]);
        assert_eq!(spool.backlog(0).records - spool.backlog(1).records, 2);
        spool.acked(0, &a.gen_id, 2, true).unwrap();
        assert!(spool.generations().iter().all(|left| left.gen_id != a.gen_id));
    }
}

#[test]
fn marks_follow_the_destinations_name_and_damaged_ones_count_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, [a, ..]) = three(folder.path());
    spool.acked(1, &a.gen_id, 2, true).unwrap();
    drop(spool);
    let backlogs = |folder: &Path, names: &[&str]| {
        let spool = open_for(folder, names);
        (0..names.len()).map(|at| spool.backlog(at).records).collect::<Vec<_>>()
    };
    let damaged = killed(folder.path());
    std::fs::write(damaged.path().join("MARKS"), "mujun\n\u{0} 1 2 3 4\n").unwrap();
    assert_eq!(backlogs(killed(folder.path()).path(), &["province", "city"]), [5, 7]);
    assert_eq!(backlogs(killed(folder.path()).path(), &["nation", "city"]), [7, 7]);
    assert_eq!(backlogs(damaged.path(), &["city", "province"]), [7, 7]);
}

#[test]
fn a_destination_that_is_gone_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, [a, ..]) = three(folder.path());
    spool.acked(1, &a.gen_id, 2, true).unwrap();
    drop(spool);
    let spool = open_for(folder.path(), &["province"]);
    assert!(spool.generations().iter().all(|left| left.gen_id != a.gen_id));
}

#[test]
fn without_a_destination_nothing_is_ever_delivered() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        open_for(folder.path(), &[]).commit(&records(1..=1), None).unwrap();
    }
    assert_eq!(open_for(folder.path(), &[]).generations().len(), 4);
}

#[test]
fn the_newest_generation_waits_for_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_for(folder.path(), &["city"]);
    spool.commit(&records(1..=1), None).unwrap();
    spool.close();
    let [only] = spool.generations()[..] else { panic!("one generation") };
    spool.acked(0, &only.gen_id, 2, true).unwrap();
    assert_eq!(spool.generations(), [Generation { sealed: true, ..only }]);
    drop(spool);
    let spool = open_for(folder.path(), &["city"]);
    let [next] = spool.generations()[..] else { panic!("the delivered one is gone") };
    assert_eq!(next.prev_gen_id, Some(only.gen_id));
}

#[test]
fn refusals_are_kept_within_bounds_and_counted_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |seq| Refusal { gen_id: [7; 16], seq, code: 3, message: format!("no {seq}\n{}", "x".repeat(999)) };
    let spool = open_for(folder.path(), &["city", "province"]);
    spool.refused(1, refusal(1)).unwrap();
    let before = std::fs::metadata(folder.path().join("REFUSED")).unwrap().len();
    (1..=2_500).for_each(|seq| spool.refused(0, refusal(seq)).unwrap());
    let copy = killed(folder.path());
    for spool in [spool, open_for(copy.path(), &["city", "province"])] {
        assert_eq!((spool.refusals(0), spool.refusals(1), spool.refusals(2)), (2_500, 1, 0));
        let kept = held(&spool.0.refused);
        assert!(kept.all().any(|kept| kept.number == 2_500 && kept.refusal.message.starts_with("no 2500 x")));
        assert!(kept.all().count() >= 1000);
    }
    let size = std::fs::metadata(folder.path().join("REFUSED")).unwrap().len();
    assert!(size < before * 2_200, "{size}");
}

#[test]
fn a_torn_refusal_costs_nothing_but_itself() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = Refusal { gen_id: [7; 16], seq: 9, code: 3, message: "no".into() };
    let spool = open_for(folder.path(), &["city"]);
    (1..=3).for_each(|_| spool.refused(0, refusal.clone()).unwrap());
    drop(spool);
    let path = folder.path().join("REFUSED");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    let spool = open_for(folder.path(), &["city"]);
    assert_eq!(spool.refusals(0), 2);
    spool.refused(0, refusal).unwrap();
    drop(spool);
    assert_eq!(open_for(folder.path(), &["city"]).refusals(0), 3);
}
