//! Messages, and the recurring questions that are heard in them.

use reqwest::Method;
use serde_json::{Value, json};
use zhiwen_tests::support::{poll_until, spawn_app};

use crate::chats::{
    PATIENCE, REPLY, WEEK, cluster, clusters, conversation, heard, id, ingest, message, report,
    shop_with_a_week,
};

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
    poll_until("both suggestions are on record", PATIENCE, async || {
        report(&shop, WEEK).await["totals"]["suggestions"] == 2
    })
    .await;
    assert_eq!(ingest(&shop, &[told]).await["duplicates"], 1);
    poll_until("the question is read", PATIENCE, async || {
        report(&shop, WEEK).await["totals"]["questions"] == 1
    })
    .await;
    let report = report(&shop, WEEK).await;
    assert_eq!(report["totals"]["conversations"], 1);
}

#[tokio::test]
async fn a_rehearsal_is_on_record_but_in_no_figure() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let ask = async |conversation: &str, rehearsal: bool| {
        let asked = json!({
            "conversation_id": conversation,
            "messages": [{"id": "1", "role": "buyer", "text": "可以放洗碗机吗"}],
            "rehearsal": rehearsal,
        });
        let reply = shop.post("/v1/suggestions", &asked).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        format!("/v1/suggestions/{}", id(&reply.json()))
    };
    let rehearsed = ask("rehearsed", true).await;
    let asked = ask("asked", false).await;
    for (path, is_rehearsal) in [(rehearsed, true), (asked, false)] {
        let record = shop.get(&path).send().await.json();
        assert_eq!(record["rehearsal"], is_rehearsal);
    }
    // The later one is counted, so the earlier one would be.
    poll_until("the question is read", PATIENCE, async || {
        report(&shop, WEEK).await["totals"]["questions"] == 1
    })
    .await;
    let totals = &report(&shop, WEEK).await["totals"];
    assert_eq!(totals["suggestions"], 1);
    assert_eq!(totals["conversations"], 1);
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
    let again = json!({"into": id(&into)});
    let merge = format!("/v1/clusters/{}/merge", id(&new));
    assert_eq!(shop.post(&merge, &again).send().await.status, 200);
    let undo = made["edit_id"].as_str().unwrap_or("");
    let undo = format!("/v1/cluster-edits/{undo}/undo");
    let reply = shop.post(&undo, &json!({})).send().await;
    assert!(reply.problem().contains("undo the later ones first"));
    let all = json!({"wordings": []});
    let reply = shop.post(&format!("{path}/split"), &all).send().await;
    assert_eq!(
        reply.problem(),
        "422 invalid-fields: wordings: is malformed, expected at least one wording"
    );
    let itself = json!({"into": id(&into)});
    let reply = shop.post(&format!("{path}/merge"), &itself).send().await;
    assert_eq!(
        reply.problem(),
        "422 invalid-fields: into: must be another than itself"
    );

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
    assert_eq!(kinds, ["change", "merge", "split", "merge"]);
}

#[tokio::test]
async fn a_change_of_nothing_is_refused() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let path = format!("/v1/clusters/{}", id(&cluster(&shop, "洗碗机").await));
    let reply = shop.patch(&path, &json!({})).send().await;
    assert_eq!(
        reply.problem(),
        "422 invalid-fields: name: is malformed, expected a name, muted or pinned"
    );
    let edits = shop.get("/v1/cluster-edits").send().await.json();
    assert_eq!(edits["edits"], json!([]));
    let reply = shop.patch(&path, &json!({"pinned": true})).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}
