//! Zhiwen: a customer-service copilot for online shops, as one HTTP service.

pub mod answering;
pub mod api;
pub mod auth;
pub mod catalog;
pub mod cli;
pub mod connectors;
pub mod domain;
pub mod error;
pub mod evaluation;
pub mod formats;
pub mod insights;
pub mod jobs;
pub mod knowledge;
pub mod language;
pub mod listening;
pub mod pool;
pub mod reports;
pub mod router;
pub mod settings;
pub mod startup;
pub mod state;
pub mod store;
pub mod telemetry;
pub mod training;
pub mod web;
