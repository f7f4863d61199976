//! `/v1/knowledge/{id}/versions`, `/diff` and `/revert`.

use serde_json::{Value, json};
use zhiwen_tests::support::{App, Shop, spawn_app};

/// An item with three versions, a minute apart.
async fn three_versions(app: &App) -> Shop<'_> {
    let shop = app.shop("hemu").await;
    let first = json!({
        "id": "a", "status": "approved", "domain": "process", "title": "发票",
        "answer_brief": "一。\n二。\n三。", "phrasings": ["开票"],
    });
    assert_eq!(shop.post("/v1/knowledge", &first).send().await.status, 201);
    let mut next = first.clone();
    for (minute, change) in [
        ("01", json!({"answer_brief": "一。\n2。\n三。"})),
        (
            "02",
            json!({"phrasings": ["开票", "发票呢"], "tags": ["发票"], "valid_until": "2026-12-01"}),
        ),
    ] {
        app.clock.set(&format!("2026-10-01T02:{minute}:00Z"));
        for (name, value) in change.as_object().into_iter().flatten() {
            next[name] = value.clone();
        }
        let call = shop.put("/v1/knowledge/a", &next).header("if-match", "*");
        assert_eq!(call.send().await.status, 200);
    }
    shop
}

#[tokio::test]
async fn versions_come_newest_first_in_pages() {
    let app = spawn_app().await;
    let shop = three_versions(&app).await;
    let page = shop.get("/v1/knowledge/a/versions?limit=2").send().await;
    let shown = |page: &Value| {
        let items = page["items"].as_array().cloned().unwrap_or_default();
        let line = |item: &Value| {
            let part = |name: &str| item[name].to_string();
            format!(
                "{} {} {}",
                part("version"),
                part("updated_at"),
                part("in_effect")
            )
        };
        items.iter().map(line).collect::<Vec<_>>()
    };
    insta::assert_json_snapshot!(shown(&page.json()), @r#"
    [
      "3 \"2026-10-01T02:02:00Z\" true",
      "2 \"2026-10-01T02:01:00Z\" false"
    ]
    "#);
    let cursor = page.json()["next_cursor"].as_str().unwrap_or("").to_owned();
    let path = format!("/v1/knowledge/a/versions?limit=2&cursor={cursor}");
    let last = shop.get(&path).send().await.json();
    insta::assert_json_snapshot!(shown(&last), @r#"
    [
      "1 \"2026-10-01T02:00:00Z\" false"
    ]
    "#);
    assert_eq!(last["next_cursor"], json!(null));
    let none = shop.get("/v1/knowledge/none/versions").send().await;
    insta::assert_snapshot!(none.problem(), @"404 not-found: knowledge item not found");
}

#[tokio::test]
async fn a_version_can_be_read_by_its_number() {
    let app = spawn_app().await;
    let shop = three_versions(&app).await;
    let old = shop.get("/v1/knowledge/a?version=1").send().await;
    insta::assert_json_snapshot!(old.snapshot(), @r#"
    {
      "status": 200,
      "etag": "\"1\"",
      "body": {
        "id": "a",
        "version": 1,
        "status": "approved",
        "domain": "process",
        "intent": null,
        "title": "发票",
        "phrasings": [
          "开票"
        ],
        "answer_brief": "一。\n二。\n三。",
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
    let mut lines = Vec::new();
    for query in [
        "version=4",
        "version=x",
        "version=1&as_of=2026-10-01",
        "as_of=then",
    ] {
        let reply = shop.get(&format!("/v1/knowledge/a?{query}")).send().await;
        lines.push(format!("{query} → {}", reply.problem()));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    version=4 → 404 not-found: version not found
    version=x → 400 invalid-query: version: is malformed, expected a whole number such as 7
    version=1&as_of=2026-10-01 → 422 invalid-fields: as_of: is malformed, expected either as_of or version
    as_of=then → 422 invalid-fields: as_of: "then" is not a time such as 2026-11-11 20:00 or 2026-11-11T12:00:00Z
    "#);
}

#[tokio::test]
async fn a_difference_is_shown_by_field_and_by_line() {
    let app = spawn_app().await;
    let shop = three_versions(&app).await;
    let reply = shop.get("/v1/knowledge/a/diff?from=1&to=3").send().await;
    insta::assert_json_snapshot!(reply.snapshot(), @r#"
    {
      "status": 200,
      "body": {
        "id": "a",
        "from": 1,
        "to": 3,
        "changes": [
          {
            "field": "phrasings",
            "before": [
              "开票"
            ],
            "after": [
              "开票",
              "发票呢"
            ],
            "lines": [
              {
                "op": "equal",
                "text": "开票"
              },
              {
                "op": "insert",
                "text": "发票呢"
              }
            ]
          },
          {
            "field": "answer_brief",
            "before": "一。\n二。\n三。",
            "after": "一。\n2。\n三。",
            "lines": [
              {
                "op": "equal",
                "text": "一。"
              },
              {
                "op": "delete",
                "text": "二。"
              },
              {
                "op": "insert",
                "text": "2。"
              },
              {
                "op": "equal",
                "text": "三。"
              }
            ]
          },
          {
            "field": "valid_until",
            "before": null,
            "after": "2026-12-01 00:00"
          },
          {
            "field": "tags",
            "before": [],
            "after": [
              "发票"
            ]
          }
        ]
      }
    }
    "#);
    let same = shop.get("/v1/knowledge/a/diff?from=2&to=2").send().await;
    assert_eq!(same.json()["changes"], json!([]));
    let mut lines = Vec::new();
    for query in ["from=1", "from=1&to=9", "from=1&to=three", "from=1&to=-1"] {
        let reply = shop.get(&format!("/v1/knowledge/a/diff?{query}")).send();
        lines.push(format!("{query} → {}", reply.await.problem()));
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    from=1 → 400 invalid-query: to: missing field `to`
    from=1&to=9 → 404 not-found: version not found
    from=1&to=three → 400 invalid-query: to: is malformed, expected a whole number such as 7
    from=1&to=-1 → 400 invalid-query: to: is malformed, expected a whole number such as 7
    ");
}

#[tokio::test]
async fn a_revert_is_a_version_of_its_own() {
    let app = spawn_app().await;
    let shop = three_versions(&app).await;
    let revert = async |if_match: Option<&str>, body: Value| {
        let call = shop.post("/v1/knowledge/a/revert", &body);
        match if_match {
            Some(tag) => call.header("if-match", tag).send().await,
            None => call.send().await,
        }
    };
    let mut lines = Vec::new();
    for (tag, body) in [
        (None, json!({"version": 1})),
        (Some("\"2\""), json!({"version": 1})),
        (Some("\"3\""), json!({"version": 9})),
        (Some("\"3\""), json!({"version": "1"})),
        (Some("\"3\""), json!({})),
    ] {
        lines.push(revert(tag, body).await.problem());
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    428 precondition-required: send the ETag that you read as If-Match, or If-Match: * to overwrite
    412 version-conflict: the item is at version 3: read it again and repeat the change
    404 not-found: version not found
    400 invalid-body: version: invalid type: string "1", expected u32 at line 1 column 14
    400 invalid-body: version: missing field `version` at line 1 column 2
    "#);
    let done = revert(Some("\"3\""), json!({"version": 1})).await;
    assert_eq!((done.status, done.header("etag")), (200, Some("\"4\"")));
    let path = "/v1/knowledge/a/diff?from=1&to=4";
    let difference = shop.get(path).send().await.json();
    assert_eq!(difference["changes"], json!([]));
    let again = revert(Some("\"4\""), json!({"version": 1})).await;
    assert_eq!(again.header("etag"), Some("\"4\""), "nothing to go back to");
}
