//! Profiles and parcels of sites.

use super::super::{
    StoreError,
    sql::{Tx, params},
};
use crate::model::{Parcel, Profile};
use std::{collections::BTreeMap, sync::Arc};

/// By credit code. A site of which nothing was said is not in it.
pub fn all(tx: Tx<'_>) -> Result<BTreeMap<String, (Profile, Vec<Parcel>)>, StoreError> {
    let rows = tx.rows("SELECT credit_code, profile, parcels FROM standing", params![], |row| {
        let (profile, parcels) = (row.get::<String>(1)?, row.get::<String>(2)?);
        Ok((row.get::<String>(0)?, (read(&profile, 1)?, read(&parcels, 2)?)))
    })?;
    Ok(rows.into_iter().collect())
}

/// A site's, empty where nothing was said of it.
pub fn of(tx: Tx<'_>, credit_code: &str) -> Result<(Profile, Vec<Parcel>), StoreError> {
    let select = "SELECT profile, parcels FROM standing WHERE credit_code = ?1";
    let found = tx.one(select, params![credit_code], |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))?;
    match found {
        Some((profile, parcels)) => Ok((read(&profile, 0)?, read(&parcels, 1)?)),
        None => Ok((Profile { credit_code: credit_code.to_owned(), ..Profile::default() }, Vec::new())),
    }
}

/// In the place of all that are stored.
pub fn replace(tx: Tx<'_>, profiles: &[Profile], parcels: &[Parcel]) -> Result<(), StoreError> {
    tx.execute("DELETE FROM standing", params![])?;
    let mut sites: BTreeMap<&str, (Option<&Profile>, Vec<&Parcel>)> = BTreeMap::new();
    for profile in profiles {
        sites.entry(&profile.credit_code).or_default().0 = Some(profile);
    }
    for parcel in parcels {
        sites.entry(&parcel.credit_code).or_default().1.push(parcel);
    }
    for (credit_code, (profile, parcels)) in sites {
        let unknown = Profile { credit_code: credit_code.to_owned(), ..Profile::default() };
        let (profile, parcels) = (written(profile.unwrap_or(&unknown))?, written(&parcels)?);
        tx.execute("INSERT INTO standing VALUES (?1, ?2, ?3)", params![credit_code, &profile, &parcels])?;
    }
    Ok(())
}

fn written<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Database(Arc::new(error)))
}

pub fn read<T: serde::de::DeserializeOwned>(body: &str, column: usize) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|error| StoreError::Unreadable { column, found: error.to_string() })
}
