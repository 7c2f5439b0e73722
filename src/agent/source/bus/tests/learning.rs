//! A meter that refuses a register, over two runs of the agent.

use super::{
    super::Findings,
    Bench, PATIENT, bus, meter,
    server::{Request, Server, send},
};
use crate::model::Reason;
use std::sync::Arc;

/// Register 5 is not there.
fn refusing() -> Server {
    Server::start("127.0.0.1:0", |request: &Request, stream| {
        let touches = (request.start..request.start + request.count).contains(&5);
        send(stream, &if touches { request.frame(&[0x83, 2]) } else { request.answer() })
    })
}

#[tokio::test]
async fn what_a_meter_refuses_is_found_kept_and_left_out_in_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let registers: Vec<u16> = (0..12).collect();
    let expected: Vec<_> =
        registers.iter().map(|at| if *at == 5 { Err(Reason::Exception) } else { Ok(1000 + at) }).collect();

    let server = refusing();
    let of = |server: &Server| bus(&server.address, PATIENT, vec![meter(1, &registers)]);
    let findings = || Arc::new(Findings::open(folder.path(), &[of(&server)]));
    let mut bench = Bench::of(of(&server), findings());
    let mut polls = 0;
    while !folder.path().join("learned.json").exists() {
        polls += 1;
        assert!(polls < 20, "it is found in time");
        bench.scan().await;
    }
    while bench.scan().await != (1, expected.clone()) {
        polls += 1;
        assert!(polls < 20);
    }
    assert_eq!(bench.health.buses()[0].meters[0].learned, ["3:5"]);
    drop(bench);

    let known = server.requests().len();
    let mut bench = Bench::of(of(&server), findings());
    assert_eq!(bench.scan().await, (1, expected.clone()), "at once");
    let requests: Vec<_> =
        server.requests().split_off(known).iter().map(|request| (request.start, request.count)).collect();
    assert_eq!(requests[..2], [(0, 5), (6, 6)]);
    assert_eq!(bench.health.buses()[0].meters[0].learned, ["3:5"]);
}
