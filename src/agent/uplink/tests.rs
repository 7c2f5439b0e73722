//! The whole uplink, with a real spool, against small platforms that misbehave over real sockets.

use super::*;
use crate::{
    agent::spool::{Limits, SledSpool},
    runtime::task::Tasks,
    wire::{
        GenId,
        proto::{
            Ack, Down, Reject, RejectCode, Rewind, Up, Welcome, down,
            uplink_server::{self, UplinkServer},
        },
        record::Record,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use tokio_stream::{Stream, StreamExt, wrappers::TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};

const FAST: Pace = Pace {
    start_max: Duration::ZERO,
    backoff_min: Duration::from_millis(1),
    backoff_max: Duration::from_millis(10),
    open: Duration::from_millis(300),
    silence: Duration::from_millis(300),
    tick: Duration::from_millis(10),
};
const DEADLINE: Duration = Duration::from_secs(30);

/// What one session does; behind the script's end all are honest.
#[derive(Clone, Copy)]
enum Behaviour {
    /// Breaks the stream in place of this answer: what it is about is stored, and the gateway does not learn it.
    CutAt(usize),
    NeverOpens,
    NeverAnswers,
    Rejects(RejectCode, u32),
    /// Welcome, then answers that can not be true.
    Lies(fn(Ack) -> down::Message),
}

#[derive(Default)]
struct Platform {
    script: Mutex<std::vec::IntoIter<Behaviour>>,
    sessions: AtomicUsize,
    statuses: AtomicUsize,
    repeats: AtomicUsize,
    stored: Mutex<BTreeMap<GenId, Stored>>,
}

#[derive(Default)]
struct Stored {
    bodies: Vec<String>,
    end: Option<u64>,
}

impl Stored {
    fn ack(&self, gen_id: &GenId) -> Ack {
        let seq = self.bodies.len() as u64;
        Ack { gen_id: gen_id.to_vec().into(), seq, complete: self.end.is_some_and(|end| seq >= end) }
    }
}

impl Platform {
    fn answer(&self, message: up::Message) -> Option<down::Message> {
        let id = |bytes: &[u8]| GenId::try_from(bytes).unwrap();
        let mut all = self.stored.lock().unwrap();
        Some(match message {
            up::Message::Hello(hello) => {
                let marks = hello.generations.iter().map(|listed| id(&listed.gen_id));
                let marks = marks.filter_map(|gen_id| all.get(&gen_id).map(|stored| stored.ack(&gen_id))).collect();
                down::Message::Welcome(Welcome { marks, grant: None })
            }
            up::Message::Batch(batch) => {
                let stored = all.entry(id(&batch.gen_id)).or_default();
                let expected_seq = stored.bodies.len() as u64 + 1;
                if batch.first_seq > expected_seq {
                    return Some(down::Message::Rewind(Rewind { gen_id: batch.gen_id, expected_seq }));
                }
                let repeated = (expected_seq - batch.first_seq) as usize;
                self.repeats.fetch_add(repeated, Relaxed);
                let bodies = batch.records.into_iter().skip(repeated);
                stored.bodies.extend(bodies.map(|record| String::from_utf8(record.body.to_vec()).unwrap()));
                down::Message::Ack(stored.ack(&id(&batch.gen_id)))
            }
            up::Message::Sealed(sealed) => {
                let stored = all.entry(id(&sealed.gen_id)).or_default();
                stored.end = Some(sealed.last_seq);
                down::Message::Ack(stored.ack(&id(&sealed.gen_id)))
            }
            up::Message::Ping(_) => {
                self.statuses.fetch_add(1, Relaxed);
                return None;
            }
        })
    }
}

#[derive(Clone)]
struct Service(Arc<Platform>);

#[tonic::async_trait]
impl uplink_server::Uplink for Service {
    type SessionStream = Pin<Box<dyn Stream<Item = Result<Down, Status>> + Send>>;

    async fn session(&self, request: Request<Streaming<Up>>) -> Result<Response<Self::SessionStream>, Status> {
        let platform = self.0.clone();
        platform.sessions.fetch_add(1, Relaxed);
        let behaviour = platform.script.lock().unwrap().next();
        let honest = request.into_inner().filter_map(move |up| platform.answer(up.ok()?.message?));
        let down = |message| Ok(Down { message: Some(message) });
        Ok(Response::new(match behaviour {
            None => Box::pin(honest.map(down)),
            Some(Behaviour::CutAt(at)) => {
                let mut answers = 0;
                Box::pin(honest.map(move |message| {
                    answers += 1;
                    if answers < at { down(message) } else { Err(Status::unavailable("cut")) }
                }))
            }
            Some(Behaviour::NeverOpens) => std::future::pending().await,
            Some(Behaviour::NeverAnswers) => Box::pin(tokio_stream::pending()),
            Some(Behaviour::Rejects(code, retry_after_ms)) => {
                let reject = Reject { code: code.into(), retry_after_ms, ..Reject::default() };
                Box::pin(tokio_stream::once(down(down::Message::Reject(reject))))
            }
            Some(Behaviour::Lies(lie)) => Box::pin(honest.map(move |message| match message {
                down::Message::Ack(ack) => down(lie(ack)),
                other => down(other),
            })),
        }))
    }
}

struct Bench {
    platform: Arc<Platform>,
    uplink: Uplink,
    _tasks: Tasks,
    _folder: tempfile::TempDir,
}

/// A platform with `script`, and a spool of three sealed generations and a current one with records 0 to 599.
async fn bench(script: Vec<Behaviour>) -> Bench {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let platform = Arc::new(Platform { script: Mutex::new(script.into_iter()), ..Platform::default() });
    let mut tasks = Tasks::new(CancellationToken::new());
    let router = tonic::transport::Server::builder().add_service(UplinkServer::new(Service(platform.clone())));
    tasks.spawn("platform", router.serve_with_incoming(TcpListenerStream::new(listener)));

    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { generation_bytes_max: 300_000, ..Limits::default() };
    let destinations = ["platform".into()];
    let spool = SledSpool::open(folder.path(), vec![record("preamble")], &destinations, limits).unwrap();
    let spool: Arc<dyn Spool> = Arc::new(spool);
    for first in (0..600).step_by(50) {
        spool.commit(&(first..first + 50).map(|n| record(&format!("{n:0>2000}"))).collect::<Vec<_>>(), None).unwrap();
    }
    assert!(spool.generations().len() >= 3);
    let uplink = Uplink { url, gateway_id: "gw-1".into(), spool, health: Arc::default(), pace: FAST };
    Bench { platform, uplink, _tasks: tasks, _folder: folder }
}

fn record(text: &str) -> Record {
    let body = bytes::Bytes::copy_from_slice(text.as_bytes());
    Record { kind: 2, crc32c: crc32c::crc32c(&body), body }
}

impl Bench {
    /// Runs the uplink until `reached`.
    async fn run_until(&self, reached: impl Fn(&Bench) -> bool) {
        let poll = async {
            while !reached(self) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            never = self.uplink.deliver() => match never {},
            reached = tokio::time::timeout(DEADLINE, poll) => reached.expect("the uplink gets there"),
        }
    }

    /// Runs the uplink until the spool has nothing more to deliver.
    async fn deliver(&self) {
        let spool = &self.uplink.spool;
        self.run_until(|_| spool.generations().len() == 1 && spool.backlog(0).records == 0).await;
    }

    /// Every record is stored once, in order, each generation behind its preamble.
    fn assert_all_stored(&self) {
        let stored = self.platform.stored.lock().unwrap();
        let mut numbers = BTreeSet::new();
        for generation in stored.values() {
            assert_eq!(generation.bodies.first().map(String::as_str), Some("preamble"));
            let inside: Vec<u32> = generation.bodies.iter().skip(1).map(|body| body.parse().unwrap()).collect();
            assert!(inside.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{inside:?}");
            assert!(inside.iter().all(|number| numbers.insert(*number)), "stored twice");
        }
        assert!(numbers.into_iter().eq(0..600));
    }

    fn sessions(&self) -> usize {
        self.platform.sessions.load(Relaxed)
    }
}

#[tokio::test]
async fn everything_arrives_once_although_the_stream_is_cut_again_and_again() {
    let bench = bench((1..8).map(Behaviour::CutAt).collect()).await;
    bench.deliver().await;
    bench.assert_all_stored();
    assert!(bench.sessions() >= 4, "{} sessions", bench.sessions());
}

#[tokio::test]
async fn an_uncut_stream_sends_nothing_twice() {
    let bench = bench(vec![]).await;
    bench.deliver().await;
    bench.assert_all_stored();
    // a second session has nothing to say but its Ping
    let before = bench.platform.statuses.load(Relaxed);
    bench.run_until(|bench| bench.platform.statuses.load(Relaxed) > before).await;
    assert_eq!((bench.sessions(), bench.platform.repeats.load(Relaxed)), (2, 0));
}

#[tokio::test]
async fn a_platform_that_never_opens_or_never_answers_is_left_for_the_next_try() {
    let bench = bench(vec![Behaviour::NeverOpens, Behaviour::NeverAnswers]).await;
    bench.deliver().await;
    bench.assert_all_stored();
    assert_eq!(bench.sessions(), 3);
}

#[tokio::test]
async fn what_is_committed_while_connected_follows_on_the_same_stream() {
    let bench = bench(vec![]).await;
    let drained = || bench.uplink.spool.generations().len() == 1 && bench.uplink.spool.backlog(0).records == 0;
    let once = std::cell::Cell::new(false);
    bench
        .run_until(|bench| {
            if drained() && !once.replace(true) {
                bench.uplink.spool.commit(&[record("600")], None).unwrap();
            }
            once.get() && drained()
        })
        .await;
    assert_eq!(bench.sessions(), 1);
    let stored = bench.platform.stored.lock().unwrap();
    assert!(stored.values().any(|stored| stored.bodies.last().is_some_and(|body| body == "600")));
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
    bench.assert_all_stored();
}

#[tokio::test]
async fn a_lie_releases_nothing() {
    let lies: [fn(Ack) -> down::Message; 4] = [
        |ack| down::Message::Ack(Ack { seq: ack.seq + 100_000, complete: true, ..ack }),
        |ack| down::Message::Ack(Ack { complete: true, seq: 1, ..ack }),
        |ack| down::Message::Ack(Ack { gen_id: vec![7; 16].into(), ..ack }),
        |ack| down::Message::Rewind(Rewind { gen_id: ack.gen_id, expected_seq: 0 }),
    ];
    for lie in lies {
        let bench = bench(vec![Behaviour::Lies(lie), Behaviour::Rejects(RejectCode::Unavailable, 60_000)]).await;
        let before = (bench.uplink.spool.generations(), bench.uplink.spool.backlog(0));
        bench.run_until(|bench| bench.sessions() == 2).await;
        assert_eq!((bench.uplink.spool.generations(), bench.uplink.spool.backlog(0)), before);
        bench.deliver().await;
        bench.assert_all_stored();
    }
}

#[tokio::test]
async fn a_stop_ends_it_at_once_while_the_platform_is_silent() {
    let bench = bench(vec![Behaviour::NeverAnswers]).await;
    let config = UplinkConfig { platform_url: bench.uplink.url.clone() };
    let (spool, stop) = (bench.uplink.spool.clone(), CancellationToken::new());
    let run = run(config, "gw-1".into(), spool, Arc::default(), stop.clone());
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
    let hello = up::Message::Ping(proto::Ping::default());
    let Err(ended) = Link::open("http://127.0.0.1:1", hello, Duration::from_secs(5)).await else { panic!() };
    assert!(matches!(&ended, Ended::Connect(text) if text.contains("refused")), "{ended}");
}
