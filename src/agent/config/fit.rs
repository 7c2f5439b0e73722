//! Keys that do not fit what another key of the table chose.

use crate::runtime::{
    lang::Text,
    settings::{Key, Section},
};

/// A key, and with which choices it may stand.
pub(super) type Fit = (&'static Key, &'static [&'static str]);

/// Reports each of `keys` that the table writes although `choice` is `chosen`.
pub(super) fn check(section: &Section, choice: &Key, chosen: &str, keys: &[Fit]) {
    for (key, choices) in keys.iter().filter(|(key, choices)| section.writes(key) && !choices.contains(&chosen)) {
        let (name, choice) = (key.name, choice.name);
        let with = choices.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>();
        section.doc.report(
            &section.at(key),
            Text::new(
                format!("写有 {name}，而 {choice} 为 \"{chosen}\""),
                format!("found {name} where {choice} is \"{chosen}\""),
            ),
            Text::new(
                format!("{name} 只用于 {choice} 为 {} 时", with.join("、")),
                format!("{name} only where {choice} is {}", with.join(" or ")),
            ),
            Text::new(format!("删除 {name}，或改写 {choice}"), format!("remove {name}, or write another {choice}")),
        );
    }
}
