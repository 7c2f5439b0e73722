//! The rules of the house, held by a machine.

mod contract;
