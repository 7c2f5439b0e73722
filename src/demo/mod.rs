//! A simulated county.
