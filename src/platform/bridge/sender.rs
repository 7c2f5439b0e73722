//! Messages over HTTPS, and what the centre says to them.

use super::mapping::{Centre, Mapping};
use crate::{
    platform::store::{Outgoing, Store, StoreError},
    runtime::{clock, random, task},
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// A base data download is the longest reply; what is longer is none.
const REPLY_BYTES_MAX: u64 = 1 << 20;
/// Of a reply, what is kept.
const KEPT_BYTES_MAX: usize = 64 * 1024;
/// The longest pause after failures.
const PAUSE_MS_MAX: i64 = 3_600_000;

/// How patient the platform is with a centre. Tests shorten it.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one message, from the connection to the end of the reply.
    pub deadline: Duration,
    /// After the first failure; it doubles with each.
    pub pause_ms: i64,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { deadline: Duration::from_secs(30), pause_ms: 10_000 }
    }
}

/// Sends everything that is due, one behind the other.
pub async fn send(
    patience: Patience,
    mapping: &Mapping,
    centre: &Centre,
    store: &Store,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    loop {
        let due = store.due_messages(&centre.name, clock::now()).await?;
        if due.is_empty() {
            return Ok(());
        }
        for message in due {
            if stop.is_cancelled() {
                return Ok(());
            }
            let Some(operation) = mapping.operation(&message.operation) else {
                let gone = "the mapping has no such operation any more";
                let later = clock::now().plus_ms(PAUSE_MS_MAX);
                store.message_sent(&message, gone.to_owned(), Some(later)).await?;
                continue;
            };
            let (centre, outgoing, path) = (centre.clone(), message.clone(), operation.path.clone());
            let answered = task::blocking(move || post(patience.deadline, &centre, &path, &outgoing)).await;
            let judged = answered.and_then(|reply| judge(mapping, reply));
            let next = match &judged {
                Ok(_) => None,
                Err(why) => {
                    tracing::warn!(
                        message = message.key,
                        attempts = message.attempts + 1,
                        "not taken by the centre: {why}"
                    );
                    let pause = pause_ms(patience.pause_ms, message.attempts);
                    let drawn = i64::try_from(random::up_to(pause.unsigned_abs() / 2)).unwrap_or_default();
                    Some(clock::now().plus_ms(pause / 2 + drawn))
                }
            };
            let (Ok(said) | Err(said)) = judged;
            store.message_sent(&message, kept(said), next).await?;
        }
    }
}

/// After so many failures.
fn pause_ms(first: i64, attempts: u32) -> i64 {
    first.saturating_mul(1 << attempts.min(20)).min(PAUSE_MS_MAX)
}

fn kept(mut said: String) -> String {
    let end = (0..=KEPT_BYTES_MAX.min(said.len())).rev().find(|at| said.is_char_boundary(*at)).unwrap_or(0);
    said.truncate(end);
    // PostgreSQL takes no such text
    said.replace('\0', "")
}

/// The reply's body. Blocks.
fn post(deadline: Duration, centre: &Centre, path: &str, message: &Outgoing) -> Result<String, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let roots = match &centre.ca_file {
        None => RootCerts::WebPki,
        Some(file) => {
            let pem = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
            RootCerts::new_with_certs(&[Certificate::from_pem(&pem).map_err(|error| said(&error))?])
        }
    };
    let agent = ureq::Agent::config_builder()
        .https_only(true)
        .timeout_global(Some(deadline))
        .max_redirects(0)
        .http_status_as_error(false)
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build()
        .new_agent();
    let mut request = agent
        .post(format!("{}{path}", centre.url))
        .header("content-type", "application/json; charset=utf-8")
        .header("idempotency-key", &message.key);
    if let Some(file) = &centre.token_file {
        let token = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        request = request.header("authorization", format!("Bearer {}", token.trim()));
    }
    let mut reply = request.send(message.body.as_str()).map_err(|error| said(&error))?;
    let status = reply.status();
    let body = reply.body_mut().with_config().limit(REPLY_BYTES_MAX).read_to_string().map_err(|error| said(&error))?;
    if status.is_success() { Ok(body) } else { Err(format!("HTTP {status}: {body}")) }
}

/// The reply where it is a success.
fn judge(mapping: &Mapping, reply: String) -> Result<String, String> {
    let read: Option<serde_json::Value> = serde_json::from_str(&reply).ok();
    let code = read.as_ref().and_then(|reply| reply.pointer(&mapping.pointer));
    let success = match code {
        Some(serde_json::Value::String(text)) => *text == mapping.success,
        Some(serde_json::Value::Number(number)) => number.to_string() == mapping.success,
        _ => false,
    };
    if success { Ok(reply) } else { Err(format!("no success: {reply}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_success_of_the_mapping_is_one() {
        let mapping = Mapping { pointer: "/responseCode".into(), success: "1".into(), ..Mapping::default() };
        for (reply, success) in [
            (r#"{"responseCode":"1"}"#, true),
            (r#"{"responseCode":1,"more":[]}"#, true),
            (r#"{"responseCode":"0","message":"数据错误"}"#, false),
            (r#"{"code":"1"}"#, false),
            ("<html>maintenance</html>", false),
            ("", false),
        ] {
            assert_eq!(judge(&mapping, reply.to_owned()).is_ok(), success, "{reply}");
        }
        assert_eq!(
            [0, 1, 3, 9, 63].map(|attempts| pause_ms(10_000, attempts)),
            [10_000, 20_000, 80_000, 3_600_000, 3_600_000]
        );
        assert_eq!(kept("é\0x".repeat(40_000)).len(), 49_152);
    }
}
