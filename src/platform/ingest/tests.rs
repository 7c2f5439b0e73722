//! Over a real connection, with a raw client.
#![cfg(feature = "agent")]

use super::*;
use crate::{
    model::{Gateway, Reading, Reason, Sample, Scale, Site, UtcMillis, Value},
    platform::fixture::energy,
    runtime::task::Tasks,
    wire::{
        BATCH_RECORDS_MAX, PROTOCOL,
        proto::{self, Ack, RejectCode, down::Message, uplink_client::UplinkClient},
        record::{Content, Record, Samples, encode},
    },
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

mod hostile;
mod restored;

const LIMIT: Duration = Duration::from_secs(20);

/// A platform on a free port, until it is dropped or stopped.
struct Platform {
    address: String,
    store: Store,
    presence: Presence,
    stop: CancellationToken,
    tasks: Tasks,
}

impl Platform {
    async fn start(dir: &std::path::Path, patience: Patience) -> Platform {
        let store = Store::open(dir).unwrap();
        let decimal = |text: &str| text.parse().unwrap();
        let site = Site {
            credit_code: "A".into(),
            name: "A".into(),
            city_code: "331000".into(),
            county_code: "331003".into(),
            industry_code: "C1713".into(),
            land_mu: decimal("10"),
            product_code: String::new(),
            product_unit: String::new(),
            output_value_yuan_per_unit: None,
        };
        let gateway = Gateway { gateway_id: "gw-1".into(), credit_code: "A".into(), public_keys: Vec::new() };
        store.register(vec![site], vec![gateway], Default::default()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (presence, stop) = (Presence::default(), CancellationToken::new());
        let mut tasks = Tasks::new(stop.clone());
        tasks.spawn("ingest", serve_with(patience, listener, store.clone(), presence.clone(), stop.clone()));
        Platform { address, store, presence, stop, tasks }
    }

    async fn stop(self) {
        self.stop.cancel();
        assert_eq!(self.tasks.join(LIMIT).await, crate::runtime::task::Ended::Stopped);
    }

    async fn client(&self) -> Client {
        self.client_with_window(64 * 1024).await
    }

    /// `window`: bytes of answers that may be on their way while the client reads none.
    async fn client_with_window(&self, window: u32) -> Client {
        let endpoint =
            tonic::transport::Endpoint::new(self.address.clone()).unwrap().initial_stream_window_size(window);
        let mut uplink = UplinkClient::new(endpoint.connect().await.unwrap());
        let (up, messages) = mpsc::channel(64);
        let down = uplink.session(ReceiverStream::new(messages)).await.unwrap().into_inner();
        Client { up, down }
    }

    /// A client with its Welcome.
    async fn greeted(&self, generations: &[u8]) -> (Client, Vec<Ack>) {
        self.greeted_by(self.client().await, generations).await
    }

    async fn greeted_by(&self, client: Client, generations: &[u8]) -> (Client, Vec<Ack>) {
        Self::greeted_with(client, hello("gw-1", generations)).await
    }

    async fn greeted_with(mut client: Client, hello: proto::up::Message) -> (Client, Vec<Ack>) {
        client.send(hello).await;
        match client.next().await {
            Some(Message::Welcome(welcome)) => {
                assert_eq!(welcome.grant.unwrap().credit_bytes, 512 * 1024);
                (client, welcome.marks)
            }
            other => panic!("{other:?}"),
        }
    }

    fn connected(&self) -> bool {
        self.presence.snapshot()[0].connected
    }
}

struct Client {
    up: mpsc::Sender<Up>,
    down: Streaming<proto::Down>,
}

impl Client {
    async fn send(&self, message: proto::up::Message) {
        self.up.send(Up { message: Some(message) }).await.unwrap();
    }

    /// `None` at the stream's end.
    async fn next(&mut self) -> Option<Message> {
        let answer = tokio::time::timeout(LIMIT, self.down.message()).await.expect("an answer in time");
        answer.unwrap().and_then(|down| down.message)
    }

    async fn send_batch(&mut self, generation: u8, first_seq: u64, records: &[Record]) -> Option<Message> {
        self.send(batch(generation, first_seq, records)).await;
        self.next().await
    }

    /// The Reject with which the platform ends the stream.
    async fn rejected(&mut self) -> proto::Reject {
        let Some(Message::Reject(reject)) = self.next().await else { panic!("no Reject") };
        assert_eq!(self.next().await, None, "nothing follows a Reject");
        reject
    }
}

fn gen_id(generation: u8) -> bytes::Bytes {
    vec![generation; 16].into()
}

fn hello(gateway_id: &str, generations: &[u8]) -> proto::up::Message {
    let generation = |id: &u8| proto::Generation { gen_id: gen_id(*id), ..Default::default() };
    proto::up::Message::Hello(proto::Hello {
        protocol: PROTOCOL,
        gateway_id: gateway_id.into(),
        agent_version: "test".into(),
        run: Some(run(1)),
        generations: generations.iter().map(generation).collect(),
    })
}

/// The n-th run of one store.
fn run(boot: u8) -> proto::Run {
    proto::Run {
        store_id: gen_id(200),
        boot_id: gen_id(boot),
        prev_boot_id: if boot > 1 { gen_id(boot - 1) } else { bytes::Bytes::new() },
        boot_counter: u64::from(boot),
    }
}

/// A Hello whose generations are given with the one before each, or 0.
fn chained(boot: u8, generations: &[(u8, u8)]) -> proto::up::Message {
    let prev = |prev: u8| if prev > 0 { gen_id(prev) } else { bytes::Bytes::new() };
    let generation = |(id, before): &(u8, u8)| proto::Generation {
        gen_id: gen_id(*id),
        prev_gen_id: prev(*before),
        ..Default::default()
    };
    proto::up::Message::Hello(proto::Hello {
        protocol: PROTOCOL,
        gateway_id: "gw-1".into(),
        agent_version: "test".into(),
        run: Some(run(boot)),
        generations: generations.iter().map(generation).collect(),
    })
}

fn batch(generation: u8, first_seq: u64, records: &[Record]) -> proto::up::Message {
    let records = records.iter().cloned().map(proto::Record::from).collect();
    proto::up::Message::Batch(proto::Batch { gen_id: gen_id(generation), first_seq, records })
}

fn sealed(generation: u8, last_seq: u64) -> proto::up::Message {
    proto::up::Message::Sealed(proto::Sealed { gen_id: gen_id(generation), last_seq })
}

fn ack(generation: u8, seq: u64, complete: bool) -> Option<Message> {
    Some(Message::Ack(Ack { gen_id: gen_id(generation), seq, complete }))
}

fn rewind(generation: u8, expected_seq: u64) -> Option<Message> {
    Some(Message::Rewind(proto::Rewind { gen_id: gen_id(generation), expected_seq }))
}

/// A dictionary and a register that gains 10 a minute, one reading a record.
fn records(n: i64) -> Vec<Record> {
    let series = energy(Scale::ONE);
    let samples = |i: i64| Samples {
        time: UtcMillis(1_732_377_600_000 + i * 60_000),
        samples: vec![Sample { series: 0, reason: Reason::Good, value: Some(Value::Count(i * 10)) }],
    };
    let mut all = encode(&Content::Dictionary(vec![(0, series)].into()));
    all.extend((0..n).flat_map(|i| encode(&Content::Samples(0, vec![samples(i)]))));
    all
}

async fn total(store: &Store) -> (i64, Option<Reading>) {
    let ledger = store.ledger().await.unwrap();
    ledger.first().map_or((0, None), |line| (line.total, line.last))
}

#[tokio::test]
async fn batches_are_acknowledged_after_the_commit_and_repeats_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let platform = Platform::start(dir.path(), Patience::default()).await;
    let (mut client, marks) = platform.greeted(&[1]).await;
    assert_eq!(marks, []);
    let all = records(9);
    assert_eq!(client.send_batch(1, 1, &all[..5]).await, ack(1, 5, false));
    assert_eq!(total(&platform.store).await.0, 30);
    assert_eq!(client.send_batch(1, 1, &all[..5]).await, ack(1, 5, false));
    assert_eq!(client.send_batch(1, 3, &all[2..]).await, ack(1, 10, false));
    assert_eq!(total(&platform.store).await.0, 80);
    client.send(sealed(1, 10)).await;
    assert_eq!(client.next().await, ack(1, 10, true));
    assert_eq!(platform.store.audit().await.unwrap().faults, Vec::<String>::new());
    drop(client);
    platform.stop().await;
}

#[tokio::test]
async fn a_batch_behind_a_hole_is_sent_back_once_and_other_generations_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let platform = Platform::start(dir.path(), Patience::default()).await;
    let (mut client, _) = platform.greeted(&[1, 2]).await;
    let all = records(9);
    assert_eq!(client.send_batch(1, 1, &all[..2]).await, ack(1, 2, false));
    assert_eq!(client.send_batch(1, 5, &all[4..6]).await, rewind(1, 3));
    // these were on their way
    client.send(batch(1, 7, &all[6..8])).await;
    assert_eq!(client.send_batch(2, 1, &all[..3]).await, ack(2, 3, false));
    assert_eq!(client.send_batch(1, 3, &all[2..]).await, ack(1, 10, false));
    assert_eq!(total(&platform.store).await.0, 80);
    platform.stop().await;
}

