//! `/v1/pushes/deliveries`: what became of each push.

use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::json::Query;
use crate::api::page::{self, Page};
use crate::api::path::Id;
use crate::auth::{Administering, Caller, ReadingPushes};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{DeliveryId, PushId};
use crate::domain::push::{Delivery, DeliveryState, NoticeKind, PushFailureReason};
use crate::error::{ApiError, request_context};
use crate::state::AppState;
use crate::store::{DeliveryFilter, StoreError};

/// Which deliveries, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryParams {
    /// Only those that are `waiting`, `delivered` or `dead`.
    pub state: Option<String>,
    /// Only those to this place.
    pub push: Option<String>,
    /// The most deliveries; 50 when absent.
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of deliveries, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveriesPage {
    /// The deliveries.
    pub items: Vec<DeliveryResponse>,
    /// What to hand in for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// One notice for one place.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryResponse {
    /// Its id.
    pub id: String,
    /// The place.
    pub push: String,
    /// The notice: the same in every attempt.
    #[schema(example = "weekly-2026-W47")]
    pub notice: String,
    /// What the notice is about.
    pub kind: NoticeKind,
    /// The notice's title.
    pub title: String,
    /// How it stands. What is dead was given up, and is tried again when asked to.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureResponse>,
    /// When the notice was made.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// When it was delivered or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// Why an attempt failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureResponse {
    /// The kind of failure.
    pub reason: PushFailureReason,
    /// The same in words, and what may help.
    pub message: &'static str,
    /// The HTTP status, where there was a reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The start of what the other side said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

/// What became of pushes.
#[utoipa::path(get, path = "/v1/pushes/deliveries", operation_id = "list_deliveries", tag = "pushes", security(("key" = ["insights", "supervise", "admin"])), params(DeliveryParams),
    responses((status = 200, body = DeliveriesPage), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list(
    caller: Caller<ReadingPushes>,
    state: web::Data<AppState>,
    params: Query<DeliveryParams>,
) -> Result<HttpResponse, ApiError> {
    let limit = page::limit(params.0.limit, &state.settings)?;
    let filter = filter(&params.0)?;
    let found = state
        .store
        .deliveries(&caller.shop, &filter, limit.saturating_add(1))
        .await?;
    let page = Page::cut(found, limit, |delivery: &Delivery| delivery.id.to_string());
    let items = page.items.into_iter().map(DeliveryResponse::from).collect();
    Ok(HttpResponse::Ok().json(DeliveriesPage {
        items,
        next_cursor: page.next_cursor,
    }))
}

/// Tries a push again at once: one that is dead begins anew, one that was
/// delivered stays so.
#[utoipa::path(post, path = "/v1/pushes/deliveries/{id}/retry", operation_id = "retry_delivery", tag = "pushes", security(("key" = ["admin"])),
    params(("id" = String, Path, description = "The delivery's id")),
    responses((status = 202, body = DeliveryResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn retry(
    caller: Caller<Administering>,
    state: web::Data<AppState>,
    id: Id<DeliveryId>,
) -> Result<HttpResponse, ApiError> {
    let now = state.clock.now();
    state.store.redeliver(&caller.shop, id.0, now).await?;
    state.notices.look_again();
    let delivery = state.store.delivery(&caller.shop, id.0).await?;
    let delivery = delivery.ok_or(StoreError::NotFound { what: "delivery" })?;
    Ok(HttpResponse::Accepted().json(DeliveryResponse::from(delivery)))
}

fn filter(params: &DeliveryParams) -> Result<DeliveryFilter, ApiError> {
    let at =
        |field: &'static str| move |fault: Fault| ApiError::field(FieldError::new(field, fault));
    let state = params.state.as_deref().map(DeliveryState::parse);
    let push = params.push.as_deref().map(PushId::parse);
    Ok(DeliveryFilter {
        state: state.transpose().map_err(at("state"))?,
        push: push.transpose().map_err(at("push"))?,
        before: page::cursor(params.cursor.as_deref(), |id| DeliveryId::parse(id).ok())?,
    })
}

impl From<Delivery> for DeliveryResponse {
    fn from(delivery: Delivery) -> Self {
        let locale = request_context().locale;
        let is_waiting = delivery.state == DeliveryState::Waiting;
        Self {
            id: delivery.id.to_string(),
            push: delivery.push.to_string(),
            notice: delivery.notice.to_string(),
            kind: delivery.kind,
            title: delivery.title,
            state: delivery.state,
            attempts: delivery.attempts,
            next_at: is_waiting.then_some(delivery.next_at),
            failure: delivery.failure.map(|failure| FailureResponse {
                reason: failure.reason,
                message: failure.reason.message(locale),
                status: failure.status,
                said: failure.said,
            }),
            at: delivery.at,
            ended_at: delivery.ended_at,
        }
    }
}
