//! The conformance suite: what every store must do, one function a behaviour.
//!
//! Each function makes shops of its own, so that the suite can run over a
//! store that others use too. A failed assertion names the behaviour by its line.

#![expect(clippy::unwrap_used, reason = "a suite fails by panicking")]

pub mod attempts;
pub mod concurrency;
pub mod fixtures;
pub mod imports;
pub mod insights;
pub mod jobs;
pub mod keys;
pub mod knowledge;
pub mod language;
pub mod listening;
pub mod people;
pub mod pushes;
pub mod queues;
pub mod replies;
pub mod sealing;
pub mod shops;
pub mod suggestions;
pub mod vocabulary;

use std::sync::Arc;

use super::Store;

/// Every behaviour, one after the other.
pub async fn run(store: Arc<dyn Store>) {
    shops::run(&store).await;
    keys::run(&store).await;
    people::run(&store).await;
    attempts::run(&store).await;
    knowledge::run(&store).await;
    imports::run(&store).await;
    vocabulary::run(&store).await;
    suggestions::run(&store).await;
    replies::run(&store).await;
    language::run(&store).await;
    listening::run(&store).await;
    insights::run(&store).await;
    queues::run(&store).await;
    jobs::run(&store).await;
    pushes::run(&store).await;
    sealing::run(&store).await;
    concurrency::run(&store).await;
}
