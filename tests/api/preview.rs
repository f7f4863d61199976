//! "As of": the same question at another time.

use serde_json::{Value, json};
use zhiwen_tests::support::{App, Shop, spawn_app};

/// A shop whose promotion runs on 11 November, Shanghai time; its answer was
/// made a minute after ten on 1 October, and put right a minute later.
async fn promotion(app: &App) -> Shop<'_> {
    let shop = app.shop("hemu").await;
    let mut item = json!({
        "id": "promo", "status": "approved", "domain": "process", "title": "双十一满减规则",
        "answer_brief": "满三百减四十。",
        "valid_from": "2026-11-11", "valid_until": "2026-11-12",
    });
    app.clock.set("2026-10-01T02:01:00Z");
    assert_eq!(shop.post("/v1/knowledge", &item).send().await.status, 201);
    app.clock.set("2026-10-01T02:02:00Z");
    item["answer_brief"] = json!("满三百减五十。");
    let call = shop.put("/v1/knowledge/promo", &item);
    assert_eq!(call.header("if-match", "\"1\"").send().await.status, 200);
    shop.wait_until_searchable("双十一满减", "promo", 2).await;
    shop
}

#[tokio::test]
async fn an_item_can_be_seen_at_any_time() {
    let app = spawn_app().await;
    let shop = promotion(&app).await;
    let mut lines = Vec::new();
    for time in [
        "2026-10-01 10:00",
        "2026-10-01 10:01",
        "2026-10-01T02:01:59.999Z",
        "2026-10-01 10:02",
        "2026-11-10 23:59:59",
        "2026-11-11",
        "2026-11-11 00:05",
        "2026-11-11T15:59:59.999Z",
        "2026-11-11T16:00:00Z",
    ] {
        let path = format!("/v1/knowledge/promo?as_of={time}");
        let reply = shop.get(&path).send().await;
        let shown = match reply.status {
            200 => format!("{} {}", reply.json()["version"], reply.json()["in_effect"]),
            _ => reply.problem(),
        };
        lines.push(format!("{time} → {shown}"));
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    2026-10-01 10:00 → 404 not-found: knowledge item not found
    2026-10-01 10:01 → 1 false
    2026-10-01T02:01:59.999Z → 1 false
    2026-10-01 10:02 → 2 false
    2026-11-10 23:59:59 → 2 false
    2026-11-11 → 2 true
    2026-11-11 00:05 → 2 true
    2026-11-11T15:59:59.999Z → 2 true
    2026-11-11T16:00:00Z → 2 false
    ");
}

#[tokio::test]
async fn answers_live_and_die_with_their_window() {
    let app = spawn_app().await;
    let shop = promotion(&app).await;
    let found = async |query: &str| {
        let path = format!("/v1/search?q=双十一满减规则{query}");
        let reply = shop.get(&path).send().await.json();
        reply["results"].as_array().map_or(0, Vec::len)
    };
    let suggested = async || {
        let body = json!({
            "conversation_id": "c-1",
            "messages": [{"id": "m-1", "role": "buyer", "text": "双十一满减规则"}],
        });
        let reply = shop.post("/v1/suggestions", &body).send().await.json();
        reply["answers"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(found("&as_of=2026-11-10T23:59:59%2B08:00").await, 0);
    assert_eq!(found("&as_of=2026-11-11").await, 1);
    assert_eq!(found("&as_of=2026-11-12").await, 0);
    for (now, expected) in [
        ("2026-11-10T15:59:59.999Z", 0),
        ("2026-11-10T16:00:00Z", 1),
        ("2026-11-11T15:59:59.999Z", 1),
        ("2026-11-11T16:00:00Z", 0),
    ] {
        app.clock.set(now);
        assert_eq!(found("").await, expected, "search at {now}");
        assert_eq!(suggested().await, expected, "suggestion at {now}");
        let item: Value = shop.get("/v1/knowledge/promo").send().await.json();
        assert_eq!(item["in_effect"], json!(expected == 1), "item at {now}");
    }
}
