//! What a version holds: every figure of every site as its tree, and the digests of what it was made of.

use crate::{
    model::UtcMillis,
    platform::assess::{Assessment, term::Term},
    runtime::lang::Text,
    wire::hex,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, path::Path};
use utoipa::ToSchema;

/// A file that the platform loaded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PublicationInput)]
pub struct Input {
    /// Without its folder.
    pub file: String,
    pub sha256: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PublicationBody)]
pub struct Body {
    pub period: String,
    pub start_ms: UtcMillis,
    pub end_ms: UtcMillis,
    pub basis: String,
    /// Of the program, which holds the rules.
    pub rules: String,
    /// Registry and coefficient files.
    pub inputs: Vec<Input>,
    /// SHA-256 of what the ledger gave: each register's counts, readings and quarter-hours.
    pub ledger_sha256: String,
    pub sites: Vec<PublishedSite>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PublishedSite {
    pub credit_code: String,
    /// By name. What cannot be computed has no value, and its terms say why.
    pub figures: BTreeMap<String, Term>,
    /// Figures whose registers are not complete: below the 90 % that the national rule asks for.
    pub incomplete: Vec<String>,
    pub notes: Vec<Text>,
}

/// A body that is larger than this is not one of ours.
const BODY_BYTES_MAX: usize = 1 << 30;
const LEVEL: i32 = 6;

impl Body {
    pub fn of(assessment: &Assessment, inputs: &[Input]) -> Body {
        let sites: Vec<_> = assessment
            .sites
            .iter()
            .map(|site| PublishedSite {
                credit_code: site.credit_code.clone(),
                figures: site
                    .terms
                    .iter()
                    .map(|(figure, term)| (figure.name().to_owned(), Term::clone(term)))
                    .collect(),
                incomplete: site
                    .figures
                    .iter()
                    .filter(|(_, state)| state.incomplete)
                    .map(|(name, _)| (*name).to_owned())
                    .collect(),
                notes: site.notes.clone(),
            })
            .collect();
        let mut registers = Sha256::new();
        for term in sites.iter().flat_map(|site| site.figures.values()).flat_map(|figure| figure.registers()) {
            registers.update(serde_json::to_vec(&term.how).unwrap_or_default());
        }
        Body {
            period: assessment.period.clone(),
            start_ms: assessment.start_ms,
            end_ms: assessment.end_ms,
            basis: basis_name(assessment).to_owned(),
            rules: env!("CARGO_PKG_VERSION").to_owned(),
            inputs: inputs.to_vec(),
            ledger_sha256: hex(&registers.finalize()),
            sites,
        }
    }

    /// SHA-256 of the figures and all their terms. Where in a file a factor stands is no part of it.
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        let mut sites = serde_json::to_value(&self.sites)?;
        without_places(&mut sites);
        Ok(hex(&Sha256::digest(serde_json::to_vec(&sites)?)))
    }

    pub fn pack(&self) -> std::io::Result<Vec<u8>> {
        zstd::bulk::compress(&serde_json::to_vec(self)?, LEVEL)
    }

    pub fn unpack(bytes: &[u8]) -> std::io::Result<Body> {
        let size = zstd::bulk::Decompressor::upper_bound(bytes).unwrap_or(BODY_BYTES_MAX).min(BODY_BYTES_MAX);
        Ok(serde_json::from_slice(&zstd::bulk::decompress(bytes, size)?)?)
    }
}

fn basis_name(assessment: &Assessment) -> &'static str {
    assessment.basis.name()
}

fn without_places(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.remove("place");
            fields.values_mut().for_each(without_places);
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(without_places),
        _ => {}
    }
}

/// The digest of a file; its name alone where it can not be read, which its own reader reports.
pub fn input(path: &Path) -> Input {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let sha256 = std::fs::read(path).map(|bytes| hex(&Sha256::digest(bytes))).unwrap_or_default();
    Input { file, sha256 }
}
