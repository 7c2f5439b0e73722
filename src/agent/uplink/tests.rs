//! The whole uplink, with a real spool, against small platforms that misbehave over real sockets.

mod destinations;
mod platform;

use super::*;
use crate::{
    agent::spool::{Limits, SledSpool},
    runtime::task::Tasks,
    wire::{
        proto::{Ack, Refused, RejectCode, Rewind, down},
        record::Record,
    },
};
use platform::{Behaviour, Platform};
use std::{collections::BTreeSet, sync::atomic::Ordering::Relaxed};

const FAST: Pace = Pace {
    backoff_min: Duration::from_millis(1),
    backoff_max: Duration::from_millis(10),
    open: Duration::from_secs(20),
    silence: Duration::from_secs(20),
    rotate_after: Duration::from_secs(3600),
    tick: Duration::from_millis(10),
};
const IMPATIENT: Pace = Pace { open: Duration::from_millis(300), silence: Duration::from_millis(300), ..FAST };
const DEADLINE: Duration = Duration::from_secs(60);

struct Bench {
    platform: Arc<Platform>,
    uplink: Uplink,
    _tasks: Tasks,
    _folder: tempfile::TempDir,
}

/// A platform with `script`, and a spool of sealed generations and a current one with records 0 to 599.
async fn bench(script: Vec<Behaviour>) -> Bench {
    let (platform, url, tasks) = serve(script).await;
    let folder = tempfile::tempdir().unwrap();
    let spool = filled(folder.path(), &["county"]);
    Bench { platform, uplink: uplink(spool, 0, url), _tasks: tasks, _folder: folder }
}

async fn serve(script: Vec<Behaviour>) -> (Arc<Platform>, String, Tasks) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let platform = Platform::with(script);
    let mut tasks = Tasks::new(CancellationToken::new());
    tasks.spawn("platform", platform.clone().serve(listener));
    (platform, url, tasks)
}

fn filled(folder: &std::path::Path, destinations: &[&str]) -> Arc<dyn Spool> {
    let limits = Limits { generation_bytes_max: 300_000, ..Limits::default() };
    let destinations: Vec<String> = destinations.iter().map(|name| (*name).to_owned()).collect();
    let spool = SledSpool::open(folder, vec![record("preamble")], &destinations, limits).unwrap();
    for first in (0..600).step_by(50) {
        let records: Vec<_> = (first..first + 50).map(|n| record(&format!("{n:0>2000}"))).collect();
        spool.commit(&records, None).unwrap();
    }
    assert!(spool.generations().len() >= 3);
    Arc::new(spool)
}

fn uplink(spool: Arc<dyn Spool>, destination: usize, platform_url: String) -> Uplink {
    let name = ["county", "city"][destination].to_owned();
    let config = UplinkConfig { name, platform_url, proxy: None, start_spread: Duration::ZERO };
    Uplink { config, destination, gateway_id: "gw-1".into(), spool, health: Arc::default(), pace: FAST }
}

fn record(text: &str) -> Record {
    let body = bytes::Bytes::copy_from_slice(text.as_bytes());
    Record { kind: 2, crc32c: crc32c::crc32c(&body), body }
}

impl Uplink {
    /// All that is here is stored there.
    fn drained(&self) -> bool {
        self.spool.backlog(self.destination).records == 0
    }

    async fn run_until(&self, reached: impl Fn() -> bool) {
        let poll = async {
            while !reached() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            never = self.deliver() => match never {},
            reached = tokio::time::timeout(DEADLINE, poll) => reached.expect("the uplink gets there"),
        }
    }
}

impl Bench {
    async fn run_until(&self, reached: impl Fn(&Bench) -> bool) {
        self.uplink.run_until(|| reached(self)).await;
    }

    /// Runs the uplink until the spool has nothing more to deliver.
    async fn deliver(&self) {
        self.run_until(|bench| bench.uplink.drained()).await;
    }

    fn sessions(&self) -> usize {
        self.platform.sessions()
    }
}

