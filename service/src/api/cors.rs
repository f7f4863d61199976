//! Cross-origin calls: those that the panel makes from a foreign page, and no others.
//!
//! A page is let read a reply only where its own token came with the request.
//! Cookies never count: credentials are never allowed, so that a browser sends
//! none along, and these endpoints take none.

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::route;
use actix_web::{HttpRequest, HttpResponse, Route, guard};

/// What the panel calls, by route.
const CALLS: [(&str, &str); 2] = [
    ("/v1/suggestions", "POST"),
    ("/v1/answers/{id}/feedback", "PATCH"),
];

/// How long a browser remembers a preflight. Chromium keeps none longer.
const PREFLIGHT_SECONDS: &str = "7200";

/// What a reply says about the page that asked.
pub struct Cors {
    /// Whether the reply may differ from page to page.
    varies: bool,
    /// The page's origin, where it may read the reply.
    reader: Option<HeaderValue>,
}

impl Cors {
    /// Of a request for `route` with these headers.
    pub fn of(headers: &HeaderMap, route: &str) -> Self {
        let is_panel_call = CALLS.iter().any(|(path, _)| *path == route);
        let reader = headers
            .get(header::ORIGIN)
            .filter(|_| is_panel_call && has_browser_token(headers))
            .cloned();
        Self {
            varies: is_panel_call,
            reader,
        }
    }

    /// Says it on the reply.
    pub fn mark(self, headers: &mut HeaderMap) {
        if self.varies {
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
        if let Some(origin) = self.reader {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("retry-after, x-request-id"),
            );
        }
    }
}

/// Whether a browser token came along, valid or not: that an expired one has
/// expired is for its page to read.
fn has_browser_token(headers: &HeaderMap) -> bool {
    let authorization = headers.get(header::AUTHORIZATION);
    authorization
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split_once(' '))
        .is_some_and(|(_, presented)| crate::auth::browser::is_one(presented.trim()))
}

/// The route that answers a browser's question before it makes the call itself.
pub fn preflight() -> Route {
    route().guard(guard::Options()).to(answer_preflight)
}

/// Any origin may ask, and is told what the panel's calls look like. A
/// preflight carries no token to tell origins apart by, and nothing depends on
/// it: the call that follows opens nothing without a token for that very
/// origin, and no cookie goes with it.
async fn answer_preflight(request: HttpRequest) -> HttpResponse {
    let route = request.match_pattern().unwrap_or_default();
    let methods = CALLS.iter().find(|(path, _)| *path == route);
    let mut response = HttpResponse::build(StatusCode::NO_CONTENT);
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            methods.map_or(Method::OPTIONS.as_str(), |(_, method)| *method),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS),
    ] {
        response.insert_header((name, value));
    }
    response.finish()
}
