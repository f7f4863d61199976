//! `GET /v1/findings`.

use reqwest::Method;
use serde_json::{Value, json};
use zhiwen::domain::key::Scope;
use zhiwen_tests::support::{Shop, spawn_app};

async fn add(shop: &Shop<'_>, id: &str, change: Value) {
    let mut body = json!({
        "id": id,
        "status": "approved",
        "domain": "process",
        "title": "拍下后多久发货",
        "answer_brief": "付款后48小时内发货。",
    });
    for (field, value) in change.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    let reply = shop.post("/v1/knowledge", &body).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text());
}

/// "kind first second" of each finding.
async fn found(shop: &Shop<'_>, query: &str) -> Vec<String> {
    let reply = shop.get(&format!("/v1/findings?{query}")).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body = reply.json();
    let items = body["items"].as_array().cloned().unwrap_or_default();
    let id = |side: &Value| side["knowledge_id"].as_str().unwrap_or("-").to_owned();
    items
        .iter()
        .map(|finding| {
            let kind = finding["kind"].as_str().unwrap_or("?");
            format!(
                "{kind} {} {}",
                id(&finding["first"]),
                id(&finding["second"])
            )
        })
        .collect()
}

const SLOWER: &str = "现货一般3天内发货。";
const AT: &str = "as_of=2026-11-10";

#[tokio::test]
async fn two_answers_that_contradict_are_shown_side_by_side() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    add(
        &shop,
        "b",
        json!({"title": "下单几天发货", "answer_brief": SLOWER, "channels": ["jd"]}),
    )
    .await;
    add(
        &shop,
        "a",
        json!({"channels": ["jd", "taobao"], "valid_until": "2026-12-01"}),
    )
    .await;
    let reply = shop.get(&format!("/v1/findings?kind=contradiction&{AT}"));
    let first = reply.send().await;
    insta::assert_json_snapshot!(first.json());
    let change = json!({"status": "approved", "domain": "process", "title": "拍下后多久发货",
        "answer_brief": "付款后24小时内发货。", "channels": ["jd"]});
    let call = shop.put("/v1/knowledge/a", &change);
    call.header("if-match", "\"1\"").send().await;
    let english = shop.get(&format!("/v1/findings?kind=contradiction&locale=en&{AT}"));
    let second = english.send().await.json();
    assert_eq!(second["items"][0]["id"], first.json()["items"][0]["id"]);
    assert_eq!(
        second["items"][0]["why"],
        "two items in effect at once speak of the same, one says “24小时”, the other “3天”"
    );
}

#[tokio::test]
async fn a_finding_that_is_none_stays_away_until_an_item_changes() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let slower = |answer: &str| json!({"title": "下单几天发货", "answer_brief": answer});
    add(&shop, "a", json!({})).await;
    add(&shop, "b", slower(SLOWER)).await;
    let listed = async || {
        let call = shop.get("/v1/findings?kind=contradiction");
        call.send().await.json()["items"].clone()
    };
    let before = listed().await;
    assert_eq!(before.as_array().map(Vec::len), Some(1), "{before}");
    let path = format!("/v1/findings/{}", before[0]["id"].as_str().unwrap_or(""));
    let judge = async |second: u32| {
        let body = json!({"first_version": 1, "second_version": second});
        let path = format!("{path}/dismiss");
        shop.post(&path, &body).send().await
    };
    let stale = judge(7).await;
    assert!(
        stale.problem().starts_with("412 version-conflict"),
        "{}",
        stale.problem()
    );
    // Said twice is said once.
    for _ in 0..2 {
        assert_eq!(judge(1).await.status, 204);
        assert_eq!(listed().await, json!([]));
    }
    let mut change = slower("现货一般5天内发货。");
    change["status"] = json!("approved");
    change["domain"] = json!("process");
    let call = shop.put("/v1/knowledge/b", &change);
    let changed = call.header("if-match", "\"1\"").send().await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let again = listed().await;
    assert_eq!(again[0]["id"], before[0]["id"]);
    assert_eq!(again[0]["second"]["version"], 2);
    assert_eq!(judge(2).await.status, 204);
    let restore = format!("{path}/restore");
    for (status, found) in [(204, 1), (404, 1)] {
        let reply = shop.post(&restore, &json!({})).send().await;
        assert_eq!(reply.status, status, "{}", reply.text());
        assert_eq!(listed().await.as_array().map(Vec::len), Some(found));
    }
    let unknown = json!({"first_version": 1, "second_version": 1});
    let reply = shop.post("/v1/findings/f-0/dismiss", &unknown).send().await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn items_that_never_hold_together_do_not_contradict() {
    let app = spawn_app().await;
    let slower = |change: Value| {
        let mut body = json!({"answer_brief": SLOWER});
        for (field, value) in change.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        body
    };
    let cases = [
        (
            "products",
            json!({"products": ["p-1"]}),
            json!({"products": ["p-2"]}),
            0,
        ),
        (
            "channels",
            json!({"channels": ["jd"]}),
            json!({"channels": ["pdd"]}),
            0,
        ),
        (
            "windows",
            json!({"valid_until": "2026-11-20"}),
            json!({"valid_from": "2026-11-20"}),
            0,
        ),
        ("past", json!({"valid_until": "2026-11-09"}), json!({}), 0),
        ("draft", json!({"status": "draft"}), json!({}), 0),
        (
            "together",
            json!({"products": ["p-1", "p-2"]}),
            json!({"products": ["p-2"]}),
            1,
        ),
    ];
    for (name, one, other, expected) in cases {
        let shop = app.shop(name).await;
        add(&shop, "a", one).await;
        add(&shop, "b", slower(other)).await;
        let found = found(&shop, &format!("kind=contradiction&{AT}")).await;
        assert_eq!(found.len(), expected, "{name}: {found:?}");
    }
}

