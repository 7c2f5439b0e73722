//! Coefficient files → factors. All files are one table: what is wrong anywhere refuses the whole.

use crate::{
    energy::coal::{Covers, Factor, Factors, Worth},
    model::unit::UNITS,
    runtime::{
        lang::Text,
        place::{Problem, Problems, line_column},
    },
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

/// Dated standard-coal factors.
pub type Coefficients = Factors;

/// A file is written by hand; a larger one is not one of ours.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// What a factor or a register can be about. Names are English, as in the configuration of a gateway.
pub const CARRIERS: [&str; 37] = [
    "electricity",
    "heat",
    "raw_coal",
    "washed_coal",
    "middlings",
    "slime",
    "gangue",
    "briquette",
    "coke",
    "coal_tar",
    "crude_oil",
    "fuel_oil",
    "gasoline",
    "kerosene",
    "diesel",
    "natural_gas",
    "lng",
    "lpg",
    "refinery_gas",
    "coke_oven_gas",
    "blast_furnace_gas",
    "converter_gas",
    "producer_gas",
    "crude_benzene",
    "methanol",
    "ethanol",
    "hydrogen",
    "biogas",
    "fresh_water",
    "soft_water",
    "deaerated_water",
    "compressed_air",
    "oxygen",
    "nitrogen",
    "acetylene",
    "carbon_dioxide",
    "calcium_carbide",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    factor: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    carrier: Spanned<String>,
    unit: Spanned<String>,
    kgce_per_unit: Option<Spanned<String>>,
    range: Option<Spanned<[String; 2]>>,
    basis: Covers,
    valid_from: Spanned<String>,
    valid_until: Option<Spanned<String>>,
    province: Option<Spanned<String>>,
    source: String,
    /// For the reader of the file.
    #[serde(default, rename = "confidence")]
    _confidence: String,
}

/// Reads the files, in order. Blocks on the disk.
///
/// # Errors
/// All problems of all files, each with its place.
pub fn load<P: AsRef<Path>>(paths: &[P]) -> Result<Coefficients, Problems> {
    let (mut texts, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        let name = path.as_ref().display().to_string();
        match read(path.as_ref()) {
            Ok(text) => texts.push((name, text)),
            Err(error) => problems.push(Problem::at(
                &name,
                "",
                None,
                Text::new(
                    format!("无法读取系数文件：{error}"),
                    format!("the coefficient file can not be read: {error}"),
                ),
                Text::new("请检查 coefficients 中的路径", "check the path under coefficients"),
            )),
        }
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    parse(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

fn read(path: &Path) -> std::io::Result<String> {
    let bytes = std::fs::metadata(path)?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(std::io::Error::other(format!("{bytes} bytes, at most {FILE_BYTES_MAX} are read")));
    }
    std::fs::read_to_string(path)
}

/// `files` are names, for messages, and texts.
///
/// # Errors
/// As [`load`].
pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Coefficients, Problems> {
    let (mut problems, mut known) = (Vec::new(), Vec::<(Factor, String)>::new());
    for (name, text) in files {
        let file: File = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                problems.push(Problem::toml(name, text, &error));
                continue;
            }
        };
        for entry in file.factor {
            let span = entry.span();
            let place = Place { name, text };
            match factor(entry.into_inner(), span.clone(), &place) {
                Err(found) => problems.extend(found),
                Ok(new) => {
                    for (other, at) in known.iter().filter(|(other, _)| other.overlaps(&new)) {
                        let until = |f: &Factor| f.valid_until.map_or_else(|| "…".to_owned(), |day| day.to_string());
                        problems.push(place.problem(
                            span.clone(),
                            Text::new(
                                format!(
                                    "{} / {} 的系数（{} 至 {}）与 {at} 处的系数（{} 至 {}）有效期重叠",
                                    new.carrier,
                                    new.unit,
                                    new.valid_from,
                                    until(&new),
                                    other.valid_from,
                                    until(other)
                                ),
                                format!(
                                    "this factor of {} per {} ({} to {}) overlaps the one at {at} ({} to {})",
                                    new.carrier,
                                    new.unit,
                                    new.valid_from,
                                    until(&new),
                                    other.valid_from,
                                    until(other)
                                ),
                            ),
                            Text::new(
                                "请用 valid_until 结束其中一条，或删除一条",
                                "end one of the two with valid_until, or remove it",
                            ),
                        ));
                    }
                    let (line, column) = line_column(text, span.start);
                    known.push((new, format!("{name}:{line}:{column}")));
                }
            }
        }
    }
    if problems.is_empty() {
        Ok(Factors::new(known.into_iter().map(|(factor, _)| factor).collect()))
    } else {
        Err(Problems(problems))
    }
}

struct Place<'a> {
    name: &'a str,
    text: &'a str,
}

type Span = std::ops::Range<usize>;

