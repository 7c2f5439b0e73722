//! Emission monitors (污染源在线监测, HJ 212-2017) → mass of pollutants by site and year.
//!
//! ```text
//!   monitors ══ TCP ══▶ listener ─▶ hj212 (packet? checksum?) ─▶ intake (whose? what of it?) ─▶ store
//!      ▲                    │
//!      └═══════ 9014 ═══════┘   after the commit
//! ```
//!
//! # Promises
//! - A packet is answered, where it asks for it, when what it brings is stored. A repeat changes nothing, a correction takes
//!   the earlier report's place.
//! - What is no packet, has a wrong checksum, or comes from a monitor that is not in the list or with another password
//!   changes nothing.
//! - A year's mass says of how many days it is made: what was not reported is missing, not zero.
//!
//! # Does not
//! Ask monitors for anything, or keep what they measure by the minute.

#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod hj212;
mod intake;
mod listener;
mod station;

pub use intake::{DAY, Report};
pub use listener::serve;
pub use station::{Station, stations_from_csv};
