//! The real program with a small shop, for a browser to visit.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use zhiwen_tests::support::process::{Process, make_shop, program, succeed};
use zhiwen_tests::support::{Call, poll_for, poll_until};

use crate::browser::Browser;

/// For what has no promised time; a loaded machine may need long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the shop knows: id, title, answer.
const KNOWLEDGE: [(&str, &str, &str); 3] = [
    (
        "invoice",
        "发票什么时候开",
        "签收后三天内开具电子发票，发到您的邮箱。",
    ),
    (
        "induction",
        "电水壶能放电磁炉上吗",
        "不能，电水壶请只放在自带的底座上加热。",
    ),
    (
        "returns",
        "不喜欢可以退吗",
        "签收七天内，没有使用过的可以退，退回运费由您承担。",
    ),
];

/// The password of everybody in these tests.
pub const PASSWORD: &str = "春江潮水连海平海上";

/// The program, serving one shop from a folder of its own.
pub struct Site {
    /// The shop's key, of every scope.
    pub key: String,
    /// Where it serves.
    pub address: String,
    process: Process,
    folder: TempDir,
}

impl Site {
    /// Starts the program with the shop `hemu`, which can answer.
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let key = make_shop(folder.path(), "hemu");
        let process = Process::serve(folder.path());
        process.wait_until_ready(&key).await;
        let site = Self {
            key,
            address: format!("http://{}", process.address),
            process,
            folder,
        };
        for (id, title, answer) in KNOWLEDGE {
            site.add_knowledge(id, title, answer).await;
        }
        site.wait_until_found("退", "returns").await;
        site
    }

    /// A browser of somebody who reads Chinese.
    pub async fn browser(&self) -> Browser {
        self.browser_in("zh-CN").await
    }

    /// A browser of somebody who prefers a language: `zh-CN`, `en`.
    pub async fn browser_in(&self, language: &str) -> Browser {
        Browser::open(&self.address, language).await
    }

    /// The path of a one-time link, made on the command line as `arguments` say.
    pub fn link(&self, arguments: &[&str]) -> String {
        let arguments = [&["person", "link", "--shop", "hemu"], arguments].concat();
        let link = succeed(self.folder.path(), &arguments);
        let at = link.find("/welcome/").expect("a link");
        link[at..].to_owned()
    }

    /// A browser in which the shop's owner is signed in, on the first page.
    pub async fn owner(&self) -> Browser {
        self.person("zh-CN", "owner").await
    }

    /// A browser in which somebody of that role is signed in, by a link of their own.
    pub async fn person(&self, language: &str, role: &str) -> Browser {
        let browser = self.browser_in(language).await;
        browser.visit(&self.link(&["--role", role])).await;
        browser.find("#login").await.fill(role).await;
        browser.find("#password").await.fill(PASSWORD).await;
        browser.find("#password_again").await.fill(PASSWORD).await;
        browser.find("button.primary").await.click().await;
        browser.find(".rooms").await;
        browser
    }

    /// A call of the API with the shop's key.
    pub fn call(&self, method: Method, path: &str) -> Call {
        self.process.call(method, path, &self.key)
    }

    /// A call of the API with another key.
    pub fn call_with(&self, key: &str, method: Method, path: &str) -> Call {
        self.process.call(method, path, key)
    }

    /// Ends the program as a power cut would, and starts it again at the same address.
    pub async fn cut_power(&mut self) {
        let port = self.process.address.port();
        self.process.cut_off();
        let folder = self.folder.path();
        self.process = poll_for("it serves again", PATIENCE, async || {
            Process::start_at(program(folder), port).ok()
        })
        .await;
        self.process.wait_until_ready(&self.key).await;
    }

    /// Adds an approved item.
    pub async fn add_knowledge(&self, id: &str, title: &str, answer: &str) {
        let item = json!({
            "id": id,
            "status": "approved",
            "domain": "process",
            "title": title,
            "answer_brief": answer,
        });
        let reply = self
            .call(Method::POST, "/v1/knowledge")
            .json(&item)
            .send()
            .await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }

    /// Waits until a search for `words` finds the item.
    pub async fn wait_until_found(&self, words: &str, id: &str) {
        poll_until(&format!("{id} is found"), PATIENCE, async || {
            let search = self.call(Method::GET, "/v1/search").into_inner();
            let reply = Call::from_inner(search.query(&[("q", words)])).send().await;
            let found = reply.json();
            let results = found["results"].as_array();
            results.is_some_and(|results| results.iter().any(|result| result["knowledge_id"] == id))
        })
        .await;
    }
}
