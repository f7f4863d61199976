//! Requests to a hub, with redirections followed by hand.
//!
//! A hub redirects large files to another host. Followed here, the token stays
//! with the hub, and what the hub says of the file on the way is not lost.

use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, ETAG, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, Response, Url, redirect};

use super::HubOptions;
use super::checksum::Checksum;
use super::error::HubError;
use crate::connectors::USER_AGENT;
use crate::connectors::backoff::{Retry, retry_after};
use crate::connectors::reply::{BodyError, body_within};

const MOST_REDIRECTIONS: usize = 8;

/// A list of thousands of files is below a megabyte.
const LONGEST_LISTING_BYTES: usize = 16 << 20;

/// The longest wait that a hub may ask for.
const LONGEST_WISH: Duration = Duration::from_secs(60);

/// A client of one hub.
pub(super) struct Transport {
    client: Client,
    endpoint: Url,
    bearer: Option<HeaderValue>,
    retry: Retry,
}

/// A reply, wherever it came from in the end.
pub(super) struct Reply {
    pub(super) response: Response,
    /// What the hub itself, not where it redirected to, says the file hashes to.
    pub(super) checksum: Option<Checksum>,
}

impl Transport {
    pub(super) fn new(options: &HubOptions) -> Result<Self, HubError> {
        let bearer = options.token.as_ref().map(|token| token.bearer());
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(options.silence)
            .read_timeout(options.silence)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(HubError::Client)?;
        Ok(Self {
            client,
            endpoint: endpoint(&options.endpoint)?,
            bearer: bearer
                .transpose()
                .map_err(|_| HubError::Options("the token is no header value"))?,
            retry: options.retry,
        })
    }

    /// The hub's address without a slash at its end.
    pub(super) fn endpoint(&self) -> &str {
        self.endpoint.as_str().trim_end_matches('/')
    }

    /// An address below the hub's, each segment escaped by itself.
    pub(super) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.endpoint.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// A small reply in full, tried again where that may help.
    pub(super) async fn listing(&self, url: &Url, what: &str) -> Result<Vec<u8>, HubError> {
        let mut failures = 0;
        loop {
            let (error, wish) = match self.get(url, &HeaderMap::new()).await {
                Ok(reply) if reply.response.status().is_success() => {
                    match body_within(reply.response, LONGEST_LISTING_BYTES).await {
                        Ok(body) => return Ok(body),
                        Err(BodyError::TooLong) => {
                            return Err(HubError::Listing("more than can be"));
                        }
                        Err(BodyError::Broken(error)) => {
                            (HubError::Unreachable(error.without_url()), None)
                        }
                    }
                }
                Ok(reply) => (refusal(&reply.response, what), wish(&reply.response)),
                Err(error) => (error, None),
            };
            failures += 1;
            self.pause_after(error, failures, wish).await?;
        }
    }

    /// Waits before another attempt, or gives the error back where none is to follow.
    pub(super) async fn pause_after(
        &self,
        error: HubError,
        failures: u32,
        wish: Option<Duration>,
    ) -> Result<(), HubError> {
        if !error.may_pass() || !self.retry.allows_another(failures) {
            return Err(error);
        }
        let pause = self.retry.pause(failures, rand::random::<f64>(), wish);
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// One request, with its redirections.
    pub(super) async fn get(&self, url: &Url, headers: &HeaderMap) -> Result<Reply, HubError> {
        let mut url = url.clone();
        let mut checksum = None;
        for _ in 0..MOST_REDIRECTIONS {
            let of_the_hub = url.origin() == self.endpoint.origin();
            let mut request = self
                .client
                .get(url.clone())
                .headers(headers.clone())
                // Sizes, ranges and checksums are of the file as it is.
                .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            if let Some(bearer) = self.bearer.as_ref().filter(|_| of_the_hub) {
                request = request.header(AUTHORIZATION, bearer.clone());
            }
            let response = request
                .send()
                .await
                .map_err(|error| HubError::Unreachable(error.without_url()))?;
            if of_the_hub {
                checksum = checksum.or_else(|| announced(&response));
            }
            if !response.status().is_redirection() {
                return Ok(Reply { response, checksum });
            }
            url = next(&url, &response)?;
        }
        Err(HubError::Redirect("in circles"))
    }
}

/// What a status other than success means for the request of `what`.
pub(super) fn refusal(response: &Response, what: &str) -> HubError {
    match response.status().as_u16() {
        401 | 403 => HubError::NotAllowed(what.to_owned()),
        404 => HubError::NotFound(what.to_owned()),
        status => HubError::Status(status),
    }
}

/// How long a hub wants to be left alone.
pub(super) fn wish(response: &Response) -> Option<Duration> {
    retry_after(response.headers()).map(|wish| wish.min(LONGEST_WISH))
}

/// The checksum in a reply of the hub: of large files before it redirects, of
/// others in the entity tag of the file itself.
fn announced(response: &Response) -> Option<Checksum> {
    let read = |value: &HeaderValue| Checksum::from_etag(value.to_str().ok()?);
    let headers = response.headers();
    headers.get("x-linked-etag").and_then(read).or_else(|| {
        let tag = headers.get(ETAG).and_then(read);
        tag.filter(|_| response.status().is_success())
    })
}

fn next(from: &Url, response: &Response) -> Result<Url, HubError> {
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .ok_or(HubError::Redirect("to nowhere"))?;
    let url = from
        .join(location)
        .map_err(|_| HubError::Redirect("to nowhere"))?;
    match (from.scheme(), url.scheme()) {
        (_, "https") | ("http", "http") => Ok(url),
        ("https", "http") => Err(HubError::Redirect("from https to http")),
        _ => Err(HubError::Redirect("to something else than http")),
    }
}

fn endpoint(text: &str) -> Result<Url, HubError> {
    let url = Url::parse(text.trim()).map_err(|_| HubError::Options("the address is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") || url.cannot_be_a_base() {
        return Err(HubError::Options("the address is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(HubError::Options(
            "the token stands in the address instead of its own setting",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(HubError::Options("the address has more than a path"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_hubs() {
        for good in ["https://hub.example", "http://127.0.0.1:8080/mirror/"] {
            assert!(endpoint(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "hub.example",
            "file:///x",
            "https://u:p@hub.example",
            "https://hub.example?x",
        ] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_are_made_of_escaped_segments() {
        let transport = Transport::new(&HubOptions {
            endpoint: "https://hub.example/mirror/".to_owned(),
            ..HubOptions::default()
        })
        .unwrap();
        let url = transport.url(["a", "resolve", "refs/pr/1", "x y"]);
        let expected = "https://hub.example/mirror/a/resolve/refs%2Fpr%2F1/x%20y";
        assert_eq!(url.as_str(), expected);
        assert_eq!(transport.endpoint(), "https://hub.example/mirror");
    }
}
