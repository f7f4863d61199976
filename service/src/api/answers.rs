//! `PATCH /v1/answers/{id}/feedback`: what became of an answer.

use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zhiwen_models::privacy::{Masked, mask};

use crate::api::json::Json;
use crate::api::path::Id;
use crate::auth::{Caller, Suggesting};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::AnswerId;
use crate::domain::suggestion::{Feedback, FeedbackState, Use};
use crate::domain::text::Text;
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::StoreError;

const MOST_FINAL_CHARACTERS: usize = 8_000;

/// What became of an answer. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackRequest {
    /// Whether the agent saw it.
    #[serde(default)]
    pub displayed: Option<bool>,
    /// How the agent used it.
    #[serde(default)]
    pub used: Option<Use>,
    /// The text that was sent; needed with `"used": "edited"`.
    #[serde(default)]
    pub final_text: Option<String>,
    /// Whether it is about what was asked: `false` is a wrong retrieval.
    #[serde(default)]
    pub relevant: Option<bool>,
    /// Whether what it says is right: `false` is wrong knowledge.
    #[serde(default)]
    pub correct: Option<bool>,
}

/// All feedback on an answer so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedbackResponse {
    /// The answer.
    pub answer_id: String,
    /// Whether the agent saw it.
    pub displayed: Option<bool>,
    /// How the agent used it.
    pub used: Option<Use>,
    /// The text that was sent, masked.
    pub final_text: Option<String>,
    /// Whether it is about what was asked.
    pub relevant: Option<bool>,
    /// Whether what it says is right.
    pub correct: Option<bool>,
    /// When this last changed.
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
}

/// Says what became of an answer; durable before the reply.
#[utoipa::path(patch, path = "/v1/answers/{id}/feedback", operation_id = "give_feedback", tag = "suggestions", security(("key" = ["suggest"])),
    params(("id" = String, Path, description = "The answer's id")), request_body = FeedbackRequest,
    responses((status = 200, body = FeedbackResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn patch_feedback(
    caller: Caller<Suggesting>,
    state: web::Data<AppState>,
    id: Id<AnswerId>,
    body: Json<FeedbackRequest>,
) -> Result<HttpResponse, ApiError> {
    let answer = id.0;
    let feedback = parse(body.value)?;
    let now = state.clock.now();
    let mut saved = state
        .store
        .save_feedback(&caller.shop, answer, &feedback, now)
        .await;
    if matches!(saved, Err(StoreError::NotFound { .. })) {
        // The answer may have been made a moment ago, its record still on the way.
        state.recorder.flush().await;
        saved = state
            .store
            .save_feedback(&caller.shop, answer, &feedback, now)
            .await;
    }
    let saved = saved?;
    if feedback.used.is_some() || feedback.relevant.is_some() {
        state.trainer.learned_from(&caller.shop);
    }
    Ok(HttpResponse::Ok().json(FeedbackResponse::from(saved)))
}

fn parse(request: FeedbackRequest) -> Result<Feedback, ApiError> {
    let final_text = request
        .final_text
        .map(|text| Text::lines(&text, MOST_FINAL_CHARACTERS))
        .transpose()
        .map_err(|fault| ApiError::field(FieldError::new("final_text", fault)))?;
    if request.used == Some(Use::Edited) && final_text.is_none() {
        return Err(ApiError::field(FieldError::new(
            "final_text",
            Fault::Missing,
        )));
    }
    Ok(Feedback {
        displayed: request.displayed,
        used: request.used,
        final_text: final_text.map(|text| mask(&text)),
        relevant: request.relevant,
        correct: request.correct,
    })
}

impl From<FeedbackState> for FeedbackResponse {
    fn from(state: FeedbackState) -> Self {
        let feedback = state.feedback;
        Self {
            answer_id: state.answer.to_string(),
            displayed: feedback.displayed,
            used: feedback.used,
            final_text: feedback.final_text.map(Masked::into_string),
            relevant: feedback.relevant,
            correct: feedback.correct,
            updated_at: state.updated_at,
        }
    }
}
