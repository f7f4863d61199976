//! Browser tokens: made with a key, used by the pages of one origin, for a short time.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use zhiwen::domain::ids::{AgentId, SuggestionId};
use zhiwen::domain::key::Scope;
use zhiwen::domain::time::Clock;
use zhiwen_tests::support::{App, Call, Shop, poll_until, spawn_app};

const DESK: &str = "https://desk.example.com";
const ELSEWHERE: &str = "https://elsewhere.example.com";
/// For how long a withdrawn key may still open, with room for a loaded machine.
const WITHDRAWN_WITHIN: Duration = Duration::from_secs(10);

/// A token of the desk, with the key that made it.
async fn make(shop: &Shop<'_>, body: &Value) -> (String, String) {
    let key = shop
        .app
        .key(shop.id.as_str(), &[Scope::Suggest], None)
        .await;
    let call = shop.app.call(Method::POST, "/v1/browser-tokens").key(&key);
    let reply = call.json(body).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let token = reply.json()["token"].as_str().map(str::to_owned);
    (token.expect("a token"), key)
}

/// What the panel asks, from a page of `origin`.
fn ask(app: &App, token: &str, origin: &str) -> Call {
    let body = json!({
        "conversation_id": "c-1",
        "messages": [{"id": "m-1", "role": "buyer", "text": "怎么开发票"}],
    });
    let call = app.call(Method::POST, "/v1/suggestions").key(token);
    call.header("origin", origin).json(&body)
}

#[tokio::test]
async fn a_page_asks_and_tells_what_became_of_the_answer() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    shop.add_knowledge("invoice", "怎么开发票", "下单时填写抬头即可。")
        .await;
    shop.wait_until_searchable("怎么开发票", "invoice", 1).await;
    let (token, _) = make(&shop, &json!({"origin": DESK, "agent": "小禾"})).await;
    let suggested = ask(&app, &token, DESK).send().await;
    assert_eq!(suggested.status, 200, "{}", suggested.text());
    assert_eq!(suggested.header("access-control-allow-origin"), Some(DESK));
    assert_eq!(suggested.header("vary"), Some("origin"));
    let suggested = suggested.json();
    let answer = suggested["answers"][0]["id"].as_str().expect("an answer");
    let path = format!("/v1/answers/{answer}/feedback");
    let call = app.call(Method::PATCH, &path).key(&token);
    let call = call.header("origin", DESK);
    let told = call.json(&json!({"displayed": true})).send().await;
    assert_eq!(told.status, 200, "{}", told.text());
    assert_eq!(told.header("access-control-allow-origin"), Some(DESK));
    let id = suggested["id"].as_str().expect("an id");
    let id = SuggestionId::parse(id).expect("an id");
    let state = &app.service.state;
    state.recorder.flush().await;
    let found = state.store.suggestion(&shop.id, id).await.expect("read");
    let agent = found.and_then(|found| found.record.agent);
    assert_eq!(agent.as_ref().map(AgentId::as_str), Some("小禾"));
}

#[tokio::test]
async fn a_token_is_for_one_origin() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let (token, _) = make(&shop, &json!({"origin": DESK})).await;
    let mut lines = Vec::new();
    for origin in [ELSEWHERE, "null", "https://desk.example.com.evil.example"] {
        let refused = ask(&app, &token, origin).send().await;
        // The page is let read why.
        assert_eq!(refused.header("access-control-allow-origin"), Some(origin));
        lines.push(refused.problem());
    }
    let call = app.call(Method::POST, "/v1/suggestions").key(&token);
    lines.push(call.json(&json!({})).send().await.problem());
    insta::assert_snapshot!(lines.join("\n"), @"
    403 forbidden-token: browser token is for another origin
    403 forbidden-token: browser token is for another origin
    403 forbidden-token: browser token is for another origin
    403 forbidden-token: browser token is for another origin
    ");
}

#[tokio::test]
async fn a_token_ends_with_its_time() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let (token, _) = make(&shop, &json!({"origin": DESK, "lifetime_seconds": 60})).await;
    app.clock.advance(SignedDuration::from_secs(59));
    assert_eq!(ask(&app, &token, DESK).send().await.status, 200);
    app.clock.advance(SignedDuration::from_secs(1));
    let refused = ask(&app, &token, DESK).send().await;
    assert_eq!(refused.header("access-control-allow-origin"), Some(DESK));
    insta::assert_snapshot!(refused.problem(), @"401 invalid-token: browser token has expired");
}

