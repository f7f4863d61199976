//! Questions that jump, from messages to the alarm.

use serde_json::Value;
use zhiwen::domain::week::Week;
use zhiwen::insights::overview::overview;
use zhiwen::insights::surges::of_shop;
use zhiwen_tests::support::spawn_app;

use crate::chats::{DISHWASHER, ENGRAVING, REPLY, conversation, heard, ingest};

/// So many buyers who ask one question from `hour` on, a minute each.
fn asked(questions: [&str; 6], hour: &str, buyers: usize) -> Vec<Value> {
    let ask = |place: usize| {
        let question = questions[place % questions.len()];
        let name = format!("{question} {hour} {place}");
        conversation(&name, question, REPLY, &format!("{hour}:{place:02}"))
    };
    (0..buyers).flat_map(ask).collect()
}

#[tokio::test]
async fn a_question_out_of_nothing_is_an_alarm_on_a_busy_day() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    // Monday in Shanghai, Sunday still in UTC.
    app.clock.set("2026-10-04T17:00:00Z");
    for day in ["2026-09-30", "2026-10-01", "2026-10-02", "2026-10-03"] {
        ingest(&shop, &asked(DISHWASHER, &format!("{day}T03"), 4)).await;
    }
    heard(&shop, "2026-W40", 16).await;
    ingest(&shop, &asked(DISHWASHER, "2026-10-04T16", 39)).await;
    ingest(&shop, &asked(ENGRAVING, "2026-10-04T16", 25)).await;
    heard(&shop, "2026-W41", 64).await;

    let desk = app.service.state.desk();
    let jumps = of_shop(desk, &shop.id).await.expect("read");
    let found: Vec<(u32, f64)> = jumps.iter().map(|jump| (jump.buyers, jump.usual)).collect();
    assert_eq!(found, [(25, 0.0)]);
    let week = Week::parse("2026-W41").expect("valid");
    let seen = overview(desk, &shop.id, week).await.expect("read");
    let alarms = seen.rhythm.alarms.iter();
    let alarms: Vec<(String, u32)> = alarms
        .map(|alarm| (alarm.on.to_string(), alarm.jump.buyers))
        .collect();
    assert_eq!(alarms, [("2026-10-05".to_owned(), 25)]);
}
