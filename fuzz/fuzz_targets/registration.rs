//! What a DTU says first.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::agent::source::line::fuzz::registration(bytes));
