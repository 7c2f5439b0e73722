//! Targets, quotas and limit values, each row with who wrote it and when, and each change of one in the audit log.

use super::{
    Store, StoreError,
    change::{self, Change},
    sql::{Row, Tx, params},
};
use crate::{
    model::{LimitGrade, LimitKey, ProductLimit, Quota, Target, TargetKind, UtcMillis},
    runtime::clock as wall,
};

impl Store {
    /// Adds targets, or puts them in the place of those of the same region, year and kind. All or nothing.
    pub async fn put_targets(&self, targets: Vec<Target>) -> Result<(), StoreError> {
        let now = wall::now();
        self.inner.writer.write(move |tx| targets.iter().try_for_each(|target| put_target(tx, target, now))).await
    }

    /// Of a year, by region and kind.
    pub async fn targets(&self, year: i16) -> Result<Vec<Target>, StoreError> {
        let select =
            "SELECT region, year, kind, value, source, changed_by FROM target WHERE year = ?1 ORDER BY region, kind";
        let read = self.inner.readers.read(move |tx| tx.rows(select, params![year], target_of));
        Ok(read.await?.into_iter().flatten().collect())
    }

    /// Adds quotas, or puts them in the place of those of the same site and year. All or nothing.
    pub async fn put_quotas(&self, quotas: Vec<Quota>) -> Result<(), StoreError> {
        let now = wall::now();
        self.inner.writer.write(move |tx| quotas.iter().try_for_each(|quota| put_quota(tx, quota, now))).await
    }

    /// Of a year, by credit code.
    pub async fn quotas(&self, year: i16) -> Result<Vec<Quota>, StoreError> {
        let select =
            "SELECT credit_code, year, tce, kwh, source, changed_by FROM quota WHERE year = ?1 ORDER BY credit_code";
        self.inner.readers.read(move |tx| tx.rows(select, params![year], quota_of)).await
    }

    pub async fn quota(&self, credit_code: String, year: i16) -> Result<Option<Quota>, StoreError> {
        let select =
            "SELECT credit_code, year, tce, kwh, source, changed_by FROM quota WHERE credit_code = ?1 AND year = ?2";
        self.inner.readers.read(move |tx| tx.one(select, params![&credit_code, year], quota_of)).await
    }

    /// Adds limit values, or puts them in the place of those of the same key. All or nothing.
    pub async fn put_limits(&self, limits: Vec<ProductLimit>) -> Result<(), StoreError> {
        let now = wall::now();
        self.inner.writer.write(move |tx| limits.iter().try_for_each(|limit| put_limit(tx, limit, now))).await
    }

    pub async fn limits(&self) -> Result<Vec<ProductLimit>, StoreError> {
        let select = "SELECT product, region, grade, valid_from, kgce, unit, source, changed_by FROM product_limit
                      ORDER BY product, region, grade, valid_from";
        let read = self.inner.readers.read(move |tx| tx.rows(select, params![], limit_of));
        Ok(read.await?.into_iter().flatten().collect())
    }
}

fn note(
    tx: Tx<'_>,
    by: &str,
    subject: String,
    before: Option<String>,
    after: &str,
    now: UtcMillis,
) -> Result<(), StoreError> {
    let detail = format!("{} → {after}", before.as_deref().unwrap_or("—"));
    change::note(tx, &Change { by: by.to_owned(), area: "dual", subject, action: "put", detail }, now)
}

fn put_target(tx: Tx<'_>, target: &Target, now: UtcMillis) -> Result<(), StoreError> {
    let Target { region, year, kind, value, source, by } = target;
    let value = value.to_string();
    let before = "SELECT value FROM target WHERE region = ?1 AND year = ?2 AND kind = ?3";
    let before: Option<String> = tx.one(before, params![region, *year, kind.name()], |row| row.get(0))?;
    let subject = format!("target {region} {year} {}", kind.name());
    note(tx, by, subject, before, &format!("{value} ({source})"), now)?;
    tx.execute(
        "INSERT INTO target VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (region, year, kind) DO UPDATE SET value = excluded.value, source = excluded.source,
           changed_by = excluded.changed_by, changed_at = excluded.changed_at",
        params![region, *year, kind.name(), &value, source, by, now],
    )?;
    Ok(())
}

