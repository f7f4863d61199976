//! A circuit breaker: a server that keeps failing is left alone for a while.
//!
//! Closed until enough requests in a row have failed; open for a pause, in
//! which nothing is sent; then one request at a time may try, and the first
//! that succeeds closes it. It is told the time, so that tests need not wait.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When a server counts as down, and for how long it is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerOptions {
    /// So many failures in a row open it; at least one does.
    pub failures: u32,
    /// How long it stays open before one request may try.
    pub pause: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    Trying,
}

/// The state of one server, shared by all requests to it.
#[derive(Debug)]
pub(super) struct Breaker {
    options: BreakerOptions,
    state: Mutex<State>,
}

impl Breaker {
    pub(super) fn new(options: BreakerOptions) -> Self {
        Self {
            options,
            state: Mutex::new(State::Closed { failures: 0 }),
        }
    }

    /// Leave for one request, or `None` while the server is left alone.
    pub(super) fn admit(&self, now: Instant) -> Option<Admission<'_>> {
        let mut state = self.lock();
        let trial = match *state {
            State::Closed { .. } => None,
            State::Open { until } if until <= now => {
                *state = State::Trying;
                Some(until)
            }
            State::Open { .. } | State::Trying => return None,
        };
        Some(Admission {
            breaker: self,
            trial,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is one word, whole whatever panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request's leave; it says how the request went. Dropped unsaid, because
/// the caller has gone, it counts as nothing and another request may try.
pub(super) struct Admission<'a> {
    breaker: &'a Breaker,
    /// Since when one may try, for the one that tries.
    trial: Option<Instant>,
}

impl Admission<'_> {
    /// The server did its work.
    pub(super) fn succeeded(mut self) {
        let tried = self.trial.take().is_some();
        let mut state = self.breaker.lock();
        // A success that set out before the breaker opened is old news.
        if tried || matches!(*state, State::Closed { .. }) {
            *state = State::Closed { failures: 0 };
        }
    }

    /// The server failed; returns whether this opened the breaker.
    pub(super) fn failed(mut self, now: Instant) -> bool {
        let tried = self.trial.take().is_some();
        let options = self.breaker.options;
        let mut state = self.breaker.lock();
        let failures = match *state {
            State::Closed { failures } => failures.saturating_add(1),
            State::Trying if tried => options.failures,
            State::Open { .. } | State::Trying => return false,
        };
        let opens = failures >= options.failures.max(1);
        *state = if opens {
            State::Open {
                until: now + options.pause,
            }
        } else {
            State::Closed { failures }
        };
        opens
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if let Some(until) = self.trial {
            *self.breaker.lock() = State::Open { until };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(10);

    fn breaker() -> (Breaker, Instant) {
        let options = BreakerOptions {
            failures: 3,
            pause: PAUSE,
        };
        (Breaker::new(options), Instant::now())
    }

    fn open(breaker: &Breaker, now: Instant) {
        for last in [false, false, true] {
            assert_eq!(breaker.admit(now).unwrap().failed(now), last);
        }
    }

    #[test]
    fn opens_after_failures_in_a_row_only() {
        let (breaker, now) = breaker();
        for _ in 0..4 {
            assert!(!breaker.admit(now).unwrap().failed(now));
            assert!(!breaker.admit(now).unwrap().failed(now));
            breaker.admit(now).unwrap().succeeded();
        }
        open(&breaker, now);
        assert!(breaker.admit(now).is_none());
        assert!(breaker.admit(now + PAUSE / 2).is_none());
    }

    #[test]
    fn one_at_a_time_tries_after_the_pause() {
        let (breaker, now) = breaker();
        open(&breaker, now);
        let later = now + PAUSE;
        let trial = breaker.admit(later).unwrap();
        assert!(breaker.admit(later).is_none());
        assert!(trial.failed(later), "one failed trial opens it again");
        assert!(breaker.admit(later + PAUSE / 2).is_none());
        breaker.admit(later + PAUSE).unwrap().succeeded();
        assert!(breaker.admit(later + PAUSE).is_some());
        assert!(breaker.admit(later + PAUSE).is_some());
    }

    #[test]
    fn a_trial_whose_caller_has_gone_leaves_room_for_another() {
        let (breaker, now) = breaker();
        open(&breaker, now);
        drop(breaker.admit(now + PAUSE).unwrap());
        assert!(breaker.admit(now).is_none());
        assert!(breaker.admit(now + PAUSE).is_some());
    }

    #[test]
    fn news_from_before_it_opened_changes_nothing() {
        let (breaker, now) = breaker();
        let (early, also_early) = (breaker.admit(now).unwrap(), breaker.admit(now).unwrap());
        open(&breaker, now);
        early.succeeded();
        assert!(breaker.admit(now).is_none());
        assert!(!also_early.failed(now + PAUSE / 2));
        assert!(breaker.admit(now + PAUSE).is_some());
    }
}
