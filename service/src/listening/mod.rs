//! Use case: from messages to questions, and from questions to those that recur.
//!
//! The [`Listener`] reads threads that have new messages, within a second of their
//! arrival; a job clusters all wordings anew now and then. What is heard
//! stands in the store; a [`Ledger`] follows it in memory, from which every
//! figure is made.

pub mod clustering;
mod compass;
mod coverage;
pub mod editing;
mod encoding;
mod gist;
pub mod ingest;
pub mod intake;
mod label;
mod ledger;
mod listener;
pub mod mining;
mod reading;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use tokio::sync::Notify;
use tokio::task::spawn_blocking;

use compass::Compass;
pub use label::without_end_marks;
pub use ledger::{Fact, Ledger, Name, Names, WordingEntry};
pub use listener::Listener;

use crate::domain::ids::ShopId;
use crate::store::{Store, StoreError};

/// Changes taken over in one step: some tens of milliseconds.
const STEP: u32 = 20_000;

/// Every shop's ledger.
pub struct Listening {
    store: Arc<dyn Store>,
    shops: RwLock<HashMap<ShopId, Arc<ShopLedger>>>,
    heard: Notify,
    folder: PathBuf,
}

/// A shop's ledger.
struct ShopLedger {
    /// Held by whoever brings it up to date. Readers hold the ledger as it was
    /// when they asked: they never wait for one who writes, nor he for them.
    ledger: Arc<tokio::sync::Mutex<Arc<Ledger>>>,
    /// When somebody last asked for it.
    asked_at: Mutex<Instant>,
    /// Where new wordings belong; `None` before the first clustering.
    compass: Mutex<Option<Compass>>,
    /// Whether people have changed clusters since the compass was made.
    is_edited: AtomicBool,
}

impl Default for ShopLedger {
    fn default() -> Self {
        Self {
            ledger: Arc::default(),
            asked_at: Mutex::new(Instant::now()),
            compass: Mutex::default(),
            is_edited: AtomicBool::default(),
        }
    }
}

impl Listening {
    /// Ledgers of the store's shops, read when they are first asked for. What
    /// clusterings learn is kept in `folder`.
    pub fn new(store: Arc<dyn Store>, folder: PathBuf) -> Self {
        Self {
            store,
            shops: RwLock::default(),
            heard: Notify::new(),
            folder,
        }
    }

    /// Where what clusterings learn is kept.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Says that people changed a shop's clusters.
    pub fn clusters_edited(&self, shop: &ShopId) {
        self.entry(shop).is_edited.store(true, Ordering::Relaxed);
    }

    /// Says that clusters are about to be read for another compass: edits from
    /// now on are not in it.
    fn compass_begins(&self, shop: &ShopId) {
        self.entry(shop).is_edited.store(false, Ordering::Relaxed);
    }

    fn put_compass(&self, shop: &ShopId, compass: Compass) {
        *lock(&self.entry(shop).compass) = Some(compass);
    }

    /// Says that messages came in, so that they are read at once.
    pub fn messages_came(&self) {
        self.heard.notify_one();
    }

    /// A shop's ledger, with all that the store has by now.
    ///
    /// # Errors
    /// When there is no such shop, or the store cannot be read.
    pub async fn ledger(&self, shop: &ShopId) -> Result<Arc<Ledger>, StoreError> {
        let entry = self.entry(shop);
        *lock(&entry.asked_at) = Instant::now();
        let mut ledger = Arc::clone(&entry.ledger).lock_owned().await;
        loop {
            let revision = ledger.revision;
            let changes = self.store.listening_changes(shop, revision, STEP).await?;
            let has_more = changes.has_more;
            if changes.revision > revision {
                // The lock goes along: what is begun is done though the caller goes.
                let applied = spawn_blocking(move || {
                    Arc::make_mut(&mut *ledger).apply(changes);
                    ledger
                });
                ledger = match applied.await {
                    Ok(ledger) => ledger,
                    // The runtime is ending.
                    Err(_) => return Ok(Arc::clone(&*entry.ledger.lock().await)),
                };
            }
            if !has_more {
                return Ok(Arc::clone(&ledger));
            }
        }
    }

    /// Lets go of the ledgers that nobody has asked for since `since`; the next
    /// who asks has them read anew.
    pub fn forget_idle(&self, since: Instant) {
        for entry in read(&self.shops).values() {
            let is_idle = *lock(&entry.asked_at) < since;
            // One that is held is being asked for.
            if is_idle && let Ok(mut ledger) = entry.ledger.try_lock() {
                *ledger = Arc::default();
            }
        }
    }

    fn entry(&self, shop: &ShopId) -> Arc<ShopLedger> {
        if let Some(entry) = read(&self.shops).get(shop) {
            return Arc::clone(entry);
        }
        Arc::clone(write(&self.shops).entry(shop.clone()).or_default())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
