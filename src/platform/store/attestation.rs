//! What gateways sign: noted when it comes, and held against the stored records when someone asks.
//!
//! # Promises
//! - Attestations are read from the blocks, which they protect themselves: there is no second table that could be
//!   edited instead.
//! - A record that was changed, taken out, put in or moved within an attested stretch is found, and which stretch.
//! - A body that was given up leaves its hash, and the chain goes on. Where even that is not known (a refused record
//!   whose checksum never matched), the stretch up to the next attestation is called unverifiable, and no fault.
//!
//! # Does not
//! - Protect what is not attested yet: the last hour of a gateway, and the newest generations if all of them are gone.
//! - Know whose the first key is, unless the registry says so.

mod key;

use super::sql::{Row, Tx, params};
use super::{
    StoreError,
    alarm::{self, AlarmKind},
};
use crate::{
    model::UtcMillis,
    runtime::lang::Text,
    wire::{
        GenId,
        chain::{self, Chain, Hash, record_hash},
        hex,
        record::{Attestation, Content, Record, decode},
    },
};
use bytes::Bytes;
use key::Keys;
pub use key::{GatewayKey, accepted, pin, pinned};
use std::collections::BTreeMap;

/// One generation, as far as it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationLine {
    pub gateway_id: String,
    pub gen_id: GenId,
    /// The records 1 to here are those that the gateway signed, but for what `notes` and `faults` say.
    pub attested_through: u64,
    /// What the gateway signed; more than what is stored while records are under way or lost.
    pub signed_through: u64,
    pub stored_through: u64,
    /// What can not be verified, and why.
    pub notes: Vec<String>,
    pub faults: Vec<String>,
}

impl AttestationLine {
    /// Everything is there, signed, and as it was signed.
    pub fn whole(&self) -> bool {
        let AttestationLine { attested_through, signed_through, stored_through, notes, faults, .. } = self;
        attested_through == stored_through && signed_through == stored_through && notes.is_empty() && faults.is_empty()
    }

    /// One line for people, without the faults.
    pub fn text(&self) -> Text {
        let AttestationLine { gateway_id, gen_id, attested_through, signed_through, stored_through, notes, .. } = self;
        let gen_id = u128::from_be_bytes(*gen_id);
        let notes: String = notes.iter().map(|note| format!("; {note}")).collect();
        Text::new(
            format!(
                "网关 {gateway_id}，记录代 {gen_id:032x}：已存 {stored_through} 条，网关签名至第 {signed_through} 条，\
                 核验至第 {attested_through} 条{notes}"
            ),
            format!(
                "gateway {gateway_id}, generation {gen_id:032x}: {stored_through} records are stored, the gateway signed \
                 through {signed_through}, verified through {attested_through}{notes}"
            ),
        )
    }
}

/// Notes the key of an attestation that came, and raises an alarm where it proves nothing. It is stored all the same.
pub fn note(tx: Tx<'_>, gateway: i64, attestation: &Attestation, now: UtcMillis) -> Result<(), StoreError> {
    let Attestation { gen_id, seq, key, .. } = attestation;
    let about = format!("generation {} through record {seq}", hex(gen_id));
    if !chain::is_signed(attestation) {
        return alarm::raise(tx, gateway, AlarmKind::BadSignature, 1, &about, now);
    }
    let keys = Keys::of(tx, gateway)?;
    key::see(tx, gateway, key, now)?;
    if !keys.accepts_or_first(key) {
        let detail = format!("{about}: signed with {}", hex(key));
        alarm::raise(tx, gateway, AlarmKind::KeyChanged, 1, &detail, now)?;
    }
    if let Some(other) = key::of_another(tx, gateway, key)? {
        alarm::raise(tx, gateway, AlarmKind::KeyShared, 1, &format!("gateway {other} signs with {}", hex(key)), now)?;
    }
    Ok(())
}

/// What the chain needs of a record whose body is given up; `None` where the body is not what the gateway has.
pub fn hash_of(record: &Record) -> Option<Hash> {
    record.check().is_ok().then(|| record_hash(record.kind, &record.body))
}

/// Every generation of a gateway, and those it signed and of which nothing is here.
pub fn verify(tx: Tx<'_>, gateway: i64) -> Result<Vec<AttestationLine>, StoreError> {
    verify_by(tx, gateway, chain::is_signed)
}

/// [`verify`] with another notion of a good signature: the tests show what the real one is worth.
pub(super) fn verify_by(
    tx: Tx<'_>,
    gateway: i64,
    is_signed: impl Fn(&Attestation) -> bool,
) -> Result<Vec<AttestationLine>, StoreError> {
    let select = "SELECT gateway_id FROM gateway WHERE id = ?1";
    let gateway_id: String = tx.only(select, params![gateway], |row| row.get(0))?;
    let mut claims = claims(tx, gateway, is_signed)?;
    let mut lines = Vec::new();
    let select = "SELECT id, gen_id, seq, last_seq FROM generation WHERE gateway = ?1 ORDER BY id";
    tx.each(select, params![gateway], |row| {
        let (id, gen_id): (i64, GenId) = (row.get(0)?, row.get(1)?);
        let (mark, sealed): (i64, Option<i64>) = (row.get(2)?, row.get(3)?);
        let claimed = claims.remove(&gen_id).unwrap_or_default();
        let mut line = line(&gateway_id, gen_id, mark.unsigned_abs(), claimed.faults);
        follow(tx, id, &gen_id, &claimed.chains, &mut line)?;
        let complete = sealed.is_some_and(|last| last <= mark);
        if complete && line.signed_through > line.stored_through {
            let AttestationLine { signed_through, stored_through, .. } = line;
            line.faults.push(format!(
                "the gateway signed {signed_through} records, {stored_through} are kept, and none is missing by its word"
            ));
        }
        lines.push(line);
 Ok(()) })?;
    for (gen_id, claimed) in claims {
        let mut line = line(&gateway_id, gen_id, 0, claimed.faults);
        line.signed_through = claimed.chains.last_key_value().map_or(0, |(seq, _)| *seq);
        lines.push(line);
    }
    Ok(lines)
}

