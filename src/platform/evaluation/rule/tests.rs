//! Rule files: what is shipped is right, and what is wrong is said.

use super::*;
use crate::runtime::problem::cases;

#[test]
fn every_shipped_set_is_right_and_says_what_its_source_leaves_out() {
    let mut files: Vec<_> = std::fs::read_dir("deploy/rules").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 7);
    let sets = load_all(&files).unwrap_or_else(|problems| panic!("{problems}"));
    for set in &sets {
        assert!(set.file.contains(&set.id), "{}", set.file);
        let graded = set.groups.iter().filter(|group| group.exempt.is_none());
        for group in graded {
            assert!(!group.not_given.is_empty(), "{} {}", set.id, group.id);
            assert_eq!(group.bands.is_empty(), group.not_given.contains(&NotGiven::Bands), "{} {}", set.id, group.id);
        }
    }
    let twice = [&files[0], &files[0]];
    assert!(load_all(&twice).unwrap_err().to_string().contains("an id of its own for each file"));
}

#[test]
fn a_region_covers_what_lies_in_it() {
    assert!(covers("330000", "331003") && covers("331000", "331003") && covers("331003", "331003"));
    assert!(!covers("331000", "330106") && !covers("331003", "331002") && !covers("320000", "331003"));
}

#[test]
fn the_messages_of_every_case_are_as_recorded() {
    cases::hold("rules", "toml", |name, text| parse(text, name).map(|_| None));
}
