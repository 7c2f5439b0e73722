//! Randomness from the operating system: ids and jitter.

/// 16 random bytes: an id that is never given twice.
pub fn id() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Even in `0..=max`.
pub fn up_to(max: u64) -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    let wide = u128::from(u64::from_le_bytes(bytes)) * (u128::from(max) + 1);
    u64::try_from(wide >> 64).unwrap_or(max)
}
