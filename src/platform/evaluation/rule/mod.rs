//! Rule sets of 亩均效益综合评价 as data: one file for each authority and year.
//!
//! ```text
//!   deploy/rules/*.toml ─▶ key: what may stand there ─▶ read: sections as groups ─▶ check: does it hold together ─▶ RuleSet
//! ```
//!
//! # Promises
//! - A set is checked as a whole: weights sum to what is declared, bands neither overlap nor leave anything out, every
//!   indicator is made of known quantities in the unit it says, every group can be reached. All problems are named at once.
//! - What the source does not show is absent and said to be so (`not_given`); nothing stands in for it.
//!
//! # Does not
//! Compute: that is `run`. Know what is right: a county decides it.

mod check;
mod group;
mod key;
mod read;
#[cfg(test)]
mod tests;

pub use group::{
    Band, BandLimits, Condition, Group, Indicator, Item, ItemKind, MissingPolicy, Normaliser, NotGiven, Rounding, Veto,
    VetoEffect, VetoWhen,
};

use crate::{
    model::EconomicItem,
    platform::{assess::Basis, evaluation::Quantity},
    runtime::{file, lang::Text, problem::Problems},
    wire::hex,
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, path::Path};

/// A rule file is written by hand.
const FILE_MIB_MAX: usize = 1;

/// Checked rules of one authority and one or more years.
#[derive(Clone, PartialEq, Debug)]
pub struct RuleSet {
    /// 1 to 64 small letters, digits, `-` and `_`.
    pub id: String,
    pub name: Text,
    /// Who gave the rules.
    pub authority: String,
    /// GB/T 2260 codes of what they hold for. Empty: the source names no place, and the operator must.
    pub regions: Vec<String>,
    /// First and last evaluated year; `None`: the source names none.
    pub years: Option<(i16, i16)>,
    /// Which standard-coal value the indicators use, and who says so.
    pub basis: Basis,
    pub basis_note: String,
    /// With so many decimals a score is published, and sites are ranked.
    pub decimals: u32,
    /// In order: a site belongs to the first that fits.
    pub groups: Vec<Group>,
    pub source: String,
    pub confidence: String,
    /// The file as it was read, and its name for messages.
    pub text: String,
    pub file: String,
}

impl RuleSet {
    /// SHA-256 of the file, in hexadecimal digits.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(self.text.as_bytes()))
    }

    pub fn holds_in(&self, county_code: &str) -> bool {
        self.regions.iter().any(|region| covers(region, county_code))
    }

    pub fn holds_for(&self, year: i16) -> bool {
        self.years.is_none_or(|(first, last)| (first..=last).contains(&year))
    }
}

impl RuleSet {
    /// What its indicators, conditions and vetoes ask for; and electricity, since people ask what another amount would give.
    pub fn wanted(&self) -> BTreeSet<Quantity> {
        let indicators = self.groups.iter().flat_map(|group| &group.indicators);
        let asked = indicators.flat_map(|one| one.numerator.iter().chain(&one.denominator)).copied();
        asked.chain([Quantity::LandMu, Quantity::Kwh, Quantity::Economic(EconomicItem::TaxWan)]).collect()
    }
}

/// Whether a region's code covers another's: 330000 all of Zhejiang, 331000 all of Taizhou.
pub fn covers(region: &str, code: &str) -> bool {
    let stem = region.strip_suffix("0000").or_else(|| region.strip_suffix("00")).unwrap_or(region);
    code.starts_with(stem)
}

/// Reads a file. Blocks on the disk.
///
/// # Errors
/// Everything that is wrong with it, with its places.
pub fn load(path: &Path) -> Result<RuleSet, Problems> {
    parse(&file::read(path, FILE_MIB_MAX)?, &path.display().to_string())
}

/// `file` is what messages call the text.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, file: &str) -> Result<RuleSet, Problems> {
    read::read(text, file)
}

/// Reads all files; two of one id are refused. Blocks on the disk.
///
/// # Errors
/// The problems of all files.
pub fn load_all<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<RuleSet>, Problems> {
    let (mut sets, mut problems): (Vec<RuleSet>, _) = (Vec::new(), Vec::new());
    for path in paths {
        match load(path.as_ref()) {
            Ok(set) => match sets.iter().find(|other| other.id == set.id) {
                None => sets.push(set),
                Some(other) => problems.push(Problems::of_file(
                    &set.file,
                    Text::new(
                        format!("规则编号 {} 已用于 {}", set.id, other.file),
                        format!("the id {} of {}", set.id, other.file),
                    ),
                    Text::new("每个文件一个编号", "an id of its own for each file"),
                    Text::new("改写 id", "give one of the two another id"),
                )),
            },
            Err(found) => problems.push(found),
        }
    }
    Problems::gathered(problems).map_or(Ok(sets), Err)
}
