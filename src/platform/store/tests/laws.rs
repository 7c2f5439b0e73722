//! THE tests of the ledger: whatever arrives in whatever order, the tables are those that the set of readings gives.

use super::{
    super::{
        audit, bulk, registry, rollup,
        row::{self, bridges_between, rows_between},
        run, snapshot,
    },
    *,
};
use crate::energy::{
    counter::{self, Verdict},
    interval::shares,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Stores the records, after a dictionary, as one generation in batches of `size`.
fn send(connection: Tx<'_>, generation: u8, records: &[Record], size: usize) {
    let mut all = vec![dictionary(&[(0, energy())])];
    all.extend_from_slice(records);
    let mut first_seq = 1;
    for records in all.chunks(size) {
        let taken = take(connection, generation, first_seq, records, NOW);
        first_seq += records.len() as u64;
        assert_eq!(taken.outcome, Outcome::Stored { seq: first_seq - 1, complete: false });
        assert_eq!(taken.refusals, []);
        // some days are summed up before more arrives for them
        rollup::settle(connection, 1 + first_seq as usize % 3).unwrap();
    }
}

/// Rollups, whatever was summed up when, give what the rows give.
pub fn check_rollups(tx: Tx<'_>) {
    for settled in [false, true] {
        let running = UtcMillis(BASE + 40_000_000);
        for (period, now) in [("2024", NOW), ("2024-11-24", running), ("2024-11-20..2024-12-26", NOW)] {
            let period: Period = period.parse().unwrap();
            let bulk: BTreeMap<String, Vec<Flow>> = bulk::flows(tx, &period, now).unwrap().into_iter().collect();
            let mut slow: Vec<Flow> = Vec::new();
            for gateway in registry::gateways(tx).unwrap() {
                for (id, series) in snapshot::cumulative_series(tx, &gateway.gateway_id).unwrap() {
                    slow.push(snapshot::flow(tx, &gateway.gateway_id, id, series, &period, now).unwrap());
                }
            }
            assert_eq!(bulk.into_values().flatten().collect::<Vec<_>>(), slow, "{period}, settled: {settled}");
        }
        while rollup::settle(tx, 7).unwrap() > 0 {}
    }
    assert_eq!(audit::audit(tx).unwrap().faults, Vec::<String>::new());
}

pub const ALWAYS: (UtcMillis, UtcMillis) = (UtcMillis(i64::MIN), UtcMillis(i64::MAX));

/// Amount by quarter-hour and the number of epochs that began, as the tables have them.
pub fn stored(connection: Tx<'_>) -> (BTreeMap<UtcMillis, i64>, usize) {
    let (mut amounts, mut breaks) = (BTreeMap::new(), 0);
    for (i, row) in rows_between(connection, 1, ALWAYS.0, ALWAYS.1).unwrap().iter().enumerate() {
        *amounts.entry(row.start).or_default() += row.amount();
        breaks += usize::from(i > 0 && row.cause.is_some());
    }
    for bridge in bridges_between(connection, 1, ALWAYS.0, ALWAYS.1).unwrap() {
        for (start, amount) in bridge.quarters_within(ALWAYS.0, ALWAYS.1) {
            *amounts.entry(start).or_default() += amount;
        }
    }
    (amounts, breaks)
}

/// The same from the set of readings in the plainest way: the verdicts, and the shares of every pair of neighbours of an
/// epoch. And Σ over epochs of last − first reading, with the modulus for each time that the register passed its end.
pub fn plain(
    readings: &BTreeSet<Reading>,
    physics: &Physics,
    declarations: &[counter::Declaration],
) -> (BTreeMap<UtcMillis, i64>, usize, i64) {
    let (mut amounts, mut breaks, mut sum) = (BTreeMap::new(), 0, 0);
    let mut before: Option<Reading> = None;
    for judged in counter::resolve(physics, &readings.iter().copied().collect::<Vec<_>>(), declarations) {
        let (a, b) = match judged.verdict {
            Verdict::Transient | Verdict::Held => continue,
            Verdict::Opens(_) => {
                breaks += usize::from(before.is_some());
                (judged.reading, judged.reading)
            }
            Verdict::Normal | Verdict::Backstep => (before.unwrap(), judged.reading),
            Verdict::Rollover => {
                let count = judged.reading.count + physics.modulus.unwrap();
                (before.unwrap(), Reading { count, ..judged.reading })
            }
        };
        before = Some(judged.reading);
        sum += b.count - a.count;
        amounts.entry(b.time.floor(QUARTER_MS)).or_default();
        for share in shares(a, b, QUARTER_MS) {
            *amounts.entry(share.start).or_default() += share.amount;
        }
    }
    (amounts, breaks, sum)
}

fn check(connection: Tx<'_>, readings: &BTreeSet<Reading>) {
    let audit = audit::audit(connection).unwrap();
    assert_eq!(audit.faults, Vec::<String>::new());
    assert_eq!(audit.readings, readings.len() as u64);
    check_rollups(connection);
    let (amounts, breaks, sum) = plain(readings, &Physics::default(), &[]);
    let (stored_amounts, stored_breaks) = stored(connection);
    assert_eq!((&stored_amounts, stored_breaks), (&amounts, breaks));
    assert_eq!(stored_amounts.values().sum::<i64>(), sum, "Σ intervals = Σ over epochs (last − first)");
}

/// Readings whose times meet: on boundaries, twice at one time, quarter-hours without any.
fn any_readings() -> impl Strategy<Value = Vec<Reading>> {
    let time = prop_oneof![4 => 0_i64..60, 1 => 200_i64..210].prop_map(|step| BASE + step * 150_000);
    let wild = (time.clone(), -20_i64..20).prop_map(|(time, count)| reading(time, count));
    // a register that runs and falls now and then
    let running =
        prop::collection::vec((time, 0_i64..1_000_000, prop::bool::weighted(0.1)), 0..50).prop_map(|mut all| {
            all.sort_by_key(|(time, ..)| *time);
            let mut count = 0;
            let step = |(time, risen, fell)| {
                count = if fell { 0 } else { count + risen };
                reading(time, count)
            };
            all.into_iter().map(step).collect::<Vec<_>>()
        });
    prop_oneof![running, prop::collection::vec(wild, 0..30)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_ledger_is_a_function_of_the_set_of_readings(
        readings in any_readings().prop_flat_map(|readings| {
            let again = prop::sample::subsequence(readings.clone(), 0..=readings.len());
            (Just(readings), again)
        }).prop_flat_map(|(mut readings, again)| { readings.extend(again); Just(readings).prop_shuffle() }),
        cut in any::<prop::sample::Index>(), record in 1_usize..6, batch in 1_usize..5,
    ) {
        let connection = memory();
        let (one, two) = readings.split_at(cut.index(readings.len() + 1));
        for (generation, part) in [(1, one), (2, two)] {
            let records: Vec<_> = part.chunks(record).map(samples).collect();
            send(connection.tx(), generation, &records, batch);
        }
        check(connection.tx(), &readings.into_iter().collect());
    }

    #[test]
    fn live_data_before_its_backlog_gives_what_order_gives(mut readings in any_readings(), cut in any::<prop::sample::Index>()) {
        readings.sort();
        let connection = memory();
        let (backlog, live) = readings.split_at(cut.index(readings.len() + 1));
        for (generation, part) in [(1, live), (2, backlog)] {
            send(connection.tx(), generation, &part.chunks(2).map(samples).collect::<Vec<_>>(), 1);
        }
        let in_order = memory();
        send(in_order.tx(), 1, &readings.chunks(3).map(samples).collect::<Vec<_>>(), 100);
        prop_assert_eq!(stored(connection.tx()), stored(in_order.tx()));
        check(connection.tx(), &readings.into_iter().collect());
    }
}

/// What an archive has of readings: of each quarter-hour the first and the last one.
fn cells(readings: &BTreeSet<Reading>) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for reading in readings {
        match cells.last_mut() {
            Some(cell) if cell.first.time.floor(QUARTER_MS) == reading.time.floor(QUARTER_MS) => cell.last = *reading,
            _ => cells.push(Cell::of(*reading)),
        }
    }
    cells
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Samples and recalled quarter-hours, overlapping or not, in any order: the ledger is that of all the readings
    /// in them.
    #[test]
    fn recalled_quarter_hours_are_readings_like_others(
        readings in any_readings(), lost in any::<u64>(), archived in any::<u64>(), seed in any::<u64>(), batch in 1_usize..5,
    ) {
        let bit = |word: u64, i: usize| word >> (i % 64) & 1 == 1;
        let all: BTreeSet<Reading> = readings.into_iter().collect();
        let kept: BTreeSet<Reading> =
            all.iter().enumerate().filter(|(i, _)| !bit(lost, *i)).map(|(_, reading)| *reading).collect();
        let cells: Vec<Cell> =
            cells(&all).into_iter().enumerate().filter(|(i, _)| bit(archived, *i)).map(|(_, cell)| cell).collect();
        let mut records: Vec<Record> = kept.iter().copied().collect::<Vec<_>>().chunks(3).map(samples).collect();
        records.extend(cells.chunks(2).map(recalled));
        // a shuffle of its own, so that samples and cells mix
        records.sort_by_key(|record| u64::from(record.crc32c).wrapping_mul(seed | 1));
        let connection = memory();
        send(connection.tx(), 1, &records, batch);
        let known = kept.into_iter().chain(cells.iter().flat_map(|cell| [cell.first, cell.last])).collect();
        check(connection.tx(), &known);
    }
}

#[test]
pub fn a_recalled_quarter_hour_closes_what_lies_between_to_the_last_count() {
    let lost: BTreeSet<Reading> = (0..40).map(|i| reading(BASE + i * 100_000, 7 * i)).collect();
    let (first, last) = (*lost.first().unwrap(), *lost.last().unwrap());
    let connection = memory();
    send(connection.tx(), 1, &[samples(&[first, last])], 2);
    let bridged = stored(connection.tx());
    let cells = cells(&lost);
    send(connection.tx(), 2, &[recalled(&cells)], 2);
    let known = cells.iter().flat_map(|cell| [cell.first, cell.last]).collect();
    check(connection.tx(), &known);
    let closed = stored(connection.tx());
    assert_eq!(closed.0.values().sum::<i64>(), bridged.0.values().sum::<i64>());
    // as the samples themselves would have had it
    let whole = memory();
    send(whole.tx(), 1, &[samples(&lost.into_iter().collect::<Vec<_>>())], 2);
    assert_eq!(closed, stored(whole.tx()));
}

fn taken(groups: &[&[Reading]]) -> (Memory, BTreeSet<Reading>) {
    let connection = memory();
    send(connection.tx(), 1, &groups.iter().map(|group| samples(group)).collect::<Vec<_>>(), 1);
    (connection, groups.iter().flat_map(|group| group.iter().copied()).collect())
}

#[test]
pub fn a_late_reading_that_contradicts_its_neighbours_is_set_aside_and_not_lost() {
    let (connection, readings) =
        taken(&[&[100, 110, 120, 130, 140, 150].map(|c| reading(BASE + c, c)), &[reading(BASE + 115, 300)]]);
    check(connection.tx(), &readings);
    let booked = || {
        let rows = rows_between(connection.tx(), 1, ALWAYS.0, ALWAYS.1).unwrap();
        let turns = row::turns_between(connection.tx(), 1, ALWAYS.0, ALWAYS.1).unwrap().len();
        (rows.iter().map(|row| (row.part, row.readings, row.amount())).collect::<Vec<_>>(), turns)
    };
    assert_eq!(booked(), (vec![(0, 6, 50)], 1));
    // one more of the same changes nothing of the sum
    let late = samples(&[reading(BASE + 116, 300)]);
    send(connection.tx(), 2, &[late], 2);
    check(connection.tx(), &readings.into_iter().chain([reading(BASE + 116, 300)]).collect());
    assert_eq!(booked(), (vec![(0, 6, 50)], 2));
}

#[test]
pub fn a_reading_between_a_register_and_its_successor_joins_the_one_it_continues() {
    let hour = 3_600_000;
    let old = [reading(BASE, 5_000), reading(BASE + hour, 6_000)];
    let new: Vec<Reading> = (0..6).map(|i| reading(BASE + (9 + i) * hour, 40 + i)).collect();
    for (late, opens_behind) in [(reading(BASE + 4 * hour, 6_500), true), (reading(BASE + 4 * hour, 7), false)] {
        let (connection, readings) = taken(&[&old, &new, &[late]]);
        check(connection.tx(), &readings);
        let row = row::row_after(connection.tx(), 1, UtcMillis(BASE + 8 * hour)).unwrap().unwrap();
        assert_eq!(row.cause.is_some(), opens_behind);
    }
}

#[test]
pub fn a_gap_of_ten_years_is_one_bridge_that_keeps_the_sum() {
    let years = 10 * 365 * 86_400_000;
    let (connection, readings) = taken(&[&[reading(BASE - years, 7)], &[reading(BASE, 1_000_000_007)]]);
    assert_eq!(bridges_between(connection.tx(), 1, ALWAYS.0, ALWAYS.1).unwrap().len(), 1);
    check(connection.tx(), &readings);
}

#[test]
pub fn counts_that_no_register_has_stay_in_their_block_and_out_of_the_sums() {
    let wild = [reading(BASE, 1), reading(BASE + 1, i64::MAX), reading(BASE + 2, i64::MIN), reading(BASE + 3, 4)];
    let (connection, _) = taken(&[&wild]);
    check(connection.tx(), &[reading(BASE, 1), reading(BASE + 3, 4)].into());
    // at the limit: differences and sums of rows still fit
    let edge = run::COUNT_MAX;
    let far = [reading(BASE, -edge), reading(BASE + 10 * QUARTER_MS, edge), reading(BASE + 11 * QUARTER_MS, -edge)];
    let (connection, readings) = taken(&[&far[..1], &far[1..]]);
    check(connection.tx(), &readings);
}

#[test]
pub fn the_audit_sees_a_row_a_bridge_and_a_mark_that_are_wrong() {
    let (connection, readings) = taken(&[&[reading(BASE, 1), reading(BASE + 5 * QUARTER_MS, 900)]]);
    check(connection.tx(), &readings);
    // a row that is wrong is not what its day and its month were summed up from either
    for (damage, repair, faults) in [
        (
            "UPDATE cell SET after = after + 1 WHERE start = 1732377600000",
            "UPDATE cell SET after = after - 1 WHERE start = 1732377600000",
            3,
        ),
        ("UPDATE bridge SET b_c = b_c + 1", "UPDATE bridge SET b_c = b_c - 1", 1),
        ("UPDATE generation SET seq = seq + 1", "UPDATE generation SET seq = seq - 1", 1),
        ("UPDATE block SET seq = seq + 1 WHERE seq = 2", "UPDATE block SET seq = seq - 1 WHERE seq = 3", 1),
    ] {
        assert_eq!(connection.tx().execute(damage, params![]).unwrap(), 1);
        assert_eq!(audit::audit(connection.tx()).unwrap().faults.len(), faults, "{damage}");
        connection.tx().execute(repair, params![]).unwrap();
    }
    check(connection.tx(), &readings);
}
