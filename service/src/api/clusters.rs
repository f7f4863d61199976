//! `GET /v1/clusters`: recurring questions.

use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::json::Query;
use crate::api::models::JobResponse;
use crate::api::page::{self, Page};
use crate::api::path::Id;
use crate::auth::{Caller, Supervising};
use crate::domain::fault::{Fault, FieldError, Hint};
use crate::domain::ids::ClusterId;
use crate::domain::insights::QuestionLine;
use crate::domain::job::JobKind;
use crate::domain::listening::{AnsweredBy, Outcome};
use crate::domain::taxonomy::Stage;
use crate::error::ApiError;
use crate::insights::clusters::{ClusterDetail, ClusterView, detail};
use crate::insights::standing::standing;
use crate::state::AppState;

/// Which recurring questions, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ClusterParams {
    /// Only of `product`, `process` or `warehouse`.
    pub domain: Option<String>,
    /// Only asked about this product in the last seven days.
    pub product: Option<String>,
    /// Only `answered`, `unanswered` or `muted` ones; without this, muted ones are left out.
    pub show: Option<String>,
    /// Only those whose label or key phrases hold this text.
    pub q: Option<String>,
    /// The most clusters; 50 when absent.
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of recurring questions: pinned ones first, then by buyers of the last seven days.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClusterPage {
    /// The questions.
    pub clusters: Vec<ClusterResponse>,
    /// What to hand in for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A recurring question. Its figures are of the last seven days against the seven before.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClusterResponse {
    /// Its id, the same from week to week.
    pub id: String,
    /// What people call it, if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is left out of reports and queues.
    pub muted: bool,
    /// Whether it is kept on top.
    pub pinned: bool,
    /// When it is usually asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// Distinct buyers of eight weeks.
    pub buyers_of_eight_weeks: u32,
    /// The approved item that answers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnsweredBy>,
    /// When it was first asked, however late that message came in; absent
    /// where none of its questions stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub first_asked_at: Option<Timestamp>,
    /// When it was found to recur.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// Its figures.
    #[serde(flatten)]
    pub line: QuestionLine,
}

/// A recurring question with all that is in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClusterDetailResponse {
    /// The question.
    #[serde(flatten)]
    pub cluster: ClusterResponse,
    /// Its wordings, most asked first.
    pub wordings: Vec<WordingResponse>,
    /// Questions of eight weeks by channel.
    pub by_channel: Vec<CountResponse>,
    /// Questions of eight weeks by stage.
    pub by_stage: Vec<CountResponse>,
    /// Answers that were suggested in four weeks.
    pub answers: Vec<UseResponse>,
    /// Its latest questions, newest first.
    pub latest: Vec<QuestionResponse>,
}

/// A way of asking.
#[derive(Debug, Serialize, ToSchema)]
pub struct WordingResponse {
    /// Its key, for a split.
    pub key: String,
    /// As first written, masked.
    pub text: String,
    /// How often it was asked.
    pub questions: u32,
    /// Whether people put it here.
    pub pinned: bool,
}

/// A name with a count.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountResponse {
    /// The name.
    pub id: String,
    /// Questions.
    pub questions: u32,
}

/// How an item was taken as the answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct UseResponse {
    /// The item.
    pub knowledge_id: String,
    /// How often agents saw it.
    pub displayed: u32,
    /// How often they used it.
    pub used: u32,
}

/// A question as it was asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionResponse {
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The buyer's words, masked.
    pub text: String,
    /// On which channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// About which product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// What an agent replied, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
}

