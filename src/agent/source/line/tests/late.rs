//! Answers that come when another request waits: no wrong value, whatever the order.

use super::{
    Diary,
    peers::{Server, framed, holding, send, serial_server, sound},
};
use crate::{
    agent::source::{line::Fault, modbus::Answer},
    model::Reason,
    runtime::clock,
};
use std::{net::TcpStream, sync::Arc, time::Duration};

const SHORT: Duration = Duration::from_millis(200);

/// The first request is not answered in time: its answer comes when the next one is there, before that one's.
fn one_behind() -> Server {
    let mut owed: Option<Vec<u8>> = None;
    Server::start(move |request, stream: &mut TcpStream| {
        match owed.take() {
            None if request.connection == 0 && request.start == 100 => owed = Some(request.answer()),
            None => return send(stream, &request.answer()),
            // now as a slow line has it: the late one first
            Some(late) => {
                send(stream, &late);
                send(stream, &request.answer());
            }
        }
        true
    })
}

#[tokio::test]
async fn a_late_answer_is_never_taken_for_that_of_the_next_request() {
    for count in [10, 1] {
        let server = one_behind();
        let mut endpoint = serial_server(&server.address, SHORT);
        assert!(matches!(endpoint.read(1, &holding(100, count)).await, Err(Fault::Timeout(_))));
        let answer = endpoint.read(1, &holding(200, count)).await.unwrap();
        assert_eq!(answer, sound(1, &holding(200, count)));
        assert_eq!(endpoint.read(1, &holding(100, count)).await.unwrap(), sound(1, &holding(100, count)));
        let another_length = if count == 1 { 2 } else { 1 };
        let asked = [(1, 100, count), (1, 200, another_length), (1, 200, count), (1, 100, count)];
        assert_eq!(server.asked(), asked, "a request of another length goes first, once");
    }
}

#[tokio::test]
async fn without_the_rules_it_is_taken() {
    let server = one_behind();
    let mut endpoint = serial_server(&server.address, SHORT);
    endpoint.trusting = true;
    assert!(matches!(endpoint.read(1, &holding(100, 10)).await, Err(Fault::Timeout(_))));
    let answer = endpoint.read(1, &holding(200, 10)).await.unwrap();
    assert_eq!(answer, sound(1, &holding(100, 10)), "the values of other registers: what the rules are for");
}

#[tokio::test]
async fn any_number_of_late_answers_gives_no_wrong_value() {
    for behind in 1..5 {
        let mut answers = std::collections::VecDeque::new();
        let server = Server::start(move |request, stream: &mut TcpStream| {
            answers.push_back(request.answer());
            if answers.len() > behind {
                send(stream, &answers.pop_front().unwrap());
            }
            true
        });
        let mut endpoint = serial_server(&server.address, Duration::from_millis(30));
        for round in 0..12_u16 {
            let read = holding(100 * (1 + round % 3), 10);
            if let Ok(answer) = endpoint.read(1, &read).await {
                assert_eq!(answer, sound(1, &read), "{behind} behind, round {round}");
            }
        }
    }
}

#[tokio::test]
async fn a_late_answer_of_one_meter_does_not_spoil_that_of_another() {
    let mut late = None;
    let server = Server::start(move |request, stream: &mut TcpStream| match request.unit {
        1 => {
            late = Some(request.answer());
            true
        }
        _ => {
            let late = late.take().unwrap_or_default();
            send(stream, &[late, request.answer()].concat())
        }
    });
    let mut endpoint = serial_server(&server.address, SHORT);
    assert!(endpoint.read(1, &holding(0, 4)).await.is_err());
    assert_eq!(endpoint.read(2, &holding(0, 4)).await.unwrap(), sound(2, &holding(0, 4)));
}

#[tokio::test]
async fn after_a_fault_the_line_is_opened_anew_and_stays_quiet_for_one_response_time() {
    let server = Server::start(|request, stream| request.unit == 1 || send(stream, &request.answer()));
    let mut endpoint = serial_server(&server.address, SHORT);
    let begun = clock::monotonic();
    assert!(matches!(endpoint.read(1, &holding(0, 2)).await, Err(Fault::Timeout(_))));
    endpoint.read(2, &holding(0, 2)).await.unwrap();
    assert!(clock::monotonic() >= begun + SHORT * 2, "a response time in vain, and one of silence");
    assert_eq!(server.connections(), 2);

    // who was silent in that time too is absent: its next timeout is just that
    let begun = clock::monotonic();
    let probed = endpoint.read(1, &holding(0, 2)).await;
    assert!(matches!(probed, Err(Fault::Timeout(_))));
    endpoint.read(2, &holding(0, 2)).await.unwrap();
    assert!(clock::monotonic() >= begun + SHORT);
}

#[tokio::test]
async fn what_is_wrong_on_the_line_is_malformed_and_never_a_value() {
    let spoilt = |mut frame: Vec<u8>| {
        frame[3] ^= 1;
        frame
    };
    type Forge = Box<dyn Fn(&super::peers::Request) -> Vec<u8> + Send>;
    let forged: [(&str, &str, Forge); 6] = [
        ("another unit", "Malformed", Box::new(|r| framed(&[r.unit + 1, 3, 4, 0, 1, 0, 2]))),
        ("another function", "Malformed", Box::new(|r| framed(&[r.unit, 4, 4, 0, 1, 0, 2]))),
        ("another length", "Malformed", Box::new(|r| framed(&[r.unit, 3, 2, 0, 1]))),
        ("a wrong CRC", "Damaged", Box::new(move |r| spoilt(r.answer()))),
        ("half a frame", "Malformed", Box::new(|r| r.answer()[..5].to_vec())),
        ("noise alone", "Malformed", Box::new(|_| vec![0, 0xFF, 0x7E])),
    ];
    for (name, outcome, forge) in forged {
        let server = Server::start(move |request, stream| match request.start {
            50 => send(stream, &forge(request)),
            _ => send(stream, &[&[0xFF, 1, 3], &request.answer()[..]].concat()),
        });
        let diary = Arc::new(Diary::default());
        let mut endpoint = serial_server(&server.address, SHORT).tapped(diary.clone());
        let fault = endpoint.read(1, &holding(50, 2)).await.unwrap_err();
        assert_eq!(fault.reason(), Reason::Malformed, "{name}: {fault}");
        assert_eq!(endpoint.read(2, &holding(0, 2)).await.unwrap(), sound(2, &holding(0, 2)), "{name}: behind noise");
        let told = diary.outcomes();
        assert!(told[0].starts_with(outcome), "{name}: {told:?}");
        assert_eq!(told[1], "Whole 8 12", "{name}");
    }
}

#[tokio::test]
async fn an_exception_is_an_answer_and_keeps_the_line() {
    let server = Server::start(|request, stream| send(stream, &request.exception(2)));
    let mut endpoint = serial_server(&server.address, SHORT);
    for _ in 0..3 {
        assert_eq!(endpoint.read(1, &holding(0, 2)).await.unwrap(), Answer::Exception(2));
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_serial_server_that_closes_between_requests_loses_no_answer() {
    let server = Server::start(|request, stream| {
        send(stream, &request.answer());
        false
    });
    let mut endpoint = serial_server(&server.address, Duration::from_secs(5));
    for _ in 0..3 {
        assert_eq!(endpoint.read(1, &holding(0, 2)).await.unwrap(), sound(1, &holding(0, 2)));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
