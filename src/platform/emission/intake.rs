//! What a packet brings: masses of an hour or a day.

use super::hj212::Packet;
use crate::model::{EconomicItem, Period, UtcMillis};
use rust_decimal::Decimal;

/// 上传小时数据, 上传日数据 (HJ 212-2017, table 9).
pub const HOUR: u16 = 2061;
pub const DAY: u16 = 2031;
/// 上传实时数据, 上传分钟数据: answered, and not kept.
const PASSING: [u16; 2] = [2011, 2051];

/// The pollutants of 亩均效益综合评价, by the codes of 2017 (HJ 525, HJ 524) and those of 2005.
const POLLUTANTS: [(&str, EconomicItem); 8] = [
    ("w01018", EconomicItem::CodT),
    ("011", EconomicItem::CodT),
    ("w21003", EconomicItem::AmmoniaNitrogenT),
    ("060", EconomicItem::AmmoniaNitrogenT),
    ("a21026", EconomicItem::So2T),
    ("02", EconomicItem::So2T),
    ("a21002", EconomicItem::NoxT),
    ("03", EconomicItem::NoxT),
];

/// One mass of one monitor.
#[derive(Clone, PartialEq, Debug)]
pub struct Report {
    pub item: EconomicItem,
    pub cn: u16,
    pub start: UtcMillis,
    pub kg: Decimal,
}

/// Why a packet brings nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoReport {
    #[error("command {0} is not taken here")]
    Command(u16),
    #[error("DataTime is not yyyyMMddHHmmss")]
    Time,
    #[error("a mass below zero, or of more than 10^12 kg")]
    Mass,
}

/// Empty for what is answered and not kept.
pub fn reports(packet: &Packet) -> Result<Vec<Report>, NoReport> {
    if PASSING.contains(&packet.cn) {
        return Ok(Vec::new());
    }
    let (HOUR | DAY) = packet.cn else { return Err(NoReport::Command(packet.cn)) };
    let (day, hour) = packet.data_time.as_deref().and_then(instant).ok_or(NoReport::Time)?;
    let start = if packet.cn == DAY { day } else { hour };
    let of_interest = |(code, kg): &(String, Decimal)| {
        let (_, item) = POLLUTANTS.into_iter().find(|(known, _)| known == code)?;
        Some(Report { item, cn: packet.cn, start, kg: *kg })
    };
    let reports: Vec<_> = packet.masses.iter().filter_map(of_interest).collect();
    let plausible = |report: &Report| Decimal::ZERO <= report.kg && report.kg <= Decimal::from(1_000_000_000_000_i64);
    if reports.iter().all(plausible) { Ok(reports) } else { Err(NoReport::Mass) }
}

/// The beginnings of the day and of the hour that hold yyyyMMddHHmmss, China Standard Time.
fn instant(text: &str) -> Option<(UtcMillis, UtcMillis)> {
    if text.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (date, time) = text.split_at(8);
    let day: Period = format!("{}-{}-{}", date.get(..4)?, date.get(4..6)?, date.get(6..)?).parse().ok()?;
    let part = |range: std::ops::Range<usize>, below: i64| {
        time.get(range)?.parse::<i64>().ok().filter(|number| *number < below)
    };
    let (hour, _, _) = (part(0..2, 24)?, part(2..4, 60)?, part(4..6, 60)?);
    Some((day.start, day.start.plus_ms(hour * 3_600_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(cn: u16, time: &str, masses: &[(&str, &str)]) -> Packet {
        let mass = |(code, kg): &(&str, &str)| ((*code).to_owned(), kg.parse().unwrap());
        Packet {
            qn: "20261124001000000".into(),
            st: 32,
            cn,
            password: String::new(),
            mn: "M".into(),
            answer: true,
            data_time: Some(time.into()),
            masses: masses.iter().map(mass).collect(),
        }
    }

    #[test]
    fn an_hour_and_a_day_begin_where_their_time_lies_and_other_pollutants_are_left() {
        let day: Period = "2026-11-23".parse().unwrap();
        let masses = [("w01018", "12.5"), ("w00000", "900"), ("a21002", "0")];
        let found = reports(&packet(DAY, "20261123000000", &masses)).unwrap();
        let report = |item, cn, start, kg: &str| Report { item, cn, start, kg: kg.parse().unwrap() };
        let expected = [(EconomicItem::CodT, "12.5"), (EconomicItem::NoxT, "0")];
        assert_eq!(found, expected.map(|(item, kg)| report(item, DAY, day.start, kg)));
        let found = reports(&packet(HOUR, "20261123150000", &masses[..1])).unwrap();
        assert_eq!(found, [report(EconomicItem::CodT, HOUR, day.start.plus_ms(15 * 3_600_000), "12.5")]);
    }

    #[test]
    fn what_can_not_be_is_refused_and_what_passes_is_empty() {
        let masses = [("w01018", "-1")];
        assert_eq!(reports(&packet(DAY, "20261123000000", &masses)), Err(NoReport::Mass));
        for time in ["20261323000000", "20261123250000", "2026112300000", "2026112300000x"] {
            assert_eq!(reports(&packet(HOUR, time, &[])), Err(NoReport::Time), "{time}");
        }
        assert_eq!(reports(&packet(1062, "20261123000000", &[])), Err(NoReport::Command(1062)));
        assert_eq!(reports(&packet(2011, "now", &[])), Ok(Vec::new()));
    }
}
