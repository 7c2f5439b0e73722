//! Sites and gateways, as the operator registered them.

use super::{StoreError, attestation};
use crate::model::{Declared, Gateway, Product, Site};
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Puts the given registry in the place of the stored one. Data of gateways that left it is kept.
pub fn replace(tx: &Connection, sites: &[Site], gateways: &[Gateway]) -> Result<(), StoreError> {
    tx.execute("UPDATE gateway SET credit_code = NULL", [])?;
    tx.execute("DELETE FROM declaration", [])?;
    tx.execute("DELETE FROM site", [])?;
    let mut insert = tx.prepare_cached("INSERT INTO site VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
    for site in sites {
        let text = |decimal: Option<Decimal>| decimal.map(|decimal| decimal.to_string());
        insert.execute(params![
            site.credit_code,
            site.name,
            site.city_code,
            site.county_code,
            site.industry_code,
            site.land_mu.to_string(),
            site.product_code,
            site.product_unit,
            text(site.output_value_yuan_per_unit),
        ])?;
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO gateway (gateway_id, credit_code) VALUES (?1, ?2)
         ON CONFLICT (gateway_id) DO UPDATE SET credit_code = excluded.credit_code",
    )?;
    for gateway in gateways {
        if !sites.iter().any(|site| site.credit_code == gateway.credit_code) {
            return Err(StoreError::UnknownSite(gateway.clone()));
        }
        insert.execute([&gateway.gateway_id, &gateway.credit_code])?;
        attestation::pin(tx, gateway_number(tx, &gateway.gateway_id)?, &gateway.public_keys)?;
    }
    Ok(())
}

/// Adds what was declared about registered sites, by credit code.
pub fn declare(tx: &Connection, declared: &BTreeMap<String, Declared>) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached("INSERT INTO declaration VALUES (?1, ?2)")?;
    for (credit_code, declared) in declared {
        let body =
            serde_json::to_string(declared).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        insert.execute([credit_code, &body])?;
    }
    Ok(())
}

/// What was declared about a site. Where no products were, its row's is its one product.
pub fn declared(tx: &Connection, site: &Site) -> Result<Declared, StoreError> {
    let body: Option<String> = tx
        .prepare_cached("SELECT body FROM declaration WHERE credit_code = ?1")?
        .query_row([&site.credit_code], |row| row.get(0))
        .optional()?;
    let read = |body: String| {
        serde_json::from_str(&body)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into()))
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
pub fn gateway_number(tx: &Connection, gateway_id: &str) -> Result<i64, StoreError> {
    tx.prepare_cached("SELECT id FROM gateway WHERE gateway_id = ?1 AND credit_code IS NOT NULL")?
        .query_row([gateway_id], |row| row.get(0))
        .optional()?
        .ok_or_else(|| StoreError::UnknownGateway(gateway_id.to_owned()))
}

/// Registered gateways, by id.
pub fn gateways(tx: &Connection) -> Result<Vec<Gateway>, StoreError> {
    let mut select = tx.prepare_cached(
        "SELECT gateway_id, credit_code, id FROM gateway WHERE credit_code IS NOT NULL ORDER BY gateway_id",
    )?;
    let mut rows = select.query([])?;
    let mut gateways = Vec::new();
    while let Some(row) = rows.next()? {
        let public_keys = attestation::pinned(tx, row.get(2)?)?;
        gateways.push(Gateway { gateway_id: row.get(0)?, credit_code: row.get(1)?, public_keys });
    }
    Ok(gateways)
}

/// Registered sites, by credit code.
pub fn sites(tx: &Connection) -> Result<Vec<Site>, StoreError> {
    let mut select = tx.prepare_cached(
        "SELECT credit_code, name, city_code, county_code, industry_code, land_mu, product_code, product_unit,
                output_value_yuan_per_unit
         FROM site ORDER BY credit_code",
    )?;
    let rows = select.query_map([], |row| {
        Ok(Site {
            credit_code: row.get(0)?,
            name: row.get(1)?,
            city_code: row.get(2)?,
            county_code: row.get(3)?,
            industry_code: row.get(4)?,
            land_mu: decimal(row, 5)?.unwrap_or_default(),
            product_code: row.get(6)?,
            product_unit: row.get(7)?,
            output_value_yuan_per_unit: decimal(row, 8)?,
        })
    })?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn decimal(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Decimal>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse())
        .transpose()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}
