//! What delivers notices, from the settings.

use std::sync::Arc;

use crate::connectors::Retry;
use crate::connectors::push::{PushError, PushOptions, PushSender};
use crate::domain::time::Clock;
use crate::notices::{DeliveryTiming, Notices};
use crate::settings::Pushes;
use crate::store::Store;

/// What tells outside systems.
///
/// # Errors
/// When the HTTP client cannot be made.
pub(super) fn notices(
    settings: &Pushes,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<Notices>, PushError> {
    let sender = PushSender::new(PushOptions {
        allow_http: settings.allow_http,
        allow_private_addresses: settings.allow_private_addresses,
        timeout: settings.timeout,
    })?;
    let timing = DeliveryTiming {
        retry: Retry {
            attempts: settings.attempts,
            first_pause: settings.first_pause,
            longest_pause: settings.longest_pause,
        },
        // The request, and writing how it ended on a store that is slow.
        lease: settings
            .timeout
            .saturating_mul(2)
            .saturating_add(std::time::Duration::from_secs(60)),
        keep: settings.keep,
    };
    Ok(Arc::new(Notices::new(store, clock, sender, timing)))
}
