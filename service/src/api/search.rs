//! `GET /v1/search`: search for people, by the code that suggestions come from.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zhiwen_models::privacy::mask;

use crate::answering::{self, Found, Query as Search, live};
use crate::api::json::Query;
use crate::api::suggestion_response::ExplainResponse;
use crate::auth::{Caller, Searching};
use crate::domain::fault::{Fault, FieldError};
use crate::domain::ids::{ChannelId, ProductId};
use crate::domain::knowledge::Status;
use crate::domain::suggestion::Degraded;
use crate::domain::taxonomy::KnowledgeDomain;
use crate::domain::text::Text;
use crate::domain::time::parse_time;
use crate::error::ApiError;
use crate::state::AppState;

const MOST_CHARACTERS: usize = 1_000;
const MOST_RESULTS: usize = 50;

/// What is searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// The question.
    pub q: String,
    /// Only items for this product or for all.
    pub product_id: Option<String>,
    /// Only items for this channel or for all.
    pub channel: Option<String>,
    /// `product`, `process` or `warehouse`.
    pub domain: Option<String>,
    /// `draft`, `approved` (the default), `archived` or `any`.
    pub status: Option<String>,
    /// Only items in effect at this time, RFC 3339 or local to the shop; now when absent, `any` for all.
    pub as_of: Option<String>,
    /// The most results, 1 to 50; 10 when absent.
    pub limit: Option<usize>,
}

/// Search results.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchResponse {
    /// The products that the search was narrowed to.
    pub product_ids: Vec<String>,
    /// Best first.
    pub results: Vec<SearchResult>,
    /// What of the service did not take part though it should have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<Degraded>,
}

/// A result.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchResult {
    /// The knowledge item.
    pub knowledge_id: String,
    /// Its version.
    pub version: u32,
    /// Its status.
    pub status: Status,
    /// Who owns it.
    pub domain: KnowledgeDomain,
    /// The question.
    pub title: String,
    /// The answer in a sentence or two.
    pub answer_brief: Option<String>,
    /// The answer that advises.
    pub answer_consultative: Option<String>,
    /// Where the fact stands.
    pub source: Option<String>,
    /// The estimated probability that it is right.
    pub confidence: f32,
    /// The parts of the score.
    pub explain: ExplainResponse,
}

/// Searches the shop's knowledge.
#[utoipa::path(get, path = "/v1/search", operation_id = "search_knowledge", tag = "knowledge", security(("key" = ["suggest", "knowledge", "supervise"])), params(SearchParams),
    responses((status = 200, body = SearchResponse), (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn search(
    caller: Caller<Searching>,
    state: web::Data<AppState>,
    params: Query<SearchParams>,
) -> Result<HttpResponse, ApiError> {
    let searchable = state.catalog.searchable(&caller.shop)?;
    let wanted = Wanted::parse(params.0, &searchable.shop.zone(), state.clock.now())?;
    let prepared = live::owned(move |searchable| answering::prepare(searchable, &wanted.query()));
    let (retrieved, degraded) = live::search(state.bench(), searchable, prepared).await?;
    Ok(HttpResponse::Ok().json(SearchResponse {
        product_ids: retrieved.products,
        results: retrieved.found.into_iter().map(present).collect(),
        degraded,
    }))
}

struct Wanted {
    text: String,
    product: Option<ProductId>,
    channel: Option<ChannelId>,
    domain: Option<KnowledgeDomain>,
    status: Option<Status>,
    at: Option<jiff::Timestamp>,
    limit: usize,
}

impl Wanted {
    fn query(&self) -> Search<'_> {
        Search {
            text: &self.text,
            product: self.product.as_ref(),
            channel: self.channel.as_ref(),
            domain: self.domain,
            status: self.status,
            at: self.at,
            limit: self.limit,
            ..Search::default()
        }
    }

    fn parse(
        params: SearchParams,
        zone: &jiff::tz::TimeZone,
        now: jiff::Timestamp,
    ) -> Result<Self, ApiError> {
        let at = |field: &'static str| {
            move |fault: Fault| ApiError::field(FieldError::new(field, fault))
        };
        let limit = params.limit.unwrap_or(10);
        if !(1..=MOST_RESULTS).contains(&limit) {
            return Err(at("limit")(Fault::outside(1, MOST_RESULTS)));
        }
        let text = Text::lines(&params.q, MOST_CHARACTERS).map_err(at("q"))?;
        Ok(Self {
            // People paste buyers' messages here.
            text: mask(&text).into_string(),
            product: params
                .product_id
                .as_deref()
                .map(ProductId::parse)
                .transpose()
                .map_err(at("product_id"))?,
            channel: params
                .channel
                .as_deref()
                .map(ChannelId::parse)
                .transpose()
                .map_err(at("channel"))?,
            domain: params
                .domain
                .as_deref()
                .map(KnowledgeDomain::parse)
                .transpose()
                .map_err(at("domain"))?,
            status: match params.status.as_deref() {
                Some("any") => None,
                Some(status) => Some(Status::parse(status).map_err(at("status"))?),
                None => Some(Status::Approved),
            },
            at: match params.as_of.as_deref() {
                Some("any") => None,
                Some(time) => Some(parse_time(time, zone).map_err(at("as_of"))?),
                None => Some(now),
            },
            limit,
        })
    }
}

fn present(found: Found) -> SearchResult {
    let item = found.item;
    SearchResult {
        knowledge_id: item.id,
        version: item.version,
        status: item.status,
        domain: item.domain,
        title: item.title,
        answer_brief: item.answer_brief,
        answer_consultative: item.answer_consultative,
        source: item.source,
        confidence: found.confidence,
        explain: found.parts.into(),
    }
}
