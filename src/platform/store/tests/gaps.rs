//! Gap records, and the holes that the platform finds.

use super::{
    super::{greeting, hole, lineage::Run},
    *,
};
use crate::{
    model::{GapCause, Span},
    wire::record::{Gap, Lost},
};

fn span(start: i64, end: i64) -> Span {
    Span { start: UtcMillis(start), end: UtcMillis(end) }
}

fn gap(cause: GapCause, span: Option<Span>, series: Vec<u32>, lost: Option<u8>) -> Record {
    let lost = lost.map(|generation| Lost { gen_id: [generation; 16], first_seq: 3, last_seq: 0 });
    encode(&Content::Gap(Gap { cause, span, series, lost, detail: "the disk".into() })).remove(0)
}

fn listing() -> Listing {
    Listing { limit: 100, ..Listing::default() }
}

fn rows(connection: Tx<'_>, listing: &Listing) -> Vec<GapRow> {
    super::super::gap::gaps(connection, listing).unwrap().rows
}

/// A Hello of one store's run with the generations given, each as (id, the one before it or 0).
fn hello(connection: Tx<'_>, boot: u8, chain: &[(u8, u8)]) -> Greeted {
    let link =
        |(gen_id, prev): &(u8, u8)| Link { gen_id: [*gen_id; 16], prev_gen_id: (*prev > 0).then_some([*prev; 16]) };
    let run = Run {
        store_id: [1; 16],
        boot_id: [boot; 16],
        prev_boot_id: (boot > 1).then_some([boot - 1; 16]),
        boot_counter: u64::from(boot),
    };
    let greeting = Greeting { gateway_id: "gw-1".into(), run, chain: chain.iter().map(link).collect() };
    greeting::greet(connection, &greeting, NOW).unwrap()
}

fn records(readings: &[Reading]) -> Vec<Record> {
    vec![dictionary(&[(0, energy())]), samples(readings)]
}

const HOUR: i64 = 3_600_000;

#[test]
pub fn a_gap_record_is_a_block_and_a_row_that_says_whose_and_why() {
    let connection = memory();
    let two = [(0, energy()), (1, series("count", Role::Output))];
    let batch = [
        dictionary(&two),
        gap(GapCause::Unread, Some(span(BASE, BASE + HOUR)), vec![1], None),
        gap(GapCause::Quarantined, None, vec![], Some(9)),
    ];
    assert_eq!(take(connection.tx(), 1, 1, &batch, NOW).refusals, []);
    let found = rows(connection.tx(), &listing());
    assert_eq!(
        found.iter().map(|row| row.cause).collect::<Vec<_>>(),
        [Some(GapCause::Quarantined), Some(GapCause::Unread)]
    );
    let (lost, unread) = (&found[0], &found[1]);
    assert_eq!((unread.start, unread.end), (Some(UtcMillis(BASE)), Some(UtcMillis(BASE + HOUR))));
    assert_eq!((unread.series_count, &unread.series[..], unread.recalled), (1, &["m1/count".to_owned()][..], None));
    assert_eq!((lost.gen_id, lost.first_seq, lost.last_seq, lost.detail.as_str()), (Some([9; 16]), 3, 0, "the disk"));
    assert_eq!((lost.start, lost.series_count), (None, 0));
    assert_eq!(audit::audit(connection.tx()).unwrap().faults, Vec::<String>::new());
}

