//! Trains a shop's classifier and encoder, and puts those in use that do better than what is.

use std::sync::Arc;

use serde_json::Value;

use super::JobError;
use crate::catalog::Catalog;
use crate::domain::ids::ShopId;
use crate::domain::time::Clock;
use crate::store::Store;
use crate::training::{Means, train};

/// The job.
pub struct TrainLanguage {
    /// Storage.
    pub store: Arc<dyn Store>,
    /// Where vectors come from; told when a model was put in use.
    pub catalog: Arc<Catalog>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is suggested from, where a shop has fitted no threshold.
    pub minimum_confidence: f32,
}

impl TrainLanguage {
    /// Trains, and says what became of it.
    pub(super) async fn run(&self, shop: &ShopId) -> Result<Value, JobError> {
        let store = self.store.as_ref();
        let means = Means {
            encoders: &self.catalog.encoders().source(),
            pairs: &[],
            minimum_confidence: self.minimum_confidence,
        };
        let report = train(store, shop, self.clock.now(), means).await?;
        self.catalog.store_changed();
        Ok(serde_json::to_value(report)?)
    }
}
