//! mqtt source.
