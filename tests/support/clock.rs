//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use zhiwen::domain::time::Clock;

/// Stands at a time until it is moved; safe to move while the service runs.
pub struct MovableClock {
    milliseconds: AtomicI64,
}

impl MovableClock {
    /// A clock that stands at `time`, in RFC 3339.
    pub fn at(time: &str) -> Self {
        let time: Timestamp = time.parse().expect("a time in RFC 3339");
        Self {
            milliseconds: AtomicI64::new(time.as_millisecond()),
        }
    }

    /// Moves the clock to `time`, in RFC 3339.
    pub fn set(&self, time: &str) {
        let time: Timestamp = time.parse().expect("a time in RFC 3339");
        self.milliseconds
            .store(time.as_millisecond(), Ordering::SeqCst);
    }

    /// Moves the clock on, or back when `by` is negative.
    pub fn advance(&self, by: SignedDuration) {
        let milliseconds = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.milliseconds.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.milliseconds.load(Ordering::SeqCst)).unwrap_or_default()
    }
}
