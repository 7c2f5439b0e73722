//! How often something happened, and when to say so.

use std::{collections::HashMap, hash::Hash};

/// Counts by key. The caller's keys are finite: configured topics and kinds of refusal.
#[derive(Default)]
pub struct Tally<K>(HashMap<K, u64>);

impl<K: Eq + Hash> Tally<K> {
    pub fn new() -> Tally<K> {
        Tally(HashMap::new())
    }

    /// Counts one more. The count, where it is worth a line in the log.
    pub fn count(&mut self, key: K) -> Option<u64> {
        let count = self.0.entry(key).or_default();
        *count += 1;
        Some(*count).filter(|count| worth_a_line(*count))
    }
}

/// The first, tenth, hundredth, … time.
pub fn worth_a_line(count: u64) -> bool {
    count.checked_ilog10().is_some_and(|digits| 10_u64.pow(digits) == count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_event_is_said_at_each_power_of_ten() {
        let mut tally = Tally::new();
        let said: Vec<_> = (0..1_234).filter_map(|_| tally.count("a")).collect();
        assert_eq!(said, [1, 10, 100, 1_000]);
        assert_eq!(tally.count("b"), Some(1));
        assert!(!worth_a_line(0) && !worth_a_line(u64::MAX) && worth_a_line(10_000_000_000_000_000_000));
    }
}
