//! Revisions of a week's report: who makes them, what they are counted with, and
//! where the figures of the week before come from.

use reqwest::Method;
use serde_json::{Value, json};
use zhiwen::domain::key::Scope;
use zhiwen::domain::week::Week;
use zhiwen_tests::support::{Reply, Shop, poll_until, spawn_app};

use crate::chats::{
    PATIENCE, WEEK, WEEK_BEFORE, cluster, conversation, heard, id, ingest, report, week_of,
};

const MAKE: &str = "/v1/insights/weekly/2026-W39/revisions";

async fn make(shop: &Shop<'_>) -> Reply {
    shop.post(MAKE, &json!({})).send().await
}

async fn revision(shop: &Shop<'_>, revision: &Value) -> Value {
    let path = format!("/v1/insights/weekly/{WEEK_BEFORE}?revision={revision}");
    shop.get(&path).send().await.json()
}

#[tokio::test]
async fn a_week_that_is_over_is_made_anew_when_somebody_asks() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    ingest(&shop, &week_of("2026-09-24", "a")).await;
    // Its report was asked for before the questions were clustered.
    heard(&shop, WEEK_BEFORE, 12).await;
    make(&shop).await;
    let first = report(&shop, WEEK_BEFORE).await;
    assert_eq!(first["top"].as_array().map(Vec::len), Some(2), "{first}");

    let (from, into) = (cluster(&shop, "刻字").await, cluster(&shop, "洗碗机").await);
    let merge = format!("/v1/clusters/{}/merge", id(&from));
    let merged = shop.post(&merge, &json!({"into": id(&into)})).send().await;
    assert_eq!(merged.status, 200, "{}", merged.text());
    assert_eq!(report(&shop, WEEK_BEFORE).await, first);

    let made = make(&shop).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    assert_eq!(made["top"].as_array().map(Vec::len), Some(1), "{made}");
    assert_eq!(made["cause"], "regrouped");
    let number = |report: &Value| report["revision"].as_u64().unwrap_or(0);
    assert_eq!(number(&made), number(&first) + 1);
    assert_eq!(report(&shop, WEEK_BEFORE).await, made);
    assert_eq!(revision(&shop, &first["revision"]).await, first);

    // Asked again it says the same: there is no other.
    let again = make(&shop).await;
    assert_eq!((again.status, again.json()), (200, made.clone()));
    let log = app.service.state.store.audit(&shop.id, None, 99).await;
    let entries = log.expect("read").into_iter();
    let subject = format!("{WEEK_BEFORE} · {}", made["revision"]);
    let noted = entries.filter(|entry| {
        entry.action == "POST /v1/insights/weekly/{id}/revisions" && entry.subject == subject
    });
    assert_eq!(noted.count(), 1);
}

#[tokio::test]
async fn a_week_that_runs_is_not_revised_and_neither_is_any_by_a_reader() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let path = format!("/v1/insights/weekly/{WEEK}/revisions");
    let running = shop.post(&path, &json!({})).send().await;
    let problem = running.problem();
    let expected = "422 invalid-fields: week: is malformed, expected a week that is over";
    assert!(problem.starts_with(expected), "{problem}");
    let reader = app.key("hemu", &[Scope::Insights], None).await;
    let refused = app.call(Method::POST, MAKE).key(&reader).send().await;
    assert_eq!(refused.status, 403, "{}", refused.text());
}

#[tokio::test]
async fn last_week_is_what_its_report_says() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    ingest(&shop, &week_of("2026-09-24", "a")).await;
    heard(&shop, WEEK_BEFORE, 12).await;
    // Counted before the questions were clustered, as it was kept.
    let kept = report(&shop, WEEK_BEFORE).await;
    let running = report(&shop, WEEK).await;
    assert_eq!(running["previous"], kept["totals"]);
    assert_eq!(running["previous_revision"], kept["revision"]);
    // With the questions of now, once somebody asked for that.
    let made = make(&shop).await.json();
    let running = report(&shop, WEEK).await;
    assert_eq!(running["previous"]["recurring"], 12, "{running}");
    assert_eq!(running["previous"], made["totals"]);
    assert_eq!(running["previous_revision"], made["revision"]);

    // A report that lacks what came late is no source.
    let late = conversation("late", "可以刻字吗", "可以", "2026-09-27T15:59");
    ingest(&shop, &late).await;
    poll_until("the late one is counted", PATIENCE, async || {
        report(&shop, WEEK).await["previous"]["questions"] == 13
    })
    .await;
    assert!(report(&shop, WEEK).await.get("previous_revision").is_none());
    let next = report(&shop, WEEK_BEFORE).await;
    assert_eq!(next["cause"], "questions_changed");
    let running = report(&shop, WEEK).await;
    assert_eq!(running["previous_revision"], next["revision"]);
}

#[tokio::test]
async fn a_week_without_questions_is_not_kept() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let empty = report(&shop, "2020-W01").await;
    assert_eq!(empty["has_ended"], true);
    assert_eq!(empty["totals"]["questions"], 0);
    assert_eq!(empty["revision"], 0);
    let path = "/v1/insights/weekly/2020-W01/revisions";
    assert_eq!(shop.post(path, &json!({})).send().await.status, 200);
    let week = Week::parse("2020-W01").expect("valid");
    let store = &app.service.state.store;
    let kept = store.weekly_report(&shop.id, week, None).await;
    assert_eq!(kept.expect("read"), None);
}

#[tokio::test]
async fn a_channel_and_the_rest_are_called_as_people_do() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let mut messages = week_of("2026-09-30", "a");
    for (place, channel) in ["jd", "jd", "jd", "shop-7", "shop-7"].iter().enumerate() {
        let name = format!("c{place}");
        let mut asked = conversation(&name, "可以刻字吗", "可以", "2026-10-01T01:30");
        for message in &mut asked {
            message["channel"] = json!(channel);
        }
        messages.extend(asked);
    }
    ingest(&shop, &messages).await;
    heard(&shop, WEEK, 17).await;
    let found = report(&shop, WEEK).await;
    let rows: Vec<(Value, Value)> = found["by_channel"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| (row["label"].clone(), row["questions"].clone()))
        .collect();
    let expected = [("淘宝", 12), ("其余（每项少于 5 位）", 5)];
    let expected = expected.map(|(label, questions)| (json!(label), json!(questions)));
    assert_eq!(rows, expected);
    assert_eq!(
        found["by_channel"][1]["rest"],
        json!({"groups": 2, "under": 5})
    );
}
