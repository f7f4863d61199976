//! Bodies and query strings as types, with errors that name the field.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt;
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::de::DeserializeOwned;

use crate::domain::fault::{Fault, Hint, Locale};
use crate::error::ApiError;
use crate::state::AppState;

/// A JSON body: the bytes as they came, and what they say.
pub struct Json<T> {
    /// The body's bytes, for its fingerprint.
    pub bytes: Vec<u8>,
    /// What it says.
    pub value: T,
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = request
            .app_data::<web::Data<AppState>>()
            .map_or(1_048_576, |state| state.settings.server.body_limit_bytes);
        let is_json = media_type(request).is_some_and(|kind| {
            kind == "application/json"
                || (kind.starts_with("application/") && kind.ends_with("+json"))
        });
        let payload = payload.take();
        Box::pin(async move {
            if !is_json {
                return Err(ApiError::UnsupportedMediaType {
                    expected: "application/json".to_owned(),
                });
            }
            let bytes = read_body(payload, limit).await?;
            let value = parse(&bytes)?;
            Ok(Self { bytes, value })
        })
    }
}

/// A query string.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = form_urlencoded::parse(request.query_string().as_bytes());
        let reader = serde_urlencoded::Deserializer::new(pairs);
        let parsed = serde_path_to_error::deserialize(reader).map_err(|error| {
            let path = error.path().to_string();
            let detail = error.into_inner().to_string();
            ApiError::InvalidQuery {
                field: field_at_fault(&path, &detail),
                detail: in_plain_words(&detail),
            }
        });
        ready(parsed.map(Self))
    }
}

/// The request's media type without parameters, in lower case.
pub fn media_type(request: &HttpRequest) -> Option<String> {
    let text = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(
        text.split(';')
            .next()
            .unwrap_or("")
            .trim()
            .to_ascii_lowercase(),
    )
}

/// Reads JSON, naming the field that is at fault.
///
/// # Errors
/// When it is not JSON or not of the type.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let invalid = |field: Option<String>, detail: String| ApiError::InvalidBody { field, detail };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        invalid(
            None,
            format!("byte {} is not valid utf-8", error.valid_up_to()),
        )
    })?;
    // A list would be read as the fields in their order.
    if text.trim_start().starts_with('[') {
        let detail = "is a list, expected an object".to_owned();
        return Err(invalid(None, detail));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let detail = error.into_inner().to_string();
        invalid(field_at_fault(&path, &detail), detail)
    })?;
    reader
        .end()
        .map_err(|error| invalid(None, error.to_string()))?;
    Ok(value)
}

/// The path of the field that a reader's error is about. A missing field is
/// named only in the error's text, after the path of what it is missing from.
fn field_at_fault(path: &str, detail: &str) -> Option<String> {
    let within = match path {
        "." | "?" => "",
        path => path,
    };
    let missing = detail
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split('`').next());
    let field = match (within, missing) {
        ("", Some(missing)) => missing.to_owned(),
        (within, Some(missing)) => format!("{within}.{missing}"),
        (within, None) => within.to_owned(),
    };
    (!field.is_empty()).then_some(field)
}

/// What a reader of a query string found wrong, as people would say it.
fn in_plain_words(detail: &str) -> Hint {
    let malformed = |chinese: &'static str, english: &'static str| {
        let fault = Fault::malformed(chinese, english);
        let message = |locale| fault.message(locale);
        Hint::new(message(Locale::Chinese), message(Locale::English))
    };
    match detail {
        "invalid digit found in string"
        | "cannot parse integer from empty string"
        | "number too large to fit in target type"
        | "number too small to fit in target type" => {
            malformed("整数，例如 7", "a whole number such as 7")
        }
        "invalid float literal" | "cannot parse float from empty string" => {
            malformed("数字，例如 0.5", "a number such as 0.5")
        }
        "provided string was not `true` or `false`" => malformed("true 或 false", "true or false"),
        detail => Hint::new(in_chinese(detail), detail.to_owned()),
    }
}

/// The reader's sentences that have names in them.
fn in_chinese(detail: &str) -> String {
    let names = |rest: &str| rest.replace(" or ", "、").replace(", ", "、");
    let expected = |rest: &str| {
        let listed = rest.split_once("expected one of ");
        let listed = listed.or_else(|| rest.split_once("expected "));
        listed.map(|(_, expected)| names(expected))
    };
    if detail.starts_with("missing field") {
        Fault::Missing.message(Locale::Chinese)
    } else if let Some(rest) = detail.strip_prefix("unknown field ") {
        expected(rest).map_or_else(
            || "没有这个参数".to_owned(),
            |expected| format!("没有这个参数，可以用：{expected}"),
        )
    } else if let Some(rest) = detail.strip_prefix("unknown variant ") {
        expected(rest).map_or_else(
            || "不认识".to_owned(),
            |expected| format!("不认识，可以填：{expected}"),
        )
    } else if detail.starts_with("duplicate field") {
        "重复出现".to_owned()
    } else {
        detail.to_owned()
    }
}

/// The whole of a body.
///
/// # Errors
/// When it is larger than `limit` bytes, or breaks off.
pub async fn read_body(mut payload: Payload, limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| ApiError::InvalidBody {
            field: None,
            detail: error.to_string(),
        })?;
        if bytes.len() + chunk.len() > limit {
            return Err(ApiError::TooLarge { limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_a_query_is_said_in_plain_words() {
        for (detail, chinese, english) in [
            (
                "invalid digit found in string",
                "格式不对，应为：整数，例如 7",
                "is malformed, expected a whole number such as 7",
            ),
            (
                "provided string was not `true` or `false`",
                "格式不对，应为：true 或 false",
                "is malformed, expected true or false",
            ),
            ("missing field `q`", "不能为空", "missing field `q`"),
            (
                "unknown field `colour`, expected one of `q`, `limit`",
                "没有这个参数，可以用：`q`、`limit`",
                "unknown field `colour`, expected one of `q`, `limit`",
            ),
            (
                "unknown variant `old`, expected `new` or `kept`",
                "不认识，可以填：`new`、`kept`",
                "unknown variant `old`, expected `new` or `kept`",
            ),
        ] {
            let said = in_plain_words(detail);
            assert_eq!(said.message(Locale::Chinese), chinese);
            assert_eq!(said.message(Locale::English), english);
        }
    }
}
