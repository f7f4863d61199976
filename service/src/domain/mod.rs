//! Plain types and ids of the product: no storage, no HTTP, no index.

pub mod fault;
pub mod ids;
pub mod job;
pub mod key;
pub mod knowledge;
pub mod language;
pub mod push;
pub mod shop;
pub mod suggestion;
pub mod taxonomy;
pub mod text;
pub mod time;
pub mod week;
