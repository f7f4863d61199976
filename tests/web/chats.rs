//! Conversations that tests hand in, and the recurring questions that come of them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use zhiwen_tests::support::poll_until;

use crate::site::Site;

/// Clustering takes a second on a free machine.
const PATIENCE: Duration = Duration::from_secs(120);

const DISHWASHER: [&str; 6] = [
    "可以放洗碗机吗",
    "能放洗碗机洗吗",
    "可以放洗碗机洗吗",
    "这个能放洗碗机吗",
    "洗碗机可以洗吗",
    "可以放进洗碗机吗",
];
const ENGRAVING: [&str; 5] = [
    "可以刻字吗",
    "能刻字吗",
    "刻字可以吗",
    "可以帮忙刻字吗",
    "这个可以刻字吗",
];
/// What agents say of the dishwasher; of engraving they know nothing.
const REPLY: &str = "亲，壶身不能放洗碗机的哦，用清水手洗就可以";

/// A recurring question.
pub struct Question {
    /// Its id.
    pub id: String,
    /// Its name.
    pub label: String,
}

/// A shop in which six buyers asked about the dishwasher and were answered, and
/// five about engraving and were not.
pub async fn site_with_questions() -> Site {
    let site = Site::open().await;
    ask(&site, Timestamp::now() - SignedDuration::from_hours(24)).await;
    site
}

/// Has the eleven buyers ask at a time of the last seven days, within a minute.
pub async fn ask(site: &Site, at: Timestamp) {
    hand_in(site, &asked_at(at)).await;
    cluster(site, 11).await;
}

/// Has them ask at a time of the last eight weeks.
pub async fn ask_before(site: &Site, at: Timestamp) {
    hand_in(site, &asked_at(at)).await;
    cluster_until(site, "buyers_of_eight_weeks", 11).await;
}

fn asked_at(at: Timestamp) -> Vec<Value> {
    let mut messages = Vec::new();
    for (place, question) in DISHWASHER.iter().enumerate() {
        messages.extend(conversation(&format!("d{place}"), question, REPLY, at));
    }
    for (place, question) in ENGRAVING.iter().enumerate() {
        let reply = "稍等，我问一下";
        messages.extend(conversation(&format!("e{place}"), question, reply, at));
    }
    messages
}

/// A conversation in which a question is asked, replied to and thanked for.
pub fn conversation(name: &str, question: &str, reply: &str, at: Timestamp) -> Vec<Value> {
    let said = [
        ("1", "buyer", question, 5),
        ("2", "agent", reply, 30),
        ("3", "buyer", "好的谢谢", 50),
    ];
    let message = |(id, role, text, second): (&str, &str, &str, i64)| {
        json!({
            "id": id,
            "conversation_id": name,
            "role": role,
            "text": text,
            "at": (at + SignedDuration::from_secs(second)).to_string(),
            "consumer_id": format!("buyer of {name}"),
            "channel": "taobao",
            "agent_id": if role == "agent" { json!("小美") } else { Value::Null },
        })
    };
    said.map(message).to_vec()
}

/// Hands messages in.
pub async fn hand_in(site: &Site, messages: &[Value]) {
    let body = json!({ "messages": messages });
    let call = site.call(Method::POST, "/v1/messages").json(&body);
    let reply = call.send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// Clusters until so many questions of seven days are in recurring ones.
pub async fn cluster(site: &Site, questions: u64) {
    cluster_until(site, "questions", questions).await;
}

/// Clusters until a figure of the recurring questions sums up to so many.
async fn cluster_until(site: &Site, figure: &str, expected: u64) {
    let what = format!("{expected} {figure} are clustered");
    poll_until(&what, PATIENCE, async || {
        let refresh = site.call(Method::POST, "/v1/clusters/refresh");
        let job = refresh.json(&json!({})).send().await;
        assert_eq!(job.status, 202, "{}", job.text());
        let path = format!("/v1/jobs/{}", job.json()["id"].as_str().unwrap_or(""));
        poll_until("clustering ends", PATIENCE, async || {
            let job = site.call(Method::GET, &path).send().await.json();
            assert_ne!(job["state"], "failed", "{job}");
            job["state"] == "done"
        })
        .await;
        let found = clusters(site).await;
        let counts = found.iter().filter_map(|found| found[figure].as_u64());
        counts.sum::<u64>() == expected
    })
    .await;
}

/// The recurring question whose name holds `word`.
pub async fn question(site: &Site, word: &str) -> Question {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let mut found = clusters(site).await;
    found.retain(|found| text(&found["label"]).contains(word));
    let [found] = found.as_slice() else {
        panic!("{word} is in {} questions", found.len());
    };
    Question {
        id: text(&found["id"]),
        label: text(&found["label"]),
    }
}

async fn clusters(site: &Site) -> Vec<Value> {
    let reply = site.call(Method::GET, "/v1/clusters").send().await.json();
    reply["clusters"].as_array().cloned().unwrap_or_default()
}
