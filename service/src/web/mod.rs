//! Pages for people: plain HTML from the binary, under a policy that starts from nothing.
//!
//! A page is an askama struct, so all that it shows is escaped. It has no
//! inline script and no inline style, and loads nothing from elsewhere.

pub mod account_page;
pub mod assets;
pub mod audit_page;
pub mod chart;
pub mod console;
pub mod contradictions_page;
pub mod docs_page;
pub mod events;
pub mod fault_page;
pub mod insights_pages;
pub mod keys_page;
pub mod knowledge_columns;
pub mod knowledge_draft;
pub mod knowledge_editor;
pub mod knowledge_import;
pub mod knowledge_item;
pub mod knowledge_list;
pub mod knowledge_search;
pub mod knowledge_upload;
pub mod knowledge_versions;
pub mod knowledge_view;
pub mod language;
pub mod overview_page;
pub mod panel_page;
pub mod people_page;
pub mod policy_page;
pub mod push_form;
pub mod pushes_page;
pub mod question_actions;
pub mod question_edits;
pub mod question_page;
pub mod questions_map;
pub mod questions_page;
pub mod queues_pages;
pub mod sign_in;
pub mod try_page;
pub mod weekly_page;
pub mod welcome;

mod audit_commands;
mod audit_words;
mod curl;
mod knowledge_changes;
mod lists;
mod overview_tiles;
mod problems;
mod prose;
mod question_history;
mod question_view;
mod questions_filter;
mod questions_parts;
mod queue_cards;
mod queue_form;
mod queue_place;
mod reference;
mod schema;
mod treemap;

use actix_web::body::MessageBody;
use actix_web::http::{StatusCode, header};
use actix_web::web::route;
use actix_web::{HttpResponse, HttpResponseBuilder, Route, guard};
use askama::Template;

use crate::error::ApiError;
use language::Language;

/// What a page may load and do.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// Where in the site a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The API reference.
    Docs,
    /// None of the entries: signing in, a fault.
    Elsewhere,
}

/// What the frame around every page shows.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// The page's language.
    pub language: Language,
    /// Which entry of the navigation is current.
    pub here: Place,
}

impl Frame {
    /// The address of an embedded file.
    fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// `page` where this is the page shown: the value of `aria-current`.
    fn current(&self, place: Place) -> &'static str {
        if self.here == place { "page" } else { "false" }
    }
}

/// A route that answers GET, and HEAD without a body.
pub fn get_or_head() -> Route {
    route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Adds the headers that every page and asset carries.
pub fn secure(response: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // With less, browsers would not say of a form of ours that it is ours.
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header(("cross-origin-opener-policy", "same-origin"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
}

/// A page, fresh at every visit.
///
/// # Errors
/// When the template cannot be rendered.
pub fn page(template: &impl Template, language: Language) -> Result<HttpResponse, ApiError> {
    let html = template.render().map_err(ApiError::internal)?;
    Ok(page_of(html, language))
}

/// A page of that status: a form with what is wrong with it, say.
///
/// # Errors
/// When the template cannot be rendered.
pub fn page_with_status(
    template: &impl Template,
    language: Language,
    status: StatusCode,
) -> Result<HttpResponse, ApiError> {
    let mut response = page(template, language)?;
    *response.status_mut() = status;
    Ok(response)
}

/// To another page, which is then asked for by GET.
pub fn see_other(path: &str) -> HttpResponse {
    secure(&mut HttpResponse::SeeOther())
        .insert_header((header::LOCATION, path))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// A page that is rendered already.
fn page_of(html: impl MessageBody + 'static, language: Language) -> HttpResponse {
    secure(&mut HttpResponse::Ok())
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .body(html)
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, HttpRequest};

    use super::*;

    async fn docs(request: HttpRequest) -> Result<HttpResponse, ApiError> {
        docs_page::show(&request, || ())
    }

    async fn visit(path: &str) -> (StatusCode, header::HeaderMap, String) {
        let app = App::new().route("/docs", get_or_head().to(docs));
        let app = init_service(app).await;
        let response = call_service(&app, TestRequest::get().uri(path).to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = String::from_utf8(read_body(response).await.to_vec()).expect("text");
        (status, headers, body)
    }

    #[actix_web::test]
    async fn every_page_carries_the_headers_and_nothing_inline() {
        for path in ["/docs", "/docs?lang=en"] {
            let (status, headers, body) = visit(path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            let policy = headers
                .get(header::CONTENT_SECURITY_POLICY)
                .expect("a policy");
            assert_eq!(policy, CONTENT_POLICY);
            assert!(CONTENT_POLICY.starts_with("default-src 'none'; script-src 'self';"));
            for (name, value) in [
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::REFERRER_POLICY, "same-origin"),
                (header::CACHE_CONTROL, "private, no-cache"),
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            ] {
                assert_eq!(
                    headers.get(&name).expect("a header"),
                    value,
                    "{path} {name}"
                );
            }
            for inline in ["<style", " style=", "onclick=", "javascript:", "http-equiv"] {
                assert!(!body.contains(inline), "{path} has {inline}");
            }
            let scripts = body.matches("<script").count();
            assert_eq!(
                scripts,
                body.matches("<script type=\"module\" src=").count()
            );
        }
    }
}
