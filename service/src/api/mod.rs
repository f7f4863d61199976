//! The JSON API: one file a resource. Handlers are typed input → one use-case call → typed output.

pub mod answers;
pub mod conditions;
pub mod files;
pub mod idempotency;
pub mod imports;
pub mod intents;
pub mod items;
pub mod json;
pub mod knowledge;
pub mod knowledge_versions;
pub mod models;
pub mod observe;
pub mod openapi;
pub mod operations;
pub mod page;
pub mod path;
pub mod products;
pub mod push_deliveries;
pub mod push_request;
pub mod pushes;
pub mod search;
pub mod suggestion_request;
pub mod suggestion_response;
pub mod suggestions;
pub mod synonyms;
