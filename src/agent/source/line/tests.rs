//! Lines against peers that misbehave.

mod late;
mod peers;

use super::{Event, Fault, Line, Seen, Tap, Timing};
use crate::{
    agent::config::{Parity, Wire},
    model::Reason,
    runtime::clock,
};
use std::{sync::Mutex, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

const TIMEOUT: Duration = Duration::from_millis(300);
const WIRE: Wire = Wire { baud: 9600, parity: Parity::Even, stop_bits: 1 };
const REQUEST: &[u8] = b"ask.";

/// A protocol whose replies are `<…>`, and `<!…>` where they are another's.
fn seen(received: &[u8]) -> Seen {
    let Some(start) = received.iter().position(|byte| *byte == b'<') else { return Seen::More };
    let Some(end) = received.iter().position(|byte| *byte == b'>') else { return Seen::More };
    match received.get(start + 1) {
        Some(b'!') => Seen::Wrong("another's".into()),
        Some(b'?') => Seen::Damaged("a wrong sum".into()),
        _ if end < start => Seen::More,
        _ => Seen::Whole(start..end + 1),
    }
}

fn line() -> (Line, DuplexStream) {
    let (ours, theirs) = tokio::io::duplex(4096);
    (Line::new(ours, Timing::of(Some(WIRE), TIMEOUT)), theirs)
}

/// What becomes of a request to which the peer answers with these pieces, one after the other.
async fn answered(pieces: &[&[u8]]) -> Result<(Line, Vec<u8>), Fault> {
    let (line, mut theirs) = line();
    let peer = async {
        let mut request = [0; REQUEST.len()];
        theirs.read_exact(&mut request).await.unwrap();
        assert_eq!(request, *REQUEST);
        for piece in pieces {
            theirs.write_all(piece).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // open until the line has ended its waiting
        std::future::pending::<()>().await
    };
    tokio::select! {
        result = line.exchange(REQUEST, seen) => result,
        () = peer => unreachable!(),
    }
}

#[tokio::test]
async fn a_reply_comes_whole_whatever_pieces_noise_and_echo_it_comes_with() {
    for pieces in [&[&b"<1>"[..]][..], &[b"<", b"1", b">"], &[b"\0\xff<1>"], &[b"<1>rubbish behind"]] {
        let (line, reply) = answered(pieces).await.unwrap();
        assert_eq!(reply, b"<1>");
        assert!(!line.echoes());
        let all: usize = pieces.iter().map(|piece| piece.len()).sum();
        assert_eq!(line.noise(), all as u64 - 3);
    }
    for pieces in [&[&b"ask.<1>"[..]][..], &[b"ask.", b"<1>"], &[b"as", b"k.<", b"1>"]] {
        let (line, reply) = answered(pieces).await.unwrap();
        assert_eq!((&reply[..], line.echoes(), line.noise()), (&b"<1>"[..], true, 0));
    }
}

#[tokio::test]
async fn what_is_no_reply_says_what_came_instead() {
    let fault = |pieces: &'static [&'static [u8]]| async move { answered(pieces).await.map(|_| ()).unwrap_err() };
    assert!(matches!(fault(&[]).await, Fault::Timeout(TIMEOUT)));
    assert!(matches!(fault(&[b"ask."]).await, Fault::Timeout(TIMEOUT)), "its own echo is no answer");
    let text = |fault: Fault| {
        assert_eq!(fault.reason(), Reason::Malformed);
        fault.to_string()
    };
    assert_eq!(text(fault(&[b"<1"]).await), "the reply was refused: 2 bytes came and hold no whole reply");
    assert_eq!(text(fault(&[b"<?>"]).await), "the reply was refused: a wrong sum, in 3 bytes");
    assert_eq!(text(fault(&[b"<!>"]).await), "the reply was refused: another's");
    let begun = clock::monotonic();
    assert_eq!(
        text(fault(&[&[0; 4000]]).await),
        "the reply was refused: 512 bytes came and hold no whole reply",
        "bounded, whatever comes"
    );
    assert!(clock::monotonic() < begun + TIMEOUT, "and at once");
}

#[tokio::test]
async fn a_reply_that_is_coming_in_at_the_deadline_is_let_come_to_its_end() {
    let (line, mut theirs) = line();
    let slow = async {
        for byte in *b"<1234567890>" {
            tokio::time::sleep(TIMEOUT / 6).await;
            if theirs.write_all(&[byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await
    };
    tokio::select! {
        result = line.exchange(REQUEST, seen) => assert_eq!(result.unwrap().1, b"<1234567890>"),
        () = slow => unreachable!(),
    }
}

#[tokio::test]
async fn what_lies_there_before_a_request_is_dropped_and_a_line_that_never_rests_is_left() {
    let (line, mut theirs) = line();
    theirs.write_all(b"<0>").await.unwrap();
    let peer = async {
        let mut request = [0; REQUEST.len()];
        theirs.read_exact(&mut request).await.unwrap();
        theirs.write_all(b"<1>").await.unwrap();
    };
    let (result, ()) = tokio::join!(line.exchange(REQUEST, seen), peer);
    let (line, reply) = result.unwrap();
    assert_eq!((&reply[..], line.noise()), (&b"<1>"[..], 3), "not the reply that lay there");

    let (ours, mut theirs) = tokio::io::duplex(64);
    let line = Line::new(ours, Timing::of(Some(WIRE), TIMEOUT).at_least_quiet(TIMEOUT / 2));
    let chatter = async {
        loop {
            let _full = theirs.write_all(&[0x55; 16]).await;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        result = line.exchange(REQUEST, seen) => {
            let text = result.map(|_| ()).unwrap_err().to_string();
            assert!(text.contains("the line is never quiet"), "{text}");
        }
        () = chatter => {}
    }
}

#[tokio::test]
async fn the_silence_before_a_request_is_kept() {
    let quiet = Duration::from_millis(60);
    let (ours, mut theirs) = tokio::io::duplex(64);
    let mut line = Line::new(ours, Timing::of(Some(WIRE), TIMEOUT).at_least_quiet(quiet));
    let mut last = clock::monotonic();
    for _ in 0..3 {
        let peer = async {
            let mut request = [0; REQUEST.len()];
            theirs.read_exact(&mut request).await.unwrap();
            assert!(clock::monotonic() >= last + quiet);
            last = clock::monotonic();
            theirs.write_all(b"<1>").await.unwrap();
        };
        let (result, ()) = tokio::join!(line.exchange(REQUEST, seen), peer);
        line = result.unwrap().0;
    }
}

#[tokio::test]
async fn a_heartbeat_is_neither_a_reply_nor_a_part_of_one() {
    for (pieces, expected) in [(&[&b"hb"[..], b"<1"][..], None), (&[b"hb<1", b"hb", b">hb"], Some(b"<1>"))] {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let line = Line::new(ours, Timing::of(Some(WIRE), TIMEOUT)).with_heartbeat(b"hb");
        // as it stands, a heartbeat inside of a reply would be a part of it
        let strict = |received: &[u8]| match seen(received) {
            Seen::Whole(range) if received[range.clone()].contains(&b'h') => Seen::Damaged("h".into()),
            other => other,
        };
        let peer = async {
            let mut request = [0; REQUEST.len()];
            theirs.read_exact(&mut request).await.unwrap();
            for piece in pieces {
                theirs.write_all(piece).await.unwrap();
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            std::future::pending::<()>().await
        };
        tokio::select! {
            result = line.exchange(REQUEST, strict) => match expected {
                Some(reply) => assert_eq!(result.unwrap().1, reply),
                None => assert!(matches!(result, Err(Fault::Malformed(_)))),
            },
            () = peer => unreachable!(),
        }
    }
    let (line, mut theirs) = line();
    let line = line.with_heartbeat(b"hb");
    theirs.write_all(b"hb").await.unwrap();
    let late = async {
        tokio::time::sleep(TIMEOUT / 4).await;
        theirs.write_all(b"hbhb").await.unwrap();
        std::future::pending::<()>().await
    };
    tokio::select! {
        result = line.exchange(REQUEST, seen) => assert!(matches!(result, Err(Fault::Timeout(_))), "{result:?}"),
        () = late => unreachable!(),
    }
}

/// What was told, as text.
#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Tap for Diary {
    fn told(&self, event: Event<'_>) {
        let line = match event {
            Event::Sent { bytes, .. } => format!("> {bytes:02x?}"),
            Event::Received { bytes, .. } => format!("< {bytes:02x?}"),
            Event::Ended(exchange) => {
                assert!(exchange.took < Duration::from_secs(20));
                let (sent, received) = (exchange.sent.len(), exchange.received.len());
                format!("{:?} {sent} {received}", exchange.outcome)
            }
        };
        self.0.lock().unwrap().push(line);
    }
}

impl Diary {
    fn outcomes(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        lines.iter().filter(|line| !line.starts_with(['<', '>'])).cloned().collect()
    }
}
