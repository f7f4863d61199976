//! Waiting for what must happen soon: asking again at an interval, until a deadline.

use std::time::{Duration, Instant};

use tokio::time::interval;

/// From one look to the next.
const INTERVAL: Duration = Duration::from_millis(5);

/// Looks again and again until `look` finds something.
///
/// # Panics
/// When it finds nothing `within` the time.
pub async fn poll_for<T>(
    what: &str,
    within: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    let mut looks = interval(INTERVAL);
    loop {
        looks.tick().await;
        // Asked before the look: one that starts in time counts.
        let is_over = started.elapsed() > within;
        if let Some(found) = look().await {
            return found;
        }
        assert!(!is_over, "{what} did not happen within {within:?}");
    }
}

/// Looks again and again until `holds` holds.
///
/// # Panics
/// When it does not `within` the time.
pub async fn poll_until(what: &str, within: Duration, mut holds: impl AsyncFnMut() -> bool) {
    poll_for(what, within, async || holds().await.then_some(())).await;
}
