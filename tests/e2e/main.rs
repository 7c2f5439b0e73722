//! The shipped binaries against peers that we did not write.

#![allow(clippy::disallowed_methods, clippy::unwrap_used)] // waits for other processes; a helper that panics fails its test

mod bad_files;
mod bad_peers;
mod console;
mod declared;
mod demo;
mod destinations;
mod dissector;
mod dlt645;
mod figures;
mod keys;
mod kills;
#[path = "../support/libmodbus.rs"]
mod libmodbus;
mod lines;
mod manual;
mod meters;
#[path = "../support/mosquitto.rs"]
#[allow(dead_code)] // each test uses a part of it
mod mosquitto;
mod mqtt;
mod peers;
mod plant;
mod process;
mod proxies;
#[path = "../support/proxy.rs"]
mod proxy;
#[path = "../support/line.rs"]
mod simulated;
mod stack;
mod steel;
mod tools;
mod twenty_meters;
