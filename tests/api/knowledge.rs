//! `/v1/knowledge`: make, list, read, replace.

use reqwest::Method;
use serde_json::{Value, json};
use zhiwen_tests::support::{Shop, spawn_app};

fn invoice() -> Value {
    json!({
        "id": "售后/invoice",
        "status": "approved",
        "domain": "process",
        "intent": "process.invoice",
        "title": "发票什么时候开",
        "phrasings": ["可以开发票吗"],
        "answer_brief": "签收后三天内开具。",
        "products": ["p-1"],
        "channels": ["taobao"],
        "valid_from": "2026-09-01 00:00",
        "source": "售后手册",
        "tags": ["发票"],
    })
}

async fn add(shop: &Shop<'_>, id: &str, status: &str, domain: &str) {
    let body =
        json!({"id": id, "status": status, "domain": domain, "title": id, "answer_brief": "x"});
    let reply = shop.post("/v1/knowledge", &body).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text());
}

#[tokio::test]
async fn makes_and_reads_an_item() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let made = shop.post("/v1/knowledge", &invoice()).send().await;
    insta::assert_json_snapshot!(made.snapshot(), @r#"
    {
      "status": 201,
      "etag": "\"1\"",
      "location": "/v1/knowledge/%E5%94%AE%E5%90%8E%2Finvoice",
      "body": {
        "id": "售后/invoice",
        "version": 1,
        "status": "approved",
        "domain": "process",
        "intent": "process.invoice",
        "title": "发票什么时候开",
        "phrasings": [
          "可以开发票吗"
        ],
        "answer_brief": "签收后三天内开具。",
        "answer_consultative": null,
        "products": [
          "p-1"
        ],
        "channels": [
          "taobao"
        ],
        "valid_from": "2026-09-01 00:00",
        "valid_until": null,
        "source": "售后手册",
        "tags": [
          "发票"
        ],
        "created_at": "2026-10-01T02:00:00Z",
        "updated_at": "2026-10-01T02:00:00Z",
        "updated_by": "[key]",
        "in_effect": true
      }
    }
    "#);
    let location = made.header("location").unwrap_or("");
    let read = shop.get(location).send().await;
    assert_eq!(read.json(), made.json());
    assert_eq!(read.header("etag"), Some("\"1\""));
    let again = shop.post("/v1/knowledge", &invoice()).send().await;
    insta::assert_json_snapshot!(again.snapshot(), @r#"
    {
      "status": 409,
      "body": {
        "type": "urn:zhiwen:problem:exists",
        "title": "There is one of that id already",
        "status": 409,
        "detail": "knowledge item exists already",
        "request_id": "test-request"
      }
    }
    "#);
}

#[tokio::test]
async fn an_item_without_an_id_gets_one_from_its_title() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let body = json!({"domain": "process", "title": "发票？"});
    let made = shop.post("/v1/knowledge", &body).send().await;
    let (id, status) = (made.json()["id"].clone(), made.json()["status"].clone());
    assert_eq!((made.status, status), (201, json!("draft")));
    assert!(id.as_str().is_some_and(|id| id.starts_with("t-")), "{id}");
    let same = json!({"domain": "process", "title": " 發票? "});
    assert_eq!(shop.post("/v1/knowledge", &same).send().await.status, 409);
}

#[tokio::test]
async fn the_same_key_makes_one_item() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let send = async |body: &Value| {
        let call = shop.post("/v1/knowledge", body);
        call.header("idempotency-key", "k-1").send().await
    };
    let first = send(&invoice()).await;
    let again = send(&invoice()).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.bytes, again.bytes);
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(again.header("etag"), Some("\"1\""));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let other = json!({"id": "other", "domain": "process", "title": "x"});
    let mut lines = vec![send(&other).await.problem()];
    let call = shop.post("/v1/knowledge", &other);
    lines.push(call.header("idempotency-key", " ").send().await.problem());
    insta::assert_snapshot!(lines.join("\n"), @"
    422 idempotency-mismatch: idempotency key was used for another request
    422 invalid-fields: Idempotency-Key: is malformed, expected 1 to 200 visible ASCII characters
    ");
    assert_eq!(shop.get("/v1/knowledge/other").send().await.status, 404);
}

