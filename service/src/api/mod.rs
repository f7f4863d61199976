//! The JSON API: one file a resource. Handlers are typed input → one use-case call → typed output.

pub mod answers;
pub mod idempotency;
pub mod json;
pub mod observe;
pub mod operations;
pub mod search;
pub mod suggestions;
