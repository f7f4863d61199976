//! Contradictions found and false alarms, on pairs of items written for it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use zhiwen::domain::ids::KnowledgeId;
use zhiwen::domain::knowledge::{KnowledgeContent, KnowledgeItem, RawKnowledge};
use zhiwen::knowledge::findings::{Kind, Wanted, findings};

use crate::data::{root, say, share};

/// Whether the two contradict, title and answer of the one, of the other.
type Pair = [String; 5];

/// Alarms and misses over one file of pairs.
struct Tally {
    precision: f64,
    recall: f64,
}

#[test]
fn few_false_alarms_on_the_pairs_it_was_tuned_on() {
    let tally = tally("tuned_on");
    assert!(tally.precision >= 0.97 && tally.recall >= 0.88);
}

/// Written before the finder, and not looked at while it was tuned.
#[test]
fn few_false_alarms_on_pairs_it_has_not_seen() {
    let tally = tally("held_out");
    assert!(tally.precision >= 0.95 && tally.recall >= 0.70);
}

fn tally(file: &str) -> Tally {
    let (mut found, mut missed, mut false_alarms) = (0, 0, 0);
    for [contradict, title, answer, other_title, other_answer] in pairs(file) {
        let items = [
            item("one", &title, &answer),
            item("other", &other_title, &other_answer),
        ];
        let wanted = Wanted {
            kind: Some(Kind::Contradiction),
            at: Timestamp::UNIX_EPOCH,
            within_days: 14,
            zone: TimeZone::UTC,
        };
        let is_alarm = !findings(&items, &wanted).is_empty();
        match (contradict.as_str(), is_alarm) {
            ("yes", true) => found += 1,
            ("yes", false) => missed += 1,
            (_, true) => false_alarms += 1,
            (_, false) => {}
        }
    }
    let tally = Tally {
        precision: share(found, found + false_alarms),
        recall: share(found, found + missed),
    };
    say(&format!(
        "contradictions, {file}: precision {:.3}, recall {:.3} ({found} found, {missed} missed, {false_alarms} false)",
        tally.precision, tally.recall
    ));
    tally
}

fn pairs(file: &str) -> Vec<Pair> {
    let path = root().join(format!("tests/quality/contradictions/{file}.json"));
    let text = std::fs::read_to_string(&path).expect("part of the project");
    serde_json::from_str(&text).expect("a list of five texts each")
}

fn item(id: &str, title: &str, answer: &str) -> KnowledgeItem {
    let raw: RawKnowledge = serde_json::from_value(json!({
        "status": "approved",
        "domain": "process",
        "title": title,
        "answer_brief": answer,
    }))
    .expect("fields of an item");
    KnowledgeItem {
        id: KnowledgeId::parse(id).expect("valid"),
        version: 1,
        content: KnowledgeContent::parse(&raw, &TimeZone::UTC).expect("valid"),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        updated_by: "test".to_owned(),
    }
}
