//! Rows → profiles: a site's township, legal person, size, dates, landlord and tags.

use super::{
    Import, Sheet, code, field,
    table::{self, Columns, Row, Rule, take},
};
use crate::{
    model::{Profile, Site, region},
    runtime::{
        lang::Text,
        problem::{Problems, Unique},
    },
};
use std::collections::BTreeSet;

const NAMES: [&str; 9] = [
    "credit_code",
    "township_code",
    "legal_person",
    "above_scale",
    "registered_on",
    "land_granted_on",
    "landlord",
    "tags",
    "legal_person_note",
];
pub(super) const COLUMNS: Columns = Columns { all: &NAMES, required: 1 };
const LEGAL_PERSON: usize = 2;
const LEGAL_PERSON_NOTE: usize = 8;
/// Rules ask for a handful.
const TAGS_MAX: usize = 32;
const TAG_BYTES_MAX: usize = 64;
const TRUTHS: [(&str, Option<bool>); 9] = [
    ("", None),
    ("yes", Some(true)),
    ("no", Some(false)),
    ("true", Some(true)),
    ("false", Some(false)),
    ("1", Some(true)),
    ("0", Some(false)),
    ("是", Some(true)),
    ("否", Some(false)),
];

/// Every profile is of one of `sites`, as is a landlord.
///
/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn profiles_of(sheet: &Sheet, sites: &[Site]) -> Result<Import<Profile>, Problems> {
    let (doc, sites) = (sheet.doc(), field::Sites::of(sites));
    let mut codes = Unique::new("其他行", "row");
    let mut profiles = Vec::new();
    table::each(&doc, COLUMNS, |row| {
        codes.claim(&doc, &row.found(0));
        profiles.extend(profile(row, &sites));
    });
    doc.finish(profiles).map(|(rows, warnings)| Import { rows, warnings })
}

/// `None` where a problem was reported.
fn profile(row: &Row, sites: &field::Sites<'_>) -> Option<Profile> {
    let site = take(row, 0, |code| sites.find(code));
    let county = site.map_or("", |site| site.county_code.as_str());
    let township_code = take(row, 1, |text| township(text, county));
    let legal_person = match row.field(LEGAL_PERSON) {
        "" => Some(None),
        _ => code::credit_code(row, LEGAL_PERSON, LEGAL_PERSON_NOTE).map(Some),
    };
    let above_scale = take(row, 3, |text| field::one_of(text, &TRUTHS));
    let registered_on = take(row, 4, field::day_or_none);
    let land_granted_on = take(row, 5, field::day_or_none);
    let landlord = take(row, 6, |text| match text {
        "" => Ok(None),
        own if own == row.field(0) => Err(its_own_landlord()),
        other => sites.find(other).map(|site| Some(site.credit_code.clone())),
    });
    let tags = take(row, 7, tags);
    Some(Profile {
        credit_code: site?.credit_code.clone(),
        township_code: township_code?,
        legal_person: legal_person?,
        above_scale: above_scale?,
        registered_on: registered_on?,
        land_granted_on: land_granted_on?,
        landlord: landlord?,
        tags: tags?,
    })
}

fn township(text: &str, county: &str) -> Result<Option<String>, Rule> {
    if text.is_empty() {
        return Ok(None);
    }
    if region::is_township_of(text, county) {
        return Ok(Some(text.to_owned()));
    }
    Err((
        Text::new(
            format!("空，或县 {county} 所辖乡镇街道的九位代码（GB/T 10114）"),
            format!("nothing, or the nine-digit code of a township in county {county} (GB/T 10114)"),
        ),
        Text::new(
            format!("写作 {county}001，前六位为县代码"),
            format!("write it as {county}001; its first six digits are the county's"),
        ),
    ))
}

fn its_own_landlord() -> Rule {
    (
        Text::new("空，或另一单位的代码", "nothing, or another site's code"),
        Text::new("自有土地的单位留空", "leave it empty where the land is its own"),
    )
}

/// Words of small letters, digits and `_`, with blanks between them.
fn tags(text: &str) -> Result<BTreeSet<String>, Rule> {
    let words: BTreeSet<String> = text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let sound = |word: &String| {
        word.len() <= TAG_BYTES_MAX && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if words.len() <= TAGS_MAX && words.iter().all(sound) {
        return Ok(words);
    }
    Err((
        Text::new(
            format!("至多 {TAGS_MAX} 个标签，每个只含小写字母、数字和 _，以空格分隔"),
            format!("at most {TAGS_MAX} tags of small letters, digits and _, with blanks between them"),
        ),
        Text::new("写作 listed high_tech", "write them like listed high_tech"),
    ))
}
