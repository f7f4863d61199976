//! Places that notices are pushed to: made, changed, tested, and whose they are.

use reqwest::Method;
use serde_json::json;
use wiremock::matchers::{body_partial_json, path};
use wiremock::{Mock, MockServer, ResponseTemplate};
use zhiwen::domain::key::Scope;
use zhiwen_tests::support::{spawn_app, spawn_app_with};

use super::push_scene::{TAKEN, delivery, lenient, make, received, send, server_with, taken};

#[tokio::test]
async fn a_place_is_made_read_changed_and_removed() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let body = json!({
        "kind": "dingtalk",
        "name": " 运营群 ",
        "url": "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef",
        "secret": "SEC0123456789",
        "weekly": { "day": "tuesday", "time": "08:30" },
    });
    let made = shop.post("/v1/pushes", &body).send().await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let place = format!("/v1/pushes/{id}");
    assert_eq!(made.header("location"), Some(place.as_str()));
    let mut expected = json!({
        "id": id,
        "kind": "dingtalk",
        "name": "运营群",
        "url": "oapi.dingtalk.com/…cdef",
        "signed": true,
        "notices": ["weekly"],
        "weekly": { "day": "tuesday", "time": "08:30" },
        "on": true,
        // Made on Thursday of week 40: the digest of week 39 was due on Tuesday.
        "last_week": "2026-W39",
        "created_at": "2026-10-01T02:00:00Z",
    });
    assert_eq!(made.json(), expected);
    assert_eq!(shop.get(&place).send().await.json(), expected);

    let again = shop.post("/v1/pushes", &body).send().await;
    assert!(
        again.problem().starts_with("409 exists"),
        "{}",
        again.text()
    );

    // Address and secret stay where they are left out.
    let change = json!({ "name": "仓库群", "notices": ["alarm"], "on": false });
    let changed = shop.put(&place, &change).send().await;
    expected["name"] = "仓库群".into();
    expected["notices"] = json!(["alarm"]);
    expected["weekly"] = json!({ "day": "monday", "time": "09:00" });
    expected["on"] = false.into();
    assert_eq!(changed.json(), expected);
    let unsigned = json!({ "name": "仓库群", "secret": "" });
    let changed = shop.put(&place, &unsigned).send().await.json();
    assert_eq!(changed["signed"], false);

    // A webhook without a secret gets one, shown once.
    let body = json!({ "kind": "webhook", "name": "erp", "url": "https://erp.example.com/hook" });
    let made = shop.post("/v1/pushes", &body).send().await.json();
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    assert!(
        secret.starts_with("whsec_") && secret.len() == 50,
        "{secret}"
    );
    let all = shop.get("/v1/pushes").send().await;
    for hidden in [secret.as_str(), "0123456789abcd", "SEC01", "/hook"] {
        assert!(!all.text().contains(hidden), "{}", all.text());
    }
    assert_eq!(all.json()["pushes"].as_array().map(Vec::len), Some(2));

    let removed = shop.call(Method::DELETE, &place).send().await;
    assert_eq!(removed.status, 204);
    for call in [
        shop.get(&place),
        shop.put(&place, &change),
        shop.call(Method::DELETE, &place),
        shop.post(&format!("{place}/test"), &json!({})),
    ] {
        assert_eq!(call.send().await.problem(), "404 not-found: push not found");
    }
}

#[tokio::test]
async fn each_fault_is_named_by_its_field() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let mut lines = Vec::new();
    for body in [
        json!({ "name": "" }),
        json!({ "kind": "feishu", "name": "x", "url": "ftp://example.com" }),
        json!({ "kind": "feishu", "name": "x", "url": "https://me:pass@example.com" }),
        json!({ "kind": "wecom", "name": "x", "url": "https://example.com", "secret": "s" }),
        json!({ "kind": "feishu", "name": "x", "url": "https://example.com", "notices": [] }),
        json!({ "kind": "feishu", "name": "x", "url": "https://example.com", "notices": ["test"] }),
        json!({ "kind": "feishu", "name": "x", "url": "https://example.com", "weekly": { "day": "monday", "time": "25:00" } }),
        // Not allowed by the settings.
        json!({ "kind": "webhook", "name": "x", "url": "http://example.com/" }),
        json!({ "kind": "webhook", "name": "x", "url": "https://169.254.169.254/latest" }),
        json!({ "kind": "webhook", "name": "x", "url": "https://[::ffff:10.0.0.1]/" }),
    ] {
        let reply = shop
            .post("/v1/pushes", &body)
            .header("accept-language", "en");
        lines.push(reply.send().await.problem());
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    422 invalid-fields: name: must not be empty; kind: must not be empty; url: must not be empty
    422 invalid-fields: url: is malformed, expected an address with https://
    422 invalid-fields: url: is malformed, expected an address without a user name or password
    422 invalid-fields: secret: is malformed, expected absent: bots of WeCom have none
    422 invalid-fields: notices: must not be empty
    422 invalid-fields: notices: "test" is not known, expected weekly, alarm
    422 invalid-fields: weekly.time: is malformed, expected a time such as 09:00
    422 invalid-fields: url: is malformed, expected an https address outside private networks
    422 invalid-fields: url: is malformed, expected an https address outside private networks
    422 invalid-fields: url: is malformed, expected an https address outside private networks
    "#);
}

