//! Keeps what runs beside the server running.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

/// Before a task that panicked begins again.
const RESTS: Duration = Duration::from_secs(1);

/// Runs a task to its end, and from its beginning again where it panics: one
/// panic must not leave messages unread or pushes unsent until the next start.
pub async fn kept_up<F>(name: &'static str, mut task: impl FnMut() -> F)
where
    F: Future<Output = ()>,
{
    while AssertUnwindSafe(task()).catch_unwind().await.is_err() {
        tracing::error!(task = name, "a task panicked: it begins again");
        tokio::time::sleep(RESTS).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_begins_again_and_one_that_ends_does_not() {
        let mut begun = 0;
        kept_up("test", || {
            begun += 1;
            let is_first = begun == 1;
            async move { assert!(!is_first, "on purpose") }
        })
        .await;
        assert_eq!(begun, 2);
    }
}
