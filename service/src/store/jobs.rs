//! What the runner of jobs asks of storage.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreResult;
use crate::domain::ids::{JobId, ShopId};
use crate::domain::job::{Job, JobKind};

/// Storage of jobs. Errors are as of [`super::Store`].
#[async_trait]
pub trait JobStore {
    /// Asks for a run. One of the kind that waits already is that run.
    async fn ask_job(&self, shop: &ShopId, kind: JobKind, at: Timestamp) -> StoreResult<Job>;
    /// Begins the run that has waited longest, of any shop, and leases it
    /// until `leased_until`: a run whose lease is over waits again, unless it
    /// has been begun `most_attempts` times; then it has failed.
    async fn begin_job(
        &self,
        now: Timestamp,
        leased_until: Timestamp,
        most_attempts: u32,
    ) -> StoreResult<Option<Job>>;
    /// Lets runs wait again that a process began and ended in the middle of; of
    /// several of a kind the latest alone, and none that was begun
    /// `most_attempts` times: those have failed. For a start, while no other
    /// process runs jobs.
    async fn take_up_jobs(&self, now: Timestamp, most_attempts: u32) -> StoreResult<()>;
    /// Ends a run that is under way. One that is not stays as it is.
    async fn end_job(&self, job: &Job, end: &JobEnd) -> StoreResult<()>;
    /// A run.
    async fn job(&self, shop: &ShopId, id: JobId) -> StoreResult<Option<Job>>;
    /// The latest runs, newest first, at most `limit`.
    async fn jobs(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<Job>>;
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct JobEnd {
    /// Whether it did what it was for.
    pub is_done: bool,
    /// What it did, or why it failed.
    pub report: serde_json::Value,
    /// When.
    pub at: Timestamp,
}
