//! What every handler is handed.

use std::sync::Arc;

use tokio::sync::watch;

use crate::answering::live::Bench;
use crate::answering::recorder::Recorder;
use crate::auth::Keys;
use crate::auth::sessions::Sessions;
use crate::catalog::Catalog;
use crate::domain::ids::ShopId;
use crate::domain::shop::Shop;
use crate::domain::time::Clock;
use crate::insights::figures::{Figures, Freshness};
use crate::insights::report::Desk;
use crate::jobs::Trainer;
use crate::listening::Listening;
use crate::notices::Notices;
use crate::pool::{Places, Pool};
use crate::pulse::Pulse;
use crate::settings::Settings;
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;

/// The parts of a running service.
pub struct AppState {
    /// Storage.
    pub store: Arc<dyn Store>,
    /// The shops' indexes.
    pub catalog: Arc<Catalog>,
    /// Threads that search.
    pub pool: Pool,
    /// Imports and exports under way: each takes memory, disk and a thread.
    pub transfers: Places,
    /// What is heard in the shops' conversations.
    pub listening: Arc<Listening>,
    /// Figures over it.
    pub figures: Arc<Figures>,
    /// Says which shops have learned something.
    pub trainer: Arc<Trainer>,
    /// Tells outside systems.
    pub notices: Arc<Notices>,
    /// Writes suggestions down.
    pub recorder: Recorder,
    /// Knows API keys.
    pub keys: Keys,
    /// Knows who is signed in.
    pub sessions: Sessions,
    /// How far the shops have come, for open pages.
    pub pulse: Pulse,
    /// True when the service ends: what would not end by itself then does.
    pub closing: watch::Sender<bool>,
    /// The settings in force.
    pub settings: Settings,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Counters and histograms.
    pub metrics: Metrics,
}

impl AppState {
    /// Where live calls compute.
    pub fn bench(&self) -> Bench<'_> {
        Bench {
            pool: &self.pool,
            encode_timeout: self.settings.language.encode_timeout,
        }
    }

    /// Where insights are read from, now.
    pub fn desk(&self) -> Desk<'_> {
        Desk {
            store: self.store.as_ref(),
            listening: &self.listening,
            catalog: &self.catalog,
            figures: &self.figures,
            freshness: Freshness::Now,
            minimum_confidence: self.settings.answering.minimum_confidence,
            now: self.clock.now(),
        }
    }

    /// The shop itself.
    ///
    /// # Errors
    /// When there is none of that id, or the store cannot say.
    pub async fn shop(&self, shop: &ShopId) -> Result<Arc<Shop>, StoreError> {
        let found = self.catalog.shop(shop).await?;
        found.ok_or(StoreError::NotFound { what: "shop" })
    }
}
