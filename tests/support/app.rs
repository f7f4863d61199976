//! The service as tests start it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use zhiwen::domain::fault::Locale;
use zhiwen::domain::ids::ShopId;
use zhiwen::domain::key::{ApiKey, PresentedKey, Scope};
use zhiwen::domain::shop::{self, ShopSecret};
use zhiwen::domain::time::Clock;
use zhiwen::language::base;
use zhiwen::settings::Settings;
use zhiwen::startup::{self, Service};

use super::client::{Call, Reply};
use super::clock::MovableClock;
use super::poll::poll_until;

/// Ten in the morning in Shanghai.
const START: &str = "2026-10-01T02:00:00Z";
/// For what has no promised time; a loaded machine may need long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running service.
pub struct App {
    /// The service itself, for what HTTP does not give.
    pub service: Service,
    /// Its clock.
    pub clock: Arc<MovableClock>,
    /// Its data folder, when it is the app's own.
    pub folder: Option<TempDir>,
    client: Client,
}

/// A service with the default settings, on a free port, in a folder of its own.
pub async fn spawn_app() -> App {
    spawn_app_with(|_| {}).await
}

/// The same with settings of the test's choice.
pub async fn spawn_app_with(change: impl FnOnce(&mut Settings)) -> App {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut app = spawn_app_in(folder.path(), change).await;
    app.folder = Some(folder);
    app
}

/// The same in a folder that outlives it: a second start finds what the first left.
pub async fn spawn_app_in(folder: &Path, change: impl FnOnce(&mut Settings)) -> App {
    let flags = [
        ("server.port", "0".to_owned()),
        ("server.workers", "1".to_owned()),
        ("search.threads", "1".to_owned()),
        // A test that wants models asks for them.
        ("language.retrain_minutes", "0".to_owned()),
        ("listening.cluster_minutes", "0".to_owned()),
        ("data.folder", folder.display().to_string()),
    ];
    let mut settings = Settings::load(None, &flags).expect("valid settings");
    change(&mut settings);
    let clock = Arc::new(MovableClock::at(START));
    let as_clock: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
    let service = startup::start(settings, as_clock).await.expect("started");
    let client = Client::builder().no_proxy().build().expect("client");
    App {
        service,
        clock,
        folder: None,
        client,
    }
}

impl App {
    /// A call without a key.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let url = format!("http://{}{path}", self.service.address);
        Call::new(self.client.request(method, url))
    }

    /// A GET without a key.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// Makes a shop in Shanghai with a key of every scope; returns when it can be searched.
    pub async fn shop(&self, id: &str) -> Shop<'_> {
        let made = shop::Shop {
            id: ShopId::parse(id).expect("valid id"),
            name: id.to_owned(),
            time_zone: "Asia/Shanghai".to_owned(),
            locale: Locale::Chinese,
            secret: ShopSecret::make(),
            created_at: self.clock.now(),
        };
        let state = &self.service.state;
        state.store.create_shop(&made).await.expect("shop is made");
        state.catalog.store_changed();
        let key = self.key(id, &Scope::ALL, None).await;
        let shop = Shop {
            app: self,
            id: made.id,
            key,
        };
        // The same in every run: questions are classified from the first on.
        tokio::task::spawn_blocking(base::get_or_train)
            .await
            .expect("the classifier is trained");
        poll_until("shop can be searched", PATIENCE, async || {
            shop.get("/v1/search?q=x").send().await.status == 200
        })
        .await;
        shop
    }

    /// Makes a key for a shop.
    pub async fn key(&self, shop: &str, scopes: &[Scope], expires_at: Option<Timestamp>) -> String {
        let key = PresentedKey::make();
        let kept = ApiKey {
            shop: ShopId::parse(shop).expect("valid id"),
            prefix: key.prefix().to_owned(),
            hash: key.hash(),
            name: "test".to_owned(),
            scopes: scopes.iter().copied().collect(),
            created_at: self.clock.now(),
            expires_at,
            revoked_at: None,
            last_used_on: None,
        };
        let store = &self.service.state.store;
        store.create_key(&kept).await.expect("key is kept");
        key.reveal().to_owned()
    }

    /// Stops it and waits until all is written.
    pub async fn stop(self) {
        self.service.stop().await;
        self.service.wait().await.expect("the server ended well");
    }
}

/// A shop of an app, called with a key of every scope.
pub struct Shop<'a> {
    /// The app.
    pub app: &'a App,
    /// The shop's id.
    pub id: ShopId,
    /// Its key.
    pub key: String,
}

impl Shop<'_> {
    /// A call with the shop's key.
    pub fn call(&self, method: Method, path: &str) -> Call {
        self.app.call(method, path).key(&self.key)
    }

    /// A GET with the shop's key.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// A POST of JSON with the shop's key.
    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path).json(body)
    }

    /// A PUT of JSON with the shop's key.
    pub fn put(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PUT, path).json(body)
    }

    /// A PATCH of JSON with the shop's key.
    pub fn patch(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PATCH, path).json(body)
    }

    /// Adds an approved item; does not wait for the index.
    pub async fn add_knowledge(&self, id: &str, title: &str, answer: &str) -> Reply {
        let body = json!({
            "id": id,
            "status": "approved",
            "domain": "process",
            "title": title,
            "answer_brief": answer,
        });
        let reply = self.post("/v1/knowledge", &body).send().await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply
    }

    /// Waits until a search for `question` finds the item at `version` or a later one.
    pub async fn wait_until_searchable(&self, question: &str, id: &str, version: u64) {
        let what = format!("{id} at version {version} in the results for {question:?}");
        poll_until(&what, PATIENCE, async || {
            let call = self.call(Method::GET, "/v1/search").into_inner();
            let query = [("q", question), ("status", "any"), ("as_of", "any")];
            let reply = Call::from_inner(call.query(&query)).send().await.json();
            let results = reply["results"].as_array().cloned().unwrap_or_default();
            results.iter().any(|result| {
                result["knowledge_id"] == id
                    && result["version"].as_u64().is_some_and(|v| v >= version)
            })
        })
        .await;
    }
}
