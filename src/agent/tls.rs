//! TLS as a client: whom to believe, and as whom to appear. One provider, ring, named here and nowhere else.
//!
//! # Promises
//! - A certificate is checked against the named authorities, or the system's, and against the expected name.
//! - What is wrong with a file says which file, and what to do about it, in both languages.
//!
//! # Does not
//! Connect, or look at a file again: a renewed certificate is taken by whoever asks anew.

use super::config::Tls;
use crate::runtime::lang::Text;
use std::{
    fmt, fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_rustls::rustls::{
    self, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};

/// A bundle of every public authority has some 250 KiB.
const PEM_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What keeps a configuration from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsError {
    /// The file that is to blame, where one is.
    pub file: Option<PathBuf>,
    pub found: Text,
    pub fix: Text,
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", file.display())?;
        }
        write!(f, "{}; {}", self.found.en, self.fix.en)
    }
}

impl std::error::Error for TlsError {}

/// Reads the files of `tls`. Blocks on the disk.
pub fn client_config(tls: &Tls) -> Result<Arc<ClientConfig>, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(tls, provider.clone())?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| of_rustls(None, &error))?;
    // the verifier is rustls' own, at most with another name to look for
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let config = match &tls.certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = certificates(certificate)?;
            let key_pem = read(key)?;
            let private = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|_| no_key(key))?;
            builder.with_client_auth_cert(chain, private).map_err(|error| of_rustls(Some(key), &error))?
        }
    };
    Ok(Arc::new(config))
}

fn verifier(tls: &Tls, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    match &tls.ca_file {
        Some(file) => {
            for certificate in certificates(file)? {
                roots.add(certificate).map_err(|error| of_rustls(Some(file), &error))?;
            }
        }
        // one bad file among the system's authorities spoils none of the others
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(no_authorities());
            }
        }
    }
    let inner =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().map_err(|error| TlsError {
            file: tls.ca_file.clone(),
            found: Text::new(format!("不能作为信任的根（{error}）"), format!("can not be trusted ({error})")),
            fix: Text::new("ca_file 须为 CA 证书", "ca_file holds the authority's certificate"),
        })?;
    let Some(name) = &tls.server_name else { return Ok(inner) };
    let name = ServerName::try_from(name.clone()).map_err(|_| TlsError {
        file: None,
        found: Text::new(format!("server_name {name:?} 不是名称"), format!("server_name {name:?} is no name")),
        fix: Text::new("写证书中的主机名或 IP 地址", "write the host name or the IP address of the certificate"),
    })?;
    Ok(Arc::new(Named { name, inner }))
}

/// The certificate is to bear this name, whatever the address says.
#[derive(Debug)]
struct Named {
    name: ServerName<'static>,
    inner: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _address: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.inner.verify_server_cert(end_entity, intermediates, &self.name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(file)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(TlsError {
            file: Some(file.to_owned()),
            found: Text::new("没有 PEM 证书", "holds no certificate in PEM"),
            fix: Text::new(
                "文件中须有 -----BEGIN CERTIFICATE----- 段；DER 文件用 openssl x509 -inform der 转换",
                "it needs a section -----BEGIN CERTIFICATE-----; convert DER with openssl x509 -inform der",
            ),
        }),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    let mut bytes = Vec::new();
    let read = fs::File::open(file).and_then(|open| open.take(PEM_BYTES_MAX).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| TlsError {
        file: Some(file.to_owned()),
        found: Text::new(format!("无法读取（{error}）"), format!("can not be read ({error})")),
        fix: Text::new(
            "核对路径，并让运行服务的用户可读此文件",
            "check the path, and let the user that runs the service read it",
        ),
    })
}

fn no_key(file: &Path) -> TlsError {
    TlsError {
        file: Some(file.to_owned()),
        found: Text::new("没有可用的 PEM 私钥", "holds no private key in PEM that can be used"),
        fix: Text::new(
            "私钥不带口令，PKCS#8、PKCS#1 或 SEC1 格式；用 openssl pkey 去掉口令",
            "it needs one without a pass phrase, in PKCS#8, PKCS#1 or SEC1; openssl pkey takes the pass phrase off",
        ),
    }
}

fn no_authorities() -> TlsError {
    TlsError {
        file: None,
        found: Text::new("本机没有 CA 证书", "this machine has no certificates of authorities"),
        fix: Text::new("写上 ca_file，或安装 ca-certificates", "name a ca_file, or install ca-certificates"),
    }
}

fn of_rustls(file: Option<&Path>, error: &rustls::Error) -> TlsError {
    let fix = match error {
        Error::InconsistentKeys(_) => {
            Text::new("cert_file 与 key_file 须成对", "cert_file and key_file must belong together")
        }
        _ => Text::new("换用有效的证书", "use a certificate that is valid"),
    };
    TlsError {
        file: file.map(Path::to_owned),
        found: Text::new(format!("不能使用（{error}）"), format!("can not be used ({error})")),
        fix,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn openssl(folder: &Path, arguments: &str) {
        let made = Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output().unwrap();
        assert!(made.status.success(), "{arguments}: {}", String::from_utf8_lossy(&made.stderr));
    }

    fn pair(folder: &Path, name: &str) {
        let curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
        openssl(folder, &format!("req -x509 {curve} -keyout {name}.key -out {name}.pem -subj /CN={name}"));
    }

    fn with(folder: &Path, ca: &str, pair: Option<(&str, &str)>) -> Result<Arc<ClientConfig>, TlsError> {
        client_config(&Tls {
            ca_file: Some(folder.join(ca)),
            certificate: pair.map(|(certificate, key)| (folder.join(certificate), folder.join(key))),
            server_name: None,
        })
    }

    #[test]
    fn files_that_fit_make_a_configuration_and_others_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        pair(folder, "a");
        pair(folder, "b");
        assert!(with(folder, "a.pem", None).is_ok());
        assert!(with(folder, "a.pem", Some(("b.pem", "b.key"))).is_ok());
        let refused = |ca, pair| {
            let error = with(folder, ca, pair).unwrap_err();
            let name = error.file.and_then(|file| Some(file.file_name()?.to_str()?.to_owned()));
            (name.unwrap_or_default(), error.found.en)
        };
        assert_eq!(refused("a.key", None).1, "holds no certificate in PEM");
        assert_eq!(refused("none.pem", None).0, "none.pem");
        assert_eq!(refused("a.pem", Some(("b.pem", "b.pem"))).1, "holds no private key in PEM that can be used");
        let crossed = refused("a.pem", Some(("b.pem", "a.key")));
        assert_eq!(crossed.0, "a.key", "the key is of another certificate: {crossed:?}");
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        pair(folder.path(), "a");
        let tls = |name: &str| Tls {
            ca_file: Some(folder.path().join("a.pem")),
            certificate: None,
            server_name: Some(name.into()),
        };
        assert!(client_config(&tls("broker.example")).is_ok());
        assert!(client_config(&tls("10.0.0.1")).is_ok());
        assert!(client_config(&tls("no name")).is_err());
    }
}
