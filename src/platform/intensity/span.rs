//! The stretches of time of dual control: the same stretch a year before, and a running year up to its last whole month.

use crate::model::{Period, UtcMillis};
use jiff::{ToSpan, civil::Date};

/// `[start, end)` in civil days, China Standard Time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DateSpan {
    pub start: Date,
    pub end: Date,
}

impl DateSpan {
    pub fn of(period: &Period) -> Option<DateSpan> {
        Some(DateSpan { start: period.start.civil()?.date(), end: period.end.civil()?.date() })
    }

    fn period(self) -> Option<Period> {
        let last = self.end.checked_sub(1.day()).ok()?;
        let one = if self.start == last { last.to_string() } else { format!("{}..{last}", self.start) };
        one.parse().ok()
    }

    pub fn days(self) -> i32 {
        self.start.until(self.end).map_or(0, |span| span.get_days()).max(0)
    }
}

/// Beside what [`Period`] reads: a quarter `2026-Q3`, and `rolling:2026-11`, the twelve months that end with that one.
/// `None` where it is neither.
pub fn span(text: &str) -> Option<Period> {
    if let Some(month) = text.strip_prefix("rolling:") {
        let end: Period = month.parse().ok().filter(|_| month.len() == 7)?;
        let end = DateSpan::of(&end)?.end;
        return DateSpan { start: end.checked_sub(1.year()).ok()?, end }.period();
    }
    if let Some((year, quarter)) = text.split_once("-Q") {
        let first = match quarter {
            "1" => 1,
            "2" => 4,
            "3" => 7,
            "4" => 10,
            _ => return None,
        };
        return format!("{year}-{first:02}..{year}-{:02}", first + 2).parse().ok();
    }
    text.parse().ok()
}

/// The same days a year before; 29 February is then the 28th.
pub fn last_year(period: &Period) -> Option<Period> {
    let DateSpan { start, end } = DateSpan::of(period)?;
    let last = end.checked_sub(1.day()).ok()?.checked_sub(1.year()).ok()?;
    // a whole February stays one, however many days it has
    let end = if end.day() == 1 { end.checked_sub(1.year()).ok()? } else { last.checked_add(1.day()).ok()? };
    DateSpan { start: start.checked_sub(1.year()).ok()?, end }.period()
}

/// What of a period is past in whole months (1—10月 of a year that runs): economic figures are of whole months, and a
/// month that still runs is compared with none that is over. The period itself where it is past; `None` before its first
/// month has ended.
pub fn to_date(period: &Period, now: UtcMillis) -> Option<Period> {
    if period.end <= now {
        return Some(period.clone());
    }
    let span = DateSpan::of(period)?;
    let end = now.civil()?.date().first_of_month();
    (span.start < end).then_some(DateSpan { start: span.start, end })?.period()
}
