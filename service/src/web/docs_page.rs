//! `GET /docs`: the API reference, drawn from the OpenAPI document, without scripts.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use askama::Template;
use serde::Serialize;
use serde_json::Value;

use super::language::Language;
use super::problems::{PROBLEMS, ProblemKind};
use super::prose::Block;
use super::reference::Reference;
use super::{Frame, Place, page_of};
use crate::domain::fault::Locale;
use crate::error::ApiError;

const ENGLISH: Language = Language(Locale::English);

/// The reference page.
#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage {
    frame: Frame,
    reference: Reference,
    problems: &'static [ProblemKind],
}

/// The API reference, drawn from `document` at the first visit: it never
/// changes while the service runs.
pub async fn show<D: Serialize>(document: impl Fn() -> D) -> Result<HttpResponse, ApiError> {
    static PAGE: OnceLock<Result<String, String>> = OnceLock::new();
    let page = PAGE.get_or_init(|| {
        let document = serde_json::to_value(document()).map_err(|error| error.to_string())?;
        render(&document).map_err(|error| error.to_string())
    });
    match page {
        Ok(html) => Ok(page_of(html.clone(), ENGLISH)),
        Err(error) => Err(ApiError::internal(error.as_str())),
    }
}

fn render(document: &Value) -> Result<String, askama::Error> {
    let template = DocsPage {
        frame: Frame {
            language: ENGLISH,
            here: Place::Docs,
        },
        reference: Reference::read(document),
        problems: PROBLEMS,
    };
    template.render()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_of_the_document_is_escaped() {
        let evil = "<script>alert(1)</script>\"'&";
        let document = json!({
            "info": {"title": evil, "version": evil, "description": format!("{evil} `{evil}`")},
            "tags": [{"name": evil, "description": evil}],
            "paths": {evil: {"post": {
                "tags": [evil], "summary": evil, "description": format!("- {evil}"),
                "security": [{"key": [evil]}],
                "parameters": [{"name": evil, "in": evil, "required": true, "description": evil, "example": evil}],
                "requestBody": {"content": {evil: {"schema": {"properties": {
                    evil: {"type": evil, "description": evil, "example": evil, "enum": [evil]},
                }}}}},
                "responses": {evil: {"description": evil, "content": {evil: {"schema": {"type": evil}}}}},
            }}},
        });
        let html = render(&document).expect("a page");
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&#60;script&#62;"), "{html}");
    }

    #[test]
    fn an_operation_is_shown_whole() {
        let document = json!({
            "info": {"title": "Zhiwen", "version": "1"},
            "paths": {"/v1/things": {"post": {
                "tags": ["things"], "summary": "Makes a thing.", "security": [{"key": ["admin"]}],
                "requestBody": {"content": {"application/json": {"schema": {
                    "type": "object", "required": ["id"],
                    "properties": {"id": {"type": "string", "description": "Its `id`.", "example": "t-1"}},
                }}}},
                "responses": {"200": {"description": "Made"}},
            }}},
        });
        let html = render(&document).expect("a page");
        for part in [
            "id=\"post-v1-things\"",
            "href=\"#post-v1-things\"",
            "Makes a thing",
            "<span class=\"tag\">admin</span>",
            "Its <code>id</code>.",
            "required",
            "&#34;id&#34;: &#34;t-1&#34;",
            "urn:zhiwen:problem:</span>version-conflict",
        ] {
            assert!(html.contains(part), "{part} is missing in {html}");
        }
    }
}
