//! Two shops with the same ids see nothing of each other.

use reqwest::Method;
use serde_json::json;
use zhiwen_tests::support::{Reply, spawn_app};

#[tokio::test]
async fn the_same_ids_in_two_shops_are_two_things() {
    let app = spawn_app().await;
    let (left, right) = (app.shop("left").await, app.shop("right").await);
    left.add_knowledge("a", "发票什么时候开", "左店三天。")
        .await;
    right
        .add_knowledge("a", "发票什么时候开", "右店七天。")
        .await;
    for (shop, answer) in [(&left, "左店三天。"), (&right, "右店七天。")] {
        shop.wait_until_searchable("发票", "a", 1).await;
        let item = shop.get("/v1/knowledge/a").send().await.json();
        assert_eq!(item["answer_brief"], json!(answer));
        let found = shop.get("/v1/search?q=发票").send().await.json();
        let results = found["results"].as_array().map_or(0, Vec::len);
        assert_eq!(results, 1);
        assert_eq!(found["results"][0]["answer_brief"], json!(answer));
        let body = json!({
            "conversation_id": "c-1",
            "messages": [{"id": "m-1", "role": "buyer", "text": "发票什么时候开"}],
        });
        let call = shop.post("/v1/suggestions", &body);
        // The same key in both: it belongs to the shop.
        let suggestion = call.header("idempotency-key", "k").send().await.json();
        assert_eq!(suggestion["answers"][0]["text"], json!(answer));
        let export = shop.get("/v1/knowledge/export").send().await.text();
        assert_eq!(export.matches("店").count(), 1, "{export}");
    }
    let body = json!({"domain": "process", "title": "x"});
    let call = left.put("/v1/knowledge/a", &body);
    assert_eq!(call.header("if-match", "*").send().await.status, 200);
    let untouched = right.get("/v1/knowledge/a").send().await.json();
    assert_eq!(untouched["version"], json!(1));
}

#[tokio::test]
async fn what_only_the_other_shop_has_is_not_found() {
    let app = spawn_app().await;
    let (left, right) = (app.shop("left").await, app.shop("right").await);
    left.add_knowledge("only", "发票什么时候开", "三天。").await;
    left.put("/v1/products/p-1", &json!({"name": "x"}))
        .send()
        .await;
    let body = json!({"domain": "process", "title": "x"});
    let revert = json!({"version": 1});
    let calls = [
        right.get("/v1/knowledge/only"),
        right.get("/v1/knowledge/only?version=1"),
        right.get("/v1/knowledge/only?as_of=2027-01-01"),
        right.get("/v1/knowledge/only/versions"),
        right.get("/v1/knowledge/only/diff?from=1&to=1"),
        right
            .put("/v1/knowledge/only", &body)
            .header("if-match", "*"),
        right
            .post("/v1/knowledge/only/revert", &revert)
            .header("if-match", "*"),
        right.call(Method::DELETE, "/v1/products/p-1"),
    ];
    let mut lines = Vec::new();
    for call in calls {
        let reply: Reply = call.send().await;
        lines.push(reply.problem());
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    404 not-found: knowledge item not found
    404 not-found: version not found
    404 not-found: knowledge item not found
    404 not-found: knowledge item not found
    404 not-found: version not found
    404 not-found: knowledge item not found
    404 not-found: version not found
    404 not-found: product not found
    ");
    // A cursor of the one shop's list opens nothing in the other.
    let page = left.get("/v1/knowledge?limit=1").send().await.json();
    assert_eq!(page["items"][0]["id"], "only");
    let list = right.get("/v1/knowledge").send().await.json();
    assert_eq!(list, json!({"items": []}));
    let list = right.get("/v1/products").send().await.json();
    assert_eq!(list, json!({"items": []}));
}
