//! The only map from an error to a status and a problem body (RFC 9457).
//!
//! A client never sees an internal cause: the log line of the failed request
//! has it, under the request id that the client got. The log in turn never sees
//! what a client wrote: an [`ApiError`] says what kind it is, and only its
//! problem body quotes.

mod causes;

use std::cell::RefCell;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::fault::{FieldError, Hint, Locale};
use crate::domain::key::Scope;
use crate::domain::person::Role;
use crate::domain::reading::in_chinese;
use crate::knowledge::report::ImportReport;
use crate::store::StoreError;

/// A list of a request has fewer elements than a telephone number has digits.
const MOST_PLACE_DIGITS: usize = 6;

/// What a handler or an extractor fails with. Said as text it goes to the log:
/// no word of a request, or of a file, is in it.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The body is not JSON, or not of the type that the endpoint takes.
    #[error("request body is invalid")]
    InvalidBody {
        /// The field's path, if it is known.
        field: Option<String>,
        /// What is wrong.
        detail: String,
    },
    /// The query string is not of the type that the endpoint takes.
    #[error("query string is invalid")]
    InvalidQuery {
        /// The parameter, if it is known.
        field: Option<String>,
        /// What is wrong, in both languages.
        detail: Hint,
    },
    /// Values that do not hold.
    #[error("request has invalid fields")]
    InvalidFields(Vec<FieldError>),
    /// The body is larger than it may be.
    #[error("request body is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes.
        limit: usize,
    },
    /// The body is of a media type that the endpoint does not take.
    #[error("media type is not supported, expected {expected}")]
    UnsupportedMediaType {
        /// What it takes.
        expected: String,
    },
    /// No key, or none that is valid now.
    #[error("api key is {what}")]
    Unauthorized {
        /// missing, malformed, unknown, expired, revoked.
        what: &'static str,
    },
    /// A browser token that is not valid now: a new one helps.
    #[error("browser token {what}")]
    InvalidToken {
        /// is malformed, has expired, comes from a key that is revoked.
        what: &'static str,
    },
    /// A browser token that is valid, but not for this.
    #[error("browser token {what}")]
    ForbiddenToken {
        /// is for another origin, opens suggestions and feedback alone.
        what: &'static str,
    },
    /// The key has none of the scopes.
    #[error("api key lacks the scope")]
    Forbidden {
        /// Any one of these would do.
        scopes: &'static [Scope],
    },
    /// The person's role has none of the scopes.
    #[error("role does not open this")]
    ForbiddenRole {
        /// The person's.
        role: Role,
        /// Any one of these would do.
        scopes: &'static [Scope],
    },
    /// A form is of another session, or was sent by another site.
    #[error("form is out of date")]
    FormExpired,
    /// There is no such thing in the caller's shop.
    #[error("{what} not found")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
    },
    /// There is no such route.
    #[error("route not found")]
    NoRoute,
    /// The route takes other methods.
    #[error("method is not allowed here, expected {methods}")]
    MethodNotAllowed {
        /// Those that it takes, as the Allow header has them.
        methods: &'static str,
    },
    /// There is one of that id already.
    #[error("{what} exists already")]
    Exists {
        /// The kind of thing.
        what: &'static str,
    },
    /// The item changed since the caller read it.
    #[error("item is at version {current}")]
    VersionConflict {
        /// The version that stands.
        current: u32,
    },
    /// A change needs If-Match.
    #[error("if-match header is missing")]
    PreconditionRequired,
    /// The Idempotency-Key came before with another request.
    #[error("idempotency key was used for another request")]
    IdempotencyMismatch,
    /// The file as a whole cannot be imported or exported.
    #[error("file is at fault")]
    InvalidFile {
        /// What is wrong, in the caller's language.
        detail: String,
    },
    /// Rows of the file are refused, so that nothing of it was written.
    #[error("{} rows of the file are refused", .0.refused)]
    ImportRefused(Box<ImportReport>),
    /// Too much work waits.
    #[error("service is at capacity")]
    Overloaded,
    /// The shop's index is being built.
    #[error("index is being built: {done} of {total} changes")]
    IndexBuilding {
        /// Changes done.
        done: u64,
        /// Changes to do.
        total: u64,
    },
    /// The disk is full or the store is out of reach.
    #[error("store is unavailable")]
    StoreUnavailable(#[source] StoreError),
    /// The disk is full or cannot be written.
    #[error("disk is unavailable")]
    DiskUnavailable(#[from] std::io::Error),
    /// Anything else: the caller learns only the request id.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A problem body.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A stable name: `urn:zhiwen:problem:invalid-fields`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The problem in short; the same for every occurrence.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// This occurrence in words.
    pub detail: String,
    /// The request's id, also in the log and in `X-Request-Id`.
    pub request_id: String,
    /// Each thing wrong, by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
    /// The version that stands, where another was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u32>,
    /// What an import found, where it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Box<ImportReport>>,
}

/// One thing wrong with one field.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// The field's path.
    pub field: String,
    /// What is wrong, in the caller's language.
    pub message: String,
}

