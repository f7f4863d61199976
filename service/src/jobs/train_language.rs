//! Trains a shop's classifier and encoder, and puts those in use that do better than what is.

use std::sync::Arc;

use serde_json::Value;

use super::JobError;
use crate::catalog::Catalog;
use crate::domain::ids::ShopId;
use crate::domain::time::Clock;
use crate::language::EncoderSource;
use crate::store::Store;
use crate::training::train;

/// The job.
pub struct TrainLanguage {
    /// Storage.
    pub store: Arc<dyn Store>,
    /// Told when a model was put in use.
    pub catalog: Arc<Catalog>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where vectors come from.
    pub encoders: EncoderSource,
}

impl TrainLanguage {
    /// Trains, and says what became of it.
    pub(super) async fn run(&self, shop: &ShopId) -> Result<Value, JobError> {
        let store = self.store.as_ref();
        let report = train(store, shop, self.clock.now(), &self.encoders, &[]).await?;
        self.catalog.store_changed();
        Ok(serde_json::to_value(report)?)
    }
}
