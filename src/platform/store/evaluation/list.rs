//! The sites of a run, page by page.

use super::super::{
    Store, StoreError,
    sql::{Row, Tx, Value, params},
};
use crate::model::UtcMillis;

/// By what the sites of a run are sorted. What has none stands last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SiteSort {
    CreditCode,
    Name,
    Score,
    Rank,
    Grade,
}

/// Which sites of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteQuery {
    /// Beginnings of county codes that may be seen; `""` is everything.
    pub seen: Vec<String>,
    /// The beginning of a county code.
    pub region: String,
    pub group: Option<String>,
    /// `-`: without a grade.
    pub grade: Option<String>,
    pub sort: SiteSort,
    pub descending: bool,
    pub offset: u64,
    pub limit: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SitePage {
    /// Their outcomes, JSON.
    pub bodies: Vec<String>,
    pub total: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GradeCount {
    pub group: Option<String>,
    pub grade: Option<String>,
    pub sites: u64,
}

/// What one site got in one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteGrade {
    pub evaluation: i64,
    pub rules_id: String,
    pub year: i16,
    pub made: UtcMillis,
    pub published: Option<UtcMillis>,
    pub body: String,
}

impl Store {
    pub async fn evaluation_sites(&self, id: i64, query: SiteQuery) -> Result<SitePage, StoreError> {
        self.inner.readers.read(move |tx| page(tx, id, &query)).await
    }

    /// How many sites have which grade, of those that the query sees in its region.
    pub async fn evaluation_grades(&self, id: i64, query: SiteQuery) -> Result<Vec<GradeCount>, StoreError> {
        self.inner.readers.read(move |tx| counts(tx, id, &query)).await
    }

    /// The outcomes of all sites of a run, by credit code, JSON; of those that may be seen.
    pub async fn evaluation_bodies(&self, id: i64, seen: Vec<String>) -> Result<Vec<String>, StoreError> {
        let (region, sort) = (String::new(), SiteSort::CreditCode);
        let query =
            SiteQuery { seen, region, group: None, grade: None, sort, descending: false, offset: 0, limit: usize::MAX };
        Ok(self.evaluation_sites(id, query).await?.bodies)
    }

    pub async fn evaluation_body(&self, id: i64, credit_code: String) -> Result<Option<String>, StoreError> {
        let select = "SELECT body FROM evaluation_site WHERE evaluation = ?1 AND credit_code = ?2";
        self.inner.readers.read(move |tx| tx.one(select, params![id, &credit_code], |row| row.get(0))).await
    }

    /// What a site got in all runs, the newest first.
    pub async fn site_grades(&self, credit_code: String, limit: usize) -> Result<Vec<SiteGrade>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.inner
            .readers
            .read(move |tx| {
                tx.rows(
                    "SELECT run.id, run.rules_id, run.year, run.made, publication.published, site.body
                     FROM evaluation_site AS site JOIN evaluation AS run ON run.id = site.evaluation
                     LEFT JOIN evaluation_publication AS publication ON publication.evaluation = run.id
                     WHERE site.credit_code = ?1 ORDER BY run.id DESC LIMIT ?2",
                    params![&credit_code, limit],
                    grade_of_row,
                )
            })
            .await
    }
}

fn grade_of_row(row: &Row<'_>) -> Result<SiteGrade, StoreError> {
    let (evaluation, rules_id, year) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(SiteGrade { evaluation, rules_id, year, made: row.get(3)?, published: row.get(4)?, body: row.get(5)? })
}

/// The condition of a query, and what is bound to it from ?2 on; `?1` is the run.
struct Condition {
    sql: String,
    bound: Vec<String>,
}

impl Condition {
    fn of(query: &SiteQuery) -> Condition {
        let mut condition = Condition { sql: "evaluation = ?1".to_owned(), bound: Vec::new() };
        let begins = query.seen.iter().map(|seen| condition.bind(&format!("{}%", digits(seen)))).collect::<Vec<_>>();
        let begins: Vec<String> = begins.iter().map(|at| format!("county_code LIKE ?{at}")).collect();
        let seen = if begins.is_empty() { "1 = 0".to_owned() } else { begins.join(" OR ") };
        condition.sql += &format!(" AND ({seen})");
        let at = condition.bind(&format!("{}%", digits(&query.region)));
        condition.sql += &format!(" AND county_code LIKE ?{at}");
        if let Some(group) = &query.group {
            let at = condition.bind(group);
            condition.sql += &format!(" AND group_id = ?{at}");
        }
        match query.grade.as_deref() {
            Some("-") => condition.sql += " AND grade IS NULL",
            Some(grade) => {
                let at = condition.bind(grade);
                condition.sql += &format!(" AND grade = ?{at}");
            }
            None => {}
        }
        condition
    }

    /// The parameter's number.
    fn bind(&mut self, text: &str) -> usize {
        self.bound.push(text.to_owned());
        self.bound.len() + 1
    }

    fn params(&self, id: i64) -> Vec<Value<'_>> {
        std::iter::once(Value::Integer(id)).chain(self.bound.iter().map(Value::from)).collect()
    }
}

/// A code's digits: nothing else means anything in a pattern.
fn digits(code: &str) -> String {
    code.chars().filter(char::is_ascii_digit).collect()
}

fn page(tx: Tx<'_>, id: i64, query: &SiteQuery) -> Result<SitePage, StoreError> {
    let condition = Condition::of(query);
    let count = format!("SELECT count(*) FROM evaluation_site WHERE {}", condition.sql);
    let total: i64 = tx.only(&count, &condition.params(id), |row| row.get(0))?;
    let column = match query.sort {
        SiteSort::CreditCode => "credit_code",
        SiteSort::Name => "name",
        SiteSort::Score => "score_micro",
        SiteSort::Rank => "place",
        SiteSort::Grade => "grade",
    };
    let order = if query.descending { "DESC" } else { "ASC" };
    let (limit, offset) = (condition.bound.len() + 2, condition.bound.len() + 3);
    let select = format!(
        "SELECT body FROM evaluation_site WHERE {}
         ORDER BY CASE WHEN {column} IS NULL THEN 1 ELSE 0 END, {column} {order}, credit_code
         LIMIT ?{limit} OFFSET ?{offset}",
        condition.sql
    );
    let mut bound = condition.params(id);
    bound.push(Value::Integer(i64::try_from(query.limit).unwrap_or(i64::MAX)));
    bound.push(Value::Integer(i64::try_from(query.offset).unwrap_or(i64::MAX)));
    let bodies = tx.rows(&select, &bound, |row| row.get(0))?;
    Ok(SitePage { bodies, total: total.unsigned_abs() })
}

fn counts(tx: Tx<'_>, id: i64, query: &SiteQuery) -> Result<Vec<GradeCount>, StoreError> {
    let condition = Condition::of(query);
    let select = format!(
        "SELECT group_id, grade, count(*) FROM evaluation_site WHERE {} GROUP BY group_id, grade
         ORDER BY CASE WHEN group_id IS NULL THEN 1 ELSE 0 END, group_id, CASE WHEN grade IS NULL THEN 1 ELSE 0 END, grade",
        condition.sql
    );
    tx.rows(&select, &condition.params(id), |row| {
        Ok(GradeCount { group: row.get(0)?, grade: row.get(1)?, sites: row.get::<i64>(2)?.unsigned_abs() })
    })
}