fn line(gateway_id: &str, gen_id: GenId, stored_through: u64, faults: Vec<String>) -> AttestationLine {
    let (attested_through, signed_through, notes) = (0, 0, Vec::new());
    AttestationLine {
        gateway_id: gateway_id.into(),
        gen_id,
        attested_through,
        signed_through,
        stored_through,
        notes,
        faults,
    }
}

/// What a gateway's attestations say of one generation.
#[derive(Default)]
struct Claimed {
    /// By record; more than one only where they contradict each other.
    chains: BTreeMap<u64, Vec<Hash>>,
    faults: Vec<String>,
}

/// Of all attestation blocks those that prove something; the others are faults.
fn claims(
    tx: Tx<'_>,
    gateway: i64,
    is_signed: impl Fn(&Attestation) -> bool,
) -> Result<BTreeMap<GenId, Claimed>, StoreError> {
    let keys = Keys::of(tx, gateway)?;
    let mut claims: BTreeMap<GenId, Claimed> = BTreeMap::new();
    let select = "SELECT block.seq, block.kind, crc32c, body, gen_id FROM block
         JOIN generation ON generation.id = block.generation WHERE block.kind = 7 AND block.gateway = ?1";
    tx.each(select, params![gateway], |row| {
        let (seq, host): (i64, GenId) = (row.get(0)?, row.get(4)?);
        let at = format!("record {seq} of generation {:032x}", u128::from_be_bytes(host));
        let body: Vec<u8> = row.get(3)?;
        let record = Record { kind: row.get(1)?, crc32c: row.get(2)?, body: Bytes::from(body) };
        let Ok(Content::Attestation(attestation)) = decode(&record) else {
            claims.entry(host).or_default().faults.push(format!("{at} was an attestation and can not be read"));
            return Ok(());
        };
        let claimed = claims.entry(attestation.gen_id).or_default();
        if !is_signed(&attestation) {
            claimed.faults.push(format!("the attestation in {at} has a wrong signature"));
        } else if !keys.accepts(&attestation.key) {
            let key = hex(&attestation.key);
            claimed.faults.push(format!("the attestation in {at} is signed with {key}, not with this gateway's key"));
        } else {
            let chains = claimed.chains.entry(attestation.seq).or_default();
            if !chains.contains(&attestation.chain) {
                chains.push(attestation.chain);
            }
        }
        Ok(())
    })?;
    Ok(claims)
}

/// Computes the chain of the stored records and holds it against what was signed.
fn follow(
    tx: Tx<'_>,
    generation: i64,
    gen_id: &GenId,
    chains: &BTreeMap<u64, Vec<Hash>>,
    line: &mut AttestationLine,
) -> Result<(), StoreError> {
    let select = "SELECT seq, kind, crc32c, body, NULL, 0 FROM block WHERE generation = ?1
         UNION ALL SELECT seq, kind, crc32c, body, hash, 1 FROM refused WHERE generation = ?1 ORDER BY 1";
    // unknown behind a record whose hash is not known, until the next attestation says it
    let (mut chain, mut at, mut gap) = (Some(Chain::start(gen_id)), 0_u64, None);
    tx.each(select, params![generation], |row| {
        let seq = row.get::<i64>(0)?.unsigned_abs();
        if seq != at + 1 {
            chain = None; // a fault at the next attestation; in any case one of the mark
        }
        at = seq;
        chain = match (chain, stored_hash(row)?) {
            (Some(mut chain), Some(hash)) => {
                chain.add(&hash);
                Some(chain)
            }
            (_, None) => {
                gap = gap.or(Some(seq));
                None
            }
            (None, _) => None,
        };
        let Some(signed) = chains.get(&seq) else { return Ok(()) };
        let first = line.attested_through + 1;
        let matches = chain.is_some_and(|chain| signed.contains(&chain.hash));
        match (chain, gap.take()) {
            (Some(_), _) if matches => {}
            (None, Some(gap)) => line.notes.push(format!(
                "records {first} to {seq} can not be verified: what the gateway has as record {gap} never came here whole"
            )),
            _ => line.faults.push(format!("records {first} to {seq} are not those that the gateway signed")),
        }
        if signed.len() > 1 {
            line.faults.push(format!("{} attestations through record {seq} contradict each other", signed.len()));
        }
        if !matches {
            chain = signed.first().map(|hash| Chain { seq, hash: *hash });
        }
        line.attested_through = seq;
 Ok(()) })?;
    line.signed_through = chains.last_key_value().map_or(0, |(seq, _)| *seq);
    Ok(())
}

/// Of a row of `seq, kind, crc32c, body, hash, refused`. A block's own checksum does not matter here: the chain does.
fn stored_hash(row: &Row<'_>) -> Result<Option<Hash>, StoreError> {
    let (kind, body): (u8, Option<Vec<u8>>) = (row.get(1)?, row.get(3)?);
    Ok(match body {
        None => row.get(4)?,
        Some(body) if row.get(5)? => hash_of(&Record { kind, crc32c: row.get(2)?, body: Bytes::from(body) }),
        Some(body) => Some(record_hash(kind, &body)),
    })
}
