//! Who asks, and what they may see and do.
//!
//! ```text
//!   cookie ─▶ session ─▶ account as it is now ─┐
//!   cookie ─▶ session of an identity provider ─┼▶ Asker: name, role, regions
//!   Authorization: Bearer ─▶ token             │
//!   this machine, while there is no user ──────┘
//! ```
//!
//! # Promises
//! - Every request has an [`Asker`] before a handler sees it. A region that is not the asker's looks as if it were not there.
//! - No password, session or token is kept: argon2id of the one, SHA-256 of the random others.
//! - There is no default user. Without any, only this machine comes in.
//!
//! # Does not
//! Speak TLS: a relay in front does, and `[access] origin` says what browsers see. Make sites visible by township: a user
//! of a township sees none, since sites are registered by county.

mod attempt;
mod door;
pub mod oidc;
pub mod password;
pub mod region;
mod secret;
mod session;
pub mod terminal;

pub use door::{Access, Denied, Settings, StartError, cookie};
pub use secret::{Secret, sha256};
pub use session::AGE_MS;

use crate::runtime::lang::Text;

/// Each may do what those before it may.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = AccessRole)]
pub enum Role {
    /// Sees.
    Viewer,
    /// Sees, and the audit log and all workings too.
    Auditor,
    /// 县（市、区）操作员: enters data, answers warnings, runs evaluations.
    Operator,
    /// Users, rules, publication.
    Administrator,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Auditor, Role::Operator, Role::Administrator];

    /// As commands, files and APIs write it.
    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Auditor => "auditor",
            Role::Operator => "operator",
            Role::Administrator => "administrator",
        }
    }

    pub fn of_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Who is behind a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asker {
    /// As it stands in the audit log.
    pub name: String,
    pub role: Role,
    /// Beginnings of GB/T 2260 codes without their final zeros, such as `33`, `3310`, `331003`; `""` is everything.
    pub regions: Vec<String>,
}

/// How somebody came in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entry {
    /// `None`: nobody is signed in.
    pub asker: Option<Asker>,
    /// SHA-256 of the session's token, where there is one.
    pub session: Option<[u8; 32]>,
    /// There is no user yet, and whoever sits at this machine may do everything.
    pub open: bool,
}

/// Bytes of a user's or a program's name.
const NAME_BYTES_MAX: usize = 64;

/// Letters of any script, digits and `.-_@`: what stands in lists and logs as it is.
pub fn is_name(name: &str) -> bool {
    let plain = |sign: char| sign.is_alphanumeric() || ".-_@".contains(sign);
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.chars().all(plain)
}

/// Not with this role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotAllowed(pub Role);

impl Asker {
    /// Who sits at the machine itself, where the platform listens on the loopback address and has no users.
    pub fn local() -> Asker {
        Asker { name: "local".into(), role: Role::Administrator, regions: vec![String::new()] }
    }

    /// Whether a region's code (county, city, province or township) lies in what they may see.
    pub fn sees(&self, code: &str) -> bool {
        self.regions.iter().any(|region| code.starts_with(region.as_str()))
    }

    /// Whether no region is kept from them.
    pub fn sees_everything(&self) -> bool {
        self.sees("")
    }

    /// # Errors
    /// Where the role is less than `role`.
    pub fn need(&self, role: Role) -> Result<(), NotAllowed> {
        if self.role >= role { Ok(()) } else { Err(NotAllowed(role)) }
    }
}

impl NotAllowed {
    pub fn text(&self) -> Text {
        let (zh, en) = match self.0 {
            Role::Viewer => ("查看者", "a viewer"),
            Role::Auditor => ("审计员", "an auditor"),
            Role::Operator => ("操作员", "an operator"),
            Role::Administrator => ("管理员", "an administrator"),
        };
        Text::new(format!("需要{zh}权限"), format!("only {en} may do this"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_of_one_county_sees_only_it() {
        let asker = Asker { name: "li".into(), role: Role::Operator, regions: vec!["331003".into()] };
        assert!(asker.sees("331003") && asker.sees("331003001"));
        assert!(!asker.sees("331002") && !asker.sees("331000") && !asker.sees("33"));
        assert!(asker.need(Role::Auditor).is_ok() && asker.need(Role::Administrator).is_err());
        assert!(Asker::local().sees("110000"));
        let nobody = Asker { regions: Vec::new(), ..asker };
        assert!(!nobody.sees("331003"));
    }
}
