//! `GET /openapi.json`: the document is served, locked, and complete.

use std::collections::BTreeSet;

use reqwest::Method;
use zhiwen::api::openapi::document;
use zhiwen_tests::support::spawn_app;

const ROUTER: &str = include_str!("../../service/src/router.rs");

/// "GET /v1/knowledge" of each operation of the document.
fn documented() -> BTreeSet<String> {
    let document = serde_json::to_value(document()).expect("json");
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    let operations = |(path, item): (String, serde_json::Value)| {
        let item = item.as_object().cloned().unwrap_or_default();
        let methods: Vec<String> = item.keys().map(|name| name.to_uppercase()).collect();
        methods
            .into_iter()
            .map(move |method| format!("{method} {path}"))
    };
    paths.into_iter().flat_map(operations).collect()
}

#[tokio::test]
async fn is_served_to_everybody() {
    let app = spawn_app().await;
    let reply = app.get("/openapi.json").send().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let expected = serde_json::to_value(document()).expect("json");
    assert_eq!(reply.json(), expected);
    assert_eq!(expected["openapi"], "3.1.0");
}

#[test]
fn is_locked() {
    let mut document = serde_json::to_value(document()).expect("json");
    document["info"]["version"] = "[version]".into();
    insta::assert_json_snapshot!("openapi", document);
}

#[test]
fn has_every_route_of_the_router() {
    // Each as `resource("/path", "METHODS")`; what forms of pages are sent to is no part of it.
    let is_public = |path: &str| {
        let outside = ["/healthz", "/readyz", "/metrics", "/openapi.json"];
        path.starts_with("/v1/") || outside.contains(&path)
    };
    let routed: BTreeSet<String> = ROUTER
        .split("resource(")
        .filter_map(|rest| {
            let mut texts = rest.strip_prefix('"')?.split('"');
            let (path, methods) = (texts.next()?, texts.nth(1)?);
            is_public(path).then(|| {
                methods
                    .split(", ")
                    .map(move |method| format!("{method} {path}"))
            })
        })
        .flatten()
        .collect();
    assert_eq!(routed, documented());
}

/// A route that takes a method answers it; what the Allow header names is what is taken.
#[tokio::test]
async fn every_operation_is_answered() {
    let app = spawn_app().await;
    for operation in documented() {
        let (method, path) = operation.split_once(' ').expect("two parts");
        let path = path.replace("{id}", "x");
        let method: Method = method.parse().expect("a method");
        let status = app.call(method, &path).send().await.status;
        assert!(![404, 405].contains(&status), "{operation}: {status}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_its_problem() {
    let document = serde_json::to_value(document()).expect("json");
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/").skip(1) {
        let path = reference.split('"').next().unwrap_or("");
        assert!(document.pointer(&format!("/{path}")).is_some(), "{path}");
    }
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        if !path.starts_with("/v1/") {
            continue;
        }
        for (method, operation) in item.as_object().into_iter().flatten() {
            let name = format!("{method} {path}");
            assert!(operation["responses"]["default"].is_object(), "{name}");
            assert!(operation["security"][0]["key"].is_array(), "{name}");
            assert!(operation["summary"].is_string(), "{name}");
            let id = operation["operationId"].as_str().unwrap_or("");
            assert!(ids.insert(id.to_owned()), "{name}: {id} is taken");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let is_in_path =
                    path.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap_or("")));
                assert_eq!(parameter["in"] == "path", is_in_path, "{name}: {parameter}");
            }
            for response in operation["responses"].as_object().into_iter().flatten() {
                assert!(
                    response.1["description"].is_string(),
                    "{name}: {}",
                    response.0
                );
            }
        }
    }
}
