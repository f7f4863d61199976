//! Conversations that tests hand in, and what they wait for.

use std::time::Duration;

use serde_json::{Value, json};
use zhiwen_tests::support::{App, Shop, poll_until};

/// Clustering takes a second on a free machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The app's clock stands at 2026-10-01 10:00 in Shanghai, a Thursday of W40.
pub const WEEK: &str = "2026-W40";
/// The week before.
pub const WEEK_BEFORE: &str = "2026-W39";

/// A message of a conversation.
pub fn message(conversation: &str, id: &str, role: &str, text: &str, at: &str) -> Value {
    json!({
        "id": id,
        "conversation_id": conversation,
        "role": role,
        "text": text,
        "at": at,
        "consumer_id": format!("buyer of {conversation}"),
        "channel": "taobao",
        "agent_id": if role == "agent" { json!("小美") } else { Value::Null },
    })
}

/// A conversation in which a question is asked, answered and taken.
pub fn conversation(name: &str, question: &str, reply: &str, at: &str) -> Vec<Value> {
    let at = |second: u32| format!("{at}:{second:02}Z");
    vec![
        message(name, "1", "buyer", "在吗", &at(0)),
        message(name, "2", "automatic", "您好，欢迎光临", &at(1)),
        message(name, "3", "buyer", question, &at(5)),
        message(name, "4", "agent", reply, &at(30)),
        message(name, "5", "buyer", "好的谢谢", &at(50)),
    ]
}

/// Ways of asking one question.
pub const DISHWASHER: [&str; 6] = [
    "可以放洗碗机吗",
    "能放洗碗机洗吗",
    "可以放洗碗机洗吗",
    "这个能放洗碗机吗",
    "洗碗机可以洗吗",
    "可以放进洗碗机吗",
];
/// Ways of asking another.
pub const ENGRAVING: [&str; 6] = [
    "可以刻字吗",
    "能刻字吗",
    "刻字可以吗",
    "可以帮忙刻字吗",
    "这个可以刻字吗",
    "可以刻字的吗",
];
/// What an agent says of one of them.
pub const REPLY: &str = "亲，壶身不能放洗碗机的哦，用清水手洗就可以";

/// Twelve buyers who ask two questions on `day`.
pub fn week_of(day: &str, prefix: &str) -> Vec<Value> {
    let mut messages = Vec::new();
    for (place, question) in DISHWASHER.iter().enumerate() {
        let at = format!("{day}T03:{place:02}");
        messages.extend(conversation(
            &format!("{prefix}d{place}"),
            question,
            REPLY,
            &at,
        ));
    }
    for (place, question) in ENGRAVING.iter().enumerate() {
        let at = format!("{day}T04:{place:02}");
        let name = format!("{prefix}e{place}");
        messages.extend(conversation(&name, question, "稍等，我问一下", &at));
    }
    messages
}

/// Hands messages in.
pub async fn ingest(shop: &Shop<'_>, messages: &[Value]) -> Value {
    let body = json!({ "messages": messages });
    let reply = shop.post("/v1/messages", &body).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// Waits until so many questions were read this week, then clusters.
pub async fn heard(shop: &Shop<'_>, week: &str, questions: u64) {
    poll_until("the questions are read", PATIENCE, async || {
        report(shop, week).await["totals"]["questions"] == json!(questions)
    })
    .await;
    let job = shop.post("/v1/clusters/refresh", &json!({})).send().await;
    assert_eq!(job.status, 202, "{}", job.text());
    let path = format!("/v1/jobs/{}", job.json()["id"].as_str().unwrap_or(""));
    poll_until("questions are clustered", PATIENCE, async || {
        let job = shop.get(&path).send().await.json();
        assert_ne!(job["state"], "failed", "{job}");
        job["state"] == "done"
    })
    .await;
}

/// A week's report.
pub async fn report(shop: &Shop<'_>, week: &str) -> Value {
    let path = format!("/v1/insights/weekly/{week}");
    let reply = shop.get(&path).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// Every recurring question.
pub async fn clusters(shop: &Shop<'_>) -> Vec<Value> {
    let reply = shop.get("/v1/clusters").send().await.json();
    reply["clusters"].as_array().cloned().unwrap_or_default()
}

/// The cluster whose label holds `word`.
pub async fn cluster(shop: &Shop<'_>, word: &str) -> Value {
    let found = clusters(shop).await.into_iter();
    let mut found =
        found.filter(|cluster| cluster["label"].as_str().is_some_and(|l| l.contains(word)));
    let first = found
        .next()
        .unwrap_or_else(|| panic!("no cluster of {word}"));
    assert!(found.next().is_none(), "{word} is in two clusters");
    first
}

/// What a body calls its own.
pub fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or("").to_owned()
}

/// A shop with twelve questions of two kinds, heard and clustered.
pub async fn shop_with_a_week(app: &App) -> Shop<'_> {
    let shop = app.shop("hemu").await;
    ingest(&shop, &week_of("2026-09-30", "a")).await;
    heard(&shop, WEEK, 12).await;
    shop
}
