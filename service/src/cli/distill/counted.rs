//! How far counted work has come.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line a while in a log or a pipe: often enough to see that it goes on.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// How far counted work has come: a bar on a terminal, else a plain line now
/// and then.
pub struct Counted {
    what: &'static str,
    bar: ProgressBar,
    said_at: Instant,
}

impl Counted {
    /// Of `what` there is some to do.
    pub fn new(what: &'static str) -> Self {
        let bar = ProgressBar::hidden();
        if io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        Self {
            what,
            bar,
            said_at: Instant::now(),
        }
    }

    /// Shows that `done` of `total` are done.
    pub fn advance(&mut self, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        if self.bar.is_hidden()
            && let Some(line) = self.line(Instant::now(), (done, total))
        {
            // Nobody reads it then.
            let _closed = writeln!(io::stderr(), "{line}");
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// The line that is due, if one is: after a while, and at the end.
    fn line(&mut self, now: Instant, (done, total): (usize, usize)) -> Option<String> {
        let is_due = done == total || now.duration_since(self.said_at) >= LINE_EVERY;
        is_due.then(|| {
            self.said_at = now;
            format!("{}: {done} of {total}", self.what)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_gets_a_line_now_and_then() {
        let mut progress = Counted::new("texts");
        let began = Instant::now();
        let mut line = |seconds, done| {
            let now = began + Duration::from_secs(seconds);
            progress.line(now, (done, 300))
        };
        assert_eq!(line(1, 10), None);
        assert_eq!(line(11, 100).as_deref(), Some("texts: 100 of 300"));
        assert_eq!(line(15, 150), None);
        assert_eq!(line(16, 300).as_deref(), Some("texts: 300 of 300"));
    }
}
