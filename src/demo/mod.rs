//! A simulated county: factories with meters and machines, one real agent each, one real platform.
//!
//! ```text
//!   plant: Modbus TCP meters ─┐                    ┌────── link that can be cut ──────┐
//!          machine counters ──┤─ MQTT broker ─▶ agent (process, own spool) ═══▶ platform (process) ─▶ dashboard
//! ```
//!
//! # Promises
//! - Only the factories are simulated: agents and platform are the shipped ones, each a process of its own.
//! - At the end every register is compared with the ledger: `balanced` is true only when all agree to the last count.
//! - With `--bad-meters` meters say 0, say too much, pass their end, are set to 0 and are replaced: the ledger has the
//!   epochs that really were, and what ran between two of them is said to be missing, to the last count.
//! - With `--chaos` agents and platform are killed with SIGKILL and the link is cut while registers run.
//!
//! # Does not
//! Leave anything behind: its folder, its processes and its ports go with it.

mod balance;
mod broker;
mod chaos;
mod command;
mod county;
mod link;
mod mishap;
mod plant;
mod process;
mod run;
mod setup;
mod view;

pub use command::main;
