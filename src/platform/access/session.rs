//! How long somebody stays signed in, and as whom. Pure: time comes in.

use super::{Asker, Role, region};
use crate::{
    model::UtcMillis,
    platform::store::{ApiToken, FoundSession, Session},
};

/// Without a request for so long, a session is over: the page asks nothing while nobody looks at it.
pub const IDLE_MS: i64 = 30 * 60_000;
/// However busy it is, it is over: a working day.
pub const AGE_MS: i64 = 12 * 3_600_000;
/// That it was used is written down no more often than this.
const SEEN_MS: i64 = 60_000;

/// Whether it still holds. A clock that went back ends it too, since nothing is known then.
pub fn holds(session: &Session, now: UtcMillis) -> bool {
    let (age, idle) = (now.since(session.created), now.since(session.seen));
    (0..AGE_MS).contains(&age) && (-SEEN_MS..IDLE_MS).contains(&idle)
}

/// Whether it is to be written down that it was used.
pub fn is_due(session: &Session, now: UtcMillis) -> bool {
    now.since(session.seen) >= SEEN_MS
}

/// Who that is; nobody where the session is over, or the account was disabled.
pub fn asker(found: &FoundSession, now: UtcMillis) -> Option<Asker> {
    let session = &found.session;
    let (role, regions) = session.granted.as_ref().or(found.account.as_ref()).filter(|_| holds(session, now))?;
    Some(Asker { name: session.name.clone(), role: Role::of_name(role)?, regions: region::read(regions) })
}

/// Which program that is; none where the token is over.
pub fn program(token: &ApiToken, now: UtcMillis) -> Option<Asker> {
    let valid = token.revoked.is_none() && now < token.expires;
    let role = Role::of_name(&token.role).filter(|_| valid)?;
    Some(Asker { name: token.name.clone(), role, regions: region::read(&token.regions) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(created: i64, seen: i64) -> FoundSession {
        let session = Session { name: "li".into(), granted: None, created: UtcMillis(created), seen: UtcMillis(seen) };
        FoundSession { session, account: Some(("operator".into(), "331003".into())) }
    }

    #[test]
    fn a_session_ends_by_itself_by_idleness_and_by_age() {
        let at = |created, seen, now| asker(&found(created, seen), UtcMillis(now)).is_some();
        assert!(at(0, 0, IDLE_MS - 1) && !at(0, 0, IDLE_MS));
        assert!(at(0, AGE_MS - 1000, AGE_MS - 1) && !at(0, AGE_MS - 1000, AGE_MS));
        assert!(!at(10_000_000, 10_000_000, 0), "the clock went back");
    }

    #[test]
    fn it_ends_with_its_account_and_has_what_the_account_has_now() {
        let mut session = found(0, 0);
        assert_eq!(asker(&session, UtcMillis(1)).map(|asker| asker.regions), Some(vec!["331003".to_owned()]));
        session.account = None;
        assert_eq!(asker(&session, UtcMillis(1)), None);
        session.session.granted = Some(("viewer".into(), "*".into()));
        let granted = asker(&session, UtcMillis(1)).unwrap();
        assert!(granted.role == Role::Viewer && granted.sees_everything());
        session.session.granted = Some(("king".into(), "*".into()));
        assert_eq!(asker(&session, UtcMillis(1)), None);
    }
}
