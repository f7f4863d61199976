//! `GET /v1/knowledge/export`.

use reqwest::Method;
use serde_json::json;
use zhiwen_tests::support::{Shop, spawn_app};

async fn filled(shop: &Shop<'_>) {
    shop.add_knowledge("a", "发票什么时候开", "=1+1").await;
    let draft = json!({"id": "b", "domain": "warehouse", "title": "几天到货"});
    assert_eq!(shop.post("/v1/knowledge", &draft).send().await.status, 201);
}

#[tokio::test]
async fn a_file_holds_what_the_filter_lets_through() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    filled(&shop).await;
    let all = shop.get("/v1/knowledge/export").send().await;
    insta::assert_json_snapshot!(all.snapshot(), @r#"
    {
      "status": 200,
      "content-disposition": "attachment; filename=\"hemu-knowledge.csv\"",
      "content-type": "text/csv; charset=utf-8",
      "body": "﻿id,status,domain,intent,title,phrasings,answer_brief,answer_consultative,products,channels,valid_from,valid_until,source,tags\r\na,approved,process,,发票什么时候开,,'=1+1,,,,,,,\r\nb,draft,warehouse,,几天到货,,,,,,,,,\r\n"
    }
    "#);
    let lines = "/v1/knowledge/export?format=jsonl&status=draft&domain=warehouse";
    insta::assert_json_snapshot!(shop.get(lines).send().await.snapshot(), @r#"
    {
      "status": 200,
      "content-disposition": "attachment; filename=\"hemu-knowledge.jsonl\"",
      "content-type": "application/x-ndjson",
      "body": "{\"id\":\"b\",\"status\":\"draft\",\"domain\":\"warehouse\",\"intent\":null,\"title\":\"几天到货\",\"phrasings\":[],\"answer_brief\":null,\"answer_consultative\":null,\"products\":[],\"channels\":[],\"valid_from\":null,\"valid_until\":null,\"source\":null,\"tags\":[]}\n"
    }
    "#);
    let mut problems = Vec::new();
    for query in ["format=pdf", "status=new", "domain=shop", "colour=red"] {
        let reply = shop.get(&format!("/v1/knowledge/export?{query}"));
        problems.push(reply.send().await.problem());
    }
    insta::assert_snapshot!(problems.join("\n"), @r#"
    422 invalid-fields: format: "pdf" is not known, expected csv, xlsx, jsonl or markdown
    422 invalid-fields: status: "new" is not known, expected draft, approved, archived
    422 invalid-fields: domain: "shop" is not known, expected product, process, warehouse
    400 invalid-query: colour: unknown field `colour`, expected one of `format`, `status`, `domain`, `intent`
    "#);
}

#[tokio::test]
async fn an_import_of_an_export_changes_nothing() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    filled(&shop).await;
    for format in ["csv", "xlsx", "jsonl", "markdown"] {
        let path = format!("/v1/knowledge/export?format={format}");
        let file = shop.get(&path).send().await;
        let content_type = file.header("content-type").unwrap_or("").to_owned();
        let call = shop.call(Method::POST, "/v1/knowledge/imports?dry_run=true");
        let report = call.body(&content_type, file.bytes).send().await.json();
        assert_eq!(report["unchanged"], 2, "{format}: {report}");
    }
}
