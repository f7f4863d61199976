//! The sender against servers that reply as told.

use std::collections::BTreeSet;
use std::time::Instant;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::domain::fault::Locale;
use crate::domain::ids::{NoticeId, PushId};
use crate::domain::push::{NoticeKind, PushFailureReason, PushSecret, WeeklySchedule};
use crate::domain::week::Week;

/// What signatures below were computed for, by another program.
const NOW_SECOND: i64 = 1_790_000_000;

const TAKEN: &str = r#"{"errcode":0,"errmsg":"ok"}"#;

/// A digest that uses every field.
pub(super) fn notice() -> Notice {
    Notice {
        id: NoticeId::parse("weekly-2026-W38").unwrap(),
        kind: NoticeKind::Weekly,
        title: "知问周报：第 38 周".to_owned(),
        lines: vec![
            "什么时候发货：312 位买家在问".to_owned(),
            "<at id=all></at>能开发票吗：98 位买家在问".to_owned(),
        ],
        locale: Locale::Chinese,
        url: Some("https://shop.example.com/weekly/2026-W38".to_owned()),
        data: json!({ "questions": 410 }),
        week: Some(Week::parse("2026-W38").unwrap()),
        at: Timestamp::from_second(NOW_SECOND - 60).unwrap(),
    }
}

