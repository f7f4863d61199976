//! Bots of WeCom groups (企业微信群机器人).
//!
//! Markdown of at most 4,096 bytes; the key in the address is all that
//! protects a bot, there is no signature. Failures come with HTTP 200 and an
//! `errcode`. More than 20 messages a minute are refused.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::message::{Layout, lines, link, title};
use super::{Prepared, Push, Verdict};

const LAYOUT: Layout = Layout {
    // Its Markdown knows no lists.
    bullet: "• ",
    most: 4_096,
    measure: str::len,
};

/// What a push is to a bot of WeCom.
pub(super) fn prepare(push: Push<'_>) -> Prepared {
    let head = format!("### {}\n", title(push.notice));
    let content = lines(push.notice, &LAYOUT, &head, &link(push.notice));
    let body = json!({ "msgtype": "markdown", "markdown": { "content": content } });
    Prepared {
        url: push.target.url.reveal().clone(),
        headers: HeaderMap::new(),
        body: body.to_string().into_bytes(),
    }
}

/// What a bot's reply means; `None` when it is no reply of a bot.
pub(super) fn verdict(body: &[u8]) -> Option<Verdict> {
    let reply: Value = serde_json::from_slice(body).ok()?;
    Some(match reply.get("errcode")?.as_i64()? {
        0 => Verdict::Taken,
        // Too often, too many at once.
        45_009 | 45_033 => Verdict::Busy,
        -1 => Verdict::Failing,
        // 93000 no such bot, 40058 a parameter …
        _ => Verdict::Refusing,
    })
}
