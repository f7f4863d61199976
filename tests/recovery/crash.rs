//! kill -9 under load: whatever was acknowledged is there afterwards, once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use zhiwen_tests::support::poll_until;
use zhiwen_tests::support::process::{Process, make_shop};

use crate::{PATIENCE, item, wait_until_found};

const ROUNDS: usize = 3;
const WORKERS: usize = 6;

/// Acknowledgements after which the process is killed.
const ENOUGH: usize = 150;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_once_after_kill_nine() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let key = make_shop(folder.path(), "a");
    let mut all = Acknowledged::default();
    for round in 0..ROUNDS {
        all.merge(load_and_kill(folder.path(), &key, round).await);
        let process = Process::serve(folder.path());
        process.wait_until_ready(&key).await;
        all.finish_creations(&process, &key).await;
        all.check(&process, &key).await;
        assert!(process.stop().success());
    }
    println!(
        "after {ROUNDS} kills: {} items, {} answers with feedback, none lost",
        all.items.len(),
        all.feedback.len()
    );
}

/// Writes from several clients at once until the process is killed among them.
async fn load_and_kill(folder: &Path, key: &str, round: usize) -> Acknowledged {
    let process = Process::serve(folder);
    process.wait_until_ready(key).await;
    let count = Arc::new(AtomicUsize::new(0));
    let workers: Vec<JoinHandle<Acknowledged>> = (0..WORKERS)
        .map(|number| {
            let client = Client::builder().no_proxy().build().expect("client");
            let worker = Worker {
                client,
                url: format!("http://{}", process.address),
                key: key.to_owned(),
                name: format!("r{round}w{number}"),
                count: Arc::clone(&count),
            };
            tokio::spawn(worker.write_until_killed())
        })
        .collect();
    poll_until("enough is acknowledged", PATIENCE, async || {
        count.load(Ordering::SeqCst) >= ENOUGH
    })
    .await;
    process.kill();
    let mut all = Acknowledged::default();
    for worker in workers {
        all.merge(
            worker
                .await
                .expect("a worker ends when the service is gone"),
        );
    }
    all
}

/// What clients were told, and what they asked for without an answer.
#[derive(Default)]
struct Acknowledged {
    /// The least version of each item that was acknowledged.
    items: BTreeMap<String, u64>,
    /// Items whose creation had no answer: they may be there or not.
    unanswered: Vec<Value>,
    /// Changes of which items had no answer.
    unanswered_changes: BTreeSet<String>,
    /// What was said of an answer, with its suggestion.
    feedback: Vec<Feedback>,
}

struct Feedback {
    suggestion: String,
    answer: String,
    final_text: String,
}

impl Acknowledged {
    fn merge(&mut self, other: Self) {
        self.items.extend(other.items);
        self.unanswered.extend(other.unanswered);
        self.unanswered_changes.extend(other.unanswered_changes);
        self.feedback.extend(other.feedback);
    }

    /// Sends creations without an answer again, as a client does: under their
    /// Idempotency-Key, whether or not they were done.
    async fn finish_creations(&mut self, process: &Process, key: &str) {
        for body in std::mem::take(&mut self.unanswered) {
            let id = body["id"].as_str().expect("an id").to_owned();
            let call = process.call(Method::POST, "/v1/knowledge", key);
            let reply = call.header("idempotency-key", &id).json(&body).send().await;
            assert_eq!(reply.status, 201, "{id}: {}", reply.text());
            self.items.insert(id, 1);
        }
    }

    async fn check(&self, process: &Process, key: &str) {
        let listed = list(process, key).await;
        for (id, acknowledged) in &self.items {
            let version = listed.get(id).unwrap_or_else(|| panic!("{id} is lost"));
            let unanswered = u64::from(self.unanswered_changes.contains(id));
            let expected = *acknowledged..=acknowledged + unanswered;
            assert!(
                expected.contains(version),
                "{id} at {version}, expected {expected:?}"
            );
            let path = format!("/v1/knowledge/{id}/versions");
            let versions = process.call(Method::GET, &path, key).send().await.json();
            let versions = versions["items"].as_array().map_or(0, Vec::len);
            assert_eq!(versions as u64, *version, "{id}: a version was made twice");
        }
        assert_eq!(listed.len(), self.items.len(), "items that nobody made");
        for feedback in &self.feedback {
            let path = format!("/v1/suggestions/{}", feedback.suggestion);
            let record = process.call(Method::GET, &path, key).send().await;
            assert_eq!(record.status, 200, "{}", record.text());
            let record = record.json();
            let answers = record["answers"].as_array().expect("answers");
            let answer = answers
                .iter()
                .find(|answer| answer["id"] == *feedback.answer);
            let said = answer.map(|answer| &answer["feedback"]["final_text"]);
            assert_eq!(said, Some(&json!(feedback.final_text)), "{record}");
        }
        // The last of each client: most likely not indexed when it was killed.
        let mut last: BTreeMap<&str, &str> = BTreeMap::new();
        for id in self.items.keys() {
            let (worker, _) = id.split_once('i').expect("a worker's name");
            last.insert(worker, id);
        }
        for id in last.values() {
            wait_until_found(process, key, id, id).await;
        }
    }
}

