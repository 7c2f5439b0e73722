//! A Modbus meter's reply.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mujun::agent::source::modbus::fuzz::reply(bytes));
