//! The rules against scripts of what gateways go through.

use super::{memory::Memory, *};
use proptest::prelude::*;

const RUN: RunId = [7; 16];
/// 2026-11-24T00:00Z
const TODAY: i64 = 1_795_478_400_000;
const MINUTE: i64 = 60_000;
const WEEK: i64 = 7 * 86_400_000;

fn clock(grounds: Grounds) -> Clock {
    Clock::new(RUN, grounds, Vec::new())
}

fn grounds(battery: bool, newest: Option<i64>) -> Grounds {
    Grounds { battery, trust: false, newest: newest.map(UtcMillis) }
}

fn at(wall: i64, boot_ms: i64) -> Look {
    Look { wall: UtcMillis(wall), boot_ms, disciplined: false, offset_ms: None }
}

fn synced(look: Look) -> Look {
    Look { disciplined: true, ..look }
}

fn says(look: Look, offset_ms: i64) -> Look {
    Look { offset_ms: Some(offset_ms), ..look }
}

/// (segment, state, step) of the segment that begins, and (segment, shift) of the shifts.
type Told = (Option<(u32, ClockState, i64)>, Vec<(u32, i64)>);

fn told(turn: Turn) -> Told {
    let segment = turn.segment.map(|one| (one.segment, one.state, one.step_ms));
    (segment, turn.shifts.iter().map(|one| (one.segment, one.shift_ms)).collect())
}

const NOTHING: Told = (None, Vec::new());

#[test]
fn without_a_battery_1970_is_unknown_until_ntp_steps_and_then_placed() {
    let mut clock = clock(grounds(false, None));
    assert_eq!(told(clock.look(at(5_000, 5_000))), (Some((0, ClockState::Unknown, 0)), vec![]));
    assert_eq!(told(clock.look(at(60_000, 60_000))), NOTHING);
    let turn = clock.look(synced(at(TODAY + 61_000, 61_000)));
    assert_eq!(told(turn), (Some((1, ClockState::Synced, TODAY)), vec![(0, TODAY)]));
    assert!(clock.waiting().is_empty());
    assert_eq!(told(clock.look(synced(at(TODAY + 62_000, 62_000)))), NOTHING, "it is said once");
}

#[test]
fn a_restored_old_time_is_unknown_until_it_is_put_right() {
    let mut clock = clock(grounds(false, Some(TODAY - MINUTE)));
    let begun = told(clock.look(at(TODAY - 2 * WEEK, 9_000)));
    assert_eq!(begun.0, Some((0, ClockState::Unknown, 0)));
    let turn = clock.look(synced(at(TODAY, 10_000 - 1_000 + 1_000)));
    assert_eq!(told(turn), (Some((1, ClockState::Synced, 2 * WEEK - 1_000)), vec![(0, 2 * WEEK - 1_000)]));
}

#[test]
fn a_battery_clock_is_free_and_behind_the_newest_record_it_is_not_believed() {
    let free = told(clock(grounds(true, Some(TODAY - MINUTE))).look(at(TODAY, 1)));
    assert_eq!(free, (Some((0, ClockState::Free, 0)), vec![]));
    let behind = told(clock(grounds(true, Some(TODAY + MINUTE))).look(at(TODAY, 1)));
    assert_eq!(behind.0, Some((0, ClockState::Unknown, 0)));
    let empty_battery = told(clock(grounds(true, None)).look(at(946_684_800_000, 1)));
    assert_eq!(empty_battery.0, Some((0, ClockState::Unknown, 0)), "2000 is no time of ours");
}

#[test]
fn a_trusted_clock_is_free_but_never_before_us() {
    let trusted = || clock(Grounds { trust: true, ..grounds(false, Some(TODAY + MINUTE)) });
    assert_eq!(told(trusted().look(at(TODAY, 1))).0, Some((0, ClockState::Free, 0)));
    assert_eq!(told(trusted().look(at(5_000, 1))).0, Some((0, ClockState::Unknown, 0)));
}