impl Place<'_> {
    fn problem(&self, span: Span, what: Text, fix: Text) -> Problem {
        Problem::at(self.name, self.text, Some(span), what, fix)
    }

    fn one_of(&self, key: &str, found: &Spanned<String>, known: &[&str], problems: &mut Vec<Problem>) {
        if !known.contains(&found.get_ref().as_str()) {
            let (found, list, span) = (found.get_ref(), known.join(", "), found.span());
            problems.push(self.problem(
                span,
                Text::new(
                    format!("{key} 为 `{found}`，不在已知列表中"),
                    format!("{key} is `{found}`, which is not known"),
                ),
                Text::new(format!("可用：{list}"), format!("use one of {list}")),
            ));
        }
    }

    fn date(&self, key: &str, found: &Spanned<String>, problems: &mut Vec<Problem>) -> Option<Date> {
        let date = Some(found.get_ref()).filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
        if date.is_none() {
            let (span, found) = (found.span(), found.get_ref());
            problems.push(self.problem(
                span,
                Text::new(format!("{key} 为 `{found}`，不是日期"), format!("{key} is `{found}`, which is no date")),
                Text::new("请写成 \"2021-04-01\"", "write it as \"2021-04-01\""),
            ));
        }
        date
    }

    fn worth(&self, span: Span, texts: &[&str], problems: &mut Vec<Problem>) -> Option<Vec<Decimal>> {
        let values: Option<Vec<_>> = texts.iter().map(|text| value(text)).collect();
        if values.as_ref().is_none_or(|values| values.windows(2).any(|pair| pair.first() >= pair.last())) {
            let found = texts.join(", ");
            problems.push(self.problem(
                span,
                Text::new(
                    format!("系数 `{found}` 无效：须为 0 以上、1000000 以内的十进制数，范围须由小到大"),
                    format!("the factor `{found}`: decimals above 0 and at most 1000000 are needed, a range from low to high"),
                ),
                Text::new("请写成 \"0.1229\" 或 [\"1.1000\", \"1.3300\"]", "write \"0.1229\" or [\"1.1000\", \"1.3300\"]"),
            ));
            return None;
        }
        values
    }
}

/// Plain digits with a point, above 0.
fn value(text: &str) -> Option<Decimal> {
    let plain = text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let value = plain.then(|| Decimal::from_str_exact(text).ok())??;
    (value > Decimal::ZERO && value <= Decimal::from(1_000_000)).then_some(value)
}

fn factor(entry: Entry, span: Span, place: &Place<'_>) -> Result<Factor, Vec<Problem>> {
    let mut problems = Vec::new();
    place.one_of("carrier", &entry.carrier, &CARRIERS, &mut problems);
    place.one_of("unit", &entry.unit, &UNITS, &mut problems);
    let worth = match (&entry.kgce_per_unit, &entry.range) {
        (Some(one), None) => {
            let values = place.worth(one.span(), &[one.get_ref()], &mut problems);
            values.and_then(|values| values.first().copied()).map(Worth::One)
        }
        (None, Some(range)) => {
            let [low, high] = range.get_ref();
            let values = place.worth(range.span(), &[low, high], &mut problems);
            values.and_then(|values| Some(Worth::Range(*values.first()?, *values.last()?)))
        }
        _ => {
            problems.push(place.problem(
                span.clone(),
                Text::new("须写 kgce_per_unit 与 range 中的一个", "exactly one of kgce_per_unit and range is needed"),
                Text::new("请保留其中一个", "write the one, leave out the other"),
            ));
            None
        }
    };
    let valid_from = place.date("valid_from", &entry.valid_from, &mut problems);
    let valid_until = entry.valid_until.as_ref().and_then(|until| place.date("valid_until", until, &mut problems));
    if let (Some(from), Some(until)) = (valid_from, valid_until)
        && until < from
    {
        problems.push(place.problem(
            span,
            Text::new(
                format!("valid_until {until} 早于 valid_from {from}"),
                format!("valid_until {until} is before valid_from {from}"),
            ),
            Text::new("请改正日期（valid_until 为最后有效日）", "correct the dates; valid_until is the last day"),
        ));
    }
    if let Some(province) = &entry.province {
        let code = province.get_ref();
        if code.len() != 6 || !code.ends_with("0000") || !code.bytes().all(|b| b.is_ascii_digit()) {
            problems.push(place.problem(
                province.span(),
                Text::new(
                    format!("province 为 `{code}`，不是省级代码"),
                    format!("province is `{code}`, which is no code of a province"),
                ),
                Text::new("请写 GB/T 2260 代码，如 \"330000\"", "write the code of GB/T 2260, such as \"330000\""),
            ));
        }
    }
    let (Some(worth), Some(valid_from), true) = (worth, valid_from, problems.is_empty()) else { return Err(problems) };
    Ok(Factor {
        carrier: entry.carrier.into_inner(),
        unit: entry.unit.into_inner(),
        worth,
        covers: entry.basis,
        valid_from,
        valid_until,
        province: entry.province.map(Spanned::into_inner),
        source: entry.source,
    })
}

#[cfg(test)]
mod tests;
