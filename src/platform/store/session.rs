//! Who is signed in.
//!
//! # Does not
//! Say how long a session lasts: that is `access::session`'s.

use super::{
    Store, StoreError,
    change::{self, Change},
    sql::params,
    user::AREA,
};
use crate::{model::UtcMillis, runtime::clock};

/// Sessions of one name at one time; the least seen end for a new one.
const SESSIONS_MAX: i64 = 20;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    pub name: String,
    /// Role and regions that an identity provider vouched for; `None`: those of the account, as they are now.
    pub granted: Option<(String, String)>,
    pub created: UtcMillis,
    pub seen: UtcMillis,
}

/// A session as it is found, with what its account says now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub session: Session,
    /// Role and regions; `None`: there is no such account, or it is disabled.
    pub account: Option<(String, String)>,
}

impl Store {
    /// Begins a session, and drops those that were last seen before `dead`.
    pub async fn begin_session(
        &self,
        token_sha256: [u8; 32],
        session: Session,
        dead: UtcMillis,
    ) -> Result<(), StoreError> {
        let detail = if session.granted.is_some() { "identity provider" } else { "password" };
        let change = Change {
            by: session.name.clone(),
            area: AREA,
            subject: session.name.clone(),
            action: "sign_in",
            detail: detail.into(),
        };
        let written = self.inner.writer.write(move |tx| {
            tx.execute("DELETE FROM session WHERE seen < ?1", params![dead])?;
            tx.execute(
                "DELETE FROM session WHERE token_sha256 IN
                   (SELECT token_sha256 FROM session WHERE name = ?1 ORDER BY seen DESC LIMIT 1000 OFFSET ?2)",
                params![&session.name, SESSIONS_MAX - 1],
            )?;
            let (role, regions) = match &session.granted {
                Some((role, regions)) => (Some(role), Some(regions)),
                None => (None, None),
            };
            tx.execute(
                "INSERT INTO session (token_sha256, name, role, regions, created, seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![&token_sha256, &session.name, role, regions, session.created, session.seen],
            )?;
            change::note(tx, &change, session.created)
        });
        written.await
    }

    pub async fn session(&self, token_sha256: [u8; 32]) -> Result<Option<Found>, StoreError> {
        let read = self.inner.readers.read(move |tx| {
            tx.one(
                "SELECT session.name, session.role, session.regions, session.created, session.seen,
                        account.role, account.regions
                 FROM session LEFT JOIN account ON account.name = session.name AND account.disabled IS NULL
                 WHERE token_sha256 = ?1",
                params![&token_sha256],
                |row| {
                    let granted: Option<String> = row.get(1)?;
                    let own: Option<String> = row.get(5)?;
                    Ok(Found {
                        session: Session {
                            name: row.get(0)?,
                            granted: granted.zip(row.get(2)?),
                            created: row.get(3)?,
                            seen: row.get(4)?,
                        },
                        account: own.zip(row.get(6)?),
                    })
                },
            )
        });
        read.await
    }

    pub async fn see_session(&self, token_sha256: [u8; 32], now: UtcMillis) -> Result<(), StoreError> {
        let written = self.inner.writer.write(move |tx| {
            tx.execute("UPDATE session SET seen = ?2 WHERE token_sha256 = ?1", params![&token_sha256, now])
        });
        written.await.map(drop)
    }

    /// Nothing where there is no such session.
    pub async fn end_session(&self, token_sha256: [u8; 32]) -> Result<(), StoreError> {
        let now = clock::now();
        let written = self.inner.writer.write(move |tx| {
            let ended = "DELETE FROM session WHERE token_sha256 = ?1 RETURNING name";
            if let Some(name) = tx.one(ended, params![&token_sha256], |row| row.get::<String>(0))? {
                let (by, subject) = (name.clone(), name);
                let change = Change { by, area: AREA, subject, action: "sign_out", detail: String::new() };
                change::note(tx, &change, now)?;
            }
            Ok(())
        });
        written.await
    }
}
