//! The platform's side of the stream, driven by a bare client: what is stored, what is refused, and what a refusal costs.

#![allow(clippy::unwrap_used)] // a helper that panics fails its test

use mujun::{
    model::{Gateway, PointKind, Reason, Role, Sample, Series, Site, UtcMillis, Value},
    platform::{
        ingest::{self, Presence},
        store::Store,
    },
    wire::{
        proto::{self, Down, RejectCode, Up, down, up, uplink_client::UplinkClient},
        record::{Content, Samples, encode},
    },
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

const GEN: [u8; 16] = [7; 16];

struct Platform {
    folder: tempfile::TempDir,
    address: String,
    store: Store,
    stop: CancellationToken,
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn platform() -> Platform {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let site = Site {
        credit_code: "91331003MA0000015F".into(),
        name: "Site".into(),
        city_code: "331000".into(),
        county_code: "331003".into(),
        industry_code: "C2927".into(),
        land_mu: 1.into(),
        product_code: String::new(),
        product_unit: String::new(),
        output_value_yuan_per_unit: None,
        headcount: None,
        value_added_wan: None,
        tax_wan: None,
    };
    let gateway = Gateway { gateway_id: "gw".into(), credit_code: site.credit_code.clone() };
    store.replace_registry(vec![site], vec![gateway]).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    #[allow(clippy::disallowed_methods)] // ends with the test's runtime
    tokio::spawn(ingest::serve(listener, store.clone(), Presence::default(), stop.clone()));
    Platform { folder, address, store, stop }
}

struct Client {
    up: mpsc::Sender<Up>,
    down: tonic::Streaming<Down>,
}

impl Client {
    async fn connect(platform: &Platform) -> Client {
        let (up, requests) = mpsc::channel(16);
        let mut client = UplinkClient::connect(platform.address.clone()).await.unwrap();
        let down = client.session(ReceiverStream::new(requests)).await.unwrap().into_inner();
        Client { up, down }
    }

    async fn hello(platform: &Platform, gateway_id: &str) -> (Client, down::Message) {
        let mut client = Client::connect(platform).await;
        let generations = vec![proto::Generation { gen_id: GEN.to_vec().into(), last_seq: 1, sealed: false }];
        let hello =
            proto::Hello { protocol: 1, gateway_id: gateway_id.into(), agent_version: "test".into(), generations };
        let answer = client.say(up::Message::Hello(hello)).await;
        (client, answer)
    }

    async fn say(&mut self, message: up::Message) -> down::Message {
        self.up.send(Up { message: Some(message) }).await.unwrap();
        self.down.message().await.unwrap().unwrap().message.unwrap()
    }

    async fn batch(&mut self, first_seq: u64, records: Vec<proto::Record>) -> down::Message {
        self.say(up::Message::Batch(proto::Batch { gen_id: GEN.to_vec().into(), first_seq, records })).await
    }
}

fn dictionary() -> proto::Record {
    let series = Series {
        meter: "main".into(),
        point: "energy".into(),
        kind: PointKind::Cumulative,
        role: Role::SiteEnergy,
        carrier: "electricity".into(),
        product: String::new(),
        unit: "kWh".into(),
        scale: "0.01".parse().unwrap(),
    };
    encode(&Content::Dictionary(vec![(0, series)])).remove(0).into()
}

fn reading(minute: i64, count: i64) -> proto::Record {
    let sample = Sample { series: 0, reason: Reason::Good, value: Some(Value::Count(count)) };
    let time = UtcMillis(1_700_000_000_000 + minute * 60_000);
    encode(&Content::Samples(vec![Samples { time, samples: vec![sample] }])).remove(0).into()
}

fn ack(seq: u64, complete: bool) -> down::Message {
    down::Message::Ack(proto::Ack { gen_id: GEN.to_vec().into(), seq, complete })
}

fn code(message: &down::Message) -> RejectCode {
    match message {
        down::Message::Reject(reject) => reject.code(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_batch_is_stored_once_and_a_hole_is_answered_with_what_is_expected() {
    let platform = platform().await;
    let (mut client, welcome) = Client::hello(&platform, "gw").await;
    assert_eq!(welcome, down::Message::Welcome(proto::Welcome { marks: vec![] }));
    assert_eq!(client.batch(1, vec![dictionary(), reading(0, 100)]).await, ack(2, false));
    let rewind = proto::Rewind { gen_id: GEN.to_vec().into(), expected_seq: 3 };
    assert_eq!(client.batch(5, vec![reading(9, 900)]).await, down::Message::Rewind(rewind));
    assert_eq!(client.batch(1, vec![dictionary(), reading(0, 100)]).await, ack(2, false));
    assert_eq!(client.batch(2, vec![reading(0, 100), reading(1, 130)]).await, ack(3, false));
    let sealed = proto::Sealed { gen_id: GEN.to_vec().into(), last_seq: 3 };
    assert_eq!(client.say(up::Message::Sealed(sealed)).await, ack(3, true));
    let ledger = platform.store.ledger().await.unwrap();
    assert_eq!((ledger.len(), ledger[0].total), (1, 30));
    // a new stream is told how far everything is
    let (_client, welcome) = Client::hello(&platform, "gw").await;
    let marks = vec![proto::Ack { gen_id: GEN.to_vec().into(), seq: 3, complete: true }];
    assert_eq!(welcome, down::Message::Welcome(proto::Welcome { marks }));
    assert!(platform.folder.path().exists());
}

#[tokio::test]
async fn what_may_not_be_is_refused_and_costs_nothing_that_was_stored() {
    let platform = platform().await;
    let (_, answer) = Client::hello(&platform, "stranger").await;
    assert_eq!(code(&answer), RejectCode::UnknownGateway);

    let mut silent = Client::connect(&platform).await;
    assert_eq!(code(&silent.batch(1, vec![dictionary()]).await), RejectCode::Protocol);

    let refused = |records: Vec<proto::Record>| {
        let platform = &platform;
        async move {
            let (mut client, _) = Client::hello(platform, "gw").await;
            // what of the batch was stored is acknowledged before the rest is refused
            let mut answer = client.batch(3, records).await;
            while matches!(answer, down::Message::Ack(_)) {
                answer = client.down.message().await.unwrap().unwrap().message.unwrap();
            }
            code(&answer)
        }
    };
    let (mut client, _) = Client::hello(&platform, "gw").await;
    assert_eq!(client.batch(1, vec![dictionary(), reading(0, 100)]).await, ack(2, false));
    let damaged = proto::Record { crc32c: 1, ..reading(1, 130) };
    assert_eq!(refused(vec![damaged]).await, RejectCode::BadRecord);
    let large = proto::Record { body: vec![0; 7 * 1024 + 1].into(), ..reading(1, 130) };
    assert_eq!(refused(vec![large]).await, RejectCode::TooLarge);
    assert_eq!(refused(vec![reading(1, 130); 257]).await, RejectCode::TooLarge);
    let mut ahead = encode(&Content::Samples(vec![Samples {
        time: UtcMillis(4_000_000_000_000),
        samples: vec![Sample { series: 0, reason: Reason::Good, value: Some(Value::Count(1)) }],
    }]));
    assert_eq!(refused(vec![ahead.remove(0).into()]).await, RejectCode::BadRecord);

    let (mut client, welcome) = Client::hello(&platform, "gw").await;
    assert!(matches!(welcome, down::Message::Welcome(w) if w.marks[0].seq == 2));
    assert_eq!(client.batch(3, vec![reading(1, 130)]).await, ack(3, false));
    assert_eq!(platform.store.ledger().await.unwrap()[0].total, 30);
}

#[tokio::test]
async fn a_newer_stream_ends_the_older() {
    let platform = platform().await;
    let (mut older, _) = Client::hello(&platform, "gw").await;
    let (mut newer, _) = Client::hello(&platform, "gw").await;
    let ended = older.down.message().await.unwrap().unwrap().message.unwrap();
    assert_eq!(code(&ended), RejectCode::Superseded);
    assert_eq!(newer.batch(1, vec![dictionary()]).await, ack(1, false));
}
