//! Callers of every kind.
