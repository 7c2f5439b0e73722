//! A record's body: kind, then a zstd frame.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::wire::fuzz::body(bytes));
