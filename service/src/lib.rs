//! Zhiwen: a customer-service copilot for online shops, as one HTTP service.

pub mod answering;
pub mod auth;
pub mod catalog;
pub mod domain;
pub mod error;
pub mod pool;
pub mod settings;
pub mod state;
pub mod store;
pub mod telemetry;
