//! Local users and programs with tokens, each change with its row of the audit log.
//!
//! # Does not
//! Know a password or a token: hashes come in, and hashes are compared.

use super::{
    Store, StoreError,
    change::{self, Change},
    sql::{Row, Tx, params},
};
use crate::{model::UtcMillis, runtime::clock};

/// A local user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    pub name: String,
    /// As [`crate::platform::access::Role::name`] writes it.
    pub role: String,
    /// Beginnings of GB/T 2260 codes with blanks between them, `*` for everything.
    pub regions: String,
    /// The PHC string of argon2id.
    pub password: String,
    pub created: UtcMillis,
    /// Since when.
    pub disabled: Option<UtcMillis>,
}

/// A program that asks the API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiToken {
    pub name: String,
    pub token_sha256: [u8; 32],
    pub role: String,
    pub regions: String,
    pub created: UtcMillis,
    pub expires: UtcMillis,
    pub revoked: Option<UtcMillis>,
}

impl Store {
    /// `false` where there is one of that name.
    pub async fn add_account(&self, account: Account, by: String) -> Result<bool, StoreError> {
        let detail = format!("role {}, regions {}", account.role, account.regions);
        let change = Change { by, area: AREA, subject: account.name.clone(), action: "add", detail };
        self.changing(change, move |tx| {
            let Account { name, role, regions, password, created, .. } = &account;
            tx.execute(
                "INSERT INTO account (name, role, regions, password, created) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (name) DO NOTHING",
                params![name, role, regions, password, *created],
            )
        })
        .await
    }

    /// A new password, and the end of all sessions of that name. `false` where there is no such user.
    pub async fn set_password(&self, name: String, password: String, by: String) -> Result<bool, StoreError> {
        let change = Change { by, area: AREA, subject: name.clone(), action: "passwd", detail: String::new() };
        self.changing(change, move |tx| {
            tx.execute("DELETE FROM session WHERE name = ?1 AND role IS NULL", params![&name])?;
            tx.execute("UPDATE account SET password = ?2 WHERE name = ?1", params![&name, &password])
        })
        .await
    }

    /// The user may not come in any more, and their sessions end. `false` where there is no such user, or it is already so.
    pub async fn disable_account(&self, name: String, by: String) -> Result<bool, StoreError> {
        let change = Change { by, area: AREA, subject: name.clone(), action: "disable", detail: String::new() };
        let now = clock::now();
        self.changing(change, move |tx| {
            tx.execute("DELETE FROM session WHERE name = ?1 AND role IS NULL", params![&name])?;
            tx.execute("UPDATE account SET disabled = ?2 WHERE name = ?1 AND disabled IS NULL", params![&name, now])
        })
        .await
    }

    /// By name.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let select = format!("SELECT {ACCOUNT} FROM account ORDER BY name");
        self.inner.readers.read(move |tx| tx.rows(&select, &[], account)).await
    }

    pub async fn account(&self, name: String) -> Result<Option<Account>, StoreError> {
        let select = format!("SELECT {ACCOUNT} FROM account WHERE name = ?1");
        self.inner.readers.read(move |tx| tx.one(&select, params![&name], account)).await
    }

    /// Whether there is any user, also one that is disabled.
    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        let found = self.inner.readers.read(|tx| tx.one("SELECT 1 FROM account LIMIT 1", &[], |row| row.get::<i64>(0)));
        Ok(found.await?.is_some())
    }

    /// `false` where there is one of that name.
    pub async fn add_token(&self, token: ApiToken, by: String) -> Result<bool, StoreError> {
        let detail = format!("role {}, regions {}, until {}", token.role, token.regions, token.expires);
        let change = Change { by, area: AREA, subject: token.name.clone(), action: "token_add", detail };
        self.changing(change, move |tx| {
            let ApiToken { name, token_sha256, role, regions, created, expires, .. } = &token;
            tx.execute(
                "INSERT INTO api_token (name, token_sha256, role, regions, created, expires)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO NOTHING",
                params![name, token_sha256, role, regions, *created, *expires],
            )
        })
        .await
    }

    /// `false` where there is no such token, or it is already so.
    pub async fn revoke_token(&self, name: String, by: String) -> Result<bool, StoreError> {
        let change = Change { by, area: AREA, subject: name.clone(), action: "token_revoke", detail: String::new() };
        let now = clock::now();
        self.changing(change, move |tx| {
            tx.execute("UPDATE api_token SET revoked = ?2 WHERE name = ?1 AND revoked IS NULL", params![&name, now])
        })
        .await
    }

    /// By name.
    pub async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        let select = format!("SELECT {TOKEN} FROM api_token ORDER BY name");
        self.inner.readers.read(move |tx| tx.rows(&select, &[], token)).await
    }

    pub async fn token(&self, token_sha256: [u8; 32]) -> Result<Option<ApiToken>, StoreError> {
        let select = format!("SELECT {TOKEN} FROM api_token WHERE token_sha256 = ?1");
        self.inner.readers.read(move |tx| tx.one(&select, params![&token_sha256], token)).await
    }

    /// `work` says how many rows it changed: where there are none, nothing is noted.
    async fn changing(
        &self,
        change: Change,
        work: impl FnOnce(Tx<'_>) -> Result<u64, StoreError> + Send + 'static,
    ) -> Result<bool, StoreError> {
        let now = clock::now();
        let written = self.inner.writer.write(move |tx| {
            let changed = work(tx)? > 0;
            if changed {
                change::note(tx, &change, now)?;
            }
            Ok(changed)
        });
        written.await
    }
}

/// As the audit log names it.
pub(super) const AREA: &str = "access";
const ACCOUNT: &str = "name, role, regions, password, created, disabled";
const TOKEN: &str = "name, token_sha256, role, regions, created, expires, revoked";

fn account(row: &Row<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        name: row.get(0)?,
        role: row.get(1)?,
        regions: row.get(2)?,
        password: row.get(3)?,
        created: row.get(4)?,
        disabled: row.get(5)?,
    })
}

fn token(row: &Row<'_>) -> Result<ApiToken, StoreError> {
    let digest: Vec<u8> = row.get(1)?;
    Ok(ApiToken {
        name: row.get(0)?,
        // the schema holds it to 32 bytes
        token_sha256: digest.try_into().unwrap_or_default(),
        role: row.get(2)?,
        regions: row.get(3)?,
        created: row.get(4)?,
        expires: row.get(5)?,
        revoked: row.get(6)?,
    })
}
