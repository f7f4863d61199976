//! `PATCH /v1/answers/{id}/feedback`.

use serde_json::{Value, json};
use zhiwen_tests::support::{Shop, spawn_app, spawn_app_with};

/// The id of an answer that was suggested a moment ago, and of its suggestion.
async fn suggested(shop: &Shop<'_>) -> (String, String) {
    shop.add_knowledge("invoice", "发票什么时候开", "签收后三天内开具。")
        .await;
    shop.wait_until_searchable("发票", "invoice", 1).await;
    let body = json!({
        "conversation_id": "c-1",
        "messages": [{"id": "m-1", "role": "buyer", "text": "发票什么时候开"}],
    });
    let reply = shop.post("/v1/suggestions", &body).send().await.json();
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    (text(&reply["answers"][0]["id"]), text(&reply["id"]))
}

#[tokio::test]
async fn is_taken_while_the_record_is_still_on_its_way() {
    let app = spawn_app_with(|settings| {
        settings.answering.record_delay_milliseconds = 600_000;
    })
    .await;
    let shop = app.shop("hemu").await;
    let (answer, suggestion) = suggested(&shop).await;
    let path = format!("/v1/answers/{answer}/feedback");
    let reply = shop.patch(&path, &json!({"displayed": true})).send().await;
    insta::assert_json_snapshot!(reply.snapshot(), @r#"
    {
      "status": 200,
      "body": {
        "answer_id": "[uuid]",
        "displayed": true,
        "used": null,
        "final_text": null,
        "relevant": null,
        "correct": null,
        "updated_at": "2026-10-01T02:00:00Z"
      }
    }
    "#);
    let record = shop.get(&format!("/v1/suggestions/{suggestion}")).send();
    let record = record.await.json();
    assert_eq!(record["answers"][0]["feedback"], reply.json());
}

#[tokio::test]
async fn merges_and_masks() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let (answer, _) = suggested(&shop).await;
    let path = format!("/v1/answers/{answer}/feedback");
    let give = async |body: Value| shop.patch(&path, &body).send().await;
    give(json!({"displayed": true, "relevant": true})).await;
    let edited = json!({"used": "edited", "final_text": "打 13800138000 给您开"});
    give(edited).await;
    let reply = give(json!({"correct": false})).await;
    insta::assert_json_snapshot!(reply.snapshot(), @r#"
    {
      "status": 200,
      "body": {
        "answer_id": "[uuid]",
        "displayed": true,
        "used": "edited",
        "final_text": "打 [电话] 给您开",
        "relevant": true,
        "correct": false,
        "updated_at": "2026-10-01T02:00:00Z"
      }
    }
    "#);
}

#[tokio::test]
async fn refuses_what_it_cannot_keep() {
    let app = spawn_app().await;
    let (mine, other) = (app.shop("hemu").await, app.shop("other").await);
    let (answer, _) = suggested(&mine).await;
    let mut lines = Vec::new();
    let none = "00000000-0000-7000-8000-000000000000".to_owned();
    for (shop, answer, body) in [
        (&mine, &answer, json!({"used": "edited"})),
        (&mine, &answer, json!({"used": "thrown"})),
        (&mine, &answer, json!({"displayed": "yes"})),
        (&mine, &answer, json!({"stars": 5})),
        (&mine, &answer, json!({"final_text": ""})),
        (&mine, &none, json!({"displayed": true})),
        (&mine, &"7".to_owned(), json!({"displayed": true})),
        (&other, &answer, json!({"displayed": true})),
    ] {
        let path = format!("/v1/answers/{answer}/feedback");
        lines.push(shop.patch(&path, &body).send().await.problem());
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    422 invalid-fields: final_text: must not be empty
    400 invalid-body: used: unknown variant `thrown`, expected one of `copied`, `sent`, `edited` at line 1 column 16
    400 invalid-body: displayed: invalid type: string "yes", expected a boolean at line 1 column 18
    400 invalid-body: stars: unknown field `stars`, expected one of `displayed`, `used`, `final_text`, `relevant`, `correct` at line 1 column 8
    422 invalid-fields: final_text: must not be empty
    404 not-found: answer not found
    422 invalid-fields: id: is malformed, expected a UUID
    404 not-found: answer not found
    "#);
}