/// Every record is stored once, in order, each generation behind its preamble.
fn assert_all_stored(platform: &Platform) {
    let stored = platform.stored.lock().unwrap();
    let mut numbers = BTreeSet::new();
    for generation in stored.values() {
        assert_eq!(generation.bodies.first().map(String::as_str), Some("preamble"));
        let inside: Vec<u32> = generation.bodies.iter().skip(1).map(|body| body.parse().unwrap()).collect();
        assert!(inside.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{inside:?}");
        assert!(inside.iter().all(|number| numbers.insert(*number)), "stored twice");
    }
    assert!(numbers.into_iter().eq(0..600));
}

#[tokio::test]
async fn everything_arrives_once_although_the_stream_is_cut_again_and_again() {
    let bench = bench((1..8).map(Behaviour::CutAt).collect()).await;
    bench.deliver().await;
    assert_all_stored(&bench.platform);
    assert!(bench.sessions() >= 4, "{} sessions", bench.sessions());
}

#[tokio::test]
async fn an_uncut_stream_sends_nothing_twice() {
    let bench = bench(vec![]).await;
    bench.deliver().await;
    assert_all_stored(&bench.platform);
    // a second session has nothing to say but its Ping
    let before = bench.platform.pings.lock().unwrap().len();
    bench.run_until(|bench| bench.platform.pings.lock().unwrap().len() > before).await;
    assert_eq!((bench.sessions(), bench.platform.repeats.load(Relaxed)), (2, 0));
}

#[tokio::test]
async fn a_platform_that_never_opens_never_answers_or_falls_silent_is_left_for_the_next_try() {
    let mut bench = bench(vec![Behaviour::NeverOpens, Behaviour::NeverAnswers, Behaviour::FallsSilent]).await;
    bench.uplink.pace = IMPATIENT;
    bench.run_until(|bench| bench.sessions() >= 4).await;
    let fell_silent = !bench.platform.pings.lock().unwrap().is_empty();
    assert!(fell_silent, "it was left although Pings went");
    bench.uplink.pace = FAST;
    bench.deliver().await;
    assert_all_stored(&bench.platform);
}

#[tokio::test]
async fn pongs_keep_an_idle_session_and_measure_the_clocks() {
    let mut bench = bench(vec![]).await;
    bench.uplink.pace.silence = Duration::from_secs(6);
    bench.run_until(|bench| bench.platform.pings.lock().unwrap().len() > 4).await;
    assert_eq!(bench.sessions(), 1);
    let pings = bench.platform.pings.lock().unwrap();
    assert_eq!(pings[0].clock_offset_ms, None);
    // the way there and back lies in it
    let offset = pings[4].clock_offset_ms.unwrap();
    assert!((7000 - i64::from(pings[4].round_trip_ms)..=7001).contains(&offset), "{:?}", pings[4]);
    assert!(pings[4].spool_bytes > 0 && pings[4].spool_bytes_max > pings[4].spool_bytes);
}

#[tokio::test]
async fn what_is_committed_while_connected_follows_on_the_same_stream() {
    let bench = bench(vec![]).await;
    let once = std::cell::Cell::new(false);
    bench
        .run_until(|bench| {
            if bench.uplink.drained() && !once.replace(true) {
                bench.uplink.spool.commit(&[record("600")], None).unwrap();
            }
            once.get() && bench.uplink.drained()
        })
        .await;
    assert_eq!(bench.sessions(), 1);
    let stored = bench.platform.stored.lock().unwrap();
    assert!(stored.values().any(|stored| stored.bodies.last().is_some_and(|body| body == "600")));
}

#[tokio::test]
async fn an_outage_begins_a_new_generation_before_hello() {
    let mut bench = bench(vec![]).await;
    let before = bench.uplink.spool.generations();
    bench.uplink.pace.rotate_after = Duration::ZERO;
    bench.deliver().await;
    let hello = bench.platform.hellos.lock().unwrap().remove(0);
    let announced: Vec<_> = hello.generations.iter().map(|listed| (listed.gen_id.to_vec(), listed.sealed)).collect();
    let old = before.iter().map(|generation| (generation.gen_id.to_vec(), true));
    let live = announced.last().unwrap().clone();
    assert!(!live.1 && announced.iter().cloned().eq(old.chain([live])));
    assert_all_stored_but_the_last(&bench.platform);
}

/// The generation that the outage began holds its preamble and nothing else.
fn assert_all_stored_but_the_last(platform: &Platform) {
    platform.stored.lock().unwrap().retain(|_, stored| stored.bodies.len() > 1);
    assert_all_stored(platform);
}

#[tokio::test]
async fn a_rejection_keeps_everything_and_waits_as_long_as_asked() {
    let bench = bench(vec![Behaviour::Rejects(RejectCode::UnknownGateway, 300), Behaviour::NeverAnswers]).await;
    let before = bench.uplink.spool.backlog(0);
    let started = clock::monotonic();
    bench.run_until(|bench| bench.sessions() == 2).await;
    assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
    assert_eq!(bench.uplink.spool.backlog(0), before);
    bench.deliver().await;
    assert_all_stored(&bench.platform);
}

#[tokio::test]
async fn a_lie_releases_nothing() {
    let lies: [fn(Ack) -> down::Message; 5] = [
        |ack| down::Message::Ack(Ack { seq: ack.seq + 100_000, complete: true, ..ack }),
        |ack| down::Message::Ack(Ack { complete: true, seq: 1, ..ack }),
        |ack| down::Message::Ack(Ack { gen_id: vec![7; 16].into(), ..ack }),
        |ack| down::Message::Rewind(Rewind { gen_id: ack.gen_id, expected_seq: 0 }),
        |ack| down::Message::Refused(Refused { gen_id: ack.gen_id, seq: 100_000, ..Refused::default() }),
    ];
    for lie in lies {
        let bench = bench(vec![Behaviour::Lies(lie), Behaviour::Rejects(RejectCode::Unavailable, 60_000)]).await;
        let state = |bench: &Bench| {
            let spool = &bench.uplink.spool;
            (spool.generations(), spool.backlog(0), spool.refusals(0))
        };
        let before = state(&bench);
        bench.run_until(|bench| bench.sessions() == 2).await;
        assert_eq!(state(&bench), before);
        bench.deliver().await;
        assert_all_stored(&bench.platform);
    }
}

#[tokio::test]
async fn a_refused_record_is_counted_and_the_rest_goes_on() {
    let refuse = |stored: &std::collections::BTreeMap<GenId, platform::Stored>| {
        let gen_id = stored.keys().next().unwrap().to_vec().into();
        let message = "its checksum is wrong".to_owned();
        down::Message::Refused(Refused { gen_id, seq: 1, code: RefusedCode::Checksum.into(), message })
    };
    let bench = bench(vec![Behaviour::AtPing(refuse)]).await;
    bench.run_until(|bench| bench.uplink.spool.refusals(0) > 0 && bench.uplink.drained()).await;
    assert_eq!((bench.uplink.spool.refusals(0), bench.sessions()), (1, 1));
    assert_eq!(bench.uplink.health.refused(), 2, "the next one would be the second");
}

#[tokio::test]
async fn a_stop_ends_it_at_once_while_the_platform_is_silent() {
    let bench = bench(vec![Behaviour::NeverAnswers]).await;
    let (config, spool, stop) = (bench.uplink.config.clone(), bench.uplink.spool.clone(), CancellationToken::new());
    let run = run(config, 0, "gw-1".into(), spool, Arc::default(), stop.clone());
    let stopping = async {
        while bench.sessions() < 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
    };
    let both = async { tokio::join!(run, stopping) };
    tokio::time::timeout(Duration::from_secs(5), both).await.expect("it stops").0.unwrap();
}

#[tokio::test]
async fn nobody_there_is_an_error_with_its_cause() {
    let Err(ended) = reach("http://127.0.0.1:1", None, Duration::from_secs(5)).await else { panic!() };
    assert!(matches!(&ended, Ended::Connect(text) if text.contains("refused")), "{ended}");
}
