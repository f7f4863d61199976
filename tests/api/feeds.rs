//! Feeds and digests go by what holds when they are read, whatever a report
//! said when it was kept.

use serde_json::{Value, json};
use zhiwen::domain::fault::Locale;
use zhiwen::domain::week::Week;
use zhiwen::insights::present::with_answers_of_now;
use zhiwen::insights::report::weekly;
use zhiwen::insights::standing::standing;
use zhiwen::reports::digest;
use zhiwen_tests::support::{Shop, spawn_app};

use crate::chats::{WEEK_BEFORE, cluster, heard, id, ingest, report, week_of};

async fn entries(shop: &Shop<'_>) -> Vec<String> {
    let feed = shop.get("/v1/feeds/service.json").send().await.json();
    let items = feed["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(id).collect()
}

/// Approves the answer that waits, and waits until the questions know of it.
async fn approve(shop: &Shop<'_>) -> String {
    let queue = shop.get("/v1/queues/approve").send().await.json();
    let path = format!("/v1/queues/approve/{}", id(&queue["proposals"][0]));
    let made = shop.post(&path, &json!({})).send().await.json();
    let item = made["knowledge_id"].as_str().unwrap_or("").to_owned();
    shop.wait_until_searchable("可以放洗碗机吗", &item, 1).await;
    heard(shop, WEEK_BEFORE, 12).await;
    item
}

#[tokio::test]
async fn what_is_answered_by_now_is_no_claim_of_last_week() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    ingest(&shop, &week_of("2026-09-24", "a")).await;
    heard(&shop, WEEK_BEFORE, 12).await;
    // The first may have been asked for before the questions were clustered.
    let path = format!("/v1/insights/weekly/{WEEK_BEFORE}/revisions");
    let made = shop.post(&path, &json!({})).send().await;
    assert!(matches!(made.status, 200 | 201), "{}", made.text());
    assert_eq!(entries(&shop).await.len(), 2);

    let item = approve(&shop).await;
    assert_eq!(cluster(&shop, "洗碗机").await["answered_by"], json!(item));
    let engraving = id(&cluster(&shop, "刻字").await);
    let left = entries(&shop).await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].ends_with(&engraving), "{left:?}");

    // The report goes on saying what held at the week's end; a digest does not.
    let kept = report(&shop, WEEK_BEFORE).await;
    let unanswered: Option<&Vec<Value>> = kept["unanswered"].as_array();
    assert_eq!(unanswered.map(Vec::len), Some(2));
    let desk = app.service.state.desk();
    let week = Week::parse(WEEK_BEFORE).expect("valid");
    let kept = weekly(desk, &shop.id, week, None).await.expect("read");
    let standing = standing(desk, &shop.id).await.expect("read");
    let lines = digest(&with_answers_of_now(&kept, &standing), Locale::Chinese).lines;
    let lacking = lines.iter().filter(|line| line.contains("缺答案"));
    assert_eq!(lacking.count(), 1, "{lines:?}");
}
