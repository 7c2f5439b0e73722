//! The arithmetic of meters and of the standards: pure, exact, the same on the gateway and on the platform.

#[cfg(feature = "platform")]
pub mod booked;
pub mod calorific;
pub mod carbon;
pub mod coal;
pub mod counter;
pub mod gas;
pub mod heat;
pub mod intensity;
pub mod interval;
pub mod score;
pub mod stock;
