//! Tests of searching by words and vectors.

use std::sync::Arc;

use super::tests::{entry, filled};
use super::*;
use crate::entry::{Entry, Scope};
use crate::fusion::Fusion;
use crate::schema::ShopIndex;
use crate::vectors::{TableIdentity, VectorTable};
use crate::wordings::wording_key;

const IDENTITY: TableIdentity = TableIdentity {
    fingerprint: 1,
    dimensions: 4,
};

/// Two items about two things; vectors know that 寄 and 发货 are one.
fn shop() -> (tempfile::TempDir, ShopIndex, Arc<VectorTable>) {
    let (folder, index) = filled(&[
        entry("ship", "什么时候发货", &["多久能到"]),
        entry("price", "这个贵不贵", &[]),
        entry("care", "怎么清洗", &[]),
    ]);
    let table = Arc::new(VectorTable::new(IDENTITY));
    for (text, vector) in [
        ("什么时候发货", [1.0, 0.0, 0.0, 0.0]),
        ("多久能到", [0.8, 0.6, 0.0, 0.0]),
        ("这个贵不贵", [0.0, 0.0, 1.0, 0.0]),
    ] {
        table.insert(wording_key(&Normalized::new(text)), &vector);
    }
    index.attach(Arc::clone(&table)).expect("attached");
    (folder, index, table)
}

fn asked(text: &str, vector: [f32; 4]) -> Question {
    Question {
        text: Normalized::new(text),
        vector: Some((IDENTITY.fingerprint, vector.to_vec())),
        ..Question::default()
    }
}

fn hits(index: &ShopIndex, question: &Question, filter: &Filter) -> Vec<Hit> {
    search(&index.snapshot(), question, filter, 5).expect("searchable")
}

fn ids(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.payload.as_str()).collect()
}

#[test]
fn finds_by_meaning_what_shares_no_word() {
    let (_folder, index, _) = shop();
    let found = hits(
        &index,
        &asked("zzz", [0.9, 0.1, 0.0, 0.0]),
        &Filter::default(),
    );
    assert_eq!(found[0].payload, "ship");
    let cosine = found[0].parts.cosine.expect("compared");
    assert!(cosine > 0.98, "the closest wording's: {cosine}");
    assert!(found[0].parts.bm25.abs() < f32::EPSILON);
    assert_eq!(index.snapshot().vector_coverage(), Some((3, 4)));
}

#[test]
fn an_item_without_a_vector_is_found_by_its_words() {
    let (_folder, index, table) = shop();
    let found = hits(
        &index,
        &asked("怎么清洗", [0.1, 0.0, 0.0, 0.9]),
        &Filter::default(),
    );
    assert_eq!(found[0].payload, "care");
    assert_eq!(found[0].parts.cosine, None);
    table.insert(
        wording_key(&Normalized::new("怎么清洗")),
        &[0.0, 0.0, 0.0, 1.0],
    );
    index.reload().expect("reloaded");
    let found = hits(
        &index,
        &asked("怎么清洗", [0.1, 0.0, 0.0, 0.9]),
        &Filter::default(),
    );
    assert!(found[0].parts.cosine.is_some_and(|cosine| cosine > 0.9));
    assert_eq!(index.snapshot().vector_coverage(), Some((4, 4)));
}

#[test]
fn a_vector_that_does_not_fit_leaves_the_search_lexical() {
    let (_folder, index, _) = shop();
    let lexical = Question {
        text: Normalized::new("什么时候发货"),
        ..Question::default()
    };
    let wanted = hits(&index, &lexical, &Filter::default());
    for vector in [vec![1.0; 3], vec![0.0; 4]] {
        let question = Question {
            vector: Some((IDENTITY.fingerprint, vector)),
            ..lexical.clone()
        };
        assert_eq!(hits(&index, &question, &Filter::default()), wanted);
    }
    index.detach().expect("detached");
    let question = asked("什么时候发货", [0.0, 0.0, 1.0, 0.0]);
    assert_eq!(hits(&index, &question, &Filter::default()), wanted);
}

#[test]
fn filters_take_no_place_among_the_closest() {
    let mut entries: Vec<Entry> = (0..100)
        .map(|number| {
            let mut old = entry(&format!("old{number}"), "什么时候发货", &[]);
            old.scope.until_ms = Some(1_000);
            old
        })
        .collect();
    let mut live = entry("live", "多久能到", &[]);
    live.scope = Scope {
        from_ms: Some(1_000),
        ..Scope::default()
    };
    entries.push(live);
    let (_folder, index) = filled(&entries);
    let table = Arc::new(VectorTable::new(IDENTITY));
    let put = |text: &str, vector| table.insert(wording_key(&Normalized::new(text)), vector);
    put("什么时候发货", &[1.0, 0.0, 0.0, 0.0]);
    put("多久能到", &[0.6, 0.8, 0.0, 0.0]);
    index.attach(Arc::clone(&table)).expect("attached");
    let at = |at_ms| Filter {
        at_ms: Some(at_ms),
        ..Filter::default()
    };
    let question = asked("寄出", [1.0, 0.0, 0.0, 0.0]);
    assert_eq!(ids(&hits(&index, &question, &at(2_000))), ["live"]);
    assert_eq!(hits(&index, &question, &at(999)).len(), 5);
}

#[test]
fn intent_and_feedback_decide_between_equals() {
    let mut first = entry("a", "尺寸怎么选", &[]);
    first.intent = Some(7);
    let mut second = entry("b", "尺寸怎么选", &[]);
    second.intent = Some(8);
    let (_folder, index) = filled(&[first, second]);
    let text = Normalized::new("尺寸怎么选");
    let by_intent = Question {
        text: text.clone(),
        intents: vec![(8, 0.9), (7, 0.1)],
        ..Question::default()
    };
    let found = hits(&index, &by_intent, &Filter::default());
    assert_eq!(ids(&found), ["b", "a"]);
    assert_eq!(found[0].parts.intent, Some(0.9));
    let by_feedback = |evidence: f32| Question {
        text: text.clone(),
        feedback: vec![("b".to_owned(), evidence), ("gone".to_owned(), 1.0)],
        ..Question::default()
    };
    assert_eq!(
        ids(&hits(&index, &by_feedback(0.5), &Filter::default())),
        ["b", "a"]
    );
    assert_eq!(
        ids(&hits(&index, &by_feedback(-0.5), &Filter::default())),
        ["a", "b"]
    );
}

#[test]
fn another_fusion_ranks_otherwise_at_once() {
    let (_folder, index, _) = shop();
    let question = asked("这个贵不贵", [1.0, 0.0, 0.0, 0.0]);
    let mut fusion = Fusion::default();
    fusion.hybrid.relevance.cosine = 100.0;
    index.use_fusion(Arc::new(fusion)).expect("put in use");
    assert_eq!(
        hits(&index, &question, &Filter::default())[0].payload,
        "ship"
    );
    fusion.hybrid.relevance.cosine = 0.0;
    index.use_fusion(Arc::new(fusion)).expect("put in use");
    assert_eq!(
        hits(&index, &question, &Filter::default())[0].payload,
        "price"
    );
}
