//! TLS around a connection (Modbus/TCP Security).

use super::{Stream, Trouble};
use crate::{
    agent::{config::Tls, tls::client_config},
    runtime::task::blocking,
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

/// `host` is the address's; its certificate must have this name, unless another is told.
pub async fn around(stream: impl Stream + 'static, host: &str, tls: &Tls) -> Result<impl Stream + 'static, Trouble> {
    let name = tls.server_name.as_deref().unwrap_or(host).to_owned();
    let name = ServerName::try_from(name.clone())
        .map_err(|_| Trouble::from(format!("{name:?} is no name of a server: write server_name")))?;
    // read anew each time: a certificate that was renewed is taken without a restart
    let files = tls.clone();
    let config = blocking(move || client_config(&files)).await.map_err(|error| Trouble::from(error.to_string()))?;
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| {
        let text = format!("no TLS: {error}");
        Trouble { text, kind: Some(error.kind()) }
    })
}
