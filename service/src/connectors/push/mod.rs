//! Pushes to outside systems: a generic webhook, and group bots of Feishu, DingTalk and WeCom.
//!
//! One file a system: what it is sent, and what its replies mean. Sending is
//! the same for all: one request without redirects, to public addresses only,
//! in a bounded time.

mod dingtalk;
mod error;
mod feishu;
mod guard;
mod message;
mod signature;
#[cfg(test)]
mod tests;
mod webhook;
mod wecom;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Response, StatusCode, Url, redirect};

pub use error::{PushError, PushReply};

use self::guard::{PublicOnly, is_public};
use super::USER_AGENT;
use super::backoff::retry_after;
use super::reply::start_of_body;
use crate::domain::ids::ShopId;
use crate::domain::push::{Notice, PushKind, PushTarget, PushUrl};

/// What is read of a reply: none of the bots says more.
const LONGEST_REPLY_BYTES: usize = 4 << 10;

/// Where pushes may go, and how long one may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushOptions {
    /// Whether addresses may be http.
    pub allow_http: bool,
    /// Whether addresses may be inside private networks.
    pub allow_private_addresses: bool,
    /// The longest that one request may take.
    pub timeout: Duration,
}

/// One notice for one target.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// The shop that tells it.
    pub shop: &'a ShopId,
    /// To whom.
    pub target: &'a PushTarget,
    /// What.
    pub notice: &'a Notice,
    /// The time that it is signed with.
    pub now: Timestamp,
}

/// A request as a system wants it.
struct Prepared {
    url: Url,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What a system's reply means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Taken,
    /// It has had enough for now.
    Busy,
    /// It failed, and may not the next time.
    Failing,
    /// It does not want this.
    Refusing,
    /// It is no reply of this system.
    Senseless,
}

/// Sends pushes.
pub struct PushSender {
    client: Client,
    options: PushOptions,
}

impl PushSender {
    /// A sender.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(options: PushOptions) -> Result<Self, PushError> {
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .timeout(options.timeout)
            .redirect(redirect::Policy::none())
            // A proxy would look names up by itself, past the guard.
            .no_proxy();
        if !options.allow_private_addresses {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        let client = builder.build().map_err(PushError::Client)?;
        Ok(Self { client, options })
    }

    /// Sends one push, once; returns what the other side said.
    ///
    /// # Errors
    /// For whatever kept the other side from taking it.
    pub async fn send(&self, push: Push<'_>) -> Result<PushReply, PushError> {
        if !self.admits(&push.target.url) {
            return Err(PushError::AddressRefused);
        }
        let prepared = prepare(push);
        let reply = self
            .client
            .post(prepared.url)
            .headers(prepared.headers)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .body(prepared.body)
            .send()
            .await
            .map_err(not_reached)?;
        judge(push.target.kind, reply).await
    }

    /// Whether an address may be pushed to, as far as can be told without
    /// looking its name up: that is done when the connection is made.
    pub fn admits(&self, url: &PushUrl) -> bool {
        let is_encrypted = url.is_https() || self.options.allow_http;
        let is_outside = match url.host() {
            Some(url::Host::Ipv4(address)) => is_public(address.into()),
            Some(url::Host::Ipv6(address)) => is_public(address.into()),
            Some(url::Host::Domain(_)) => true,
            None => false,
        };
        is_encrypted && (is_outside || self.options.allow_private_addresses)
    }
}

impl fmt::Debug for PushSender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PushSender")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn prepare(push: Push<'_>) -> Prepared {
    match push.target.kind {
        PushKind::Webhook => webhook::prepare(push),
        PushKind::Feishu => feishu::prepare(push),
        PushKind::Dingtalk => dingtalk::prepare(push),
        PushKind::Wecom => wecom::prepare(push),
    }
}

async fn judge(kind: PushKind, reply: Response) -> Result<PushReply, PushError> {
    let status = reply.status();
    let wish = retry_after(reply.headers());
    if status.is_redirection() {
        return Err(PushError::Redirected(status.as_u16()));
    }
    let body = match start_of_body(reply, LONGEST_REPLY_BYTES).await {
        Ok(body) => body,
        // What a webhook says beside its status does not matter.
        Err(_) if kind == PushKind::Webhook => Vec::new(),
        Err(error) => return Err(not_reached(error)),
    };
    let reply = PushReply::new(status.as_u16(), &body);
    match verdict(kind, status, &body) {
        Verdict::Taken => Ok(reply),
        Verdict::Busy => Err(PushError::RateLimited { reply, wish }),
        Verdict::Failing => Err(PushError::Failed { reply, wish }),
        Verdict::Refusing => Err(PushError::Refused(reply)),
        Verdict::Senseless => Err(PushError::Malformed(reply)),
    }
}

fn verdict(kind: PushKind, status: StatusCode, body: &[u8]) -> Verdict {
    let by_body = match kind {
        PushKind::Webhook => None,
        PushKind::Feishu => feishu::verdict(body),
        PushKind::Dingtalk => dingtalk::verdict(body),
        PushKind::Wecom => wecom::verdict(body),
    };
    match (status.as_u16(), by_body) {
        (429, _) => Verdict::Busy,
        (408 | 425 | 500.., _) => Verdict::Failing,
        // Bots reply with 200 to what they refuse, and some with 400 when they
        // are busy: their own code tells.
        (200..300, Some(verdict)) => verdict,
        (200..300, None) if kind == PushKind::Webhook => Verdict::Taken,
        (200..300, None) => Verdict::Senseless,
        (_, Some(verdict @ (Verdict::Busy | Verdict::Failing))) => verdict,
        _ => Verdict::Refusing,
    }
}

fn not_reached(error: reqwest::Error) -> PushError {
    if guard::refused(&error) {
        PushError::AddressRefused
    } else if error.is_timeout() {
        PushError::TimedOut
    } else {
        PushError::Unreachable(error.without_url())
    }
}
