//! Keys: who may call, what, and until when.

use std::time::Duration;

use jiff::civil::date;
use reqwest::Method;
use zhiwen::domain::key::Scope;
use zhiwen::domain::time::Clock;
use zhiwen_tests::support::{poll_until, spawn_app};

/// For how long a withdrawn key may still open, with room for a loaded machine.
const WITHDRAWN_WITHIN: Duration = Duration::from_secs(10);

/// A key's use is noted beside the reply.
const NOTED_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_key_is_needed_and_must_be_known() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let missing = app.get("/v1/knowledge").send().await;
    insta::assert_json_snapshot!(missing.snapshot(), @r#"
    {
      "status": 401,
      "www-authenticate": "Bearer realm=\"zhiwen\"",
      "body": {
        "type": "urn:zhiwen:problem:unauthorized",
        "title": "A valid API key is needed",
        "status": 401,
        "detail": "api key is missing",
        "request_id": "test-request"
      }
    }
    "#);
    let unknown = format!("zw_{}", "a".repeat(48));
    let mut lines = Vec::new();
    for header in [
        "Bearer",
        "Bearer zw_short",
        "Basic aGVtdTpoZW11",
        &format!("Bearer {unknown}"),
        &shop.key,
    ] {
        let call = app.get("/v1/knowledge").header("authorization", header);
        lines.push(call.send().await.problem());
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    401 unauthorized: api key is malformed
    401 unauthorized: api key is malformed
    401 unauthorized: api key is malformed
    401 unauthorized: api key is unknown
    401 unauthorized: api key is malformed
    ");
    let relaxed = format!("bearer  {}", shop.key);
    let call = app.get("/v1/knowledge").header("authorization", &relaxed);
    assert_eq!(call.send().await.status, 200);
}

#[tokio::test]
async fn a_key_opens_until_it_expires() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let expires_at = "2026-10-01T03:00:00Z".parse().ok();
    let key = app.key("hemu", &[Scope::Knowledge], expires_at).await;
    let read = async || app.get("/v1/knowledge").key(&key).send().await;
    app.clock.set("2026-10-01T02:59:59.999Z");
    assert_eq!(read().await.status, 200);
    app.clock.set("2026-10-01T03:00:00Z");
    insta::assert_snapshot!(read().await.problem(), @"401 unauthorized: api key is expired");
    assert_eq!(shop.get("/v1/knowledge").send().await.status, 200);
}

#[tokio::test]
async fn a_withdrawn_key_opens_nothing() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let key = app.key("hemu", &[Scope::Knowledge], None).await;
    let read = async || app.get("/v1/knowledge").key(&key).send().await;
    assert_eq!(read().await.status, 200);
    let store = &app.service.state.store;
    let withdrawn = store.revoke_key(&shop.id, &key[..11], app.clock.now());
    assert!(withdrawn.await.is_ok());
    poll_until("the key is refused", WITHDRAWN_WITHIN, async || {
        read().await.status == 401
    })
    .await;
    insta::assert_snapshot!(read().await.problem(), @"401 unauthorized: api key is revoked");
}

#[tokio::test]
async fn a_keys_last_day_of_use_is_the_shops() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let key = app.key("hemu", &[Scope::Knowledge], None).await;
    let last_used_on = async || {
        let keys = app.service.state.store.keys(&shop.id).await;
        let keys = keys.expect("read").into_iter();
        let mut found = keys.filter(|found| key.starts_with(&found.prefix));
        found.next().and_then(|found| found.last_used_on)
    };
    assert_eq!(last_used_on().await, None);
    // A day begins in Shanghai at 16:00 UTC.
    for (time, day) in [
        ("2026-10-01T15:59:59Z", date(2026, 10, 1)),
        ("2026-10-01T16:00:00Z", date(2026, 10, 2)),
    ] {
        app.clock.set(time);
        for (path, status) in [("/v1/knowledge", 200), ("/v1/clusters", 403)] {
            let reply = app.get(path).key(&key).send().await;
            assert_eq!(reply.status, status);
        }
        poll_until("its use is noted", NOTED_WITHIN, async || {
            last_used_on().await == Some(day)
        })
        .await;
    }
}

#[tokio::test]
async fn a_scope_opens_only_its_own() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let mut lines = Vec::new();
    for scope in Scope::ALL {
        let key = app.key("hemu", &[scope], None).await;
        let mut open = Vec::new();
        for (method, path) in [
            (Method::POST, "/v1/suggestions"),
            (Method::GET, "/v1/suggestions/x"),
            (Method::PATCH, "/v1/answers/x/feedback"),
            (Method::GET, "/v1/search?q=x"),
            (Method::GET, "/v1/knowledge"),
            (Method::POST, "/v1/knowledge"),
            (Method::PUT, "/v1/knowledge/x"),
            (Method::GET, "/v1/knowledge/x/versions"),
            (Method::GET, "/v1/knowledge/x/diff?from=1&to=1"),
            (Method::POST, "/v1/knowledge/x/revert"),
            (Method::POST, "/v1/knowledge/imports"),
            (Method::GET, "/v1/knowledge/export"),
        ] {
            let name = format!("{method} {path}");
            let call = app.call(method, path).key(&key);
            let call = call.header("if-match", "*");
            let reply = call.body("application/json", "{}").send().await;
            if reply.status != 403 {
                open.push(name);
            }
        }
        let open = match open.is_empty() {
            true => "nothing".to_owned(),
            false => open.join(", "),
        };
        lines.push(format!("{scope}: {open}"));
    }
    drop(shop);
    insta::assert_snapshot!(lines.join("\n"), @"
    suggest: POST /v1/suggestions, PATCH /v1/answers/x/feedback, GET /v1/search?q=x
    ingest: nothing
    knowledge: GET /v1/search?q=x, GET /v1/knowledge, POST /v1/knowledge, PUT /v1/knowledge/x, GET /v1/knowledge/x/versions, GET /v1/knowledge/x/diff?from=1&to=1, POST /v1/knowledge/x/revert, POST /v1/knowledge/imports, GET /v1/knowledge/export
    insights: nothing
    supervise: GET /v1/suggestions/x, GET /v1/search?q=x
    admin: nothing
    ");
    let key = app.key("hemu", &[Scope::Ingest], None).await;
    let refused = app.get("/v1/search?q=x").key(&key).send().await;
    insta::assert_json_snapshot!(refused.snapshot(), @r#"
    {
      "status": 403,
      "body": {
        "type": "urn:zhiwen:problem:forbidden",
        "title": "The API key may not do this",
        "status": 403,
        "detail": "the key needs the scope suggest or knowledge or supervise",
        "request_id": "test-request"
      }
    }
    "#);
}
