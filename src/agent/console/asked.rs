//! A query as what is asked. Nothing unknown is passed over.

use super::Refusal;
use crate::model::{PointKind, Series};
use percent_encoding::percent_decode_str;

/// Points of one answer: with a day of quarter-hours each about 1 MiB.
const POINTS_MAX: usize = 100;

/// The values of the known keys, each at most once.
pub struct Asked(Vec<(&'static str, String)>);

impl Asked {
    pub fn read(query: &str, known: &[&'static str]) -> Result<Asked, Refusal> {
        let mut values: Vec<(&'static str, String)> = Vec::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let Some(key) = known.iter().find(|name| **name == key) else {
                let known = known.join(", ");
                return Err(match known.is_empty() {
                    true => Refusal::bad("此地址没有查询参数", "this address takes no query"),
                    false => Refusal::bad(
                        format!("有未知参数；可用：{known}"),
                        format!("there is an unknown parameter; known are {known}"),
                    ),
                });
            };
            if values.iter().any(|(earlier, _)| earlier == key) {
                return Err(Refusal::bad(format!("参数 {key} 重复"), format!("parameter {key} is given twice")));
            }
            let spaced = value.replace('+', " ");
            let value = percent_decode_str(&spaced)
                .decode_utf8()
                .map_err(|_| Refusal::bad(format!("参数 {key} 不是 UTF-8"), format!("parameter {key} is not UTF-8")))?;
            values.push((key, value.into_owned()));
        }
        Ok(Asked(values))
    }

    /// An empty value is none.
    fn value(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The one width that is kept, whether it is named or not.
    pub fn width(&self) -> Result<(), Refusal> {
        match self.value("width") {
            None | Some("900") => Ok(()),
            Some(_) => Err(Refusal::bad("width 只能是 900（秒）", "width is 900 (seconds) here")),
        }
    }

    /// Whether a point is asked for; without names all are that count up.
    pub fn holds(&self, series: &Series) -> bool {
        let named = |key, name: &str| self.value(key).is_none_or(|wanted| wanted == name);
        series.kind == PointKind::Cumulative && named("meter", &series.meter) && named("point", &series.point)
    }

    /// Whether an answer may hold so many points.
    pub fn fits(&self, points: usize) -> Result<(), Refusal> {
        if points <= POINTS_MAX {
            return Ok(());
        }
        Err(Refusal::bad(
            format!("共 {points} 个计量点，一次最多 {POINTS_MAX} 个：请指定 meter 或 point"),
            format!("that is {points} points, {POINTS_MAX} are given at once: name a meter or a point"),
        ))
    }
}
