//! Numbers → acknowledged numbers.
