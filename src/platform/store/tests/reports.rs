//! What is read: snapshots, intervals, the ledger.

use super::*;
use crate::energy::interval::QUARTER_MS;

const DAY: i64 = 86_400_000;

/// One record with one reading of each of the given series.
fn scan(time: i64, counts: &[(u32, i64)]) -> Record {
    let sample = |(series, count): &(u32, i64)| Sample {
        series: *series,
        reason: Reason::Good,
        value: Some(Value::Count(*count)),
    };
    encode(&Content::Samples(0, vec![Samples { time: UtcMillis(time), samples: counts.iter().map(sample).collect() }]))
        .remove(0)
}

async fn filled(dir: &Path, series: &[(u32, Series)], scans: &[Record]) -> Store {
    let store = registered(dir).await;
    store.ingest("gw-1", [1; 16], 1, vec![dictionary(series)], None).await.unwrap();
    store.ingest("gw-1", [1; 16], 2, scans.to_vec(), None).await.unwrap();
    store
}

fn day(text: &str) -> Period {
    text.parse().unwrap()
}

#[tokio::test]
pub async fn a_period_gets_what_lies_inside_of_it_to_the_last_count() {
    let dir = tempfile::tempdir().unwrap();
    // noon of one day, noon three days later: a bridge across three midnights
    let (a, b) = (BASE + DAY / 2, BASE + 3 * DAY + DAY / 2);
    let store = filled(dir.path(), &[(0, energy())], &[scan(a, &[(0, 1_000)]), scan(b, &[(0, 1_301)])]).await;
    let mut sum = 0;
    for (text, amount, received) in [
        ("2024-11-23", 0, 0),
        ("2024-11-24", 50, 1),
        ("2024-11-25", 100, 0),
        ("2024-11-26", 100, 0),
        ("2024-11-27", 51, 1),
    ] {
        let snapshot = store.snapshot(&day(text), NOW).await.unwrap();
        let flow = &snapshot.sites[0].flows[0];
        assert_eq!((flow.amount, flow.slots_received), (amount, received), "{text}");
        sum += flow.amount;
        let intervals = store.intervals("A", &day(text)).await.unwrap();
        let total: Decimal = intervals.iter().flat_map(|one| &one.energy).map(|one| one.amount).sum();
        assert_eq!(Some(total), energy().scale.value_from_count(amount), "{text}");
        assert_eq!(intervals.iter().filter(|one| one.readings_present).count(), usize::try_from(received).unwrap());
    }
    assert_eq!(sum, 301);
    let line = &store.ledger().await.unwrap()[0];
    assert_eq!((line.total, line.breaks, line.intervals), (301, 0, 3 * 96 + 1));
    assert_eq!((line.first, line.last), (Some(reading(a, 1_000)), Some(reading(b, 1_301))));
    let month = store.snapshot(&day("2024-11"), NOW).await.unwrap();
    assert_eq!(month.sites[0].flows[0].first, line.first);
    assert_eq!(month.sites[0].flows[0].last, line.last);
}

#[tokio::test]
pub async fn slots_are_expected_from_the_first_reading_ever_to_now() {
    let dir = tempfile::tempdir().unwrap();
    let (start, quarter) = (BASE + 10 * QUARTER_MS, QUARTER_MS);
    let times = [start + 5, start + quarter, start + 3 * quarter];
    let scans: Vec<_> = times.iter().map(|time| scan(*time, &[(0, 1)])).collect();
    let store = filled(dir.path(), &[(0, energy())], &scans).await;
    let slots = async |text: &str, now: i64| {
        let snapshot = store.snapshot(&day(text), UtcMillis(now)).await.unwrap();
        let flow = &snapshot.sites[0].flows[0];
        (flow.slots_expected, flow.slots_received)
    };
    assert_eq!(slots("2024-11-23", NOW.0).await, (0, 0), "before the first reading nothing is expected");
    assert_eq!(slots("2024-11-24", NOW.0).await, (86, 3));
    assert_eq!(slots("2024-11-25", NOW.0).await, (96, 0));
    assert_eq!(slots("2024-11-24", start + 2 * quarter + 7).await, (2, 2), "the open one without a reading is not due");
    assert_eq!(slots("2024-11-24", start + 3 * quarter + 7).await, (4, 3), "the open one with a reading counts");
    assert_eq!(slots("2024-11-24", start - 1).await, (0, 0), "a clock that stands before the readings");
}

#[tokio::test]
pub async fn falls_are_counted_where_they_happen() {
    let dir = tempfile::tempdir().unwrap();
    let all = [(0, 500), (DAY, 700), (DAY + 1, 10), (DAY + 2, 10), (DAY + 3, 10), (DAY + 4, 10)];
    let more = [(2 * DAY, 3), (2 * DAY + 1, 3), (2 * DAY + 2, 3), (2 * DAY + 3, 3)];
    let scans: Vec<_> = all.into_iter().chain(more).map(|(at, count)| scan(BASE + at, &[(0, count)])).collect();
    let store = filled(dir.path(), &[(0, energy())], &scans).await;
    let flow = |text: &'static str| {
        let store = store.clone();
        async move { store.snapshot(&day(text), NOW).await.unwrap().sites[0].flows[0].clone() }
    };
    assert_eq!((flow("2024-11-24").await.breaks, flow("2024-11-24").await.amount), (0, 200));
    assert_eq!((flow("2024-11-25").await.breaks, flow("2024-11-25").await.amount), (1, 0));
    assert_eq!((flow("2024-11-26").await.breaks, flow("2024-11-26").await.amount), (1, 0));
    let line = &store.ledger().await.unwrap()[0];
    assert_eq!((line.total, line.breaks), (200, 2));
}