/// What an error body says of its request. Set around every request.
#[derive(Debug, Clone, Default)]
pub struct RequestContext {
    /// The request's id.
    pub id: String,
    /// The caller's language.
    pub locale: Locale,
}

tokio::task_local! {
    /// The request that the current task answers.
    pub static REQUEST: RefCell<RequestContext>;
}

/// The context of the request that is being answered.
pub fn request_context() -> RequestContext {
    REQUEST
        .try_with(|context| context.borrow().clone())
        .unwrap_or_default()
}

impl ApiError {
    /// An internal error from any cause.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// One field at fault.
    pub fn field(error: FieldError) -> Self {
        Self::InvalidFields(vec![error])
    }

    /// The path of the first field at fault, for the log: `messages[2].at`. A
    /// field that the caller made up may be a word of a buyer's, or a number:
    /// `None` unless it is spelled as our own are.
    pub fn field_at_fault(&self) -> Option<&str> {
        let field = match self {
            Self::InvalidBody { field, .. } | Self::InvalidQuery { field, .. } => field.as_deref(),
            Self::InvalidFields(errors) => errors.first().map(|error| error.field.as_str()),
            _ => None,
        };
        field.filter(|field| is_our_path(field))
    }

    /// The stable name and title of each kind of problem.
    fn name_and_title(&self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidBody { .. } => ("invalid-body", "The request body cannot be read"),
            Self::InvalidQuery { .. } => ("invalid-query", "The query string cannot be read"),
            Self::InvalidFields(_) => ("invalid-fields", "Some fields are invalid"),
            Self::TooLarge { .. } => ("too-large", "The request body is too large"),
            Self::UnsupportedMediaType { .. } => {
                ("unsupported-media-type", "The media type is not supported")
            }
            Self::Unauthorized { .. } => ("unauthorized", "A valid API key is needed"),
            Self::InvalidToken { .. } => ("invalid-token", "A valid browser token is needed"),
            Self::ForbiddenToken { .. } => ("forbidden-token", "The browser token may not do this"),
            Self::Forbidden { .. } => ("forbidden", "The API key may not do this"),
            Self::ForbiddenRole { .. } => ("forbidden-role", "Your role may not do this"),
            Self::FormExpired => ("form-expired", "The page is out of date"),
            Self::NotFound { .. } => ("not-found", "There is no such thing in this shop"),
            Self::NoRoute => ("no-route", "There is no such route"),
            Self::MethodNotAllowed { .. } => {
                ("method-not-allowed", "The route takes other methods")
            }
            Self::Exists { .. } => ("exists", "There is one of that id already"),
            Self::VersionConflict { .. } => ("version-conflict", "The item has changed meanwhile"),
            Self::PreconditionRequired => {
                ("precondition-required", "A change needs an If-Match header")
            }
            Self::IdempotencyMismatch => (
                "idempotency-mismatch",
                "The Idempotency-Key was used for another request",
            ),
            Self::InvalidFile { .. } => ("invalid-file", "The file cannot be used"),
            Self::ImportRefused(_) => (
                "import-refused",
                "Rows of the file are refused, nothing was written",
            ),
            Self::Overloaded => ("overloaded", "The service is at capacity"),
            Self::IndexBuilding { .. } => ("index-building", "The shop's index is being built"),
            Self::StoreUnavailable(_) | Self::DiskUnavailable(_) => {
                ("store-unavailable", "The store is unavailable")
            }
            Self::Internal(_) => ("internal", "Something went wrong on our side"),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Forbidden { scopes } => {
                let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
                format!("the key needs the scope {}", scopes.join(" or "))
            }
            Self::ForbiddenRole { role, scopes } => {
                let opens = Role::ALL.into_iter().filter(|role| role.has_any_of(scopes));
                let opens: Vec<&str> = opens.map(Role::as_str).collect();
                format!(
                    "the role {} may not do this, {} may: an owner changes roles under Settings · People",
                    role.as_str(),
                    opens.join(" or ")
                )
            }
            Self::VersionConflict { current } => {
                format!("the item is at version {current}: read it again and repeat the change")
            }
            Self::PreconditionRequired => {
                "send the ETag that you read as If-Match, or If-Match: * to overwrite".to_owned()
            }
            Self::FormExpired => {
                "load the page anew and send the form again; a script sends X-Form-Token".to_owned()
            }
            Self::InvalidBody { detail, .. } => format!("{self}: {detail}"),
            Self::InvalidQuery { detail, .. } => {
                format!("{self}: {}", detail.message(Locale::English))
            }
            Self::InvalidFile { detail } => detail.clone(),
            Self::ImportRefused(_) => {
                format!("{self}: mend them, or write the others with skip_refused=true")
            }
            Self::DiskUnavailable(_) => "store is unavailable".to_owned(),
            Self::Internal(_) => "the request id leads to the cause in the log".to_owned(),
            Self::InvalidFields(_)
            | Self::TooLarge { .. }
            | Self::UnsupportedMediaType { .. }
            | Self::Unauthorized { .. }
            | Self::InvalidToken { .. }
            | Self::ForbiddenToken { .. }
            | Self::NotFound { .. }
            | Self::NoRoute
            | Self::MethodNotAllowed { .. }
            | Self::Exists { .. }
            | Self::IdempotencyMismatch
            | Self::Overloaded
            | Self::IndexBuilding { .. }
            | Self::StoreUnavailable(_) => self.to_string(),
        }
    }

    fn fields(&self, locale: Locale) -> Vec<ProblemField> {
        match self {
            Self::InvalidFields(errors) => errors
                .iter()
                .map(|error| ProblemField {
                    field: error.field.clone(),
                    message: error.fault.message(locale),
                })
                .collect(),
            Self::InvalidBody {
                field: Some(field),
                detail,
            } => vec![ProblemField {
                field: field.clone(),
                message: match locale {
                    Locale::Chinese => in_chinese(detail),
                    Locale::English => detail.clone(),
                },
            }],
            Self::InvalidQuery {
                field: Some(field),
                detail,
            } => vec![ProblemField {
                field: field.clone(),
                message: detail.message(locale).to_owned(),
            }],
            _ => Vec::new(),
        }
    }
}

