//! The supervisor's queues: `/v1/queues/approve` for answers that agents gave,
//! `/v1/queues/write` for questions that nothing answers.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::clusters::ClusterResponse;
use crate::api::items::ItemResponse;
use crate::api::json::{Json, Query};
use crate::api::page;
use crate::api::path::Id;
use crate::auth::{Caller, Supervising};
use crate::domain::ids::{CandidateId, ClusterId};
use crate::domain::job::JobKind;
use crate::domain::knowledge::RawKnowledge;
use crate::domain::queue::Evidence;
use crate::error::ApiError;
use crate::insights::phrasings::settle;
use crate::insights::queues::{Gap, Made, Proposal, Supervisor, gaps, proposals};
use crate::knowledge::view::View;
use crate::state::AppState;
use crate::store::Decision;

/// How much of a queue.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QueueParams {
    /// The most entries; 50 when absent.
    pub limit: Option<u32>,
}

/// Answers to approve.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApproveQueue {
    /// How many wait.
    pub total: usize,
    /// Best first.
    pub proposals: Vec<ProposalResponse>,
}

/// An answer that agents gave to a question that nothing answers yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalResponse {
    /// Its id.
    pub id: String,
    /// The answer, masked.
    pub text: String,
    /// Distinct agents who said so; 0 where the messages do not tell agents.
    pub agents: u32,
    /// Distinct buyers to whom it was said.
    pub buyers: u32,
    /// How often it was said.
    pub replies: u32,
    /// How often the buyer took it.
    pub accepted: u32,
    /// From 0 to 1: support by buyers, agreement among the replies, how they were taken.
    pub score: f64,
    /// Where it was said, newest first.
    pub evidence: Vec<Evidence>,
    /// The question.
    pub cluster: ClusterResponse,
    /// The item that approval makes, to be changed before. Its phrasings are
    /// wordings of buyers' that no other item has or answers.
    pub draft: RawKnowledge,
}

/// Questions that nothing answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct WriteQueue {
    /// How many there are.
    pub total: usize,
    /// By buyers of eight weeks, most first.
    pub gaps: Vec<GapResponse>,
}

/// A question that nothing answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct GapResponse {
    /// The question.
    pub cluster: ClusterResponse,
    /// The item to write, without its answer. Its phrasings are wordings of
    /// buyers' that no other item has or answers.
    pub draft: RawKnowledge,
}

/// What came of an approval.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalResponse {
    /// The item that it is.
    pub knowledge_id: String,
    /// Whether it had been approved before.
    pub was_approved: bool,
}