#[tokio::test]
pub async fn a_sites_intervals_are_its_balance_by_carrier_and_product() {
    let dir = tempfile::tempdir().unwrap();
    let mut heat = series("heat", Role::SiteEnergy);
    (heat.carrier, heat.unit) = ("heat".into(), "GJ".into());
    let mut gauge = energy();
    gauge.kind = PointKind::Gauge;
    let all = [
        (0, energy()),
        (1, series("back", Role::SiteExport)),
        (2, series("pieces", Role::Output)),
        (3, series("sub", Role::None)),
        (4, heat),
        (5, gauge),
    ];
    let scans = [(0, 0), (60_000, 1)]
        .map(|(at, n)| scan(BASE + at, &[(0, 500 * n), (1, 120 * n), (2, 7 * n), (3, 99 * n), (4, n), (5, 12)]));
    let store = filled(dir.path(), &all, &scans).await;
    let intervals = store.intervals("A", &day("2024-11-24")).await.unwrap();
    assert_eq!(intervals.len(), 1);
    let text = |amounts: &[Amount]| -> Vec<String> {
        amounts.iter().map(|one| format!("{} {} {}", one.name, one.amount, one.unit)).collect()
    };
    assert_eq!(text(&intervals[0].energy), ["electricity 3.8 kWh", "heat 0.01 GJ"]);
    assert_eq!(text(&intervals[0].output), ["yarn 7 piece"]);
    assert_eq!(intervals[0].start, UtcMillis(BASE));
    assert!(store.intervals("B", &day("2024-11-24")).await.unwrap().is_empty());
    let snapshot = store.snapshot(&day("2024-11-24"), NOW).await.unwrap();
    assert_eq!(snapshot.sites[0].flows.len(), 5, "every cumulative series, no gauge");
    assert_eq!(
        (snapshot.sites[0].site.clone(), snapshot.sites[0].gateways.clone()),
        (site("A"), vec![gateway("gw-1", "A")])
    );
}

#[tokio::test]
pub async fn a_register_that_runs_wild_fails_no_report() {
    let dir = tempfile::tempdir().unwrap();
    let edge = 1 << 61;
    // eight epochs, each long enough to be one
    let count = |i: i64| if i % 6 == 0 { -edge } else { edge - i / 6 };
    let scans: Vec<_> = (0..48).map(|i| scan(BASE + i, &[(0, count(i))])).collect();
    let store = filled(dir.path(), &[(0, energy())], &scans).await;
    assert_eq!(store.ledger().await.unwrap()[0].total, i64::MAX, "eight times 2^62, as far as it can be said");
    assert_eq!(store.snapshot(&day("2024-11-24"), NOW).await.unwrap().sites[0].flows[0].breaks, 7);
    store.intervals("A", &day("2024-11-24")).await.unwrap();
}

#[tokio::test]
pub async fn a_snapshot_never_changes_under_its_reader() {
    let dir = tempfile::tempdir().unwrap();
    let store = registered(dir.path()).await;
    let (read, mut has_read) = tokio::sync::mpsc::channel(1);
    let (write, mut written) = tokio::sync::mpsc::channel::<()>(1);
    let reading = store.inner.readers.read(move |tx| {
        let before = super::super::registry::sites(tx)?;
        read.blocking_send(()).unwrap();
        written.blocking_recv().unwrap();
        Ok((before, super::super::registry::sites(tx)?))
    });
    let writing = async {
        has_read.recv().await.unwrap();
        store.register(vec![site("B")], vec![], Default::default()).await.unwrap();
        write.send(()).await.unwrap();
    };
    let (read, ()) = tokio::join!(reading, writing);
    assert_eq!(read.unwrap(), (vec![site("A")], vec![site("A")]));
    assert_eq!(store.sites().await.unwrap(), [site("B")]);
}

#[tokio::test]
pub async fn what_was_declared_comes_back_with_its_site_and_goes_with_it() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/platform.toml");
    let config = crate::platform::config::load(&folder).unwrap();
    let basics = crate::platform::basics(&config).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let store = super::super::Store::at(&postgres::address(dir.path())).unwrap();
    let declared = basics.declared.clone();
    store.register(basics.sites.clone(), basics.gateways.clone(), basics.declared).await.unwrap();
    let snapshot = store.snapshot(&day("2026-11-24"), NOW).await.unwrap();
    for ledger in &snapshot.sites {
        match declared.get(&ledger.site.credit_code) {
            Some(declared) => assert_eq!(ledger.declared, *declared),
            // the product of its row
            None => assert_eq!(ledger.declared.products[0].unit, ledger.site.product_unit),
        }
    }
    store.register(basics.sites, basics.gateways, Default::default()).await.unwrap();
    let snapshot = store.snapshot(&day("2026-11-24"), NOW).await.unwrap();
    assert!(snapshot.sites.iter().all(|ledger| ledger.declared.boundary.is_empty()));
}
