//! Coefficient files → factors. All files are one table: what is wrong anywhere refuses the whole.

pub mod carbon;
mod carbon_key;
mod key;

use crate::{
    energy::coal::{Covers, Factor, Factors, Worth},
    model::{CARRIERS, region, unit::UNITS},
    runtime::{
        file,
        lang::Text,
        problem::{Position, Problems, did_you_mean},
        settings::{self, Section},
    },
};
use jiff::civil::Date;
use key::{
    BASIS, CARRIER, CONFIDENCE, FACTOR, FACTOR_SHAPE, KGCE_PER_UNIT, PROVINCE, RANGE, ROOT_SHAPE, SHAPES, SOURCE, UNIT,
    VALID_FROM, VALID_UNTIL,
};
use rust_decimal::Decimal;
use std::path::Path;

/// Dated standard-coal factors.
pub type Coefficients = Factors;

/// A file is written by hand; a larger one is not one of ours.
const FILE_MIB_MAX: usize = 4;

const BASES: [(&str, Covers); 3] =
    [("calorific", Covers::Calorific), ("equivalent", Covers::Equivalent), ("both", Covers::Both)];

/// Reads the files, in order. Blocks on the disk.
///
/// # Errors
/// All problems of all files, each with its place.
pub fn load<P: AsRef<Path>>(paths: &[P]) -> Result<Coefficients, Problems> {
    let mut table = Table::default();
    for path in paths {
        let name = path.as_ref().display().to_string();
        match file::read(path.as_ref(), FILE_MIB_MAX) {
            Ok(text) => table.add(&name, &text),
            Err(problems) => table.problems.push(problems),
        }
    }
    table.finish()
}

/// `files` are names, for messages, and texts.
///
/// # Errors
/// As [`load`].
pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Coefficients, Problems> {
    let mut table = Table::default();
    files.into_iter().for_each(|(name, text)| table.add(name, text));
    table.finish()
}

/// What the files read so far gave.
#[derive(Default)]
struct Table {
    /// Each with the place it stands at.
    known: Vec<(Factor, String)>,
    problems: Vec<Problems>,
}

impl Table {
    fn add(&mut self, name: &str, text: &str) {
        let read = settings::read(text, name, &ROOT_SHAPE, &SHAPES, |root| {
            for section in root.tables(&FACTOR, &FACTOR_SHAPE) {
                if let Some(new) = factor(&section) {
                    self.insert(new, &section);
                }
            }
        });
        self.problems.extend(read.err());
    }

    fn insert(&mut self, new: Factor, section: &Section) {
        if let Some((other, at)) = self.known.iter().find(|(other, _)| other.overlaps(&new)) {
            let (carrier, unit) = (&new.carrier, &new.unit);
            let (days, others) = (days(&new), days(other));
            section.doc.report(
                &section.at,
                Text::new(
                    format!("{carrier} / {unit} 的系数（{}）与 {at} 处的系数（{}）有效期重叠", days.zh, others.zh),
                    format!(
                        "a factor of {carrier} per {unit} ({}) that overlaps the one at {at} ({})",
                        days.en, others.en
                    ),
                ),
                Text::new("每天至多一个系数", "one factor at most for each day"),
                Text::new(
                    "用 valid_until 结束其中一条，或删除一条",
                    "end one of the two with valid_until, or remove it",
                ),
            );
        }
        for (other, at) in &self.known {
            if let Some((low, high)) = new.outside(other).or_else(|| other.outside(&new)) {
                let (carrier, unit) = (&new.carrier, &if new.outside(other).is_some() { &new } else { other }.unit);
                section.doc.report(
                    &section.at,
                    Text::new(
                        format!("{carrier} 的取值与 {at} 处不符：标准给出的范围为每 {unit} {low}–{high} kgce"),
                        format!("a value of {carrier} outside of the standard's range ({low} to {high} kgce per {unit}); the other of the two is at {at}"),
                    ),
                    Text::new(format!("{low}–{high} 之间的取值"), format!("a value from {low} to {high}")),
                    Text::new(
                        "在范围内取值；实测热值写入 calorific.csv",
                        "choose within the range; values that the site measured go into calorific.csv",
                    ),
                );
            }
        }
        let at = new.place.clone();
        self.known.push((new, at));
    }

    fn finish(self) -> Result<Coefficients, Problems> {
        let factors = || Factors::new(self.known.into_iter().map(|(factor, _)| factor).collect());
        Problems::gathered(self.problems).map_or_else(|| Ok(factors()), Err)
    }
}

