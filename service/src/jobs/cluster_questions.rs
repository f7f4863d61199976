//! Clusters a shop's questions anew, says which an item answers, and mines replies for answers.

use std::sync::Arc;

use serde_json::Value;

use super::JobError;
use crate::domain::ids::ShopId;
use crate::domain::time::Clock;
use crate::listening::clustering::Clusterer;

/// The job.
pub struct ClusterQuestions {
    /// Does it.
    pub clusterer: Clusterer,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl ClusterQuestions {
    /// Clusters, and says what came of it.
    pub(super) async fn run(&self, shop: &ShopId) -> Result<Value, JobError> {
        let report = self.clusterer.run(shop, self.clock.now()).await?;
        Ok(serde_json::to_value(report)?)
    }
}