#[tokio::test]
async fn a_test_says_what_the_other_side_said() {
    let app = spawn_app_with(lenient).await;
    let shop = app.shop("hemu").await;
    let bot = MockServer::start().await;
    Mock::given(path("/good"))
        .and(body_partial_json(json!({ "msgtype": "markdown" })))
        .respond_with(taken())
        .mount(&bot)
        .await;
    let wrong = r#"{"errcode":310000,"errmsg":"sign not match"}"#;
    Mock::given(path("/bad"))
        .respond_with(ResponseTemplate::new(200).set_body_string(wrong))
        .mount(&bot)
        .await;
    let press = async |url: String| {
        let id = make(&shop, "dingtalk", &url).await;
        let call = shop.call(Method::POST, &format!("/v1/pushes/{id}/test"));
        let call = call.header("accept-language", "zh-CN");
        call.send().await.json()
    };
    assert_eq!(
        press(format!("{}/good", bot.uri())).await,
        json!({ "delivered": true, "status": 200, "said": TAKEN })
    );
    assert_eq!(
        press(format!("{}/bad", bot.uri())).await,
        json!({
            "delivered": false,
            "reason": "refused",
            "message": "对方拒收，请对照对方的原话检查地址、加签密钥、关键词或 IP 白名单",
            "status": 200,
            "said": wrong,
        })
    );
    let sent = bot.received_requests().await.unwrap_or_default();
    let text = String::from_utf8_lossy(&sent[0].body).into_owned();
    assert!(text.contains("知问测试推送"), "{text}");
    // A test is no delivery.
    let deliveries = shop.get("/v1/pushes/deliveries").send().await.json();
    assert_eq!(deliveries, json!({ "items": [] }));
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let server = server_with(taken()).await;
    let url = format!("https://localhost:{}/", server.address().port());
    let id = make(&shop, "webhook", &url).await;
    let tested = shop.post(&format!("/v1/pushes/{id}/test"), &json!({}));
    let tested = tested.send().await.json();
    assert_eq!(tested["delivered"], false);
    assert_eq!(tested["reason"], "address_refused");
    // Nobody need try that again.
    assert_eq!(send(&shop, "alarm-1").await, 1);
    let dead = delivery(&shop, "the push is dead", |delivery| {
        delivery["state"] == "dead"
    });
    assert_eq!(dead.await["attempts"], 1);
    assert_eq!(received(&server).await, 0);
}

#[tokio::test]
async fn only_an_administrator_changes_pushes() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let mut lines = Vec::new();
    for scope in Scope::ALL {
        let key = app.key("hemu", &[scope], None).await;
        let mut open = Vec::new();
        for (method, path) in [
            (Method::GET, "/v1/pushes"),
            (Method::POST, "/v1/pushes"),
            (Method::GET, "/v1/pushes/x"),
            (Method::PUT, "/v1/pushes/x"),
            (Method::DELETE, "/v1/pushes/x"),
            (Method::POST, "/v1/pushes/x/test"),
            (Method::GET, "/v1/pushes/deliveries"),
            (Method::POST, "/v1/pushes/deliveries/x/retry"),
        ] {
            let name = format!("{method} {path}");
            let call = app.call(method, path).key(&key);
            let reply = call.body("application/json", "{}").send().await;
            if reply.status != 403 {
                open.push(name);
            }
        }
        let open = match open.is_empty() {
            true => "nothing".to_owned(),
            false => open.join(", "),
        };
        lines.push(format!("{scope}: {open}"));
    }
    drop(shop);
    insta::assert_snapshot!(lines.join("\n"), @"
    suggest: nothing
    ingest: nothing
    knowledge: nothing
    insights: GET /v1/pushes, GET /v1/pushes/x, GET /v1/pushes/deliveries
    supervise: GET /v1/pushes, GET /v1/pushes/x, GET /v1/pushes/deliveries
    admin: GET /v1/pushes, POST /v1/pushes, GET /v1/pushes/x, PUT /v1/pushes/x, DELETE /v1/pushes/x, POST /v1/pushes/x/test, GET /v1/pushes/deliveries, POST /v1/pushes/deliveries/x/retry
    ");
}

#[tokio::test]
async fn another_shop_sees_none_of_it() {
    let app = spawn_app_with(lenient).await;
    let (left, right) = (app.shop("left").await, app.shop("right").await);
    let server = server_with(taken()).await;
    let id = make(&left, "wecom", &server.uri()).await;
    send(&left, "alarm-1").await;
    let sent = delivery(&left, "it is delivered", |delivery| {
        delivery["state"] == "delivered"
    })
    .await;
    let delivery = sent["id"].as_str().expect("an id");
    let place = format!("/v1/pushes/{id}");
    for call in [
        right.get(&place),
        right.put(&place, &json!({ "name": "x" })),
        right.call(Method::DELETE, &place),
        right.post(&format!("{place}/test"), &json!({})),
        right.post(
            &format!("/v1/pushes/deliveries/{delivery}/retry"),
            &json!({}),
        ),
    ] {
        assert_eq!(call.send().await.status, 404);
    }
    let pushes = right.get("/v1/pushes").send().await.json();
    assert_eq!(pushes, json!({ "pushes": [] }));
    let deliveries = right.get("/v1/pushes/deliveries").send().await.json();
    assert_eq!(deliveries, json!({ "items": [] }));
    // The same address may be another shop's too.
    make(&right, "wecom", &server.uri()).await;
}