#[tokio::test]
async fn marks_outlive_a_restart_and_each_generation_has_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let platform = Platform::start(dir.path(), Patience::default()).await;
    let (mut client, _) = platform.greeted(&[1, 2]).await;
    let all = records(9);
    client.send_batch(1, 1, &all[..4]).await;
    client.send_batch(2, 1, &all[..2]).await;
    client.send(sealed(2, 2)).await;
    assert_eq!(client.next().await, ack(2, 2, true));
    let before = total(&platform.store).await;
    drop(client);
    platform.stop().await;
    let platform = Platform::start(dir.path(), Patience::default()).await;
    let (mut client, marks) = platform.greeted(&[1, 2, 3]).await;
    let mark = |generation, seq, complete| Ack { gen_id: gen_id(generation), seq, complete };
    assert_eq!(marks, [mark(1, 4, false), mark(2, 2, true)]);
    assert_eq!(total(&platform.store).await, before);
    assert_eq!(client.send_batch(1, 5, &all[4..]).await, ack(1, 10, false));
    platform.stop().await;
}

#[tokio::test]
async fn what_breaks_the_rules_ends_its_stream_with_the_reason_and_stores_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let platform = Platform::start(dir.path(), Patience::default()).await;
    let small = records(1);
    let many = vec![small[0].clone(); BATCH_RECORDS_MAX + 1];
    let body = bytes::Bytes::from(vec![0_u8; 2 * MESSAGE_BYTES_MAX]);
    let huge = Record { kind: 2, crc32c: crc32c::crc32c(&body), body };
    let fat = Record { body: huge.body.slice(..8 * 1024), crc32c: crc32c::crc32c(&huge.body[..8 * 1024]), kind: 2 };
    let cases = [
        (vec![batch(1, 1, &small)], RejectCode::Protocol, "the first message is no Hello"),
        (vec![hello("gw-9", &[])], RejectCode::UnknownGateway, "gateway `gw-9` is not in the registry"),
        (vec![hello("gw-1", &[]), hello("gw-1", &[])], RejectCode::Protocol, "a second Hello"),
        (vec![hello("gw-1", &[]), batch(1, 1, &many)], RejectCode::TooLarge, "a batch of 257 records"),
        (
            vec![hello("gw-1", &[]), batch(1, 1, &[huge])],
            RejectCode::TooLarge,
            "Error, decoded message length too large",
        ),
        (vec![hello("gw-1", &[]), batch(1, 1, &[fat])], RejectCode::TooLarge, "the record has 8192 bytes"),
        (vec![hello("gw-1", &[]), batch(1, 0, &small)], RejectCode::Protocol, "a batch without records"),
    ];
    for (messages, code, text) in cases {
        let mut client = platform.client().await;
        let greeted = messages.len() > 1;
        for message in messages {
            client.send(message).await;
        }
        if greeted {
            assert!(matches!(client.next().await, Some(Message::Welcome(_))), "{text}");
        }
        let reject = client.rejected().await;
        assert_eq!(reject.code(), code, "{text}");
        assert!(reject.message.contains(text), "{}", reject.message);
        assert!(reject.retry_after_ms > 0);
    }
    assert_eq!(platform.store.audit().await.unwrap().blocks, 0);
    let (mut client, _) = platform.greeted(&[1]).await;
    assert_eq!(client.send_batch(1, 1, &small).await, ack(1, 2, false), "others are served on");
    platform.stop().await;
}

