//! Pages of registered sites, for finding one.

use super::super::{
    StoreError,
    sql::{Tx, Value, params},
};
use crate::model::{BoundaryLine, Declared, Profile};
use rust_decimal::Decimal;

/// What is looked for. An empty text is everything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteSearch {
    /// In the name, or the beginning of the credit code.
    pub words: String,
    /// Beginnings of county codes; of several any. Without any there is nothing.
    pub regions: Vec<String>,
    /// Beginning of the county's code.
    pub region: String,
    /// Beginning of the industry's code.
    pub industry: String,
    pub offset: u32,
    pub limit: u32,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundSite {
    pub credit_code: String,
    pub name: String,
    pub county_code: String,
    pub industry_code: String,
    pub land_mu: Decimal,
    pub profile: Profile,
}

/// Regions of one asker; one has a county, or a few.
const REGIONS_MAX: usize = 64;

/// By credit code, and how many there are in all.
pub fn page(tx: Tx<'_>, query: &SiteSearch) -> Result<(Vec<FoundSite>, u64), StoreError> {
    let begins = |code: &str| format!("{}%", escaped(code));
    let words = format!("%{}%", escaped(&query.words));
    let (region, industry) = (begins(&query.region), begins(&query.industry));
    let regions: Vec<String> = query.regions.iter().take(REGIONS_MAX).map(|region| begins(region)).collect();
    let mut values: Vec<Value<'_>> = params![&words, &region, &industry].to_vec();
    let mut seen = Vec::new();
    for region in &regions {
        values.extend_from_slice(params![region]);
        seen.push(format!("site.county_code LIKE ?{} ESCAPE '!'", values.len()));
    }
    if seen.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let filter = format!(
        "FROM site LEFT JOIN standing ON standing.credit_code = site.credit_code
         WHERE (site.name LIKE ?1 ESCAPE '!' OR site.credit_code LIKE ?1 ESCAPE '!')
           AND site.county_code LIKE ?2 ESCAPE '!' AND site.industry_code LIKE ?3 ESCAPE '!' AND ({})",
        seen.join(" OR ")
    );
    let total = tx.one(&format!("SELECT count(*) {filter}"), &values, |row| row.get::<i64>(0))?.unwrap_or_default();
    let at = values.len();
    values.extend_from_slice(params![query.limit, query.offset]);
    let select = format!(
        "SELECT site.credit_code, site.name, site.county_code, site.industry_code, site.land_mu, standing.profile
         {filter} ORDER BY site.credit_code LIMIT ?{} OFFSET ?{}",
        at + 1,
        at + 2
    );
    let rows = tx.rows(&select, &values, |row| {
        let profile: Option<String> = row.get(5)?;
        let profile = profile.map(|body| super::standing::read(&body, 5)).transpose()?.unwrap_or_default();
        Ok(FoundSite {
            credit_code: row.get(0)?,
            name: row.get(1)?,
            county_code: row.get(2)?,
            industry_code: row.get(3)?,
            land_mu: row.get(4)?,
            profile,
        })
    })?;
    Ok((rows, total.unsigned_abs()))
}

pub fn boundary(tx: Tx<'_>, credit_code: &str) -> Result<Vec<BoundaryLine>, StoreError> {
    let select = "SELECT body FROM declaration WHERE credit_code = ?1";
    let body: Option<String> = tx.one(select, params![credit_code], |row| row.get(0))?;
    let declared: Option<Declared> = body.map(|body| super::standing::read(&body, 0)).transpose()?;
    Ok(declared.unwrap_or_default().boundary)
}

/// So that `%` and `_` are themselves.
fn escaped(words: &str) -> String {
    let mut escaped = String::new();
    for c in words.chars() {
        if matches!(c, '%' | '_' | '!') {
            escaped.push('!');
        }
        escaped.push(c);
    }
    escaped
}
