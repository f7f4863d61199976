//! Owned threads for work that would block an async worker: searching.
//!
//! The queue is bounded, and so is one shop's share of it: a shop in a rush
//! cannot starve the others. Past either bound the caller is told at once;
//! work whose caller has gone is dropped unstarted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio::task::spawn_blocking;

use crate::domain::ids::ShopId;

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
    most_of_one_shop: usize,
    under_way: Arc<Mutex<HashMap<ShopId, usize>>>,
}

impl Pool {
    /// Starts `threads` threads that let `queue` pieces of work wait, three
    /// quarters of them one shop's at most.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(threads: usize, queue: usize) -> std::io::Result<Self> {
        let (sender, receiver) = crossbeam_channel::bounded::<Work>(queue);
        for number in 0..threads.max(1) {
            let receiver: Receiver<Work> = receiver.clone();
            thread::Builder::new()
                .name(format!("search-{number}"))
                .spawn(move || {
                    for work in receiver {
                        work();
                    }
                })?;
        }
        Ok(Self {
            queue: sender,
            most_of_one_shop: threads.max(1) + (queue * 3).div_ceil(4),
            under_way: Arc::default(),
        })
    }

    /// Does `shop`'s `work` on a thread of the pool.
    ///
    /// # Errors
    /// [`PoolError::Overloaded`] at once when the queue or the shop's share is full.
    pub async fn run<T, F>(&self, shop: &ShopId, work: F) -> Result<T, PoolError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let _share = self.share(shop).ok_or(PoolError::Overloaded)?;
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
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                Err(PoolError::Overloaded)
            }
        }
    }

    fn share(&self, shop: &ShopId) -> Option<Share> {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = under_way.entry(shop.clone()).or_default();
        if *count >= self.most_of_one_shop {
            return None;
        }
        *count += 1;
        Some(Share {
            shop: shop.clone(),
            under_way: Arc::clone(&self.under_way),
        })
    }

    /// Pieces of work that wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }
}

/// A place in a shop's share, given back when the caller has its answer or has gone.
struct Share {
    shop: ShopId,
    under_way: Arc<Mutex<HashMap<ShopId, usize>>>,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.shop) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.shop);
            }
        }
    }
}

/// Runs `work` on a thread where it may take its time, until it is done or
/// the caller has gone.
///
/// # Errors
/// When it panics.
pub async fn aside<T, F>(work: F) -> Result<T, PoolError>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (mut reply, answer) = oneshot::channel();
    let runtime = Handle::current();
    let guarded = async move {
        tokio::select! {
            // The caller may go at the last moment; nobody else waits for this.
            done = work => { let _unheard = reply.send(done); }
            () = reply.closed() => {}
        }
    };
    spawn_blocking(move || runtime.block_on(guarded));
    answer.await.map_err(|_| PoolError::Panicked)
}

/// So many may be at a kind of work at the same time; one more is refused at once.
pub struct Places(Semaphore);

impl Places {
    /// `count` places.
    pub fn new(count: usize) -> Self {
        Self(Semaphore::new(count))
    }

    /// Takes a place until what is returned is dropped.
    ///
    /// # Errors
    /// [`PoolError::Overloaded`] when all are taken.
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, PoolError> {
        self.0.try_acquire().map_err(|_| PoolError::Overloaded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop(id: &str) -> ShopId {
        ShopId::parse(id).expect("valid")
    }

    #[tokio::test]
    async fn refuses_at_once_when_full_and_survives_a_panic() {
        let a = shop("a");
        let pool = Arc::new(Pool::start(1, 1).expect("started"));
        assert_eq!(
            pool.run(&a, || panic!("on purpose")).await,
            Err::<(), _>(PoolError::Panicked)
        );
        assert_eq!(pool.run(&a, || 7).await, Ok(7));

        let (release, held) = std::sync::mpsc::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let busy = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(&shop("a"), move || {
                    started.send(()).expect("awaited");
                    held.recv().expect("released");
                })
                .await
            }
        });
        has_started.await.expect("started");
        let waits = pool.run(&a, || ());
        let mut waits = Box::pin(waits);
        assert!(futures_util::poll!(&mut waits).is_pending());
        assert_eq!(pool.run(&a, || ()).await, Err(PoolError::Overloaded));
        release.send(()).expect("held");
        assert_eq!(busy.await.expect("joined"), Ok(()));
        assert_eq!(waits.await, Ok(()));
    }

    #[tokio::test]
    async fn one_shop_leaves_room_for_others() {
        let pool = Pool::start(1, 8).expect("started");
        let (a, b) = (shop("a"), shop("b"));
        let mut shares = Vec::new();
        while let Some(share) = pool.share(&a) {
            shares.push(share);
        }
        assert_eq!(shares.len(), 7);
        assert_eq!(pool.run(&a, || ()).await, Err(PoolError::Overloaded));
        assert_eq!(pool.run(&b, || ()).await, Ok(()));
        shares.clear();
        assert_eq!(pool.run(&a, || ()).await, Ok(()));
    }
}
