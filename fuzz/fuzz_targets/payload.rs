//! An MQTT message's payload.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::agent::source::mqtt::fuzz::payload(bytes));
