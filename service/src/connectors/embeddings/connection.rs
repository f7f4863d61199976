//! One embeddings server: a request, tried again while that may help.

use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::{Client, StatusCode, Url, redirect};
use serde::Serialize;

use super::EmbeddingsOptions;
use super::error::EmbeddingsError;
use super::matrix;
use crate::connectors::USER_AGENT;
use crate::connectors::backoff::{Retry, retry_after};
use crate::connectors::breaker::{Admission, Breaker};
use crate::connectors::reply::{BodyError, body_within};

/// Room for 200 vectors of 4,096 numbers written out in full, and more.
const LONGEST_REPLY_BYTES: usize = 32 << 20;

/// The JSON of a request.
#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<usize>,
}

/// A client of one server with its breaker.
pub(super) struct Connection {
    client: Client,
    url: Url,
    model: String,
    /// What the server is asked for.
    dimensions: Option<usize>,
    retry: Retry,
    request_timeout: Duration,
    deadline: Duration,
    breaker: Breaker,
}

/// A failed request, and how long the server wants to be left alone.
struct Failure {
    error: EmbeddingsError,
    wish: Option<Duration>,
}

impl From<EmbeddingsError> for Failure {
    fn from(error: EmbeddingsError) -> Self {
        Self { error, wish: None }
    }
}

impl Connection {
    pub(super) fn new(options: &EmbeddingsOptions) -> Result<Self, EmbeddingsError> {
        let mut headers = HeaderMap::new();
        if let Some(key) = &options.api_key {
            let value = key
                .bearer()
                .map_err(|_| EmbeddingsError::Options("the key is no header value"))?;
            headers.insert(AUTHORIZATION, value);
        }
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(headers)
            .connect_timeout(options.request_timeout)
            // Texts and key go where the settings say and nowhere else.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(EmbeddingsError::Client)?;
        Ok(Self {
            client,
            url: endpoint(&options.base_url)?,
            model: options.model.clone(),
            dimensions: options.dimensions,
            retry: options.retry,
            request_timeout: options.request_timeout,
            deadline: options.deadline,
            breaker: Breaker::new(options.breaker),
        })
    }

    /// One unit vector a text, tried until the deadline.
    pub(super) async fn embed(
        &self,
        texts: &[String],
        dimensions: Option<usize>,
    ) -> Result<Vec<Vec<f32>>, EmbeddingsError> {
        let deadline = Instant::now() + self.deadline;
        let mut failures = 0;
        loop {
            let now = Instant::now();
            let admission = self.breaker.admit(now).ok_or(EmbeddingsError::LeftAlone)?;
            let timeout = self.request_timeout.min(deadline.duration_since(now));
            let failure = match self.request(texts, dimensions, timeout).await {
                Ok(rows) => {
                    admission.succeeded();
                    return Ok(rows);
                }
                Err(failure) => failure,
            };
            settle(admission, &failure.error);
            failures += 1;
            let pause = self
                .retry
                .pause(failures, rand::random::<f64>(), failure.wish);
            let in_time = deadline
                .checked_duration_since(Instant::now())
                .is_some_and(|left| pause < left);
            if !failure.error.may_pass() || !self.retry.allows_another(failures) || !in_time {
                return Err(failure.error);
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn request(
        &self,
        texts: &[String],
        dimensions: Option<usize>,
        timeout: Duration,
    ) -> Result<Vec<Vec<f32>>, Failure> {
        let request = Request {
            model: &self.model,
            input: texts,
            dimensions: self.dimensions,
        };
        let reply = self
            .client
            .post(self.url.clone())
            .timeout(timeout)
            .json(&request)
            .send()
            .await
            .map_err(not_reached)?;
        let status = reply.status();
        if status != StatusCode::OK {
            // The body is not read: it may echo the texts.
            return Err(Failure {
                error: refusal(status),
                wish: retry_after(reply.headers()),
            });
        }
        let body = match body_within(reply, LONGEST_REPLY_BYTES).await {
            Ok(body) => body,
            Err(BodyError::Broken(error)) => return Err(not_reached(error).into()),
            Err(BodyError::TooLong) => {
                return Err(EmbeddingsError::Malformed("too long a reply").into());
            }
        };
        let count = texts.len();
        // Megabytes of numbers take milliseconds, too long for an async worker.
        let rows = tokio::task::spawn_blocking(move || matrix::read(&body, count, dimensions))
            .await
            .map_err(|_| EmbeddingsError::Malformed("what could not be read"))?;
        Ok(rows?)
    }
}

/// Tells the breaker how a request went that gave no vectors.
fn settle(admission: Admission<'_>, error: &EmbeddingsError) {
    if error.is_of_the_request() {
        admission.succeeded();
    } else if admission.failed(Instant::now()) {
        tracing::warn!(%error, "embeddings server is left alone for a while");
    }
}

fn not_reached(error: reqwest::Error) -> EmbeddingsError {
    if error.is_timeout() {
        EmbeddingsError::TimedOut
    } else {
        EmbeddingsError::Unreachable(error.without_url())
    }
}

fn refusal(status: StatusCode) -> EmbeddingsError {
    match status.as_u16() {
        429 => EmbeddingsError::RateLimited,
        code @ (408 | 425 | 500..) => EmbeddingsError::Failed(code),
        code => EmbeddingsError::Refused(code),
    }
}

/// `{base}/embeddings`; a query of the base, as some gateways want, is kept.
fn endpoint(base: &str) -> Result<Url, EmbeddingsError> {
    let mut url = Url::parse(base.trim())
        .map_err(|_| EmbeddingsError::Options("the base address is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") || url.cannot_be_a_base() {
        return Err(EmbeddingsError::Options(
            "the base address is neither http nor https",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EmbeddingsError::Options(
            "the key stands in the base address instead of the key's own setting",
        ));
    }
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("embeddings");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_added_to_the_base() {
        for (base, url) in [
            (
                "https://api.example.com/v1",
                "https://api.example.com/v1/embeddings",
            ),
            (
                "https://api.example.com/v1/",
                "https://api.example.com/v1/embeddings",
            ),
            ("http://localhost:8080", "http://localhost:8080/embeddings"),
            (
                "https://gateway.example.com/v1?api-version=2",
                "https://gateway.example.com/v1/embeddings?api-version=2",
            ),
        ] {
            assert_eq!(endpoint(base).unwrap().as_str(), url);
        }
        for base in ["", "api", "ftp://x/", "mailto:a@b", "https://key@x/v1"] {
            assert!(endpoint(base).is_err(), "{base}");
        }
    }
}