/// The shop's recurring questions.
#[utoipa::path(get, path = "/v1/clusters", operation_id = "list_clusters", tag = "insights", security(("key" = ["supervise"])), params(ClusterParams),
    responses((status = 200, body = ClusterPage), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    params: Query<ClusterParams>,
) -> Result<HttpResponse, ApiError> {
    let params = params.0;
    let limit = page::limit(params.limit, &state.settings)?;
    let after = page::cursor(params.cursor.as_deref(), |id| ClusterId::parse(id).ok())?;
    let show = Show::parse(params.show.as_deref())?;
    let standing = standing(state.desk(), &caller.shop).await?;
    let views = standing.rows.iter().map(|row| &row.view);
    let mut views: Vec<&ClusterView> = views
        .filter(|view| show.holds(view) && params.holds(view))
        .collect();
    // The order is that of now: a page goes on after the cluster that ended the last one.
    let start = after
        .and_then(|after| views.iter().position(|view| view.cluster.id == after))
        .map_or(0, |place| place + 1);
    let rest = views.split_off(start);
    let page = Page::cut(rest, limit, |view| view.cluster.id.to_string());
    let clusters = page.items.into_iter().cloned();
    Ok(HttpResponse::Ok().json(ClusterPage {
        clusters: clusters.map(ClusterResponse::from).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// A recurring question with its wordings and latest questions.
#[utoipa::path(get, path = "/v1/clusters/{id}", operation_id = "read_cluster", tag = "insights", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The cluster's id")),
    responses((status = 200, body = ClusterDetailResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn read(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<ClusterId>,
) -> Result<HttpResponse, ApiError> {
    let found = detail(state.desk(), &caller.shop, id.0).await?;
    Ok(HttpResponse::Ok().json(ClusterDetailResponse::from(found)))
}

/// Asks for all wordings to be clustered anew. A run that waits already is that run.
#[utoipa::path(post, path = "/v1/clusters/refresh", operation_id = "refresh_clusters", tag = "insights", security(("key" = ["supervise"])),
    responses((status = 202, body = JobResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn refresh(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let now = state.clock.now();
    let kind = JobKind::ClusterQuestions;
    let job = state.store.ask_job(&caller.shop, kind, now).await?;
    state.trainer.job_asked();
    Ok(HttpResponse::Accepted().json(JobResponse::from(job)))
}

/// Which clusters are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Show {
    Standing,
    Answered,
    Unanswered,
    Muted,
}

impl Show {
    fn parse(text: Option<&str>) -> Result<Self, ApiError> {
        match text {
            None => Ok(Self::Standing),
            Some("answered") => Ok(Self::Answered),
            Some("unanswered") => Ok(Self::Unanswered),
            Some("muted") => Ok(Self::Muted),
            Some(other) => {
                let fault = Fault::Unknown {
                    value: other.chars().take(40).collect(),
                    expected: Hint::new(
                        "answered、unanswered、muted",
                        "answered, unanswered or muted",
                    ),
                };
                Err(ApiError::field(FieldError::new("show", fault)))
            }
        }
    }

    fn holds(self, view: &ClusterView) -> bool {
        let is_answered = view.cluster.answered_by.is_some();
        match self {
            Self::Standing => !view.cluster.is_muted,
            Self::Answered => !view.cluster.is_muted && is_answered,
            Self::Unanswered => !view.cluster.is_muted && !is_answered,
            Self::Muted => view.cluster.is_muted,
        }
    }
}

impl ClusterParams {
    fn holds(&self, view: &ClusterView) -> bool {
        let line = &view.line;
        let is_of_domain = self
            .domain
            .as_ref()
            .is_none_or(|domain| line.domain.as_ref() == Some(domain));
        let is_about = self
            .product
            .as_ref()
            .is_none_or(|product| line.products.iter().any(|count| count.id == *product));
        let says = self.q.as_ref().is_none_or(|text| {
            let text = text.trim().to_lowercase();
            let mut texts = line.key_phrases.iter().chain([&line.label]);
            texts.any(|found| found.to_lowercase().contains(&text))
        });
        is_of_domain && is_about && says
    }
}

impl From<ClusterView> for ClusterResponse {
    fn from(view: ClusterView) -> Self {
        Self {
            id: view.cluster.id.to_string(),
            name: view.cluster.name,
            muted: view.cluster.is_muted,
            pinned: view.cluster.is_pinned,
            stage: view.stage,
            buyers_of_eight_weeks: view.buyers_of_eight_weeks,
            answer: view.cluster.answered_by,
            first_asked_at: view.first_asked_at,
            created_at: view.cluster.created_at,
            line: view.line,
        }
    }
}

impl From<ClusterDetail> for ClusterDetailResponse {
    fn from(detail: ClusterDetail) -> Self {
        let count = |id: String, questions| CountResponse { id, questions };
        let channels = detail.channels.into_iter();
        let stages = detail.stages.into_iter();
        Self {
            cluster: ClusterResponse::from(detail.view),
            wordings: detail
                .wordings
                .into_iter()
                .map(|wording| WordingResponse {
                    key: format!("{:016x}", wording.entry.key.0),
                    text: wording.entry.text.as_ref().to_owned(),
                    questions: wording.questions,
                    pinned: wording.entry.is_pinned,
                })
                .collect(),
            by_channel: channels
                .map(|(id, questions)| count(id, questions))
                .collect(),
            by_stage: stages
                .map(|(stage, questions)| count(stage.as_str().to_owned(), questions))
                .collect(),
            answers: detail
                .uses
                .into_iter()
                .map(|answer| UseResponse {
                    knowledge_id: answer.knowledge.to_string(),
                    displayed: answer.displayed,
                    used: answer.used,
                })
                .collect(),
            latest: detail
                .questions
                .into_iter()
                .map(|question| QuestionResponse {
                    at: question.at,
                    text: question.text.into_string(),
                    channel: question.channel.map(String::from),
                    product: question.product.map(String::from),
                    reply: question
                        .reply
                        .map(|reply| reply.text.into_string())
                        .filter(|reply| !reply.is_empty()),
                    outcome: question.outcome,
                })
                .collect(),
        }
    }
}
