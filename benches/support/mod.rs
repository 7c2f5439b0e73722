//! What the benchmarks share: the two modes, the machine's name, seeded devices, the kernel's count of bytes.

#![allow(dead_code)] // each benchmark uses its part

pub mod device;
pub mod meter;
#[path = "../../tests/support/libmodbus.rs"]
pub mod peer;
pub mod spool;
pub mod stack;
pub mod steel;

use std::{fs, path::PathBuf, time::Duration};

/// All of it with `cargo bench`; in seconds, and without a figure that means anything, otherwise: so tests run the code.
pub fn whole() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// `whole` is what the page shows.
pub fn sized(whole: u64, quick: u64) -> u64 {
    if self::whole() { whole } else { quick }
}

/// A number from the environment, to run a benchmark in another size than the page's.
pub fn from_env(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// An empty folder on the disk under test, deleted with the value.
pub fn folder() -> tempfile::TempDir {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    tempfile::Builder::new().prefix("bench-").tempdir_in(target).unwrap()
}

/// Bytes that this process handed to the disk, as the kernel counts them.
pub fn written_bytes() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap();
    line.trim().parse().unwrap()
}

/// A process's `VmHWM` (the most it ever had) or `VmRSS`, in KiB.
pub fn memory_kib(pid: u32, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':').map(str::to_owned));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// The `share` quantile, such as 0.99.
pub fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let place = ((times.len() as f64 - 1.0) * share).round() as usize;
    times.get(place).copied().unwrap_or_default()
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Thousands apart, as people read them.
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "**missed**" }
}
