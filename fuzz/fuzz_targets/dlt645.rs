//! Bytes from a line of DL/T 645 meters.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::agent::source::dlt645::fuzz::reply(bytes));
