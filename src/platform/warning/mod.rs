//! Warnings as events: the figures of dual control and of data quality → what a person is told, once, until it is gone.
//!
//! ```text
//!   facts ─▶ examine ─▶ findings ─┐
//!                     open ones ──┴▶ judge ─▶ changes ═ one transaction with their messages ═▶ store ─▶ deliver
//! ```
//!
//! # Promises
//! - A warning names its rule and the figures that raised it. It stays open until what raised it is gone; then it is
//!   cleared by itself and kept.
//! - No flapping: what is counted clears at another threshold than it is raised at. What is not known neither raises a
//!   warning nor clears one.
//! - A message is stored in the transaction of the change that it tells, and tried until it is taken or given up, which is
//!   seen. It can come twice; its id is then the same.
//!
//! # Does not
//! Silence a warning that was acknowledged and got worse: it is told again.

mod deliver;
mod examine;
mod judge;
mod mail;
mod message;
mod rule;
mod settings;
mod signature;
mod watch;
mod webhook;
mod working_day;

pub use deliver::{Channels, MailSettings, Security, WebhookSettings, run as deliver};
pub use examine::{Facts, LightFact, MeterFact, Place, ProductFact, QuotaFact, SiteFact, examine};
pub use judge::{Change, Finding, Open, State, judge};
pub use message::message;
pub use rule::rule_text;
pub use settings::channels;
pub use watch::{settle, watch};
pub use working_day::Calendar;

#[cfg(test)]
mod tests;
