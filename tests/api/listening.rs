//! Messages, recurring questions, the queues, the weekly insights and the feeds.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use zhiwen_tests::support::{App, Call, Shop, poll_until, spawn_app};

/// Clustering takes a second on a free machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The app's clock stands at 2026-10-01 10:00 in Shanghai, a Thursday of W40.
const WEEK: &str = "2026-W40";
const WEEK_BEFORE: &str = "2026-W39";

fn message(conversation: &str, id: &str, role: &str, text: &str, at: &str) -> Value {
    json!({
        "id": id,
        "conversation_id": conversation,
        "role": role,
        "text": text,
        "at": at,
        "consumer_id": format!("buyer of {conversation}"),
        "channel": "taobao",
        "agent_id": if role == "agent" { json!("小美") } else { Value::Null },
    })
}

/// A conversation in which a question is asked, answered and taken.
fn conversation(name: &str, question: &str, reply: &str, at: &str) -> Vec<Value> {
    let at = |second: u32| format!("{at}:{second:02}Z");
    vec![
        message(name, "1", "buyer", "在吗", &at(0)),
        message(name, "2", "automatic", "您好，欢迎光临", &at(1)),
        message(name, "3", "buyer", question, &at(5)),
        message(name, "4", "agent", reply, &at(30)),
        message(name, "5", "buyer", "好的谢谢", &at(50)),
    ]
}

const DISHWASHER: [&str; 6] = [
    "可以放洗碗机吗",
    "能放洗碗机洗吗",
    "可以放洗碗机洗吗",
    "这个能放洗碗机吗",
    "洗碗机可以洗吗",
    "可以放进洗碗机吗",
];
const ENGRAVING: [&str; 6] = [
    "可以刻字吗",
    "能刻字吗",
    "刻字可以吗",
    "可以帮忙刻字吗",
    "这个可以刻字吗",
    "可以刻字的吗",
];
const REPLY: &str = "亲，壶身不能放洗碗机的哦，用清水手洗就可以";

/// Twelve buyers who ask two questions, in the week of `day`.
fn week_of(day: &str, prefix: &str) -> Vec<Value> {
    let mut messages = Vec::new();
    for (place, question) in DISHWASHER.iter().enumerate() {
        let at = format!("{day}T03:{place:02}");
        messages.extend(conversation(
            &format!("{prefix}d{place}"),
            question,
            REPLY,
            &at,
        ));
    }
    for (place, question) in ENGRAVING.iter().enumerate() {
        let at = format!("{day}T04:{place:02}");
        let name = format!("{prefix}e{place}");
        messages.extend(conversation(&name, question, "稍等，我问一下", &at));
    }
    messages
}

async fn ingest(shop: &Shop<'_>, messages: &[Value]) -> Value {
    let body = json!({ "messages": messages });
    let reply = shop.post("/v1/messages", &body).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// Waits until so many questions were read this week, then clusters.
async fn heard(shop: &Shop<'_>, week: &str, questions: u64) {
    poll_until("the questions are read", PATIENCE, async || {
        report(shop, week).await["totals"]["questions"] == json!(questions)
    })
    .await;
    let job = shop.post("/v1/clusters/refresh", &json!({})).send().await;
    assert_eq!(job.status, 202, "{}", job.text());
    let path = format!("/v1/jobs/{}", job.json()["id"].as_str().unwrap_or(""));
    poll_until("questions are clustered", PATIENCE, async || {
        let job = shop.get(&path).send().await.json();
        assert_ne!(job["state"], "failed", "{job}");
        job["state"] == "done"
    })
    .await;
}

async fn report(shop: &Shop<'_>, week: &str) -> Value {
    let path = format!("/v1/insights/weekly/{week}");
    let reply = shop.get(&path).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

async fn clusters(shop: &Shop<'_>) -> Vec<Value> {
    let reply = shop.get("/v1/clusters").send().await.json();
    reply["clusters"].as_array().cloned().unwrap_or_default()
}

/// The cluster whose label holds `word`.
async fn cluster(shop: &Shop<'_>, word: &str) -> Value {
    let found = clusters(shop).await.into_iter();
    let mut found =
        found.filter(|cluster| cluster["label"].as_str().is_some_and(|l| l.contains(word)));
    let first = found
        .next()
        .unwrap_or_else(|| panic!("no cluster of {word}"));
    assert!(found.next().is_none(), "{word} is in two clusters");
    first
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or("").to_owned()
}

async fn shop_with_a_week(app: &App) -> Shop<'_> {
    let shop = app.shop("hemu").await;
    ingest(&shop, &week_of("2026-09-30", "a")).await;
    heard(&shop, WEEK, 12).await;
    shop
}

#[tokio::test]
async fn messages_are_kept_once_and_faults_are_told_by_place() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let good = message("c1", "1", "buyer", "怎么退货", "2026-10-01T01:00:00Z");
    let first = ingest(&shop, &[good.clone(), good.clone()]).await;
    assert_eq!(first, json!({"accepted": 1, "duplicates": 1, "refused": 0}));
    let other_words = message("c1", "1", "buyer", "怎么换货", "2026-10-01T01:00:00Z");
    let late = message("c1", "2", "buyer", "在吗", "2027-01-01T00:00:00Z");
    let mixed = ingest(&shop, &[other_words.clone(), good.clone(), late]).await;
    assert_eq!(mixed["refused"], 2);
    assert_eq!(mixed["duplicates"], 1);
    assert_eq!(mixed["refusals"][0]["field"], "messages[0].id");
    assert_eq!(mixed["refusals"][1]["field"], "messages[2].at");
    let only = json!({ "messages": [other_words] });
    let reply = shop.post("/v1/messages", &only).send().await;
    assert_eq!(
        reply.problem(),
        "422 invalid-fields: messages[0].id: is in use for something with other content"
    );
}

