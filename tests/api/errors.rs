//! Problems: one body of each kind, and what every reply has.

use std::cell::RefCell;

use actix_web::ResponseError;
use actix_web::body::to_bytes;
use reqwest::Method;
use serde_json::{Value, json};
use zhiwen::domain::fault::{Fault, FieldError, Hint, Locale};
use zhiwen::domain::key::Scope;
use zhiwen::domain::person::Role;
use zhiwen::error::{ApiError, REQUEST, RequestContext};
use zhiwen::knowledge::report::ImportReport;
use zhiwen::store::StoreError;
use zhiwen_tests::support::{Call, spawn_app, spawn_app_with};

/// One error of each kind, those that no request can bring about among them.
fn every_kind() -> Vec<ApiError> {
    let what = "knowledge item";
    vec![
        ApiError::InvalidBody {
            field: Some("title".to_owned()),
            detail: "invalid type".to_owned(),
        },
        ApiError::InvalidQuery {
            field: None,
            detail: Hint::new("没有这个参数", "unknown field"),
        },
        ApiError::field(FieldError::new("title", Fault::Missing)),
        ApiError::TooLarge { limit: 1_024 },
        ApiError::UnsupportedMediaType {
            expected: "application/json".to_owned(),
        },
        ApiError::Unauthorized { what: "expired" },
        ApiError::InvalidToken {
            what: "has expired",
        },
        ApiError::ForbiddenToken {
            what: "is for another origin",
        },
        ApiError::Forbidden {
            scopes: &[Scope::Knowledge, Scope::Admin],
        },
        ApiError::ForbiddenRole {
            role: Role::Agent,
            scopes: &[Scope::Insights],
        },
        ApiError::FormExpired,
        ApiError::NotFound { what },
        ApiError::NoRoute,
        ApiError::MethodNotAllowed {
            methods: "GET, PUT",
        },
        ApiError::Exists { what },
        ApiError::VersionConflict { current: 7 },
        ApiError::PreconditionRequired,
        ApiError::IdempotencyMismatch,
        ApiError::InvalidFile {
            detail: "the file is empty".to_owned(),
        },
        ApiError::ImportRefused(Box::new(ImportReport {
            refused: 3,
            ..ImportReport::default()
        })),
        ApiError::Overloaded,
        ApiError::IndexBuilding { done: 3, total: 9 },
        ApiError::StoreUnavailable(StoreError::UnknownScheme("secret".to_owned())),
        ApiError::DiskUnavailable(std::io::Error::other("secret")),
        ApiError::internal("secret"),
    ]
}

#[tokio::test]
async fn every_kind_has_its_body() {
    let context = RequestContext {
        id: "test-request".to_owned(),
        locale: Locale::English,
    };
    let shown = REQUEST.scope(RefCell::new(context), async {
        let mut shown = Vec::new();
        for error in every_kind() {
            let response = error.error_response();
            let headers = ["retry-after", "www-authenticate", "allow", "etag"];
            let headers: Vec<String> = headers
                .iter()
                .filter_map(|name| response.headers().get(*name)?.to_str().ok())
                .map(str::to_owned)
                .collect();
            let bytes = to_bytes(response.into_body()).await.unwrap_or_default();
            let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            shown.push(json!({"headers": headers, "body": body}));
        }
        shown
    });
    let shown = shown.await;
    assert!(!json!(shown).to_string().contains("secret"));
    insta::assert_json_snapshot!("every_kind_of_problem", shown);
}

