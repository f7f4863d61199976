//! Owned threads for work that would block an async worker: searching.
//!
//! The queue is bounded. When it is full the caller is told at once; work
//! whose caller has gone is dropped unstarted.

use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tokio::sync::oneshot;

/// Why work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// As much work waits as may.
    #[error("search queue is full")]
    Overloaded,
    /// The work panicked; the thread goes on.
    #[error("search panicked")]
    Panicked,
}

type Work = Box<dyn FnOnce() + Send>;

/// Threads that share one bounded queue.
pub struct Pool {
    queue: Sender<Work>,
}

impl Pool {
    /// Starts `threads` threads that let `queue` pieces of work wait.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(threads: usize, queue: usize) -> std::io::Result<Self> {
        let (sender, receiver) = crossbeam_channel::bounded::<Work>(queue);
        for number in 0..threads.max(1) {
            let receiver: Receiver<Work> = receiver.clone();
            thread::Builder::new().name(format!("search-{number}")).spawn(move || {
                for work in receiver {
                    work();
                }
            })?;
        }
        Ok(Self { queue: sender })
    }

    /// Does `work` on a thread of the pool.
    ///
    /// # Errors
    /// [`PoolError::Overloaded`] at once when the queue is full.
    pub async fn run<T, F>(&self, work: F) -> Result<T, PoolError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let guarded = move || {
            if reply.is_closed() {
                return;
            }
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            // The caller may have gone meanwhile; nobody else waits for this.
            let _unheard = reply.send(outcome);
        };
        match self.queue.try_send(Box::new(guarded)) {
            Ok(()) => match answer.await {
                Ok(Ok(done)) => Ok(done),
                Ok(Err(_)) | Err(_) => Err(PoolError::Panicked),
            },
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(PoolError::Overloaded),
        }
    }

    /// Pieces of work that wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn refuses_at_once_when_full_and_survives_a_panic() {
        let pool = std::sync::Arc::new(Pool::start(1, 1).expect("started"));
        assert_eq!(pool.run(|| panic!("on purpose")).await, Err::<(), _>(PoolError::Panicked));
        assert_eq!(pool.run(|| 7).await, Ok(7));

        let (release, held) = std::sync::mpsc::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let busy = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(move || {
                    started.send(()).expect("awaited");
                    held.recv().expect("released");
                })
                .await
            }
        });
        has_started.await.expect("started");
        let waits = pool.run(|| ());
        let mut waits = Box::pin(waits);
        assert!(futures_util::poll!(&mut waits).is_pending());
        assert_eq!(pool.run(|| ()).await, Err(PoolError::Overloaded));
        release.send(()).expect("held");
        assert_eq!(busy.await.expect("joined"), Ok(()));
        assert_eq!(waits.await, Ok(()));
    }
}
