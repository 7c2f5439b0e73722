//! A gateway's Hello, in one transaction: may this run speak for it, and what does it no longer have?

use super::sql::Tx;
use super::{
    StoreError,
    alarm::{self, AlarmKind},
    hole::{self, Link},
    lineage::{self, Run, Verdict},
    registry,
};
use crate::{model::UtcMillis, wire::hex};

/// Who comes, with what.
#[derive(Clone, PartialEq, Debug)]
pub struct Greeting {
    pub gateway_id: String,
    pub run: Run,
    /// Oldest first.
    pub chain: Vec<Link>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Greeted {
    /// `holes`: whether the gateway has any, which its archive may fill.
    Welcome { holes: bool },
    /// It may not come in, and why.
    Cloned(&'static str),
}

pub fn greet(tx: Tx<'_>, greeting: &Greeting, now: UtcMillis) -> Result<Greeted, StoreError> {
    let Greeting { gateway_id, run, chain } = greeting;
    registry::hold(tx, gateway_id)?;
    let gateway = registry::gateway_number(tx, gateway_id)?;
    let verdict = lineage::judge(run, &lineage::known(tx, gateway, run, chain)?);
    let store = format!("store {}, run {}", hex(&run.store_id), run.boot_counter);
    match verdict {
        Verdict::Cloned(why) => {
            alarm::raise(tx, gateway, AlarmKind::Cloned, 1, &format!("{store}: {why}"), now)?;
            return Ok(Greeted::Cloned(why));
        }
        Verdict::Replaced => {
            alarm::raise(tx, gateway, AlarmKind::StoreReplaced, 1, &store, now)?;
            hole::note_replaced(tx, gateway, chain, now)?;
        }
        Verdict::First | Verdict::Same | Verdict::Next => {}
    }
    lineage::save(tx, gateway, run, chain)?;
    hole::note(tx, gateway, chain, now)?;
    Ok(Greeted::Welcome { holes: hole::any(tx, gateway)? })
}
