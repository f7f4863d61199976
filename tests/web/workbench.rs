//! A chat workbench of somebody else that embeds the panel: its own address, its
//! own policy, its own session.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::http::header;
use actix_web::{App, HttpResponse, HttpServer, web};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::browser::Browser;
use crate::site::Site;

/// Its address, and what it serves.
pub struct Workbench {
    /// Where it is.
    pub address: String,
    desk: web::Data<Desk>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Drop for Workbench {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What its backend holds.
#[derive(Default)]
struct Desk {
    page: Mutex<String>,
    policy: Mutex<String>,
    /// What is handed out to the panel, the last one for good.
    tokens: Mutex<Vec<Value>>,
    asked_for_tokens: AtomicU32,
}

const PAGE: &str = r##"<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>工作台</title>
<link rel="icon" href="data:,"><script src="/host.js"></script><script src="SITE/panel.js" defer></script>
<body><main><h1>工作台</h1><label for="reply">回复</label><textarea id="reply"></textarea>
<zhiwen-panel id="panel" conversation="c-1" target="#reply" token-url="/token"></zhiwen-panel></main></body></html>"##;

/// Feeds the panel, writes down what it says, and can hold back what it asks.
const HOST: &str = r#"
const panel = () => document.getElementById('panel');
window.heard = [];
for (const name of ['zhiwen-suggestion', 'zhiwen-feedback', 'zhiwen-insert']) {
  addEventListener(name, (event) => window.heard.push({ name, at: performance.now(), ...event.detail }));
}
window.tell = (role, id, text) => panel().addMessage({ id, role, text });
window.style = (name, value) => { panel().style[name] = value; };
const real = window.fetch.bind(window);
let held = null;
let release = null;
window.hold = () => { held = new Promise((resolve) => { release = resolve; }); };
window.release = () => { held = null; release(); };
window.holding = 0;
window.fetch = async (address, options) => {
  if (held && String(address).endsWith('/v1/suggestions')) {
    window.holding += 1;
    await held;
  }
  return real(address, options);
};
"#;

impl Workbench {
    /// Serves a page that embeds the panel of `site`, and hands out what its
    /// backend was given for that.
    pub async fn open(site: &Site) -> Self {
        let desk = web::Data::new(Desk::default());
        let served = desk.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(served.clone())
                .route("/", web::get().to(show))
                .route("/token", web::post().to(hand_out))
                .route("/host.js", web::get().to(host))
        });
        let server = server.workers(1).disable_signals();
        let server = server.bind(("127.0.0.1", 0)).expect("a free port");
        let address = format!("http://{}", server.addrs()[0]);
        let panel = &site.address;
        set(&desk.page, PAGE.replace("SITE", panel));
        set(
            &desk.policy,
            format!(
                "default-src 'none'; script-src 'self' {panel}; connect-src 'self' {panel}; img-src data:"
            ),
        );
        set(&desk.tokens, vec![token_for(site, &address).await]);
        Self {
            address,
            desk,
            server: tokio::spawn(server.run()),
        }
    }

    /// A browser that shows the page.
    pub async fn browser(&self) -> Browser {
        let browser = Browser::open(&self.address, "zh-CN").await;
        browser.visit("/").await;
        browser
    }

    /// Hands out `token` before the good one.
    pub fn hand_out_first(&self, token: Value) {
        let mut tokens = self.desk.tokens.lock().expect("not poisoned");
        tokens.insert(0, token);
    }

    /// How often the panel has asked for a token.
    pub fn asked_for_tokens(&self) -> u32 {
        self.desk.asked_for_tokens.load(Ordering::Relaxed)
    }
}

fn set<T>(place: &Mutex<T>, value: T) {
    *place.lock().expect("not poisoned") = value;
}

async fn show(desk: web::Data<Desk>) -> HttpResponse {
    let policy = desk.policy.lock().expect("not poisoned").clone();
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .body(desk.page.lock().expect("not poisoned").clone())
}

async fn hand_out(desk: web::Data<Desk>) -> HttpResponse {
    desk.asked_for_tokens.fetch_add(1, Ordering::Relaxed);
    let mut tokens = desk.tokens.lock().expect("not poisoned");
    let token = if tokens.len() > 1 {
        Some(tokens.remove(0))
    } else {
        tokens.first().cloned()
    };
    HttpResponse::Ok().json(token)
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
