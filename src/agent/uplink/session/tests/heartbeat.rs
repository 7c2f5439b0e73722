//! Pings, Pongs and silence.

use super::*;

#[test]
fn a_platform_that_says_nothing_is_left() {
    let mut bench = Bench::new(&[generation(A, 0, false)]);
    bench.now = SILENCE - Duration::from_secs(1);
    bench.tick().unwrap();
    bench.welcome(vec![], Some(FULL)).unwrap();
    bench.now += SILENCE - Duration::from_secs(1);
    bench.tick().unwrap();
    // our own commits are no sign of life
    bench.on(Event::Changed(vec![generation(A, 1, false)])).unwrap();
    bench.now += Duration::from_secs(1);
    assert!(matches!(bench.tick(), Err(Ended::Silent(_))));

    let mut never_welcomed = Bench { now: SILENCE, ..Bench::new(&[]) };
    assert!(matches!(never_welcomed.tick(), Err(Ended::Silent(_))));
}

#[test]
fn pings_go_every_14_s_and_their_pongs_keep_an_idle_session_alive() {
    let (mut bench, _) = Bench::welcomed(&[], vec![]);
    let mut sent_at = Vec::new();
    for second in 0..300 {
        bench.now = Duration::from_secs(second);
        if let [Output::Ping(ping)] = &bench.tick().unwrap()[..] {
            sent_at.push(second);
            let t0_ms = ping.t0_ms;
            let pong = Pong { t0_ms, t1_ms: t0_ms + 5000, t2_ms: t0_ms + 5000 };
            assert_eq!(bench.on(down(down::Message::Pong(pong))).unwrap(), []);
        }
    }
    assert_eq!(sent_at, (0..300).step_by(14).collect::<Vec<_>>());
}

#[test]
fn a_ping_tells_the_clocks_difference_of_the_pings_before() {
    let (mut bench, _) = Bench::welcomed(&[], vec![]);
    let Output::Ping(first) = bench.tick().unwrap().remove(0) else { panic!() };
    assert_eq!((first.clock_offset_ms, first.round_trip_ms), (None, 0));
    bench.now = Duration::from_millis(300);
    let pong = Pong { t0_ms: first.t0_ms, t1_ms: first.t0_ms + 5000 + 120, t2_ms: first.t0_ms + 5000 + 180 };
    bench.on(down(down::Message::Pong(pong))).unwrap();
    assert_eq!(bench.session.exchanges.best(), Some(Exchange { offset_ms: 5000, round_trip_ms: 240 }));
    bench.now = Duration::from_secs(15);
    let Output::Ping(second) = bench.tick().unwrap().remove(0) else { panic!() };
    assert_eq!((second.clock_offset_ms, second.round_trip_ms), (Some(5000), 240));
    assert_eq!(second.t0_ms, first.t0_ms + 15_000);
}
