//! The figures of all sites for a period: the one door to them, for the API, evaluations, warnings and exports.
//!
//! # Promises
//! - What it gives is what [`assess`] says of one snapshot.

use super::{
    assess::{Assessment, Basis, Rules, assess},
    store::{Store, StoreError},
};
use crate::{
    model::Period,
    runtime::{clock, task},
};
use std::sync::Arc;

#[derive(Clone)]
pub struct Figures {
    store: Store,
    rules: Arc<Rules>,
}

impl Figures {
    pub fn new(store: Store, rules: Arc<Rules>) -> Figures {
        Figures { store, rules }
    }

    /// As they stand now.
    pub async fn of(&self, period: &Period, basis: Basis) -> Result<Arc<Assessment>, StoreError> {
        let snapshot = self.store.snapshot(period, clock::now()).await?;
        let (rules, period) = (Arc::clone(&self.rules), period.clone());
        Ok(task::blocking(move || Arc::new(assess(&snapshot, &rules, &period, basis))).await)
    }
}
