//! Custom bots of DingTalk groups (钉钉群自定义机器人).
//!
//! Markdown of at most 20,000 bytes. With 加签 on, `sign` in the query is the
//! HMAC-SHA-256 of `{timestamp}\n{secret}` under the secret, the timestamp in
//! milliseconds and of the last hour. Failures come with HTTP 200 and an
//! `errcode`. More than 20 messages a minute are refused for ten minutes.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::message::{Layout, lines, link, measure_in_json, title};
use super::signature::sign;
use super::{Prepared, Push, Verdict};

/// Leaves room for the rest of the body within 20,000 bytes.
const LAYOUT: Layout = Layout {
    bullet: "- ",
    most: 18_000,
    measure: measure_in_json,
};

/// What a push is to a bot of DingTalk.
pub(super) fn prepare(push: Push<'_>) -> Prepared {
    let title = title(push.notice);
    let head = format!("### {title}\n\n");
    let text = lines(push.notice, &LAYOUT, &head, &link(push.notice));
    let body = json!({
        "msgtype": "markdown",
        "markdown": { "title": title, "text": text },
    });
    let mut url = push.target.url.reveal().clone();
    if let Some(secret) = &push.target.secret {
        let timestamp = push.now.as_millisecond().to_string();
        let secret = secret.reveal();
        let signed = format!("{timestamp}\n{secret}");
        url.query_pairs_mut()
            .append_pair("timestamp", &timestamp)
            .append_pair("sign", &sign(secret.as_bytes(), signed.as_bytes()));
    }
    Prepared {
        url,
        headers: HeaderMap::new(),
        body: body.to_string().into_bytes(),
    }
}

/// What a bot's reply means; `None` when it is no reply of a bot.
pub(super) fn verdict(body: &[u8]) -> Option<Verdict> {
    let reply: Value = serde_json::from_slice(body).ok()?;
    Some(match reply.get("errcode")?.as_i64()? {
        0 => Verdict::Taken,
        // Too many of a minute, too many of a day.
        130_101 | 410_100 | 90_030 => Verdict::Busy,
        -1 => Verdict::Failing,
        // 310000 keyword, signature or IP address; 300001 no such token …
        _ => Verdict::Refusing,
    })
}
