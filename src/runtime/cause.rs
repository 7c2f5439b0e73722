//! Errors in words.

use std::error::Error;

/// An error and what caused it: the outermost alone often says only where it failed, such as "transport error".
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
