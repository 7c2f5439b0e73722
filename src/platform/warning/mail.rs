//! One message as an e-mail, over SMTP.

use crate::platform::store::Delivery;
use lettre::{
    Message, SmtpTransport, Transport,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Security {
    /// TLS from the first byte (465).
    Tls,
    /// A plain beginning that must become TLS (587).
    StartTls,
    /// For a relay on the same machine or line.
    None,
}

#[derive(Clone)]
pub struct MailSettings {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// PEM of an authority beside the system's.
    pub authority: Option<Vec<u8>>,
    /// User and password.
    pub login: Option<(String, String)>,
    pub from: String,
    pub to: Vec<String>,
}

/// Blocks on the network.
///
/// # Errors
/// Why it was not taken.
pub fn send(settings: &MailSettings, delivery: &Delivery) -> Result<(), String> {
    let message = letter(settings, delivery)?;
    let tls = || {
        let mut tls = TlsParameters::builder(settings.host.clone());
        if let Some(pem) = &settings.authority {
            tls = tls.add_root_certificate(Certificate::from_pem(pem).map_err(|error| error.to_string())?);
        }
        tls.build().map_err(|error| error.to_string())
    };
    let tls = match settings.security {
        Security::Tls => Tls::Wrapper(tls()?),
        Security::StartTls => Tls::Required(tls()?),
        Security::None => Tls::None,
    };
    let mut transport =
        SmtpTransport::builder_dangerous(&settings.host).port(settings.port).timeout(Some(DEADLINE)).tls(tls);
    if let Some((user, password)) = &settings.login {
        transport = transport.credentials(Credentials::new(user.clone(), password.clone()));
    }
    transport.build().send(&message).map(|_| ()).map_err(|error| error.to_string())
}

fn letter(settings: &MailSettings, delivery: &Delivery) -> Result<Message, String> {
    let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|error| format!("{text}: {error}"));
    let domain = settings.from.rsplit('@').next().unwrap_or("mujun").trim_end_matches('>').to_owned();
    let mut letter = Message::builder()
        .from(mailbox(&settings.from)?)
        .subject(&delivery.subject)
        // the same in each try: a mail program shows a repeat once
        .message_id(Some(format!("<{}@{domain}>", delivery.key)))
        .header(ContentType::TEXT_PLAIN);
    for to in &settings.to {
        letter = letter.to(mailbox(to)?);
    }
    letter.body(delivery.body.clone()).map_err(|error| error.to_string())
}
