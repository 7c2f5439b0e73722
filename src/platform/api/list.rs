//! The rows of the lists: gaps, refused records, alarms.

use crate::{
    model::{GapCause, UtcMillis},
    platform::store::{self, GapRow, Page, RefusedRow},
    runtime::lang::Text,
    wire::{hex, proto::RefusedCode},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Listed<T> {
    rows: Vec<T>,
    /// The `after` of the next page, when there is one.
    next: Option<i64>,
}

impl<T> Listed<T> {
    pub fn new<R>(page: Page<R>, row: impl Fn(R) -> T) -> Listed<T> {
        Listed { rows: page.rows.into_iter().map(row).collect(), next: page.next }
    }

    pub fn none() -> Listed<T> {
        Listed { rows: Vec::new(), next: None }
    }
}

/// A stretch of which there is nothing, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = GapRow)]
pub struct Gap {
    gateway_id: String,
    credit_code: String,
    cause: &'static str,
    text: Text,
    noted_ms: UtcMillis,
    start_ms: Option<UtcMillis>,
    end_ms: Option<UtcMillis>,
    /// 0: all of the gateway's.
    series_count: u64,
    /// Some of them, as meter/point.
    series: Vec<String>,
    gen_id: Option<String>,
    first_seq: u64,
    last_seq: u64,
    detail: String,
    /// Of a hole: its quarter-hours, and those that the gateway's archive gave again.
    quarters: Option<u64>,
    quarters_recalled: Option<u64>,
}

impl From<GapRow> for Gap {
    fn from(row: GapRow) -> Gap {
        Gap {
            cause: cause_name(row.cause),
            text: cause_text(row.cause),
            gateway_id: row.gateway_id,
            credit_code: row.credit_code,
            noted_ms: row.noted,
            start_ms: row.start,
            end_ms: row.end,
            series_count: row.series_count,
            series: row.series,
            gen_id: row.gen_id.map(|id| hex(&id)),
            first_seq: row.first_seq,
            last_seq: row.last_seq,
            detail: row.detail,
            quarters: row.recalled.map(|(_, all)| all),
            quarters_recalled: row.recalled.map(|(recalled, _)| recalled),
        }
    }
}

pub fn cause_name(cause: Option<GapCause>) -> &'static str {
    match cause {
        None => "hole",
        Some(GapCause::Quarantined) => "quarantined",
        Some(GapCause::Dropped) => "dropped",
        Some(GapCause::TailLost) => "tail_lost",
        Some(GapCause::Unread) => "unread",
        Some(GapCause::UnknownClock) => "unknown_clock",
    }
}

fn cause_text(cause: Option<GapCause>) -> Text {
    match cause {
        None => Text::new(
            "平台未收全而网关已删除（如平台恢复了旧备份）；按刻钟向网关档案补取",
            "not complete here and deleted on the gateway, as after a restored backup; its archive is asked for it",
        ),
        Some(GapCause::Quarantined) => Text::new(
            "网关磁盘上的一段数据损坏，已隔离保存在网关",
            "a part of the gateway's disk was damaged; it is set aside on the gateway",
        ),
        Some(GapCause::Dropped) => Text::new(
            "网关存储空间用尽，未传的旧数据被删除",
            "the gateway's disk budget was used up: unsent data was deleted",
        ),
        Some(GapCause::TailLost) => Text::new(
            "断电后网关磁盘丢失了已确认写入的数据",
            "the gateway's disk lost, at a power cut, what it had said was written",
        ),
        Some(GapCause::Unread) => Text::new("网关停机或没有读取仪表", "the gateway was off, or read no meters"),
        Some(GapCause::UnknownClock) => Text::new("网关当时没有正确的时间", "the gateway did not know the time"),
    }
}

/// A record that is kept outside of the ledger.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusedRow)]
pub struct Refused {
    gateway_id: String,
    credit_code: String,
    gen_id: String,
    seq: u64,
    kind: u8,
    bytes: u64,
    noted_ms: UtcMillis,
    code: &'static str,
    message: String,
    /// When it will be judged again, other than at the platform's next start.
    due_ms: Option<UtcMillis>,
}

impl From<RefusedRow> for Refused {
    fn from(row: RefusedRow) -> Refused {
        Refused {
            gateway_id: row.gateway_id,
            credit_code: row.credit_code,
            gen_id: hex(&row.gen_id),
            seq: row.seq,
            kind: row.kind,
            bytes: row.bytes,
            noted_ms: row.noted,
            code: match RefusedCode::try_from(i32::from(row.code)) {
                Ok(RefusedCode::Checksum) => "checksum",
                Ok(RefusedCode::Encoding) => "encoding",
                Ok(RefusedCode::Content) => "content",
                Ok(RefusedCode::Time) => "time",
                Ok(RefusedCode::Unspecified) | Err(_) => "unknown",
            },
            message: row.message,
            due_ms: row.due,
        }
    }
}

/// What a person should know of a gateway.
#[derive(Serialize, ToSchema)]
#[schema(as = AlarmRow)]
pub struct Alarm {
    gateway_id: String,
    credit_code: String,
    kind: &'static str,
    text: Text,
    first_ms: UtcMillis,
    last_ms: UtcMillis,
    count: u64,
    detail: String,
}

impl From<store::Alarm> for Alarm {
    fn from(alarm: store::Alarm) -> Alarm {
        Alarm {
            gateway_id: alarm.gateway_id,
            credit_code: alarm.credit_code,
            kind: alarm.kind.name(),
            text: alarm.kind.text(),
            first_ms: alarm.first,
            last_ms: alarm.last,
            count: alarm.count,
            detail: alarm.detail,
        }
    }
}

/// What the address of publications gives: the list, or one version.
#[derive(ToSchema)]
#[schema(as = Publications)]
#[allow(dead_code, reason = "the schema of an answer that has two shapes")]
#[serde(untagged)]
pub enum Published {
    List(Vec<Publication>),
    Version(crate::platform::publication::Body),
}

/// One published version.
#[derive(Serialize, ToSchema)]
#[schema(as = PublicationRow)]
pub struct Publication {
    period: String,
    basis: String,
    version: u64,
    published_ms: UtcMillis,
    /// Why there is this version.
    reason: Text,
    /// SHA-256 of the figures and all their terms.
    digest: String,
}

impl From<store::Publication> for Publication {
    fn from(publication: store::Publication) -> Publication {
        Publication {
            period: publication.period,
            basis: publication.basis,
            version: publication.version,
            published_ms: publication.published,
            reason: publication.reason,
            digest: publication.digest,
        }
    }
}
