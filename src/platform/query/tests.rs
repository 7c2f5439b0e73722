//! A site with readings, one of another county, and askers of all kinds.

use super::{desk::Desk, subscription::Follower, *};
use crate::{
    model::{Gateway, Reason, Sample, Scale, Site, UtcMillis, Value},
    platform::{
        access::{self, Asker},
        assess::Rules,
        feed,
        fixture::energy,
    },
    wire::record::{Content, Record, Samples, encode},
};
use tokio_stream::StreamExt;
use tonic::Code;

/// 2024-11-24T00:00:00+08:00
const BASE: i64 = 1_732_377_600_000;
const OURS: &str = "91331003MA0000015F";
const THEIRS: &str = "91331002MA0000015F";

fn site(credit_code: &str, county_code: &str) -> Site {
    Site {
        credit_code: credit_code.into(),
        name: "某纺织厂".into(),
        city_code: "331000".into(),
        county_code: county_code.into(),
        industry_code: "C1713".into(),
        land_mu: "12.5".parse().unwrap(),
        product_code: String::new(),
        product_unit: String::new(),
        output_value_yuan_per_unit: None,
    }
}

fn dictionary() -> Record {
    let series = energy(Scale::ONE);
    encode(&Content::Dictionary(vec![(0, series)].into())).remove(0)
}

/// One reading at each of the minutes; the register counts minutes.
fn minutes(minutes: impl IntoIterator<Item = i64>) -> Record {
    let one = |minute: i64| Samples {
        time: UtcMillis(BASE + minute * 60_000),
        samples: vec![Sample { series: 0, reason: Reason::Good, value: Some(Value::Count(minute)) }],
    };
    encode(&Content::Samples(0, minutes.into_iter().map(one).collect())).remove(0)
}

async fn store(dir: &std::path::Path) -> Store {
    let store = Store::open(dir).unwrap();
    let gateway =
        |id: &str, code: &str| Gateway { gateway_id: id.into(), credit_code: code.into(), public_keys: vec![] };
    let gateways = vec![gateway("gw-1", OURS), gateway("gw-2", THEIRS)];
    store.register(vec![site(THEIRS, "331002"), site(OURS, "331003")], gateways, Default::default()).await.unwrap();
    store
}

async fn take(store: &Store, gateway: &str, first_seq: u64, records: Vec<Record>) {
    store.ingest(gateway, [1; 16], first_seq, records, None).await.unwrap();
}

fn desk(store: &Store) -> Desk {
    let coal = crate::platform::assess::coefficient::load(&["deploy/coefficients/gbt-2589-2020.toml"]).unwrap();
    Desk { store: store.clone(), figures: Figures::new(store.clone(), Arc::new(Rules::from(coal))) }
}

fn county() -> Asker {
    Asker { name: "li".into(), role: access::Role::Viewer, regions: vec!["331003".into()] }
}

#[tokio::test]
async fn figures_ranking_intervals_and_ledger_are_there_and_another_county_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    for gateway in ["gw-1", "gw-2"] {
        take(&store, gateway, 1, vec![dictionary(), minutes(0..=60)]).await;
    }
    let (desk, period) = (desk(&store), String::from("2024-11-24"));
    for (asker, seen) in [(Asker::local(), 2), (county(), 1), (Asker { regions: vec![], ..county() }, 0)] {
        let asked = FiguresRequest { period: period.clone(), ..Default::default() };
        let figures = desk.figures(&asker, asked).await.unwrap();
        assert_eq!((figures.sites.len(), figures.next.as_str()), (seen, ""));
        let asked = RankingRequest { period: period.clone(), ..Default::default() };
        let ranking = desk.ranking(&asker, asked).await.unwrap();
        assert_eq!((ranking.rows.len(), ranking.total as usize), (seen, seen));
        let ledger = desk.ledger(&asker, LedgerRequest::default()).await.unwrap();
        assert_eq!((ledger.rows.len(), ledger.total as usize), (seen, seen));
        let asked = IntervalsRequest { credit_code: THEIRS.into(), period: period.clone() };
        let found = desk.intervals(&asker, asked).await;
        assert_eq!(
            found.map(|found| found.intervals.len()).map_err(|status| status.code()),
            match seen {
                2 => Ok(5),
                _ => Err(Code::NotFound),
            }
        );
    }
    let asked = FiguresRequest { period: period.clone(), limit: 1, ..Default::default() };
    let first = desk.figures(&Asker::local(), asked.clone()).await.unwrap();
    assert_eq!((first.sites[0].credit_code.as_str(), first.next.as_str()), (THEIRS, THEIRS));
    assert_eq!(first.sites[0].figures["kwh"], "60");
    let rest = desk.figures(&Asker::local(), FiguresRequest { after: first.next, ..asked }).await.unwrap();
    assert_eq!((rest.sites[0].credit_code.as_str(), rest.next.as_str()), (OURS, ""));
    let ledger = desk.ledger(&county(), LedgerRequest::default()).await.unwrap();
    assert_eq!((ledger.rows[0].credit_code.as_str(), ledger.rows[0].total.as_deref()), (OURS, Some("60")));
}

