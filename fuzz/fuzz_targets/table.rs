//! A table of the registry.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::platform::registry::fuzz::csv(bytes));
