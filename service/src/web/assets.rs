//! `GET /assets/{release}/{file}`: style, scripts and pictures, out of the binary.
//!
//! The release is a hash of all files: an address never changes its content,
//! and scripts that import one another stay of one release.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};

use super::secure;
use crate::error::ApiError;

const SCRIPT: &str = "text/javascript; charset=utf-8";

struct Asset {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
}

/// Declares an embedded file.
macro_rules! asset {
    ($name:literal, $content_type:expr) => {
        Asset {
            name: $name,
            content_type: $content_type,
            text: include_str!(concat!("../../assets/", $name)),
        }
    };
}

static ASSETS: &[Asset] = &[
    asset!("zhiwen.css", "text/css; charset=utf-8"),
    asset!("console.css", "text/css; charset=utf-8"),
    asset!("try.css", "text/css; charset=utf-8"),
    asset!("suggestion.css", "text/css; charset=utf-8"),
    asset!("docs.css", "text/css; charset=utf-8"),
    asset!("report.css", "text/css; charset=utf-8"),
    asset!("settings.css", "text/css; charset=utf-8"),
    asset!("overview.css", "text/css; charset=utf-8"),
    asset!("panel_page.css", "text/css; charset=utf-8"),
    asset!("knowledge.css", "text/css; charset=utf-8"),
    asset!("questions.css", "text/css; charset=utf-8"),
    asset!("queues.css", "text/css; charset=utf-8"),
    asset!("icon.svg", "image/svg+xml"),
    asset!("icons.svg", "image/svg+xml"),
    asset!("console.js", SCRIPT),
    asset!("try.js", SCRIPT),
    asset!("client.js", SCRIPT),
    asset!("conversation.js", SCRIPT),
    asset!("panel_page.js", SCRIPT),
    asset!("knowledge.js", SCRIPT),
    asset!("suggestion.js", SCRIPT),
    asset!("words.js", SCRIPT),
];

static RELEASE: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in ASSETS {
        hash.update(asset.name);
        hash.update([0]);
        hash.update(asset.text);
        hash.update([0]);
    }
    let digest = hash.finalize();
    digest[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
});

/// The address of a file in this release.
pub fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *RELEASE)
}

/// A file. Under another release's address the present content is served, but
/// not to be kept: while instances are being replaced, a page may come from one
/// and its style from another.
pub async fn read(
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (release, name) = path.into_inner();
    let asset = ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .ok_or(ApiError::NoRoute)?;
    let tag = format!("\"{}\"", *RELEASE);
    let cache = if release == *RELEASE {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let is_held = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        // A compressing proxy makes the tag a weak one.
        .is_some_and(|held| held.split(',').any(|held| held.trim().ends_with(&tag)));
    let mut response = if is_held {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    secure(&mut response)
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, cache));
    if is_held {
        return Ok(response.finish());
    }
    Ok(response.content_type(asset.content_type).body(asset.text))
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};

    use super::*;
    use crate::web::get_or_head;

    async fn get(address: &str, held: Option<&str>) -> actix_web::dev::ServiceResponse {
        let route = get_or_head().to(read);
        let app = init_service(App::new().route("/assets/{release}/{file}", route)).await;
        let mut request = TestRequest::get().uri(address);
        if let Some(held) = held {
            request = request.insert_header((header::IF_NONE_MATCH, held));
        }
        call_service(&app, request.to_request()).await
    }

    fn header_of(response: &actix_web::dev::ServiceResponse, name: header::HeaderName) -> String {
        let value = response.headers().get(name).expect("header");
        value.to_str().expect("text").to_owned()
    }

    #[actix_web::test]
    async fn every_file_is_kept_for_ever_under_its_release() {
        for asset in ASSETS {
            let response = get(&address(asset.name), None).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert!(header_of(&response, header::CACHE_CONTROL).contains("immutable"));
            assert_eq!(
                header_of(&response, header::CONTENT_TYPE),
                asset.content_type
            );
            assert_eq!(read_body(response).await, asset.text);
        }
    }

    #[actix_web::test]
    async fn another_release_is_served_but_not_kept() {
        let response = get("/assets/old/zhiwen.css", None).await;
        assert_eq!(header_of(&response, header::CACHE_CONTROL), "no-cache");
        let tag = header_of(&response, header::ETAG);
        let again = get("/assets/old/zhiwen.css", Some(&format!("W/{tag}"))).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }

    #[actix_web::test]
    async fn there_is_no_way_out_of_the_list() {
        for name in ["nothing.js", "..%2F..%2FCargo.toml"] {
            let response = get(&format!("/assets/x/{name}"), None).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND);
        }
    }

    #[test]
    fn no_file_reaches_outside() {
        for asset in ASSETS {
            for address in ["http://", "https://", "//cdn", "@import", "eval("] {
                let text = asset.text.replace("http://www.w3.org/2000/svg", "");
                assert!(!text.contains(address), "{} has {address}", asset.name);
            }
        }
    }
}
