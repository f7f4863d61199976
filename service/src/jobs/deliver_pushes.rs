//! Delivers notices beside the requests: those that are due, several at a time.
//!
//! The store knows what is to be delivered and when, so that an end of the
//! process loses nothing. One attempt a target is under way at a time: a slow
//! target holds up its own notices and nobody else's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::domain::causes::with_causes;
use crate::notices::Notices;

/// How often it is looked for what has become due.
const POLL: Duration = Duration::from_secs(1);

/// How often old deliveries are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);

/// Delivers until `stop` turns true, at most `concurrency` at a time. Attempts
/// under way then are ended first: their time is bounded.
pub async fn deliver_pushes(
    notices: Arc<Notices>,
    concurrency: usize,
    mut stop: watch::Receiver<bool>,
) {
    let mut under_way = JoinSet::new();
    let mut forgotten_at: Option<Instant> = None;
    loop {
        if forgotten_at.is_none_or(|at| at.elapsed() >= FORGET_EVERY) {
            forget_old(&notices).await;
            forgotten_at = Some(Instant::now());
        }
        begin(&notices, concurrency, &mut under_way).await;
        tokio::select! {
            Some(_ended) = under_way.join_next() => {}
            () = notices.handed_in() => {}
            () = tokio::time::sleep(POLL) => {}
            _ = stop.changed() => break,
        }
    }
    while under_way.join_next().await.is_some() {}
}

async fn begin(notices: &Arc<Notices>, concurrency: usize, under_way: &mut JoinSet<()>) {
    let room = concurrency.saturating_sub(under_way.len());
    if room == 0 {
        return;
    }
    match notices
        .take_due(u32::try_from(room).unwrap_or(u32::MAX))
        .await
    {
        Ok(due) => {
            for taken in due {
                let notices = Arc::clone(notices);
                under_way.spawn(async move {
                    if let Err(error) = notices.deliver(&taken).await {
                        let error = with_causes(&error);
                        tracing::error!(%error, "end of a push cannot be written");
                    }
                });
            }
        }
        Err(error) => {
            let error = with_causes(&error);
            tracing::error!(%error, "pushes cannot be delivered");
        }
    }
}

async fn forget_old(notices: &Notices) {
    match notices.forget_old().await {
        Ok(0) => {}
        Ok(forgotten) => tracing::info!(forgotten, "old pushes are forgotten"),
        Err(error) => {
            let error = with_causes(&error);
            tracing::warn!(%error, "old pushes cannot be forgotten");
        }
    }
}
