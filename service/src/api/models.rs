//! `/v1/models`: the shop's models and what they are worth. `/v1/jobs`: how their training goes.

use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::json::Json;
use crate::api::path::Id;
use crate::auth::{Administering, Caller, Supervising};
use crate::domain::ids::JobId;
use crate::domain::job::{Job, JobKind, JobState};
use crate::domain::language::ModelKind;
use crate::error::ApiError;
use crate::state::AppState;

const MOST_JOBS: u32 = 50;

/// The shop's models.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelsResponse {
    /// By kind, the newest first.
    pub models: Vec<ModelResponse>,
}

/// A model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelResponse {
    /// What it is for.
    pub kind: ModelKind,
    /// Grows by one with each model of its kind.
    pub version: u32,
    /// Whether it is in use.
    pub in_use: bool,
    /// Whether it rests all the same: weights that were fitted with another
    /// encoder than the shop has now promise nothing with this one. Those that
    /// come with the service and the threshold of the settings take their place
    /// until `zhiwen eval fit` makes new ones.
    pub set_aside: bool,
    /// Its size; 0 when only its report is left.
    pub size_bytes: u64,
    /// What it was trained on, and how it did on what was held back.
    #[schema(value_type = Object)]
    pub report: serde_json::Value,
    /// When it was made.
    #[schema(value_type = String)]
    pub made_at: Timestamp,
}

/// Which version is to be in use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UseRequest {
    /// Its number, or null for what comes with the service. Never left out.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true)]
    pub version: Option<u32>,
}

/// The latest runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobsResponse {
    /// The newest first, at most 50.
    pub jobs: Vec<JobResponse>,
}

/// A run of a job.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobResponse {
    /// Its id.
    pub id: String,
    /// What it does.
    pub kind: JobKind,
    /// How it stands.
    pub state: JobState,
    /// When it was asked for.
    #[schema(value_type = String)]
    pub asked_at: Timestamp,
    /// When it was last begun.
    #[schema(value_type = Option<String>)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[schema(value_type = Option<String>)]
    pub ended_at: Option<Timestamp>,
    /// What it did, or why it failed.
    #[schema(value_type = Option<Object>)]
    pub report: Option<serde_json::Value>,
}

/// The shop's models, with their reports.
#[utoipa::path(get, path = "/v1/models", operation_id = "list_models", tag = "language", security(("key" = ["supervise"])),
    responses((status = 200, body = ModelsResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let models = state.store.models(&caller.shop).await?;
    let searchable = state.catalog.searchable(&caller.shop);
    let sets_weights_aside =
        searchable.is_ok_and(|searchable| searchable.language.sets_weights_aside());
    let models = models
        .into_iter()
        .map(|model| ModelResponse {
            kind: model.kind,
            version: model.version,
            in_use: model.is_used,
            set_aside: sets_weights_aside && model.is_used && model.kind == ModelKind::Fusion,
            size_bytes: model.size_bytes,
            report: model.report,
            made_at: model.at,
        })
        .collect();
    Ok(HttpResponse::Ok().json(ModelsResponse { models }))
}

/// Asks for models to be trained on what the shop knows by now. A run that
/// waits already is that run.
#[utoipa::path(post, path = "/v1/models/train", operation_id = "train_models", tag = "language", security(("key" = ["admin"])),
    responses((status = 202, body = JobResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn train(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let now = state.clock.now();
    let job = state
        .store
        .ask_job(&caller.shop, JobKind::TrainLanguage, now)
        .await?;
    state.trainer.job_asked();
    Ok(HttpResponse::Accepted().json(JobResponse::from(job)))
}

/// Puts a version of a model in use, an earlier one for instance.
#[utoipa::path(put, path = "/v1/models/{id}/version", operation_id = "use_model", tag = "language", security(("key" = ["admin"])),
    params(("id" = ModelKind, Path, description = "The kind of model")), request_body = UseRequest,
    responses((status = 204, description = "It is in use"), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn put_version(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
    kind: Id<ModelKind>,
    body: Json<UseRequest>,
) -> Result<HttpResponse, ApiError> {
    state
        .store
        .use_model(&caller.shop, kind.0, body.value.version)
        .await?;
    state.catalog.store_changed();
    Ok(HttpResponse::NoContent().finish())
}

/// The latest runs of jobs.
#[utoipa::path(get, path = "/v1/jobs", operation_id = "list_jobs", tag = "language", security(("key" = ["supervise"])),
    responses((status = 200, body = JobsResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list_jobs(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let jobs = state.store.jobs(&caller.shop, MOST_JOBS).await?;
    let jobs = jobs.into_iter().map(JobResponse::from).collect();
    Ok(HttpResponse::Ok().json(JobsResponse { jobs }))
}

/// A run of a job.
#[utoipa::path(get, path = "/v1/jobs/{id}", operation_id = "read_job", tag = "language", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The run's id")),
    responses((status = 200, body = JobResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn read_job(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<JobId>,
) -> Result<HttpResponse, ApiError> {
    let job = state.store.job(&caller.shop, id.0).await?;
    let job = job.ok_or(ApiError::NotFound { what: "job" })?;
    Ok(HttpResponse::Ok().json(JobResponse::from(job)))
}

impl From<Job> for JobResponse {
    fn from(job: Job) -> Self {
        Self {
            id: job.id.to_string(),
            kind: job.kind,
            state: job.state,
            asked_at: job.asked_at,
            started_at: job.started_at,
            ended_at: job.ended_at,
            report: job.report,
        }
    }
}
