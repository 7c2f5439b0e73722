//! Bytes from a line of CJ/T 188 meters.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::agent::source::cjt188::fuzz::reply(bytes));
