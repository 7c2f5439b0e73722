//! TLS around a connection (Modbus/TCP Security): whom to believe, and what we show.

use super::{Stream, Trouble};
use crate::{agent::config::Tls, runtime::task::blocking};
use std::{path::Path, sync::Arc};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};

/// `host` is the address's; its certificate must have this name, unless another is told.
pub async fn around(stream: impl Stream + 'static, host: &str, tls: &Tls) -> Result<impl Stream + 'static, Trouble> {
    let name = tls.server_name.as_deref().unwrap_or(host).to_owned();
    let name = ServerName::try_from(name.clone())
        .map_err(|_| Trouble::from(format!("{name:?} is no name of a server: write server_name")))?;
    // read anew each time: a certificate that was renewed is taken without a restart
    let files = tls.clone();
    let config = blocking(move || config(&files)).await?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| {
        let text = format!("no TLS: {error}");
        Trouble { text, kind: Some(error.kind()) }
    })
}

fn config(tls: &Tls) -> Result<ClientConfig, Trouble> {
    let mut roots = RootCertStore::empty();
    match &tls.ca_file {
        Some(file) => {
            for certificate in certificates(file)? {
                roots.add(certificate).map_err(|error| in_file(file, error))?;
            }
        }
        None => {
            let system = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(system.certs);
            if roots.is_empty() {
                let text = "the system has no authorities: install ca-certificates or write ca_file";
                return Err(text.into());
            }
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Trouble::from(error.to_string()))?
        .with_root_certificates(roots);
    match &tls.certificate {
        None => Ok(builder.with_no_client_auth()),
        Some((certificate, key)) => {
            let chain = certificates(certificate)?;
            let private = PrivateKeyDer::from_pem_file(key).map_err(|error| in_file(key, error))?;
            builder.with_client_auth_cert(chain, private).map_err(|error| in_file(key, error))
        }
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Trouble> {
    let all = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match all {
        Ok(all) if all.is_empty() => Err(in_file(file, "no certificate in PEM")),
        Ok(all) => Ok(all),
        Err(error) => Err(in_file(file, error)),
    }
}

fn in_file(file: &Path, error: impl std::fmt::Display) -> Trouble {
    format!("{}: {error}", file.display()).into()
}
