//! The table [warning]: by which figures warnings are judged, and where they are told.

use super::key::warning::{
    BASIS, CA_FILE, DAYS_OFF, FROM, HOST, MAIL, MAIL_SHAPE, PASSWORD_FILE, PORT, SECRET_FILE, SECURITY, TO, URL, USER,
    WEBHOOK, WEBHOOK_SHAPE, WORKED_WEEKENDS,
};
use crate::{
    energy::coal::Basis,
    platform::warning::{Calendar, Security},
    runtime::{
        lang::Text,
        settings::{self, Key, Section},
    },
};
use jiff::civil::Date;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WarningConfig {
    /// By default calorific.
    pub basis: Option<Basis>,
    pub calendar: Calendar,
    pub mail: Option<MailConfig>,
    pub webhook: Option<WebhookConfig>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailConfig {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// PEM of an authority beside the system's.
    pub ca_file: Option<PathBuf>,
    /// User, and the file that holds the password.
    pub login: Option<(String, PathBuf)>,
    pub from: String,
    pub to: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookConfig {
    pub url: String,
    pub secret_file: PathBuf,
}

const BASES: [(&str, Basis); 2] = [("calorific", Basis::Calorific), ("equivalent", Basis::Equivalent)];
const SECURITIES: [(&str, Security); 3] =
    [("tls", Security::Tls), ("starttls", Security::StartTls), ("none", Security::None)];

/// `folder`: where relative paths begin.
pub(super) fn read(section: &Section<'_>, folder: &Path) -> WarningConfig {
    let days = |key: &Key| -> BTreeSet<Date> {
        let date = |text: &str| text.parse().map_err(|_| settings::such_as(key));
        section.parse_each(key, date).unwrap_or_default().into_iter().collect()
    };
    WarningConfig {
        basis: section.one_of(&BASIS, &BASES).map(|found| found.value),
        calendar: Calendar { days_off: days(&DAYS_OFF), worked_weekends: days(&WORKED_WEEKENDS) },
        mail: section.table(&MAIL, &MAIL_SHAPE).and_then(|mail| mail_of(&mail, folder)),
        webhook: section.table(&WEBHOOK, &WEBHOOK_SHAPE).and_then(|webhook| webhook_of(&webhook, folder)),
    }
}

fn mail_of(mail: &Section<'_>, folder: &Path) -> Option<MailConfig> {
    let address = |text: &str| {
        let fits = text.parse::<lettre::message::Mailbox>();
        fits.map(|_| text.to_owned()).map_err(|_| Text::new("写作 a@example.cn", "write it as a@example.cn"))
    };
    let host = mail.string(&HOST).map(|found| found.value.to_owned());
    let port = mail.integer(&PORT, 1..=65_535).and_then(|found| u16::try_from(found.value).ok());
    let security = mail.or(&SECURITY, Security::StartTls, mail.one_of(&SECURITY, &SECURITIES));
    let from = mail.parse(&FROM, address).map(|found| found.value);
    let to = mail.parse_each(&TO, address);
    if to.as_ref().is_some_and(Vec::is_empty) {
        mail.missing(&TO);
    }
    let file = |key| mail.parse(key, settings::path).map(|path| folder.join(path.value));
    let user = mail.string(&USER).map(|found| found.value.to_owned());
    let password_file = file(&PASSWORD_FILE);
    match (&user, &password_file) {
        (Some(_), None) if !mail.has(&PASSWORD_FILE) => mail.missing(&PASSWORD_FILE),
        (None, Some(_)) if !mail.has(&USER) => mail.missing(&USER),
        _ => {}
    }
    let login = user.zip(password_file);
    if login.is_some() && security == Some(Security::None) {
        mail.refuse(
            &SECURITY,
            Text::new("密码会以明文传送", "the password would travel in the clear"),
            Text::new(
                "用 starttls 或 tls，或去掉 user 与 password_file",
                "use starttls or tls, or leave out user and password_file",
            ),
        );
    }
    let ca_file = file(&CA_FILE);
    Some(MailConfig { host: host?, port: port?, security: security?, ca_file, login, from: from?, to: to? })
}

fn webhook_of(webhook: &Section<'_>, folder: &Path) -> Option<WebhookConfig> {
    let url = webhook.parse(&URL, |text| match text.starts_with("https://") || text.starts_with("http://") {
        true => Ok(text.to_owned()),
        false => Err(settings::such_as(&URL)),
    });
    let secret_file = webhook.parse(&SECRET_FILE, settings::path).map(|path| folder.join(path.value));
    Some(WebhookConfig { url: url?.value, secret_file: secret_file? })
}