#[test]
fn a_step_of_ten_minutes_either_way_is_said_and_corrects_the_free_segment() {
    for step in [10 * MINUTE, -10 * MINUTE] {
        let mut clock = clock(grounds(true, None));
        clock.look(at(TODAY, 1_000));
        let turn = clock.look(synced(at(TODAY + 1_000 + step, 2_000)));
        assert_eq!(told(turn), (Some((1, ClockState::Synced, step)), vec![(0, step)]));
        // a person sets it back: the kernel does not call it disciplined any more
        let turn = clock.look(at(TODAY + 2_000, 3_000));
        assert_eq!(told(turn), (Some((2, ClockState::Free, -step)), vec![]));
    }
}

#[test]
fn a_slewed_clock_makes_no_segment() {
    let mut clock = clock(grounds(true, None));
    clock.look(synced(at(TODAY, 0)));
    for second in 1..900 {
        assert_eq!(told(clock.look(synced(at(TODAY + 1_001 * second, 1_000 * second)))), NOTHING);
    }
}

#[test]
fn a_platform_that_agrees_makes_it_right_and_confirms_what_was() {
    let mut clock = clock(grounds(true, None));
    clock.look(at(TODAY, 0));
    let turn = clock.look(says(at(TODAY + 1_000, 1_000), 400));
    assert_eq!(told(turn), (Some((1, ClockState::Synced, 0)), vec![(0, 0)]));
}

#[test]
fn a_platform_that_disagrees_with_a_disciplined_clock_changes_nothing() {
    let mut clock = clock(grounds(true, None));
    clock.look(synced(at(TODAY, 0)));
    assert_eq!(told(clock.look(says(synced(at(TODAY + 1_000, 1_000)), 3_000))), NOTHING);
}

#[test]
fn where_only_a_platform_knows_the_time_its_difference_places_what_waits() {
    let mut clock = clock(grounds(false, None));
    clock.look(at(5_000, 5_000));
    assert_eq!(told(clock.look(says(at(20_000, 20_000), TODAY))).1, [(0, TODAY)]);
    assert_eq!(told(clock.look(says(at(35_000, 35_000), TODAY + 900))), NOTHING);
    // it jumps: said again, but not at once
    assert_eq!(told(clock.look(says(at(50_000, 50_000), TODAY + 9_000))), NOTHING);
    assert_eq!(told(clock.look(says(at(900_000, 900_000), TODAY + 9_000))).1, [(0, TODAY + 9_000)]);
    // and NTP has the last word
    let last = told(clock.look(synced(at(TODAY + 901_000, 901_000))));
    assert_eq!(last, (Some((1, ClockState::Synced, TODAY)), vec![(0, TODAY)]));
}

#[test]
fn a_difference_from_before_a_step_says_nothing_of_the_clock_behind_it() {
    let mut clock = clock(grounds(false, None));
    clock.look(says(at(TODAY, 0), 0));
    let turn = clock.look(says(at(TODAY - 10 * MINUTE, 1_000), 0));
    assert_eq!(told(turn).0, Some((1, ClockState::Unknown, -10 * MINUTE - 1_000)));
}

#[test]
fn a_right_clock_stays_right_for_an_hour_without_a_word() {
    let mut clock = clock(grounds(true, None));
    clock.look(synced(at(TODAY, 0)));
    assert_eq!(told(clock.look(at(TODAY + 59 * MINUTE, 59 * MINUTE))), NOTHING);
    assert_eq!(told(clock.look(at(TODAY + 60 * MINUTE, 60 * MINUTE))).0, Some((1, ClockState::Free, 0)));
    // and back: the free hour is confirmed
    let back = told(clock.look(synced(at(TODAY + 90 * MINUTE, 90 * MINUTE))));
    assert_eq!(back, (Some((2, ClockState::Synced, 0)), vec![(1, 0)]));
}

