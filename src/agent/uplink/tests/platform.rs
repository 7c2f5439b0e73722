//! A small platform over a real socket, honest or not.

use crate::wire::{
    GenId,
    proto::{
        Ack, Down, Grant, Hello, Ping, Pong, Reject, RejectCode, Rewind, Up, Welcome, down, up,
        uplink_server::{self, UplinkServer},
    },
};
use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use tokio_stream::{Stream, StreamExt, wrappers::TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};

/// What one session does; behind the script's end all are honest.
#[derive(Clone, Copy)]
pub enum Behaviour {
    /// Breaks the stream in place of this answer: what it is about is stored, and the gateway does not learn it.
    CutAt(usize),
    NeverOpens,
    NeverAnswers,
    /// Says Welcome and no word more.
    FallsSilent,
    Rejects(RejectCode, u32),
    /// Welcome, then answers that can not be true.
    Lies(fn(Ack) -> down::Message),
    /// Honest, but for this in place of each Pong.
    AtPing(fn(&BTreeMap<GenId, Stored>) -> down::Message),
}

#[derive(Default)]
pub struct Platform {
    script: Mutex<std::vec::IntoIter<Behaviour>>,
    pub sessions: AtomicUsize,
    pub hellos: Mutex<Vec<Hello>>,
    pub pings: Mutex<Vec<Ping>>,
    pub repeats: AtomicUsize,
    pub stored: Mutex<BTreeMap<GenId, Stored>>,
}

#[derive(Default)]
pub struct Stored {
    pub bodies: Vec<String>,
    end: Option<u64>,
}

impl Stored {
    fn ack(&self, gen_id: &GenId) -> Ack {
        let seq = self.bodies.len() as u64;
        Ack { gen_id: gen_id.to_vec().into(), seq, complete: self.end.is_some_and(|end| seq >= end) }
    }
}

impl Platform {
    pub fn with(script: Vec<Behaviour>) -> Arc<Platform> {
        Arc::new(Platform { script: Mutex::new(script.into_iter()), ..Platform::default() })
    }

    pub async fn serve(self: Arc<Platform>, listener: tokio::net::TcpListener) -> Result<(), tonic::transport::Error> {
        let router = tonic::transport::Server::builder().add_service(UplinkServer::new(Service(self)));
        router.serve_with_incoming(TcpListenerStream::new(listener)).await
    }

    fn answer(&self, message: up::Message) -> down::Message {
        let id = |bytes: &[u8]| GenId::try_from(bytes).unwrap();
        let mut all = self.stored.lock().unwrap();
        match message {
            up::Message::Hello(hello) => {
                let marks = hello.generations.iter().map(|listed| id(&listed.gen_id));
                let marks = marks.filter_map(|gen_id| all.get(&gen_id).map(|stored| stored.ack(&gen_id))).collect();
                self.hellos.lock().unwrap().push(hello);
                let grant = Grant { credit_bytes: 1 << 20, backlog_bytes_per_s: 0 };
                down::Message::Welcome(Welcome { marks, grant: Some(grant) })
            }
            up::Message::Batch(batch) => {
                let stored = all.entry(id(&batch.gen_id)).or_default();
                let expected_seq = stored.bodies.len() as u64 + 1;
                if batch.first_seq > expected_seq {
                    return down::Message::Rewind(Rewind { gen_id: batch.gen_id, expected_seq });
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
            up::Message::Ping(ping) => {
                self.pings.lock().unwrap().push(ping);
                // 7 s ahead
                let t1_ms = ping.t0_ms + 7000;
                down::Message::Pong(Pong { t0_ms: ping.t0_ms, t1_ms, t2_ms: t1_ms })
            }
        }
    }

    pub fn sessions(&self) -> usize {
        self.sessions.load(Relaxed)
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
        let answering = platform.clone();
        let honest = request.into_inner().filter_map(move |up| Some(answering.answer(up.ok()?.message?)));
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
            Some(Behaviour::FallsSilent) => {
                Box::pin(honest.filter(|message| matches!(message, down::Message::Welcome(_))).map(down))
            }
            Some(Behaviour::Rejects(code, retry_after_ms)) => {
                let reject = Reject { code: code.into(), retry_after_ms, ..Reject::default() };
                Box::pin(tokio_stream::once(down(down::Message::Reject(reject))))
            }
            Some(Behaviour::Lies(lie)) => Box::pin(honest.map(move |message| match message {
                down::Message::Ack(ack) => down(lie(ack)),
                other => down(other),
            })),
            Some(Behaviour::AtPing(says)) => Box::pin(honest.map(move |message| match message {
                down::Message::Pong(_) => down(says(&platform.stored.lock().unwrap())),
                other => down(other),
            })),
        }))
    }
}
