//! A platform's answers.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::agent::uplink::fuzz::answers(bytes));
