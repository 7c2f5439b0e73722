//! Why a session ended, and what that means for the next one.

use crate::{agent::spool::SpoolError, wire::proto::RejectCode};
use std::time::Duration;

/// With an unknown gateway or a copied spool someone has to act first.
const PEOPLE_RETRY: Duration = Duration::from_secs(60);
/// The longest pause that a platform can ask for.
const RETRY_MAX: Duration = Duration::from_secs(600);

#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    /// No failure: more generations wait than one Hello can announce.
    #[error("all announced generations are complete, the next ones follow")]
    Renewed,
    #[error("the platform sent what the protocol does not allow: {0}")]
    Protocol(String),
    #[error("nothing was heard from the platform for {0:?}, although answers were due")]
    Silent(Duration),
    #[error("the platform rejected the session with {}: {message}", code.as_str_name())]
    Rejected { code: RejectCode, message: String, retry_after: Option<Duration> },
    #[error("no connection: {0}")]
    Connect(String),
    #[error("the stream broke: {0}")]
    Stream(String),
    #[error("the platform closed the stream")]
    Closed,
    #[error("the connection takes no more messages")]
    Stuck,
    #[error("the spool can not be read: {0}")]
    Spool(#[from] SpoolError),
    #[error("the spool lists record {seq} of generation {gen_id}, but does not give it")]
    Missing { gen_id: String, seq: u64 },
}

impl Ended {
    pub fn rejected(code: i32, message: &str, retry_after_ms: u32) -> Ended {
        let code = RejectCode::try_from(code).unwrap_or(RejectCode::Unspecified);
        let asked = Duration::from_millis(retry_after_ms.into()).min(RETRY_MAX);
        let retry_after = match (asked.is_zero(), code) {
            (false, _) => Some(asked),
            (true, RejectCode::UnknownGateway | RejectCode::Cloned) => Some(PEOPLE_RETRY),
            (true, _) => None,
        };
        Ended::Rejected { code, message: one_line(message), retry_after }
    }

    /// The pause the platform asked for.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Ended::Rejected { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What a person can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Ended::Rejected { code: RejectCode::UnknownGateway, .. } => {
                "add this gateway_id to the platform's gateways.csv, or correct [agent] gateway_id"
            }
            Ended::Rejected { code: RejectCode::Superseded, .. } => {
                "if this repeats, two agents run with the same gateway_id"
            }
            Ended::Rejected { code: RejectCode::Cloned, .. } => {
                "another copy of this gateway's disk, or a later state of it, has already spoken to the platform: stop \
                 the other copy; where this one is a restored backup and shall go on, run `mujun-agent spool renew-store`"
            }
            _ => "",
        }
    }
}

/// A platform's words go into our log: one line, of bounded length.
pub(super) fn one_line(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
