//! What a gateway signed is held against what is stored: each kind of edit is found, and the honest store is not blamed.

use super::*;
use crate::wire::{
    chain::{self, Chain, record_hash},
    hex,
    record::Attestation,
};
use attestation::{verify, verify_by};
use bytes::Bytes;
use ed25519_dalek::SigningKey;

const OLD: u8 = 7;
const NEW: u8 = 9;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> [u8; 32] {
    key(seed).verifying_key().to_bytes()
}

fn chain_of(generation: u8, records: &[Record]) -> Chain {
    let mut chain = Chain::start(&[generation; 16]);
    records.iter().for_each(|record| chain.add(&record_hash(record.kind, &record.body)));
    chain
}

fn signed(seed: u8, generation: u8, records: &[Record]) -> Attestation {
    chain::sign(&key(seed), [generation; 16], chain_of(generation, records), NOW)
}

fn record(attestation: Attestation) -> Record {
    encode(&Content::Attestation(attestation)).remove(0)
}

/// Generation OLD: 7 records, their attestation, 2 more. Generation NEW: a dictionary, the attestation of all of OLD, a
/// record, and the attestation of these three.
fn gateway_says(seed: u8) -> (Vec<Record>, Vec<Record>) {
    let mut old = stream(6);
    old.push(record(signed(seed, OLD, &old)));
    old.extend([6, 7].map(|i| samples(&[reading(BASE + i * 60_000, 10 * i)])));
    let mut new = vec![dictionary(&[(0, energy())]), record(signed(seed, OLD, &old))];
    new.push(samples(&[reading(BASE + 8 * 60_000, 80)]));
    new.push(record(signed(seed, NEW, &new)));
    (old, new)
}

fn store(connection: Tx<'_>, old: &[Record], new: &[Record]) {
    // the newer one comes first, as it does after a restart
    take(connection, NEW, 1, new, NOW);
    take(connection, OLD, 1, old, NOW);
    for (generation, records) in [(OLD, old), (NEW, new)] {
        intake::seal(connection, "gw-1", &[generation; 16], records.len() as u64).unwrap();
    }
}

fn honest() -> Memory {
    let connection = memory();
    let (old, new) = gateway_says(1);
    store(connection.tx(), &old, &new);
    connection
}

/// Through where both generations are attested, signed and stored, and how many things are wrong with them.
fn found(connection: Tx<'_>) -> [(u64, u64, u64, usize, usize); 2] {
    let lines = verify(connection, 1).unwrap();
    [OLD, NEW].map(|generation| {
        let line = lines.iter().find(|line| line.gen_id == [generation; 16]).unwrap();
        let AttestationLine { attested_through, signed_through, stored_through, notes, faults, .. } = line;
        (*attested_through, *signed_through, *stored_through, notes.len(), faults.len())
    })
}

fn faults(connection: Tx<'_>) -> Vec<String> {
    verify(connection, 1).unwrap().into_iter().flat_map(|line| line.faults).collect()
}

/// As one would who has the file: the body of a record is another one, and its checksum is right.
fn edit(connection: Tx<'_>, generation: u8, seq: i64, record: &Record) {
    let update = "UPDATE block SET kind = ?3, crc32c = ?4, body = ?5 WHERE seq = ?2
                  AND generation = (SELECT id FROM generation WHERE gen_id = ?1)";
    let generation = [generation; 16];
    let new = params![&generation, seq, record.kind, record.crc32c, record.body.as_ref()];
    assert_eq!(connection.execute(update, new).unwrap(), 1);
}

fn alarms(connection: Tx<'_>) -> Vec<AlarmKind> {
    let select = "SELECT kind FROM alarm ORDER BY gateway, kind";
    let codes: Vec<i64> = connection.rows(select, params![], |row| row.get(0)).unwrap();
    let kinds = [AlarmKind::KeyChanged, AlarmKind::BadSignature, AlarmKind::KeyShared];
    codes.iter().filter_map(|code| kinds.into_iter().find(|kind| *kind as i64 == *code)).collect()
}

#[test]
pub fn an_honest_store_passes_and_says_what_is_not_signed_yet() {
    let connection = honest();
    assert_eq!(found(connection.tx()), [(10, 10, 10, 0, 0), (3, 3, 4, 0, 0)]);
    assert_eq!(alarms(connection.tx()), []);
    let audit = audit::audit(connection.tx()).unwrap();
    assert_eq!((audit.attested, audit.faults.as_slice()), (13, [].as_slice()));
    let said: Vec<_> = audit.attestations.iter().map(|line| line.text().en).collect();
    let newest = "4 records are stored, the gateway signed through 3, verified through 3";
    assert_eq!(said, [format!("gateway gw-1, generation {}: {newest}", "09".repeat(16))]);
    let key = |seed: u8| hex(&public(seed));
    assert_eq!(audit.keys, [GatewayKey { gateway_id: "gw-1".into(), key: key(1), pinned: false }]);

    // under way: signed, not here yet
    let (connection, (old, new)) = (memory(), gateway_says(1));
    take(connection.tx(), NEW, 1, &new, NOW);
    take(connection.tx(), OLD, 1, &old[..5], NOW);
    assert_eq!(found(connection.tx()), [(0, 10, 5, 0, 0), (3, 3, 4, 0, 0)]);
    let nothing = memory();
    take(nothing.tx(), NEW, 1, &new, NOW);
    assert_eq!(found(nothing.tx())[0], (0, 10, 0, 0, 0));
}

