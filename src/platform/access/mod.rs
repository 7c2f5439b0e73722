//! Who asks, and what they may see and do.
//!
//! # Promises
//! - Every request has an [`Asker`] before a handler sees it. A region that is not the asker's looks as if it were not there.

use crate::runtime::lang::Text;

/// Each may do what those before it may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// Who is behind a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asker {
    /// As it stands in the audit log.
    pub name: String,
    pub role: Role,
    /// Beginnings of GB/T 2260 codes without their final zeros, such as `33`, `3310`, `331003`; `""` is everything.
    pub regions: Vec<String>,
}

/// Who may come in.
#[derive(Clone, Debug)]
pub struct Access;

impl Access {
    /// Everybody who reaches the loopback address, as [`Asker::local`].
    pub fn open() -> Access {
        Access
    }
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
