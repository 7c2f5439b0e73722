//! A gateway's stream, from its Hello on.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::platform::ingest::fuzz::messages(bytes));
