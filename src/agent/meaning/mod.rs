//! Samples → records.
