//! Buyers' turns of real chats: are those that knowledge cannot answer told from those that it can?

use serde_json::Value;
use zhiwen_models::smalltalk::recognise;

use crate::data;

const FLOOR_RECALL: f64 = 0.88;
const FLOOR_PRECISION: f64 = 0.88;

#[test]
fn small_talk_is_told_from_questions() {
    let Some(folder) = data::folder("intent-zh") else {
        return;
    };
    let turns: Vec<Value> = data::lines(&folder, "jd_turns.jsonl")
        .iter()
        .map(|line| serde_json::from_str(line).expect("JSON lines"))
        .collect();
    let (mut both, mut said, mut meant) = (0, 0, 0);
    for turn in &turns {
        let is_meant = is_small_talk(turn);
        let text = turn["text"].as_str().expect("a text");
        let is_said = recognise(text, last_agent_turn(turn)).is_some();
        both += usize::from(is_said && is_meant);
        said += usize::from(is_said);
        meant += usize::from(is_meant);
    }
    let (recall, precision) = (data::share(both, meant), data::share(both, said));
    data::say(&format!(
        "intent-zh, {} turns, {meant} of small talk: recall {recall:.3}, precision {precision:.3}",
        turns.len()
    ));
    assert!(recall >= FLOOR_RECALL, "recall {recall}");
    assert!(precision >= FLOOR_PRECISION, "precision {precision}");
}

/// Whether everybody who labelled the turn found that it asks nothing.
fn is_small_talk(turn: &Value) -> bool {
    let intents = turn["intents"].as_array().expect("intents");
    intents
        .iter()
        .all(|intent| intent.as_str().is_some_and(|id| id.starts_with("other.")))
}

fn last_agent_turn(turn: &Value) -> Option<&str> {
    let context = turn["context"].as_array()?;
    let lines = context.iter().rev().filter_map(Value::as_str);
    lines
        .into_iter()
        .find_map(|line| line.strip_prefix("客服: "))
}
