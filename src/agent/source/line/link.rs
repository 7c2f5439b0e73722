//! From a link of the configuration to bytes.

use super::{Fault, Stream, Trouble, dial_in::Slot, serial, tls};
use crate::agent::config::Link;
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpStream, time::timeout};

/// `slot` is where the calls of a bus that is dialled from outside arrive.
pub(super) async fn open(link: &Link, slot: Option<&Arc<Slot>>, deadline: Duration) -> Result<Box<dyn Stream>, Fault> {
    let open = async {
        let stream: Box<dyn Stream> = match link {
            Link::Tcp(address) | Link::SerialServer(address, _) => Box::new(tcp(address).await?),
            Link::Tls(address, tls) => Box::new(tls::around(tcp(address).await?, host(address), tls).await?),
            Link::Serial(serial) => Box::new(serial::open(serial).await?),
            Link::DialIn(_) => Box::new(slot.and_then(|slot| slot.take()).ok_or("its DTU has not called")?),
        };
        Ok(stream)
    };
    match timeout(deadline, open).await {
        Ok(opened) => opened.map_err(Fault::Unreachable),
        Err(_) => {
            let text = format!("no connection within {deadline:?}");
            Err(Fault::Unreachable(Trouble { text, kind: Some(std::io::ErrorKind::TimedOut) }))
        }
    }
}

/// Where the line is, for the log.
pub(super) fn place(link: &Link) -> String {
    match link {
        Link::Tcp(address) | Link::Tls(address, _) | Link::SerialServer(address, _) => address.clone(),
        Link::Serial(serial) => serial.path.display().to_string(),
        Link::DialIn(dial_in) => {
            format!("{} ({})", dial_in.listen, super::dial_in::readable(&dial_in.registration))
        }
    }
}

async fn tcp(address: &str) -> Result<TcpStream, Trouble> {
    let stream = TcpStream::connect(address).await?;
    // requests are a dozen bytes, each waited for: nothing is gained by collecting them
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Without the port; an IPv6 address without its brackets.
fn host(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_host_is_what_stands_before_the_port() {
        assert_eq!(super::host("gateway.factory.cn:802"), "gateway.factory.cn");
        assert_eq!(super::host("[fd00::1]:802"), "fd00::1");
    }
}
