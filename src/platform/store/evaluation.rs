//! Runs of the per-mu evaluation: written once, with their rules and inputs, and read page by page.
//!
//! # Promises
//! - A run is stored whole or not at all, and never changed. Publishing and objecting add rows. Each is in the audit log
//!   in its own transaction.
//!
//! # Does not
//! Know what a result means: outcomes and inputs are texts and bytes to it.

mod fact;
mod list;

pub use list::{GradeCount, SiteGrade, SitePage, SiteQuery, SiteSort};

use super::{
    Change, Store, StoreError, change,
    sql::{Row, Tx, params},
};
use crate::{model::UtcMillis, runtime::clock};

/// Runs of a list: the newest.
const LISTED_MAX: i64 = 500;

/// A run that is not stored yet.
#[derive(Clone, PartialEq, Debug)]
pub struct EvaluationDraft {
    pub rules_id: String,
    pub rules_sha256: String,
    pub rules_text: String,
    /// GB/T 2260 codes of the rule set.
    pub regions: Vec<String>,
    pub year: i16,
    pub basis: String,
    pub inputs_sha256: String,
    /// Groups and statistics, JSON.
    pub outcome: String,
    pub author: String,
    pub sites: Vec<EvaluatedSite>,
    /// By credit code: of all sites, or with `objection` of those that differ from `inputs_of`.
    pub inputs: Vec<(String, Vec<u8>)>,
    pub objection: Option<Objection>,
}

/// One site's row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EvaluatedSite {
    pub credit_code: String,
    pub name: String,
    pub county_code: String,
    pub group: Option<String>,
    /// The score in millionths.
    pub score_micro: Option<i64>,
    pub rank: Option<u32>,
    pub grade: Option<String>,
    /// The outcome, JSON.
    pub body: String,
}

/// What a person corrected in a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Objection {
    pub corrects: i64,
    /// Whose inputs hold but for the corrected ones.
    pub inputs_of: i64,
    pub credit_code: String,
    pub item: String,
    pub value_before: Option<String>,
    pub value: String,
    pub evidence: String,
    pub reason: String,
}

/// A stored run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EvaluationRow {
    pub id: i64,
    pub rules_id: String,
    pub rules_sha256: String,
    pub regions: Vec<String>,
    pub year: i16,
    pub basis: String,
    pub inputs_sha256: String,
    pub outcome: String,
    pub made: UtcMillis,
    pub author: String,
    pub corrects: Option<i64>,
    pub inputs_of: Option<i64>,
    pub published: Option<(UtcMillis, String)>,
    pub objection: Option<Objection>,
}

impl Store {
    /// Stores a run; gives its number. One transaction: 60,000 sites hold the writer for some seconds.
    pub async fn keep_evaluation(&self, draft: EvaluationDraft) -> Result<i64, StoreError> {
        let now = clock::now();
        self.inner.writer.write(move |tx| add(tx, &draft, now)).await
    }

    /// `false` where it was published before.
    pub async fn publish_evaluation(&self, id: i64, author: String) -> Result<bool, StoreError> {
        let now = clock::now();
        self.inner.writer.write(move |tx| publish(tx, id, &author, now)).await
    }

    /// The newest first; of one year where it is given.
    pub async fn evaluations(&self, year: Option<i16>) -> Result<Vec<EvaluationRow>, StoreError> {
        self.inner.readers.read(move |tx| rows(tx, year)).await
    }

    pub async fn evaluation(&self, id: i64) -> Result<Option<EvaluationRow>, StoreError> {
        self.inner.readers.read(move |tx| tx.one(&select("one.id = ?1"), params![id], of_row)).await
    }

    /// The rule file that a run was made by.
    pub async fn evaluation_rules(&self, id: i64) -> Result<Option<String>, StoreError> {
        let select = "SELECT rules_text FROM evaluation WHERE id = ?1";
        self.inner.readers.read(move |tx| tx.one(select, params![id], |row| row.get(0))).await
    }

    /// What is known of one site in a run: its own correction, or what it was made of.
    pub async fn evaluation_input(&self, id: i64, credit_code: String) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner
            .readers
            .read(move |tx| {
                tx.one(
                    "SELECT body FROM evaluation_input AS input
                     WHERE credit_code = ?2 AND (evaluation = ?1
                       OR evaluation = (SELECT inputs_of FROM evaluation AS run WHERE run.id = ?1))
                     ORDER BY evaluation DESC LIMIT 1",
                    params![id, &credit_code],
                    |row| row.get(0),
                )
            })
            .await
    }

    /// Of all sites, by credit code; with each whether it is a correction.
    pub async fn evaluation_inputs(&self, id: i64) -> Result<Vec<(String, Vec<u8>, bool)>, StoreError> {
        self.inner.readers.read(move |tx| inputs(tx, id)).await
    }
}

