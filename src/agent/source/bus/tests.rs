//! The source against servers that misbehave.

mod penalty;
mod server;

use crate::{
    agent::{
        config::{Bus, Function, Link, Meter, ModbusLimits, ModbusPoint, Station, ValueType, WordOrder},
        health::Health,
        source::{
            Input,
            line::{Endpoint, Fault},
            modbus::plan,
        },
    },
    model::{RawValue, Reason, Scan},
    runtime::{
        clock,
        task::{Ended, Tasks},
    },
};
use server::{Request, Server, Then, send};
use std::{net::TcpListener, sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Long enough never to be reached where an answer comes.
const PATIENT: Duration = Duration::from_secs(5);
/// Reached only where nothing is expected any more; an answer of a busy test machine still comes in time.
const SHORT: Duration = Duration::from_millis(250);
/// No test takes that long; one that is still waiting then fails.
const DEADLINE: Duration = Duration::from_secs(20);

/// A running source and what comes out of it.
struct Bench {
    inputs: mpsc::Receiver<Input>,
    health: Arc<Health>,
    tasks: Tasks,
    end: tokio::time::Instant,
}

impl Bench {
    fn start(address: &str, timeout: Duration, meters: Vec<Meter>) -> Bench {
        let bus = bus(address, timeout, meters);
        let endpoint = Endpoint::new(&bus);
        let (out, inputs) = mpsc::channel(1);
        let health = Arc::new(Health::default());
        let mut tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("bus", super::run(bus, endpoint, out, health.clone(), Arc::default(), tasks.stop()));
        Bench { inputs, health, tasks, end: clock::monotonic() + DEADLINE }
    }

    async fn scans(&mut self) -> Vec<Scan> {
        let input =
            tokio::time::timeout_at(self.end, self.inputs.recv()).await.expect("the test ends in time").unwrap();
        assert!(input.receipt.is_none());
        input.scans
    }

    /// The next scan of a meter made by [`meter`]: its unit and what was found, in the order of its registers.
    async fn scan(&mut self) -> (u8, Vec<Result<u16, Reason>>) {
        let scans = self.scans().await;
        assert_eq!(scans.len(), 1);
        let unit = scans[0].found[0].0 / 1000;
        let word = |value| match value {
            RawValue::UInt(word) => word as u16,
            other => panic!("{other:?}"),
        };
        (unit as u8, scans[0].found.iter().map(|(_, result)| result.map(word)).collect())
    }
}

fn bus(address: &str, timeout: Duration, meters: Vec<Meter>) -> Bus {
    let poll_interval = Duration::from_millis(50);
    Bus { name: "b".into(), link: Link::Tcp(address.into()), timeout, poll_interval, meters }
}

fn point(series: u32, function: Function, register: u16, value_type: ValueType) -> ModbusPoint {
    ModbusPoint {
        series,
        function,
        register,
        value_type,
        word_order: WordOrder::Abcd,
        no_value: Vec::new(),
        multiplier: None,
    }
}

fn station(unit_id: u8, points: Vec<ModbusPoint>) -> Meter {
    let station = Station::Modbus { unit_id, limits: ModbusLimits::default(), points };
    Meter { name: format!("m{unit_id}"), model: None, poll_interval: Duration::from_millis(50), station }
}

/// A meter of `u16` holding registers; a point's series is what a sound server holds there.
fn meter(unit: u8, registers: &[u16]) -> Meter {
    let holding = |at: &u16| point(Request::value(unit, *at).into(), Function::HoldingRegisters, *at, ValueType::U16);
    station(unit, registers.iter().map(holding).collect())
}

fn sound(unit: u8, registers: &[u16]) -> Vec<Result<u16, Reason>> {
    registers.iter().map(|at| Ok(Request::value(unit, *at))).collect()
}

fn answer(request: &Request, stream: &mut std::net::TcpStream) -> Then {
    send(stream, &request.answer())
}

/// Unit 1 is asked for registers 0 and 1 in one request, then for 10, which is answered by `wrong`. Unit 2 is sound.
async fn one_wrong_answer(
    name: &str,
    timeout: Duration,
    expected: Reason,
    mut wrong: impl FnMut(&Request, &mut std::net::TcpStream) -> Then + Send + 'static,
) -> Vec<Request> {
    let server = Server::start("127.0.0.1:0", move |request, stream| match (request.unit, request.start) {
        (1, 10) => wrong(request, stream),
        _ => answer(request, stream),
    });
    let mut bench = Bench::start(&server.address, timeout, vec![meter(1, &[0, 1, 10]), meter(2, &[0, 1])]);
    let first = bench.scan().await;
    assert_eq!(first, (1, vec![Ok(1000), Ok(1001), Err(expected)]), "{name}: the points that were answered are kept");
    let refused = bench.health.rejected_inputs() > 0;
    assert_eq!(refused, expected == Reason::Malformed, "{name}: a refused reply is counted");
    assert_eq!(bench.scan().await, (2, sound(2, &[0, 1])), "{name}: the other meter is not touched");
    server.requests()
}

#[tokio::test]
async fn a_reply_that_is_not_just_the_one_asked_for_is_malformed_and_its_connection_is_left() {
    type Forge = fn(&Request) -> Vec<u8>;
    let patched = |at: usize, byte: u8| {
        move |request: &Request| {
            let mut frame = request.answer();
            frame[at] ^= byte;
            frame
        }
    };
    let forged: [(&str, Forge); 5] = [
        ("no register", |r| r.frame(&[3, 0])),
        ("one register too many", |r| r.frame(&[3, 4, 0, 1, 0, 2])),
        ("an odd byte count", |r| r.frame(&[3, 3, 0, 1, 0])),
        ("fewer bytes than the byte count says", |r| r.frame(&[3, 2, 0])),
        ("an exception without a code", |r| r.frame(&[0x83])),
    ];
    let patches = [
        ("another transaction", 1, 0x40),
        ("another protocol", 3, 1),
        ("no length", 5, 5),
        ("another unit", 6, 3),
        ("another function", 7, 3 ^ 4),
        ("a function that writes", 7, 3 ^ 6),
        ("an unknown function", 7, 3 ^ 0x70),
        ("the exception of another function", 7, 3 ^ 0x84),
    ];
    for (name, forge) in forged {
        let requests = one_wrong_answer(name, PATIENT, Reason::Malformed, move |r, s| send(s, &forge(r))).await;
        assert_left_after_the_wrong_answer(name, &requests);
    }
    for (name, at, byte) in patches {
        let forge = patched(at, byte);
        let requests = one_wrong_answer(name, PATIENT, Reason::Malformed, move |r, s| send(s, &forge(r))).await;
        assert_left_after_the_wrong_answer(name, &requests);
    }
}

fn assert_left_after_the_wrong_answer(name: &str, requests: &[Request]) {
    let wrong = requests.iter().position(|request| request.start == 10).unwrap();
    let (used, next) = (requests[wrong].connection, requests[wrong + 1].connection);
    assert!(used != next, "{name}: the connection was used again");
}

#[tokio::test]
async fn a_server_that_stays_silent_is_a_timeout() {
    let requests = one_wrong_answer("silent", SHORT, Reason::Timeout, |_, _| Then::Go).await;
    assert_left_after_the_wrong_answer("silent", &requests);
    let half = |r: &Request, s: &mut std::net::TcpStream| send(s, &r.answer()[..8]);
    let requests = one_wrong_answer("half a frame", SHORT, Reason::Timeout, half).await;
    assert_left_after_the_wrong_answer("half a frame", &requests);
}

#[tokio::test]
async fn a_server_that_closes_is_disconnected() {
    one_wrong_answer("closes", PATIENT, Reason::Disconnected, |_, _| Then::Close).await;
    let half = |r: &Request, s: &mut std::net::TcpStream| {
        send(s, &r.answer()[..9]);
        Then::Close
    };
    one_wrong_answer("closes inside a frame", PATIENT, Reason::Disconnected, half).await;
}

#[tokio::test]
async fn an_exception_marks_the_points_of_its_request_and_keeps_the_connection() {
    for code in [1, 2, 3, 4, 6, 0x0A, 0x0B, 0x77] {
        let exception = move |r: &Request, s: &mut std::net::TcpStream| send(s, &r.frame(&[0x83, code]));
        let requests = one_wrong_answer("exception", PATIENT, Reason::Exception, exception).await;
        assert!(requests.iter().all(|request| request.connection == 0));
    }
}

#[tokio::test]
async fn an_exception_does_not_end_the_meters_poll_unless_the_gateway_says_that_it_is_gone() {
    for (code, sent) in [(2, 2), (0x0B, 1)] {
        let server = Server::start("127.0.0.1:0", move |request, stream| match (request.unit, request.start) {
            (1, 0) => send(stream, &request.frame(&[0x83, code])),
            _ => answer(request, stream),
        });
        let mut bench = Bench::start(&server.address, PATIENT, vec![meter(1, &[0, 10]), meter(2, &[0])]);
        let rest = if sent == 2 { Ok(1010) } else { Err(Reason::Exception) };
        assert_eq!(bench.scan().await, (1, vec![Err(Reason::Exception), rest]));
        assert_eq!(bench.scan().await, (2, sound(2, &[0])));
        let requests = server.requests();
        assert_eq!(requests.iter().position(|request| request.unit == 2), Some(sent));
    }
}

#[tokio::test]
async fn a_late_answer_is_never_taken_for_the_next_one() {
    let mut late = None;
    let server = Server::start("127.0.0.1:0", move |request, stream| match late.take() {
        None if request.connection == 0 => {
            let stale = request.frame(&[3, 2, 0x27, 0x0F]);
            late = Some((stream.try_clone().unwrap(), stale));
            Then::Go
        }
        None => answer(request, stream),
        Some((mut old, stale)) => {
            send(&mut old, &stale);
            answer(request, stream)
        }
    });
    let mut bench = Bench::start(&server.address, SHORT, vec![meter(1, &[7])]);
    assert_eq!(bench.scan().await, (1, vec![Err(Reason::Timeout)]));
    let mut good = 0;
    while good < 3 {
        match bench.scan().await.1[..] {
            [Ok(value)] => {
                assert_eq!(value, 1007);
                good += 1;
            }
            [Err(reason)] => assert_eq!(reason, Reason::Timeout),
            _ => unreachable!(),
        }
    }
}

#[tokio::test]
async fn an_answer_nobody_asked_for_is_never_taken_for_the_next_one() {
    let server = Server::start("127.0.0.1:0", |request, stream| {
        let unasked = request.frame(&[3, 2, 0x27, 0x0F]);
        send(stream, &[request.answer(), unasked].concat())
    });
    let mut bench = Bench::start(&server.address, PATIENT, vec![meter(1, &[7])]);
    for _ in 0..10 {
        let (_, found) = bench.scan().await;
        assert!(found == [Ok(1007)] || found == [Err(Reason::Malformed)], "{found:?}");
    }
}

#[tokio::test]
async fn a_dead_meter_costs_one_request_then_pauses_and_comes_back() {
    let wake = CancellationToken::new();
    let awake = wake.clone();
    let server = Server::start("127.0.0.1:0", move |request, stream| {
        if request.unit == 1 && !awake.is_cancelled() { Then::Go } else { answer(request, stream) }
    });
    let mut bench = Bench::start(&server.address, SHORT, vec![meter(1, &[0, 10]), meter(2, &[0, 1])]);
    let asked = |unit: u8| server.requests().iter().filter(|request| request.unit == unit).count();
    let (mut polls, mut good_of_2) = (0, 0);
    while polls < 3 + asked(1) || good_of_2 < 5 {
        let (unit, found) = bench.scan().await;
        if unit == 1 {
            assert_eq!(found, [Err(Reason::Timeout), Err(Reason::Timeout)], "a sample for every due point");
            polls += 1;
        } else {
            good_of_2 += usize::from(found == sound(2, &[0, 1]));
        }
    }
    assert!(server.requests().iter().all(|request| request.start != 10), "one timeout a poll, not one a request");
    wake.cancel();
    while bench.scan().await != (1, sound(1, &[0, 10])) {}
}

#[tokio::test]
async fn a_lost_endpoint_gives_disconnected_at_each_poll_until_it_is_back() {
    let server = Server::start("127.0.0.1:0", |request, stream| {
        answer(request, stream);
        if request.unit == 2 { Then::Stop } else { Then::Go }
    });
    let meters = || vec![meter(1, &[0, 10]), meter(2, &[0])];
    let mut bench = Bench::start(&server.address, SHORT, meters());
    assert_eq!(bench.scan().await, (1, sound(1, &[0, 10])));
    assert_eq!(bench.scan().await, (2, sound(2, &[0])));
    let address = server.stopped();
    for _ in 0..5 {
        assert_eq!(bench.scan().await, (1, vec![Err(Reason::Disconnected); 2]));
        assert_eq!(bench.scan().await, (2, vec![Err(Reason::Disconnected)]));
    }
    let _again = Server::start(&address, answer);
    let mut back = [false; 2];
    while back != [true; 2] {
        match bench.scan().await {
            (1, found) => back[0] = found == sound(1, &[0, 10]),
            (_, found) => back[1] = found == sound(2, &[0]),
        }
    }
    assert_eq!(bench.health.rejected_inputs(), 0);
}

#[tokio::test]
async fn where_nobody_listens_every_point_is_disconnected() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for address in [nobody.as_str(), "no-such-host.invalid:502"] {
        let mut bench = Bench::start(address, PATIENT, vec![meter(1, &[0, 10]), meter(2, &[0])]);
        for _ in 0..4 {
            let (unit, found) = bench.scan().await;
            assert_eq!(found, vec![Err(Reason::Disconnected); if unit == 1 { 2 } else { 1 }]);
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_reached_is_tried_once_a_poll_not_once_a_meter() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let pause = Duration::from_millis(20);
    let mut endpoint = Endpoint::new(&bus(&address, pause, Vec::new()));
    let points = [point(0, Function::HoldingRegisters, 0, ValueType::U16)];
    let read = plan(&points, &ModbusLimits::default(), &Default::default()).remove(0);
    endpoint.begin_poll();
    assert!(matches!(endpoint.read(1, &read).await, Err(Fault::Unreachable(_))));
    let server = Server::start(&address, answer);
    let begun = clock::monotonic();
    while clock::monotonic() < begun + 2 * pause {
        let next = endpoint.read(2, &read).await;
        assert!(matches!(next, Err(Fault::Unreachable(_))), "the next meter does not wait for a connection again");
    }
    assert!(server.requests().is_empty());
    while endpoint.read(1, &read).await.is_err() {
        assert!(clock::monotonic() < begun + DEADLINE);
        endpoint.begin_poll();
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_server_that_closes_after_each_answer_loses_no_sample() {
    let server = Server::start("127.0.0.1:0", |request, stream| {
        answer(request, stream);
        Then::Close
    });
    let mut bench = Bench::start(&server.address, PATIENT, vec![meter(1, &[0, 10]), meter(2, &[0])]);
    for _ in 0..3 {
        assert_eq!(bench.scan().await, (1, sound(1, &[0, 10])));
        assert_eq!(bench.scan().await, (2, sound(2, &[0])));
    }
}

#[tokio::test]
async fn all_four_tables_are_read_with_the_fewest_requests() {
    use {Function::*, RawValue::UInt, ValueType::*};
    let server = Server::start("127.0.0.1:0", answer);
    let points = vec![
        point(0, Coils, 5, Bool),
        point(1, Coils, 6, Bool),
        point(2, DiscreteInputs, 9, Bool),
        point(3, HoldingRegisters, 20, U32),
        point(4, HoldingRegisters, 22, I16),
        point(5, InputRegisters, 30, U64),
    ];
    let mut bench = Bench::start(&server.address, PATIENT, vec![station(3, points)]);
    let found = bench.scans().await.remove(0).found;
    let words = |words: &[u64]| words.iter().fold(0, |sum, word| sum << 16 | word);
    let expected = [
        UInt(1),
        UInt(0),
        UInt(1),
        UInt(words(&[3020, 3021])),
        RawValue::Int(3022),
        UInt(words(&[3030, 3031, 3032, 3033])),
    ];
    assert_eq!(found, expected.iter().enumerate().map(|(i, value)| (i as u32, Ok(*value))).collect::<Vec<_>>());
    let requests: Vec<_> = server.requests().iter().take(4).map(|r| (r.function, r.start, r.count)).collect();
    assert_eq!(requests, [(1, 5, 2), (2, 9, 1), (3, 20, 3), (4, 30, 4)]);
}

#[tokio::test]
async fn a_wide_meter_comes_in_scans_of_at_most_256_samples_and_one_instant() {
    let server = Server::start("127.0.0.1:0", answer);
    let registers: Vec<u16> = (0..300).collect();
    let mut bench = Bench::start(&server.address, PATIENT, vec![meter(1, &registers)]);
    let begun = clock::now();
    let scans = bench.scans().await;
    assert!(begun <= scans[0].time && scans[0].time <= clock::now(), "stamped when the reply was in");
    assert_eq!(scans.iter().map(|scan| scan.found.len()).collect::<Vec<_>>(), [256, 44]);
    assert_eq!(scans[0].time, scans[1].time);
    let all: Vec<_> = scans.into_iter().flat_map(|scan| scan.found).collect();
    let expected: Vec<_> = (1000..1300_u32).map(|value| (value, Ok(RawValue::UInt(value.into())))).collect();
    assert_eq!(all, expected);
}

#[tokio::test]
async fn it_stops_at_once_in_every_state() {
    let silent = Server::start("127.0.0.1:0", |_, _| Then::Go);
    let good = Server::start("127.0.0.1:0", answer);
    // waiting for an answer
    let bench = Bench::start(&silent.address, PATIENT, vec![meter(1, &[0])]);
    while silent.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    bench.tasks.stop().cancel();
    assert_eq!(bench.tasks.join(DEADLINE).await, Ended::Stopped);
    // held back by a full queue
    let bench = Bench::start(&good.address, PATIENT, vec![meter(1, &[0])]);
    while good.requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    bench.tasks.stop().cancel();
    assert_eq!(bench.tasks.join(DEADLINE).await, Ended::Stopped);
    // with nobody left to take a scan it waits for the stop: it does not end by itself
    let Bench { inputs, tasks, .. } = Bench::start(&good.address, PATIENT, vec![meter(1, &[0])]);
    drop(inputs);
    let seen = good.requests().len();
    while good.requests().len() == seen {
        tokio::task::yield_now().await;
    }
    tasks.stop().cancel();
    assert_eq!(tasks.join(DEADLINE).await, Ended::Stopped);
}
