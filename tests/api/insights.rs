//! The queues, the weekly insights, the feeds, and the consumer profile.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use zhiwen_tests::support::{Call, poll_until, spawn_app};

use crate::chats::{
    PATIENCE, REPLY, WEEK, WEEK_BEFORE, cluster, conversation, heard, id, ingest, report,
    shop_with_a_week, week_of,
};

#[tokio::test]
async fn a_mined_answer_is_approved_once_and_suggested() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let queue = shop.get("/v1/queues/approve").send().await.json();
    assert_eq!(queue["total"], 1, "{queue}");
    let proposal = &queue["proposals"][0];
    assert_eq!(proposal["buyers"], 6);
    assert_eq!(proposal["accepted"], 6);
    assert!(
        proposal["text"]
            .as_str()
            .is_some_and(|text| text.contains("不能放洗碗机"))
    );
    // What agents will read of where the answer comes from.
    let source = json!("客服回复整理（6 位买家问过，认可 6 次，2026-09-30）");
    assert_eq!(proposal["draft"]["source"], source);
    let path = format!("/v1/queues/approve/{}", id(proposal));
    let approve = async || shop.post(&path, &json!({})).send().await;
    let first = approve().await;
    assert_eq!(first.status, 201, "{}", first.text());
    let again = approve().await;
    assert_eq!(again.status, 200);
    assert_eq!(again.json()["knowledge_id"], first.json()["knowledge_id"]);
    let items = shop.get("/v1/knowledge").send().await.json();
    assert_eq!(items["items"].as_array().map(Vec::len), Some(1));
    let item = first.json()["knowledge_id"]
        .as_str()
        .unwrap_or("")
        .to_owned();
    let path = format!("/v1/knowledge/{item}");
    let made = shop.get(&path).send().await.json();
    assert_eq!(made["source"], source, "{made}");
    // One buyer each wrote the others.
    assert_eq!(made["phrasings"], json!([]));
    shop.wait_until_searchable("可以放洗碗机吗", &item, 1).await;
    let asked = json!({
        "conversation_id": "c1",
        "messages": [{"id": "1", "role": "buyer", "text": made["title"]}],
    });
    let suggested = shop.post("/v1/suggestions", &asked).send().await.json();
    assert_eq!(
        suggested["answers"][0]["knowledge_id"],
        json!(item),
        "{suggested}"
    );
    heard(&shop, WEEK, 13).await;
    assert_eq!(cluster(&shop, "洗碗机").await["answered_by"], json!(item));
    let queue = shop.get("/v1/queues/approve").send().await.json();
    assert_eq!(queue["total"], 0);
    let actions = shop.get("/v1/actions").send().await.json();
    assert_eq!(actions["actions"][0]["kind"], "knowledge");
}

#[tokio::test]
async fn a_dismissed_answer_is_put_back() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let queue = async || shop.get("/v1/queues/approve").send().await.json();
    let before = queue().await;
    let path = format!("/v1/queues/approve/{}", id(&before["proposals"][0]));
    let post = async |verb: &str| {
        let path = format!("{path}/{verb}");
        shop.post(&path, &json!({})).send().await.status
    };
    assert_eq!(post("dismiss").await, 204);
    assert_eq!(queue().await["total"], 0);
    assert_eq!(post("reopen").await, 204);
    assert_eq!(queue().await, before);
    let unknown = "/v1/queues/approve/01890a5d-ac96-774b-bcce-b302099a8057/reopen";
    let reply = shop.post(unknown, &json!({})).send().await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn an_action_is_of_the_past_and_can_be_put_right_and_deleted() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let washed = id(&cluster(&shop, "洗碗机").await);
    let act = async |at: &str| {
        let body = json!({
            "cluster_id": washed,
            "kind": "page",
            "note": "详情页加了洗碗机图标",
            "at": at,
        });
        shop.post("/v1/actions", &body).send().await
    };
    let ahead = act("2026-10-02").await;
    assert_eq!(
        ahead.problem(),
        "422 invalid-fields: at: must not be in the future"
    );
    let unknown = json!({"cluster_id": washed, "kind": "packing", "note": "x"});
    let call = shop.post("/v1/actions", &unknown);
    let reply = call.header("accept-language", "zh-CN").send().await;
    let said = "kind: “packing”不认识，可以填：page、packaging、promotion、knowledge（第 1 行第 ";
    assert!(reply.problem().contains(said), "{}", reply.problem());
    let kept = act("2026-10-01").await;
    assert_eq!(kept.status, 201, "{}", kept.text());
    let path = format!("/v1/actions/{}", id(&kept.json()));
    let change = async |body: Value| shop.call(Method::PATCH, &path).json(&body).send().await;
    let ahead = change(json!({"at": "2026-10-02"})).await;
    assert_eq!(
        ahead.problem(),
        "422 invalid-fields: at: must not be in the future"
    );
    let changed = change(json!({"kind": "packaging", "note": "包装上印了洗碗机图标"})).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let mut expected = kept.json();
    expected["kind"] = json!("packaging");
    expected["note"] = json!("包装上印了洗碗机图标");
    assert_eq!(changed.json(), expected);
    let listed = shop.get("/v1/actions").send().await.json();
    assert_eq!(listed["actions"], json!([expected]));
    let delete = async || shop.call(Method::DELETE, &path).send().await.status;
    assert_eq!(delete().await, 204);
    assert_eq!(delete().await, 404);
    assert_eq!(change(json!({"kind": "page"})).await.status, 404);
    let left = shop.get("/v1/actions").send().await.json();
    assert_eq!(left["actions"], json!([]));
}

