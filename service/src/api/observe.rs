//! Around every request: its id, its language, one log line, its metrics, and no panic that reaches a client.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, web};
use futures_util::FutureExt;
use tracing::Instrument;
use uuid::Uuid;

use crate::api::cors::Cors;
use crate::domain::causes::with_causes;
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
    let cors = Cors::of(request.headers(), &route);
    let id = HeaderValue::from_str(&context.id).ok();
    let span = tracing::info_span!("request", id = context.id.as_str(), %method, route);
    let answered = REQUEST.scope(
        RefCell::new(context),
        async move {
            let answered = answer(request, next).await;
            let response = match &answered {
                Ok(response) => response.response(),
                Err((response, _)) => response,
            };
            log(response, started);
            answered
        }
        .instrument(span),
    );
    let mut answered = answered.await;
    let response = match &mut answered {
        Ok(response) => response.response_mut(),
        Err((response, _)) => response,
    };
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    // Here, where every reply passes, so that a page can read its errors too.
    cors.mark(response.headers_mut());
    if let Some(state) = state {
        let status = response.status();
        state
            .metrics
            .requests
            .with_label_values(&[route.as_str(), method.as_str(), status.as_str()])
            .observe(started.elapsed().as_secs_f64());
    }
    answered.map_err(|(response, cause)| InternalError::from_response(cause, response).into())
}

/// The response; where there is none, one that says so, with the cause.
///
/// No clone of the request may be held meanwhile: the router takes it for its own.
async fn answer<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, (HttpResponse, String)> {
    // The call itself may panic, before there is a future.
    let call = async move { next.call(request).await };
    match AssertUnwindSafe(call).catch_unwind().await {
        Ok(Ok(response)) => Ok(response.map_into_boxed_body()),
        Ok(Err(error)) => {
            let cause = error.to_string();
            Err((HttpResponse::from_error(error), cause))
        }
        Err(_) => {
            let error = ApiError::internal("handler panicked");
            let response = HttpResponse::from_error(error);
            Err((response, "handler panicked".to_owned()))
        }
    }
}

/// One line a request; message texts, keys and personal data are never in it.
fn log(response: &HttpResponse, started: Instant) {
    let status = response.status().as_u16();
    let microseconds = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    match response.error() {
        Some(error) if response.status().is_server_error() => {
            let cause = error
                .as_error::<ApiError>()
                .map(|error| with_causes(error).to_string())
                .unwrap_or_else(|| error.to_string());
            tracing::error!(status, microseconds, cause, "request failed");
        }
        Some(error) => {
            let refusal = error.as_error::<ApiError>();
            let error = refusal.map(tracing::field::display);
            let field = refusal.and_then(ApiError::field_at_fault);
            tracing::info!(status, microseconds, error, field, "request refused");
        }
        None => tracing::debug!(status, microseconds, "request answered"),
    }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::api::json::parse;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .expect("not poisoned")
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(error: ApiError) -> String {
        let lines = Lines::default();
        let held = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || held.clone())
            .finish();
        let response = HttpResponse::from_error(error);
        tracing::subscriber::with_default(subscriber, || log(&response, Instant::now()));
        let lines = lines.0.lock().expect("not poisoned").clone();
        String::from_utf8(lines).expect("text")
    }

    #[test]
    fn the_line_of_a_refused_request_has_no_word_of_it() {
        for (body, field) in [
            (r#"{"messages":"我的电话13812345678"}"#, Some("messages")),
            (r#"{"我的电话13812345678":"在吗"}"#, None),
        ] {
            let refused = parse::<BTreeMap<String, Vec<u8>>>(body.as_bytes());
            let line = logged(refused.expect_err("no numbers"));
            assert!(line.contains("request body is invalid"), "{line}");
            let named = field.is_none_or(|field| line.contains(&format!("field=\"{field}\"")));
            assert!(named, "{line}");
            assert!(
                !line.contains("电话") && !line.contains("13812345678") && !line.contains("在吗"),
                "{line}"
            );
        }
        let detail = "column \"我的电话13812345678\" is not known".to_owned();
        let line = logged(ApiError::InvalidFile { detail });
        assert!(line.contains("file is at fault") && !line.contains("电话"));
    }
}
