//! Use case: from messages to questions, and from questions to those that recur.
//!
//! The [`Listener`] reads threads that have new messages, within a second of their
//! arrival; a job clusters all wordings anew now and then. What is heard
//! stands in the store; a [`Ledger`] follows it in memory, from which every
//! figure is made.

pub mod ingest;
pub mod intake;
mod ledger;
mod listener;
mod reading;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;

pub use ledger::{Fact, Ledger, Name, Names, WordingEntry};
pub use listener::Listener;

use crate::domain::ids::ShopId;
use crate::store::{Store, StoreError};

/// Changes taken over in one step: the ledger is locked for some milliseconds.
const STEP: u32 = 20_000;

/// Every shop's ledger.
pub struct Listening {
    store: Arc<dyn Store>,
    shops: RwLock<HashMap<ShopId, Arc<ShopLedger>>>,
    heard: Notify,
}

/// A shop's ledger.
#[derive(Default)]
struct ShopLedger {
    ledger: Arc<RwLock<Ledger>>,
    /// Held by whoever brings it up to date.
    turn: tokio::sync::Mutex<()>,
}

impl Listening {
    /// Ledgers of the store's shops, read when they are first asked for.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            shops: RwLock::default(),
            heard: Notify::new(),
        }
    }

    /// Says that messages came in, so that they are read at once.
    pub fn messages_came(&self) {
        self.heard.notify_one();
    }

    /// A shop's ledger, with all that the store has by now.
    ///
    /// # Errors
    /// When there is no such shop, or the store cannot be read.
    pub async fn ledger(&self, shop: &ShopId) -> Result<Arc<RwLock<Ledger>>, StoreError> {
        let entry = self.entry(shop);
        let _turn = entry.turn.lock().await;
        loop {
            let revision = read(&entry.ledger).revision;
            let changes = self.store.listening_changes(shop, revision, STEP).await?;
            let has_more = changes.has_more;
            if changes.revision > revision {
                write(&entry.ledger).apply(changes);
            }
            if !has_more {
                return Ok(Arc::clone(&entry.ledger));
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

/// A lock whose holder panicked still guards a ledger that can be read: what
/// it lacks of a change comes with the next start.
pub fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
