//! `GET /v1/feeds/{name}`: what operations, design, warehouse and service should
//! know, as JSON Feed 1.1 (`design.json`) and Atom (`design.atom`).

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HttpDate};
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::api::path::Id;
use crate::auth::{Caller, ReadingInsights};
use crate::domain::fault::Fault;
use crate::error::ApiError;
use crate::insights::feeds::{Feed, FeedState, entries};
use crate::reports::{FeedInfo, atom, json_feed};
use crate::state::AppState;

/// A feed in a format: `design.json`.
#[derive(Debug, Clone, Copy)]
pub struct FeedFile {
    feed: Feed,
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Atom,
}

impl TryFrom<String> for FeedFile {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        let (name, format) = match text.rsplit_once('.') {
            Some((name, "json")) => (name, Format::Json),
            Some((name, "atom")) => (name, Format::Atom),
            _ => {
                return Err(Fault::malformed(
                    "design.json 或 design.atom 这样的订阅",
                    "a feed such as design.json or design.atom",
                ));
            }
        };
        let feed = Feed::parse(name)?;
        Ok(Self { feed, format })
    }
}

/// A feed: `operations`, `design`, `warehouse` or `service`, as `.json` or
/// `.atom`. Each entry is a claim with its evidence, under an id that stays; an
/// entry whose figures move is changed, and one that does not hold any more is
/// left out. Answers 304 to If-None-Match and If-Modified-Since where nothing
/// changed.
#[utoipa::path(get, path = "/v1/feeds/{id}", operation_id = "read_feed", tag = "insights", security(("key" = ["insights", "supervise"])),
    params(("id" = String, Path, description = "The feed with its format, such as design.json")),
    responses((status = 200, headers(("ETag" = String), ("Last-Modified" = String)), content((String = "application/feed+json"), (String = "application/atom+xml"))),
        (status = 304, description = "Nothing changed"),
        (status = "default", description = "A problem", body = crate::error::Problem)))]
pub async fn read(
    caller: Caller<ReadingInsights>,
    state: web::Data<AppState>,
    request: HttpRequest,
    file: Id<FeedFile>,
) -> Result<HttpResponse, ApiError> {
    let FeedFile { feed, format } = file.0;
    let FeedState {
        entries,
        changed_at,
    } = entries(state.desk(), &caller.shop, feed).await?;
    let shop = state.shop(&caller.shop).await?;
    let updated_at = changed_at.unwrap_or(shop.created_at);
    let connection = request.connection_info().clone();
    let base = format!("{}://{}", connection.scheme(), connection.host());
    let info = FeedInfo {
        shop: shop.id.to_string(),
        name: feed.as_str().to_owned(),
        title: format!("{} · {}", shop.name, feed.title(shop.locale)),
        author: shop.name.clone(),
        locale: shop.locale,
        home_url: base.clone(),
        self_url: format!("{base}{}", request.path()),
        updated_at,
    };
    let (media_type, body) = match format {
        Format::Json => ("application/feed+json", json_feed(&info, &entries)),
        Format::Atom => ("application/atom+xml; charset=utf-8", atom(&info, &entries)),
    };
    Ok(answer(&request, media_type, body, updated_at))
}

fn answer(
    request: &HttpRequest,
    media_type: &str,
    body: String,
    updated_at: Timestamp,
) -> HttpResponse {
    let digest = Sha256::digest(&body);
    let tag: String = digest[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = format!("\"{tag}\"");
    let is_known = is_known(request, &tag, updated_at);
    let status = if is_known {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    };
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::LAST_MODIFIED, http_date(updated_at).to_string()));
    if is_known {
        response.finish()
    } else {
        response.content_type(media_type).body(body)
    }
}

/// Whether the reader has it already: by its tag, or, where it sent none, by its time.
fn is_known(request: &HttpRequest, tag: &str, updated_at: Timestamp) -> bool {
    let text = |name| request.headers().get(name)?.to_str().ok();
    if let Some(tags) = text(header::IF_NONE_MATCH) {
        let known = |known: &str| known.trim().trim_start_matches("W/") == tag;
        return tags.trim() == "*" || tags.split(',').any(known);
    }
    let since = text(header::IF_MODIFIED_SINCE).and_then(|text| text.parse::<HttpDate>().ok());
    since.is_some_and(|since| since >= http_date(updated_at))
}

/// To the second, as HTTP has it.
fn http_date(at: Timestamp) -> HttpDate {
    HttpDate::from(std::time::SystemTime::from(at))
}
