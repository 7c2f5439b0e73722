//! What an emission monitor sends.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::platform::emission::fuzz::monitor(bytes));
