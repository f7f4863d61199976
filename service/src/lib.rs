//! Zhiwen: a customer-service copilot for online shops, as one HTTP service.

pub mod cli;
pub mod domain;
pub mod formats;
pub mod knowledge;
pub mod store;
