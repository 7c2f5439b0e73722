//! Lines against peers that misbehave.
