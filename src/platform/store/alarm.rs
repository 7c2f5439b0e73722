//! Alarms: what a person should know of a gateway. One row a gateway and kind, so that no flood fills the disk.

use super::sql::{Tx, params};
use super::{
    StoreError,
    listing::{Listing, Page},
};
use crate::{model::UtcMillis, runtime::lang::Text};

/// The codes stay in files for years.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AlarmKind {
    /// Two copies of one spool speak for the gateway.
    Cloned = 1,
    /// The gateway came with a new spool.
    StoreReplaced = 2,
    /// A record number was used for two contents.
    Conflict = 3,
    /// The gateway no longer has what the platform has not.
    Hole = 4,
    /// Records were refused.
    Refusal = 5,
    /// It signed with a key that is not the one it had, or not one of the registry's.
    KeyChanged = 6,
    /// An attestation whose signature is wrong.
    BadSignature = 7,
    /// Another gateway has the same key.
    KeyShared = 8,
    /// Its clock and ours differ by more than 1 s.
    ClockOffset = 9,
}

impl AlarmKind {
    const ALL: [AlarmKind; 9] = [
        AlarmKind::Cloned,
        AlarmKind::StoreReplaced,
        AlarmKind::Conflict,
        AlarmKind::Hole,
        AlarmKind::Refusal,
        AlarmKind::KeyChanged,
        AlarmKind::BadSignature,
        AlarmKind::KeyShared,
        AlarmKind::ClockOffset,
    ];

    pub fn name(self) -> &'static str {
        match self {
            AlarmKind::Cloned => "cloned",
            AlarmKind::StoreReplaced => "store_replaced",
            AlarmKind::Conflict => "conflict",
            AlarmKind::Hole => "hole",
            AlarmKind::Refusal => "refusal",
            AlarmKind::KeyChanged => "key_changed",
            AlarmKind::BadSignature => "bad_signature",
            AlarmKind::KeyShared => "key_shared",
            AlarmKind::ClockOffset => "clock_offset",
        }
    }

    /// What it is, and what to do.
    pub fn text(self) -> Text {
        match self {
            AlarmKind::Cloned => Text::new(
                "同一存储卡有两份副本在以该网关名义连接，后到者被拒绝；若本机才是正确的，请在其上运行 mujun-agent spool renew-store",
                "two copies of one spool speak for this gateway and the later one is turned away; on the right one run `mujun-agent spool renew-store`",
            ),
            AlarmKind::StoreReplaced => Text::new(
                "网关换了新的存储；旧存储中未传完的部分记为空洞",
                "the gateway came with a new spool; what the old one had not delivered is shown as holes",
            ),
            AlarmKind::Conflict => Text::new(
                "同一记录号出现两种内容；保留先到者，请检查该网关的磁盘",
                "a record number came with two contents; the first one stays, check the gateway's disk",
            ),
            AlarmKind::Hole => Text::new(
                "有数据平台未收全而网关已删除；平台会向网关的档案重新索取",
                "the gateway no longer has what the platform lacks; the platform asks its archive for it",
            ),
            AlarmKind::Refusal => Text::new(
                "有记录被拒绝并另行保存；原因见 /api/v1/refused",
                "records were refused and are kept apart; /api/v1/refused says why",
            ),
            AlarmKind::KeyChanged => Text::new(
                "网关换了签名密钥，新密钥的签名不作凭据；若更换属实，请在登记表 gateways.csv 的 public_key 列写入新旧两个公钥",
                "the gateway signs with another key, which proves nothing; if that is right write both public keys, the old and the new, into the column public_key of gateways.csv",
            ),
            AlarmKind::BadSignature => Text::new(
                "签名不正确，不作凭据；请检查该网关的磁盘及其到平台的线路",
                "a signature is wrong and proves nothing; check the gateway's disk and its way to the platform",
            ),
            AlarmKind::KeyShared => Text::new(
                "两个网关使用同一签名密钥，多半是复制了磁盘；请在其中一台上停止服务、删除其密钥文件后重启",
                "two gateways sign with one key, probably one disk is a copy of the other; on one of them stop the agent, delete its key file and start it",
            ),
            AlarmKind::ClockOffset => Text::new(
                "网关与平台的时钟相差超过 1 秒；请核对两边的 NTP",
                "the gateway's clock and the platform's differ by more than 1 s; check NTP on both",
            ),
        }
    }
}

/// Bytes of an alarm's detail, and of a refusal's message: both can hold what a gateway sent.
pub const DETAIL_BYTES_MAX: usize = 512;

#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    pub gateway_id: String,
    pub credit_code: String,
    pub kind: AlarmKind,
    pub first: UtcMillis,
    pub last: UtcMillis,
    pub count: u64,
    /// Of the last time, English.
    pub detail: String,
}

pub fn raise(
    tx: Tx<'_>,
    gateway: i64,
    kind: AlarmKind,
    times: usize,
    detail: &str,
    now: UtcMillis,
) -> Result<(), StoreError> {
    let times = i64::try_from(times).unwrap_or(i64::MAX);
    tx.execute("INSERT INTO alarm VALUES (?1, ?2, ?3, ?3, ?4, ?5)
         ON CONFLICT (gateway, kind) DO UPDATE SET last = excluded.last, count = alarm.count + excluded.count, detail = excluded.detail", params![gateway, kind as i64, now.0, times, shortened(detail)])?;
    Ok(())
}

/// By gateway and kind.
pub fn alarms(tx: Tx<'_>, listing: &Listing) -> Result<Page<Alarm>, StoreError> {
    let select = "SELECT gateway.id * 64 + kind, gateway_id, credit_code, kind, first, last, count, detail
         FROM alarm JOIN gateway ON gateway.id = alarm.gateway
         WHERE credit_code IS NOT NULL AND gateway.id * 64 + kind > ?1
           AND (?2 IS NULL OR credit_code = ?2) AND (?3 IS NULL OR gateway_id = ?3)
         ORDER BY gateway.id, kind LIMIT ?4";
    let asked = params![listing.after.unwrap_or(0), &listing.credit_code, &listing.gateway_id, listing.limit_and_one()];
    let rows = tx.rows(select, asked, |row| {
        let code: i64 = row.get(3)?;
        // of a newer platform, before this file was put back
        let unknown = || StoreError::Unreadable { column: 3, found: format!("alarm {code}") };
        let alarm = Alarm {
            gateway_id: row.get(1)?,
            credit_code: row.get(2)?,
            kind: AlarmKind::ALL.into_iter().find(|kind| *kind as i64 == code).ok_or_else(unknown)?,
            first: UtcMillis(row.get(4)?),
            last: UtcMillis(row.get(5)?),
            count: row.get::<i64>(6)?.unsigned_abs(),
            detail: row.get(7)?,
        };
        Ok((row.get(0)?, alarm))
    })?;
    listing.page(rows)
}

/// What came from outside, at a length that a log and a table bear.
pub fn shortened(text: &str) -> &str {
    let ends = text.char_indices().map(|(at, sign)| at + sign.len_utf8());
    let end = ends.take_while(|end| *end <= DETAIL_BYTES_MAX).last().unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