#[test]
pub fn an_edited_body_is_found_although_its_checksum_is_mended() {
    let connection = honest();
    let mut body = gateway_says(1).0[2].body.to_vec();
    *body.last_mut().unwrap() ^= 1;
    edit(connection.tx(), OLD, 3, &Record { kind: 2, crc32c: crc32c::crc32c(&body), body: Bytes::from(body) });
    assert_eq!(faults(connection.tx()), ["records 1 to 7 are not those that the gateway signed"], "and 8 to 10 are");

    let connection = honest();
    edit(connection.tx(), OLD, 10, &samples(&[reading(BASE + 7 * 60_000, 71)]));
    assert_eq!(faults(connection.tx()), ["records 8 to 10 are not those that the gateway signed"]);
    let audit = audit::audit(connection.tx()).unwrap();
    assert!(audit.faults.iter().any(|fault| fault.contains(&"07".repeat(16)) && fault.contains("8 to 10")));
}

#[test]
pub fn a_record_taken_out_put_in_or_moved_is_found() {
    let shift = |by: i64, from: i64| {
        format!(
            "UPDATE block SET seq = -seq WHERE generation = 2 AND seq >= {from};
             UPDATE block SET seq = -seq + {by} WHERE generation = 2 AND seq < 0;
             UPDATE generation SET seq = seq + {by}, last_seq = last_seq + {by} WHERE id = 2;"
        )
    };
    let connection = honest();
    connection.tx().batch(&format!("DELETE FROM block WHERE generation = 2 AND seq = 4;{}", shift(-1, 5))).unwrap();
    assert_eq!(found(connection.tx())[0], (7, 10, 9, 0, 2));
    // the last ones, to the end
    let connection = honest();
    connection
        .tx()
        .batch(
            "DELETE FROM block WHERE generation = 2 AND seq > 9; UPDATE generation SET seq = 9, last_seq = 9 WHERE id = 2",
        )
        .unwrap();
    assert_eq!(faults(connection.tx()).len(), 1, "{:?}", faults(connection.tx()));
    assert!(faults(connection.tx())[0].starts_with("the gateway signed 10 records, 9 are kept"));

    let connection = honest();
    let copy =
        "INSERT INTO block SELECT generation, 4, kind, crc32c, gateway, clock, span, t_first, t_last, body FROM block
                WHERE generation = 2 AND seq = 3";
    connection.tx().batch(&format!("{};{copy}", shift(1, 4))).unwrap();
    assert_eq!(found(connection.tx())[0].4, 2);

    let connection = honest();
    connection
        .tx()
        .batch(
            "UPDATE block SET seq = -3 WHERE generation = 2 AND seq = 3;
             UPDATE block SET seq = 3 WHERE generation = 2 AND seq = 4; UPDATE block SET seq = 4 WHERE seq = -3",
        )
        .unwrap();
    assert_eq!(faults(connection.tx()), ["records 1 to 7 are not those that the gateway signed"]);
}

#[test]
pub fn a_forger_needs_the_gateways_key() {
    // everything signed anew by another: the chains are right
    let connection = honest();
    let (mut old, _) = gateway_says(1);
    old[2] = samples(&[reading(BASE + 60_000, 3)]);
    old[7] = record(signed(2, OLD, &old[..7]));
    let last = record(signed(2, OLD, &old));
    edit(connection.tx(), OLD, 3, &old[2]);
    edit(connection.tx(), OLD, 8, &old[7]);
    edit(connection.tx(), NEW, 2, &last);
    let said = faults(connection.tx());
    assert_eq!(said.iter().filter(|fault| fault.contains("not with this gateway's key")).count(), 2, "{said:?}");
    assert_eq!(found(connection.tx())[0].0, 0, "a foreign signature attests nothing");

    // what is signed for one generation says nothing of another
    let connection = honest();
    let (_, new) = gateway_says(1);
    let replayed = Attestation { gen_id: [NEW; 16], ..signed(1, OLD, &new[..3]) };
    edit(connection.tx(), NEW, 4, &record(replayed));
    let said = faults(connection.tx());
    assert_eq!(said, [format!("the attestation in record 4 of generation {} has a wrong signature", "09".repeat(16))]);
}