fn target(kind: PushKind, url: &str, secret: Option<&str>) -> PushTarget {
    PushTarget {
        id: PushId::make(),
        kind,
        name: "运营群".to_owned(),
        url: PushUrl::parse(url).unwrap(),
        secret: secret.map(|secret| PushSecret::parse(secret).unwrap()),
        notices: BTreeSet::from([NoticeKind::Weekly]),
        schedule: WeeklySchedule::default(),
        is_on: true,
        last_week: None,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

/// To servers of the tests, which are on this machine and not encrypted.
const LENIENT: PushOptions = PushOptions {
    allow_http: true,
    allow_private_addresses: true,
    timeout: Duration::from_secs(20),
};

async fn send_with(
    options: PushOptions,
    target: &PushTarget,
    notice: &Notice,
) -> Result<PushReply, PushError> {
    let push = Push {
        shop: &ShopId::parse("hemu").unwrap(),
        target,
        notice,
        now: Timestamp::from_second(NOW_SECOND).unwrap(),
    };
    PushSender::new(options).unwrap().send(push).await
}

async fn reply_with(reply: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(reply)
        .mount(&server)
        .await;
    server
}

/// What a bot is sent, and what it was answered with is taken for.
async fn received(kind: PushKind, secret: Option<&str>, notice: &Notice) -> Request {
    let body = match kind {
        PushKind::Feishu => r#"{"code":0,"data":{},"msg":"success"}"#,
        _ => TAKEN,
    };
    let server = reply_with(ResponseTemplate::new(200).set_body_string(body)).await;
    let url = format!("{}/robot/send?access_token=t0ken", server.uri());
    let sent = send_with(LENIENT, &target(kind, &url, secret), notice).await;
    assert_eq!(sent.unwrap().status, 200);
    let mut requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers[name].to_str().unwrap()
}

#[tokio::test]
async fn a_webhook_gets_what_standard_webhooks_says() {
    let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let request = received(PushKind::Webhook, Some(secret), &notice()).await;
    assert_eq!(header(&request, "webhook-id"), "hemu:weekly-2026-W38");
    assert_eq!(header(&request, "webhook-timestamp"), "1790000000");
    let kind = header(&request, "content-type");
    assert_eq!(kind, "application/json; charset=utf-8");
    let key: Vec<u8> = (0..32).collect();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(b"hemu:weekly-2026-W38.1790000000.");
    mac.update(&request.body);
    let signature = header(&request, "webhook-signature");
    let signature = signature.strip_prefix("v1,").unwrap();
    let signature = {
        use base64::Engine;
        let engine = base64::engine::general_purpose::STANDARD;
        engine.decode(signature).unwrap()
    };
    mac.verify_slice(&signature).unwrap();
    let body: Value = request.body_json().unwrap();
    assert_eq!(
        body,
        json!({
            "id": "weekly-2026-W38",
            "type": "weekly",
            "shop": "hemu",
            "timestamp": "2026-09-21T14:12:20Z",
            "title": "知问周报：第 38 周",
            "lines": [
                "什么时候发货：312 位买家在问",
                "<at id=all></at>能开发票吗：98 位买家在问",
            ],
            "url": "https://shop.example.com/weekly/2026-W38",
            "week": "2026-W38",
            "data": { "questions": 410 },
        })
    );
    let unsigned = received(PushKind::Webhook, None, &notice()).await;
    assert!(!unsigned.headers.contains_key("webhook-signature"));
}

#[tokio::test]
async fn feishu_gets_a_signed_card() {
    let request = received(PushKind::Feishu, Some("SECfeishu"), &notice()).await;
    let body: Value = request.body_json().unwrap();
    assert_eq!(
        body,
        json!({
            "timestamp": "1790000000",
            "sign": "Yz1y9Yu6gDr+KPYnxsibfr9gGBYyDH/0nHYLc86qXqM=",
            "msg_type": "interactive",
            "card": {
                "config": { "wide_screen_mode": true },
                "header": {
                    "template": "blue",
                    "title": { "tag": "plain_text", "content": "知问周报：第 38 周" },
                },
                "elements": [
                    {
                        "tag": "markdown",
                        "content": "• 什么时候发货：312 位买家在问\n\
                            • ＜at id=all＞＜/at＞能开发票吗：98 位买家在问",
                    },
                    {
                        "tag": "action",
                        "actions": [{
                            "tag": "button",
                            "type": "primary",
                            "text": { "tag": "plain_text", "content": "查看详情" },
                            "url": "https://shop.example.com/weekly/2026-W38",
                        }],
                    },
                ],
            },
        })
    );
    let unsigned: Value = received(PushKind::Feishu, None, &notice())
        .await
        .body_json()
        .unwrap();
    assert_eq!(unsigned.get("sign").or(unsigned.get("timestamp")), None);
}

#[tokio::test]
async fn dingtalk_gets_signed_markdown() {
    let request = received(PushKind::Dingtalk, Some("SECding3"), &notice()).await;
    assert_eq!(
        request.url.query(),
        Some(
            "access_token=t0ken&timestamp=1790000000000\
             &sign=cmvPq4BBqNOk7T%2F1qv%2BQ2wLqSrn6cMOeEuCsFIy%2Bz5A%3D"
        )
    );
    let body: Value = request.body_json().unwrap();
    assert_eq!(
        body,
        json!({
            "msgtype": "markdown",
            "markdown": {
                "title": "知问周报：第 38 周",
                "text": "### 知问周报：第 38 周\n\n\
                    - 什么时候发货：312 位买家在问\n\
                    - ＜at id=all＞＜/at＞能开发票吗：98 位买家在问\n\
                    \n[查看详情](https://shop.example.com/weekly/2026-W38)",
            },
        })
    );
    let unsigned = received(PushKind::Dingtalk, None, &notice()).await;
    assert_eq!(unsigned.url.query(), Some("access_token=t0ken"));
}

#[tokio::test]
async fn wecom_gets_markdown_of_4096_bytes_at_most() {
    let body: Value = received(PushKind::Wecom, None, &notice())
        .await
        .body_json()
        .unwrap();
    assert_eq!(
        body,
        json!({
            "msgtype": "markdown",
            "markdown": {
                "content": "### 知问周报：第 38 周\n\
                    • 什么时候发货：312 位买家在问\n\
                    • ＜at id=all＞＜/at＞能开发票吗：98 位买家在问\n\
                    \n[查看详情](https://shop.example.com/weekly/2026-W38)",
            },
        })
    );
    let long = Notice {
        title: "长".repeat(3_000),
        lines: (0..500).map(|place| format!("第 {place} 条🧾")).collect(),
        ..notice()
    };
    let body: Value = received(PushKind::Wecom, None, &long)
        .await
        .body_json()
        .unwrap();
    let content = body["markdown"]["content"].as_str().unwrap();
    assert!(
        (3_900..=4_096).contains(&content.len()),
        "{}",
        content.len()
    );
    assert!(content.contains("……另有 "), "{content}");
}

#[tokio::test]
async fn no_body_is_longer_than_a_bot_takes() {
    for line in ["运费险怎么退", "\"\\\"\\\"\\", "\u{1f9fe}🧾"] {
        let long = Notice {
            lines: vec![line.repeat(30); 2_000],
            ..notice()
        };
        for (kind, most) in [
            (PushKind::Feishu, 20 << 10),
            (PushKind::Dingtalk, 20_000),
            (PushKind::Wecom, 20_000),
        ] {
            let length = received(kind, Some("s3cret"), &long).await.body.len();
            assert!((3_500..=most).contains(&length), "{kind:?} {length}");
        }
    }
}

/// What becomes of a push that is replied to with `status` and `body`.
async fn outcome(kind: PushKind, status: u16, body: &str) -> Result<(), PushFailureReason> {
    let server = reply_with(ResponseTemplate::new(status).set_body_string(body)).await;
    let sent = send_with(LENIENT, &target(kind, &server.uri(), None), &notice()).await;
    match sent {
        Ok(reply) => {
            assert_eq!((reply.status, reply.said.as_str()), (status, body));
            Ok(())
        }
        Err(error) => Err(error.into_failure().reason),
    }
}

#[tokio::test]
async fn a_reply_means_what_its_system_means_by_it() {
    use PushFailureReason::{Failed, Malformed, RateLimited, Refused};
    use PushKind::{Dingtalk, Feishu, Webhook, Wecom};
    for (kind, status, body, expected) in [
        (Webhook, 204, "", Ok(())),
        (Webhook, 200, r#"{"errcode":1}"#, Ok(())),
        (Webhook, 400, "no", Err(Refused)),
        (Webhook, 410, "", Err(Refused)),
        (Webhook, 408, "", Err(Failed)),
        (Webhook, 429, "", Err(RateLimited)),
        (Webhook, 500, "", Err(Failed)),
        (Feishu, 200, r#"{"code":0,"msg":"success"}"#, Ok(())),
        (
            Feishu,
            200,
            r#"{"StatusCode":0,"StatusMessage":"success"}"#,
            Ok(()),
        ),
        (
            Feishu,
            200,
            r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}"#,
            Err(Refused),
        ),
        (
            Feishu,
            200,
            r#"{"code":11232,"msg":"frequency limited"}"#,
            Err(RateLimited),
        ),
        (
            Feishu,
            400,
            r#"{"code":9499,"msg":"too many request"}"#,
            Err(RateLimited),
        ),
        (
            Feishu,
            400,
            r#"{"code":19001,"msg":"param invalid"}"#,
            Err(Refused),
        ),
        (Feishu, 200, "<html>portal</html>", Err(Malformed)),
        (Dingtalk, 200, TAKEN, Ok(())),
        (
            Dingtalk,
            200,
            r#"{"errcode":310000,"errmsg":"sign not match"}"#,
            Err(Refused),
        ),
        (
            Dingtalk,
            200,
            r#"{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}"#,
            Err(RateLimited),
        ),
        (
            Dingtalk,
            200,
            r#"{"errcode":-1,"errmsg":"busy"}"#,
            Err(Failed),
        ),
        (Dingtalk, 502, TAKEN, Err(Failed)),
        (Wecom, 200, TAKEN, Ok(())),
        (
            Wecom,
            200,
            r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#,
            Err(Refused),
        ),
        (
            Wecom,
            200,
            r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#,
            Err(RateLimited),
        ),
        (Wecom, 200, "[]", Err(Malformed)),
    ] {
        let found = outcome(kind, status, body).await;
        assert_eq!(found, expected, "{kind:?} {status} {body}");
    }
}

#[tokio::test]
async fn what_is_said_is_kept_in_part_and_the_wish_is_known() {
    let said = format!("line one\r\n\tline two {}", "长".repeat(20_000));
    let reply = ResponseTemplate::new(503)
        .insert_header("retry-after", "120")
        .set_body_string(said);
    let server = reply_with(reply).await;
    let target = target(PushKind::Webhook, &server.uri(), None);
    let error = send_with(LENIENT, &target, &notice()).await.unwrap_err();
    assert!(error.may_pass());
    assert_eq!(error.wish(), Some(Duration::from_secs(120)));
    let failure = error.into_failure();
    assert_eq!(failure.status, Some(503));
    let said = failure.said.unwrap();
    assert!(said.starts_with("line one line two 长"), "{said}");
    assert_eq!(said.chars().count(), 300);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = reply_with(ResponseTemplate::new(200)).await;
    for status in [301, 302, 303, 307, 308] {
        let reply = ResponseTemplate::new(status).insert_header("location", elsewhere.uri());
        let server = reply_with(reply).await;
        let target = target(PushKind::Webhook, &server.uri(), None);
        let error = send_with(LENIENT, &target, &notice()).await.unwrap_err();
        assert!(!error.may_pass());
        assert_eq!(error.into_failure().reason, PushFailureReason::Redirected);
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_hangs_costs_a_bounded_time() {
    // Takes connections into its queue and never replies.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let options = PushOptions {
        timeout: Duration::from_millis(200),
        ..LENIENT
    };
    let target = target(PushKind::Webhook, &format!("http://{address}/"), None);
    let started = Instant::now();
    let error = send_with(options, &target, &notice()).await.unwrap_err();
    assert!(matches!(error, PushError::TimedOut), "{error:?}");
    assert!(error.may_pass());
    assert!(started.elapsed() < Duration::from_secs(10));
    drop(listener);
    let error = send_with(options, &target, &notice()).await.unwrap_err();
    assert!(matches!(error, PushError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn private_addresses_are_refused() {
    let server = MockServer::start().await;
    Mock::given(path("/hook"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let port = server.address().port();
    let public_only = PushOptions {
        allow_private_addresses: false,
        ..LENIENT
    };
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "169.254.169.254",
        "192.168.0.1",
        // A name, which is looked up when the connection is made.
        "localhost",
        "LOCALHOST",
    ] {
        let target = target(
            PushKind::Webhook,
            &format!("http://{host}:{port}/hook"),
            None,
        );
        let error = send_with(public_only, &target, &notice())
            .await
            .unwrap_err();
        assert!(
            matches!(error, PushError::AddressRefused),
            "{host}: {error:?}"
        );
        assert!(!error.may_pass());
    }
    assert!(server.received_requests().await.unwrap().is_empty());
    // The very name that was refused leads there when it may.
    let target = target(
        PushKind::Webhook,
        &format!("http://localhost:{port}/hook"),
        None,
    );
    assert!(send_with(LENIENT, &target, &notice()).await.is_ok());
    let https_only = PushOptions {
        allow_http: false,
        ..LENIENT
    };
    let error = send_with(https_only, &target, &notice()).await.unwrap_err();
    assert!(matches!(error, PushError::AddressRefused), "{error:?}");
}

#[tokio::test]
async fn no_error_shows_an_address_or_a_secret() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?key=t0ken", listener.local_addr().unwrap());
    drop(listener);
    let target = target(PushKind::Dingtalk, &url, Some("s3cret"));
    let error = send_with(LENIENT, &target, &notice()).await.unwrap_err();
    let shown = format!(
        "{error:?} {error} {target:?} {:?}",
        PushSender::new(LENIENT)
    );
    for secret in ["t0ken", "s3cret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
