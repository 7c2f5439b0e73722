//! Clients that take what they can, and one that only asks.

use super::*;
use crate::runtime::task::{Ended, Tasks};
use http_body_util::Full;
use hyper::service::service_fn;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const LIMIT: Duration = Duration::from_secs(20);
const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(100);
const PATIENT: Bounds = Bounds { connections: 2, head: LONG, age: LONG, finish: LONG, stop: LIMIT };
/// More than the kernel keeps for a reader that does not read.
const LARGE_BYTES: usize = 32 << 20;

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: Tasks,
}

impl Server {
    async fn start(bounds: Bounds) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = service_fn(|request: Request<Incoming>| async move {
            let body = match request.uri().path() {
                "/large" => vec![b'x'; LARGE_BYTES],
                "/never" => std::future::pending().await,
                _ => b"here".to_vec(),
            };
            Ok(Response::new(Full::new(bytes::Bytes::from(body))))
        });
        let stop = CancellationToken::new();
        let mut tasks = Tasks::new(stop.clone());
        let serving = serve(bounds, listener, service, stop.clone());
        tasks.spawn("server", async move {
            serving.await;
            Ok::<(), Infallible>(())
        });
        Server { address, stop, tasks }
    }

    /// A connection over which `sent` went.
    async fn client(&self, sent: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        stream
    }

    async fn asks(&self) -> String {
        let mut stream = self.client("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn is_answered(&self) {
        let answer = tokio::time::timeout(LIMIT, self.asks()).await.expect("an answer in time");
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nhere"), "{answer}");
    }

    async fn stop(self) {
        self.stop.cancel();
        assert_eq!(self.tasks.join(LIMIT).await, Ended::Stopped);
    }
}

#[tokio::test]
async fn clients_that_send_no_request_or_half_of_one_lose_their_places() {
    let server = Server::start(Bounds { head: SHORT, ..PATIENT }).await;
    let _silent = server.client("").await;
    let _half = server.client("GET / HTTP/1.1\r\nhost:").await;
    server.is_answered().await;
    // an answer does not make a client welcome for ever
    let _idle = server.client("GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let _again = server.client("GET / HTTP/1.1\r\nhost: h\r\n\r\nGET / HT").await;
    server.is_answered().await;
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_sends_its_request_a_byte_at_a_time_is_ended() {
    let server = Server::start(Bounds { head: SHORT, ..PATIENT }).await;
    let mut slow = server.client("GET / HTTP/1.1\r\nx: ").await;
    let drip = async {
        while slow.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    tokio::time::timeout(LIMIT, drip).await.expect("the connection ends");
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_reads_no_answer_loses_its_place() {
    let server = Server::start(Bounds { connections: 1, age: SHORT, finish: SHORT, ..PATIENT }).await;
    let _deaf = server.client("GET /large HTTP/1.1\r\nhost: h\r\n\r\n").await;
    server.is_answered().await;
    server.stop().await;
}

#[tokio::test]
async fn there_are_so_many_connections_and_no_more() {
    let server = Server::start(PATIENT).await;
    let first = server.client("").await;
    let _second = server.client("").await;
    assert!(tokio::time::timeout(SHORT * 3, server.asks()).await.is_err(), "there was no place for it");
    drop(first);
    server.is_answered().await;
    server.stop().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_before_its_end() {
    let server = Server::start(PATIENT).await;
    let mut stream = server.client(&format!("GET / HTTP/1.1\r\nx: {}", "x".repeat(HEAD_BYTES_MAX))).await;
    let mut answer = String::new();
    tokio::time::timeout(LIMIT, stream.read_to_string(&mut answer)).await.expect("an answer in time").unwrap();
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_never_made_does_not_hold_the_stop() {
    let server = Server::start(Bounds { stop: SHORT, ..PATIENT }).await;
    let _waiting = server.client("GET /never HTTP/1.1\r\nhost: h\r\n\r\n").await;
    server.is_answered().await;
    server.stop().await;
}
