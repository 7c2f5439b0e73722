//! Working days: Monday to Friday, without the days off and with the weekend days worked instead that the operator lists
//! (国务院办公厅 announces both each year).

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};
use std::collections::BTreeSet;

/// Days that are counted at most: a meter silent for longer is no other case.
const COUNTED_MAX: usize = 366;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Calendar {
    pub days_off: BTreeSet<Date>,
    pub worked_weekends: BTreeSet<Date>,
}

impl Calendar {
    pub fn works(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        if weekend { self.worked_weekends.contains(&day) } else { !self.days_off.contains(&day) }
    }

    /// Working days that began and ended between the two: neither day itself counts.
    pub fn whole_between(&self, from: Date, until: Date) -> usize {
        let mut count = 0;
        let mut day = from;
        for _ in 0..COUNTED_MAX {
            let Ok(next) = day.checked_add(1.day()) else { break };
            day = next;
            if day >= until {
                break;
            }
            count += usize::from(self.works(day));
        }
        count
    }
}
