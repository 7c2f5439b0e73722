//! Random secrets that somebody brings along to be known: of each only its SHA-256 is kept.

use crate::runtime::random;
use sha2::{Digest, Sha256};

/// 256 random bits as text. Shown once to whom it belongs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn fresh() -> Secret {
        let (a, b) = (random::id(), random::id());
        Secret(a.iter().chain(&b).map(|byte| format!("{byte:02x}")).collect())
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    pub fn sha256(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

/// It does not get into a log by accident.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Of what somebody brought. That it is looked up by this and not by itself keeps the time of the look-up from telling
/// anything about the secrets that there are.
pub fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_another_and_none_is_printed() {
        let (one, other) = (Secret::fresh(), Secret::fresh());
        assert!(one != other && one.text().len() == 64 && one.sha256() != other.sha256());
        assert_eq!(format!("{one:?}"), "Secret(…)");
    }
}
