//! How far the shops have come, for whoever waits for something new.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::domain::ids::ShopId;
use crate::store::{ShopRevision, Store, StoreError};

/// What was read is good for this long.
const FRESH: Duration = Duration::from_secs(1);

/// How far the shops have come, read once for all open pages.
pub struct Pulse {
    store: Arc<dyn Store>,
    last: Mutex<Option<(Instant, Arc<Vec<ShopRevision>>)>>,
}

impl Pulse {
    /// Reads from `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            last: Mutex::new(None),
        }
    }

    /// How far a shop has come, to within a second.
    ///
    /// # Errors
    /// When the store cannot say.
    pub async fn revision(&self, shop: &ShopId) -> Result<Option<ShopRevision>, StoreError> {
        let mut last = self.last.lock().await;
        let revisions = match last.as_ref() {
            Some((read_at, revisions)) if read_at.elapsed() < FRESH => Arc::clone(revisions),
            _ => {
                let revisions = Arc::new(self.store.shop_revisions().await?);
                *last = Some((Instant::now(), Arc::clone(&revisions)));
                revisions
            }
        };
        Ok(revisions.iter().find(|one| one.shop == *shop).cloned())
    }
}