#[tokio::test]
async fn a_second_stream_of_a_gateway_takes_over() {
    let dir = tempfile::tempdir().unwrap();
    let platform = Platform::start(dir.path(), Patience::default()).await;
    let (mut older, _) = platform.greeted(&[1]).await;
    let all = records(3);
    older.send_batch(1, 1, &all[..2]).await;
    // one that may not come in takes nothing over
    let mut stranger = platform.client().await;
    stranger.send(hello("gw-9", &[])).await;
    stranger.rejected().await;
    assert_eq!(older.send_batch(1, 3, &all[2..3]).await, ack(1, 3, false));
    let (mut newer, marks) = platform.greeted(&[1]).await;
    assert_eq!(marks[0].seq, 3);
    assert_eq!(older.rejected().await.code(), RejectCode::Superseded);
    assert_eq!(newer.send_batch(1, 4, &all[3..]).await, ack(1, 4, false));
    assert!(platform.connected(), "the older one's end is not the gateway's");
    platform.stop().await;
}

#[tokio::test]
async fn a_welcome_counts_what_the_stream_before_still_commits() {
    for superseded in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let platform = Platform::start(dir.path(), Patience::default()).await;
        let (older, _) = platform.greeted(&[1]).await;
        let all = records(9);
        // the disk is held up, and a batch waits for it
        let disk = rusqlite::Connection::open(dir.path().join("mujun.db")).unwrap();
        disk.execute_batch("BEGIN IMMEDIATE").unwrap();
        older.send(batch(1, 1, &all[..5])).await;
        let a_while = Duration::from_millis(300);
        tokio::time::sleep(a_while).await;
        let older = superseded.then_some(older);
        let mut newer = platform.client().await;
        newer.send(hello("gw-1", &[1])).await;
        // a Welcome that does not wait for the batch is made here
        tokio::time::sleep(a_while).await;
        disk.execute_batch("ROLLBACK").unwrap();
        let Some(Message::Welcome(welcome)) = newer.next().await else { panic!("no Welcome") };
        let mark = welcome.marks.first().map_or(0, |mark| mark.seq);
        let next = usize::try_from(mark).unwrap();
        let answer = newer.send_batch(1, mark + 1, &all[next..=next]).await;
        assert_eq!(answer, ack(1, mark + 1, false), "an Ack beyond what was sent, superseded: {superseded}");
        platform.stop().await;
        drop(older);
    }
}

