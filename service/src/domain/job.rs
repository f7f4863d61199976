//! Jobs: named work that is done once, beside the requests.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::{JobId, ShopId};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Trains the shop's classifier and encoder on what it knows by now.
    TrainLanguage,
    /// Clusters the shop's questions, and mines answers from replies.
    ClusterQuestions,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Nobody is at it yet.
    Waiting,
    /// Somebody is.
    Running,
    /// It ended well.
    Done,
    /// It failed, as often as it may.
    Failed,
}

/// A run of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The shop it is for.
    pub shop: ShopId,
    /// What it does.
    pub kind: JobKind,
    /// How it stands.
    pub state: JobState,
    /// How often it was begun.
    pub attempts: u32,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it was last begun.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What it did, or why it failed, as JSON for people to read.
    pub report: Option<serde_json::Value>,
}