#[test]
pub fn gaps_are_listed_by_period_site_and_gateway_a_page_at_a_time() {
    let connection = memory();
    registry::replace(connection.tx(), &[site("A"), site("B")], &[gateway("gw-1", "A"), gateway("gw-2", "B")]).unwrap();
    let mut batch = vec![dictionary(&[(0, energy())])];
    batch.extend(
        (0..7).map(|i| gap(GapCause::Unread, Some(span(BASE + i * HOUR, BASE + (i + 1) * HOUR)), vec![], None)),
    );
    take(connection.tx(), 1, 1, &batch, NOW);
    let page = |listing: Listing| super::super::gap::gaps(connection.tx(), &listing).unwrap();
    let mut after = None;
    let mut starts = Vec::new();
    for expected in [3, 3, 1] {
        let page = page(Listing { limit: 3, after, gateway_id: Some("gw-1".into()), ..Listing::default() });
        assert_eq!((page.rows.len(), page.next.is_some()), (expected, expected == 3));
        starts.extend(page.rows.into_iter().filter_map(|row| row.start));
        after = page.next;
    }
    assert_eq!(starts, (0..7).rev().map(|i| UtcMillis(BASE + i * HOUR)).collect::<Vec<_>>());
    let count = |listing: Listing| page(listing).rows.len();
    assert_eq!(count(Listing { credit_code: Some("B".into()), ..listing() }), 0);
    assert_eq!(count(Listing { credit_code: Some("A".into()), ..listing() }), 7);
    let day = |text: &str| Some(text.parse().unwrap());
    assert_eq!(count(Listing { period: day("2024-11-24"), ..listing() }), 7);
    assert_eq!(count(Listing { period: day("2024-11-25"), ..listing() }), 0);
    registry::replace(connection.tx(), &[site("A")], &[]).unwrap();
    assert_eq!(count(listing()), 0, "of a gateway that left the registry nothing is told");
}

#[test]
pub fn a_generation_that_the_chain_names_and_nobody_has_is_a_hole_until_it_is_recalled() {
    let connection = memory();
    hello(connection.tx(), 1, &[(1, 0)]);
    take(connection.tx(), 1, 1, &records(&[reading(BASE, 0), reading(BASE + HOUR, 100)]), NOW);
    // the agent's next words are of generation 3, which followed 2, which followed 1
    assert_eq!(hello(connection.tx(), 1, &[(3, 2)]), Greeted::Welcome { holes: true });
    assert_eq!(hole::open(connection.tx(), 1).unwrap(), [], "where it ends is not known yet");
    take(connection.tx(), 3, 1, &records(&[reading(BASE + 3 * HOUR, 300)]), NOW);
    let open = hole::open(connection.tx(), 1).unwrap();
    assert_eq!(open.iter().map(|hole| hole.span).collect::<Vec<_>>(), [span(BASE + HOUR, BASE + 3 * HOUR)]);
    assert_eq!(rows(connection.tx(), &listing())[0].recalled, Some((0, 8)));
    // half of it, and then the rest
    let cell = |quarter: i64| Cell::of(reading(BASE + HOUR + quarter * QUARTER_MS + 60_000, 100 + quarter * 25));
    let rest = [
        recalled(&[cell(0), cell(1), cell(2), cell(3)]),
        recalled(&[cell(3), cell(4), cell(5), cell(6), cell(7), cell(8)]),
    ];
    take(connection.tx(), 3, 3, &rest[..1], NOW);
    assert_eq!(
        (hole::open(connection.tx(), 1).unwrap().len(), rows(connection.tx(), &listing())[0].recalled),
        (1, Some((4, 8)))
    );
    take(connection.tx(), 3, 4, &rest[1..], NOW);
    assert_eq!(
        (hole::open(connection.tx(), 1).unwrap(), rows(connection.tx(), &listing())[0].recalled),
        (vec![], Some((8, 8)))
    );
    assert_eq!(audit::audit(connection.tx()).unwrap().faults, Vec::<String>::new());
    let alarms = alarm::alarms(connection.tx(), &listing()).unwrap().rows;
    assert_eq!(alarms.iter().map(|alarm| (alarm.kind, alarm.count)).collect::<Vec<_>>(), [(AlarmKind::Hole, 1)]);
}

#[test]
pub fn what_a_gap_record_explains_is_no_hole_whichever_comes_first() {
    for gap_first in [false, true] {
        let connection = memory();
        hello(connection.tx(), 1, &[(1, 0)]);
        take(connection.tx(), 1, 1, &records(&[reading(BASE, 0)]), NOW);
        let mut batch = records(&[reading(BASE + HOUR, 9)]);
        batch.insert(1, gap(GapCause::Quarantined, None, vec![], Some(2)));
        if gap_first {
            take(connection.tx(), 3, 1, &batch, NOW);
        }
        hello(connection.tx(), 2, &[(3, 2)]);
        take(connection.tx(), 3, 1, &batch, NOW);
        let causes: Vec<_> = rows(connection.tx(), &listing()).iter().map(|row| row.cause).collect();
        assert_eq!(causes, [Some(GapCause::Quarantined)], "{gap_first}");
        assert_eq!(alarm::alarms(connection.tx(), &listing()).unwrap().rows, [], "{gap_first}");
    }
}