#[tokio::test]
async fn presence_tells_what_the_status_said_and_that_the_gateway_left() {
    let dir = tempfile::tempdir().unwrap();
    let platform = Platform::start(dir.path(), Patience::default()).await;
    let (mut client, _) = platform.greeted(&[1]).await;
    let now = crate::runtime::clock::now();
    let t0_ms = now.0 + 3_600_000;
    let ping = proto::Ping { t0_ms, backlog_records: 7, backlog_bytes: 900, rejected_inputs: 2, ..Default::default() };
    client.send(proto::up::Message::Ping(ping)).await;
    let Some(Message::Pong(pong)) = client.next().await else { panic!("no Pong") };
    assert!(pong.t0_ms == t0_ms && now.0 <= pong.t1_ms && pong.t1_ms <= pong.t2_ms, "{pong:?}");
    let state = platform.presence.snapshot().remove(0);
    assert_eq!((state.gateway_id.as_str(), state.connected), ("gw-1", true));
    assert_eq!((state.backlog_records, state.backlog_bytes, state.rejected_inputs), (7, 900, 2));
    assert!((3_500_000..=3_600_000).contains(&state.clock_offset_ms), "{}", state.clock_offset_ms);
    assert_eq!((state.round_trip_ms, state.backlog_age_ms), (None, 0));
    assert!(state.last_seen >= now);
    // once it has measured, its own figure counts
    let ping = proto::Ping {
        t0_ms,
        oldest_ms: t0_ms - 90_000,
        clock_offset_ms: Some(-2_500),
        round_trip_ms: 40,
        refused_records: 3,
        spool_bytes: 5,
        spool_bytes_max: 10,
        ..Default::default()
    };
    client.send(proto::up::Message::Ping(ping)).await;
    assert!(matches!(client.next().await, Some(Message::Pong(_))));
    let state = platform.presence.snapshot().remove(0);
    assert_eq!((state.clock_offset_ms, state.round_trip_ms, state.backlog_age_ms), (2_500, Some(40), 90_000));
    assert_eq!((state.refused_records, state.spool_bytes, state.spool_bytes_max), (3, 5, 10));
    // and more than a second is an alarm, once a stream
    client.send(proto::up::Message::Ping(ping)).await;
    assert!(matches!(client.next().await, Some(Message::Pong(_))));
    let alarms = async {
        loop {
            let listing = crate::platform::store::Listing { limit: 9, ..Default::default() };
            let rows = platform.store.alarms(listing).await.unwrap().rows;
            if !rows.is_empty() {
                return rows;
            }
            tokio::task::yield_now().await;
        }
    };
    let rows = tokio::time::timeout(Duration::from_secs(30), alarms).await.unwrap();
    assert_eq!((rows.len(), rows[0].kind.name(), rows[0].count), (1, "clock_offset", 1));
    assert_eq!(rows[0].detail, "the platform's clock less the gateway's: -2500 ms");
    drop(client);
    let left = async {
        while platform.connected() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, left).await.expect("its end is seen");
    platform.stop().await;
}

