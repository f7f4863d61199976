//! `GET /panel.js`: `<zhiwen-panel>` for the pages of others. `GET /panel`: a page
//! of our own that holds it, for workbenches that can show a page in a frame.

use std::sync::LazyLock;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::language::Language;
use super::{CONTENT_POLICY, assets, page, secure};
use crate::auth::browser::{BrowserToken, MintedBy};
use crate::auth::{Suggesting, Visitor};
use crate::domain::fault::FieldError;
use crate::domain::ids::AgentId;
use crate::domain::origin::Origin;
use crate::domain::time::plus_seconds;
use crate::error::ApiError;
use crate::state::AppState;

/// How long a token of the page lives; it is renewed meanwhile.
const TOKEN_SECONDS: i64 = 900;

/// One file, so that a page needs one address, one hash and one line of policy.
const SCRIPT: &str = include_str!("../../assets/panel.js");

static SCRIPT_TAG: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::digest(SCRIPT);
    let hash: String = digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{hash}\"")
});

/// The panel's script. Its address never changes, so that it is asked for
/// again after a few minutes.
pub async fn script(request: HttpRequest) -> HttpResponse {
    let held = request.headers().get(header::IF_NONE_MATCH);
    let is_held = held
        .and_then(|value| value.to_str().ok())
        // A compressing proxy makes the tag a weak one.
        .is_some_and(|held| {
            let mut tags = held
                .split(',')
                .map(|tag| tag.trim().trim_start_matches("W/"));
            tags.any(|tag| tag == *SCRIPT_TAG)
        });
    let mut response = if is_held {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    secure(&mut response)
        .insert_header((header::ETAG, SCRIPT_TAG.as_str()))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        // For every page: the same for all, and no secret.
        .insert_header(("cross-origin-resource-policy", "cross-origin"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    if is_held {
        return response.finish();
    }
    response
        .content_type("text/javascript; charset=utf-8")
        .body(SCRIPT)
}

/// The page. Messages come from the window around it, a token from the person
/// who is signed in.
#[derive(Template)]
#[template(path = "panel.html")]
struct PanelPage {
    language: Language,
    /// Whose messages it listens to, with blanks between.
    origins: String,
}

impl PanelPage {
    fn asset(&self, name: &str) -> String {
        assets::address(name)
    }
}

/// The page with the panel.
pub async fn show(
    state: web::Data<AppState>,
    language: Language,
) -> Result<HttpResponse, ApiError> {
    let ancestors = &state.settings.panel.frame_ancestors;
    let template = PanelPage {
        language,
        origins: ancestors.join(" "),
    };
    let mut response = page(&template, language)?;
    if !ancestors.is_empty() {
        let allowed = format!("frame-ancestors {}", ancestors.join(" "));
        let policy = CONTENT_POLICY.replace("frame-ancestors 'none'", &allowed);
        let policy = HeaderValue::from_str(&policy).map_err(ApiError::internal)?;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let vary = HeaderValue::from_static("accept-language");
    response.headers_mut().append(header::VARY, vary);
    Ok(response)
}

/// A token as the panel takes it.
#[derive(Serialize)]
struct PanelToken {
    token: String,
    expires_at: Timestamp,
}

/// `POST /panel/token`: a browser token for whoever is signed in. It is worth
/// nothing to another site, which can neither read the reply nor use the token.
///
/// # Errors
/// When nobody is signed in, the role asks for no suggestions, or the request
/// is not of a page.
pub async fn token(
    visitor: Visitor<Suggesting>,
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let origin = request.headers().get(header::ORIGIN);
    let origin = origin.and_then(|origin| origin.to_str().ok());
    let origin = Origin::parse(origin.unwrap_or(""))
        .map_err(|fault| ApiError::field(FieldError::new("Origin", fault)))?;
    let shop = state.shop(visitor.shop()).await?;
    let token = BrowserToken {
        shop: shop.id.clone(),
        origin,
        agent: AgentId::parse(&visitor.by()).ok(),
        minted_by: MintedBy::Person(visitor.by()),
        expires_at: plus_seconds(state.clock.now(), TOKEN_SECONDS),
    };
    let reply = PanelToken {
        token: token.seal(&shop.secret)?,
        expires_at: token.expires_at,
    };
    Ok(secure(&mut HttpResponse::Ok())
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(reply))
}
