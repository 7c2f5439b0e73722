//! The regions of a user: as a person writes them, as they are kept, and as [`super::Asker`] compares them.

use crate::model::region;

/// Everything, as it is written and kept.
pub const EVERYTHING: &str = "*";

/// `331000` → `3310`; a township's nine digits (GB/T 10114) stay; `*` is everything. `None`: it is no region.
pub fn beginning(code: &str) -> Option<String> {
    let township =
        code.len() == 9 && code.bytes().all(|b| b.is_ascii_digit()) && code.get(..6).is_some_and(region::is_code);
    match code {
        EVERYTHING => Some(String::new()),
        _ if township => Some(code.to_owned()),
        _ if region::is_code(code) => {
            let shorter = code.strip_suffix("0000").or_else(|| code.strip_suffix("00"));
            Some(shorter.unwrap_or(code).to_owned())
        }
        _ => None,
    }
}

/// As they are kept in one column.
pub fn kept(regions: &[String]) -> String {
    let one = |region: &String| if region.is_empty() { EVERYTHING.to_owned() } else { region.clone() };
    regions.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// What [`kept`] kept. Nothing is nothing, not everything.
pub fn read(kept: &str) -> Vec<String> {
    let one = |region: &str| if region == EVERYTHING { String::new() } else { region.to_owned() };
    kept.split_whitespace().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_kept_as_the_beginning_of_its_codes_and_nothing_is_not_everything() {
        let written = ["330000", "331000", "331003", "331003101", "*"];
        let regions: Vec<String> = written.into_iter().map(|code| beginning(code).unwrap()).collect();
        assert_eq!(regions, ["33", "3310", "331003", "331003101", ""]);
        assert_eq!(read(&kept(&regions)), regions);
        assert_eq!(read(&kept(&[])), [""; 0]);
        for wrong in ["", "33", "3310", "990000", "33100a", "331003 ", "33100310", "'; --"] {
            assert_eq!(beginning(wrong), None, "{wrong}");
        }
    }
}
