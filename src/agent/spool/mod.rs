//! Bytes → a durable number.
