//! `/v1/products` and `/v1/synonyms`.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use zhiwen::domain::key::Scope;
use zhiwen_tests::support::{poll_until, spawn_app};

#[tokio::test]
async fn products_are_put_listed_and_deleted() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let kettle = json!({"name": " 保温壶 ", "category": "杯壶", "aliases": ["水壶", "大壶"]});
    let made = shop.put("/v1/products/壶-1", &kettle).send().await;
    insta::assert_json_snapshot!(made.snapshot(), @r#"
    {
      "status": 200,
      "body": {
        "id": "壶-1",
        "name": "保温壶",
        "category": "杯壶",
        "aliases": [
          "水壶",
          "大壶"
        ]
      }
    }
    "#);
    for id in ["b", "a"] {
        let body = json!({"id": id, "name": id});
        let path = format!("/v1/products/{id}");
        assert_eq!(shop.put(&path, &body).send().await.status, 200);
    }
    let page = shop.get("/v1/products?limit=2").send().await;
    let cursor = page.json()["next_cursor"].as_str().unwrap_or("").to_owned();
    insta::assert_json_snapshot!(page.json()["items"], @r#"
    [
      {
        "id": "a",
        "name": "a",
        "category": null,
        "aliases": []
      },
      {
        "id": "b",
        "name": "b",
        "category": null,
        "aliases": []
      }
    ]
    "#);
    let path = format!("/v1/products?limit=2&cursor={cursor}");
    let last = shop.get(&path).send().await.json();
    assert_eq!(last, json!({"items": [made.json()]}));
    let delete = async |path: &str| shop.call(Method::DELETE, path).send().await;
    assert_eq!(delete("/v1/products/a").await.status, 204);
    insta::assert_snapshot!(delete("/v1/products/a").await.problem(), @"404 not-found: product not found");
}

#[tokio::test]
async fn a_product_in_a_question_narrows_the_search() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let kettle = json!({"name": "保温壶", "aliases": ["大壶"]});
    shop.put("/v1/products/p-1", &kettle).send().await;
    poll_until("product is known", Duration::from_secs(30), async || {
        let reply = shop.get("/v1/search?q=大壶能装多少").send().await.json();
        reply["product_ids"] == json!(["p-1"])
    })
    .await;
}

#[tokio::test]
async fn synonyms_are_replaced_as_a_whole() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let empty = shop.get("/v1/synonyms").send().await.json();
    assert_eq!(empty, json!({"groups": []}));
    let list = json!({"groups": [{"words": ["发票", " 票据 "]}, {"words": ["包邮", "免运费"]}]});
    let put = shop.put("/v1/synonyms", &list).send().await;
    insta::assert_json_snapshot!(put.snapshot(), @r#"
    {
      "status": 200,
      "body": {
        "groups": [
          {
            "words": [
              "发票",
              "票据"
            ]
          },
          {
            "words": [
              "包邮",
              "免运费"
            ]
          }
        ]
      }
    }
    "#);
    assert_eq!(shop.get("/v1/synonyms").send().await.json(), put.json());
    shop.add_knowledge("invoice", "发票什么时候开", "三天内。")
        .await;
    poll_until("synonym is found", Duration::from_secs(30), async || {
        let reply = shop.get("/v1/search?q=票据").send().await.json();
        reply["results"][0]["knowledge_id"] == "invoice"
    })
    .await;
    let less = json!({"groups": []});
    shop.put("/v1/synonyms", &less).send().await;
    assert_eq!(shop.get("/v1/synonyms").send().await.json(), less);
}

