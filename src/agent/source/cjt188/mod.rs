//! CJ/T 188: water, heat, cooling and gas meters. Requests, frames, and what the replies hold.
//!
//! The current values are all in one answer, 901F. Their places, counted behind the serial number:
//!
//! ```text
//!   water, gas                            heat, cooling
//!    0  volume now              4 + unit   0  energy at the settlement day  4 + unit
//!    5  volume at settlement    4 + unit   5  energy now                    4 + unit
//!   10  the meter's clock       7         10  power                         4 + unit
//!   17  state ST                2         15  flow                          4 + unit
//!                                         20  volume                        4 + unit
//!                                         25  temperature of the supply     3, in 0.01 °C
//!                                         28  temperature of the return     3
//!                                         31  hours of work                 3
//!                                         34  the meter's clock             7
//!                                         41  state ST                      2
//! ```
//! What carries a unit is written with two digits behind the point. Some makes put the unit before the number, others
//! swap the identifier on the wire: the first is a matter of `offset`, for the second `identifier = "1F90"` is asked.
//!
//! # Promises
//! - A reply counts only when checksum, meter, control code and identifier are those of the request.
//! - A number whose unit is another than the point's is [`Reason::OutOfRange`](crate::model::Reason): a thousand times
//!   too much is never taken for good.
//! - Everything here is pure: bytes in, bytes out.
//!
//! # Does not
//! Write, switch a valve, read prices, or take the meter's clock for a sample's time.

mod frame;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod plan;
#[cfg(test)]
mod tests;
mod unit;

pub use frame::Address;
pub use plan::{Request, plan};
pub use unit::{Unit, unit};
