//! A record's message, before its compression: kind, then protobuf.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::wire::fuzz::message(bytes));
