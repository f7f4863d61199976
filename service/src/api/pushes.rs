//! `/v1/pushes`: where a shop's notices are pushed.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::json::Json;
use crate::api::path::Id;
use crate::api::push_request::{PushRequest, WeeklyBody};
use crate::auth::{Administering, Caller, ReadingPushes};
use crate::domain::fault::FieldError;
use crate::domain::ids::PushId;
use crate::domain::push::{NoticeKind, PushFailureReason, PushKind, PushTarget, PushWishes};
use crate::error::{ApiError, request_context};
use crate::notices::TestOutcome;
use crate::state::AppState;
use crate::store::StoreError;

/// Where a shop's notices are pushed.
#[derive(Debug, Serialize, ToSchema)]
pub struct PushesResponse {
    /// Oldest first.
    pub pushes: Vec<PushResponse>,
}

/// A place that notices are pushed to. Its address holds a bot's token, and is
/// shown in part; its secret is not shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct PushResponse {
    /// Its id.
    pub id: String,
    /// The system.
    pub kind: PushKind,
    /// What people call it.
    pub name: String,
    /// The host and the last four characters of the address.
    #[schema(example = "oapi.dingtalk.com/…3f9c")]
    pub url: String,
    /// Whether pushes are signed.
    pub signed: bool,
    /// The secret that was made for a webhook: shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The kinds of notices that it wants.
    pub notices: Vec<NoticeKind>,
    /// When the digest of a week is pushed: in the week after, local time of the shop.
    pub weekly: WeeklyBody,
    /// Whether anything is pushed.
    pub on: bool,
    /// The latest week whose digest was handed in, or was due before this was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-W47")]
    pub last_week: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// What the other side made of a test.
#[derive(Debug, Serialize, ToSchema)]
pub struct PushTestResponse {
    /// Whether it took it.
    pub delivered: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<PushFailureReason>,
    /// Why not, in words, and what may help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'static str>,
    /// The HTTP status, where there was a reply. Bots reply with 200 to what they refuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The start of what it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

/// Where the shop's notices are pushed.
#[utoipa::path(get, path = "/v1/pushes", operation_id = "list_pushes", tag = "pushes", security(("key" = ["insights", "supervise", "admin"])),
    responses((status = 200, body = PushesResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list(
    caller: Caller<ReadingPushes>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let targets = state.store.pushes(&caller.shop).await?;
    let pushes = targets.into_iter().map(PushResponse::from).collect();
    Ok(HttpResponse::Ok().json(PushesResponse { pushes }))
}

/// Adds a place that notices are pushed to. One address is one place: added
/// again, it is a conflict, so that a repeated request adds none. For a webhook
/// without a secret one is made, and shown this once.
#[utoipa::path(post, path = "/v1/pushes", operation_id = "create_push", tag = "pushes", security(("key" = ["admin"])), request_body = PushRequest,
    responses((status = 201, body = PushResponse, headers(("Location" = String))), (status = "default", description = "A problem; 409 when there is one to that address", body = crate::error::Problem)))]
pub async fn create(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
    body: Json<PushRequest>,
) -> Result<HttpResponse, ApiError> {
    let shop = state.shop(&caller.shop).await?;
    let wishes = PushWishes::from(body.value);
    let is_given = wishes.has_secret();
    let found = state.store.pushes(&caller.shop).await?.len();
    let target = wishes.new_target(&shop.zone(), found, state.clock.now());
    let target = target.map_err(ApiError::InvalidFields)?;
    check_address(&state, &target)?;
    state.store.create_push(&caller.shop, &target).await?;
    let made = target.secret.clone().filter(|_| !is_given);
    let response = PushResponse {
        secret: made.as_ref().map(|secret| secret.reveal().to_owned()),
        ..PushResponse::from(target)
    };
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, format!("/v1/pushes/{}", response.id)))
        .json(response))
}

/// A place that notices are pushed to.
#[utoipa::path(get, path = "/v1/pushes/{id}", operation_id = "read_push", tag = "pushes", security(("key" = ["insights", "supervise", "admin"])),
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = PushResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn read(
    caller: Caller<ReadingPushes>,
    state: web::Data<AppState>,
    id: Id<PushId>,
) -> Result<HttpResponse, ApiError> {
    let target = state.store.push(&caller.shop, id.0).await?;
    let target = target.ok_or(StoreError::NotFound { what: "push" })?;
    Ok(HttpResponse::Ok().json(PushResponse::from(target)))
}

/// Replaces what is said of a place. Address and secret stay where they are
/// left out, as nobody can read them to send them again; an empty secret takes
/// it away.
#[utoipa::path(put, path = "/v1/pushes/{id}", operation_id = "replace_push", tag = "pushes", security(("key" = ["admin"])),
    params(("id" = String, Path, description = "Its id")), request_body = PushRequest,
    responses((status = 200, body = PushResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn put(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
    id: Id<PushId>,
    body: Json<PushRequest>,
) -> Result<HttpResponse, ApiError> {
    let target = state.store.push(&caller.shop, id.0).await?;
    let target = target.ok_or(StoreError::NotFound { what: "push" })?;
    let target = PushWishes::from(body.value).changed_target(target);
    let target = target.map_err(ApiError::InvalidFields)?;
    check_address(&state, &target)?;
    state.store.update_push(&caller.shop, &target).await?;
    state.notices.look_again();
    Ok(HttpResponse::Ok().json(PushResponse::from(target)))
}

/// Removes a place and what became of pushes to it.
#[utoipa::path(delete, path = "/v1/pushes/{id}", operation_id = "delete_push", tag = "pushes", security(("key" = ["admin"])),
    params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "It is gone"), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn delete(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
    id: Id<PushId>,
) -> Result<HttpResponse, ApiError> {
    state.store.delete_push(&caller.shop, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sends a test at once and says what the other side made of it.
#[utoipa::path(post, path = "/v1/pushes/{id}/test", operation_id = "test_push", tag = "pushes", security(("key" = ["admin"])),
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "It was sent, or tried to be", body = PushTestResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn test(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
    id: Id<PushId>,
) -> Result<HttpResponse, ApiError> {
    let shop = state.shop(&caller.shop).await?;
    let outcome = state.notices.test(&shop, id.0).await?;
    Ok(HttpResponse::Ok().json(PushTestResponse::from(outcome)))
}

fn check_address(state: &AppState, target: &PushTarget) -> Result<(), ApiError> {
    let checked = state.notices.check_address(&target.url);
    checked.map_err(|fault| ApiError::field(FieldError::new("url", fault)))
}

impl From<PushTarget> for PushResponse {
    fn from(target: PushTarget) -> Self {
        Self {
            id: target.id.to_string(),
            kind: target.kind,
            name: target.name,
            url: target.url.shown(),
            signed: target.secret.is_some(),
            secret: None,
            notices: target.notices.into_iter().collect(),
            weekly: WeeklyBody::from(target.schedule),
            on: target.is_on,
            last_week: target.last_week.map(String::from),
            created_at: target.created_at,
        }
    }
}

impl From<TestOutcome> for PushTestResponse {
    fn from(outcome: TestOutcome) -> Self {
        let locale = request_context().locale;
        Self {
            delivered: outcome.reason.is_none(),
            reason: outcome.reason,
            message: outcome.reason.map(|reason| reason.message(locale)),
            status: outcome.status,
            said: outcome.said,
        }
    }
}