#[tokio::test]
async fn what_is_missing_is_written() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    // Agents' answer to the other question waits for approval.
    let queue = shop.get("/v1/queues/write").send().await.json();
    assert_eq!(queue["total"], 1);
    let gaps = queue["gaps"].as_array().cloned().unwrap_or_default();
    let gap = gaps
        .iter()
        .find(|gap| {
            gap["draft"]["title"]
                .as_str()
                .is_some_and(|title| title.contains("刻字"))
        })
        .expect("a gap");
    let path = format!("/v1/queues/write/{}", id(&gap["cluster"]));
    let mut item = gap["draft"].clone();
    let write = async |item: &Value| shop.post(&path, &json!({"item": item})).send().await;
    let reply = write(&item).await;
    assert!(
        reply
            .problem()
            .contains("needs a brief or a consultative answer")
    );
    item["answer_brief"] = json!("可以免费刻字，最多八个字");
    let bare = shop.post(&path, &item).send().await;
    assert!(bare.problem().starts_with("400 "), "{}", bare.problem());
    let reply = write(&item).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let reply = write(&item).await;
    assert!(reply.problem().starts_with("409 "), "{}", reply.problem());
    // Nobody waits until the item can be found: clustering does.
    heard(&shop, WEEK, 12).await;
    let queue = shop.get("/v1/queues/write").send().await.json();
    assert_eq!(queue["total"], 0);
    // What is dismissed has to be written.
    let queue = shop.get("/v1/queues/approve").send().await.json();
    let path = format!("/v1/queues/approve/{}/dismiss", id(&queue["proposals"][0]));
    assert_eq!(shop.post(&path, &json!({})).send().await.status, 204);
    let queue = shop.get("/v1/queues/write").send().await.json();
    assert_eq!(queue["total"], 1);
}

#[tokio::test]
async fn a_draft_takes_no_wording_of_another_item() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let add = async |id: &str, status: &str, title: &str, phrasing: &str| {
        let item = json!({
            "id": id, "status": status, "domain": "process", "title": title,
            "phrasings": [phrasing], "answer_brief": "可以",
        });
        let reply = shop.post("/v1/knowledge", &item).send().await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        shop.wait_until_searchable(phrasing, id, 1).await;
    };
    add("draft", "draft", "杯身印名", "可以帮忙刻字吗").await;
    add("tea", "approved", "茶渍怎么清理", "杯里发黄如何去掉").await;
    let queue = shop.get("/v1/queues/write").send().await.json();
    let gap = &queue["gaps"][0];
    let phrasings = gap["draft"]["phrasings"].as_array().cloned();
    let phrasings = phrasings.unwrap_or_default();
    assert!((3..=5).contains(&phrasings.len()), "{gap}");
    assert!(!phrasings.contains(&json!("可以帮忙刻字吗")), "{gap}");

    let path = format!("/v1/queues/write/{}", id(&gap["cluster"]));
    let mut item = gap["draft"].clone();
    item["answer_brief"] = json!("可以免费刻字，最多八个字");
    item["phrasings"] = json!(["能刻字么", "杯里发黄，如何去掉？"]);
    let body = json!({"item": item});
    let refused = shop.post(&path, &body).send().await.problem();
    assert_eq!(
        refused,
        "422 invalid-fields: phrasings[1]: \"杯里发黄，如何去掉？\" is a wording of item \
         \"茶渍怎么清理\": remove it, or edit that item"
    );
    item["phrasings"] = json!(["能刻字么"]);
    let written = shop.post(&path, &json!({"item": item})).send().await;
    assert_eq!(written.status, 201, "{}", written.text());
}

