//! `/v1/knowledge/{id}/…`: an item's versions, their differences, and the way back.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::conditions::IfMatch;
use crate::api::items::ItemResponse;
use crate::api::json::{Json, Query};
use crate::api::page::{self, Page};
use crate::api::path::Id;
use crate::auth::{Caller, KeepingKnowledge};
use crate::domain::ids::KnowledgeId;
use crate::error::ApiError;
use crate::knowledge::diff::{FieldChange, diff};
use crate::knowledge::edit::{Edit, revert as revert_item};
use crate::knowledge::view::{View, history};
use crate::state::AppState;

/// Which page of versions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionsParams {
    /// The most versions; 50 when absent.
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of versions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionsPage {
    /// The item at each version.
    pub items: Vec<ItemResponse>,
    /// What to hand in for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An item's versions, newest first.
#[utoipa::path(get, path = "/v1/knowledge/{id}/versions", operation_id = "list_knowledge_versions", tag = "knowledge", security(("key" = ["knowledge"])),
    params(("id" = String, Path, description = "The item's id"), VersionsParams),
    responses((status = 200, body = VersionsPage), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list(
    caller: Caller<KeepingKnowledge>,
    state: web::Data<AppState>,
    id: Id<KnowledgeId>,
    params: Query<VersionsParams>,
) -> Result<HttpResponse, ApiError> {
    let limit = page::limit(params.0.limit, &state.settings)?;
    let before = page::cursor(params.0.cursor.as_deref(), |version| version.parse().ok())?;
    let wanted = (before, limit.saturating_add(1));
    let now = state.clock.now();
    let found = history(state.store.as_ref(), (&caller.shop, &id.0), wanted, now)
        .await?
        .ok_or(ApiError::NotFound {
            what: "knowledge item",
        })?;
    let page = Page::cut(found, limit, |view| view.item.version.to_string());
    let zone = state.shop(&caller.shop).await?.zone();
    let items = page.items.into_iter();
    Ok(HttpResponse::Ok().json(VersionsPage {
        items: items.map(|view| ItemResponse::new(view, &zone)).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// Which two versions are compared.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffParams {
    /// The version before.
    pub from: u32,
    /// The version after.
    pub to: u32,
}

/// What two versions say differently.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiffResponse {
    /// The item.
    pub id: String,
    /// The version before.
    pub from: u32,
    /// The version after.
    pub to: u32,
    /// The fields that differ.
    pub changes: Vec<FieldChange>,
}

/// What two versions of an item say differently, by field and by line.
#[utoipa::path(get, path = "/v1/knowledge/{id}/diff", operation_id = "compare_knowledge_versions", tag = "knowledge", security(("key" = ["knowledge"])),
    params(("id" = String, Path, description = "The item's id"), DiffParams),
    responses((status = 200, body = DiffResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn compare(
    caller: Caller<KeepingKnowledge>,
    state: web::Data<AppState>,
    id: Id<KnowledgeId>,
    params: Query<DiffParams>,
) -> Result<HttpResponse, ApiError> {
    let DiffParams { from, to } = params.0;
    let zone = state.shop(&caller.shop).await?.zone();
    let version = async |version| {
        let found = state.store.knowledge_version(&caller.shop, &id.0, version);
        let item = found.await?.ok_or(ApiError::NotFound { what: "version" })?;
        Ok::<_, ApiError>(item.content.to_raw(&item.id, &zone))
    };
    let (before, after) = (version(from).await?, version(to).await?);
    let changes = state
        .pool
        .run(&caller.shop, move || diff(&before, &after))
        .await?;
    Ok(HttpResponse::Ok().json(DiffResponse {
        id: id.0.to_string(),
        from,
        to,
        changes,
    }))
}

/// Which version to go back to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevertRequest {
    /// Its number.
    pub version: u32,
}

/// Gives an item what it said at an earlier version, as its next version.
#[utoipa::path(post, path = "/v1/knowledge/{id}/revert", operation_id = "revert_knowledge", tag = "knowledge", security(("key" = ["knowledge"])),
    params(("id" = String, Path, description = "The item's id"),
        ("If-Match" = String, Header, description = "The ETag that was read, or * for whatever stands")),
    request_body = RevertRequest,
    responses((status = 200, body = ItemResponse, headers(("ETag" = String))),
        (status = "default", description = "A problem; 412 when another version stands, 428 without If-Match", body = crate::error::Problem)))]
pub async fn revert(
    caller: Caller<KeepingKnowledge>,
    state: web::Data<AppState>,
    id: Id<KnowledgeId>,
    expected: IfMatch,
    body: Json<RevertRequest>,
) -> Result<HttpResponse, ApiError> {
    let (zone, now) = (state.shop(&caller.shop).await?.zone(), state.clock.now());
    let edit = Edit {
        shop: &caller.shop,
        id: &id.0,
        expected: &expected.0,
        by: &caller.by,
        at: now,
    };
    let item = revert_item(state.store.as_ref(), edit, body.value.version).await?;
    state.catalog.store_changed();
    Ok(ItemResponse::new(View::standing(item, now), &zone).ok())
}
