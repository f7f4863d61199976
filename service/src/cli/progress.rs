//! How far a command has come.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

/// Steps of the bar that is drawn.
pub const BAR_STEPS: u64 = 1_000;

/// A bar on a terminal; nothing in a log or a pipe.
pub fn progress_bar() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(BAR_STEPS);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3}% {msg}") {
        bar.set_style(style);
    }
    bar
}

/// Shows that `share` of the file, from 0 to 1, and `count` of its rows are done.
pub fn advance(bar: &ProgressBar, share: f32, count: u64) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share from 0 to 1 of the bar's steps"
    )]
    bar.set_position((share * BAR_STEPS as f32) as u64);
    bar.set_message(count.to_string());
}