#[tokio::test]
async fn a_week_that_is_over_says_the_same_until_late_messages_come() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    ingest(&shop, &week_of("2026-09-24", "a")).await;
    heard(&shop, WEEK_BEFORE, 12).await;
    // Asked for while it was being read, earlier revisions were kept.
    let first = report(&shop, WEEK_BEFORE).await;
    assert_eq!(first["has_ended"], true);
    assert_eq!(first["totals"]["buyers"], 12);
    assert_eq!(first["from"], "2026-09-21");
    app.clock.advance(SignedDuration::from_secs(3600));
    assert_eq!(report(&shop, WEEK_BEFORE).await, first);
    let late = conversation("late", "可以刻字吗", "可以", "2026-09-27T15:59");
    ingest(&shop, &late).await;
    poll_until("a new revision", PATIENCE, async || {
        report(&shop, WEEK_BEFORE).await["totals"]["questions"] == 13
    })
    .await;
    let second = report(&shop, WEEK_BEFORE).await;
    assert!(second["revision"].as_u64() > first["revision"].as_u64());
    let path = format!(
        "/v1/insights/weekly/{WEEK_BEFORE}?revision={}",
        first["revision"]
    );
    assert_eq!(shop.get(&path).send().await.json(), first);
    // Sunday 23:59 in Shanghai is of that week, Monday 00:00 of the next.
    let monday = conversation("monday", "可以刻字吗", "可以", "2026-09-27T16:00");
    ingest(&shop, &monday).await;
    poll_until("the next week counts it", PATIENCE, async || {
        report(&shop, WEEK).await["totals"]["questions"] == 1
    })
    .await;
    assert_eq!(report(&shop, WEEK_BEFORE).await, second);
}

#[tokio::test]
async fn what_is_approved_later_answered_nothing_in_a_week_that_is_over() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    ingest(&shop, &week_of("2026-09-24", "a")).await;
    heard(&shop, WEEK_BEFORE, 12).await;
    let queue = shop.get("/v1/queues/approve").send().await.json();
    let path = format!("/v1/queues/approve/{}", id(&queue["proposals"][0]));
    let made = shop.post(&path, &json!({})).send().await.json();
    let item = made["knowledge_id"].as_str().unwrap_or("").to_owned();
    shop.wait_until_searchable("可以放洗碗机吗", &item, 1).await;
    let late = conversation("late", "可以刻字吗", "可以", "2026-09-27T15:58");
    ingest(&shop, &late).await;
    heard(&shop, WEEK_BEFORE, 13).await;
    assert_eq!(cluster(&shop, "洗碗机").await["answered_by"], json!(item));
    // A revision that is made now, with the clusters of now.
    let later = conversation("later", "能刻字吗", "可以", "2026-09-27T15:59");
    ingest(&shop, &later).await;
    poll_until("a new revision", PATIENCE, async || {
        report(&shop, WEEK_BEFORE).await["totals"]["questions"] == 14
    })
    .await;
    let over = report(&shop, WEEK_BEFORE).await;
    assert_eq!(over["totals"]["covered"], 0, "{over}");
    assert_eq!(over["unanswered"].as_array().map(Vec::len), Some(2));
    assert_eq!(over["coverage_note"], "nothing_approved");
    let running = report(&shop, WEEK).await;
    assert_eq!(running["previous"]["covered"], 0);
    assert!(running.get("coverage_note").is_none());
    // Once it is asked in the week that runs, it is answered there.
    let now = conversation("now", "可以放洗碗机吗", REPLY, "2026-10-01T01:30");
    ingest(&shop, &now).await;
    poll_until("it is covered", PATIENCE, async || {
        report(&shop, WEEK).await["totals"]["covered"] == 1
    })
    .await;
}

