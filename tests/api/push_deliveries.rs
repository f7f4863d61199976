//! What becomes of a notice: told once, tried again, given up, sent again.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wiremock::matchers::method;
use wiremock::{Mock, ResponseTemplate};
use zhiwen::domain::push::{Notice, NoticeKind};
use zhiwen::domain::time::Clock;
use zhiwen::domain::week::Week;
use zhiwen_tests::support::{poll_until, spawn_app_in, spawn_app_with};

use super::push_scene::{
    PATIENCE, delivery, lenient, make, notice, received, send, server_with, taken, waits_after,
};

#[tokio::test]
async fn a_notice_comes_once_to_all_who_want_it() {
    let app = spawn_app_with(lenient).await;
    let shop = app.shop("hemu").await;
    let (wants, does_not, is_off) = (
        server_with(taken()).await,
        server_with(taken()).await,
        server_with(taken()).await,
    );
    make(&shop, "wecom", &wants.uri()).await;
    let weekly = json!({ "name": "x", "notices": ["weekly"] });
    let id = make(&shop, "wecom", &does_not.uri()).await;
    shop.put(&format!("/v1/pushes/{id}"), &weekly).send().await;
    let off = json!({ "name": "x", "notices": ["alarm"], "on": false });
    let id = make(&shop, "wecom", &is_off.uri()).await;
    shop.put(&format!("/v1/pushes/{id}"), &off).send().await;

    assert_eq!(send(&shop, "alarm-1").await, 1);
    assert_eq!(send(&shop, "alarm-1").await, 0);
    let delivered = delivery(&shop, "the push is delivered", |delivery| {
        delivery["state"] == "delivered"
    })
    .await;
    assert_eq!(delivered["notice"], "alarm-1");
    assert_eq!(delivered["kind"], "alarm");
    assert_eq!(delivered["failure"], Value::Null);
    // A second notice comes after it, so the first has not come twice by then.
    assert_eq!(send(&shop, "alarm-2").await, 1);
    poll_until("the second is delivered", PATIENCE, async || {
        let page = shop.get("/v1/pushes/deliveries?state=delivered");
        let page = page.send().await.json();
        page["items"].as_array().map(Vec::len) == Some(2)
    })
    .await;
    let counts = (
        received(&wants).await,
        received(&does_not).await,
        received(&is_off).await,
    );
    assert_eq!(counts, (2, 0, 0));
}

#[tokio::test]
async fn a_failure_is_tried_again_and_then_dead() {
    let app = spawn_app_with(lenient).await;
    let shop = app.shop("hemu").await;
    let server = server_with(ResponseTemplate::new(500).set_body_string("oops")).await;
    make(&shop, "webhook", &server.uri()).await;
    send(&shop, "alarm-1").await;
    for attempt in [1, 2] {
        let waiting = delivery(&shop, "the attempt has failed", |delivery| {
            waits_after(&app, delivery, attempt)
        })
        .await;
        assert_eq!(waiting["state"], "waiting");
        assert_eq!(waiting["failure"]["reason"], "failed");
        assert_eq!(waiting["failure"]["status"], 500);
        assert_eq!(waiting["failure"]["said"], "oops");
        app.clock.advance(SignedDuration::from_hours(7));
    }
    let dead = delivery(&shop, "the push is dead", |delivery| {
        delivery["state"] == "dead"
    })
    .await;
    assert_eq!(dead["attempts"], 3);
    assert_eq!(received(&server).await, 3);
    let list = shop.get("/v1/pushes/deliveries?state=dead").send().await;
    assert_eq!(list.json()["items"], json!([dead]));

    // Mended, it is sent again when somebody asks for it, under the same id.
    server.reset().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    let id = dead["id"].as_str().expect("an id");
    let retry = shop.post(&format!("/v1/pushes/deliveries/{id}/retry"), &json!({}));
    let retried = retry.send().await;
    assert_eq!(retried.status, 202, "{}", retried.text());
    delivery(&shop, "the push is delivered", |delivery| {
        delivery["state"] == "delivered"
    })
    .await;
    let requests = server.received_requests().await.unwrap_or_default();
    assert_eq!(requests[0].headers["webhook-id"], "hemu:alarm-1");
    let unknown = shop.post(
        "/v1/pushes/deliveries/01890a5d-ac96-774b-bcce-b302099a8057/retry",
        &json!({}),
    );
    assert_eq!(
        unknown.send().await.problem(),
        "404 not-found: delivery not found"
    );
}

