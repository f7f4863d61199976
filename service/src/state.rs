//! What every handler is handed.

use std::sync::Arc;

use crate::answering::recorder::Recorder;
use crate::auth::Keys;
use crate::catalog::Catalog;
use crate::domain::time::Clock;
use crate::pool::Pool;
use crate::settings::Settings;
use crate::store::Store;
use crate::telemetry::Metrics;

/// The parts of a running service.
pub struct AppState {
    /// Storage.
    pub store: Arc<dyn Store>,
    /// The shops' indexes.
    pub catalog: Arc<Catalog>,
    /// Threads that search.
    pub pool: Pool,
    /// Writes suggestions down.
    pub recorder: Recorder,
    /// Knows API keys.
    pub keys: Keys,
    /// The settings in force.
    pub settings: Settings,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Counters and histograms.
    pub metrics: Metrics,
}
