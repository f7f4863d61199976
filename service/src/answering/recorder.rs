//! Writes suggestions down behind their answers, in groups.
//!
//! A crash may cost the records of the last 100 milliseconds
//! (`answering.record_delay_milliseconds`) and nothing else. [`Recorder::flush`]
//! waits until all that was handed in is on disk: feedback that comes faster
//! than its record waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::domain::causes::with_causes;
use crate::domain::ids::ShopId;
use crate::domain::suggestion::SuggestionRecord;
use crate::store::Store;

/// Records of one transaction.
const MOST_OF_A_GROUP: usize = 500;

/// Attempts at a group before it is given up.
const ATTEMPTS: u32 = 5;

enum Order {
    Record(Box<(ShopId, SuggestionRecord)>),
    Flush(oneshot::Sender<()>),
}

/// Hands records to the task that writes them.
#[derive(Clone)]
pub struct Recorder {
    orders: mpsc::Sender<Order>,
    lost: Arc<AtomicU64>,
}

impl Recorder {
    /// Starts the writing task. It ends, all written, when every `Recorder` is gone.
    pub fn start(store: Arc<dyn Store>, queue: usize, delay: Duration) -> (Self, JoinHandle<()>) {
        let (orders, received) = mpsc::channel(queue);
        let lost = Arc::new(AtomicU64::new(0));
        let task = tokio::spawn(write_groups(store, received, delay, Arc::clone(&lost)));
        (Self { orders, lost }, task)
    }

    /// Hands a record in; `false` when the queue is full and it is lost.
    #[must_use]
    pub fn record(&self, shop: ShopId, record: SuggestionRecord) -> bool {
        let is_taken = self
            .orders
            .try_send(Order::Record(Box::new((shop, record))))
            .is_ok();
        if !is_taken {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        is_taken
    }

    /// Returns when all that was handed in before is on disk or given up.
    pub async fn flush(&self) {
        let (done, is_done) = oneshot::channel();
        if self.orders.send(Order::Flush(done)).await.is_ok() {
            // An ended task has nothing left to write.
            let _ended = is_done.await;
        }
    }

    /// Records that wait.
    pub fn waiting(&self) -> usize {
        self.orders.max_capacity() - self.orders.capacity()
    }

    /// Records lost since the start: the queue was full or the store refused.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

async fn write_groups(
    store: Arc<dyn Store>,
    mut orders: mpsc::Receiver<Order>,
    delay: Duration,
    lost: Arc<AtomicU64>,
) {
    while let Some(first) = orders.recv().await {
        let deadline = Instant::now() + delay;
        let mut group = Vec::new();
        let mut waiting = Vec::new();
        let mut next = Some(first);
        while let Some(order) = next {
            match order {
                Order::Record(record) => group.push(*record),
                Order::Flush(done) => waiting.push(done),
            }
            if group.len() >= MOST_OF_A_GROUP || !waiting.is_empty() {
                break;
            }
            next = tokio::time::timeout_at(deadline, orders.recv())
                .await
                .ok()
                .flatten();
        }
        write(store.as_ref(), &group, &lost).await;
        for done in waiting {
            // Whoever waited may have gone.
            let _unheard = done.send(());
        }
    }
}

async fn write(store: &dyn Store, group: &[(ShopId, SuggestionRecord)], lost: &AtomicU64) {
    if group.is_empty() {
        return;
    }
    for attempt in 1..=ATTEMPTS {
        match store.record_suggestions(group).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(
                    attempt,
                    records = group.len(),
                    error = %with_causes(&error),
                    "suggestions cannot be recorded"
                );
                tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
            }
        }
    }
    let count = u64::try_from(group.len()).unwrap_or(u64::MAX);
    lost.fetch_add(count, Ordering::Relaxed);
    tracing::error!(records = count, "records of suggestions are lost");
}