#[tokio::test]
async fn what_is_not_understood_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk(&store(dir.path()).await);
    let asked = |period: &str| RankingRequest { period: period.into(), ..Default::default() };
    for bad in [
        asked("November"),
        RankingRequest { basis: "both".into(), ..asked("2024") },
        RankingRequest { sort: "kwh; DROP TABLE site".into(), ..asked("2024") },
        RankingRequest { order: "up".into(), ..asked("2024") },
        RankingRequest { county_code: "33100x".into(), ..asked("2024") },
        RankingRequest { industry_code: "C17'13".into(), ..asked("2024") },
        RankingRequest { limit: 201, ..asked("2024") },
    ] {
        assert_eq!(desk.ranking(&county(), bad.clone()).await.unwrap_err().code(), Code::InvalidArgument, "{bad:?}");
    }
    let year = IntervalsRequest { credit_code: OURS.into(), period: "2024".into() };
    assert_eq!(desk.intervals(&county(), year).await.unwrap_err().code(), Code::InvalidArgument);
    assert!(question::wanted(&vec![OURS.into(); question::FOLLOWED_MAX + 1], question::FOLLOWED_MAX).is_err());
    assert!(question::wanted(&["%".into()], 1).is_err());
}

/// The next ones that come at once, as (site, minute of the start, revision, kWh).
async fn told(stream: &mut Stream) -> Vec<(String, i64, u32, Option<String>, u64)> {
    let mut all = Vec::new();
    while let Ok(Some(one)) = tokio::time::timeout(Duration::from_millis(1500), stream.next()).await {
        let one = one.unwrap();
        let interval = one.interval.unwrap();
        let kwh = interval.energy.first().map(|energy| energy.amount.clone());
        all.push((one.credit_code, (interval.start_ms - BASE) / 60_000, one.revision, kwh, one.cursor));
    }
    all
}

#[tokio::test]
async fn closed_quarter_hours_are_told_once_again_when_they_change_and_to_who_comes_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let (changed, heard) = watch::channel(0);
    let followers = Followers::new(heard, CancellationToken::new());
    let follow = |asker: Asker, cursor| followers.add(Follower::new(store.clone(), asker, None, cursor)).unwrap();
    take(&store, "gw-1", 1, vec![dictionary(), minutes((0..=20).chain(50..=60))]).await;
    take(&store, "gw-2", 1, vec![dictionary(), minutes(0..=5)]).await;

    // at minute 40 the third quarter-hour is not over, at 49 it has not settled
    let at = |minute: i64| UtcMillis(BASE + minute * 60_000);
    feed::round(&store, at(40)).await.unwrap();
    let mut stream = follow(county(), 0);
    let ours = |minute, revision, kwh: &str, cursor| (OURS.to_owned(), minute, revision, Some(kwh.to_owned()), cursor);
    let first = told(&mut stream).await;
    assert_eq!(first, [ours(0, 1, "15", 2), ours(15, 1, "15", 3)], "and nothing of another county");
    assert_eq!(feed::round(&store, at(49)).await.unwrap(), 0);
    feed::round(&store, at(70)).await.unwrap();
    changed.send_modify(|rounds| *rounds += 1);
    let more = told(&mut stream).await;
    assert_eq!(more.iter().map(|one| (one.1, one.2)).collect::<Vec<_>>(), [(30, 1), (45, 1)]);

    // the silence of 29 minutes was bridged: what comes late says how its quarter-hours really were
    take(&store, "gw-1", 3, vec![minutes(21..50)]).await;
    assert!(feed::round(&store, at(75)).await.unwrap() > 0);
    let last = more.last().unwrap().4;
    let mut again = follow(county(), last);
    let revised = told(&mut again).await;
    assert!(revised.iter().all(|one| one.2 == 2 && one.4 > last), "{revised:?}");
    assert!(revised.iter().any(|one| one.1 == 30), "{revised:?}");
    // nothing new, and a follower of everything sees both sites
    assert_eq!(feed::round(&store, at(76)).await.unwrap(), 0);
    let all = told(&mut follow(Asker::local(), 0)).await;
    let quarters = |code: &str| all.iter().filter(|one| one.0 == code).count();
    assert_eq!((quarters(OURS), quarters(THEIRS)), (4, 1), "{all:?}");
}

#[tokio::test]
async fn places_for_subscribers_are_bounded_and_a_stop_tells_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let (_changed, heard) = watch::channel(0);
    let stop = CancellationToken::new();
    let followers = Followers::new(heard, stop.clone());
    let follow = || followers.add(Follower::new(store.clone(), county(), None, 0));
    let mut streams: Vec<_> = std::iter::repeat_with(follow).take(64).collect::<Result<_, _>>().unwrap();
    assert_eq!(follow().err().map(|status| status.code()), Some(Code::ResourceExhausted));
    streams.remove(0);
    tokio::time::timeout(Duration::from_secs(10), async {
        while follow().is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the place of one that left is free");
    stop.cancel();
    let end = streams[0].next().await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    assert!(streams[0].next().await.is_none());
}
