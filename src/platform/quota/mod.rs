//! Energy quotas of sites (用能预算): progress by month, and a forecast of the year with its error on months held out.
//!
//! # Promises
//! - A forecast names its method, and its error was computed by the same method on months that were known and held out.
//! - A month that is not known is no zero: it is forecast like one that is to come, and said.
//! - Exact decimals; shown figures are rounded once, half to even.
//!
//! # Does not
//! Read: the months are brought. Know the plans of a site: it sees its months and nothing else.

mod forecast;
mod progress;

pub use forecast::{Error, Forecast, Method, MonthForecast, forecast};
pub use progress::{Pace, Progress, progress};

#[cfg(test)]
mod tests;
