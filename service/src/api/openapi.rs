//! `GET /openapi.json`: the API as an OpenAPI 3.1 document.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use bytes::Bytes;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::api::{
    answers, imports, knowledge, knowledge_versions, operations, products, search, suggestions,
    synonyms,
};
use crate::error::{ApiError, Problem};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Zhiwen 知问",
        description = "A copilot for the customer-service team of an online shop.\n\n\
            Errors are problem details (RFC 9457) with a stable `type` and the request's id. \
            Lists come in pages: hand `next_cursor` in as `cursor`. POSTs that take an \
            `Idempotency-Key` are done once however often they come. Messages are in the \
            language of `Accept-Language`, English or Chinese.",
    ),
    paths(
        suggestions::create,
        suggestions::read,
        answers::patch_feedback,
        search::search,
        knowledge::create,
        knowledge::list,
        knowledge::read,
        knowledge::put,
        knowledge_versions::list,
        knowledge_versions::compare,
        knowledge_versions::revert,
        imports::import,
        imports::export,
        products::list,
        products::put,
        products::delete,
        synonyms::read,
        synonyms::put,
        operations::healthz,
        operations::readyz,
        operations::metrics,
        openapi,
    ),
    components(schemas(Problem)),
    modifiers(&Keys),
    tags(
        (name = "suggestions", description = "What to answer a buyer, and what became of it"),
        (name = "knowledge", description = "What the shop knows, with versions and effective windows"),
        (name = "vocabulary", description = "What the shop and its buyers call things"),
        (name = "operations", description = "Health, metrics and this document"),
    )
)]
struct Api;

/// How callers say who they are.
struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut Document) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.bearer_format = Some("zw_…".to_owned());
        scheme.description = Some(
            "An API key of one shop. A key has scopes; each operation names those of which it needs any one."
                .to_owned(),
        );
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// The document.
pub fn document() -> Document {
    Api::openapi()
}

static JSON: LazyLock<Result<Bytes, String>> = LazyLock::new(|| {
    serde_json::to_vec_pretty(&document())
        .map(Bytes::from)
        .map_err(|error| error.to_string())
});

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub async fn openapi() -> Result<HttpResponse, ApiError> {
    let json = JSON.clone().map_err(ApiError::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(json))
}