/// Answers that agents gave, for approval.
#[utoipa::path(get, path = "/v1/queues/approve", operation_id = "list_answers_to_approve", tag = "insights", security(("key" = ["supervise"])), params(QueueParams),
    responses((status = 200, body = ApproveQueue), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list_proposals(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    params: Query<QueueParams>,
) -> Result<HttpResponse, ApiError> {
    let limit = page::limit(params.0.limit, &state.settings)?;
    let desk = state.desk();
    let mut found = proposals(desk, &caller.shop, limit as usize).await?;
    let drafts = found.first.iter_mut().map(|proposal| &mut proposal.draft);
    settle(desk, &caller.shop, drafts.collect()).await?;
    Ok(HttpResponse::Ok().json(ApproveQueue {
        total: found.total,
        proposals: found
            .first
            .into_iter()
            .map(ProposalResponse::from)
            .collect(),
    }))
}

/// Makes an answer a knowledge item, as its draft or as changed; approved
/// again, it is the item that it was.
#[utoipa::path(post, path = "/v1/queues/approve/{id}", operation_id = "approve_answer", tag = "insights", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The answer's id")), request_body = ApproveRequest,
    responses((status = 201, body = ApprovalResponse), (status = 200, description = "It had been approved before", body = ApprovalResponse),
        (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn approve(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<CandidateId>,
    body: Json<ApproveRequest>,
) -> Result<HttpResponse, ApiError> {
    let supervisor = Supervisor {
        desk: state.desk(),
        shop: &caller.shop,
        by: &caller.by,
    };
    let made = supervisor.approve(id.0, body.value.item).await?;
    let (status, knowledge_id, was_approved) = match made {
        Made::Now(item) => (StatusCode::CREATED, item.id, false),
        Made::Before(id) => (StatusCode::OK, id, true),
    };
    after_change(&state, &caller).await?;
    Ok(HttpResponse::build(status).json(ApprovalResponse {
        knowledge_id: knowledge_id.to_string(),
        was_approved,
    }))
}

/// An approval.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveRequest {
    /// The item as changed; its draft when absent.
    #[serde(default)]
    pub item: Option<RawKnowledge>,
}

/// Says no to an answer.
#[utoipa::path(post, path = "/v1/queues/approve/{id}/dismiss", operation_id = "dismiss_answer", tag = "insights", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The answer's id")),
    responses((status = 204, description = "It is off the queue"), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn dismiss(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<CandidateId>,
) -> Result<HttpResponse, ApiError> {
    let decision = Decision {
        by: &caller.by,
        at: state.clock.now(),
    };
    let store = state.store.as_ref();
    store
        .dismiss_candidate(&caller.shop, id.0, decision)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Puts an answer that was dismissed back; one that became an item stays one.
#[utoipa::path(post, path = "/v1/queues/approve/{id}/reopen", operation_id = "reopen_answer", tag = "insights", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The answer's id")),
    responses((status = 204, description = "It waits again"), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn reopen(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<CandidateId>,
) -> Result<HttpResponse, ApiError> {
    state.store.reopen_candidate(&caller.shop, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Questions that no item answers and to which nothing waits for approval, by buyers.
#[utoipa::path(get, path = "/v1/queues/write", operation_id = "list_answers_to_write", tag = "insights", security(("key" = ["supervise"])), params(QueueParams),
    responses((status = 200, body = WriteQueue), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list_gaps(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    params: Query<QueueParams>,
) -> Result<HttpResponse, ApiError> {
    let limit = page::limit(params.0.limit, &state.settings)?;
    let desk = state.desk();
    let mut found = gaps(desk, &caller.shop, limit as usize).await?;
    let drafts = found.first.iter_mut().map(|gap| &mut gap.draft);
    settle(desk, &caller.shop, drafts.collect()).await?;
    Ok(HttpResponse::Ok().json(WriteQueue {
        total: found.total,
        gaps: found.first.into_iter().map(GapResponse::from).collect(),
    }))
}

/// An answer that was written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteRequest {
    /// The item: the draft with its answer.
    pub item: RawKnowledge,
}

/// Writes the answer to a question.
#[utoipa::path(post, path = "/v1/queues/write/{id}", operation_id = "write_answer", tag = "insights", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The cluster's id")), request_body = WriteRequest,
    responses((status = 201, body = ItemResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn write(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<ClusterId>,
    body: Json<WriteRequest>,
) -> Result<HttpResponse, ApiError> {
    let desk = state.desk();
    let supervisor = Supervisor {
        desk,
        shop: &caller.shop,
        by: &caller.by,
    };
    let item = supervisor.write(id.0, &body.value.item).await?;
    after_change(&state, &caller).await?;
    let zone = state.shop(&caller.shop).await?.zone();
    let item = ItemResponse::new(View::standing(item, desk.now), &zone);
    Ok(HttpResponse::Created().json(item))
}

/// Knowledge changed: it is indexed, and which questions it answers is told anew.
async fn after_change(state: &AppState, caller: &Caller<Supervising>) -> Result<(), ApiError> {
    state.catalog.store_changed();
    let now = state.clock.now();
    let kind = JobKind::ClusterQuestions;
    state.store.ask_job(&caller.shop, kind, now).await?;
    state.trainer.job_asked();
    Ok(())
}

impl From<Proposal> for ProposalResponse {
    fn from(proposal: Proposal) -> Self {
        let candidate = proposal.candidate;
        Self {
            id: candidate.id.to_string(),
            text: candidate.text.into_string(),
            agents: candidate.agents,
            buyers: candidate.buyers,
            replies: candidate.replies,
            accepted: candidate.accepted,
            score: candidate.score,
            evidence: candidate.evidence,
            cluster: ClusterResponse::from(proposal.view),
            draft: proposal.draft.item,
        }
    }
}

impl From<Gap> for GapResponse {
    fn from(gap: Gap) -> Self {
        Self {
            cluster: ClusterResponse::from(gap.view),
            draft: gap.draft.item,
        }
    }
}
