//! `POST /v1/suggestions`: what to answer a buyer now. `GET /v1/suggestions/{id}`: what was suggested.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::answering::live;
use crate::answering::{Moment, Policy, Suggestion};
use crate::api::idempotency::{IdempotencyKey, replay};
use crate::api::json::Json;
use crate::api::path::Id;
use crate::api::suggestion_request::{SuggestionRequest, parse};
use crate::api::suggestion_response::{
    RecordResponse, SuggestionResponse, present, present_record,
};
use crate::auth::{Caller, Suggesting, Supervising};
use crate::domain::fault::Locale;
use crate::domain::ids::{ShopId, SuggestionId};
use crate::domain::suggestion::{AbstentionReason, Degraded, SuggestionRecord};
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::Written;

/// Suggests answers to a buyer's latest messages.
#[utoipa::path(post, path = "/v1/suggestions", operation_id = "suggest", tag = "suggestions", security(("key" = ["suggest"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body again give the same suggestion")),
    request_body = SuggestionRequest,
    responses((status = 200, body = SuggestionResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn create(
    caller: Caller<Suggesting>,
    state: web::Data<AppState>,
    request: HttpRequest,
    body: Json<SuggestionRequest>,
) -> Result<HttpResponse, ApiError> {
    let key = IdempotencyKey::of(&request, &body.bytes)?;
    let presentation = Presentation {
        explain: body.value.explain,
        locale: body.value.locale,
    };
    let mut moment = parse(body.value, &state)?;
    // Whom a token was made for is known better than what its page says.
    moment.agent = caller.agent.clone().or(moment.agent);
    if let Some(key) = &key
        && let Some(kept) = key.kept(state.store.as_ref(), &caller.shop).await?
    {
        return Ok(kept);
    }
    let made = make(&state, &caller.shop, moment).await?;
    if !made.record.is_rehearsal {
        count(&state, &made.suggestion);
    }
    match key {
        Some(key) => answer_once(&state, &caller.shop, made, presentation, &key).await,
        None => Ok(answer(&state, caller.shop, made, presentation)),
    }
}

/// A recorded suggestion, with the feedback on its answers.
#[utoipa::path(get, path = "/v1/suggestions/{id}", operation_id = "read_suggestion", tag = "suggestions", security(("key" = ["supervise"])),
    params(("id" = String, Path, description = "The suggestion's id")),
    responses((status = 200, body = RecordResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn read(
    caller: Caller<Supervising>,
    state: web::Data<AppState>,
    id: Id<SuggestionId>,
) -> Result<HttpResponse, ApiError> {
    let id = id.0;
    let mut found = state.store.suggestion(&caller.shop, id).await?;
    if found.is_none() {
        // It may have been made a moment ago.
        state.recorder.flush().await;
        found = state.store.suggestion(&caller.shop, id).await?;
    }
    let found = found.ok_or(ApiError::NotFound { what: "suggestion" })?;
    Ok(HttpResponse::Ok().json(present_record(found)))
}

/// How the caller wants it presented.
struct Presentation {
    explain: bool,
    locale: Option<Locale>,
}

/// A suggestion with its record.
struct Made {
    suggestion: Suggestion,
    record: SuggestionRecord,
    shop_locale: Locale,
}

async fn make(state: &AppState, shop: &ShopId, moment: Moment) -> Result<Made, ApiError> {
    let searchable = state.catalog.searchable(shop)?;
    let policy = Policy {
        minimum_confidence: searchable
            .language
            .minimum_confidence()
            .unwrap_or(state.settings.answering.minimum_confidence),
        burst_gap_seconds: state.settings.answering.burst_gap_seconds,
    };
    let shop_locale = searchable.shop.locale;
    let (suggestion, record) = live::suggest(state.bench(), searchable, moment, policy).await?;
    Ok(Made {
        suggestion,
        record,
        shop_locale,
    })
}

/// Answers at once; the record follows.
fn answer(state: &AppState, shop: ShopId, made: Made, presentation: Presentation) -> HttpResponse {
    let mut suggestion = made.suggestion;
    let conversation = made.record.conversation.to_string();
    if !state.recorder.record(shop, made.record) {
        suggestion.degraded.push(Degraded::Record);
    }
    let locale = presentation.locale.unwrap_or(made.shop_locale);
    let response = present(suggestion, conversation, presentation.explain, locale);
    HttpResponse::Ok().json(response)
}

/// Answers when the record and the reply under `key` are on disk.
async fn answer_once(
    state: &AppState,
    shop: &ShopId,
    made: Made,
    presentation: Presentation,
    key: &IdempotencyKey,
) -> Result<HttpResponse, ApiError> {
    let conversation = made.record.conversation.to_string();
    let locale = presentation.locale.unwrap_or(made.shop_locale);
    let response = present(made.suggestion, conversation, presentation.explain, locale);
    let text = serde_json::to_string(&response).map_err(ApiError::internal)?;
    let reply = key.reply(StatusCode::OK, text.clone(), state.clock.now());
    let written = state
        .store
        .record_suggestion_once(shop, &made.record, &reply)
        .await?;
    match written {
        Written::Now(()) => Ok(HttpResponse::Ok()
            .content_type("application/json")
            .body(text)),
        Written::Before(kept) => Ok(replay(&kept)),
    }
}

fn count(state: &AppState, suggestion: &Suggestion) {
    let outcome = suggestion.abstention.map_or("answered", reason_name);
    state
        .metrics
        .suggestions
        .with_label_values(&[outcome])
        .inc();
}

fn reason_name(reason: AbstentionReason) -> &'static str {
    match reason {
        AbstentionReason::NothingToAnswer => "nothing_to_answer",
        AbstentionReason::Greeting => "greeting",
        AbstentionReason::Acknowledgement => "acknowledgement",
        AbstentionReason::HumanAgentWanted => "human_agent_wanted",
        AbstentionReason::LinkOrMedia => "link_or_media",
        AbstentionReason::Unclear => "unclear",
        AbstentionReason::NoMatch => "no_match",
        AbstentionReason::LowConfidence => "low_confidence",
    }
}
