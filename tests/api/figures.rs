//! Figures that are counted once: what is kept of them, and that it is never stale.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use zhiwen::domain::ids::ClusterId;
use zhiwen::domain::insights::AnswerState;
use zhiwen::domain::week::Week;
use zhiwen::insights::clusters::page;
use zhiwen::insights::figures::Figures;
use zhiwen::insights::overview::overview;
use zhiwen::insights::table::{Column, Direction, State, TableQuery, table};
use zhiwen_tests::support::{App, Shop, poll_until, spawn_app};

use crate::chats::{
    PATIENCE, REPLY, WEEK, WEEK_BEFORE, cluster, clusters, conversation, heard, id, ingest, report,
    shop_with_a_week, week_of,
};

/// Requests that read counted figures.
const PATHS: [&str; 6] = [
    "/v1/clusters",
    "/v1/queues/write",
    "/v1/queues/approve",
    "/v1/insights/weekly/2026-W40",
    "/v1/profile",
    "/v1/feeds/service.json",
];

fn figures(app: &App) -> &Figures {
    &app.service.state.figures
}

async fn ask_all(shop: &Shop<'_>) {
    for path in PATHS {
        let reply = shop.get(path).send().await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    }
}

#[tokio::test]
async fn figures_are_counted_once_and_never_stale() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    ask_all(&shop).await;
    let counted = figures(&app).counts();
    ask_all(&shop).await;
    // Each queue looks the wordings of its drafts up.
    assert_eq!(figures(&app).counts(), counted + 2, "nothing changed");

    // What people did to clusters.
    let (from, into) = (cluster(&shop, "刻字").await, cluster(&shop, "洗碗机").await);
    let merge = format!("/v1/clusters/{}/merge", id(&from));
    let edit = shop.post(&merge, &json!({"into": id(&into)})).send().await;
    let merged = clusters(&shop).await;
    assert_eq!((merged.len(), &merged[0]["buyers"]), (1, &json!(12)));
    let running = report(&shop, WEEK).await;
    assert_eq!(running["top"].as_array().map(Vec::len), Some(1));
    // What agents answered waits for approval, and is not to be written.
    let gaps = shop.get("/v1/queues/write").send().await.json();
    assert_eq!(gaps["total"], 0);
    let undo = edit.json()["edit_id"].as_str().unwrap_or("").to_owned();
    let undo = format!("/v1/cluster-edits/{undo}/undo");
    shop.post(&undo, &json!({})).send().await;
    assert_eq!(clusters(&shop).await.len(), 2);
    let path = format!("/v1/clusters/{}", id(&into));
    let patch = shop.call(Method::PATCH, &path);
    patch.json(&json!({"name": "洗碗机能不能用"})).send().await;
    assert_eq!(cluster(&shop, "洗碗机能不能用").await["questions"], 6);

    // A question that comes in, and a policy.
    let newcomer = conversation("n1", "可以放洗碗机吗", REPLY, "2026-10-01T01:30");
    ingest(&shop, &newcomer).await;
    poll_until("the newcomer is counted", PATIENCE, async || {
        cluster(&shop, "洗碗机").await["questions"] == 7
    })
    .await;
    assert_eq!(report(&shop, WEEK).await["totals"]["questions"], 13);
    let mut policy = shop.get("/v1/policies/listening").send().await.json();
    let body = policy.as_object_mut().expect("an object");
    body.remove("version");
    body.insert("smallest_group".to_owned(), json!(9));
    let call = shop.call(Method::PUT, "/v1/policies/listening");
    assert_eq!(call.json(&policy).send().await.status, 200);
    let running = report(&shop, WEEK).await;
    assert_eq!(running["policy"]["version"], 1);
    assert_eq!(running["top"], json!([]));
}

#[tokio::test]
async fn of_many_who_ask_one_counts() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    clusters(&shop).await;
    let path = format!("/v1/clusters/{}", id(&cluster(&shop, "洗碗机").await));
    let patch = shop
        .call(Method::PATCH, &path)
        .json(&json!({"pinned": true}));
    assert_eq!(patch.send().await.status, 200);
    let counted = figures(&app).counts();
    let asked = (0..8).map(|_| clusters(&shop));
    let found = join_all(asked).await;
    let first = &found[0];
    assert!(found.iter().all(|found| found == first));
    assert_eq!(found[0][0]["pinned"], true);
    assert_eq!(figures(&app).counts(), counted + 1);
}

#[tokio::test]
async fn what_nobody_asks_for_is_let_go() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let before = clusters(&shop).await;
    assert_eq!(figures(&app).shops(), 1);
    let before_that = Instant::now().checked_sub(Duration::from_secs(30));
    figures(&app).forget_idle(before_that.expect("the machine runs longer"));
    assert_eq!(figures(&app).shops(), 1);
    let counted = figures(&app).counts();
    figures(&app).forget_idle(Instant::now());
    app.service.state.listening.forget_idle(Instant::now());
    assert_eq!(figures(&app).shops(), 0);
    assert_eq!(clusters(&shop).await, before);
    assert_eq!(figures(&app).counts(), counted + 1);
}

