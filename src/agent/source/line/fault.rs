//! Why a request has no answer.

use crate::model::Reason;
use std::{fmt, io, time::Duration};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("cannot be reached: {0}")]
    Unreachable(Trouble),
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

/// Why a line could not be opened: the system's words, and its kind for the advice.
#[derive(Debug)]
pub struct Trouble {
    pub text: String,
    pub kind: Option<io::ErrorKind>,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<String> for Trouble {
    fn from(text: String) -> Trouble {
        Trouble { text, kind: None }
    }
}

impl From<&str> for Trouble {
    fn from(text: &str) -> Trouble {
        text.to_owned().into()
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Trouble {
        Trouble { text: error.to_string(), kind: Some(error.kind()) }
    }
}

/// One exchange that failed, with what only the line knows about it.
#[derive(Debug)]
pub struct Miss {
    pub fault: Fault,
    /// The checksum was wrong.
    pub damaged: bool,
    /// The answer can still be under way.
    pub under_way: bool,
}

impl From<Fault> for Miss {
    fn from(fault: Fault) -> Miss {
        let under_way = !matches!(fault, Fault::Unreachable(_));
        Miss { fault, damaged: false, under_way }
    }
}
