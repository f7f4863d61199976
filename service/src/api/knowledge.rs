//! `/v1/knowledge`: items made, listed, read and replaced.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::conditions::{IfMatch, etag, has_version};
use crate::api::idempotency::IdempotencyKey;
use crate::api::items::{ItemResponse, created, created_before};
use crate::api::json::{Json, Query};
use crate::api::page::{self, Page};
use crate::api::path::Id;
use crate::auth::{Caller, KeepingKnowledge};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::KnowledgeId;
use crate::domain::knowledge::{KnowledgeContent, RawKnowledge, Status};
use crate::domain::taxonomy::{Intent, KnowledgeDomain};
use crate::domain::time::{Window, parse_time};
use crate::error::ApiError;
use crate::knowledge::edit::{Edit, first_version, replace};
use crate::knowledge::parse::parse_item;
use crate::knowledge::view::{View, Which, view};
use crate::state::AppState;
use crate::store::{KnowledgeFilter, NewVersion, Written};

/// Makes an item.
#[utoipa::path(post, path = "/v1/knowledge", operation_id = "create_knowledge", tag = "knowledge", security(("key" = ["knowledge"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body again make no second item")),
    request_body = RawKnowledge,
    responses((status = 201, body = ItemResponse, headers(("Location" = String), ("ETag" = String))),
        (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn create(
    caller: Caller<KeepingKnowledge>,
    state: web::Data<AppState>,
    request: HttpRequest,
    body: Json<RawKnowledge>,
) -> Result<HttpResponse, ApiError> {
    let key = IdempotencyKey::of(&request, &body.bytes)?;
    let (zone, now) = (state.shop(&caller.shop).await?.zone(), state.clock.now());
    let (id, content) = parse(&body.value, &zone)?;
    let (by, at) = (caller.by, now);
    let new = NewVersion {
        id,
        content,
        by,
        at,
    };
    let made = ItemResponse::new(View::standing(first_version(&new), now), &zone);
    let text = serde_json::to_string(&made).map_err(ApiError::internal)?;
    let reply = key.map(|key| key.reply(StatusCode::CREATED, text.clone(), now));
    let store = state.store.as_ref();
    let written = store
        .create_knowledge(&caller.shop, &new, reply.as_ref())
        .await?;
    state.catalog.store_changed();
    match written {
        Written::Now(_) => created(text),
        Written::Before(kept) => created_before(kept),
    }
}

/// Which items, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// Only `draft`, `approved` or `archived` items.
    pub status: Option<String>,
    /// Only items of `product`, `process` or `warehouse`.
    pub domain: Option<String>,
    /// Only items of this intent of the taxonomy.
    pub intent: Option<String>,
    /// The most items; 50 when absent.
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of items, by id.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnowledgePage {
    /// The items as they stand.
    pub items: Vec<ItemResponse>,
    /// What to hand in for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// The shop's items, by id.
#[utoipa::path(get, path = "/v1/knowledge", operation_id = "list_knowledge", tag = "knowledge", security(("key" = ["knowledge"])), params(ListParams),
    responses((status = 200, body = KnowledgePage), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn list(
    caller: Caller<KeepingKnowledge>,
    state: web::Data<AppState>,
    params: Query<ListParams>,
) -> Result<HttpResponse, ApiError> {
    let limit = page::limit(params.0.limit, &state.settings)?;
    let params = params.0;
    let mut filter = filter(params.status, params.domain, params.intent)?;
    filter.after = page::cursor(params.cursor.as_deref(), |id| KnowledgeId::parse(id).ok())?;
    let found = state
        .store
        .list_knowledge(&caller.shop, &filter, limit.saturating_add(1))
        .await?;
    let page = Page::cut(found, limit, |item| item.id.to_string());
    let (zone, now) = (state.shop(&caller.shop).await?.zone(), state.clock.now());
    let items = page
        .items
        .into_iter()
        .map(|item| ItemResponse::new(View::standing(item, now), &zone));
    Ok(HttpResponse::Ok().json(KnowledgePage {
        items: items.collect(),
        next_cursor: page.next_cursor,
    }))
}

/// Which version of an item; one of the two at most.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadParams {
    /// The version that stands at this time, RFC 3339 or local to the shop:
    /// of a time to come the present version, and whether it is in effect then.
    pub as_of: Option<String>,
    /// The version of this number.
    pub version: Option<u32>,
}

/// An item: as it stands, as it stood, or as it will stand.
#[utoipa::path(get, path = "/v1/knowledge/{id}", operation_id = "read_knowledge", tag = "knowledge", security(("key" = ["knowledge"])),
    params(("id" = String, Path, description = "The item's id"), ReadParams,
        ("If-None-Match" = Option<String>, Header, description = "304 when this version stands and nothing about it can have changed")),
    responses((status = 200, body = ItemResponse, headers(("ETag" = String))), (status = 304, description = "The client has it already"),
        (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn read(
    caller: Caller<KeepingKnowledge>,
    state: web::Data<AppState>,
    request: HttpRequest,
    id: Id<KnowledgeId>,
    params: Query<ReadParams>,
) -> Result<HttpResponse, ApiError> {
    let (zone, now) = (state.shop(&caller.shop).await?.zone(), state.clock.now());
    let which = which(params.0, &zone)?;
    let found = view(state.store.as_ref(), &caller.shop, &id.0, which, now)
        .await?
        .ok_or_else(|| ApiError::NotFound {
            what: match which {
                Which::Version(_) => "version",
                Which::Standing | Which::AsOf(_) => "knowledge item",
            },
        })?;
    let version = found.item.version;
    if !changes_with_time(&found, which) && has_version(&request, version) {
        return Ok(HttpResponse::NotModified()
            .insert_header(etag(version))
            .finish());
    }
    Ok(ItemResponse::new(found, &zone).ok())
}

/// Replaces what an item says, as its next version.
#[utoipa::path(put, path = "/v1/knowledge/{id}", operation_id = "replace_knowledge", tag = "knowledge", security(("key" = ["knowledge"])),
    params(("id" = String, Path, description = "The item's id"),
        ("If-Match" = String, Header, description = "The ETag that was read, or * for whatever stands")),
    request_body = RawKnowledge,
    responses((status = 200, body = ItemResponse, headers(("ETag" = String))),
        (status = "default", description = "A problem; 412 when another version stands, 428 without If-Match", body = crate::error::Problem)))]
pub async fn put(
    caller: Caller<KeepingKnowledge>,
    state: web::Data<AppState>,
    id: Id<KnowledgeId>,
    expected: IfMatch,
    body: Json<RawKnowledge>,
) -> Result<HttpResponse, ApiError> {
    let (zone, now) = (state.shop(&caller.shop).await?.zone(), state.clock.now());
    let content = parse_replacement(body.value, &id.0, &zone)?;
    let edit = Edit {
        shop: &caller.shop,
        id: &id.0,
        expected: &expected.0,
        by: &caller.by,
        at: now,
    };
    let item = replace(state.store.as_ref(), edit, content).await?;
    state.catalog.store_changed();
    Ok(ItemResponse::new(View::standing(item, now), &zone).ok())
}

/// A filter of items by the names of their status, domain and intent.
///
/// # Errors
/// When there is none of a name.
pub fn filter(
    status: Option<String>,
    domain: Option<String>,
    intent: Option<String>,
) -> Result<KnowledgeFilter, ApiError> {
    let at = |field: &'static str| move |fault| ApiError::field(FieldError::new(field, fault));
    let intent = intent.as_deref().map(Intent::parse).transpose();
    Ok(KnowledgeFilter {
        status: status
            .as_deref()
            .map(Status::parse)
            .transpose()
            .map_err(at("status"))?,
        domain: domain
            .as_deref()
            .map(KnowledgeDomain::parse)
            .transpose()
            .map_err(at("domain"))?,
        intent: intent.map_err(at("intent"))?.map(String::from),
        ..KnowledgeFilter::default()
    })
}

fn parse(raw: &RawKnowledge, zone: &TimeZone) -> Result<(KnowledgeId, KnowledgeContent), ApiError> {
    match parse_item(raw, zone) {
        (Some(id), Ok(content)) => Ok((id, content)),
        (None, Ok(_)) => Err(ApiError::field(FieldError::new("id", Fault::Missing))),
        (_, Err(errors)) => Err(ApiError::InvalidFields(errors)),
    }
}

/// The body may leave the id out; where it has one, it is the address's.
fn parse_replacement(
    mut raw: RawKnowledge,
    id: &KnowledgeId,
    zone: &TimeZone,
) -> Result<KnowledgeContent, ApiError> {
    let given = raw.id.replace(id.to_string());
    if given.is_some_and(|given| !given.trim().is_empty() && given.trim() != id.as_str()) {
        let fault = Fault::malformed(
            format!("{id}，与地址里的一致"),
            format!("{id}, as in the address"),
        );
        return Err(ApiError::field(FieldError::new("id", fault)));
    }
    parse(&raw, zone).map(|(_, content)| content)
}

fn which(params: ReadParams, zone: &TimeZone) -> Result<Which, ApiError> {
    let at = |fault| ApiError::field(FieldError::new("as_of", fault));
    match (params.as_of, params.version) {
        (None, None) => Ok(Which::Standing),
        (Some(time), None) => Ok(Which::AsOf(parse_time(&time, zone).map_err(at)?)),
        (None, Some(version)) => Ok(Which::Version(version)),
        (Some(_), Some(_)) => Err(at(Fault::malformed(
            "as_of 和 version 二选一",
            "either as_of or version",
        ))),
    }
}

/// Whether `in_effect` may turn while the version stays: a window opens and
/// closes by itself, and another version may take an old one's place.
fn changes_with_time(view: &View, which: Which) -> bool {
    let window = view.item.content.window;
    match which {
        Which::Standing => window != Window::default(),
        Which::AsOf(_) => false,
        Which::Version(_) => true,
    }
}
