//! The link between agents and platform: a TCP relay that can be cut.

use crate::runtime::task::Crowd;
use std::{convert::Infallible, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_util::sync::CancellationToken;

/// Whether the link is there. Cutting it drops every connection; while it is cut, new ones are closed at once.
#[derive(Clone)]
pub struct Switch(Arc<watch::Sender<bool>>);

impl Default for Switch {
    fn default() -> Switch {
        Switch(Arc::new(watch::Sender::new(true)))
    }
}

impl Switch {
    pub fn set(&self, up: bool) {
        self.0.send_replace(up);
    }
}

/// One for each agent, and one more while an old one ends.
const RELAYS_MAX: usize = 64;

/// Relays every connection of `listener` to the platform's port.
pub async fn run(
    listener: TcpListener,
    platform_port: u16,
    switch: Switch,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    let mut relays = Crowd::new(RELAYS_MAX);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept(), if relays.has_room() => accepted,
            () = relays.ended() => continue,
            () = stop.cancelled() => return Ok(()),
        };
        let Ok((mut agent, _)) = accepted else { continue };
        let mut up = switch.0.subscribe();
        if !*up.borrow() {
            continue;
        }
        relays.spawn(async move {
            let relay = async {
                let mut platform = TcpStream::connect(("127.0.0.1", platform_port)).await?;
                tokio::io::copy_bidirectional(&mut agent, &mut platform).await
            };
            tokio::select! {
                _ = relay => {}
                _ = up.wait_for(|up| !up) => {}
            }
        });
    }
}