fn days(factor: &Factor) -> Text {
    let until = factor.valid_until.map_or_else(|| "…".to_owned(), |day| day.to_string());
    Text::new(format!("{} 至 {until}", factor.valid_from), format!("{} to {until}", factor.valid_from))
}

/// `None` where a problem was reported.
fn factor(section: &Section) -> Option<Factor> {
    let carrier = section.parse(&CARRIER, |text| known(text, &CARRIERS));
    let unit = section.parse(&UNIT, |text| known(text, &UNITS));
    let worth = worth(section);
    let covers = section.one_of(&BASIS, &BASES);
    let valid_from = section.parse(&VALID_FROM, day);
    let valid_until = section.or(&VALID_UNTIL, None, section.parse(&VALID_UNTIL, |text| day(text).map(Some)));
    let province = section.or(&PROVINCE, None, section.parse(&PROVINCE, |text| province(text).map(Some)));
    let source = section.string(&SOURCE);
    let confidence = section.or(&CONFIDENCE, "", section.string(&CONFIDENCE));
    let Position { line, column } = section.doc.position(&section.at.span);
    let factor = Factor {
        carrier: carrier?.value.to_owned(),
        unit: unit?.value.to_owned(),
        worth: worth?,
        covers: covers?.value,
        valid_from: valid_from?.value,
        valid_until: valid_until?,
        province: province?,
        source: source?.value.to_owned(),
        confidence: confidence?.to_owned(),
        place: format!("{}:{line}:{column}", section.doc.file),
    };
    let Factor { valid_from: from, valid_until: until, .. } = &factor;
    if let Some(until) = until.filter(|until| until < from) {
        section.doc.report(
            &section.at(&VALID_UNTIL),
            Text::new(format!("{until} 早于 valid_from"), format!("{until}, which is before valid_from")),
            Text::new(format!("{from} 或之后的最后有效日"), format!("the last day on which it holds, {from} or later")),
            Text::new("改正两个日期之一", "correct one of the two"),
        );
        return None;
    }
    Some(factor)
}

fn worth(section: &Section) -> Option<Worth> {
    let one = section.parse(&KGCE_PER_UNIT, value);
    let range = section.parse_each(&RANGE, value);
    match (section.has(&KGCE_PER_UNIT), section.has(&RANGE)) {
        (true, false) => return one.map(|one| Worth::One(one.value)),
        (false, true) => {
            let range = range?;
            if let [low, high] = range[..]
                && low < high
            {
                return Some(Worth::Range(low, high));
            }
            let written: Vec<_> = range.iter().map(Decimal::to_string).collect();
            let written = written.join(", ");
            section.refuse(
                &RANGE,
                Text::new(format!("写的是 {written}"), format!("found {written}")),
                Text::new("写两个数，由小到大", "write two of them, the lower one first"),
            );
        }
        (written, _) => {
            let (zh, en) = if written { ("写有两者", "found both") } else { ("两者都没有", "found neither") };
            section.doc.report(
                &section.at,
                Text::new(zh, en),
                Text::new("kgce_per_unit 与 range 之一", "one of kgce_per_unit and range"),
                Text::new(
                    "标准给出一个值时写 kgce_per_unit，给出范围时写 range",
                    "write kgce_per_unit, or range where the standard gives one",
                ),
            );
        }
    }
    None
}

fn known<'k>(text: &str, list: &[&'k str]) -> Result<&'k str, Text> {
    let found = list.iter().find(|word| **word == text).copied();
    found.ok_or_else(|| {
        let all = || Text::new(format!("可用：{}", list.join("、")), format!("use one of {}", list.join(", ")));
        did_you_mean(text, list.iter().copied()).unwrap_or_else(all)
    })
}

/// Plain digits with a point, above 0.
fn value(text: &str) -> Result<Decimal, Text> {
    let plain = text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let value = plain.then(|| Decimal::from_str_exact(text).ok()).flatten();
    let sound = value.filter(|value| *value > Decimal::ZERO && *value <= Decimal::from(1_000_000));
    sound.ok_or_else(|| {
        Text::new("只写数字和小数点，例如 \"0.1229\"", "write digits and a point only, such as \"0.1229\"")
    })
}

fn day(text: &str) -> Result<Date, Text> {
    let date = Some(text).filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
    date.ok_or_else(|| Text::new("写作 \"2021-04-01\"", "write it as \"2021-04-01\""))
}

fn province(code: &str) -> Result<String, Text> {
    let fits = region::is_code(code) && code.ends_with("0000");
    fits.then(|| code.to_owned()).ok_or_else(|| Text::new("浙江省写作 \"330000\"", "Zhejiang is \"330000\""))
}

#[cfg(test)]
mod tests;
