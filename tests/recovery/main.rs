//! What is left when the program, its index or its disk gives way: tests on the program itself.

mod command_line;
mod crash;
mod disk;
mod drain;
mod index;
mod ingest;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use zhiwen_tests::support::process::Process;
use zhiwen_tests::support::{Reply, poll_until};

/// For what has no promised time; a loaded machine may need long.
const PATIENCE: Duration = Duration::from_secs(60);

/// An approved item.
fn item(id: &str, title: &str, answer: &str) -> Value {
    json!({
        "id": id,
        "status": "approved",
        "domain": "process",
        "title": title,
        "answer_brief": answer,
    })
}

/// Adds an item.
async fn add(process: &Process, key: &str, item: &Value) -> Reply {
    let call = process.call(Method::POST, "/v1/knowledge", key);
    call.json(item).send().await
}

/// The status and the stored answer of an item.
async fn read(process: &Process, key: &str, id: &str) -> Reply {
    let path = format!("/v1/knowledge/{id}");
    process.call(Method::GET, &path, key).send().await
}

/// Whether a search for `word` finds the item.
async fn is_found(process: &Process, key: &str, word: &str, id: &str) -> bool {
    let path = format!("/v1/search?q={word}");
    let reply = process.call(Method::GET, &path, key).send().await;
    reply.status == 200
        && reply.json()["results"]
            .as_array()
            .is_some_and(|results| results.iter().any(|result| result["knowledge_id"] == id))
}

/// Waits until a search for `word` finds the item.
async fn wait_until_found(process: &Process, key: &str, word: &str, id: &str) {
    let what = format!("{id} is found by {word}");
    poll_until(&what, PATIENCE, async || {
        is_found(process, key, word, id).await
    })
    .await;
}
