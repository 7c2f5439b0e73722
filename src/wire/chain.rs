//! The chain over a generation's records and the signature under it, as the contract says; both halves compute it here.
//!
//! # Promises
//! - Two runs of records have the same chain only if they are the same records of the same generation in the same
//!   order, as far as SHA-256 holds.
//! - [`is_signed`] is strict (`verify_strict`): no weak key, no second signature for the same words.
//!
//! # Does not
//! Say whose a key is.

use super::{GenId, record::Attestation};
use crate::model::UtcMillis;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// SHA-256.
pub type Hash = [u8; 32];

/// The chain through record `seq` of a generation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chain {
    pub seq: u64,
    pub hash: Hash,
}

impl Chain {
    /// In front of the first record.
    pub fn start(gen_id: &GenId) -> Chain {
        Chain { seq: 0, hash: Sha256::new().chain_update(b"mujun chain 1").chain_update(gen_id).finalize().into() }
    }

    /// With the record of this [`record_hash`] behind it.
    pub fn add(&mut self, record: &Hash) {
        self.seq += 1;
        self.hash = Sha256::new().chain_update(self.hash).chain_update(record).finalize().into();
    }
}

/// What the chain takes of a record: enough to go on when its body is given up.
pub fn record_hash(kind: u8, body: &[u8]) -> Hash {
    Sha256::new().chain_update([kind]).chain_update(body).finalize().into()
}

/// Attests that the generation's records are those of `chain`.
pub fn sign(key: &SigningKey, gen_id: GenId, chain: Chain, time: UtcMillis) -> Attestation {
    let Chain { seq, hash } = chain;
    let signed = signed_bytes(&gen_id, seq, &hash, time);
    let (key, signature) = (key.verifying_key().to_bytes(), key.sign(&signed).to_bytes());
    Attestation { gen_id, seq, chain: hash, time, key, signature }
}

/// Whether the signature is that of the attestation's own key over all that it says.
pub fn is_signed(attestation: &Attestation) -> bool {
    let Attestation { gen_id, seq, chain, time, key, signature } = attestation;
    VerifyingKey::from_bytes(key).is_ok_and(|key| {
        key.verify_strict(&signed_bytes(gen_id, *seq, chain, *time), &Signature::from_bytes(signature)).is_ok()
    })
}

fn signed_bytes(gen_id: &GenId, seq: u64, chain: &Hash, time: UtcMillis) -> Vec<u8> {
    [b"mujun attestation 1".as_slice(), gen_id, &seq.to_be_bytes(), chain, &time.0.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::hex;
    use proptest::prelude::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    /// Computed with Python's hashlib: the bytes of the contract, whatever this file becomes.
    #[test]
    fn the_chain_is_that_of_the_contract() {
        let mut chain = Chain::start(&[7; 16]);
        assert_eq!(hex(&chain.hash), START);
        chain.add(&record_hash(2, b"body"));
        assert_eq!((chain.seq, hex(&chain.hash).as_str()), (1, ONE));
    }

    #[test]
    fn a_signature_holds_for_its_own_words_only() {
        let chain = Chain { seq: 9, hash: [3; 32] };
        let attestation = sign(&key(1), [7; 16], chain, UtcMillis(5));
        assert!(is_signed(&attestation));
        let wrong = [
            Attestation { gen_id: [8; 16], ..attestation },
            Attestation { seq: 8, ..attestation },
            Attestation { chain: [4; 32], ..attestation },
            Attestation { time: UtcMillis(6), ..attestation },
            Attestation { key: key(2).verifying_key().to_bytes(), ..attestation },
            Attestation { key: [0; 32], signature: [0; 64], ..attestation }, // a point of small order
            Attestation { signature: [1; 64], ..attestation },
        ];
        for attestation in wrong {
            assert!(!is_signed(&attestation), "{attestation:?}");
        }
    }

    proptest! {
        /// However the records come in parts, the chain is that of all of them; any other records have another one.
        #[test]
        fn a_chain_names_its_records(
            records in proptest::collection::vec((1_u8..8, proptest::collection::vec(any::<u8>(), 0..40)), 1..12),
            at in any::<prop::sample::Index>(),
            cut in any::<prop::sample::Index>(),
            change in 0..5_u8,
        ) {
            let of = |records: &[(u8, Vec<u8>)], mut chain: Chain| {
                records.iter().for_each(|(kind, body)| chain.add(&record_hash(*kind, body)));
                chain
            };
            let start = Chain::start(&[7; 16]);
            let whole = of(&records, start);
            let (left, right) = records.split_at(cut.index(records.len()));
            prop_assert_eq!(of(right, of(left, start)), whole);

            let (mut other, at) = (records.clone(), at.index(records.len()));
            match change {
                0 => other[at].0 = other[at].0 % 7 + 1,
                1 => other[at].1.push(0),
                2 => drop(other.remove(at)),
                3 => other.insert(at, (2, vec![1])),
                _ => other.swap(at, cut.index(records.len())),
            }
            if other != records {
                prop_assert_ne!(of(&other, start).hash, whole.hash);
            }
            prop_assert_ne!(of(&records, Chain::start(&[8; 16])).hash, whole.hash);
        }
    }

    const START: &str = "4b8ec77f053c7d0dde3a53338bc2add529cc7c77a9894be66fa86766f90a5c6d";
    const ONE: &str = "e26d0b3faba647680671524ad38c42a9fd951cecb7afc41906a7a0199908672c";
}
