//! The arithmetic of meters and of the standards: pure, exact, the same on the gateway and on the platform.

pub mod coal;
pub mod counter;
pub mod intensity;
pub mod interval;
