//! Outside systems: one module each, with its client and its own error enum.

mod backoff;
mod breaker;
pub mod embeddings;
pub mod hub;
pub mod push;
mod reply;
mod secret;

pub use backoff::Retry;
pub use breaker::BreakerOptions;
pub use secret::Secret;

/// How requests name their sender: some hosts refuse those that say nothing.
const USER_AGENT: &str = concat!("zhiwen/", env!("CARGO_PKG_VERSION"));