#[tokio::test]
async fn lists_in_pages_by_filter() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    for id in ["b", "a", "售", "c"] {
        add(&shop, id, "approved", "process").await;
    }
    add(&shop, "d", "draft", "warehouse").await;
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/knowledge?limit=2{cursor}");
        let page = shop.get(&path).send().await.json();
        let items = page["items"].as_array().cloned().unwrap_or_default();
        let ids: Vec<Value> = items.iter().map(|item| item["id"].clone()).collect();
        pages.push(ids);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(json!(pages), json!([["a", "b"], ["c", "d"], ["售"]]));
    let count = async |filter: &str| {
        let page = shop.get(&format!("/v1/knowledge?{filter}")).send().await;
        page.json()["items"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count("status=draft").await, 1);
    assert_eq!(count("domain=process&status=approved").await, 4);
    assert_eq!(count("intent=process.invoice").await, 0);
    let mut lines = Vec::new();
    for query in [
        "limit=0",
        "limit=201",
        "cursor=x",
        "status=new",
        "intent=x",
        "page=2",
    ] {
        let reply = shop.get(&format!("/v1/knowledge?{query}")).send().await;
        lines.push(format!("{query} → {}", reply.problem()));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    limit=0 → 422 invalid-fields: limit: is malformed, expected 1 to 200
    limit=201 → 422 invalid-fields: limit: is malformed, expected 1 to 200
    cursor=x → 422 invalid-fields: cursor: is malformed, expected a next_cursor of this list
    status=new → 422 invalid-fields: status: "new" is not known, expected draft, approved, archived
    intent=x → 422 invalid-fields: intent: "x" is not known, expected an intent of the taxonomy such as product.size
    page=2 → 400 invalid-query: page: unknown field `page`, expected one of `status`, `domain`, `intent`, `limit`, `cursor`
    "#);
}

#[tokio::test]
async fn a_change_is_of_the_version_that_was_read() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    add(&shop, "a", "approved", "process").await;
    let put = async |if_match: Option<&str>, title: &str| {
        let body = json!({"domain": "process", "title": title});
        let call = shop.put("/v1/knowledge/a", &body);
        match if_match {
            Some(tag) => call.header("if-match", tag).send().await,
            None => call.send().await,
        }
    };
    insta::assert_json_snapshot!(put(None, "b").await.snapshot(), @r#"
    {
      "status": 428,
      "body": {
        "type": "urn:zhiwen:problem:precondition-required",
        "title": "A change needs an If-Match header",
        "status": 428,
        "detail": "send the ETag that you read as If-Match, or If-Match: * to overwrite",
        "request_id": "test-request"
      }
    }
    "#);
    insta::assert_json_snapshot!(put(Some("\"1\""), "b").await.snapshot(), @r#"
    {
      "status": 200,
      "etag": "\"2\"",
      "body": {
        "id": "a",
        "version": 2,
        "status": "draft",
        "domain": "process",
        "intent": null,
        "title": "b",
        "phrasings": [],
        "answer_brief": null,
        "answer_consultative": null,
        "products": [],
        "channels": [],
        "valid_from": null,
        "valid_until": null,
        "source": null,
        "tags": [],
        "created_at": "2026-10-01T02:00:00Z",
        "updated_at": "2026-10-01T02:00:00Z",
        "updated_by": "[key]",
        "in_effect": false
      }
    }
    "#);
    insta::assert_json_snapshot!(put(Some("\"1\""), "c").await.snapshot(), @r#"
    {
      "status": 412,
      "etag": "\"2\"",
      "body": {
        "type": "urn:zhiwen:problem:version-conflict",
        "title": "The item has changed meanwhile",
        "status": 412,
        "detail": "the item is at version 2: read it again and repeat the change",
        "request_id": "test-request",
        "current_version": 2
      }
    }
    "#);
    let mut lines = Vec::new();
    for tag in ["*", "\"7\", \"3\"", "W/\"4\"", "\"x\"", "4"] {
        let reply = put(Some(tag), &format!("title {tag}")).await;
        let outcome = match reply.status {
            200 => format!("200 {:?}", reply.header("etag")),
            _ => reply.problem(),
        };
        lines.push(format!("{tag} → {outcome}"));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    * → 200 Some("\"3\"")
    "7", "3" → 200 Some("\"4\"")
    W/"4" → 412 version-conflict: the item is at version 4: read it again and repeat the change
    "x" → 412 version-conflict: the item is at version 4: read it again and repeat the change
    4 → 422 invalid-fields: If-Match: is malformed, expected an entity tag such as "3", or *
    "#);
    let same = put(Some("\"4\""), "title \"7\", \"3\"").await;
    assert_eq!(
        same.header("etag"),
        Some("\"4\""),
        "the same makes no version"
    );
    let body = json!({"domain": "process", "title": "x"});
    let absent = shop
        .put("/v1/knowledge/none", &body)
        .header("if-match", "*");
    insta::assert_snapshot!(absent.send().await.problem(), @"404 not-found: knowledge item not found");
    let body = json!({"id": "b", "domain": "process", "title": "x"});
    let other = shop.put("/v1/knowledge/a", &body).header("if-match", "*");
    insta::assert_snapshot!(other.send().await.problem(), @"422 invalid-fields: id: is malformed, expected a, as in the address");
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    add(&shop, "a", "approved", "process").await;
    let read = async |tag: &str| {
        let call = shop.get("/v1/knowledge/a").header("if-none-match", tag);
        call.send().await
    };
    let not_modified = read("\"1\"").await;
    assert_eq!((not_modified.status, not_modified.bytes.len()), (304, 0));
    assert_eq!(not_modified.header("etag"), Some("\"1\""));
    assert_eq!(read("W/\"1\", \"9\"").await.status, 304);
    assert_eq!(read("\"2\"").await.status, 200);
    let windowed =
        json!({"id": "w", "domain": "process", "title": "x", "valid_until": "2026-12-01"});
    shop.post("/v1/knowledge", &windowed).send().await;
    let call = shop.get("/v1/knowledge/w").header("if-none-match", "\"1\"");
    assert_eq!(call.send().await.status, 200, "in_effect turns by itself");
}

#[tokio::test]
async fn refuses_bad_input_by_field() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let with = |name: &str, value: Value| {
        let mut body = invoice();
        body[name] = value;
        body.to_string().into_bytes()
    };
    let mut not_utf_8 = with("title", json!("é"));
    let place = not_utf_8.iter().position(|byte| *byte > 127).unwrap_or(0);
    not_utf_8[place] = 0xff;
    let bodies = [
        b"{".to_vec(),
        b"{} {}".to_vec(),
        b"{\"title\":\"x\"}".to_vec(),
        not_utf_8,
        with("title", json!(7)),
        with("phrasings", json!(["a", 7])),
        with("answr", json!("x")),
        with("title", json!(" ")),
        with("title", json!("a\u{0}b")),
        with("answer_brief", json!("x".repeat(1_000_000))),
        with("answer_brief", json!("x".repeat(1_100_000))),
        with("answer_brief", json!(null)),
        with("id", json!("a b")),
        with("id", json!("export")),
        with("domain", json!("shop")),
        with("status", json!("live")),
        with("intent", json!("warehouse.courier")),
        with("valid_until", json!("2026-08-31 23:59")),
        with("valid_until", json!("soon")),
        with("phrasings", json!(vec!["x"; 101])),
        with("tags", json!(["a|b"])),
    ];
    let mut lines = Vec::new();
    for body in bodies {
        let call = shop.call(Method::POST, "/v1/knowledge");
        let reply = call.body("application/json", body).send().await;
        lines.push(reply.problem());
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    400 invalid-body: request body is invalid: EOF while parsing an object at line 1 column 1
    400 invalid-body: domain: missing field `domain` at line 1 column 2
    400 invalid-body: domain: missing field `domain` at line 1 column 13
    400 invalid-body: request body is invalid: byte 7 is not valid utf-8
    400 invalid-body: title: invalid type: integer `7`, expected a string at line 1 column 98
    400 invalid-body: phrasings[1]: invalid type: integer `7`, expected a string at line 1 column 139
    400 invalid-body: answr: unknown field `answr`, expected one of `id`, `status`, `domain`, `intent`, `title`, `phrasings`, `answer_brief`, `answer_consultative`, `products`, `channels`, `valid_from`, `valid_until`, `source`, `tags` at line 1 column 323
    422 invalid-fields: title: must not be empty
    422 invalid-fields: title: contains a control character
    422 invalid-fields: answer_brief: has 1000000 characters, at most 4000 are allowed
    413 too-large: request body is larger than 1048576 bytes
    422 invalid-fields: answer_brief: an approved item needs a brief or a consultative answer
    422 invalid-fields: id: is malformed, expected visible characters without spaces or |
    422 invalid-fields: id: is malformed, expected another id than ., .., imports, export
    422 invalid-fields: domain: "shop" is not known, expected product, process, warehouse
    422 invalid-fields: status: "live" is not known, expected draft, approved, archived
    422 invalid-fields: intent: intent "warehouse.courier" is not of domain "process"
    422 invalid-fields: valid_until: the window must end after it starts
    422 invalid-fields: valid_until: "soon" is not a time such as 2026-11-11 20:00 or 2026-11-11T12:00:00Z
    422 invalid-fields: phrasings: has 101 elements, at most 100 are allowed
    422 invalid-fields: tags[0]: is malformed, expected no |
    "#);
    let nothing = shop.get("/v1/knowledge").send().await.json();
    assert_eq!(nothing["items"], json!([]));
}

#[tokio::test]
async fn speaks_chinese_when_asked_to() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let body = json!({"domain": "shop", "title": " ", "valid_from": "明天"});
    let call = shop.post("/v1/knowledge", &body);
    let reply = call
        .header("accept-language", "zh-CN,zh;q=0.9")
        .send()
        .await;
    insta::assert_snapshot!(reply.problem(), @"422 invalid-fields: domain: “shop”不认识，可以填：product（商品）、process（流程）、warehouse（仓配）; title: 不能为空; valid_from: “明天”不是可识别的时间，请写成 2026-11-11 20:00");
}
