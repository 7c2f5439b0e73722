//! Whose signature counts: the keys that the registry names; without any, the first one that the gateway signed with.

use crate::platform::store::sql::{Tx, params};
use crate::{model::UtcMillis, platform::store::StoreError, wire::hex};

/// 32 bytes, Ed25519.
pub type PublicKey = [u8; 32];

/// Seen keys of one gateway that are remembered: a flood of them fills no disk.
const SEEN_MAX: i64 = 16;
const SEEN: i64 = 0;
const PINNED: i64 = 1;

pub(super) struct Keys {
    pinned: Vec<PublicKey>,
    first: Option<PublicKey>,
}

impl Keys {
    pub fn of(tx: Tx<'_>, gateway: i64) -> Result<Keys, StoreError> {
        let first = "SELECT key FROM gateway_key WHERE gateway = ?1 AND source = ?2 ORDER BY id LIMIT 1";
        let first = tx.one(first, params![gateway, SEEN], |row| row.get(0))?;
        Ok(Keys { pinned: pinned(tx, gateway)?, first })
    }

    pub fn accepts(&self, key: &PublicKey) -> bool {
        if self.pinned.is_empty() { self.first.as_ref() == Some(key) } else { self.pinned.contains(key) }
    }

    /// Before any was seen, the one that comes is trusted.
    pub fn accepts_or_first(&self, key: &PublicKey) -> bool {
        self.pinned.is_empty() && self.first.is_none() || self.accepts(key)
    }
}

/// A key whose signatures count, so that a person can compare it with what the gateway itself says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayKey {
    pub gateway_id: String,
    /// 64 hex digits, as `mujun-agent key` prints them.
    pub key: String,
    /// The registry names it. Otherwise it is the first that was seen.
    pub pinned: bool,
}

pub fn accepted(tx: Tx<'_>, gateway: i64) -> Result<Vec<GatewayKey>, StoreError> {
    let select = "SELECT gateway_id FROM gateway WHERE id = ?1";
    let gateway_id: String = tx.only(select, params![gateway], |row| row.get(0))?;
    let Keys { pinned, first } = Keys::of(tx, gateway)?;
    let named = !pinned.is_empty();
    let keys = if named { pinned } else { first.into_iter().collect() };
    let one = |key: PublicKey| GatewayKey { gateway_id: gateway_id.clone(), key: hex(&key), pinned: named };
    Ok(keys.into_iter().map(one).collect())
}

/// The gateway signed with it.
pub(super) fn see(tx: Tx<'_>, gateway: i64, key: &PublicKey, now: UtcMillis) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO gateway_key (gateway, key, first_seen, source) SELECT ?1, ?2, ?3, ?4
         WHERE (SELECT count(*) FROM gateway_key WHERE gateway = ?1 AND source = ?4) < ?5
         ON CONFLICT DO NOTHING",
        params![gateway, key.as_slice(), now.0, SEEN, SEEN_MAX],
    )?;
    Ok(())
}

/// Another gateway with this key.
pub(super) fn of_another(tx: Tx<'_>, gateway: i64, key: &PublicKey) -> Result<Option<String>, StoreError> {
    let select = "SELECT gateway_id FROM gateway_key JOIN gateway ON gateway.id = gateway_key.gateway
         WHERE key = ?1 AND gateway.id <> ?2 ORDER BY gateway.id LIMIT 1";
    tx.one(select, params![key.as_slice(), gateway], |row| row.get(0))
}

/// The registry's keys of a gateway, in the place of those it named before.
pub fn pin(tx: Tx<'_>, gateway: i64, keys: &[PublicKey]) -> Result<(), StoreError> {
    tx.execute("DELETE FROM gateway_key WHERE gateway = ?1 AND source = ?2", params![gateway, PINNED])?;
    let insert = "INSERT INTO gateway_key (gateway, key, source) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    for key in keys {
        tx.execute(insert, params![gateway, key.as_slice(), PINNED])?;
    }
    Ok(())
}

pub fn pinned(tx: Tx<'_>, gateway: i64) -> Result<Vec<PublicKey>, StoreError> {
    let select = "SELECT key FROM gateway_key WHERE gateway = ?1 AND source = ?2 ORDER BY id";
    tx.rows(select, params![gateway, PINNED], |row| row.get(0))
}
