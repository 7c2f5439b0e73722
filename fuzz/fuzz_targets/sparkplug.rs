//! Messages of a Sparkplug node, one after another.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::agent::source::mqtt::fuzz::sparkplug(bytes));
