//! Plain types and ids of the product: no storage, no HTTP, no index.

pub mod causes;
pub mod channel;
pub mod fault;
mod guessing;
pub mod ids;
pub mod insights;
pub mod job;
pub mod key;
pub mod knowledge;
pub mod language;
pub mod listening;
pub mod message;
pub mod origin;
pub mod person;
pub mod policy;
pub mod push;
pub mod queue;
pub mod reading;
pub mod shop;
pub mod shown;
pub mod suggestion;
pub mod taxonomy;
pub mod text;
pub mod time;
pub mod week;