#[tokio::test]
async fn lines_go_in_though_one_is_malformed() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let line = |id: &str| message("c1", id, "buyer", "怎么退货", "2026-10-01 09:00").to_string();
    let send = async |body: Vec<u8>| {
        let call = shop.call(Method::POST, "/v1/messages");
        call.body("application/x-ndjson", body).send().await
    };
    let body = format!("{}\n\n{{\"id\": 7}}\n{}\n", line("1"), line("2"));
    let reply = send(body.into_bytes()).await.json();
    assert_eq!(
        (&reply["accepted"], &reply["refused"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(reply["refusals"][0]["field"], "line[3]");
    let mut gbk = line("3").into_bytes();
    gbk.extend([b'\n', b'{', 0xd4, 0xda, b'}']);
    let reply = send(gbk).await.json();
    assert_eq!(
        (&reply["accepted"], &reply["refused"]),
        (&json!(1), &json!(1))
    );
    let long = message(
        "c1",
        "4",
        "buyer",
        &"问".repeat(3_000_000),
        "2026-10-01 09:00",
    );
    let reply = send(long.to_string().into_bytes()).await;
    assert!(
        reply
            .problem()
            .contains("line[1].text: has 3000000 characters")
    );
    let reply = send(vec![b'x'; 17 << 20]).await;
    assert!(reply.problem().starts_with("413 "), "{}", reply.problem());
    let call = shop
        .call(Method::POST, "/v1/messages")
        .body("text/plain", "x");
    assert!(call.send().await.problem().starts_with("415 "));
}

#[tokio::test]
async fn a_suggestion_hears_its_question_once() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let asked = json!({
        "conversation_id": "c9",
        "messages": [{"id": "1", "role": "buyer", "text": "可以放洗碗机吗，我电话13812345678"}],
    });
    for _ in 0..2 {
        assert_eq!(
            shop.post("/v1/suggestions", &asked).send().await.status,
            200
        );
    }
    let text = "可以放洗碗机吗，我电话13812345678";
    let told = message("c9", "1", "buyer", text, "2026-10-01T01:59:00Z");
    poll_until("the turn is on record", PATIENCE, async || {
        ingest(&shop, std::slice::from_ref(&told)).await["duplicates"] == 1
    })
    .await;
    poll_until("the question is read", PATIENCE, async || {
        report(&shop, WEEK).await["totals"]["questions"] == 1
    })
    .await;
    let report = report(&shop, WEEK).await;
    assert_eq!(report["totals"]["suggestions"], 2);
    assert_eq!(report["totals"]["conversations"], 1);
}

#[tokio::test]
async fn recurring_questions_are_found_and_newcomers_join() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let dishwasher = cluster(&shop, "洗碗机").await;
    assert_eq!(dishwasher["buyers"], 6);
    assert_eq!(dishwasher["questions"], 6);
    assert_eq!(dishwasher["answered_share"], 1.0);
    let path = format!("/v1/clusters/{}", id(&dishwasher));
    let before = shop.get(&path).send().await.json();
    assert_eq!(before["wordings"].as_array().map(Vec::len), Some(6));
    assert_eq!(
        before["by_channel"],
        json!([{"id": "taobao", "questions": 6}])
    );
    let newcomer = conversation("n1", "这款可以放洗碗机洗吗", REPLY, "2026-10-01T01:30");
    ingest(&shop, &newcomer).await;
    poll_until("the newcomer joins", PATIENCE, async || {
        let found = shop.get(&path).send().await.json();
        found["wordings"].as_array().map(Vec::len) == Some(7)
    })
    .await;
    heard(&shop, WEEK, 13).await;
    assert_eq!(id(&cluster(&shop, "洗碗机").await), id(&dishwasher));
}

