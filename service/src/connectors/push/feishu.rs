//! Custom bots of Feishu and Lark groups (飞书群自定义机器人).
//!
//! A message card of at most 20 KB. With the bot's signature check (签名校验)
//! on, `sign` is the HMAC-SHA-256 of nothing under `{timestamp}\n{secret}`,
//! the timestamp in seconds and of the last hour. Failures come with HTTP 200
//! and a `code`, which older bots call `StatusCode`.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::message::{Layout, lines, link_text, measure_in_json, title};
use super::signature::sign;
use super::{Prepared, Push, Verdict};
use crate::domain::push::NoticeKind;

/// Leaves room for the card around the text within 20 KB.
const LAYOUT: Layout = Layout {
    bullet: "• ",
    most: 16_000,
    measure: measure_in_json,
};

/// What a push is to a bot of Feishu or Lark.
pub(super) fn prepare(push: Push<'_>) -> Prepared {
    let mut body = json!({ "msg_type": "interactive", "card": card(push) });
    if let Some(secret) = &push.target.secret {
        let timestamp = push.now.as_second().to_string();
        let key = format!("{timestamp}\n{}", secret.reveal());
        body["sign"] = sign(key.as_bytes(), b"").into();
        body["timestamp"] = timestamp.into();
    }
    Prepared {
        url: push.target.url.reveal().clone(),
        headers: HeaderMap::new(),
        body: body.to_string().into_bytes(),
    }
}

fn card(push: Push<'_>) -> Value {
    let notice = push.notice;
    let template = match notice.kind {
        NoticeKind::Weekly => "blue",
        NoticeKind::Alarm => "red",
        NoticeKind::Test => "grey",
    };
    let text = lines(notice, &LAYOUT, "", "");
    let mut elements = Vec::new();
    if !text.is_empty() {
        elements.push(json!({ "tag": "markdown", "content": text }));
    }
    if let Some(url) = &notice.url {
        elements.push(json!({
            "tag": "action",
            "actions": [{
                "tag": "button",
                "type": "primary",
                "text": { "tag": "plain_text", "content": link_text(notice) },
                "url": url,
            }],
        }));
    }
    json!({
        "config": { "wide_screen_mode": true },
        "header": {
            "template": template,
            "title": { "tag": "plain_text", "content": title(notice) },
        },
        "elements": elements,
    })
}

/// What a bot's reply means; `None` when it is no reply of a bot.
pub(super) fn verdict(body: &[u8]) -> Option<Verdict> {
    let reply: Value = serde_json::from_slice(body).ok()?;
    let code = reply.get("code").or_else(|| reply.get("StatusCode"))?;
    Some(match code.as_i64()? {
        0 => Verdict::Taken,
        // Too many requests; the first also of a malformed one, which this is not.
        9_499 | 11_232 => Verdict::Busy,
        // An internal error.
        2_200 => Verdict::Failing,
        // 19001 no such bot, 19021 signature, 19022 IP address, 19024 keyword …
        _ => Verdict::Refusing,
    })
}
