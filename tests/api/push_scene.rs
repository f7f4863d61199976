//! What tests of pushes share: servers that reply as told, places, notices.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};
use zhiwen::domain::fault::Locale;
use zhiwen::domain::ids::NoticeId;
use zhiwen::domain::push::{Notice, NoticeKind};
use zhiwen::domain::time::Clock;
use zhiwen::settings::Settings;
use zhiwen_tests::support::{App, Shop, poll_for};

/// For what has no promised time; a loaded machine may need long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a group's bot says of what it took.
pub const TAKEN: &str = r#"{"errcode":0,"errmsg":"ok"}"#;

/// Servers of tests are on this machine and not encrypted.
pub fn lenient(settings: &mut Settings) {
    settings.push.allow_http = true;
    settings.push.allow_private_addresses = true;
    settings.push.attempts = 3;
}

/// A server that always replies so.
pub async fn server_with(reply: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(reply)
        .mount(&server)
        .await;
    server
}

/// A bot's reply to what it took.
pub fn taken() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_string(TAKEN)
}

/// How many requests came.
pub async fn received(server: &MockServer) -> usize {
    server.received_requests().await.unwrap_or_default().len()
}

/// Makes a place that wants everything; its id.
pub async fn make(shop: &Shop<'_>, kind: &str, url: &str) -> String {
    let body = json!({
        "kind": kind,
        "name": "运营群",
        "url": url,
        "notices": ["weekly", "alarm"],
    });
    let reply = shop.post("/v1/pushes", &body).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["id"].as_str().expect("an id").to_owned()
}

/// A notice of one line.
pub fn notice(id: &str, kind: NoticeKind, at: Timestamp) -> Notice {
    Notice {
        id: NoticeId::parse(id).expect("valid"),
        kind,
        title: "“什么时候发货”突然变多".to_owned(),
        lines: vec!["过去一小时 46 位买家在问，平时 5 位".to_owned()],
        locale: Locale::Chinese,
        url: None,
        data: json!({ "buyers": 46 }),
        week: None,
        at,
    }
}

/// Hands an alarm in; for how many places it is new.
pub async fn send(shop: &Shop<'_>, id: &str) -> usize {
    let at = shop.app.clock.now();
    let notice = notice(id, NoticeKind::Alarm, at);
    let notices = &shop.app.service.state.notices;
    notices.send(&shop.id, &notice).await.expect("handed in")
}

/// The one delivery that there is, once `is_so` holds of it.
pub async fn delivery(shop: &Shop<'_>, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    poll_for(what, PATIENCE, async || {
        let page = shop.get("/v1/pushes/deliveries").send().await.json();
        let delivery = page["items"][0].clone();
        is_so(&delivery).then_some(delivery)
    })
    .await
}

/// Whether attempt `number` has failed and another is to come.
pub fn waits_after(app: &App, delivery: &Value, number: u64) -> bool {
    let next_at = delivery["next_at"].as_str().unwrap_or("");
    let next_at: Timestamp = next_at.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    delivery["attempts"] == number && next_at > app.clock.now()
}
