//! The generic webhook: JSON, signed as Standard Webhooks 1.0 says.
//!
//! `webhook-id` is the same in every attempt, so that a receiver can drop what
//! it has already. The signature is over `{id}.{timestamp}.{body}`.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::signature::{sign, webhook_key};
use super::{Prepared, Push};

/// What a push is to a webhook. A target without a secret gets no signature.
pub(super) fn prepare(push: Push<'_>) -> Prepared {
    let notice = push.notice;
    let body = json!({
        "id": notice.id,
        "type": notice.kind,
        "shop": push.shop,
        "timestamp": notice.at,
        "title": notice.title,
        "lines": notice.lines,
        "url": notice.url,
        "week": notice.week,
        "data": notice.data,
    })
    .to_string();
    // The ids of two shops' digests are alike; with the shop they are not.
    let id = format!("{}:{}", push.shop, notice.id);
    let timestamp = push.now.as_second().to_string();
    let mut headers = vec![("webhook-id", id.clone())];
    if let Some(secret) = &push.target.secret {
        let signed = format!("{id}.{timestamp}.{body}");
        let signature = sign(&webhook_key(secret.reveal()), signed.as_bytes());
        headers.push(("webhook-signature", format!("v1,{signature}")));
    }
    headers.push(("webhook-timestamp", timestamp));
    Prepared {
        url: push.target.url.reveal().clone(),
        headers: headers
            .into_iter()
            .filter_map(|(name, value)| {
                // Ids, numbers and base64 are header values.
                let value = HeaderValue::try_from(value).ok()?;
                Some((HeaderName::from_static(name), value))
            })
            .collect::<HeaderMap>(),
        body: body.into_bytes(),
    }
}