#[tokio::test]
async fn a_week_comes_in_every_format() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let running = report(&shop, WEEK).await;
    assert_eq!(
        (&running["has_ended"], &running["revision"]),
        (&json!(false), &json!(0))
    );
    assert_eq!(running["top"].as_array().map(Vec::len), Some(2));
    assert_eq!(running["unanswered"].as_array().map(Vec::len), Some(2));
    // Nothing was asked the week before that anything could be new to.
    assert_eq!(running["top"][0]["trend"], Value::Null);
    assert_eq!(running["new"], json!([]));
    assert_eq!(running["policy"]["version"], 0);
    // Each wording is one buyer's: none of them is quoted.
    for line in running["top"].as_array().into_iter().flatten() {
        let label = line["label"].as_str().unwrap_or("");
        assert!(!label.is_empty() && !label.ends_with('吗'), "{label}");
        assert_eq!(line["words"], json!([]));
    }
    for (format, start) in [
        ("csv", &b"\xef\xbb\xbf"[..]),
        ("xlsx", b"PK"),
        ("markdown", b"# "),
        ("html", b"<!doctype html>"),
    ] {
        let path = format!("/v1/insights/weekly/{WEEK}?format={format}");
        let reply = shop.get(&path).send().await;
        assert_eq!(reply.status, 200, "{format}: {}", reply.text());
        let head = &reply.bytes[..start.len()];
        assert!(head.eq_ignore_ascii_case(start), "{format}: {head:?}");
    }
    let page = format!("/v1/insights/weekly/{WEEK}?format=html");
    let page = shop.get(&page).send().await;
    let policy = page.header("content-security-policy").unwrap_or("");
    assert!(policy.starts_with("default-src 'none'"));
    let empty = report(&shop, "2026-W30").await;
    assert_eq!(empty["totals"]["questions"], 0);
    for (week, expected) in [
        (
            "2026-W41",
            "422 invalid-fields: week: is malformed, expected a week that has begun",
        ),
        (
            "2026-W54",
            "422 invalid-fields: id: is malformed, expected a week",
        ),
        (
            "last",
            "422 invalid-fields: id: is malformed, expected a week",
        ),
    ] {
        let reply = shop
            .get(&format!("/v1/insights/weekly/{week}"))
            .send()
            .await;
        assert!(
            reply.problem().starts_with(expected),
            "{week}: {}",
            reply.problem()
        );
    }
    let pdf = format!("/v1/insights/weekly/{WEEK}?format=pdf");
    assert!(shop.get(&pdf).send().await.problem().starts_with("422 "));
    let none = format!("/v1/insights/weekly/{WEEK}?revision=9");
    assert!(shop.get(&none).send().await.problem().starts_with("404 "));
}

