//! The law, register by register: per epoch, Σ intervals = last − first reading, and the modulus for each time that the
//! register passed its end.

use super::sql::Tx;
use super::{
    Address, Audit, EPOCHS_MAX, GapRow, Listing, StoreError, audit, gap, registry,
    renew::ALWAYS,
    row::{bridges_between, rows_between, turns_between},
    run::HELD,
    snapshot::{cumulative_series, saturated},
};
use crate::{
    energy::counter::EpochCause,
    model::{Reading, Series, UtcMillis},
};
use std::collections::BTreeMap;

/// Gaps of a proof: the newest.
pub const GAPS_MAX: usize = 100;

/// What [`prove`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// Marks and rows against the blocks. Its faults are those of the whole proof.
    pub audit: Audit,
    pub registers: Vec<ProvenRegister>,
    /// What is missing and why, the newest [`GAPS_MAX`].
    pub gaps: Vec<GapRow>,
}

/// One cumulative series over all time.
#[derive(Clone, Debug, PartialEq)]
pub struct ProvenRegister {
    pub gateway_id: String,
    pub series: Series,
    /// The first [`EPOCHS_MAX`], and how many there are in all.
    pub epochs: Vec<ProvenEpoch>,
    pub epoch_count: u64,
    /// Σ of all intervals, counts.
    pub amount: i64,
    /// Readings that are in no difference, and those of them that wait for later ones.
    pub set_aside: u64,
    pub held: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProvenEpoch {
    pub cause: EpochCause,
    pub first: Reading,
    pub last: Reading,
    /// Counts that the register passed its end by.
    pub carry: i64,
    /// Σ of the epoch's intervals, counts.
    pub amount: i64,
    /// `amount` − (`last` − `first` + `carry`): 0.
    pub difference: i64,
}

/// Reads a store, of one gateway or of all; also beside a platform that runs on it. Takes as long as the
/// store is large. Blocks on the disk.
///
/// # Errors
/// [`StoreError::UnknownGateway`] when the gateway is not in the registry, and what reading a folder can give.
pub fn prove(address: &Address, gateway_id: Option<&str>) -> Result<Proof, StoreError> {
    let connection = address.look()?;
    connection.begin_reading()?;
    of(connection.tx(), gateway_id)
}

pub fn of(tx: Tx<'_>, gateway_id: Option<&str>) -> Result<Proof, StoreError> {
    let gateway = gateway_id.map(|gateway_id| registry::gateway_number(tx, gateway_id)).transpose()?;
    let mut audit = audit::audit_of(tx, gateway)?;
    let mut registers = Vec::new();
    for gateway in registry::gateways(tx)? {
        if gateway_id.is_some_and(|wanted| wanted != gateway.gateway_id) {
            continue;
        }
        for (id, series) in cumulative_series(tx, &gateway.gateway_id)? {
            registers.push(register(tx, &gateway.gateway_id, id, series, &mut audit)?);
        }
    }
    let listing = Listing { gateway_id: gateway_id.map(str::to_owned), limit: GAPS_MAX, ..Listing::default() };
    Ok(Proof { audit, registers, gaps: gap::gaps(tx, &listing)?.rows })
}

fn register(
    tx: Tx<'_>,
    gateway_id: &str,
    id: i64,
    series: Series,
    audit: &mut Audit,
) -> Result<ProvenRegister, StoreError> {
    let bridges: BTreeMap<UtcMillis, i128> = bridges_between(tx, id, ALWAYS.start, ALWAYS.end)?
        .into_iter()
        .map(|bridge| (bridge.start, i128::from(bridge.amount_within(ALWAYS.start, ALWAYS.end))))
        .collect();
    let mut epochs: Vec<Sum> = Vec::new();
    let mut reached = ALWAYS.start;
    for row in rows_between(tx, id, ALWAYS.start, ALWAYS.end)? {
        // a bridge belongs to the epoch that reaches over it
        let bridged: i128 = bridges.range(reached..row.start).map(|(_, amount)| amount).sum();
        reached = row.start;
        if let Some(epoch) = epochs.last_mut() {
            epoch.amount += bridged;
        }
        let cause = row.cause.or_else(|| epochs.is_empty().then_some(EpochCause::First));
        if let Some(cause) = cause {
            epochs.push(Sum { cause, first: row.cell.first, last: row.cell.last, carry: 0, amount: 0 });
        }
        if let Some(epoch) = epochs.last_mut() {
            epoch.last = row.cell.last;
            epoch.carry += i128::from(row.carry_in) + i128::from(row.carry);
            epoch.amount += i128::from(row.amount());
        }
    }
    let turns = turns_between(tx, id, ALWAYS.start, ALWAYS.end)?;
    let held = turns.iter().filter(|turn| turn.what == HELD).count() as u64;
    let set_aside = turns.iter().filter(|turn| turn.what <= HELD).count() as u64;
    let amount = saturated(epochs.iter().map(|epoch| epoch.amount).sum());
    let epoch_count = epochs.len() as u64;
    let proven: Vec<ProvenEpoch> = epochs.iter().map(Sum::proven).collect();
    for (i, epoch) in proven.iter().enumerate().filter(|(_, epoch)| epoch.difference != 0) {
        let (meter, point) = (&series.meter, &series.point);
        audit.faults.push(format!(
            "gateway {gateway_id}, {meter}/{point}, epoch {}: its intervals differ from its readings by {} counts",
            i + 1,
            epoch.difference
        ));
    }
    let epochs = proven.into_iter().take(EPOCHS_MAX).collect();
    Ok(ProvenRegister { gateway_id: gateway_id.to_owned(), series, epochs, epoch_count, amount, set_aside, held })
}

struct Sum {
    cause: EpochCause,
    first: Reading,
    last: Reading,
    carry: i128,
    amount: i128,
}

impl Sum {
    fn proven(&self) -> ProvenEpoch {
        let Sum { cause, first, last, carry, amount } = *self;
        let difference = amount - (i128::from(last.count) - i128::from(first.count) + carry);
        let (carry, amount, difference) = (saturated(carry), saturated(amount), saturated(difference));
        ProvenEpoch { cause, first, last, carry, amount, difference }
    }
}
