//! `<zhiwen-panel>` in the page of somebody else, under that page's strict policy.

use std::sync::{Arc, OnceLock};

use actix_web::http::header;
use actix_web::{App, HttpResponse, HttpServer, web};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::browser::Browser;
use crate::site::Site;

/// A workbench of somebody else: its own address, its own policy, its own session.
struct Workbench {
    address: String,
    server: JoinHandle<std::io::Result<()>>,
}

impl Drop for Workbench {
    fn drop(&mut self) {
        self.server.abort();
    }
}

const PAGE: &str = r##"<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>工作台</title>
<link rel="icon" href="data:,"><script src="SITE/panel.js" defer></script><script src="/host.js" defer></script>
<body><main><h1>工作台</h1><label for="reply">回复</label><textarea id="reply"></textarea>
<zhiwen-panel id="panel" conversation="c-1" target="#reply" token-url="/token"></zhiwen-panel></main></body></html>"##;

const HOST: &str = "window.ask = (id, text) => \
    document.getElementById('panel').addMessage({ id, role: 'buyer', text });";

impl Workbench {
    /// Serves a page that embeds the panel of `site`, and hands out what its
    /// backend was given for that.
    async fn open(site: &Site) -> Self {
        let address = &site.address;
        let page = PAGE.replace("SITE", address);
        let policy = format!(
            "default-src 'none'; script-src 'self' {address}; connect-src 'self' {address}; img-src data:"
        );
        let token: Arc<OnceLock<Value>> = Arc::default();
        let handed_out = Arc::clone(&token);
        let server = HttpServer::new(move || {
            let state = (page.clone(), policy.clone(), Arc::clone(&handed_out));
            App::new()
                .app_data(web::Data::new(state))
                .route("/", web::get().to(show))
                .route("/token", web::post().to(hand_out))
                .route("/host.js", web::get().to(host))
        });
        let server = server.workers(1).disable_signals();
        let server = server.bind(("127.0.0.1", 0)).expect("a free port");
        let address = format!("http://{}", server.addrs()[0]);
        let made = token_for(site, &address).await;
        token.set(made).expect("set once");
        Self {
            address,
            server: tokio::spawn(server.run()),
        }
    }
}

type State = web::Data<(String, String, Arc<OnceLock<Value>>)>;

async fn show(state: State) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, state.1.as_str()))
        .body(state.0.clone())
}

async fn hand_out(state: State) -> HttpResponse {
    HttpResponse::Ok().json(state.2.get())
}

async fn host() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript")
        .body(HOST)
}

/// A token for pages of `origin`.
async fn token_for(site: &Site, origin: &str) -> Value {
    let made = site
        .call(Method::POST, "/v1/browser-tokens")
        .json(&json!({"origin": origin, "agent": "小禾"}))
        .send()
        .await;
    assert_eq!(made.status, 200, "{}", made.text());
    made.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_comes_to_a_foreign_page_and_into_its_reply_box() {
    let site = Site::open().await;
    let workbench = Workbench::open(&site).await;
    let browser = Browser::open(&workbench.address, "zh-CN").await;
    browser.visit("/").await;
    browser
        .evaluate("window.ask('m-1', '发票什么时候开');")
        .await;
    browser.by_text("签收后三天内开具电子发票").await;
    browser.inspect("panel").await;

    browser.by_label("回复").await.click().await;
    browser.press("Alt+1").await;
    let reply = browser.by_label("回复").await;
    browser
        .wait_until("the answer is in the reply box", async || {
            reply.value().await.contains("三天内开具电子发票")
        })
        .await;
    browser.finish().await;
}