#[tokio::test]
async fn silence_ends_a_stream_before_and_after_the_hello() {
    let dir = tempfile::tempdir().unwrap();
    let short = Duration::from_millis(100);
    let platform = Platform::start(dir.path(), Patience { hello: short, silence: short, ..Patience::default() }).await;
    let mut silent = platform.client().await;
    assert_eq!(silent.rejected().await.message, "nothing came for 100ms");
    let (mut client, _) = platform.greeted(&[1]).await;
    assert_eq!(client.rejected().await.message, "nothing came for 100ms");
    assert!(!platform.connected());
    platform.stop().await;
}

#[tokio::test]
async fn an_open_stream_does_not_hold_the_stop() {
    let dir = tempfile::tempdir().unwrap();
    let patience = Patience { stop: Duration::from_secs(600), ..Patience::default() };
    let platform = Platform::start(dir.path(), patience).await;
    let (mut client, _) = platform.greeted(&[1]).await;
    let stop = platform.stop.clone();
    let stopped = tokio::time::timeout(LIMIT, platform.stop());
    stop.cancel();
    assert_eq!(client.rejected().await.code(), RejectCode::Unavailable);
    stopped.await.expect("the stop waits for no gateway");
    assert!(Store::open(dir.path()).is_ok(), "the folder is free again");
}

#[tokio::test]
async fn a_gateway_that_reads_no_answer_does_not_hold_the_stop() {
    let dir = tempfile::tempdir().unwrap();
    let patience = Patience { stop: Duration::from_millis(200), ..Patience::default() };
    let platform = Platform::start(dir.path(), patience).await;
    let (client, _) = platform.greeted_by(platform.client_with_window(1_024).await, &[1]).await;
    // a window of 1 KiB holds some thirty answers; then the platform takes no more
    for _ in 0..200 {
        client.send(batch(1, 1, &records(0))).await;
    }
    let (mut taken, mut before) = (1, 0);
    while taken > before {
        tokio::time::sleep(Duration::from_millis(300)).await;
        (taken, before) = (platform.store.repeats().duplicates, taken);
    }
    assert!(taken < 190 && platform.connected(), "{taken}");
    platform.stop().await;
    drop(client);
}
