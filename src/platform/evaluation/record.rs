//! A run as it is stored: outcomes as JSON, inputs as packed JSON.

use super::{Candidate, Evaluation, GroupOutcome, SiteOutcome, rule::RuleSet};
use crate::{
    platform::store::{EvaluatedSite, EvaluationDraft},
    wire::hex,
};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use sha2::{Digest, Sha256};
use std::io;

const LEVEL: i32 = 3;
/// One site's trees: a site with hundreds of registers has some 100 KiB.
const INPUT_BYTES_MAX: usize = 64 << 20;
const MICRO: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// The run, with the inputs of all its candidates.
///
/// # Errors
/// Where it can not be written as JSON.
pub fn draft(
    rules: &RuleSet,
    year: i16,
    candidates: &[Candidate],
    evaluation: &Evaluation,
    author: String,
) -> io::Result<EvaluationDraft> {
    let mut digest = Sha256::new();
    let mut inputs = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let text = serde_json::to_vec(candidate)?;
        digest.update(&text);
        inputs.push((candidate.credit_code.clone(), zstd::bulk::compress(&text, LEVEL)?));
    }
    Ok(EvaluationDraft {
        rules_id: rules.id.clone(),
        rules_sha256: rules.digest(),
        rules_text: rules.text.clone(),
        regions: rules.regions.clone(),
        year,
        basis: rules.basis.name().to_owned(),
        inputs_sha256: hex(&digest.finalize()),
        outcome: serde_json::to_string(&evaluation.groups)?,
        author,
        sites: evaluation.sites.iter().map(row).collect::<io::Result<_>>()?,
        inputs,
        objection: None,
    })
}

fn row(site: &SiteOutcome) -> io::Result<EvaluatedSite> {
    Ok(EvaluatedSite {
        credit_code: site.credit_code.clone(),
        name: site.name.clone(),
        county_code: site.county_code.clone(),
        group: site.group.clone(),
        // with at most 6 decimals it is an integer
        score_micro: site.score.and_then(|score| score.checked_mul(MICRO)?.to_i64()),
        rank: site.rank,
        grade: site.grade.clone(),
        body: serde_json::to_string(site)?,
    })
}

/// # Errors
/// Where it was not written by [`draft`].
pub fn candidate(packed: &[u8]) -> io::Result<Candidate> {
    let size = zstd::bulk::Decompressor::upper_bound(packed).unwrap_or(INPUT_BYTES_MAX).min(INPUT_BYTES_MAX);
    Ok(serde_json::from_slice(&zstd::bulk::decompress(packed, size)?)?)
}

/// # Errors
/// As [`candidate`].
pub fn groups(outcome: &str) -> io::Result<Vec<GroupOutcome>> {
    Ok(serde_json::from_str(outcome)?)
}

/// # Errors
/// As [`candidate`].
pub fn site(body: &str) -> io::Result<SiteOutcome> {
    Ok(serde_json::from_str(body)?)
}