#[tokio::test]
async fn an_answer_that_contradicts_itself_is_found_and_a_shorter_one_is_not() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let long = "付款后48小时内发货。发货后一般3到5天送达，偏远地区7天左右。";
    add(&shop, "fine", json!({"answer_consultative": long})).await;
    let long = "亲，付款后72小时内发货，您放心。";
    add(
        &shop,
        "torn",
        json!({"title": "几天能发货", "products": ["p-1"], "answer_consultative": long}),
    )
    .await;
    let found = found(&shop, &format!("kind=contradiction&{AT}")).await;
    assert_eq!(
        found.first().map(String::as_str),
        Some("contradiction torn torn")
    );
    assert!(
        !found.contains(&"contradiction fine fine".to_owned()),
        "{found:?}"
    );
}

#[tokio::test]
async fn one_question_answered_twice_is_a_duplicate() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let same = json!({"title": "怎么联系人工客服", "phrasings": ["拍下后多久發貨？"]});
    add(&shop, "a", json!({})).await;
    add(&shop, "b", same).await;
    add(
        &shop,
        "p1",
        json!({"title": "保温多久", "products": ["p-1"]}),
    )
    .await;
    add(
        &shop,
        "p2",
        json!({"title": "保温多久", "products": ["p-2"]}),
    )
    .await;
    assert_eq!(
        found(&shop, &format!("kind=duplicate&{AT}")).await,
        ["duplicate a b"]
    );
}

#[tokio::test]
async fn what_runs_out_is_told_in_the_days_of_the_shop() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    add(&shop, "ended", json!({"valid_until": "2026-11-09"})).await;
    add(&shop, "today", json!({"valid_until": "2026-11-10 23:59"})).await;
    add(&shop, "soon", json!({"valid_until": "2026-11-24"})).await;
    add(&shop, "later", json!({"valid_until": "2026-11-25"})).await;
    add(&shop, "open", json!({})).await;
    let reply = shop.get(&format!("/v1/findings?kind=expiring&{AT}"));
    let body = reply.send().await.json();
    let items = body["items"].as_array().cloned().unwrap_or_default();
    let lines: Vec<String> = items
        .iter()
        .map(|item| {
            format!(
                "{} {} {}",
                item["first"]["knowledge_id"], item["days_left"], item["why"]
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert_eq!(
        found(&shop, &format!("kind=expiring&within_days=0&{AT}"))
            .await
            .len(),
        2
    );
    assert_eq!(
        found(&shop, "kind=expiring&as_of=2026-11-11").await.len(),
        4
    );
}

#[tokio::test]
async fn comes_in_pages() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    for (id, until) in [
        ("a", "2026-11-12"),
        ("b", "2026-11-13"),
        ("c", "2026-11-14"),
    ] {
        add(
            &shop,
            id,
            json!({"title": format!("{id}活动"), "valid_until": until}),
        )
        .await;
    }
    let path = format!("/v1/findings?kind=expiring&limit=2&{AT}");
    let page = shop.get(&path).send().await.json();
    assert_eq!(
        (&page["total"], page["items"].as_array().map(Vec::len)),
        (&json!(3), Some(2))
    );
    let cursor = page["next_cursor"].as_str().unwrap_or_default();
    let rest = format!("kind=expiring&limit=2&cursor={cursor}&{AT}");
    assert_eq!(found(&shop, &rest).await, ["expiring c -"]);
}

#[tokio::test]
async fn needs_a_scope_and_refuses_what_it_does_not_know() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let supervising = app.key("hemu", &[Scope::Supervise], None).await;
    let reply = app.get("/v1/findings").key(&supervising).send().await;
    assert_eq!((reply.status, &reply.json()["total"]), (200, &json!(0)));
    let suggesting = app.key("hemu", &[Scope::Suggest], None).await;
    assert_eq!(
        app.get("/v1/findings").key(&suggesting).send().await.status,
        403
    );
    for query in [
        "kind=typo",
        "within_days=367",
        "within_days=-1",
        "as_of=soon",
        "limit=0",
        "cursor=zz",
        "what=this",
    ] {
        let reply = shop.get(&format!("/v1/findings?{query}")).send().await;
        assert!(
            matches!(reply.status, 400 | 422),
            "{query}: {}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn the_demo_shops_do_not_contradict_themselves() {
    let app = spawn_app().await;
    for (name, files) in [
        ("zh", &["process-warehouse.csv", "product.csv"][..]),
        ("en", &["knowledge.csv"]),
    ] {
        let shop = app.shop(name).await;
        for file in files {
            let path = format!(
                "{}/../config/demo/{name}/{file}",
                env!("CARGO_MANIFEST_DIR")
            );
            let text = std::fs::read(&path).expect("part of the project");
            let call = shop.call(Method::POST, "/v1/knowledge/imports");
            assert_eq!(
                call.body("text/csv", text).send().await.status,
                200,
                "{file}"
            );
        }
        for kind in ["contradiction", "duplicate"] {
            let found = found(&shop, &format!("kind={kind}&as_of=2026-10-20")).await;
            assert_eq!(found, Vec::<String>::new(), "{name}: {kind}");
        }
    }
}
