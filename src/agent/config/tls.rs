//! The keys of TLS: files, and the name that the server's certificate must bear.

use super::{
    Tls,
    key::{CA_FILE, CERT_FILE, CERT_KEY_FILE, SERVER_NAME},
    word,
};
use crate::runtime::settings::{self, Section};
use std::path::{Path, PathBuf};

/// What `section` says of TLS. The files are looked at when a connection is made.
pub(super) fn tls(section: &Section) -> Tls {
    let file = |key| section.parse(key, settings::path).map(|found| found.value.to_owned());
    let (certificate, key) = (file(&CERT_FILE), file(&CERT_KEY_FILE));
    for (one, other) in [(&CERT_FILE, &CERT_KEY_FILE), (&CERT_KEY_FILE, &CERT_FILE)] {
        if section.has(one) && !section.has(other) {
            section.missing(other);
        }
    }
    Tls {
        ca_file: file(&CA_FILE),
        certificate: certificate.zip(key),
        server_name: section.parse(&SERVER_NAME, word::name).map(|name| name.value.to_owned()),
    }
}

impl Tls {
    /// Relative files are those of `folder`.
    pub(super) fn relative_to(&mut self, folder: &Path) {
        let join = |file: &mut PathBuf| *file = folder.join(&*file);
        self.ca_file.iter_mut().for_each(join);
        if let Some((certificate, key)) = &mut self.certificate {
            join(certificate);
            join(key);
        }
    }
}
