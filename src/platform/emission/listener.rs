//! Monitors' connections: bytes → packets → the store → answers.

use super::{
    hj212::{self, Packet, Step},
    intake,
};
use crate::{
    platform::store::{Store, StoreError},
    runtime::{clock, server},
};
use std::{convert::Infallible, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

/// At one time: a monitor has one, further ones wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 512;
/// Monitors that report by the hour say nothing in between.
const SILENCE: Duration = Duration::from_secs(2 * 3600);
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);
/// Pieces that are no packet before a connection is ended: it is no monitor's.
const ERRORS_MAX: u32 = 100;
const STOP: Duration = Duration::from_secs(3);

/// Listens until `stop`.
pub async fn serve(listener: TcpListener, store: Store, stop: CancellationToken) -> Result<(), Infallible> {
    let converse = |stream, peer| {
        let (store, stop) = (store.clone(), stop.clone());
        async move {
            let ended = tokio::select! {
                ended = converse(stream, &store) => ended,
                () = stop.cancelled() => "the platform is stopping",
            };
            tracing::info!(%peer, ended, "an emission monitor left");
        }
    };
    server::accept(CONNECTIONS_MAX, STOP, listener, &stop, converse).await;
    Ok(())
}

/// Until there is a reason to end, which is returned.
async fn converse(mut stream: TcpStream, store: &Store) -> &'static str {
    let (mut waiting, mut chunk, mut errors) = (Vec::with_capacity(hj212::PACKET_BYTES_MAX), [0; 4096], 0);
    loop {
        match hj212::step(&waiting) {
            Step::More => match tokio::time::timeout(SILENCE, stream.read(&mut chunk)).await {
                Err(_) => return "it was silent for too long",
                Ok(Ok(0) | Err(_)) => return "it closed the connection",
                Ok(Ok(read)) => waiting.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            },
            Step::Done(taken, packet) => {
                waiting.drain(..taken);
                match packet {
                    Err(error) => {
                        errors += 1;
                        tracing::debug!(%error, "no packet of a monitor");
                        if errors >= ERRORS_MAX {
                            return "too much of what it sent is no packet";
                        }
                    }
                    Ok(packet) => match take(store, &packet).await {
                        // unanswered it comes again, when the store can
                        Err(error) => tracing::error!(%error, "an emission report could not be stored"),
                        Ok(false) => return "its MN and PW are not in the list of stations",
                        Ok(true) if packet.answer => {
                            let answer = hj212::answer(&packet);
                            let sent = tokio::time::timeout(ANSWER_DEADLINE, stream.write_all(&answer)).await;
                            if !matches!(sent, Ok(Ok(()))) {
                                return "it does not read its answers";
                            }
                        }
                        Ok(true) => {}
                    },
                }
            }
        }
    }
}

/// Stores what a packet brings. Whether its monitor is one of ours.
async fn take(store: &Store, packet: &Packet) -> Result<bool, StoreError> {
    match intake::reports(packet) {
        Ok(reports) => {
            let taken = store.report_emission(&packet.mn, &packet.password, reports, clock::now()).await?;
            Ok(taken)
        }
        // answered all the same: it would come again for ever
        Err(error) => {
            tracing::warn!(mn = packet.mn, %error, "a packet of a monitor brings nothing");
            store.report_emission(&packet.mn, &packet.password, Vec::new(), clock::now()).await
        }
    }
}

#[cfg(test)]
mod tests;