#[tokio::test]
async fn routes_and_methods_that_are_none_have_problems_too() {
    let app = spawn_app().await;
    let none = app.get("/v2/knowledge").send().await;
    insta::assert_json_snapshot!(none.snapshot(), @r#"
    {
      "status": 404,
      "body": {
        "type": "urn:zhiwen:problem:no-route",
        "title": "There is no such route",
        "status": 404,
        "detail": "route not found",
        "request_id": "test-request"
      }
    }
    "#);
    let method = app.call(Method::DELETE, "/v1/knowledge/a").send().await;
    insta::assert_json_snapshot!(method.snapshot(), @r#"
    {
      "status": 405,
      "allow": "GET, PUT",
      "body": {
        "type": "urn:zhiwen:problem:method-not-allowed",
        "title": "The route takes other methods",
        "status": 405,
        "detail": "method is not allowed here, expected GET, PUT",
        "request_id": "test-request"
      }
    }
    "#);
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let call = shop.call(Method::POST, "/v1/knowledge");
    let reply = call.body("text/plain", "{}").send().await;
    insta::assert_json_snapshot!(reply.snapshot(), @r#"
    {
      "status": 415,
      "body": {
        "type": "urn:zhiwen:problem:unsupported-media-type",
        "title": "The media type is not supported",
        "status": 415,
        "detail": "media type is not supported, expected application/json",
        "request_id": "test-request"
      }
    }
    "#);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let app = spawn_app_with(|settings| settings.server.body_limit_bytes = 2_000).await;
    let shop = app.shop("hemu").await;
    let body = json!({"domain": "process", "title": "x".repeat(2_000)});
    let reply = shop.post("/v1/knowledge", &body).send().await;
    insta::assert_json_snapshot!(reply.snapshot(), @r#"
    {
      "status": 413,
      "body": {
        "type": "urn:zhiwen:problem:too-large",
        "title": "The request body is too large",
        "status": 413,
        "detail": "request body is larger than 2000 bytes",
        "request_id": "test-request"
      }
    }
    "#);
}

#[tokio::test]
async fn every_reply_has_a_request_id() {
    let app = spawn_app().await;
    let send = async |path: &str, id: Option<&str>| {
        let call = app.get(path).into_inner();
        let mut request = call.build().expect("valid");
        request.headers_mut().remove("x-request-id");
        if let Some(id) = id {
            let id = id.parse().expect("valid");
            request.headers_mut().insert("x-request-id", id);
        }
        let client = reqwest::Client::builder().no_proxy().build();
        let call = reqwest::RequestBuilder::from_parts(client.expect("client"), request);
        let reply = Call::from_inner(call).send().await;
        reply.header("x-request-id").unwrap_or("").to_owned()
    };
    for path in ["/healthz", "/none", "/v1/knowledge"] {
        assert_eq!(send(path, Some("a-1_b.C")).await, "a-1_b.C");
        for bad in ["a b", &"x".repeat(65), "<script>"] {
            assert_eq!(send(path, Some(bad)).await.len(), 32, "{path} {bad}");
        }
        let (one, other) = (send(path, None).await, send(path, None).await);
        assert_ne!(one, other);
    }
}

#[tokio::test]
async fn a_shop_whose_index_is_being_built_says_so() {
    // Nobody looks for new shops within the test's time.
    let app = spawn_app_with(|settings| {
        settings.index_poll = std::time::Duration::from_secs(86_400);
    })
    .await;
    let ready = app.shop("ready").await;
    let made = zhiwen::domain::shop::Shop {
        id: zhiwen::domain::ids::ShopId::parse("new").expect("valid"),
        name: "new".to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
        locale: Locale::Chinese,
        secret: zhiwen::domain::shop::ShopSecret::make(),
        created_at: jiff::Timestamp::UNIX_EPOCH,
    };
    let store = &app.service.state.store;
    store.create_shop(&made).await.expect("made");
    let key = app.key("new", &Scope::ALL, None).await;
    let reply = app.get("/v1/search?q=x").key(&key).send().await;
    insta::assert_json_snapshot!(reply.snapshot(), @r#"
    {
      "status": 503,
      "retry-after": "1",
      "body": {
        "type": "urn:zhiwen:problem:index-building",
        "title": "The shop's index is being built",
        "status": 503,
        "detail": "index is being built: 0 of 0 changes",
        "request_id": "test-request"
      }
    }
    "#);
    // What needs no index works meanwhile, and so do the other shops.
    let knowledge = app.get("/v1/knowledge").key(&key).send().await;
    assert_eq!(knowledge.status, 200);
    assert_eq!(ready.get("/v1/search?q=x").send().await.status, 200);
}
