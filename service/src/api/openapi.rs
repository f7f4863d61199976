//! `GET /openapi.json`: the API as an OpenAPI 3.1 document.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use bytes::Bytes;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Document, RefOr, Response};
use utoipa::{Modify, OpenApi};

use crate::api::{
    answers, browser_tokens, cluster_edits, clusters, feeds, findings, imports, insights, intents,
    knowledge, knowledge_versions, messages, models, operations, products, push_deliveries, pushes,
    queues, search, suggestions, synonyms, weekly,
};
use crate::error::{ApiError, Problem};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

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
        messages::ingest,
        suggestions::create,
        suggestions::read,
        answers::patch_feedback,
        browser_tokens::create,
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
        findings::list,
        findings::dismiss,
        findings::restore,
        products::list,
        products::put,
        products::delete,
        synonyms::read,
        synonyms::put,
        intents::read,
        intents::put,
        intents::correct,
        models::list,
        models::train,
        models::put_version,
        models::list_jobs,
        models::read_job,
        clusters::list,
        clusters::read,
        clusters::refresh,
        cluster_edits::change,
        cluster_edits::merge,
        cluster_edits::split,
        cluster_edits::list_edits,
        cluster_edits::undo,
        queues::list_proposals,
        queues::approve,
        queues::dismiss,
        queues::reopen,
        queues::list_gaps,
        queues::write,
        weekly::read,
        weekly::revise,
        feeds::read,
        insights::profile,
        insights::read_tags,
        insights::put_tags,
        insights::list_actions,
        insights::add_action,
        insights::change_action,
        insights::delete_action,
        insights::read_policy,
        insights::put_policy,
        pushes::list,
        pushes::create,
        pushes::read,
        pushes::put,
        pushes::delete,
        pushes::test,
        push_deliveries::list,
        push_deliveries::retry,
        operations::healthz,
        operations::readyz,
        operations::metrics,
        openapi,
    ),
    components(schemas(Problem)),
    modifiers(&Keys, &Bodies),
    tags(
        (name = "suggestions", description = "What to answer a buyer, and what became of it"),
        (name = "messages", description = "What buyers and agents say"),
        (name = "knowledge", description = "What the shop knows, with versions and effective windows"),
        (name = "vocabulary", description = "What the shop and its buyers call things"),
        (name = "language", description = "What questions are about, and the models that tell"),
        (name = "insights", description = "What buyers keep asking, and what to do about it"),
        (name = "pushes", description = "Where weekly digests and alarms are pushed, and what became of it"),
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

/// What the handlers' attributes leave out, the same for all of them.
struct Bodies;

impl Modify for Bodies {
    fn modify(&self, document: &mut Document) {
        for item in document.paths.paths.values_mut() {
            let operations = [
                &mut item.get,
                &mut item.put,
                &mut item.post,
                &mut item.patch,
                &mut item.delete,
            ];
            for operation in operations.into_iter().flatten() {
                if let Some(RefOr::T(body)) = &mut operation.request_body {
                    body.content.iter_mut().for_each(leave_binary_open);
                }
                for response in operation.responses.responses.values_mut() {
                    if let RefOr::T(response) = response {
                        complete(response);
                    }
                }
            }
        }
    }
}

/// Problems have a media type of their own, and every response a description.
fn complete(response: &mut Response) {
    if response.description.is_empty() {
        response.description = "Done".to_owned();
    }
    response.content.iter_mut().for_each(leave_binary_open);
    let is_problem = |content: &RefOr<Content>| {
        let RefOr::T(content) = content else {
            return false;
        };
        matches!(&content.schema, Some(RefOr::Ref(schema)) if schema.ref_location.ends_with("/Problem"))
    };
    if response.content.values().any(is_problem) {
        response.content = std::mem::take(&mut response.content)
            .into_values()
            .map(|content| ("application/problem+json".to_owned(), content))
            .collect();
    }
}

/// OpenAPI 3.1 describes bytes by leaving the schema out.
fn leave_binary_open((media_type, content): (&String, &mut RefOr<Content>)) {
    if let (true, RefOr::T(content)) = (media_type == XLSX, content) {
        content.schema = None;
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
#[utoipa::path(get, path = "/openapi.json", operation_id = "read_openapi", tag = "operations", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub async fn openapi() -> Result<HttpResponse, ApiError> {
    let json = JSON.clone().map_err(ApiError::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(json))
}