fn add(tx: Tx<'_>, draft: &EvaluationDraft, now: UtcMillis) -> Result<i64, StoreError> {
    let regions = draft.regions.join(",");
    let (corrects, inputs_of) = draft.objection.as_ref().map(|one| (one.corrects, one.inputs_of)).unzip();
    let id: i64 = tx.only(
        "INSERT INTO evaluation (rules_id, rules_sha256, rules_text, regions, year, basis, inputs_sha256, outcome,
           made, author, corrects, inputs_of)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id",
        params![
            &draft.rules_id,
            &draft.rules_sha256,
            &draft.rules_text,
            &regions,
            draft.year,
            &draft.basis,
            &draft.inputs_sha256,
            &draft.outcome,
            now,
            &draft.author,
            corrects,
            inputs_of
        ],
        |row| row.get(0),
    )?;
    for site in &draft.sites {
        let EvaluatedSite { credit_code, name, county_code, group, score_micro, rank, grade, body } = site;
        tx.execute(
            "INSERT INTO evaluation_site (evaluation, credit_code, name, county_code, group_id, score_micro, place,
               grade, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![id, credit_code, name, county_code, group.as_ref(), *score_micro, *rank, grade.as_ref(), body],
        )?;
    }
    for (credit_code, body) in &draft.inputs {
        tx.execute(
            "INSERT INTO evaluation_input (evaluation, credit_code, body) VALUES (?1, ?2, ?3)",
            params![id, credit_code, body],
        )?;
    }
    let (action, detail) = match &draft.objection {
        None => ("try_out", format!("{} {}", draft.rules_id, draft.year)),
        Some(one) => (
            "object",
            format!(
                "corrects {}: {} {} {} -> {}; {}; {}",
                one.corrects,
                one.credit_code,
                one.item,
                one.value_before.as_deref().unwrap_or("unknown"),
                one.value,
                one.evidence,
                one.reason
            ),
        ),
    };
    note(tx, &draft.author, id, action, detail, now)?;
    if let Some(Objection { credit_code, item, value_before, value, evidence, reason, .. }) = &draft.objection {
        tx.execute(
            "INSERT INTO evaluation_objection (evaluation, credit_code, item, value_before, value, evidence, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![id, credit_code, item, value_before.as_ref(), value, evidence, reason],
        )?;
    }
    Ok(id)
}

fn publish(tx: Tx<'_>, id: i64, author: &str, now: UtcMillis) -> Result<bool, StoreError> {
    let added = tx.execute(
        "INSERT INTO evaluation_publication (evaluation, published, author) VALUES (?1, ?2, ?3)
         ON CONFLICT (evaluation) DO NOTHING",
        params![id, now, author],
    )?;
    if added > 0 {
        note(tx, author, id, "publish", String::new(), now)?;
    }
    Ok(added > 0)
}

fn note(tx: Tx<'_>, by: &str, id: i64, action: &'static str, detail: String, now: UtcMillis) -> Result<(), StoreError> {
    change::note(tx, &Change { by: by.to_owned(), area: "evaluation", subject: id.to_string(), action, detail }, now)
}

/// Runs with what was published and objected of them.
fn select(which: &str) -> String {
    format!(
        "SELECT one.id, one.rules_id, one.rules_sha256, one.regions, one.year, one.basis, one.inputs_sha256,
           one.outcome, one.made, one.author, one.corrects, one.inputs_of, publication.published, publication.author,
           objection.credit_code, objection.item, objection.value_before, objection.value, objection.evidence,
           objection.reason
         FROM evaluation AS one
         LEFT JOIN evaluation_publication AS publication ON publication.evaluation = one.id
         LEFT JOIN evaluation_objection AS objection ON objection.evaluation = one.id
         WHERE {which}"
    )
}

fn rows(tx: Tx<'_>, year: Option<i16>) -> Result<Vec<EvaluationRow>, StoreError> {
    let select = format!("{} ORDER BY one.id DESC LIMIT ?2", select("(?1 IS NULL OR one.year = ?1)"));
    tx.rows(&select, params![year, LISTED_MAX], of_row)
}

fn of_row(row: &Row<'_>) -> Result<EvaluationRow, StoreError> {
    let (corrects, inputs_of): (Option<i64>, Option<i64>) = (row.get(10)?, row.get(11)?);
    let published = row.get::<Option<UtcMillis>>(12)?.zip(row.get::<Option<String>>(13)?);
    let objection = match (corrects.zip(inputs_of), row.get::<Option<String>>(14)?) {
        (Some((corrects, inputs_of)), Some(credit_code)) => Some(Objection {
            corrects,
            inputs_of,
            credit_code,
            item: row.get(15)?,
            value_before: row.get(16)?,
            value: row.get(17)?,
            evidence: row.get(18)?,
            reason: row.get(19)?,
        }),
        _ => None,
    };
    Ok(EvaluationRow {
        id: row.get(0)?,
        rules_id: row.get(1)?,
        rules_sha256: row.get(2)?,
        regions: row.get::<String>(3)?.split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect(),
        year: row.get(4)?,
        basis: row.get(5)?,
        inputs_sha256: row.get(6)?,
        outcome: row.get(7)?,
        made: row.get(8)?,
        author: row.get(9)?,
        corrects,
        inputs_of,
        published,
        objection,
    })
}

fn inputs(tx: Tx<'_>, id: i64) -> Result<Vec<(String, Vec<u8>, bool)>, StoreError> {
    let mut found: Vec<(String, Vec<u8>, bool)> = tx.rows(
        "SELECT input.credit_code, input.body, 
           CASE WHEN input.evaluation = ?1 AND run.inputs_of IS NOT NULL THEN 1 ELSE 0 END
         FROM evaluation_input AS input JOIN evaluation AS run ON run.id = ?1
         WHERE input.evaluation = ?1 OR input.evaluation = run.inputs_of
         ORDER BY input.credit_code, input.evaluation",
        params![id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    // of two the correction stands last
    found.reverse();
    found.dedup_by(|a, b| a.0 == b.0);
    found.reverse();
    Ok(found)
}
