//! A bar with the time that is left, on a terminal and nowhere else.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// Gone when it is dropped.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// `steps` of about the same length.
    pub fn new(steps: usize) -> Progress {
        let bar = ProgressBar::new(steps as u64);
        let terminal = std::io::stderr().is_terminal();
        bar.set_draw_target(if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        // the template is ours: it can not be wrong, and without it there is the usual bar
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} % {eta:>4} {msg}") {
            bar.set_style(style);
        }
        Progress { bar }
    }

    pub fn says(&self, text: impl Into<String>) {
        self.bar.set_message(text.into());
    }

    pub fn step(&self, steps: usize) {
        self.bar.inc(steps as u64);
    }

    pub fn to(&self, step: usize) {
        self.bar.set_position(step as u64);
    }

    /// A line above the bar.
    pub fn line(&self, text: &str) {
        if self.bar.is_hidden() {
            eprintln!("{text}");
        } else {
            self.bar.println(text);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
