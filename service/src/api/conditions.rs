//! ETag, If-Match and If-None-Match: an item's version is its entity tag.

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Ready, ready};

use crate::domain::fault::{Fault, FieldError};
use crate::error::ApiError;
use crate::knowledge::edit::Expected;

/// The entity tag of a version.
pub fn etag(version: u32) -> (HeaderName, String) {
    (header::ETAG, format!("\"{version}\""))
}

/// The If-Match header, which a change needs.
pub struct IfMatch(pub Expected);

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = joined(request.headers(), header::IF_MATCH);
        let expected = text
            .ok_or(ApiError::PreconditionRequired)
            .and_then(|text| parse_if_match(&text).map_err(ApiError::field));
        ready(expected.map(Self))
    }
}

/// Whether the client has `version` already.
pub fn has_version(request: &HttpRequest, version: u32) -> bool {
    let Some(text) = joined(request.headers(), header::IF_NONE_MATCH) else {
        return false;
    };
    text.trim() == "*"
        || text.split(',').any(|tag| {
            // RFC 9110 compares weakly here.
            let tag = tag.trim();
            tag_version(tag.strip_prefix("W/").unwrap_or(tag)) == Some(version)
        })
}

/// All lines of a header as one.
fn joined(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let lines: Vec<&str> = headers
        .get_all(name)
        .map(|value| value.to_str().unwrap_or("?"))
        .collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

/// Tags of other forms than ours, weak ones among them, are of no version of ours.
fn parse_if_match(text: &str) -> Result<Expected, FieldError> {
    if text.trim() == "*" {
        return Ok(Expected::Whatever);
    }
    let mut versions = Vec::new();
    for tag in text.split(',').map(str::trim) {
        let is_tag =
            tag.len() >= 2 && tag.ends_with('"') && tag.trim_start_matches("W/").starts_with('"');
        if !is_tag {
            let fault = Fault::malformed(
                "实体标签，例如 \"3\"，或 *",
                "an entity tag such as \"3\", or *",
            );
            return Err(FieldError::new("If-Match", fault));
        }
        versions.extend(tag_version(tag));
    }
    Ok(Expected::Versions(versions))
}

fn tag_version(tag: &str) -> Option<u32> {
    tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<Expected>) {
        assert_eq!(parse_if_match(text).ok(), expected, "{text}");
    }

    #[test]
    fn reads_if_match() {
        check(" * ", Some(Expected::Whatever));
        check("\"3\"", Some(Expected::Versions(vec![3])));
        check("\"3\", \"5\"", Some(Expected::Versions(vec![3, 5])));
        check("W/\"3\"", Some(Expected::Versions(vec![])));
        check("\"abc\"", Some(Expected::Versions(vec![])));
        check("3", None);
        check("", None);
        check("\"3\", 5", None);
    }
}
