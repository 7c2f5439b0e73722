//! In which county sites lie: what decides who may see them.

use super::{Store, StoreError, sql::params};
use std::collections::BTreeMap;

impl Store {
    /// Name and county of each of the sites that is in the registry, by credit code.
    pub async fn site_places(
        &self,
        credit_codes: Vec<String>,
    ) -> Result<BTreeMap<String, (String, String)>, StoreError> {
        let read = self.inner.readers.read(move |tx| {
            let mut found = BTreeMap::new();
            for code in credit_codes {
                let place = "SELECT name, county_code FROM site WHERE credit_code = ?1";
                if let Some(place) = tx.one(place, params![&code], |row| Ok((row.get(0)?, row.get(1)?)))? {
                    found.insert(code, place);
                }
            }
            Ok(found)
        });
        read.await
    }

    /// The county of each of the sites that is in the registry, by credit code.
    pub async fn counties(&self, credit_codes: Vec<String>) -> Result<BTreeMap<String, String>, StoreError> {
        let read = self.inner.readers.read(move |tx| {
            let mut found = BTreeMap::new();
            for code in credit_codes {
                let county = "SELECT county_code FROM site WHERE credit_code = ?1";
                if let Some(county) = tx.one(county, params![&code], |row| row.get(0))? {
                    found.insert(code, county);
                }
            }
            Ok(found)
        });
        read.await
    }
}