/// All items by id, with their versions.
async fn list(process: &Process, key: &str) -> BTreeMap<String, u64> {
    let mut listed = BTreeMap::new();
    let mut path = "/v1/knowledge?limit=200".to_owned();
    loop {
        let page = process.call(Method::GET, &path, key).send().await.json();
        for item in page["items"].as_array().expect("items") {
            let id = item["id"].as_str().expect("an id").to_owned();
            let version = item["version"].as_u64().expect("a version");
            assert!(
                listed.insert(id, version).is_none(),
                "{item} is there twice"
            );
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/knowledge?limit=200&cursor={cursor}"),
            None => return listed,
        }
    }
}

/// A client that writes until nobody answers.
struct Worker {
    client: Client,
    url: String,
    key: String,
    name: String,
    count: Arc<AtomicUsize>,
}

impl Worker {
    async fn write_until_killed(self) -> Acknowledged {
        let mut all = Acknowledged::default();
        for number in 0.. {
            let id = format!("{}i{number}", self.name);
            let body = item(&id, &format!("About {id}"), "first");
            if self.create(&id, &body).await.is_none() {
                all.unanswered.push(body);
                break;
            }
            all.items.insert(id.clone(), 1);
            if self.change(&id).await.is_none() {
                all.unanswered_changes.insert(id);
                break;
            }
            all.items.insert(id, 2);
            match self.give_feedback(number).await {
                Some(Some(feedback)) => all.feedback.push(feedback),
                Some(None) => {}
                None => break,
            }
        }
        all
    }

    async fn create(&self, id: &str, body: &Value) -> Option<()> {
        let request = self.request(Method::POST, "/v1/knowledge");
        let (status, reply) = answer(request.header("idempotency-key", id).json(body)).await?;
        assert_eq!(status, 201, "{reply}");
        self.count.fetch_add(1, Ordering::SeqCst);
        Some(())
    }

    async fn change(&self, id: &str) -> Option<()> {
        let body = item(id, &format!("About {id}"), "second");
        let request = self.request(Method::PUT, &format!("/v1/knowledge/{id}"));
        let (status, reply) = answer(request.header("if-match", "\"1\"").json(&body)).await?;
        assert_eq!(status, 200, "{reply}");
        self.count.fetch_add(1, Ordering::SeqCst);
        Some(())
    }

    /// Asks for a suggestion and says what became of its first answer;
    /// `Some(None)` where there is no answer yet.
    async fn give_feedback(&self, number: usize) -> Option<Option<Feedback>> {
        let text = format!("About {}i0", self.name);
        let body = json!({
            "conversation_id": self.name,
            "messages": [{ "id": number.to_string(), "role": "buyer", "text": text }],
        });
        let request = self.request(Method::POST, "/v1/suggestions");
        let (status, suggestion) = answer(request.json(&body)).await?;
        assert_eq!(status, 200, "{suggestion}");
        let id = |value: &Value| value["id"].as_str().map(str::to_owned);
        let (Some(suggested), Some(answered)) = (id(&suggestion), id(&suggestion["answers"][0]))
        else {
            return Some(None);
        };
        let final_text = format!("sent {number}");
        let body = json!({ "used": "edited", "final_text": final_text });
        let path = format!("/v1/answers/{answered}/feedback");
        let (status, reply) = answer(self.request(Method::PATCH, &path).json(&body)).await?;
        assert_eq!(status, 200, "{reply}");
        self.count.fetch_add(1, Ordering::SeqCst);
        Some(Some(Feedback {
            suggestion: suggested,
            answer: answered,
            final_text,
        }))
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.url);
        self.client.request(method, url).bearer_auth(&self.key)
    }
}

/// The whole reply; `None` when the service is gone before its end.
async fn answer(request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let body = response.json().await.ok()?;
    Some((status, body))
}
