//! What a row stands for.

use super::Member;
use crate::{model::region, runtime::lang::Text};

/// By what sites are put together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    Site,
    /// GB/T 4754 section (门类), such as C.
    Section,
    /// GB/T 4754 division (大类), such as C17.
    Division,
    /// GB/T 4754 class (小类), such as C1713.
    Class,
    /// GB/T 10114, nine digits.
    Township,
    County,
    City,
    Province,
}

impl By {
    pub const ALL: [By; 8] =
        [By::Site, By::Division, By::Section, By::Class, By::Township, By::County, By::City, By::Province];

    /// As questions write it.
    pub fn name(self) -> &'static str {
        match self {
            By::Site => "site",
            By::Section => "section",
            By::Division => "industry",
            By::Class => "class",
            By::Township => "township",
            By::County => "county",
            By::City => "city",
            By::Province => "province",
        }
    }

    pub fn by_name(name: &str) -> Option<By> {
        By::ALL.into_iter().find(|by| by.name() == name)
    }

    /// The kind of region that a code is of.
    pub fn of_region(code: &str) -> By {
        match code.len() {
            7.. => By::Township,
            _ if code.ends_with("0000") => By::Province,
            _ if code.ends_with("00") => By::City,
            _ => By::County,
        }
    }

    /// Whether its keys are codes of regions, for which there are targets.
    pub fn is_region(self) -> bool {
        matches!(self, By::Township | By::County | By::City | By::Province)
    }

    /// The row that a member belongs to. A site without a township stands in its county's row `…000`.
    pub(super) fn key(self, member: &Member<'_>) -> String {
        let site = member.site;
        let head = |code: &str, digits: usize| code.get(..digits).unwrap_or(code).to_owned();
        match self {
            By::Site => site.credit_code.clone(),
            By::Section => head(&site.industry_code, 1),
            By::Division => head(&site.industry_code, 3),
            By::Class => site.industry_code.clone(),
            By::Township => member.township.map_or_else(|| format!("{}000", site.county_code), str::to_owned),
            By::County => site.county_code.clone(),
            By::City => site.city_code.clone(),
            By::Province => format!("{}0000", head(&site.city_code, 2)),
        }
    }

    /// What people call the row; its key where no name is known.
    pub(super) fn title(self, key: &str, member: &Member<'_>) -> Text {
        match self {
            By::Site => Text::new(&*member.site.name, &*member.site.name),
            By::Township if key.ends_with("000") => {
                let county = &member.site.county_code;
                Text::new(format!("{county} 未登记乡镇"), format!("{county}, township not registered"))
            }
            _ => region::name(key).map_or_else(|| Text::new(key, key), |(zh, en)| Text::new(zh, en)),
        }
    }
}
