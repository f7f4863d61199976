//! A knowledge item as the API shows it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::conditions::etag;
use crate::api::path::segment;
use crate::domain::knowledge::Status;
use crate::domain::taxonomy::KnowledgeDomain;
use crate::error::ApiError;
use crate::knowledge::view::View;
use crate::store::KeptReply;

/// An item at one version.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemResponse {
    /// The shop's own stable id.
    #[schema(example = "s-invoice-when")]
    pub id: String,
    /// 1 for the first, one more with each change; also the ETag.
    pub version: u32,
    /// Where it stands in its life.
    pub status: Status,
    /// Who owns the answer.
    pub domain: KnowledgeDomain,
    /// What the question asks, by the taxonomy.
    pub intent: Option<String>,
    /// The question.
    pub title: String,
    /// Its other wordings.
    pub phrasings: Vec<String>,
    /// The answer in a sentence or two.
    pub answer_brief: Option<String>,
    /// The answer that advises.
    pub answer_consultative: Option<String>,
    /// The products it holds for; all when empty.
    pub products: Vec<String>,
    /// The channels it holds for; all when empty.
    pub channels: Vec<String>,
    /// The first moment it is in effect, local to the shop.
    #[schema(example = "2026-11-11 00:00")]
    pub valid_from: Option<String>,
    /// The first moment it is no longer in effect, local to the shop.
    pub valid_until: Option<String>,
    /// Where the fact stands.
    pub source: Option<String>,
    /// Free labels.
    pub tags: Vec<String>,
    /// When the first version came.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// When this version came.
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
    /// Who made this version: the shown part of a key, `import`, a user.
    pub updated_by: String,
    /// Whether agents are given it at the time looked at: this version stands
    /// then, is approved, and its window holds the time.
    pub in_effect: bool,
}

impl ItemResponse {
    /// `view` with its times local to `zone`.
    pub fn new(view: View, zone: &TimeZone) -> Self {
        let View { item, in_effect } = view;
        let raw = item.content.to_raw(&item.id, zone);
        Self {
            id: item.id.to_string(),
            version: item.version,
            status: item.content.status,
            domain: item.content.domain,
            intent: raw.intent,
            title: raw.title,
            phrasings: raw.phrasings,
            answer_brief: raw.answer_brief,
            answer_consultative: raw.answer_consultative,
            products: raw.products,
            channels: raw.channels,
            valid_from: raw.valid_from,
            valid_until: raw.valid_until,
            source: raw.source,
            tags: raw.tags,
            created_at: item.created_at,
            updated_at: item.updated_at,
            updated_by: item.updated_by,
            in_effect,
        }
    }

    /// The reply that shows it.
    pub fn ok(self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(etag(self.version))
            .json(self)
    }
}

/// Where a made item is, for the headers of a reply that was kept without them.
#[derive(Deserialize)]
struct Made {
    id: String,
    version: u32,
}

/// The reply that an item was made, from its body.
///
/// # Errors
/// When the body is not an item.
pub fn created(body: String) -> Result<HttpResponse, ApiError> {
    let made: Made = serde_json::from_str(&body).map_err(ApiError::internal)?;
    Ok(HttpResponse::build(StatusCode::CREATED)
        .insert_header(ContentType::json())
        .insert_header((
            header::LOCATION,
            format!("/v1/knowledge/{}", segment(&made.id)),
        ))
        .insert_header(etag(made.version))
        .body(body))
}

/// The reply that an item was made, given again.
///
/// # Errors
/// When the kept body is not an item.
pub fn created_before(kept: KeptReply) -> Result<HttpResponse, ApiError> {
    let mut response = created(kept.body)?;
    let name = header::HeaderName::from_static("idempotent-replayed");
    let value = header::HeaderValue::from_static("true");
    response.headers_mut().insert(name, value);
    Ok(response)
}
