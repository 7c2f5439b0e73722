//! What a misspelt word was meant to be.

use crate::runtime::lang::Text;

/// The fix of a misspelt value, where one of the candidates is near.
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<Text> {
    let near = nearest(word, candidates)?;
    Some(Text::new(format!("是否应写作 \"{near}\"？"), format!("did you mean \"{near}\"?")))
}

/// The candidate nearest to `word`, where one is near enough to be a slip of the keyboard.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase();
    let slips_max = 1 + word.chars().count() / 4;
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (slips(&word, &candidate.to_lowercase()), candidate))
        .filter(|(slips, _)| *slips <= slips_max)
        .collect();
    near.sort_by_key(|(slips, _)| *slips);
    match near.as_slice() {
        // a guess between two, such as two word orders, would mislead
        [(first, _), (second, _), ..] if first == second => None,
        [(_, nearest), ..] => Some(nearest),
        [] => None,
    }
}

/// Letters to insert, remove or replace to make `a` of `b` (Levenshtein).
fn slips(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, (other, pair)) in b.iter().zip(row.windows(2)).enumerate() {
            let replaced = pair[0] + usize::from(letter != *other);
            next.push(replaced.min(pair[1] + 1).min(next[j] + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let keys = ["timeout_ms", "poll_interval_ms", "name", "unit"];
        assert_eq!(nearest("timout_ms", keys), Some("timeout_ms"));
        assert_eq!(nearest("poll_intervall_ms", keys), Some("poll_interval_ms"));
        assert_eq!(nearest("Name", keys), Some("name"));
        assert_eq!(nearest("password", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest("BACD", ["ABCD", "BADC"]), None, "as near to one as to the other");
        assert_eq!(nearest(&"x".repeat(100_000), keys), None);
    }
}