/// `None` for a kind that this version does not know.
fn target_of(row: &Row<'_>) -> Result<Option<Target>, StoreError> {
    let Some(kind) = TargetKind::by_name(&row.get::<String>(2)?) else { return Ok(None) };
    let (region, year, value) = (row.get(0)?, row.get(1)?, row.get(3)?);
    Ok(Some(Target { region, year, kind, value, source: row.get(4)?, by: row.get(5)? }))
}

fn put_quota(tx: Tx<'_>, quota: &Quota, now: UtcMillis) -> Result<(), StoreError> {
    let Quota { credit_code, year, tce, kwh, source, by } = quota;
    let (tce, kwh) = (tce.to_string(), kwh.map(|kwh| kwh.to_string()));
    let before = "SELECT tce FROM quota WHERE credit_code = ?1 AND year = ?2";
    let before: Option<String> = tx.one(before, params![credit_code, *year], |row| row.get(0))?;
    note(tx, by, format!("quota {credit_code} {year}"), before, &format!("{tce} tce ({source})"), now)?;
    tx.execute(
        "INSERT INTO quota VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (credit_code, year) DO UPDATE SET tce = excluded.tce, kwh = excluded.kwh, source = excluded.source,
           changed_by = excluded.changed_by, changed_at = excluded.changed_at",
        params![credit_code, *year, &tce, kwh.as_ref(), source, by, now],
    )?;
    Ok(())
}

fn quota_of(row: &Row<'_>) -> Result<Quota, StoreError> {
    let (credit_code, year, tce, kwh) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    Ok(Quota { credit_code, year, tce, kwh, source: row.get(4)?, by: row.get(5)? })
}

fn put_limit(tx: Tx<'_>, limit: &ProductLimit, now: UtcMillis) -> Result<(), StoreError> {
    let ProductLimit { key: LimitKey { product, region, grade, valid_from }, kgce_per_unit, unit, source, by } = limit;
    let (valid_from, kgce) = (valid_from.to_string(), kgce_per_unit.to_string());
    let before = "SELECT kgce FROM product_limit WHERE product = ?1 AND region = ?2 AND grade = ?3 AND valid_from = ?4";
    let before: Option<String> =
        tx.one(before, params![product, region, grade.name(), &valid_from], |row| row.get(0))?;
    let subject = format!("limit {product} {region} {} {valid_from}", grade.name());
    note(tx, by, subject, before, &format!("{kgce} kgce/{unit} ({source})"), now)?;
    tx.execute(
        "INSERT INTO product_limit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (product, region, grade, valid_from) DO UPDATE SET kgce = excluded.kgce, unit = excluded.unit,
           source = excluded.source, changed_by = excluded.changed_by, changed_at = excluded.changed_at",
        params![product, region, grade.name(), &valid_from, &kgce, unit, source, by, now],
    )?;
    Ok(())
}

/// `None` for a grade that this version does not know.
fn limit_of(row: &Row<'_>) -> Result<Option<ProductLimit>, StoreError> {
    let (grade, valid_from) = (LimitGrade::by_name(&row.get::<String>(2)?), row.get::<String>(3)?.parse());
    let (Some(grade), Ok(valid_from)) = (grade, valid_from) else { return Ok(None) };
    let key = LimitKey { product: row.get(0)?, region: row.get(1)?, grade, valid_from };
    Ok(Some(ProductLimit { key, kgce_per_unit: row.get(4)?, unit: row.get(5)?, source: row.get(6)?, by: row.get(7)? }))
}
