//! What comes in on a line of Modbus RTU.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::agent::source::modbus::fuzz::rtu(bytes));
