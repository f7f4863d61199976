//! In which queue a question waits, whatever people do to questions.

use serde_json::{Value, json};
use zhiwen_tests::support::{Shop, spawn_app};

use crate::chats::{WEEK, cluster, heard, id, shop_with_a_week};

/// How many answers wait for approval, and how many are to be written.
async fn waiting(shop: &Shop<'_>) -> [u64; 2] {
    let mut waiting = [0; 2];
    for (total, queue) in waiting.iter_mut().zip(["approve", "write"]) {
        let path = format!("/v1/queues/{queue}");
        let found = shop.get(&path).send().await.json();
        *total = found["total"].as_u64().unwrap_or_default();
    }
    waiting
}

/// Does something to a question; gives what is said of it.
async fn edit(shop: &Shop<'_>, path: &str, body: &Value) -> Value {
    let reply = shop.post(path, body).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

async fn undo(shop: &Shop<'_>, edit: &Value) {
    let id = edit["edit_id"].as_str().unwrap_or_default();
    let path = format!("/v1/cluster-edits/{id}/undo");
    assert_eq!(shop.post(&path, &json!({})).send().await.status, 204);
}

/// The keys of those wordings of a question that are evidence of an answer.
async fn evidence(shop: &Shop<'_>, question: &str, answer: &Value) -> Vec<Value> {
    let said = answer["evidence"].as_array().cloned().unwrap_or_default();
    let asked: Vec<&Value> = said.iter().map(|said| &said["question"]).collect();
    let path = format!("/v1/clusters/{question}");
    let found = shop.get(&path).send().await.json();
    let wordings = found["wordings"].as_array().cloned().unwrap_or_default();
    let of_answer = wordings.iter();
    let of_answer = of_answer.filter(|wording| asked.contains(&&wording["text"]));
    of_answer.map(|wording| wording["key"].clone()).collect()
}

#[tokio::test]
async fn a_question_whose_answer_went_elsewhere_is_to_be_written() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let washed = id(&cluster(&shop, "洗碗机").await);
    let engraved = id(&cluster(&shop, "刻字").await);
    assert_eq!(waiting(&shop).await, [1, 1]);
    let queue = shop.get("/v1/queues/approve").send().await.json();
    let answer = &queue["proposals"][0];

    // Merged away, the answer's question is gone; the other has none still.
    let merge = format!("/v1/clusters/{washed}/merge");
    let merged = edit(&shop, &merge, &json!({"into": engraved})).await;
    assert_eq!(waiting(&shop).await, [0, 1]);
    undo(&shop, &merged).await;
    assert_eq!(waiting(&shop).await, [1, 1]);

    // Split, neither part has an answer until agents' replies are mined anew.
    let split = format!("/v1/clusters/{washed}/split");
    let keys = evidence(&shop, &washed, answer).await;
    assert_eq!(keys.len(), 5, "{answer}");
    let parted = edit(&shop, &split, &json!({"wordings": keys})).await;
    assert_eq!(waiting(&shop).await, [0, 3]);
    undo(&shop, &parted).await;
    assert_eq!(waiting(&shop).await, [1, 1]);

    // Mined anew, it is an answer to what was split off; the old one is gone.
    edit(&shop, &split, &json!({"wordings": keys})).await;
    heard(&shop, WEEK, 12).await;
    assert_eq!(waiting(&shop).await, [1, 2]);
    let queue = shop.get("/v1/queues/approve").send().await.json();
    assert_ne!(id(&queue["proposals"][0]), id(answer));
    let dismiss = format!("/v1/queues/approve/{}/dismiss", id(answer));
    let reply = shop.post(&dismiss, &json!({})).send().await;
    assert_eq!(reply.status, 404, "{}", reply.text());
}
