//! `POST /v1/suggestions` and `GET /v1/suggestions/{id}`.

use serde_json::{Value, json};
use zhiwen_tests::support::spawn_app;

fn asked(text: &str) -> Value {
    json!({
        "conversation_id": "c-1",
        "messages": [{"id": "m-1", "role": "buyer", "text": text}],
    })
}

#[tokio::test]
async fn answers_with_its_source() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    shop.add_knowledge("invoice", "发票什么时候开", "签收后三天内开具。")
        .await;
    shop.wait_until_searchable("发票", "invoice", 1).await;
    let question = asked("你好 发票什么时候开");
    let reply = shop.post("/v1/suggestions", &question).send().await;
    insta::assert_json_snapshot!(reply.snapshot(), @r#"
    {
      "status": 200,
      "body": {
        "id": "[uuid]",
        "conversation_id": "c-1",
        "answers_message_id": "m-1",
        "question": {
          "text": "发票什么时候开",
          "stands_alone": true,
          "product_ids": [],
          "intent": {
            "id": "process.invoice",
            "domain": "process",
            "confidence": "[number]"
          },
          "stage": "post",
          "urgency": "normal"
        },
        "answers": [
          {
            "id": "[uuid]",
            "knowledge_id": "invoice",
            "version": 1,
            "title": "发票什么时候开",
            "text": "签收后三天内开具。",
            "form": "brief",
            "confidence": "[number]",
            "sources": [
              {
                "knowledge_id": "invoice",
                "version": 1,
                "text": null
              }
            ]
          }
        ],
        "engines": [
          "lexical",
          "classifier"
        ],
        "degraded": []
      }
    }
    "#);

    let mut explained = question.clone();
    explained["explain"] = json!(true);
    let explained = shop.post("/v1/suggestions", &explained).send().await.json();
    insta::assert_json_snapshot!(
        explained["answers"][0]["explain"]
            .as_object()
            .map(|parts| parts.keys().collect::<Vec<_>>()), @r#"
    [
      "bm25",
      "bm25_share",
      "question_coverage",
      "wording_coverage",
      "worded_share",
      "feedback",
      "relevance",
      "margin"
    ]
    "#);

    let id = reply.json()["id"].as_str().map(str::to_owned);
    let path = format!("/v1/suggestions/{}", id.unwrap_or_default());
    insta::assert_json_snapshot!(shop.get(&path).send().await.snapshot(), @r#"
    {
      "status": 200,
      "body": {
        "id": "[uuid]",
        "at": "2026-10-01T02:00:00Z",
        "conversation_id": "c-1",
        "answers_message_id": "m-1",
        "question": "发票什么时候开",
        "intent": "process.invoice",
        "stage": "post",
        "urgency": "normal",
        "abstention": null,
        "rehearsal": false,
        "answers": [
          {
            "id": "[uuid]",
            "knowledge_id": "invoice",
            "version": 1,
            "form": "brief",
            "confidence": "[number]",
            "feedback": null
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn abstains_with_a_reason_in_the_agents_language() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    shop.add_knowledge("invoice", "发票什么时候开", "签收后三天内开具。")
        .await;
    shop.wait_until_searchable("发票", "invoice", 1).await;
    let mut lines = Vec::new();
    for (text, locale) in [
        ("在吗", "zh-CN"),
        ("好的 谢谢", "zh-CN"),
        ("收货电话13812345678 张丽", "zh-CN"),
        ("转人工", "en"),
        ("https://item.taobao.com/item.htm?id=1", "en"),
        ("能不能送货上门", "en"),
    ] {
        let mut body = asked(text);
        body["locale"] = json!(locale);
        let reply = shop.post("/v1/suggestions", &body).send().await.json();
        let abstention = &reply["abstention"];
        let (reason, message) = (&abstention["reason"], &abstention["message"]);
        lines.push(format!("{text}: {reason} {message}"));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    在吗: "greeting" "买家在打招呼"
    好的 谢谢: "acknowledgement" "买家在应答、致谢或给出信息，没有提问"
    收货电话13812345678 张丽: "acknowledgement" "买家在应答、致谢或给出信息，没有提问"
    转人工: "human_agent_wanted" "the buyer asks for a human"
    https://item.taobao.com/item.htm?id=1: "link_or_media" "there is only a link, a picture or an order card"
    能不能送货上门: "no_match" "no knowledge in effect matches"
    "#);
}

#[tokio::test]
async fn a_rehearsal_is_answered_as_of_another_time() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let sale = json!({
        "id": "sale",
        "status": "approved",
        "domain": "process",
        "title": "双11有什么优惠",
        "answer_brief": "零点起全店八五折。",
        "valid_from": "2026-11-11 00:00",
        "valid_until": "2026-11-12 00:00",
    });
    let reply = shop.post("/v1/knowledge", &sale).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    shop.wait_until_searchable("双11有什么优惠", "sale", 1)
        .await;
    let mut lines = Vec::new();
    for at in [
        Value::Null,
        json!("2026-11-10T23:59:59+08:00"),
        json!("2026-11-11T00:05:00+08:00"),
        json!("2026-11-12T00:00:00+08:00"),
    ] {
        let mut body = asked("双11有什么优惠");
        body["rehearsal"] = json!(true);
        body["at"] = at.clone();
        let reply = shop.post("/v1/suggestions", &body).send().await.json();
        let found = &reply["answers"][0]["knowledge_id"];
        let path = format!("/v1/suggestions/{}", reply["id"].as_str().unwrap_or(""));
        // The record keeps when it was asked.
        let asked_at = &shop.get(&path).send().await.json()["at"];
        lines.push(format!("{at}: {found}, asked at {asked_at}"));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    null: null, asked at "2026-10-01T02:00:00Z"
    "2026-11-10T23:59:59+08:00": null, asked at "2026-10-01T02:00:00Z"
    "2026-11-11T00:05:00+08:00": "sale", asked at "2026-10-01T02:00:00Z"
    "2026-11-12T00:00:00+08:00": null, asked at "2026-10-01T02:00:00Z"
    "#);
}

#[tokio::test]
async fn the_same_key_gives_the_same_suggestion() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    shop.add_knowledge("invoice", "发票什么时候开", "签收后三天内开具。")
        .await;
    shop.wait_until_searchable("发票", "invoice", 1).await;
    let send = async |text: &str| {
        let call = shop.post("/v1/suggestions", &asked(text));
        call.header("idempotency-key", "k-1").send().await
    };
    let first = send("发票什么时候开").await;
    let again = send("发票什么时候开").await;
    assert_eq!(first.json(), again.json());
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    insta::assert_json_snapshot!(send("可以开发票吗").await.snapshot(), @r#"
    {
      "status": 422,
      "body": {
        "type": "urn:zhiwen:problem:idempotency-mismatch",
        "title": "The Idempotency-Key was used for another request",
        "status": 422,
        "detail": "idempotency key was used for another request",
        "request_id": "test-request"
      }
    }
    "#);
}

#[tokio::test]
async fn refuses_bad_input_by_field() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = asked("发票");
        change(&mut body);
        body.to_string().into_bytes()
    };
    let message = json!({"id": "m", "role": "buyer", "text": "x"});
    let mut not_utf_8 = with(&|_| {});
    let place = not_utf_8.iter().position(|byte| *byte > 127).unwrap_or(0);
    not_utf_8[place] = 0xff;
    let bodies = [
        b"{\"conversation_id\":".to_vec(),
        b"[]".to_vec(),
        not_utf_8,
        with(&|body| body["messages"][0]["text"] = json!(7)),
        with(&|body| body["messages"][0]["role"] = json!("robot")),
        with(&|body| body["messages"][0]["colour"] = json!("red")),
        with(&|body| body["mesages"] = json!([])),
        with(&|body| body["messages"] = json!([])),
        with(&|body| body["messages"] = json!(vec![message.clone(); 101])),
        with(&|body| body["messages"][0]["text"] = json!(" \n ")),
        with(&|body| body["messages"][0]["text"] = json!("a\u{7}b")),
        with(&|body| body["messages"][0]["text"] = json!("x".repeat(1_000_000))),
        with(&|body| body["messages"][0]["text"] = json!("x".repeat(2_000_000))),
        with(&|body| body["messages"][0]["at"] = json!("gestern")),
        with(&|body| {
            body["conversation_id"] = json!("");
            body["product_id"] = json!("a b");
            body["limit"] = json!(11);
        }),
        with(&|body| body["at"] = json!("2026-11-11T00:05:00+08:00")),
        with(&|body| {
            body["rehearsal"] = json!(true);
            body["at"] = json!("morgen");
        }),
    ];
    let mut lines = Vec::new();
    for body in bodies {
        let call = app.call(reqwest::Method::POST, "/v1/suggestions");
        let call = call.key(&shop.key).body("application/json", body);
        lines.push(call.send().await.problem());
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    400 invalid-body: conversation_id: EOF while parsing a value at line 1 column 19
    400 invalid-body: request body is invalid: is a list, expected an object
    400 invalid-body: request body is invalid: byte 72 is not valid utf-8
    400 invalid-body: messages[0].text: invalid type: integer `7`, expected a string at line 1 column 72
    400 invalid-body: messages[0].role: unknown variant `robot`, expected `buyer` or `agent` at line 1 column 63
    400 invalid-body: messages[0].colour: unknown field `colour`, expected one of `id`, `role`, `text`, `at` at line 1 column 88
    400 invalid-body: mesages: unknown field `mesages`, expected one of `conversation_id`, `messages`, `consumer_id`, `product_id`, `order_id`, `channel`, `agent_id`, `locale`, `limit`, `form`, `explain`, `rehearsal`, `at` at line 1 column 91
    422 invalid-fields: messages: must not be empty
    422 invalid-fields: messages: has 101 elements, at most 100 are allowed
    422 invalid-fields: messages[0].text: must not be empty
    422 invalid-fields: messages[0].text: contains a control character
    422 invalid-fields: messages[0].text: has 1000000 characters, at most 4000 are allowed
    413 too-large: request body is larger than 1048576 bytes
    400 invalid-body: messages[0].at: failed to parse four digit integer as year: invalid digit, expected 0-9 but got g at line 1 column 94
    422 invalid-fields: conversation_id: must not be empty; product_id: is malformed, expected visible characters without spaces or |; limit: is malformed, expected 1 to 10
    422 invalid-fields: at: is accepted only with rehearsal
    400 invalid-body: at: failed to parse four digit integer as year: invalid digit, expected 0-9 but got m at line 1 column 112
    ");
}