/// Whether a path consists of names of small letters, and of places in lists.
fn is_our_path(path: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let is_place = |place: &str| {
        let digits = place.strip_suffix(']').unwrap_or("");
        (1..=MOST_PLACE_DIGITS).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    path.split('.').all(|part| {
        let mut pieces = part.split('[');
        pieces.next().is_some_and(is_name) && pieces.all(is_place)
    })
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::InvalidBody { .. } | Self::InvalidQuery { .. } => StatusCode::BAD_REQUEST,
            Self::InvalidFields(_)
            | Self::InvalidFile { .. }
            | Self::ImportRefused(_)
            | Self::IdempotencyMismatch => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unauthorized { .. } | Self::InvalidToken { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. }
            | Self::ForbiddenToken { .. }
            | Self::ForbiddenRole { .. }
            | Self::FormExpired => StatusCode::FORBIDDEN,
            Self::NotFound { .. } | Self::NoRoute => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Exists { .. } => StatusCode::CONFLICT,
            Self::VersionConflict { .. } => StatusCode::PRECONDITION_FAILED,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::Overloaded
            | Self::IndexBuilding { .. }
            | Self::StoreUnavailable(_)
            | Self::DiskUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let context = request_context();
        let status = self.status_code();
        let (name, title) = self.name_and_title();
        let problem = Problem {
            kind: format!("urn:zhiwen:problem:{name}"),
            title,
            status: status.as_u16(),
            detail: self.detail(),
            request_id: context.id,
            errors: self.fields(context.locale),
            current_version: match self {
                Self::VersionConflict { current } => Some(*current),
                _ => None,
            },
            report: match self {
                Self::ImportRefused(report) => Some(report.clone()),
                _ => None,
            },
        };
        let mut response = HttpResponse::build(status);
        response.insert_header((
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        ));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"zhiwen\""));
        }
        match self {
            Self::MethodNotAllowed { methods } => {
                response.insert_header((header::ALLOW, *methods));
            }
            Self::VersionConflict { current } => {
                response.insert_header((header::ETAG, format!("\"{current}\"")));
            }
            _ => {}
        }
        let body = serde_json::to_string(&problem).unwrap_or_default();
        response.body(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fields_that_are_spelled_as_ours_are_named() {
        for (field, is_ours) in [
            ("text", true),
            ("messages[12].consumer_id", true),
            ("13812345678", false),
            ("我的电话", false),
            ("messages[13812345678]", false),
            ("messages[]", false),
            ("a..b", false),
            ("My name", false),
        ] {
            let error = ApiError::InvalidBody {
                field: Some(field.to_owned()),
                detail: "invalid type: string \"我的电话\"".to_owned(),
            };
            assert_eq!(error.field_at_fault(), is_ours.then_some(field));
            assert_eq!(error.to_string(), "request body is invalid");
            assert!(error.detail().ends_with("\"我的电话\""));
        }
    }
}