#[tokio::test]
async fn a_token_ends_with_the_key_that_made_it() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let (token, key) = make(&shop, &json!({"origin": DESK})).await;
    assert_eq!(ask(&app, &token, DESK).send().await.status, 200);
    let store = &app.service.state.store;
    let withdrawn = store.revoke_key(&shop.id, &key[..11], app.clock.now());
    assert!(withdrawn.await.is_ok());
    poll_until("the token is refused", WITHDRAWN_WITHIN, async || {
        ask(&app, &token, DESK).send().await.status == 401
    })
    .await;
    insta::assert_snapshot!(
        ask(&app, &token, DESK).send().await.problem(),
        @"401 invalid-token: browser token was made with what is no longer valid"
    );
}

#[tokio::test]
async fn a_token_that_was_changed_or_made_up_opens_nothing() {
    let app = spawn_app().await;
    let (hemu, other) = (app.shop("hemu").await, app.shop("other").await);
    let (token, _) = make(&hemu, &json!({"origin": DESK})).await;
    let (others, _) = make(&other, &json!({"origin": DESK})).await;
    let seal = |token: &str| token.split_once('.').map(|(_, seal)| seal.to_owned());
    let said = token.split('.').next().unwrap_or_default();
    for made_up in [
        "zwb_".to_owned(),
        "zwb_.".to_owned(),
        said.to_owned(),
        format!("{said}."),
        format!("{said}.{}", seal(&others).unwrap_or_default()),
        token.to_uppercase(),
        format!("zwb_{}", "a".repeat(5_000)),
    ] {
        let refused = ask(&app, &made_up, DESK).send().await.problem();
        let known = [
            "401 invalid-token: browser token is malformed",
            "401 unauthorized: api key is malformed",
        ];
        assert!(known.contains(&refused.as_str()), "{made_up}: {refused}");
    }
}

#[tokio::test]
async fn a_token_opens_what_the_panel_needs_and_nothing_else() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let (token, _) = make(&shop, &json!({"origin": DESK})).await;
    let mut open = Vec::new();
    for path in zhiwen::api::openapi::document().paths.paths.keys() {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let at = path.replace("{id}", "0199a0a0-0000-7000-8000-000000000000");
            let method: Method = method.parse().expect("a method");
            let call = app.call(method.clone(), &at).key(&token);
            let call = call.header("origin", DESK).header("if-match", "*");
            let reply = call.json(&json!({})).send().await;
            let is_shut = [403, 405].contains(&reply.status);
            if !is_shut && path.starts_with("/v1/") {
                open.push(format!("{method} {path}"));
            }
            let may_read = reply.header("access-control-allow-origin").is_some();
            let is_panels = path == "/v1/suggestions" || path == "/v1/answers/{id}/feedback";
            assert_eq!(may_read, is_panels, "{method} {path}");
        }
    }
    insta::assert_snapshot!(open.join("\n"), @"
    PATCH /v1/answers/{id}/feedback
    POST /v1/suggestions
    ");
}

#[tokio::test]
async fn what_a_token_is_wanted_for_is_checked() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let mut lines = Vec::new();
    for body in [
        json!({"origin": ""}),
        json!({"origin": "https://desk.example.com/page"}),
        json!({"origin": "*", "lifetime_seconds": 59}),
        json!({"origin": DESK, "lifetime_seconds": 3601, "agent": ""}),
        json!({"scopes": ["admin"]}),
        json!({}),
    ] {
        let reply = shop.post("/v1/browser-tokens", &body).send().await;
        lines.push(reply.problem());
    }
    let key = app.key("hemu", &[Scope::Knowledge], None).await;
    let call = app.call(Method::POST, "/v1/browser-tokens").key(&key);
    let reply = call.json(&json!({"origin": DESK})).send().await;
    lines.push(reply.problem());
    insta::assert_snapshot!(lines.join("\n"), @"
    422 invalid-fields: origin: must not be empty
    422 invalid-fields: origin: is malformed, expected an origin such as https://desk.example.com, without a path
    422 invalid-fields: origin: is malformed, expected an origin such as https://desk.example.com, without a path; lifetime_seconds: is malformed, expected 60 to 3600
    422 invalid-fields: agent: must not be empty; lifetime_seconds: is malformed, expected 60 to 3600
    400 invalid-body: scopes: unknown field `scopes`, expected one of `origin`, `agent`, `lifetime_seconds` at line 1 column 9
    400 invalid-body: origin: missing field `origin` at line 1 column 2
    403 forbidden: the key needs the scope suggest
    ");
}

