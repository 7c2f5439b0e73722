//! The ways out with their secrets, out of the files that the configuration names.

use super::{Channels, MailSettings, WebhookSettings};
use crate::{
    platform::config::WarningConfig,
    runtime::{file, lang::Text, problem::Problems},
};
use std::{path::Path, sync::Arc};

const SECRET_MIB_MAX: usize = 1;
/// Less is guessed.
const SECRET_BYTES_MIN: usize = 16;

/// Blocks on the disk.
///
/// # Errors
/// A file that can not be read or holds nothing, without what it holds.
pub fn channels(config: &WarningConfig) -> Result<Channels, Problems> {
    let mail = config.mail.as_ref().map(|mail| {
        let login = mail.login.as_ref().map(|(user, path)| Ok::<_, Problems>((user.clone(), secret(path, 1)?)));
        let authority = mail.ca_file.as_ref().map(|path| file::read(path, SECRET_MIB_MAX).map(String::into_bytes));
        Ok::<_, Problems>(Arc::new(MailSettings {
            host: mail.host.clone(),
            port: mail.port,
            security: mail.security,
            authority: authority.transpose()?,
            login: login.transpose()?,
            from: mail.from.clone(),
            to: mail.to.clone(),
        }))
    });
    let webhook = config.webhook.as_ref().map(|webhook| {
        let secret = secret(&webhook.secret_file, SECRET_BYTES_MIN)?.into_bytes();
        Ok::<_, Problems>(Arc::new(WebhookSettings { url: webhook.url.clone(), secret }))
    });
    Ok(Channels { mail: mail.transpose()?, webhook: webhook.transpose()? })
}

/// The file's text without the line's end that an editor adds.
fn secret(path: &Path, bytes_min: usize) -> Result<String, Problems> {
    let text = file::read(path, SECRET_MIB_MAX)?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.len() >= bytes_min {
        return Ok(secret.to_owned());
    }
    Err(Problems::of_file(
        &path.display().to_string(),
        Text::new("内容太短", "it is too short"),
        Text::new(format!("至少 {bytes_min} 字节"), format!("at least {bytes_min} bytes")),
        Text::new(
            "写入密码或密钥，如 openssl rand -hex 32 的输出",
            "write the password or secret, such as what openssl rand -hex 32 says",
        ),
    ))
}