#[tokio::test]
async fn a_late_answer_changes_the_question_in_place() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let mut messages = conversation("c1", "可以刻字吗", "可以的", "2026-10-01T01:00");
    let reply = messages.remove(3);
    messages.reverse();
    ingest(&shop, &messages).await;
    poll_until("the question is read", PATIENCE, async || {
        report(&shop, WEEK).await["totals"]["questions"] == 1
    })
    .await;
    assert_eq!(report(&shop, WEEK).await["totals"]["answered"], 0);
    ingest(&shop, &[reply]).await;
    poll_until("the reply is read", PATIENCE, async || {
        report(&shop, WEEK).await["totals"]["answered"] == 1
    })
    .await;
    assert_eq!(report(&shop, WEEK).await["totals"]["questions"], 1);
    assert_eq!(
        report(&shop, WEEK).await["totals"]["median_reply_seconds"],
        25
    );
}

#[tokio::test]
async fn people_merge_split_name_and_undo() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let (from, into) = (cluster(&shop, "刻字").await, cluster(&shop, "洗碗机").await);
    let merge = format!("/v1/clusters/{}/merge", id(&from));
    let edit = shop
        .post(&merge, &json!({"into": id(&into)}))
        .send()
        .await
        .json();
    assert_eq!(clusters(&shop).await.len(), 1);
    // A clustering does not part what people put together.
    heard(&shop, WEEK, 12).await;
    let merged = clusters(&shop).await;
    assert_eq!((merged.len(), &merged[0]["questions"]), (1, &json!(12)));
    assert_eq!(id(&merged[0]), id(&into));
    let undo = format!(
        "/v1/cluster-edits/{}/undo",
        edit["edit_id"].as_str().unwrap_or("")
    );
    assert_eq!(shop.post(&undo, &json!({})).send().await.status, 204);
    assert_eq!(clusters(&shop).await.len(), 2);
    assert!(
        shop.post(&undo, &json!({}))
            .send()
            .await
            .problem()
            .starts_with("404 ")
    );

    let path = format!("/v1/clusters/{}", id(&into));
    let wordings = shop.get(&path).send().await.json()["wordings"].clone();
    let split = json!({"wordings": [wordings[0]["key"], wordings[1]["key"]]});
    let made = shop
        .post(&format!("{path}/split"), &split)
        .send()
        .await
        .json();
    heard(&shop, WEEK, 12).await;
    let new = format!("/v1/clusters/{}", made["cluster_id"].as_str().unwrap_or(""));
    let new = shop.get(&new).send().await.json();
    assert_eq!(new["questions"], 2);
    let all = json!({"wordings": []});
    let reply = shop.post(&format!("{path}/split"), &all).send().await;
    assert_eq!(
        reply.problem(),
        "422 invalid-fields: wordings: is malformed, expected at least one wording"
    );
    let itself = json!({"into": id(&into)});
    let reply = shop.post(&format!("{path}/merge"), &itself).send().await;
    assert!(reply.problem().contains("into: is malformed"));

    let patch = json!({"name": "<script>洗碗机</script>", "muted": true});
    let call = shop.call(Method::PATCH, &path).json(&patch);
    assert_eq!(call.send().await.status, 200);
    let muted = shop.get("/v1/clusters?show=muted").send().await.json();
    assert_eq!(muted["clusters"][0]["label"], "<script>洗碗机</script>");
    let edits = shop.get("/v1/cluster-edits").send().await.json();
    let kinds: Vec<&Value> = edits["edits"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|edit| &edit["kind"])
        .collect();
    assert_eq!(kinds, ["change", "split", "merge"]);
}

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
    shop.wait_until_searchable("可以放洗碗机吗", &item, 1).await;
    let asked = json!({
        "conversation_id": "c1",
        "messages": [{"id": "1", "role": "buyer", "text": "能放洗碗机洗吗"}],
    });
    let suggested = shop.post("/v1/suggestions", &asked).send().await.json();
    assert_eq!(
        suggested["answers"][0]["source"]["knowledge_id"],
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
async fn what_is_missing_is_written() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let queue = shop.get("/v1/queues/write").send().await.json();
    assert_eq!(queue["total"], 2);
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
    let reply = shop.post(&path, &item).send().await;
    assert!(
        reply
            .problem()
            .contains("needs a brief or a consultative answer")
    );
    item["answer_brief"] = json!("可以免费刻字，最多八个字");
    let reply = shop.post(&path, &item).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let reply = shop.post(&path, &item).send().await;
    assert!(reply.problem().starts_with("409 "), "{}", reply.problem());
    heard(&shop, WEEK, 12).await;
    let queue = shop.get("/v1/queues/write").send().await.json();
    assert_eq!(queue["total"], 1);
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
    assert_eq!(running["policy"]["version"], 0);
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
        ("2026-W54", "404"),
        ("last", "404"),
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
    let more = conversation("n1", "这个可以刻字吗", "可以", "2026-10-01T01:30");
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
            shop.get(path).send().await.problem().starts_with("404 "),
            "{path}"
        );
    }
}

#[tokio::test]
async fn small_groups_are_never_shown() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let profile = shop.get("/v1/profile").send().await.json();
    assert_eq!(profile["buyers"], 12);
    assert_eq!(profile["asks"].as_array().map(Vec::len), Some(2));
    assert_eq!(profile["asks"][0]["lift"], 1.0);
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