/// The control: the same forger, who lets the signature be. Without the check nothing else would tell.
#[test]
pub fn without_the_check_of_the_signature_a_forgery_passes() {
    let (mut old, mut new) = gateway_says(1);
    let forged = |records: &[Record], generation: u8| {
        let Chain { seq, hash } = chain_of(generation, records);
        record(Attestation { seq, chain: hash, gen_id: [generation; 16], ..signed(1, OLD, &[]) })
    };
    old[2] = samples(&[reading(BASE + 60_000, 3)]);
    old[7] = forged(&old[..7], OLD);
    new[1] = forged(&old, OLD);
    new[3] = forged(&new[..3], NEW);
    let connection = honest();
    for (generation, seq, record) in [(OLD, 3, &old[2]), (OLD, 8, &old[7]), (NEW, 2, &new[1]), (NEW, 4, &new[3])] {
        edit(connection.tx(), generation, seq, record);
    }
    let unchecked = verify_by(connection.tx(), 1, |_| true).unwrap();
    assert!(unchecked.iter().all(|line| line.faults.is_empty() && line.attested_through > 0), "{unchecked:?}");
    assert_eq!(faults(connection.tx()).len(), 3);
}

#[test]
fn a_refused_record_is_in_the_chain_and_its_hash_stays_when_it_is_written_off() {
    let ahead = samples(&[reading(NOW.0 + 86_400_000, 9)]);
    let torn = Record { crc32c: 1, ..samples(&[reading(BASE, 1)]) };
    for (bad, note) in [(ahead, false), (torn, true)] {
        let connection = memory();
        let mut old = stream(2);
        old.push(bad);
        let mut on_disk = old.clone(); // what the gateway has is whole
        on_disk[3] = samples(&[reading(BASE, if note { 2 } else { 9 })]);
        let signed_records = if note { &on_disk } else { &old };
        let attestation = record(signed(1, OLD, signed_records));
        take(connection.tx(), OLD, 1, &old[..3], NOW);
        take(connection.tx(), OLD, 4, &[old[3].clone(), attestation], NOW);
        let expected = (4, 4, 5, usize::from(note), 0);
        let line = |connection: Tx<'_>| {
            let line = verify(connection, 1).unwrap().remove(0);
            (line.attested_through, line.signed_through, line.stored_through, line.notes.len(), line.faults.len())
        };
        assert_eq!(line(connection.tx()), expected);
        assert_eq!(refused::write_off(connection.tx(), 1).unwrap(), 1);
        assert_eq!(refused::write_off(connection.tx(), 1).unwrap(), 0);
        assert_eq!(line(connection.tx()), expected);
        connection.tx().execute("UPDATE refused SET hash = x'00'", params![]).unwrap_or_default();
        let hash = [5_u8; 32];
        connection.tx().execute("UPDATE refused SET hash = ?1", params![&hash]).unwrap();
        assert_eq!(line(connection.tx()).4, 1, "another hash is a fault");
    }
}

#[test]
pub fn the_first_key_counts_and_another_one_is_an_alarm() {
    let connection = honest();
    let more = |generation: u8, attestation: Attestation| {
        take(connection.tx(), generation, 1, &[dictionary(&[]), record(attestation)], NOW).refusals
    };
    let own = |seed: u8, generation: u8| signed(seed, generation, &[dictionary(&[])]);
    assert_eq!(more(11, own(1, 11)), []);
    assert_eq!(alarms(connection.tx()), []);
    assert_eq!(more(12, own(2, 12)), [], "it is stored all the same");
    assert_eq!(alarms(connection.tx()), [AlarmKind::KeyChanged]);
    assert_eq!(more(13, Attestation { seq: 2, ..own(1, 13) }), []);
    assert_eq!(alarms(connection.tx()), [AlarmKind::KeyChanged, AlarmKind::BadSignature]);
    assert_eq!(faults(connection.tx()).len(), 2);

    // the registry's word counts more; both keys, after the gateway was replaced
    let pin = |seeds: &[u8]| {
        let public_keys = seeds.iter().map(|seed| public(*seed)).collect();
        let gateway = Gateway { public_keys, ..gateway("gw-1", "A") };
        registry::replace(connection.tx(), &[site("A")], std::slice::from_ref(&gateway)).unwrap();
        assert_eq!(registry::gateways(connection.tx()).unwrap(), [gateway]);
    };
    pin(&[1, 2]);
    assert_eq!(faults(connection.tx()).len(), 1, "the wrong signature");
    pin(&[2]);
    assert_eq!(faults(connection.tx()).len(), 5, "those of the first key: three of the honest store, one behind it");
    pin(&[]);
    assert_eq!(faults(connection.tx()).len(), 2);
}

#[test]
fn two_gateways_with_one_key_are_an_alarm_and_a_flood_of_keys_is_none_of_memory() {
    let connection = honest();
    registry::replace(connection.tx(), &[site("A")], &[gateway("gw-1", "A"), gateway("gw-2", "A")]).unwrap();
    attestation::note(connection.tx(), 2, &signed(1, 20, &[]), NOW).unwrap();
    assert_eq!(alarms(connection.tx()), [AlarmKind::KeyShared]);
    for seed in 2..60 {
        attestation::note(connection.tx(), 2, &signed(seed, 20, &[]), NOW).unwrap();
    }
    let count = |sql: &str| connection.tx().only(sql, params![], |row| row.get::<i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM gateway_key WHERE gateway = 2"), 16);
}
