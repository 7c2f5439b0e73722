//! Tables that people give → versions of the register.
//!
//! ```text
//!   parts ─▶ each read in the light of the rest ─▶ compared with what is registered ─▶ read again as a whole ─▶ one commit
//! ```
//!
//! # Promises
//! - All or nothing, over all tables that are given together: with one problem nothing is stored, and what would not fit
//!   what is registered already is a problem.
//! - A row that a table does not name stays, unless the table is said to be the whole.
//! - What changes nothing makes no version. A version says who made it, when, why, and what it changed.
//! - A dry run says all of this and writes nothing.
//!
//! # Does not
//! Show rows of other regions: to who may not see them they look as if they were not there, and can not be changed.

mod compare;
mod plan;
#[cfg(test)]
mod tests;

pub use compare::Difference;

use super::{
    access::Asker,
    registry::{Entry, Kind, Sheet},
    store::{RegisterImport, Store, StoreError},
};
use crate::{
    model::{EconomicFigure, EconomicItem},
    runtime::{clock, problem::Problems, task},
};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

/// Who the files of the configuration are from.
const CONFIG: &str = "config";

/// One table.
#[derive(Clone, Debug)]
pub struct Part {
    pub kind: Kind,
    pub sheet: Sheet,
    /// Of the file's bytes.
    pub sha256: String,
    /// It is the whole: rows that it does not name are removed. Not of figures, which are removed one by one.
    pub whole: bool,
}

impl Part {
    /// # Errors
    /// What is wrong with the file as a whole.
    pub fn read(kind: Kind, bytes: &[u8], file: &str, name: Option<&str>, whole: bool) -> Result<Part, Problems> {
        let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Part { kind, sheet: Sheet::read(bytes, file, name)?, sha256, whole })
    }
}

/// What became of an import.
#[derive(Debug)]
pub enum Imported {
    Refused(Problems),
    /// Another version was made meanwhile.
    Overtaken,
    Taken {
        /// One for each part.
        outcomes: Vec<Outcome>,
        warnings: Option<Problems>,
    },
}

/// What a table does, or did.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    pub kind: Kind,
    /// Rows that it names.
    pub rows: u64,
    pub difference: Difference,
    /// The version that it made; `None` in a dry run, and where nothing changed.
    pub version: Option<u64>,
}

/// Reads, compares and, unless it is a dry run, stores.
///
/// # Errors
/// The store's own.
pub async fn import(
    store: &Store,
    parts: Vec<Part>,
    asker: &Asker,
    reason: &str,
    dry_run: bool,
) -> Result<Imported, StoreError> {
    let (rows, versions) = store.register_rows().await?;
    let years = parts.iter().find(|part| part.kind == Kind::Economy).and_then(|part| plan::years(&part.sheet));
    let figures = match years {
        Some((first, last)) => store.figures_between(first, last).await?,
        None => Vec::new(),
    };
    let (made, now) = (plan::Made { by: asker.name.clone(), reason: reason.to_owned(), at: clock::now() }, dry_run);
    let asker = asker.clone();
    let planned =
        task::blocking(move || plan::plan(plan::Standing { rows, versions, figures }, &parts, &asker, &made)).await;
    let plan::Plan { outcomes, warnings, import } = match planned {
        Ok(plan) => plan,
        Err(problems) => return Ok(Imported::Refused(problems)),
    };
    store_it(store, import, outcomes, warnings, now).await
}

async fn store_it(
    store: &Store,
    import: RegisterImport,
    mut outcomes: Vec<Outcome>,
    warnings: Option<Problems>,
    dry_run: bool,
) -> Result<Imported, StoreError> {
    if dry_run || import.changes.is_empty() {
        outcomes.iter_mut().for_each(|outcome| outcome.version = None);
        return Ok(Imported::Taken { outcomes, warnings });
    }
    Ok(if store.take_import(import).await? { Imported::Taken { outcomes, warnings } } else { Imported::Overtaken })
}

/// The files of the configuration, those that are not the ones of the last start: each is the whole of its kind, but for
/// figures.
///
/// # Errors
/// The store's own.
pub async fn at_start(store: &Store, parts: Vec<Part>) -> Result<Imported, StoreError> {
    let known = store.files_by(CONFIG).await?;
    let new = parts.into_iter().filter(|part| known.get(part.kind.name()) != Some(&part.sha256)).collect();
    import(store, new, &Asker { name: CONFIG.into(), ..Asker::local() }, "", false).await
}

/// One figure that is entered by hand; `None` removes it.
#[derive(Clone, PartialEq, Debug)]
pub struct Entered {
    pub year: i16,
    pub month: Option<u8>,
    pub item: EconomicItem,
    pub value: Option<Decimal>,
    pub source: String,
}

/// Figures of one registered site, by hand.
///
/// # Errors
/// The store's own.
pub async fn enter(
    store: &Store,
    credit_code: &str,
    entered: Vec<Entered>,
    asker: &Asker,
    reason: &str,
) -> Result<Imported, StoreError> {
    let (_, versions) = store.register_rows().await?;
    let standing = store.figures_of(credit_code).await?;
    let made = plan::Made { by: asker.name.clone(), reason: reason.to_owned(), at: clock::now() };
    let (put, gone): (Vec<_>, Vec<_>) = entered.into_iter().partition(|one| one.value.is_some());
    let figure = |one: Entered| EconomicFigure {
        credit_code: credit_code.to_owned(),
        year: one.year,
        month: one.month,
        item: one.item,
        value: one.value.unwrap_or_default(),
        source: one.source,
    };
    let put: Vec<_> = put.into_iter().map(figure).collect();
    let gone: Vec<_> = gone.into_iter().map(|one| Entry::from(&figure(one)).key).collect();
    let (outcome, import) = plan::figures(&versions, &standing, put, gone, &made, None);
    store_it(store, import, vec![outcome], None, false).await
}
