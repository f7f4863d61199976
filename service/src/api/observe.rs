//! Around every request: its id, its language, one log line, its metrics, and no panic that reaches a client.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{ResponseError, web};
use futures_util::FutureExt;
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::fault::Locale;
use crate::error::{ApiError, REQUEST, RequestContext};
use crate::state::AppState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MOST_ID_CHARACTERS: usize = 64;

/// The middleware.
pub async fn observe<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let started = Instant::now();
    let context = RequestContext {
        id: request_id(&request),
        locale: locale(&request),
    };
    let method = request.method().clone();
    let route = request.match_pattern().unwrap_or_else(|| "none".to_owned());
    let state = request.app_data::<web::Data<AppState>>().cloned();
    let span = tracing::info_span!("request", id = context.id.as_str(), %method, route);
    let id = HeaderValue::from_str(&context.id).ok();

    let answered = REQUEST.scope(
        RefCell::new(context),
        async move {
            let answered = AssertUnwindSafe(next.call(request)).catch_unwind().await;
            let answered = answered.unwrap_or_else(|_| Err(panicked()));
            log(&answered, started);
            answered
        }
        .instrument(span),
    );
    let answered = answered.await;
    let status = match &answered {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    if let Some(state) = state {
        state
            .metrics
            .requests
            .with_label_values(&[route.as_str(), method.as_str(), status.as_str()])
            .observe(started.elapsed().as_secs_f64());
    }
    let mut response = answered?.map_into_boxed_body();
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(response)
}

/// Its body is made here, where the request's id is known.
fn panicked() -> actix_web::Error {
    let error = ApiError::internal("handler panicked");
    let response = error.error_response();
    InternalError::from_response(error, response).into()
}

/// One line a request; message texts, keys and personal data are never in it.
fn log<B>(answered: &Result<ServiceResponse<B>, actix_web::Error>, started: Instant) {
    let microseconds = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let (status, error) = match answered {
        Ok(response) => (response.status(), response.response().error()),
        Err(error) => (error.as_response_error().status_code(), Some(error)),
    };
    let code = status.as_u16();
    match error {
        Some(error) if status.is_server_error() => {
            let cause = error
                .as_error::<ApiError>()
                .map_or_else(|| error.to_string(), causes);
            tracing::error!(status = code, microseconds, cause, "request failed");
        }
        Some(error) => {
            tracing::info!(status = code, microseconds, error = %error, "request refused")
        }
        None => tracing::debug!(status = code, microseconds, "request answered"),
    }
}

/// An error with its sources.
fn causes(error: &ApiError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The caller's id where it is harmless, else a new one.
fn request_id(request: &ServiceRequest) -> String {
    request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| !id.is_empty() && id.len() <= MOST_ID_CHARACTERS)
        .filter(|id| {
            id.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        })
        .map_or_else(|| Uuid::now_v7().simple().to_string(), str::to_owned)
}

/// English unless the caller asks for Chinese.
fn locale(request: &ServiceRequest) -> Locale {
    request
        .headers()
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .and_then(|tags| tags.split(',').find_map(Locale::from_tag))
        .unwrap_or(Locale::English)
}
