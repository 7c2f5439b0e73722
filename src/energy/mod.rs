//! The arithmetic of meters and of the standards: pure, exact, the same on the gateway and on the platform.

pub mod calorific;
pub mod carbon;
pub mod coal;
pub mod counter;
/// The platform's alone: the gateway knows no state of steam.
#[cfg(feature = "platform")]
pub mod heat;
pub mod intensity;
pub mod interval;
pub mod score;
pub mod stock;
