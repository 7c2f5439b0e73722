//! Why a request has no answer.

use crate::model::Reason;
use std::time::Duration;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("the connection was closed: {0}")]
    Closed(String),
    #[error("the reply was refused: {0}")]
    Malformed(String),
}

impl Fault {
    pub fn reason(&self) -> Reason {
        match self {
            Fault::Unreachable(_) | Fault::Closed(_) => Reason::Disconnected,
            Fault::Timeout(_) => Reason::Timeout,
            Fault::Malformed(_) => Reason::Malformed,
        }
    }
}
