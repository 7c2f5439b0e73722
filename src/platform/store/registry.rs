//! Sites and gateways, as the operator registered them.

use super::sql::{Tx, params};
use super::{StoreError, attestation};
use crate::model::{Declared, Gateway, Product, Site};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Puts the given registry in the place of the stored one. Data of gateways that left it is kept.
pub fn replace(tx: Tx<'_>, sites: &[Site], gateways: &[Gateway]) -> Result<(), StoreError> {
    tx.execute("UPDATE gateway SET credit_code = NULL", params![])?;
    tx.execute("DELETE FROM declaration", params![])?;
    tx.execute("DELETE FROM site", params![])?;
    let insert = "INSERT INTO site VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    for site in sites {
        let text = |decimal: Option<Decimal>| decimal.map(|decimal| decimal.to_string());
        tx.execute(
            insert,
            params![
                &site.credit_code,
                &site.name,
                &site.city_code,
                &site.county_code,
                &site.industry_code,
                &site.land_mu.to_string(),
                &site.product_code,
                &site.product_unit,
                &text(site.output_value_yuan_per_unit),
            ],
        )?;
    }
    let insert = "INSERT INTO gateway (gateway_id, credit_code) VALUES (?1, ?2)
         ON CONFLICT (gateway_id) DO UPDATE SET credit_code = excluded.credit_code";
    let known: HashSet<&str> = sites.iter().map(|site| site.credit_code.as_str()).collect();
    for gateway in gateways {
        if !known.contains(gateway.credit_code.as_str()) {
            return Err(StoreError::UnknownSite(gateway.clone()));
        }
        tx.execute(insert, params![&gateway.gateway_id, &gateway.credit_code])?;
        attestation::pin(tx, gateway_number(tx, &gateway.gateway_id)?, &gateway.public_keys)?;
    }
    Ok(())
}

/// Adds what was declared about registered sites, by credit code.
pub fn declare(tx: Tx<'_>, declared: &BTreeMap<String, Declared>) -> Result<(), StoreError> {
    let insert = "INSERT INTO declaration VALUES (?1, ?2)";
    for (credit_code, declared) in declared {
        let body = serde_json::to_string(declared).map_err(|error| StoreError::Database(std::sync::Arc::new(error)))?;
        tx.execute(insert, params![credit_code, &body])?;
    }
    Ok(())
}

/// What was declared about a site. Where no products were, its row's is its one product.
pub fn declared(tx: Tx<'_>, site: &Site) -> Result<Declared, StoreError> {
    let body: Option<String> =
        tx.one("SELECT body FROM declaration WHERE credit_code = ?1", params![&site.credit_code], |row| row.get(0))?;
    let read = |body: String| {
        serde_json::from_str(&body).map_err(|error| StoreError::Unreadable { column: 0, found: error.to_string() })
    };
    let mut declared: Declared = body.map(read).transpose()?.unwrap_or_default();
    if declared.products.is_empty() && !site.product_unit.is_empty() {
        declared.products.push(Product {
            credit_code: site.credit_code.clone(),
            code: site.product_code.clone(),
            name: site.product_code.clone(),
            unit: site.product_unit.clone(),
            output_value_yuan_per_unit: site.output_value_yuan_per_unit,
            limit: None,
        });
    }
    Ok(declared)
}

/// The number by which the store knows a registered gateway.
pub fn gateway_number(tx: Tx<'_>, gateway_id: &str) -> Result<i64, StoreError> {
    tx.one("SELECT id FROM gateway WHERE gateway_id = ?1 AND credit_code IS NOT NULL", params![gateway_id], |row| {
        row.get(0)
    })?
    .ok_or_else(|| StoreError::UnknownGateway(gateway_id.to_owned()))
}

/// Holds a registered gateway until the commit: no other node stores anything of it meanwhile. Its epoch.
///
/// # Errors
/// [`StoreError::UnknownGateway`] when it is not in the registry.
pub fn hold(tx: Tx<'_>, gateway_id: &str) -> Result<i64, StoreError> {
    let select = "SELECT epoch FROM gateway WHERE gateway_id = ?1 AND credit_code IS NOT NULL";
    tx.one(&format!("{select}{}", tx.lock()), params![gateway_id], |row| row.get(0))?
        .ok_or_else(|| StoreError::UnknownGateway(gateway_id.to_owned()))
}

/// The same of several by their numbers, registered or not.
pub fn hold_each(tx: Tx<'_>, gateways: &BTreeSet<i64>) -> Result<(), StoreError> {
    let select = format!("SELECT id FROM gateway WHERE id = ?1{}", tx.lock());
    // in one order, so that two nodes do not wait for each other
    gateways.iter().try_for_each(|gateway| tx.exists(&select, params![*gateway]).map(drop))
}

/// A new stream of the gateway: its epoch, which no other one has.
pub fn next_epoch(tx: Tx<'_>, gateway_id: &str) -> Result<i64, StoreError> {
    let update =
        "UPDATE gateway SET epoch = epoch + 1 WHERE gateway_id = ?1 AND credit_code IS NOT NULL RETURNING epoch";
    tx.one(update, params![gateway_id], |row| row.get(0))?
        .ok_or_else(|| StoreError::UnknownGateway(gateway_id.to_owned()))
}

/// Registered gateways, by id.
pub fn gateways(tx: Tx<'_>) -> Result<Vec<Gateway>, StoreError> {
    let select = "SELECT gateway_id, credit_code, id FROM gateway WHERE credit_code IS NOT NULL ORDER BY gateway_id";
    tx.rows(select, params![], |row| {
        let public_keys = attestation::pinned(tx, row.get(2)?)?;
        Ok(Gateway { gateway_id: row.get(0)?, credit_code: row.get(1)?, public_keys })
    })
}

/// Registered sites, by credit code.
pub fn sites(tx: Tx<'_>) -> Result<Vec<Site>, StoreError> {
    let select = "SELECT credit_code, name, city_code, county_code, industry_code, land_mu, product_code, product_unit,
                output_value_yuan_per_unit
         FROM site ORDER BY credit_code";
    tx.rows(select, params![], |row| {
        Ok(Site {
            credit_code: row.get(0)?,
            name: row.get(1)?,
            city_code: row.get(2)?,
            county_code: row.get(3)?,
            industry_code: row.get(4)?,
            land_mu: row.get::<Option<Decimal>>(5)?.unwrap_or_default(),
            product_code: row.get(6)?,
            product_unit: row.get(7)?,
            output_value_yuan_per_unit: row.get(8)?,
        })
    })
}
