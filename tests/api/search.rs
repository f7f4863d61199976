//! `GET /v1/search`.

use std::time::Duration;

use serde_json::json;
use zhiwen_tests::support::{spawn_app, spawn_app_with};

#[tokio::test]
async fn an_empty_shop_has_no_results() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let reply = shop.get("/v1/search?q=发票").send().await;
    insta::assert_json_snapshot!(reply.snapshot(), @r#"
    {
      "status": 200,
      "body": {
        "product_ids": [],
        "results": []
      }
    }
    "#);
}

#[tokio::test]
async fn finds_and_explains() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    shop.add_knowledge("invoice", "发票什么时候开", "签收后三天内开具。")
        .await;
    shop.wait_until_searchable("发票", "invoice", 1).await;
    let reply = shop.get("/v1/search?q=發票").send().await;
    insta::assert_json_snapshot!(reply.snapshot(), @r#"
    {
      "status": 200,
      "body": {
        "product_ids": [],
        "results": [
          {
            "knowledge_id": "invoice",
            "version": 1,
            "status": "approved",
            "domain": "process",
            "title": "发票什么时候开",
            "answer_brief": "签收后三天内开具。",
            "answer_consultative": null,
            "source": null,
            "confidence": "[number]",
            "explain": {
              "bm25": "[number]",
              "bm25_share": "[number]",
              "question_coverage": "[number]",
              "wording_coverage": "[number]",
              "worded_share": "[number]",
              "feedback": "[number]",
              "relevance": "[number]",
              "margin": "[number]"
            }
          }
        ]
      }
    }
    "#);
}

/// With polling as good as off only the notice of a change can bring it into
/// the index: that it comes at once needs no clock then.
#[tokio::test]
async fn a_change_is_made_searchable_by_its_notice() {
    let app = spawn_app_with(|settings| settings.index_poll = Duration::from_secs(86_400)).await;
    let shop = app.shop("hemu").await;
    shop.add_knowledge("a", "保温多久", "十二小时。").await;
    shop.wait_until_searchable("保温多久", "a", 1).await;
    let changed = json!({"status": "approved", "domain": "product", "title": "能装多少水", "answer_brief": "一升半。"});
    let call = shop.put("/v1/knowledge/a", &changed);
    assert_eq!(call.header("if-match", "\"1\"").send().await.status, 200);
    shop.wait_until_searchable("能装多少水", "a", 2).await;
    let file = "id,title,domain,status,answer\nb,几天到货,warehouse,approved,三天\n";
    let call = shop.call(reqwest::Method::POST, "/v1/knowledge/imports");
    assert_eq!(call.body("text/csv", file).send().await.status, 200);
    shop.wait_until_searchable("几天到货", "b", 1).await;
    let revert = json!({"version": 1});
    let call = shop.post("/v1/knowledge/a/revert", &revert);
    assert_eq!(call.header("if-match", "*").send().await.status, 200);
    shop.wait_until_searchable("保温多久", "a", 3).await;
}

#[tokio::test]
async fn refuses_bad_input_by_field() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let mut lines = Vec::new();
    for query in [
        "",
        "q=%20",
        "q=a%07b",
        "q=x&limit=many",
        "q=x&limit=51",
        "q=x&colour=red",
        "q=x&status=new",
        "q=x&domain=shop",
        "q=x&as_of=soon",
        "q=x&product_id=a%20b",
        "q=x&channel=Taobao",
    ] {
        let reply = shop.get(&format!("/v1/search?{query}")).send().await;
        lines.push(format!("{query} → {}", reply.problem()));
    }
    let long = format!("/v1/search?q={}", "x".repeat(1_001));
    lines.push(shop.get(&long).send().await.problem());
    insta::assert_snapshot!(lines.join("\n"), @r#"
     → 400 invalid-query: q: missing field `q`
    q=%20 → 422 invalid-fields: q: must not be empty
    q=a%07b → 422 invalid-fields: q: contains a control character
    q=x&limit=many → 400 invalid-query: limit: is malformed, expected a whole number such as 7
    q=x&limit=51 → 422 invalid-fields: limit: is malformed, expected 1 to 50
    q=x&colour=red → 400 invalid-query: colour: unknown field `colour`, expected one of `q`, `product_id`, `channel`, `domain`, `status`, `as_of`, `limit`
    q=x&status=new → 422 invalid-fields: status: "new" is not known, expected draft, approved, archived
    q=x&domain=shop → 422 invalid-fields: domain: "shop" is not known, expected product, process, warehouse
    q=x&as_of=soon → 422 invalid-fields: as_of: "soon" is not a time such as 2026-11-11 20:00 or 2026-11-11T12:00:00Z
    q=x&product_id=a%20b → 422 invalid-fields: product_id: is malformed, expected visible characters without spaces or |
    q=x&channel=Taobao → 422 invalid-fields: channel: is malformed, expected lower-case letters, digits, - and _
    422 invalid-fields: q: has 1001 characters, at most 1000 are allowed
    "#);
}
