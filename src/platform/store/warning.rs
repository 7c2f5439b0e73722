//! Warnings and the messages that tell them. A change and its messages become durable together.

use super::{
    Store, StoreError,
    change::{self, Change},
    listing::{Listing, Page},
    sql::{Row, Tx, params},
};
use crate::{
    model::{Ground, UtcMillis, WarningKey, WarningLevel, WarningRule},
    platform::warning::{Change as WarningChange, Finding, Open},
    runtime::{clock as wall, lang::Text},
};

mod delivery;

pub use delivery::{Channel, Delivery, DeliveryState, Words};

/// One warning, open or cleared.
#[derive(Clone, PartialEq, Debug)]
pub struct WarningRow {
    pub id: i64,
    pub key: WarningKey,
    pub is_site: bool,
    pub name: String,
    pub region: String,
    pub level: WarningLevel,
    pub peak: WarningLevel,
    pub text: Text,
    pub grounds: Vec<Ground>,
    pub raised: UtcMillis,
    /// When it was last seen to be so.
    pub seen: UtcMillis,
    pub cleared: Option<UtcMillis>,
    pub acknowledged: Option<Acknowledged>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acknowledged {
    pub at: UtcMillis,
    pub by: String,
    pub note: String,
}

/// Which change a message tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    Raised,
    /// Worse than ever.
    Worse,
    Cleared,
}

/// What a list of warnings asks for.
#[derive(Clone, Debug, Default)]
pub struct WarningsAsked {
    /// `None`: open ones and cleared ones.
    pub open: Option<bool>,
    /// Of the open ones.
    pub acknowledged: Option<bool>,
    pub level: Option<WarningLevel>,
    /// Credit code or region's code, exactly.
    pub place: Option<String>,
    /// Beginnings of the codes of regions that are wanted; empty: all.
    pub regions: Vec<String>,
    pub after: Option<i64>,
    pub limit: usize,
}

impl Store {
    pub async fn open_warnings(&self) -> Result<Vec<Open>, StoreError> {
        self.inner.readers.read(open).await
    }

    /// Applies the changes; each that is to be told goes out by each of the channels. All or nothing.
    pub async fn change_warnings(
        &self,
        changes: Vec<WarningChange>,
        channels: Vec<Channel>,
        words: Words,
        now: UtcMillis,
    ) -> Result<(), StoreError> {
        let write = self.inner.writer.write(move |tx| {
            changes.iter().try_for_each(|change| {
                let Some((id, told)) = apply(tx, change, now)? else { return Ok(()) };
                let Some(row) = one(tx, id)? else { return Ok(()) };
                channels.iter().try_for_each(|channel| delivery::send(tx, &row, told, *channel, words, now))
            })
        });
        write.await
    }

    /// The newest first.
    pub async fn warnings(&self, asked: WarningsAsked) -> Result<Page<WarningRow>, StoreError> {
        self.inner.readers.read(move |tx| list(tx, &asked)).await
    }

    pub async fn warning(&self, id: i64) -> Result<Option<WarningRow>, StoreError> {
        self.inner.readers.read(move |tx| one(tx, id)).await
    }

    /// Whether there is such a warning that is open. The last acknowledgement counts.
    pub async fn acknowledge(&self, id: i64, by: String, note: String) -> Result<bool, StoreError> {
        let now = wall::now();
        let write = self.inner.writer.write(move |tx| {
            let changed = tx.execute(
                "UPDATE warning SET acknowledged = ?2, acknowledged_by = ?3, note = ?4 WHERE id = ?1 AND cleared IS NULL",
                params![id, now, &by, &note],
            )?;
            if changed > 0 {
                let (subject, detail) = (id.to_string(), note.clone());
                let change = Change { by: by.clone(), area: "warning", subject, action: "acknowledge", detail };
                change::note(tx, &change, now)?;
            }
            Ok(changed > 0)
        });
        write.await
    }
}

fn open(tx: Tx<'_>) -> Result<Vec<Open>, StoreError> {
    let select = "SELECT id, rule, place, object, level, peak FROM warning WHERE cleared IS NULL ORDER BY id";
    let rows = tx.rows(select, params![], |row| {
        let Some(key) = key_of(row, 1)? else { return Ok(None) };
        Ok(Some(Open { id: row.get(0)?, key, level: level_of(row, 4)?, peak: level_of(row, 5)? }))
    })?;
    Ok(rows.into_iter().flatten().collect())
}

