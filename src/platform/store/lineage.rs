//! Which run of which spool may speak for a gateway. A rule without I/O, and the tables it looks into.
//!
//! ```text
//!   store S   b1 ◀─ b2 ◀─ b3        each run knows the one before it
//!                    ▲
//!                    └─── c3        a copy of the disk: b2 is followed twice
//! ```
//!
//! # Promises
//! - Of two copies of one spool that both started after the copy was made, only one is ever let in, as long as what
//!   the other wrote first is not lost to it.
//! - A spool that was off line for any number of starts comes in, and so does a new one.
//!
//! # Does not
//! Know which of two copies is the right one: the first to come stays, until a person gives one of them a new store.

use super::sql::{Tx, params};
use super::{StoreError, hole::Link};
use crate::wire::GenId;

/// 16 random bytes each.
pub type StoreId = [u8; 16];
pub type BootId = [u8; 16];

/// Runs and links of one gateway that are remembered: years of restarts.
const BOOTS_MAX: i64 = 1024;
const LINKS_MAX: i64 = 8192;

/// One run of a spool, as its Hello tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    pub store_id: StoreId,
    pub boot_id: BootId,
    pub prev_boot_id: Option<BootId>,
    pub boot_counter: u64,
}

/// What is known of a gateway's earlier runs, for the one that comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// The run that was let in last.
    pub head: Option<Head>,
    /// Whether the run itself, the one before it, and its store have been let in before.
    pub boot_seen: bool,
    pub prev_seen: bool,
    pub store_seen: bool,
    /// Whether one of its generations follows one that, here, another generation of the same store follows.
    pub forked: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    pub store_id: StoreId,
    pub boot_id: BootId,
    pub boot_counter: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The gateway's first run here.
    First,
    /// The head again.
    Same,
    /// It follows the head.
    Next,
    /// Another spool than the head's, which was never seen.
    Replaced,
    /// Another copy of the spool has been let in, or this is a spool that was replaced.
    Cloned(&'static str),
}

pub fn judge(run: &Run, known: &Known) -> Verdict {
    let Some(head) = known.head else { return Verdict::First };
    if run.store_id != head.store_id {
        return match known.store_seen {
            true => Verdict::Cloned("its store was replaced by another one"),
            false => Verdict::Replaced,
        };
    }
    if run.boot_id == head.boot_id {
        return Verdict::Same;
    }
    if known.boot_seen {
        return Verdict::Cloned("a later run of its store was let in");
    }
    match run.prev_boot_id {
        Some(prev) if prev == head.boot_id => Verdict::Next,
        Some(_) if known.prev_seen => Verdict::Cloned("the run before it was followed by another one"),
        None => Verdict::Cloned("it is a first run of a store that has run"),
        // runs between it and the head never had a connection
        Some(_) if known.forked => Verdict::Cloned("its generations part from those of the run that was let in"),
        Some(_) if run.boot_counter <= head.boot_counter => Verdict::Cloned("it counts no more runs than the head"),
        Some(_) => Verdict::Next,
    }
}

pub fn known(tx: Tx<'_>, gateway: i64, run: &Run, chain: &[Link]) -> Result<Known, StoreError> {
    let head = tx.one(
        "SELECT store_id, boot_id, boot_counter FROM boot WHERE gateway = ?1 ORDER BY id DESC LIMIT 1",
        params![gateway],
        |row| {
            let boot_counter = row.get::<i64>(2)?.cast_unsigned();
            Ok(Head { store_id: row.get(0)?, boot_id: row.get(1)?, boot_counter })
        },
    )?;
    let seen = "SELECT 1 FROM boot WHERE gateway = ?1 AND boot_id = ?2";
    let store = "SELECT 1 FROM boot WHERE gateway = ?1 AND store_id = ?2 LIMIT 1";
    Ok(Known {
        head,
        boot_seen: tx.exists(seen, params![gateway, run.boot_id.as_slice()])?,
        prev_seen: match run.prev_boot_id {
            Some(prev) => tx.exists(seen, params![gateway, prev.as_slice()])?,
            None => false,
        },
        store_seen: tx.exists(store, params![gateway, run.store_id.as_slice()])?,
        forked: forked(tx, gateway, &run.store_id, chain)?,
    })
}

fn forked(tx: Tx<'_>, gateway: i64, store_id: &StoreId, chain: &[Link]) -> Result<bool, StoreError> {
    let select = "SELECT gen_id FROM link WHERE gateway = ?1 AND store_id = ?2 AND prev_gen_id = ?3";
    for link in chain {
        let Some(prev) = link.prev_gen_id else { continue };
        let asked = params![gateway, store_id.as_slice(), prev.as_slice()];
        let follower: Option<GenId> = tx.one(select, asked, |row| row.get(0))?;
        if follower.is_some_and(|follower| follower != link.gen_id) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Remembers a run that is let in, and its chain.
pub fn save(tx: Tx<'_>, gateway: i64, run: &Run, chain: &[Link]) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO boot (gateway, store_id, boot_id, boot_counter) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        params![gateway, run.store_id.as_slice(), run.boot_id.as_slice(), run.boot_counter.cast_signed()],
    )?;
    let insert =
        "INSERT INTO link (gateway, store_id, prev_gen_id, gen_id) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    for link in chain {
        if let Some(prev) = link.prev_gen_id {
            tx.execute(insert, params![gateway, run.store_id.as_slice(), prev.as_slice(), link.gen_id.as_slice()])?;
        }
    }
    for (table, kept) in [("boot", BOOTS_MAX), ("link", LINKS_MAX)] {
        tx.execute(
            &format!(
                "DELETE FROM {table} WHERE gateway = ?1
             AND id <= (SELECT id FROM {table} WHERE gateway = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)"
            ),
            params![gateway, kept],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