#[tokio::test]
async fn what_waits_survives_a_restart() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let server = server_with(ResponseTemplate::new(503)).await;
    let app = spawn_app_in(folder.path(), lenient).await;
    let key = {
        let shop = app.shop("hemu").await;
        make(&shop, "webhook", &server.uri()).await;
        send(&shop, "alarm-1").await;
        delivery(&shop, "the attempt has failed", |delivery| {
            waits_after(&app, delivery, 1)
        })
        .await;
        shop.key
    };
    app.stop().await;
    server.reset().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let app = spawn_app_in(folder.path(), lenient).await;
    app.clock.advance(SignedDuration::from_hours(1));
    poll_until("the push is delivered", PATIENCE, async || {
        let call = app.get("/v1/pushes/deliveries?state=delivered").key(&key);
        call.send().await.json()["items"][0]["attempts"] == 2
    })
    .await;
    assert_eq!(received(&server).await, 1);
}

#[tokio::test]
async fn a_place_that_hangs_holds_up_no_other() {
    let app = spawn_app_with(|settings| {
        lenient(settings);
        settings.push.timeout = Duration::from_secs(600);
        settings.push.concurrency = 2;
    })
    .await;
    let shop = app.shop("hemu").await;
    // Takes connections into its queue and never replies.
    let hangs = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let url = format!("http://{}/", hangs.local_addr().expect("bound"));
    let hanging = make(&shop, "webhook", &url).await;
    let server = server_with(taken()).await;
    make(&shop, "wecom", &server.uri()).await;
    for number in 0..5 {
        assert_eq!(send(&shop, &format!("alarm-{number}")).await, 2);
    }
    poll_until("the other has all", PATIENCE, async || {
        received(&server).await == 5
    })
    .await;
    let page = shop.get(&format!("/v1/pushes/deliveries?push={hanging}"));
    let page = page.send().await.json();
    let attempts: Vec<_> = page["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|delivery| delivery["attempts"].as_u64().unwrap_or(9))
        .collect();
    // Newest first: the oldest is under way, the others wait for it.
    assert_eq!(attempts, [0, 0, 0, 0, 1]);
}

#[tokio::test]
async fn a_digest_is_due_once_a_week() {
    let app = spawn_app_with(lenient).await;
    let shop = app.shop("hemu").await;
    let server = server_with(taken()).await;
    make(&shop, "wecom", &server.uri()).await;
    let state = &app.service.state;
    let described = state.shop(&shop.id).await.expect("the shop");
    let due = async || {
        let due = state.notices.weekly_due(&described).await.expect("read");
        let weeks = due.iter().map(|(week, targets)| (*week, targets.clone()));
        weeks.collect::<Vec<_>>()
    };
    assert!(due().await.is_empty());
    // Monday, 9 in the morning in Shanghai.
    app.clock.set("2026-10-05T01:00:00Z");
    let found = due().await;
    let week = Week::parse("2026-W40").expect("valid");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, week);
    let digest = Notice {
        week: Some(week),
        ..notice("weekly-2026-W40", NoticeKind::Weekly, app.clock.now())
    };
    let new = state.notices.send_to(&shop.id, &digest, &found[0].1);
    assert_eq!(new.await.expect("handed in"), 1);
    assert!(due().await.is_empty());
    app.clock.set("2026-10-12T01:00:00Z");
    assert_eq!(due().await.len(), 1);
}
