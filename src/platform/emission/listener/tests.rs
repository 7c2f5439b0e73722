//! A monitor over a real connection.

use super::*;
use crate::{
    model::{EconomicFigure, EconomicItem, Period, Site},
    platform::emission::{DAY, Report, Station},
    runtime::task::Tasks,
};
use rust_decimal::Decimal;

const MN: &str = "010000A8900016F000169DC0";
const SITE: &str = "91331003MA0000015F";
const PASSWORD: &str = "123456";

fn site() -> Site {
    Site {
        credit_code: SITE.into(),
        name: "印染厂".into(),
        city_code: "331000".into(),
        county_code: "331003".into(),
        industry_code: "C1713".into(),
        land_mu: "10".parse().unwrap(),
        product_code: String::new(),
        product_unit: String::new(),
        output_value_yuan_per_unit: None,
    }
}

async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.register(vec![site()], vec![], Default::default()).await.unwrap();
    let station = Station { mn: MN.into(), credit_code: SITE.into(), password: PASSWORD.into() };
    store.register_stations(vec![station]).await.unwrap();
    (dir, store)
}

struct Monitor(TcpStream);

impl Monitor {
    async fn send(&mut self, cn: u16, time: &str, content: &str) {
        let data =
            format!("QN=20261124001000000;ST=32;CN={cn};PW={PASSWORD};MN={MN};Flag=5;CP=&&DataTime={time};{content}&&");
        self.0.write_all(&hj212::framed(&data)).await.unwrap();
    }

    /// The command of the next answer; `None` at the connection's end.
    async fn heard(&mut self) -> Option<u16> {
        let mut bytes = Vec::new();
        loop {
            if let Step::Done(_, packet) = hj212::step(&bytes) {
                return Some(packet.unwrap().cn);
            }
            let mut one = [0];
            let read = tokio::time::timeout(Duration::from_secs(20), self.0.read(&mut one)).await.expect("in time");
            if !matches!(read, Ok(1)) {
                return None;
            }
            bytes.extend(one);
        }
    }
}

#[tokio::test]
async fn days_and_hours_become_tonnes_of_the_year_once_and_strangers_bring_nothing() {
    let (_dir, store) = store().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let mut tasks = Tasks::new(stop.clone());
    tasks.spawn("hj212", serve(listener, store.clone(), stop.clone()));
    let connect = async || Monitor(TcpStream::connect(address).await.unwrap());

    let mut monitor = connect().await;
    monitor.0.write_all(b"hello?").await.unwrap();
    for (cn, time, content) in [
        (2031, "20261122000000", "w01018-Cou=1500,w01018-Avg=31.2"),
        // a repeat, and then a correction
        (2031, "20261122000000", "w01018-Cou=1500"),
        (2031, "20261122000000", "w01018-Cou=1400;w21003-Cou=2.5"),
        // hours of a day that is reported count once, those of another are summed
        (2061, "20261122130000", "w01018-Cou=70"),
        (2061, "20261123130000", "w01018-Cou=60"),
        (2061, "20261123140000", "w01018-Cou=40.5"),
        (2011, "20261123140000", "w01018-Rtd=20"),
        (2031, "20251231000000", "w01018-Cou=9999"),
    ] {
        monitor.send(cn, time, content).await;
        assert_eq!(monitor.heard().await, Some(9014), "{cn} {time}");
    }
    let found = store.emissions(2026).await.unwrap();
    let said: Vec<_> = found.iter().map(|one| (one.item, one.tonnes.to_string(), one.days)).collect();
    let expected =
        [(EconomicItem::CodT, "1.5005".to_owned(), 2), (EconomicItem::AmmoniaNitrogenT, "0.0025".to_owned(), 1)];
    assert_eq!(said, expected);
    assert!(found.iter().all(|one| one.credit_code == SITE && one.days_of_year == 365));

    // another password, and another monitor: the connection ends, nothing is stored
    let mut stranger = connect().await;
    let data = format!(
        "QN=20261124001000000;ST=32;CN=2031;PW=654321;MN={MN};Flag=5;CP=&&DataTime=20261123000000;w01018-Cou=1&&"
    );
    stranger.0.write_all(&hj212::framed(&data)).await.unwrap();
    assert_eq!(stranger.heard().await, None);
    let mut noise = connect().await;
    noise.0.write_all(&b"##00zz".repeat(100)).await.unwrap();
    assert_eq!(noise.heard().await, None);
    assert_eq!(store.emissions(2026).await.unwrap(), found);
    stop.cancel();
    assert_eq!(tasks.join(Duration::from_secs(20)).await, crate::runtime::task::Ended::Stopped);
}

#[tokio::test]
async fn a_year_without_a_missing_day_stands_where_the_bureau_says_nothing() {
    let (_dir, store) = store().await;
    let year: Period = "2025".parse().unwrap();
    let of_day = |day: i64| Report {
        item: EconomicItem::CodT,
        cn: DAY,
        start: year.start.plus_ms(day * 86_400_000),
        kg: Decimal::TEN,
    };
    let now = year.end;
    let economy = async || {
        let facts = store.facts(year.clone()).await.unwrap();
        let of_site = facts.get(SITE).map(|(_, _, economy)| economy.clone()).unwrap_or_default();
        of_site.into_iter().map(|one| (one.value.to_string(), one.source)).collect::<Vec<_>>()
    };
    assert!(store.report_emission(MN, PASSWORD, (0..364).map(of_day).collect(), now).await.unwrap());
    assert_eq!(economy().await, []);
    assert!(store.report_emission(MN, PASSWORD, vec![of_day(364)], now).await.unwrap());
    assert_eq!(economy().await, [("3.65".to_owned(), "HJ 212".to_owned())]);
    let stated = EconomicFigure {
        credit_code: SITE.into(),
        year: 2025,
        month: None,
        item: EconomicItem::CodT,
        value: Decimal::ONE,
        source: "bureau".into(),
    };
    store.enter_economy(vec![stated]).await.unwrap();
    assert_eq!(economy().await, [("1".to_owned(), "bureau".to_owned())]);
}