#[tokio::test]
async fn refuses_bad_input_by_field() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let mut lines = Vec::new();
    for (path, body) in [
        ("/v1/products/a%20b", json!({"name": "x"})),
        ("/v1/products/%ff", json!({"name": "x"})),
        ("/v1/products/a", json!({"id": "b", "name": "x"})),
        ("/v1/products/a", json!({"name": ""})),
        ("/v1/products/a", json!({})),
        (
            "/v1/products/a",
            json!({"name": "x", "category": "a\u{1}b"}),
        ),
        (
            "/v1/products/a",
            json!({"name": "x", "aliases": ["y", " y", ""]}),
        ),
        (
            "/v1/products/a",
            json!({"name": "x", "aliases": vec!["y"; 51]}),
        ),
        ("/v1/products/a", json!({"name": "x", "price": 3})),
        (
            "/v1/synonyms",
            json!({"groups": [{"words": ["a", "b"]}, {"words": ["a", " "]}]}),
        ),
        ("/v1/synonyms", json!({"groups": [{"words": ["a"]}]})),
        ("/v1/synonyms", json!({"groups": [{"words": "a"}]})),
        (
            "/v1/synonyms",
            json!({"groups": vec![json!({"words": ["a", "b"]}); 2_001]}),
        ),
        ("/v1/synonyms", json!([])),
    ] {
        let problem = shop.put(path, &body).send().await.problem();
        // Fifty of the same kind say no more than one.
        let problem: String = problem.chars().take(160).collect();
        lines.push(format!("{path} → {problem}"));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    /v1/products/a%20b → 422 invalid-fields: id: is malformed, expected visible characters without spaces or |
    /v1/products/%ff → 422 invalid-fields: id: is malformed, expected percent-encoded utf-8
    /v1/products/a → 422 invalid-fields: id: is malformed, expected a, as in the address
    /v1/products/a → 422 invalid-fields: name: must not be empty
    /v1/products/a → 400 invalid-body: name: missing field `name` at line 1 column 2
    /v1/products/a → 422 invalid-fields: category: contains a control character
    /v1/products/a → 422 invalid-fields: aliases[1]: "y" occurs twice; aliases[2]: must not be empty
    /v1/products/a → 422 invalid-fields: aliases: has 51 elements, at most 50 are allowed; aliases[1]: "y" occurs twice; aliases[2]: "y" occurs twice; aliases[3]: "y" occurs twice; 
    /v1/products/a → 400 invalid-body: price: unknown field `price`, expected one of `id`, `name`, `category`, `aliases` at line 1 column 19
    /v1/synonyms → 422 invalid-fields: groups[1].words[1]: must not be empty
    /v1/synonyms → 422 invalid-fields: groups[0].words: is malformed, expected two or more words
    /v1/synonyms → 400 invalid-body: groups[0].words: invalid type: string "a", expected a sequence at line 1 column 23
    /v1/synonyms → 422 invalid-fields: groups: has 2001 elements, at most 2000 are allowed
    /v1/synonyms → 400 invalid-body: request body is invalid: is a list, expected an object
    "#);
    let none = shop.get("/v1/products").send().await.json();
    assert_eq!(none, json!({"items": []}));
}

#[tokio::test]
async fn reading_needs_knowledge_or_admin_and_writing_admin() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let mut lines = Vec::new();
    for scope in [Scope::Suggest, Scope::Knowledge, Scope::Admin] {
        let key = app.key("hemu", &[scope], None).await;
        for (method, path, body) in [
            (Method::GET, "/v1/products", Value::Null),
            (Method::PUT, "/v1/products/a", json!({"name": "x"})),
            (Method::DELETE, "/v1/products/a", Value::Null),
            (Method::GET, "/v1/synonyms", Value::Null),
            (Method::PUT, "/v1/synonyms", json!({"groups": []})),
        ] {
            let call = app.call(method.clone(), path).key(&key).json(&body);
            let status = call.send().await.status;
            lines.push(format!("{scope}: {method} {path} → {status}"));
        }
    }
    drop(shop);
    insta::assert_snapshot!(lines.join("\n"), @"
    suggest: GET /v1/products → 403
    suggest: PUT /v1/products/a → 403
    suggest: DELETE /v1/products/a → 403
    suggest: GET /v1/synonyms → 403
    suggest: PUT /v1/synonyms → 403
    knowledge: GET /v1/products → 200
    knowledge: PUT /v1/products/a → 403
    knowledge: DELETE /v1/products/a → 403
    knowledge: GET /v1/synonyms → 200
    knowledge: PUT /v1/synonyms → 403
    admin: GET /v1/products → 200
    admin: PUT /v1/products/a → 200
    admin: DELETE /v1/products/a → 204
    admin: GET /v1/synonyms → 200
    admin: PUT /v1/synonyms → 200
    ");
}