#[test]
pub fn a_complete_generation_and_one_that_comes_back_are_no_holes() {
    let connection = memory();
    take(connection.tx(), 1, 1, &records(&[reading(BASE, 0)]), NOW);
    intake::seal(connection.tx(), "gw-1", &[1; 16], 2).unwrap();
    assert_eq!(hello(connection.tx(), 1, &[(2, 1)]), Greeted::Welcome { holes: false });
    assert_eq!(hello(connection.tx(), 1, &[(4, 3)]), Greeted::Welcome { holes: true });
    assert_eq!(hello(connection.tx(), 1, &[(3, 2), (4, 3)]), Greeted::Welcome { holes: true }, "2 is not complete");
    assert_eq!(hello(connection.tx(), 1, &[(2, 1), (3, 2), (4, 3)]), Greeted::Welcome { holes: false });
    assert_eq!(rows(connection.tx(), &listing()), []);
}

#[test]
pub fn a_platform_that_had_nothing_before_has_lost_nothing() {
    let connection = memory();
    assert_eq!(hello(connection.tx(), 5, &[(9, 8)]), Greeted::Welcome { holes: true });
    take(connection.tx(), 9, 1, &records(&[reading(BASE, 0)]), NOW);
    let found = rows(connection.tx(), &listing());
    assert_eq!((found.len(), found[0].start, found[0].end), (1, None, Some(UtcMillis(BASE))));
    assert_eq!(
        (hole::open(connection.tx(), 1).unwrap(), alarm::alarms(connection.tx(), &listing()).unwrap().rows),
        (vec![], vec![])
    );
}

#[test]
pub fn a_replaced_store_leaves_the_open_generations_of_the_old_one_as_holes() {
    let connection = memory();
    hello(connection.tx(), 1, &[(1, 0)]);
    take(connection.tx(), 1, 1, &records(&[reading(BASE, 0)]), NOW);
    intake::seal(connection.tx(), "gw-1", &[1; 16], 2).unwrap();
    take(connection.tx(), 2, 1, &records(&[reading(BASE + HOUR, 10)]), NOW);
    let run = Run { store_id: [2; 16], boot_id: [77; 16], prev_boot_id: None, boot_counter: 1 };
    let chain = vec![Link { gen_id: [50; 16], prev_gen_id: None }];
    let greeting = Greeting { gateway_id: "gw-1".into(), run, chain };
    assert_eq!(greeting::greet(connection.tx(), &greeting, NOW).unwrap(), Greeted::Welcome { holes: true });
    take(connection.tx(), 50, 1, &records(&[reading(BASE + 5 * HOUR, 20)]), NOW);
    let found = rows(connection.tx(), &listing());
    assert_eq!((found.len(), found[0].gen_id), (1, Some([2; 16])));
    assert_eq!((found[0].start, found[0].end), (Some(UtcMillis(BASE + HOUR)), Some(UtcMillis(BASE + 5 * HOUR))));
    let kinds: Vec<_> =
        alarm::alarms(connection.tx(), &listing()).unwrap().rows.iter().map(|alarm| alarm.kind).collect();
    assert_eq!(kinds, [AlarmKind::StoreReplaced, AlarmKind::Hole]);
    // the old store may not come back: it would deliver what the new one does not know of
    assert!(matches!(hello(connection.tx(), 2, &[(2, 1)]), Greeted::Cloned(_)));
    assert_eq!(alarm::alarms(connection.tx(), &listing()).unwrap().rows[0].kind, AlarmKind::Cloned);
}

#[test]
pub fn holes_without_end_are_counted_and_not_listed() {
    let connection = memory();
    for i in 0..100 {
        hello(connection.tx(), 1, &[(200, 100 + i)]);
    }
    let holes = rows(connection.tx(), &listing()).len();
    assert_eq!(holes, 64);
    assert_eq!(alarm::alarms(connection.tx(), &listing()).unwrap().rows[0].count, 36);
}
