//! Passwords of local users: argon2id with the parameters that the OWASP Password Storage Cheat Sheet names first
//! (19 MiB, two passes, one lane).
//!
//! # Promises
//! - A name that does not exist takes the time of one that does.
//! - Only so many are checked at one time: each takes 19 MiB.

use crate::runtime::{lang::Text, random, task};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier},
};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// Characters; the length is what makes a password hard to guess (NIST SP 800-63B-4 asks for 15 where nothing else is asked,
/// 8 at the least).
pub const CHARS_MIN: usize = 12;
/// Bytes: beyond, somebody makes us work.
pub const BYTES_MAX: usize = 1024;
/// Passwords that are checked at one time.
const CHECKS_MAX: usize = 2;

/// # Errors
/// Why it is not good enough.
pub fn good(name: &str, password: &str) -> Result<(), Text> {
    let lower = password.to_lowercase();
    let one_sign = password.chars().next().is_some_and(|first| password.chars().all(|sign| sign == first));
    let refused = |zh: String, en: String| Err(Text::new(zh, en));
    match password {
        _ if password.chars().count() < CHARS_MIN => {
            refused(format!("密码至少 {CHARS_MIN} 个字符"), format!("a password has at least {CHARS_MIN} characters"))
        }
        _ if password.len() > BYTES_MAX => {
            refused(format!("密码最多 {BYTES_MAX} 字节"), format!("a password has at most {BYTES_MAX} bytes"))
        }
        _ if one_sign || lower.contains(&name.to_lowercase()) => refused(
            "密码不能包含用户名，也不能由同一字符组成".into(),
            "a password does not contain the user's name and is not one sign repeated".into(),
        ),
        _ => Ok(()),
    }
}

/// The PHC string. Takes tens of milliseconds.
///
/// # Errors
/// What argon2 says; it does not happen with a password that is [`good`].
pub fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password_with_salt(password.as_bytes(), &random::id())?.to_string())
}

fn matches(password: &str, hash: &str) -> bool {
    password.len() <= BYTES_MAX && Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}

/// Checks passwords beside the event loop.
#[derive(Clone, Debug)]
pub struct Checker {
    places: Arc<Semaphore>,
    /// Of a password that nobody has.
    nobody: Arc<OnceLock<String>>,
}

impl Default for Checker {
    fn default() -> Checker {
        Checker { places: Arc::new(Semaphore::new(CHECKS_MAX)), nobody: Arc::default() }
    }
}

impl Checker {
    /// `hash`: of the user, where there is one who may come in.
    pub async fn check(&self, password: String, hash: Option<String>) -> bool {
        let _place = self.places.acquire().await;
        let nobody = Arc::clone(&self.nobody);
        task::blocking(move || {
            let fresh = || self::hash(super::secret::Secret::fresh().text()).unwrap_or_default();
            let decoy = nobody.get_or_init(fresh);
            match hash {
                Some(hash) => matches(&password, &hash),
                // for the time that it takes
                None => {
                    matches(&password, decoy);
                    false
                }
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_opens_and_its_hash_is_argon2id() {
        let hash = hash("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let checker = Checker::default();
        assert!(checker.check("correct horse battery".into(), Some(hash.clone())).await);
        assert!(!checker.check("correct horse batterY".into(), Some(hash)).await);
        assert!(!checker.check("correct horse battery".into(), None).await);
        assert!(!checker.check("x".into(), Some("$argon2id$broken".into())).await);
    }

    #[test]
    fn a_weak_password_is_refused_in_both_languages() {
        assert!(good("li", "correct horse battery").is_ok() && good("wang", "亩均效益综合评价用密码一二").is_ok());
        for weak in ["", "short", "aaaaaaaaaaaaaa", "my-name-is-LI-li", &"x1".repeat(600)] {
            let why = good("li", weak).unwrap_err();
            assert!(!why.zh.is_empty() && !why.en.is_empty(), "{weak}");
        }
    }
}
