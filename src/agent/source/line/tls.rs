//! TLS around a connection (Modbus/TCP Security).

use super::{Stream, Trouble};
use crate::{
    agent::{config::Tls, tls::client_config},
    runtime::task::blocking,
};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::pki_types::ServerName};

/// `host` is the address's; its certificate must have this name, unless another is told.
pub async fn around(stream: impl Stream + 'static, host: &str, tls: &Tls) -> Result<impl Stream + 'static, Trouble> {
    let name = tls.server_name.as_deref().unwrap_or(host).to_owned();
    let name = ServerName::try_from(name.clone())
        .map_err(|_| Trouble::from(format!("{name:?} is no name of a server: write server_name")))?;
    // read anew each time: a certificate that was renewed is taken without a restart
    let files = tls.clone();
    let config = blocking(move || client_config(&files)).await.map_err(|error| Trouble::from(error.to_string()))?;
    match TlsConnector::from(config).connect(name, stream).await {
        Ok(stream) => Ok(Secured(stream)),
        Err(error) => Err(Trouble { text: format!("no TLS: {error}"), kind: Some(error.kind()) }),
    }
}

/// A server that refuses our certificate may say so only behind the handshake, and one that just hangs up is an error
/// here: neither is a reply that is malformed, as it would be by the error's kind.
#[derive(Debug)]
struct Secured<S>(TlsStream<S>);

fn closed<T>(result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| io::Error::new(io::ErrorKind::ConnectionAborted, format!("TLS: {error}")))
}

impl<S: Stream> AsyncRead for Secured<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf).map(closed)
    }
}

impl<S: Stream> AsyncWrite for Secured<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf).map(closed)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx).map(closed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx).map(closed)
    }
}
