//! How long to wait before trying a server again.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// How often and how patiently a request is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The most requests made for one thing, the first included; at least one is.
    pub attempts: u32,
    /// The longest pause after the first failure; doubles with each further one.
    pub first_pause: Duration,
    /// What no pause exceeds, unless the server asks for more.
    pub longest_pause: Duration,
}

impl Retry {
    /// Whether another request may follow the `failures`th failure.
    pub fn allows_another(&self, failures: u32) -> bool {
        failures < self.attempts
    }

    /// The pause after the `failures`th failure in a row: exponential back-off
    /// with full jitter, so that clients that failed together do not come back
    /// together (M. Brooker, "Exponential Backoff And Jitter", 2015).
    ///
    /// `draw` is a random number in 0..1. What the server asks for is waited for
    /// in full, and a little longer at random.
    pub fn pause(&self, failures: u32, draw: f64, wish: Option<Duration>) -> Duration {
        // Past 2^31 every pause is at its longest anyway.
        let doublings = failures.saturating_sub(1).min(31);
        let longest = self
            .first_pause
            .saturating_mul(1 << doublings)
            .min(self.longest_pause);
        let jittered = longest.mul_f64(draw.clamp(0.0, 1.0));
        wish.map_or(jittered, |wish| {
            wish.saturating_add(jittered.min(self.first_pause))
        })
    }
}

/// How long the server asks to be left alone: `Retry-After` in seconds, or as a
/// date, which is read against the server's own `Date` so that no two clocks
/// are compared (RFC 9110, 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let sent = http_date(headers.get(DATE)?.to_str().ok()?)?;
    let seconds = http_date(value)?.as_second() - sent.as_second();
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

fn http_date(text: &str) -> Option<Timestamp> {
    Some(rfc2822::parse(text.trim()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Retry = Retry {
        attempts: 3,
        first_pause: Duration::from_millis(100),
        longest_pause: Duration::from_millis(700),
    };

    #[test]
    fn pauses_double_up_to_the_longest_and_are_jittered() {
        for (failures, longest) in [(1, 100), (2, 200), (3, 400), (4, 700), (4_000_000, 700)] {
            let longest = Duration::from_millis(longest);
            assert_eq!(RETRY.pause(failures, 1.0, None), longest);
            assert_eq!(RETRY.pause(failures, 0.5, None), longest / 2);
            assert_eq!(RETRY.pause(failures, 0.0, None), Duration::ZERO);
        }
    }

    #[test]
    fn the_servers_wish_is_honoured() {
        let minute = Duration::from_secs(60);
        assert_eq!(RETRY.pause(1, 0.0, Some(minute)), minute);
        assert_eq!(
            RETRY.pause(4, 1.0, Some(minute)),
            minute + RETRY.first_pause
        );
        assert_eq!(RETRY.pause(4, 1.0, Some(Duration::ZERO)), RETRY.first_pause);
    }

    #[test]
    fn the_last_attempt_is_the_last() {
        assert!(RETRY.allows_another(2));
        assert!(!RETRY.allows_another(3));
    }

    #[test]
    fn reads_seconds_and_dates() {
        let read = |retry: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, retry.parse().unwrap());
            if let Some(date) = date {
                headers.insert(DATE, date.parse().unwrap());
            }
            retry_after(&headers).map(|pause| pause.as_secs())
        };
        let noon = "Sun, 06 Nov 1994 12:00:00 GMT";
        assert_eq!(read("7", None), Some(7));
        assert_eq!(read("Sun, 06 Nov 1994 12:00:30 GMT", Some(noon)), Some(30));
        assert_eq!(read("Sun, 06 Nov 1994 11:00:00 GMT", Some(noon)), Some(0));
        assert_eq!(read("Sun, 06 Nov 1994 12:00:30 GMT", None), None);
        assert_eq!(read("-3", Some(noon)), None);
        assert_eq!(read("soon", Some(noon)), None);
    }
}