#[tokio::test]
async fn a_feed_is_sent_again_only_where_it_changed() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let reply = shop.get("/v1/feeds/service.json").send().await;
    assert_eq!(reply.header("content-type"), Some("application/feed+json"));
    let feed = reply.json();
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(feed["items"].as_array().map(Vec::len), Some(2));
    let tag = reply.header("etag").unwrap_or("").to_owned();
    let modified = reply.header("last-modified").unwrap_or("").to_owned();
    let again = |name: &'static str, value: &str| -> Call {
        shop.get("/v1/feeds/service.json").header(name, value)
    };
    app.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(again("if-none-match", &tag).send().await.status, 304);
    assert_eq!(
        again("if-modified-since", &modified).send().await.status,
        304
    );
    let more = conversation("n1", "可以刻字吗", "可以", "2026-10-01T01:30");
    ingest(&shop, &more).await;
    poll_until("the entry is changed", PATIENCE, async || {
        again("if-none-match", &tag).send().await.status == 200
    })
    .await;
    let changed = shop.get("/v1/feeds/service.json").send().await.json();
    assert_eq!(changed["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        changed["items"][0]["date_published"],
        feed["items"][0]["date_published"]
    );
    let atom = shop.get("/v1/feeds/service.atom").send().await;
    assert!(
        atom.text()
            .contains("<feed xmlns=\"http://www.w3.org/2005/Atom\"")
    );
    for path in [
        "/v1/feeds/sales.json",
        "/v1/feeds/service.rss",
        "/v1/feeds/service",
    ] {
        assert!(
            shop.get(path).send().await.problem().starts_with("422 "),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_claim_that_holds_no_more_is_a_change_of_its_feed() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let first = shop.get("/v1/feeds/service.json").send().await;
    let modified = first.header("last-modified").unwrap_or("").to_owned();
    let since = |time: &str| -> Call {
        shop.get("/v1/feeds/service.json")
            .header("if-modified-since", time)
    };
    app.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(since(&modified).send().await.status, 304);
    let clusters = shop.get("/v1/clusters").send().await.json();
    let id = clusters["clusters"][0]["id"].as_str().unwrap_or("");
    let mute = shop.call(Method::PATCH, &format!("/v1/clusters/{id}"));
    let muted = mute.json(&json!({"muted": true})).send().await;
    assert_eq!(muted.status, 200, "{}", muted.text());
    let second = since(&modified).send().await;
    assert_eq!(second.status, 200);
    assert_eq!(second.json()["items"].as_array().map(Vec::len), Some(1));
    let modified = second.header("last-modified").unwrap_or("").to_owned();
    app.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(since(&modified).send().await.status, 304);
}

#[tokio::test]
async fn small_groups_are_never_shown() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let profile = shop.get("/v1/profile").send().await.json();
    assert_eq!(profile["buyers"], 12);
    assert_eq!(profile["asks"].as_array().map(Vec::len), Some(2));
    assert_eq!(profile["asks"][0]["lift"], 1.0);
    assert_eq!(profile["asks"][0]["trend"], Value::Null);
    let taobao = json!({"id": "taobao", "label": "淘宝", "buyers": 12, "share": 1.0});
    assert_eq!(profile["channels"], json!([taobao]));
    for place in 0..4 {
        let path = format!("/v1/consumers/buyer%20of%20ad{place}/tags");
        let reply = shop.put(&path, &json!({"tags": ["老客"]})).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let tags = reply.json()["tags"].clone();
        assert_eq!(tags[0], json!({"tag": "老客", "source": "raw"}));
        assert!(tags.as_array().is_some_and(|tags| {
            tags.contains(&json!({"tag": "channel:taobao", "source": "live"}))
        }));
        assert!(!reply.text().contains("buyer of"));
    }
    let small = shop.get("/v1/profile?tag=老客").send().await.json();
    assert_eq!(small["is_too_small"], true);
    assert_eq!((&small["buyers"], &small["asks"]), (&json!(0), &json!([])));
    let path = "/v1/consumers/buyer%20of%20ad4/tags";
    shop.put(path, &json!({"tags": ["老客"]})).send().await;
    let enough = shop.get("/v1/profile?tag=老客").send().await.json();
    assert_eq!(
        (&enough["is_too_small"], &enough["buyers"]),
        (&json!(false), &json!(5))
    );
    assert_eq!(enough["asks"][0]["lift"], 2.0);
    let live = shop
        .get("/v1/profile?tag=channel:taobao")
        .send()
        .await
        .json();
    assert_eq!(live["buyers"], 12);
    let reply = shop.get("/v1/profile?category=壶").send().await;
    assert!(reply.problem().contains("category: \"壶\" is not known"));
    let reply = shop.get("/v1/profile?product=nope").send().await;
    let unknown = "422 invalid-fields: product: \"nope\" is not known";
    assert!(reply.problem().starts_with(unknown), "{}", reply.problem());
}

#[tokio::test]
async fn a_policy_is_versioned_and_named_by_figures() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let policy = shop.get("/v1/policies/listening").send().await.json();
    assert_eq!(policy["version"], 0);
    let wrong = json!({"smallest_group": 1, "false_discovery_rate": 0.9});
    let reply = shop.put("/v1/policies/listening", &wrong).send().await;
    assert_eq!(
        reply.problem(),
        "422 invalid-fields: smallest_group: is malformed, expected 5 to 1000; \
         false_discovery_rate: is malformed, expected above 0, at most 0.5"
    );
    let changed = json!({"smallest_group": 8});
    let reply = shop.put("/v1/policies/listening", &changed).send().await;
    assert_eq!(reply.json()["version"], 1);
    let report = report(&shop, WEEK).await;
    assert_eq!(report["policy"]["version"], 1);
    assert_eq!(report["policy"]["smallest_group"], 8);
}
