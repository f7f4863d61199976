//! `GET /docs`: the API reference, drawn from the OpenAPI document, without scripts.

use std::error::Error;
use std::io::Write;
use std::sync::OnceLock;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
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

/// The page as it is sent.
struct Rendered {
    html: Bytes,
    /// The same in a tenth of the bytes. It holds nothing secret, so that its
    /// length may be seen.
    gzip: Bytes,
}

/// The API reference, drawn from `document` at the first visit: it never
/// changes while the service runs.
///
/// # Errors
/// When the document cannot be drawn.
pub fn show<D: Serialize>(
    request: &HttpRequest,
    document: impl Fn() -> D,
) -> Result<HttpResponse, ApiError> {
    static PAGE: OnceLock<Result<Rendered, String>> = OnceLock::new();
    let page = PAGE.get_or_init(|| prepare(&document()).map_err(|error| error.to_string()));
    let page = page
        .as_ref()
        .map_err(|error| ApiError::internal(error.as_str()))?;
    let is_compressed = takes_gzip(request);
    let body = if is_compressed {
        &page.gzip
    } else {
        &page.html
    };
    let mut response = page_of(body.clone(), ENGLISH);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_compressed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// Whether the caller reads gzip and has not refused it by `q=0`.
fn takes_gzip(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or("");
    accepted.split(',').any(|choice| {
        let (name, weight) = choice.split_once(";q=").unwrap_or((choice, "1"));
        let weight: f32 = weight.trim().parse().unwrap_or(0.0);
        name.trim() == "gzip" && weight > 0.0
    })
}

fn prepare(document: &impl Serialize) -> Result<Rendered, Box<dyn Error>> {
    let html = render(&serde_json::to_value(document)?)?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(html.as_bytes())?;
    Ok(Rendered {
        gzip: encoder.finish()?.into(),
        html: html.into(),
    })
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
    use std::io::Read;

    use actix_web::test::TestRequest;
    use flate2::read::GzDecoder;
    use serde_json::json;

    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        for (accepted, expected) in [
            ("gzip", true),
            ("deflate, gzip;q=0.5, br", true),
            ("br, gzip;q=0", false),
            ("identity", false),
            ("", false),
        ] {
            let request = TestRequest::default().insert_header(("accept-encoding", accepted));
            let request = request.to_http_request();
            assert_eq!(takes_gzip(&request), expected, "{accepted}");
        }
    }

    #[test]
    fn both_forms_say_the_same() {
        let page = prepare(&json!({"info": {"title": "知问"}})).expect("a page");
        let mut html = String::new();
        let mut plain = GzDecoder::new(page.gzip.as_ref());
        plain.read_to_string(&mut html).expect("gzip");
        assert_eq!(html.as_bytes(), page.html);
    }

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