#[test]
fn what_an_earlier_run_of_the_same_boot_took_is_placed_too_and_of_another_boot_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = clock(grounds(false, None));
    first.look(at(5_000, 5_000));
    Memory::open(folder.path(), "boot-a").save(first.waiting()).unwrap();

    assert!(Memory::open(folder.path(), "boot-b").saved().is_empty());
    let kept = Memory::open(folder.path(), "boot-a");
    let mut second = Clock::new([8; 16], grounds(false, None), kept.saved().to_vec());
    second.look(at(65_000, 65_000));
    let turn = second.look(synced(at(TODAY + 70_000, 70_000)));
    let placed: Vec<_> = turn.shifts.iter().map(|one| (one.run_id, one.segment, one.shift_ms)).collect();
    assert_eq!(placed, [(RUN, 0, TODAY), ([8; 16], 0, TODAY)]);
}

#[test]
fn an_answer_that_is_a_little_late_makes_no_segment() {
    let mut clock = clock(grounds(true, None));
    clock.look(says(at(TODAY, 0), 900));
    assert_eq!(told(clock.look(says(at(TODAY + 14_000, 14_000), 1_400))), NOTHING);
    assert_eq!(told(clock.look(says(at(TODAY + 28_000, 28_000), 1_600))).0, Some((1, ClockState::Free, 0)));
}

#[test]
fn a_kill_before_the_commit_of_a_shift_leaves_what_it_is_for_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let looks = [at(5_000, 5_000), synced(at(TODAY, 6_000))];
    let mut seen = looks.into_iter();
    let see = Box::new(move || seen.next().unwrap());
    let mut watch = Watch::of(clock(grounds(false, None)), Default::default(), see);
    watch.memory = Some(Memory::open(folder.path(), "boot"));
    let on_disk = || Memory::open(folder.path(), "boot").saved().len();
    watch.look();
    watch.remember();
    assert_eq!(on_disk(), 1);
    watch.look();
    // the commit of what was taken before the step
    watch.committed();
    assert_eq!(on_disk(), 1);
    watch.noted();
    watch.committed();
    assert_eq!(on_disk(), 0);
}

#[test]
fn a_file_that_is_no_list_is_no_list() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("CLOCK"), "{").unwrap();
    assert!(Memory::open(folder.path(), "boot").saved().is_empty());
}

#[test]
fn what_comes_late_belongs_to_the_timeline_it_is_near_to() {
    let mut clock = clock(grounds(true, None));
    clock.look(at(TODAY, 0));
    clock.look(synced(at(TODAY + 10 * MINUTE, 1_000)));
    let segment = |time: i64, boot_ms: i64| {
        let stamp = clock.stamp(UtcMillis(time), boot_ms);
        (stamp.segment, stamp.late)
    };
    assert_eq!(segment(TODAY + 900, 1_100), (0, true));
    assert_eq!(segment(TODAY + 10 * MINUTE + 50, 1_100), (1, false));
    assert_eq!(segment(TODAY + 900, 60_000), (1, false), "long after the step there is nothing late");
}

proptest! {
    /// Whatever the clock does: segments are numbered in order, and a sample of an unsynced segment lands, shifted,
    /// where the final timeline has it.
    #[test]
    fn a_shift_puts_each_unsynced_segment_on_the_synced_timeline(
        steps in prop::collection::vec((1_i64..100_000, -1_000_000_i64..1_000_000, any::<bool>()), 1..20),
    ) {
        let mut clock = clock(grounds(true, None));
        let (mut boot, mut lead, mut next) = (0, TODAY, 0);
        let mut open: Vec<(u32, i64)> = Vec::new();
        for (elapsed, step, right) in steps {
            boot += elapsed;
            lead += if step.abs() > 1_000 { step } else { 0 };
            let look = at(lead + boot, boot);
            let turn = clock.look(if right { synced(look) } else { look });
            if let Some(segment) = turn.segment {
                prop_assert_eq!(segment.segment, next);
                next += 1;
                if segment.state != ClockState::Synced {
                    open.push((segment.segment, segment.wall.0 - segment.mono_ms));
                }
            }
            let synced = clock.state_now() == ClockState::Synced;
            let due = if synced { std::mem::take(&mut open) } else { Vec::new() };
            let expected: Vec<_> = due.iter().map(|(segment, own)| (*segment, lead - own)).collect();
            let shifts: Vec<_> = turn.shifts.iter().map(|one| (one.segment, one.shift_ms)).collect();
            prop_assert_eq!(shifts, expected);
        }
    }
}
