//! How far the shops have come, for whoever waits for something new.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::domain::ids::ShopId;
use crate::store::{ShopRevision, Store, StoreError};

/// What was read is good for this long.
const FRESH: Duration = Duration::from_secs(1);

/// How far all shops have come, and when that was read.
type Reading = (Instant, Arc<Vec<ShopRevision>>);

/// How far the shops have come, read once for all open pages.
pub struct Pulse {
    store: Arc<dyn Store>,
    last: Mutex<Option<Reading>>,
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
        let held = last.as_ref();
        let held = held.filter(|(read_at, _)| read_at.elapsed() < FRESH);
        let revisions = match held {
            Some((_, revisions)) => Arc::clone(revisions),
            None => self.read(&mut last).await?,
        };
        Ok(of(shop, &revisions))
    }

    /// How far a shop has come, with all that was written before the call.
    /// Nobody is told of less from then on.
    ///
    /// # Errors
    /// When the store cannot say.
    pub async fn latest(&self, shop: &ShopId) -> Result<Option<ShopRevision>, StoreError> {
        let mut last = self.last.lock().await;
        let revisions = self.read(&mut last).await?;
        Ok(of(shop, &revisions))
    }

    /// Reads anew. One reads at a time, so that no older reading takes a newer one's place.
    async fn read(&self, last: &mut Option<Reading>) -> Result<Arc<Vec<ShopRevision>>, StoreError> {
        let revisions = Arc::new(self.store.shop_revisions().await?);
        *last = Some((Instant::now(), Arc::clone(&revisions)));
        Ok(revisions)
    }
}

fn of(shop: &ShopId, revisions: &[ShopRevision]) -> Option<ShopRevision> {
    revisions.iter().find(|one| one.shop == *shop).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;
    use crate::store::suite::fixtures::{new_shop, time, version};

    #[tokio::test]
    async fn the_latest_has_all_that_was_written_and_nobody_is_told_of_less() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let url = format!("sqlite:{}", folder.path().join("zhiwen.db").display());
        let store = store::open(&url).await.expect("a store");
        let shop = new_shop(&store).await;
        let pulse = Pulse::new(Arc::clone(&store));
        let knowledge = |found: Result<Option<ShopRevision>, StoreError>| {
            found.expect("read").map(|revision| revision.knowledge)
        };
        assert_eq!(knowledge(pulse.revision(&shop).await), Some(0));
        let item = version("invoice", "发票什么时候开", time(1));
        let made = store.create_knowledge(&shop, &item, None).await;
        made.expect("made");
        assert_eq!(knowledge(pulse.latest(&shop).await), Some(1));
        assert_eq!(knowledge(pulse.revision(&shop).await), Some(1));
    }
}