#[tokio::test]
async fn a_browser_may_ask_before_it_calls() {
    let app = spawn_app().await;
    let mut lines = Vec::new();
    for (path, method) in [
        ("/v1/suggestions", "POST"),
        ("/v1/answers/x/feedback", "PATCH"),
        ("/v1/knowledge", "GET"),
        ("/v1/browser-tokens", "POST"),
    ] {
        let call = app.call(Method::OPTIONS, path).header("origin", ELSEWHERE);
        let call = call.header("access-control-request-method", method);
        let call = call.header(
            "access-control-request-headers",
            "authorization,content-type",
        );
        let reply = call.send().await;
        let allowed = |name: &str| reply.header(name).unwrap_or("-").to_owned();
        assert_eq!(reply.header("access-control-allow-credentials"), None);
        lines.push(format!(
            "{path}: {} {} {} {}",
            reply.status,
            allowed("access-control-allow-origin"),
            allowed("access-control-allow-methods"),
            allowed("access-control-allow-headers"),
        ));
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    /v1/suggestions: 204 * POST authorization, content-type
    /v1/answers/x/feedback: 204 * PATCH authorization, content-type
    /v1/knowledge: 405 - - -
    /v1/browser-tokens: 405 - - -
    ");
}

#[tokio::test]
async fn only_a_tokens_page_may_read_a_reply() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    for reply in [
        // A server's key does not belong into a page.
        ask(&app, &shop.key, DESK).send().await,
        app.call(Method::POST, "/v1/suggestions")
            .header("origin", DESK)
            .header("cookie", "session=abc")
            .json(&json!({}))
            .send()
            .await,
    ] {
        assert_eq!(reply.header("access-control-allow-origin"), None);
        assert_eq!(reply.header("access-control-allow-credentials"), None);
        assert_eq!(reply.header("vary"), Some("origin"));
    }
}

#[tokio::test]
async fn the_script_is_for_every_page_and_held_for_a_while() {
    let app = spawn_app().await;
    let script = app.get("/panel.js").send().await;
    assert_eq!(script.status, 200);
    for (name, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("access-control-allow-origin", "*"),
        ("cache-control", "public, max-age=300"),
    ] {
        assert_eq!(script.header(name), Some(value), "{name}");
    }
    let tag = script.header("etag").expect("a tag").to_owned();
    for held in [tag.clone(), format!("W/{tag}"), format!("\"a\", {tag}")] {
        let call = app.get("/panel.js").header("if-none-match", &held);
        assert_eq!(call.send().await.status, 304, "{held}");
    }
    let other = app.get("/panel.js").header("if-none-match", "\"a\"");
    assert_eq!(other.send().await.status, 200);
}

#[tokio::test]
async fn the_page_may_be_framed_by_whom_the_settings_name() {
    let ancestors = |reply: &zhiwen_tests::support::Reply| {
        let policy = reply.header("content-security-policy").unwrap_or("");
        let found = policy
            .split("; ")
            .find(|part| part.starts_with("frame-ancestors"));
        found.unwrap_or("none is named").to_owned()
    };
    let app = spawn_app().await;
    let alone = app.get("/panel").send().await;
    assert_eq!(alone.status, 200);
    assert_eq!(ancestors(&alone), "frame-ancestors 'none'");
    let app = zhiwen_tests::support::spawn_app_with(|settings| {
        settings.panel.frame_ancestors = vec![DESK.to_owned(), ELSEWHERE.to_owned()];
    })
    .await;
    let framed = app.get("/panel?lang=en").send().await;
    let expected = format!("frame-ancestors {DESK} {ELSEWHERE}");
    assert_eq!(ancestors(&framed), expected);
    let origins = format!("message-origins=\"{DESK} {ELSEWHERE}\"");
    assert!(framed.text().contains(&origins));
    // The rest of the site stays out of frames.
    assert_eq!(
        ancestors(&app.get("/sign-in").send().await),
        "frame-ancestors 'none'"
    );
}