#[tokio::test]
async fn the_table_filters_sorts_and_cuts() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let state = &app.service.state;
    let labels = async |query: TableQuery| {
        let query = TableQuery { limit: 9, ..query };
        let page = table(state.desk(), &shop.id, &query).await.expect("read");
        let labels = page.rows().map(|row| row.view.line.label.clone());
        (page.total, labels.collect::<Vec<String>>())
    };
    let by = |direction| TableQuery {
        sort: (Column::Label, direction),
        ..TableQuery::default()
    };
    let (total, up) = labels(by(Direction::Ascending)).await;
    let (_, mut down) = labels(by(Direction::Descending)).await;
    down.reverse();
    assert_eq!((total, &up), (2, &down));
    let (total, second) = labels(TableQuery {
        offset: 1,
        ..by(Direction::Ascending)
    })
    .await;
    assert_eq!((total, second.as_slice()), (2, &up[1..]));
    let of = |text: &str, state| TableQuery {
        text: Some(text.to_owned()),
        state,
        ..TableQuery::default()
    };
    assert_eq!(labels(of(" 刻字 ", State::Standing)).await.0, 1);
    // Agents gave a real answer to one of the two.
    assert_eq!(labels(of("", State::WithCandidates)).await.0, 1);
    assert_eq!(labels(of("", State::Unanswered)).await.0, 1);
    assert_eq!(labels(of("", State::Muted)).await.0, 0);
    // Nothing was asked the week before that anything could be new to.
    assert_eq!(labels(of("", State::New)).await.0, 0);
    let query = TableQuery {
        limit: 9,
        ..of("洗碗机", State::WithCandidates)
    };
    let page = table(state.desk(), &shop.id, &query).await.expect("read");
    let row = page.rows().next().expect("a row");
    assert!(row.view.has_proposals() && !row.view.is_gap());
    assert_eq!(row.view.line.proposals, 1);
    // They asked on the last day but one.
    assert_eq!(row.by_day[26..], [6, 0]);
    assert_eq!(row.by_day.iter().sum::<u32>(), 6);
}

#[tokio::test]
async fn a_week_at_a_glance() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    ingest(&shop, &week_of("2026-09-24", "b")).await;
    heard(&shop, WEEK_BEFORE, 12).await;
    let week = Week::parse(WEEK).expect("valid");
    let desk = app.service.state.desk();
    let seen = overview(desk, &shop.id, week).await.expect("read");
    assert_eq!(seen.report.totals.questions, 12);
    assert_eq!(seen.report.previous.questions, 12);
    assert_eq!((seen.gaps, seen.proposals), (1, 1));
    let washed = id(&cluster(&shop, "洗碗机").await);
    let washed = ClusterId::parse(&washed).expect("valid");
    assert_eq!(seen.answer_state(washed), Some(AnswerState::ToApprove));
    let rhythm = &seen.rhythm;
    assert_eq!(rhythm.days.len(), 28);
    let busy: Vec<(String, u32, u32)> = rhythm
        .days
        .iter()
        .filter(|day| day.questions > 0)
        .map(|day| (day.day.to_string(), day.questions, day.buyers))
        .collect();
    let expected = ["2026-09-24", "2026-09-30"].map(|day| (day.to_owned(), 12, 12));
    assert_eq!(busy, expected);
    // Eleven and twelve o'clock in Shanghai.
    assert_eq!(rhythm.hours[10..14], [0, 6, 6, 0]);
    assert_eq!(rhythm.replies, 12);
    let agent = &rhythm.agents[0];
    assert_eq!((agent.agent.as_str(), agent.replies), ("小美", 12));
    assert_eq!((agent.hours, agent.busiest_hour), (2, 6));
    assert_eq!(agent.median_reply_seconds, Some(25));
}

#[tokio::test]
async fn the_page_of_a_question_shows_what_waits_and_what_was_done() {
    let app = spawn_app().await;
    let shop = shop_with_a_week(&app).await;
    let found = id(&cluster(&shop, "洗碗机").await);
    let path = format!("/v1/clusters/{found}");
    let patch = shop
        .call(Method::PATCH, &path)
        .json(&json!({"pinned": true}));
    assert_eq!(patch.send().await.status, 200);
    let desk = app.service.state.desk();
    let cluster = ClusterId::parse(&found).expect("valid");
    let seen = page(desk, &shop.id, cluster).await.expect("read");
    assert!(!seen.is_gap, "an answer waits for approval");
    assert_eq!(seen.proposals.len(), 1);
    // By the time of the message: it came in a day later.
    let first_asked_at = &shop.get(&path).send().await.json()["first_asked_at"];
    assert_eq!(*first_asked_at, json!("2026-09-30T03:00:05Z"));
    assert_eq!(seen.edits.len(), 1);
    assert_eq!(seen.by_day.iter().sum::<u32>(), 6);
    let wordings = seen.detail.wordings.iter();
    assert!(wordings.clone().all(|wording| wording.buyers == 1));
    assert_eq!(wordings.count(), 6);
}
