//! Callers of every kind.

use super::{Caller, RECEIVED_MAX, Slot, Switchboard, readable, whose};
use crate::{
    agent::{
        config::{Bus, DialIn, Link, Parity, Wire},
        source::line::Endpoint,
    },
    model::Reason,
    runtime::{
        clock,
        task::{Ended, Tasks},
    },
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

const DEADLINE: Duration = Duration::from_secs(10);

fn dial_in(listen: SocketAddr, registration: &str, heartbeat: &str) -> DialIn {
    let wire = Wire { baud: 9600, parity: Parity::None, stop_bits: 1 };
    DialIn { listen, registration: registration.into(), heartbeat: heartbeat.into(), wire }
}

fn bus(name: &str, dial_in: DialIn) -> Bus {
    let timeout = Duration::from_millis(200);
    Bus { name: name.into(), link: Link::DialIn(dial_in), timeout, poll_interval: timeout, meters: Vec::new() }
}

fn nowhere() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

#[test]
fn a_caller_is_known_by_its_first_bytes() {
    let slots = [("a", "DTU-1", ""), ("b", "DTU-10", "hb"), ("c", "\u{1}", "\u{2}")]
        .map(|(bus, registration, heartbeat)| Arc::new(Slot::new(bus, &dial_in(nowhere(), registration, heartbeat))));
    let whose = |said: &[u8]| match whose(said, &slots) {
        Caller::Of(slot) => slot.bus().to_owned(),
        Caller::Perhaps(slot) => format!("{}?", slot.bus()),
        Caller::More => "more".into(),
        Caller::Unknown => "unknown".into(),
    };
    let said: [(&[u8], &str); 15] = [
        (b"", "more"),
        (b"DTU", "more"),
        (b"DTU-1", "a?"),
        (b"DTU-1\r\n", "a"),
        (b"DTU-10", "b"),
        (b"DTU-100", "b"),
        (b"DTU-2", "unknown"),
        (b"hb", "more"),
        (b"h", "more"),
        (b"hbhbDTU-10", "b"),
        (b"\x02\x02\x01", "c"),
        (b"hb\x02\x01\x01", "c"),
        (b"\x01", "c"),
        (b"hbx", "unknown"),
        (b"GET / HTTP/1.1", "unknown"),
    ];
    for (bytes, expected) in said {
        assert_eq!(whose(bytes), expected, "{}", readable(bytes));
    }
    let only = [Arc::new(Slot::new("only", &dial_in(nowhere(), "", "")))];
    assert!(matches!(super::whose(b"", &only), Caller::Of(_)), "whoever calls is this bus");
}

#[test]
fn what_a_caller_said_is_shown_as_text_or_in_digits_and_never_whole() {
    assert_eq!(readable(b"DTU-1"), "\"DTU-1\"");
    assert_eq!(readable(&[0, 0xFF]), "hex:00ff");
    assert_eq!(readable(b""), "nothing");
    assert!(readable(&[b'x'; 500]).len() < 80);
}

#[test]
fn buses_of_one_address_share_a_listener() {
    let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let tcp = Bus { link: Link::Tcp("meter:502".into()), ..bus("t", dial_in(nowhere(), "", "")) };
    let buses = [
        bus("a", dial_in(at(9000), "1", "")),
        tcp,
        bus("b", dial_in(at(9001), "1", "")),
        bus("c", dial_in(at(9000), "2", "")),
    ];
    let all = Switchboard::all(&buses);
    let known: Vec<_> = all.iter().map(|board| (board.listen.port(), board.slots.len())).collect();
    assert_eq!(known, [(9000, 2), (9001, 1)]);
    assert!(all[0].slot("c").is_some() && all[0].slot("b").is_none());
}

/// A listener with the buses "a" (DTU-1) and "b" (DTU-2).
struct Bench {
    address: SocketAddr,
    board: Arc<Switchboard>,
    tasks: Tasks,
    buses: [Bus; 2],
}

impl Bench {
    async fn start() -> Bench {
        let address = TcpListener::bind(nowhere()).await.unwrap().local_addr().unwrap();
        let buses = [bus("a", dial_in(address, "DTU-1", "")), bus("b", dial_in(address, "DTU-2", ""))];
        let board = Switchboard::all(&buses).remove(0);
        let mut tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("dial-in", board.clone().run(tasks.stop()));
        Bench { address, board, tasks, buses }
    }

    async fn call(&self, said: &[u8]) -> TcpStream {
        let begun = clock::monotonic();
        loop {
            match TcpStream::connect(self.address).await {
                Ok(mut stream) => {
                    stream.write_all(said).await.unwrap();
                    return stream;
                }
                Err(error) => assert!(clock::monotonic() < begun + DEADLINE, "{error}"),
            }
            tokio::task::yield_now().await;
        }
    }

    async fn registered(&self, bus: &str) {
        let begun = clock::monotonic();
        while !self.board.slot(bus).unwrap().waits() {
            assert!(clock::monotonic() < begun + DEADLINE, "{bus} is not registered");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    matches!(tokio::time::timeout(DEADLINE, stream.read(&mut byte)).await, Ok(Ok(0) | Err(_)))
}

#[tokio::test]
async fn each_caller_gets_the_line_of_its_registration_and_strangers_none() {
    let bench = Bench::start().await;
    let mut strangers =
        [bench.call(b"DTU-3").await, bench.call(b"\x00\x01").await, bench.call(&[b'x'; RECEIVED_MAX * 4]).await];
    for stranger in &mut strangers {
        assert!(closed(stranger).await);
    }
    let [a, b] = &bench.buses;
    let boards = [bench.board.clone()];
    let mut endpoint = Endpoint::new(b).behind(&boards);
    let seen = |received: &[u8]| match received.len() {
        4 => crate::agent::source::line::Seen::Whole(0..4),
        _ => crate::agent::source::line::Seen::More,
    };
    let before = endpoint.exchange(b"ask.", seen).await.unwrap_err();
    assert_eq!(before.reason(), Reason::Disconnected, "{before}");

    let mut dtu = bench.call(b"DTU-2").await;
    bench.registered("b").await;
    let answer = async {
        let mut request = [0; 4];
        dtu.read_exact(&mut request).await.unwrap();
        dtu.write_all(b"told").await.unwrap();
    };
    endpoint.begin_poll();
    let (reply, ()) = tokio::join!(endpoint.exchange(b"ask.", seen), answer);
    assert_eq!(reply.unwrap(), b"told");
    let mut other = Endpoint::new(a).behind(&boards);
    assert!(other.exchange(b"ask.", seen).await.is_err(), "DTU-1 has not called");

    // a fault leaves the DTU its connection
    assert_eq!(endpoint.exchange(b"ask.", seen).await.unwrap_err().reason(), Reason::Timeout);
    dtu.read_exact(&mut [0; 4]).await.unwrap();
    let answer = async {
        let mut request = [0; 4];
        dtu.read_exact(&mut request).await.unwrap();
        dtu.write_all(b"more").await.unwrap();
    };
    let (reply, ()) = tokio::join!(endpoint.exchange(b"ask.", seen), answer);
    assert_eq!(reply.unwrap(), b"more");

    // it calls again: the line is the new one's, and the old one is closed
    let mut again = bench.call(b"DTU-2").await;
    bench.registered("b").await;
    let answer = async {
        let mut request = [0; 4];
        again.read_exact(&mut request).await.unwrap();
        again.write_all(b"anew").await.unwrap();
    };
    let (reply, ()) = tokio::join!(endpoint.exchange(b"ask.", seen), answer);
    assert_eq!(reply.unwrap(), b"anew");
    assert!(closed(&mut dtu).await);

    bench.tasks.stop().cancel();
    assert_eq!(bench.tasks.join(DEADLINE).await, Ended::Stopped);
}

#[tokio::test]
async fn a_registration_may_come_in_pieces_and_a_call_before_the_bus_asks_is_kept() {
    let bench = Bench::start().await;
    let mut dtu = bench.call(b"DT").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    dtu.write_all(b"U-1").await.unwrap();
    bench.registered("a").await;
    let second = bench.call(b"DTU-1").await;
    assert!(closed(&mut dtu).await, "the newest is kept");
    drop(second);
}