/// The warning and what is to be told of it, if anything.
fn apply(tx: Tx<'_>, change: &WarningChange, now: UtcMillis) -> Result<Option<(i64, Told)>, StoreError> {
    match change {
        WarningChange::Raise { finding, level } => {
            let Finding { key, is_site, name, region, text, grounds, .. } = finding;
            let grounds = serde_json::to_string(grounds).unwrap_or_default();
            let id = tx.one(
                "INSERT INTO warning (rule, place, object, is_site, name, region, level, peak, text_zh, text_en, grounds, raised, seen)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?11)
                 ON CONFLICT (rule, place, object) WHERE cleared IS NULL DO NOTHING RETURNING id",
                params![
                    key.rule.name(),
                    &key.place,
                    &key.object,
                    *is_site,
                    name,
                    region,
                    *level as u8,
                    &text.zh,
                    &text.en,
                    &grounds,
                    now
                ],
                |row| row.get(0),
            )?;
            // none where another platform at the same database was first
            Ok(id.map(|id| (id, Told::Raised)))
        }
        WarningChange::See { id, finding, level, worse } => {
            let grounds = serde_json::to_string(&finding.grounds).unwrap_or_default();
            let level = *level as u8;
            tx.execute(
                "UPDATE warning SET level = ?2, peak = CASE WHEN ?2 > peak THEN ?2 ELSE peak END, text_zh = ?3,
                   text_en = ?4, grounds = ?5, seen = ?6 WHERE id = ?1",
                params![*id, level, &finding.text.zh, &finding.text.en, &grounds, now],
            )?;
            Ok(worse.then_some((*id, Told::Worse)))
        }
        WarningChange::Clear { id } => {
            tx.execute("UPDATE warning SET cleared = ?2 WHERE id = ?1 AND cleared IS NULL", params![*id, now])?;
            Ok(Some((*id, Told::Cleared)))
        }
    }
}

const WARNING: &str =
    "id, rule, place, object, is_site, name, region, level, peak, text_zh, text_en, grounds, raised, seen,
    cleared, acknowledged, acknowledged_by, note";

fn one(tx: Tx<'_>, id: i64) -> Result<Option<WarningRow>, StoreError> {
    let found = tx.one(&format!("SELECT {WARNING} FROM warning WHERE id = ?1"), params![id], row_of)?;
    Ok(found.flatten())
}

fn list(tx: Tx<'_>, asked: &WarningsAsked) -> Result<Page<WarningRow>, StoreError> {
    let select = format!(
        "SELECT {WARNING} FROM warning
         WHERE id < ?1 AND (?2 < 0 OR (cleared IS NULL) = (?2 = 1)) AND (?3 < 0 OR (acknowledged IS NOT NULL) = (?3 = 1))
           AND (?4 = 0 OR level = ?4) AND (?5 = '' OR place = ?5)
         ORDER BY id DESC"
    );
    let truth = |asked: Option<bool>| asked.map_or(-1_i64, i64::from);
    let listing = Listing { limit: asked.limit, ..Listing::default() };
    let mut rows = Vec::new();
    let (after, place) = (asked.after.unwrap_or(i64::MAX), asked.place.as_deref().unwrap_or_default());
    let level = asked.level.map_or(0_i64, |level| level as i64);
    tx.each(&select, params![after, truth(asked.open), truth(asked.acknowledged), level, place], |row| {
        let seen = |region: &str| asked.regions.is_empty() || asked.regions.iter().any(|head| region.starts_with(head));
        if rows.len() <= asked.limit
            && let Some(row) = row_of(row)?.filter(|row| seen(&row.region))
        {
            rows.push((row.id, row));
        }
        Ok(())
    })?;
    listing.page(rows)
}

/// `None` for a rule that this version does not know.
fn row_of(row: &Row<'_>) -> Result<Option<WarningRow>, StoreError> {
    let Some(key) = key_of(row, 1)? else { return Ok(None) };
    let acknowledged = match row.get::<Option<UtcMillis>>(15)? {
        Some(at) => Some(Acknowledged {
            at,
            by: row.get::<Option<String>>(16)?.unwrap_or_default(),
            note: row.get::<Option<String>>(17)?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(Some(WarningRow {
        id: row.get(0)?,
        key,
        is_site: row.get(4)?,
        name: row.get(5)?,
        region: row.get(6)?,
        level: level_of(row, 7)?,
        peak: level_of(row, 8)?,
        text: Text::new(row.get::<String>(9)?, row.get::<String>(10)?),
        grounds: serde_json::from_str(&row.get::<String>(11)?).unwrap_or_default(),
        raised: row.get(12)?,
        seen: row.get(13)?,
        cleared: row.get(14)?,
        acknowledged,
    }))
}

fn key_of(row: &Row<'_>, at: usize) -> Result<Option<WarningKey>, StoreError> {
    let Some(rule) = WarningRule::by_name(&row.get::<String>(at)?) else { return Ok(None) };
    Ok(Some(WarningKey { rule, place: row.get(at + 1)?, object: row.get(at + 2)? }))
}

fn level_of(row: &Row<'_>, at: usize) -> Result<WarningLevel, StoreError> {
    let code: u8 = row.get(at)?;
    // of a newer platform, before this file was put back: what is graver is shown
    Ok(WarningLevel::by_code(code).unwrap_or(WarningLevel::Red))
}
