//! What the browser noticed: errors of the console, and every request of the page.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use zhiwen_tests::support::poll_for;

use super::{Browser, PATIENCE};

/// Everything noticed so far.
#[derive(Default)]
pub struct Log {
    console: Vec<String>,
    expected: Vec<String>,
    /// By the browser's id, since the page was visited.
    requests: BTreeMap<String, Request>,
}

/// Something that a page loaded.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Where from.
    pub url: String,
    /// What for, as Chromium names it: `Document`, `Script`, `Fetch`.
    pub kind: String,
    /// Bytes that came, headers included.
    pub bytes: u64,
    is_over: bool,
}

impl Request {
    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        self.url
            .splitn(4, '/')
            .take(3)
            .collect::<Vec<_>>()
            .join("/")
    }
}

impl Log {
    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// What is loaded from here on belongs to another page.
    pub fn begin_page(&mut self) {
        self.requests.clear();
    }

    /// Takes in an event of the browser's network.
    fn note(&mut self, event: &Value) {
        let parameters = &event["params"];
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let id = text(&parameters["requestId"]);
        match event["method"].as_str().unwrap_or("") {
            "Network.requestWillBeSent" => {
                let url = text(&parameters["request"]["url"]);
                // What stands in the page itself or in the browser is not loaded.
                if !url.starts_with("http") {
                    return;
                }
                let redirected = &parameters["redirectResponse"]["encodedDataLength"];
                let request = self.requests.entry(id).or_default();
                request.url = url;
                request.kind = text(&parameters["type"]);
                request.bytes += redirected.as_u64().unwrap_or(0);
                // A stream of events ends with the page.
                request.is_over = request.kind == "EventSource";
            }
            "Network.loadingFinished" => {
                if let Some(request) = self.requests.get_mut(&id) {
                    let bytes = parameters["encodedDataLength"].as_f64().unwrap_or(0.0);
                    request.bytes += bytes as u64;
                    request.is_over = true;
                }
            }
            "Network.loadingFailed" => {
                if let Some(request) = self.requests.get_mut(&id) {
                    request.is_over = true;
                }
            }
            _ => {}
        }
    }
}

impl Browser {
    /// Says that the page will report something that has `part` in it, and that it must.
    pub fn expect_fault(&self, part: &str) {
        self.log().expected.push(part.to_owned());
    }

    /// What the console was told since the start that nobody expected: errors and warnings,
    /// exceptions, breaches of the content policy, requests that failed; and what was expected
    /// and did not come.
    pub async fn faults(&self) -> Vec<String> {
        self.read_log().await;
        let log = self.log();
        let is_expected = |line: &String| log.expected.iter().any(|part| line.contains(part));
        let surprises = log.console.iter().filter(|line| !is_expected(line));
        let missing = log
            .expected
            .iter()
            .filter(|part| !log.console.iter().any(|line| line.contains(*part)))
            .map(|part| format!("expected, but not reported: {part}"));
        surprises.cloned().chain(missing).collect()
    }

    /// Everything that the page has loaded since it was visited, when nothing is under way.
    pub async fn requests(&self) -> Vec<Request> {
        poll_for("all requests end", PATIENCE, async || {
            self.read_log().await;
            let log = self.log();
            let is_quiet = log.requests.values().all(|request| request.is_over);
            is_quiet.then(|| log.requests.values().cloned().collect())
        })
        .await
    }

    /// Bytes of everything that the page has loaded since it was visited.
    pub async fn page_weight(&self) -> u64 {
        self.requests()
            .await
            .iter()
            .map(|request| request.bytes)
            .sum()
    }

    /// The origins that the page has contacted since it was visited.
    pub async fn origins(&self) -> BTreeSet<String> {
        self.requests().await.iter().map(Request::origin).collect()
    }

    /// Takes over what the browser has noted since it was last asked.
    pub(super) async fn read_log(&self) {
        let console = self.window.get_log("browser").await;
        let console = console.expect("the console's log can be read");
        let events = self.window.get_log("performance").await;
        let events = events.expect("the network's log can be read");
        let mut log = self.log();
        let faults = console
            .into_iter()
            .filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"));
        log.console.extend(faults.map(|entry| entry.message));
        for event in events {
            let event: Value = serde_json::from_str(&event.message).unwrap_or_default();
            log.note(&event["message"]);
        }
    }
}
