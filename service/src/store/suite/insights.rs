//! Queues, reports, feeds, policies and tags.

use std::sync::Arc;

use serde_json::json;
use zhiwen_models::privacy::Masked;

use super::fixtures::{content, id, new_shop, suggestion, time};
use crate::domain::ids::{ActionId, CandidateId, ClusterId};
use crate::domain::insights::FeedEntry;
use crate::domain::listening::{Outcome, WordingKey};
use crate::domain::policy::ListeningPolicy;
use crate::domain::queue::{Action, ActionKind, Candidate, CandidateState, Evidence, Tag};
use crate::domain::suggestion::{Feedback, Pseudonym, SuggestionRecord, Use};
use crate::domain::week::Week;
use crate::store::{
    Approval, Decision, KeptReport, NewVersion, Period, Store, StoreError, SuggestionTotals,
};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    approves_an_answer_once(store).await;
    counts_an_open_answer_anew(store).await;
    keeps_the_first_report_of_a_revision(store).await;
    changes_an_entry_only_where_it_says_something_else(store).await;
    numbers_policies(store).await;
    counts_what_became_of_suggestions(store).await;
    seals_insights(store).await;
}

/// Approved twice is once: one item, one action; dismissed after that it stays.
pub async fn approves_an_answer_once(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let candidate = candidate(1);
    let decision = Decision {
        by: "小王",
        at: time(9),
    };
    store
        .put_candidates(&shop, std::slice::from_ref(&candidate))
        .await
        .unwrap();
    let new = version("k-1");
    let action = action(candidate.cluster);
    let first = store.approve_candidate(&shop, candidate.id, &new, &action);
    assert!(matches!(first.await.unwrap(), Approval::Now(item) if item.id == new.id));
    let second = NewVersion {
        id: id("k-2"),
        ..new.clone()
    };
    let again = store.approve_candidate(&shop, candidate.id, &second, &action);
    assert_eq!(again.await.unwrap(), Approval::Before(new.id.clone()));
    assert!(store.knowledge(&shop, &id("k-2")).await.unwrap().is_none());
    let actions = store.actions(&shop, all()).await.unwrap();
    assert_eq!(actions, std::slice::from_ref(&action));
    store
        .dismiss_candidate(&shop, candidate.id, decision)
        .await
        .unwrap();
    let found = store.candidate(&shop, candidate.id).await.unwrap().unwrap();
    assert_eq!(found.state, CandidateState::Approved);
    assert_eq!(found.knowledge, Some(new.id.clone()));
    // An item that cannot be made leaves the answer open, and no action.
    let other = self::candidate(2);
    store
        .put_candidates(&shop, std::slice::from_ref(&other))
        .await
        .unwrap();
    let taken = store.approve_candidate(&shop, other.id, &new, &action);
    assert!(matches!(taken.await, Err(StoreError::Exists { .. })));
    let open = CandidateState::Open;
    let waiting = store.candidates(&shop, open, 9).await.unwrap();
    assert_eq!(waiting, [other]);
    assert_eq!(store.actions(&shop, all()).await.unwrap().len(), 1);
}

/// An answer found again has the newer figures under its first id, until somebody decides.
pub async fn counts_an_open_answer_anew(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let first = candidate(1);
    let again = Candidate {
        id: CandidateId::make(),
        buyers: 9,
        ..first.clone()
    };
    for found in [&first, &again] {
        store
            .put_candidates(&shop, std::slice::from_ref(found))
            .await
            .unwrap();
    }
    let open = store.candidates(&shop, CandidateState::Open, 9).await;
    let expected = Candidate {
        buyers: 9,
        ..first.clone()
    };
    assert_eq!(open.unwrap(), std::slice::from_ref(&expected));
    let of_one = store.open_candidates_of(&shop, first.cluster).await;
    assert_eq!(of_one.unwrap(), [expected]);
    let of_another = store.open_candidates_of(&shop, ClusterId::make()).await;
    assert!(of_another.unwrap().is_empty());
    let questions = store.open_candidate_questions(&shop).await.unwrap();
    let asked = Masked::from_stored("发票什么时候开".to_owned());
    assert_eq!(questions, [(first.cluster, vec![asked])]);
    let decision = Decision {
        by: "小王",
        at: time(9),
    };
    store
        .dismiss_candidate(&shop, first.id, decision)
        .await
        .unwrap();
    store.put_candidates(&shop, &[again]).await.unwrap();
    let open = store.candidates(&shop, CandidateState::Open, 9).await;
    assert!(open.unwrap().is_empty());
    let of_one = store.open_candidates_of(&shop, first.cluster).await;
    assert!(of_one.unwrap().is_empty());
    let questions = store.open_candidate_questions(&shop).await.unwrap();
    assert!(questions.is_empty());
    let missing = store
        .dismiss_candidate(&shop, CandidateId::make(), decision)
        .await;
    assert!(matches!(
        missing,
        Err(StoreError::NotFound { what: "candidate" })
    ));
}

/// Of two reports of one revision the first stays.
pub async fn keeps_the_first_report_of_a_revision(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let week = Week::parse("2026-W47").unwrap();
    assert_eq!(store.weekly_report(&shop, week, None).await.unwrap(), None);
    let report = |revision, body: &str| KeptReport {
        revision,
        fingerprint: u64::MAX,
        body: body.to_owned(),
        at: time(5),
    };
    for (revision, body) in [(1, "a"), (1, "b"), (2, "c")] {
        let report = report(revision, body);
        store.keep_report(&shop, week, &report).await.unwrap();
    }
    let first = store.weekly_report(&shop, week, Some(1)).await.unwrap();
    assert_eq!(first, Some(report(1, "a")));
    let latest = store.weekly_report(&shop, week, None).await.unwrap();
    assert_eq!(latest, Some(report(2, "c")));
}

/// An entry that says the same keeps its time of change; one that says
/// something else keeps the time it was published.
pub async fn changes_an_entry_only_where_it_says_something_else(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let entry = |text: &str, at| FeedEntry {
        id: "2026-W47/new/1".to_owned(),
        title: "新问题".to_owned(),
        text: text.to_owned(),
        tags: vec!["new".to_owned()],
        published_at: time(at),
        updated_at: time(at),
        data: json!({"buyers": 7}),
    };
    for (text, at) in [("7 位", 1), ("7 位", 2), ("8 位", 3)] {
        let entries = [entry(text, at)];
        store
            .put_feed_entries(&shop, "design", &entries)
            .await
            .unwrap();
    }
    let found = store.feed_entries(&shop, "design", 9).await.unwrap();
    let expected = FeedEntry {
        published_at: time(1),
        ..entry("8 位", 3)
    };
    assert_eq!(found, [expected]);
    assert!(
        store
            .feed_entries(&shop, "service", 9)
            .await
            .unwrap()
            .is_empty()
    );
}

/// A policy that says the same makes no version.
pub async fn numbers_policies(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let first = store.policy(&shop).await.unwrap();
    assert_eq!(first, (0, ListeningPolicy::default()));
    let decision = Decision {
        by: "小王",
        at: time(9),
    };
    let changed = ListeningPolicy {
        smallest_group: 8,
        ..ListeningPolicy::default()
    };
    for (policy, version) in [
        (&changed, 1),
        (&changed, 1),
        (&ListeningPolicy::default(), 2),
        (&changed, 3),
    ] {
        let kept = store.put_policy(&shop, policy, decision).await.unwrap();
        assert_eq!(kept, version);
    }
    assert_eq!(store.policy(&shop).await.unwrap(), (3, changed));
}

/// Displayed and used are counted apart, by wording and item; rehearsals are not.
pub async fn counts_what_became_of_suggestions(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let rehearsal = SuggestionRecord {
        is_rehearsal: true,
        ..suggestion()
    };
    let records = [suggestion(), suggestion(), rehearsal].map(|record| (shop.clone(), record));
    store.record_suggestions(&records).await.unwrap();
    let seen = Feedback {
        displayed: Some(true),
        ..Feedback::default()
    };
    let used = Feedback {
        used: Some(Use::Sent),
        ..seen.clone()
    };
    for ((_, record), feedback) in records.iter().zip([&seen, &used, &used]) {
        let answer = &record.answers[0];
        store
            .save_feedback(&shop, answer.id, feedback, time(6))
            .await
            .unwrap();
    }
    let totals = store.suggestion_totals(&shop, all()).await.unwrap();
    let expected = SuggestionTotals {
        suggestions: 2,
        abstained: 0,
        displayed: 2,
        used: 1,
    };
    assert_eq!(totals, expected);
    let uses = store.answer_uses(&shop, all()).await.unwrap();
    assert_eq!(uses.len(), 1);
    assert_eq!(uses[0].wording, WordingKey(u64::MAX));
    assert_eq!((uses[0].displayed, uses[0].used), (2, 1));
    let later = Period {
        from: time(6),
        ..all()
    };
    let none = store.suggestion_totals(&shop, later).await.unwrap();
    assert_eq!(none, SuggestionTotals::default());
}

/// What one shop has another does not see.
pub async fn seals_insights(store: &Arc<dyn Store>) {
    let (shop, other) = (new_shop(store).await, new_shop(store).await);
    let candidate = candidate(1);
    store
        .put_candidates(&shop, std::slice::from_ref(&candidate))
        .await
        .unwrap();
    let found = store.candidate(&other, candidate.id).await.unwrap();
    assert_eq!(found, None);
    let (new, action) = (version("k-1"), action(candidate.cluster));
    let foreign = store.approve_candidate(&other, candidate.id, &new, &action);
    assert!(matches!(foreign.await, Err(StoreError::NotFound { .. })));
    store.add_action(&shop, &action).await.unwrap();
    assert!(store.actions(&other, all()).await.unwrap().is_empty());
    let consumer = Pseudonym("0".repeat(32));
    let tags = [Tag::raw("老客").unwrap()];
    store
        .put_tags(&shop, &consumer, &tags, time(5))
        .await
        .unwrap();
    assert_eq!(store.tags(&shop, &consumer).await.unwrap(), tags);
    let tagged = store.tagged(&shop, "老客").await.unwrap();
    assert_eq!(tagged, std::slice::from_ref(&consumer));
    assert!(store.tags(&other, &consumer).await.unwrap().is_empty());
    assert!(store.tagged(&other, "老客").await.unwrap().is_empty());
    store
        .put_tags(&shop, &consumer, &[], time(6))
        .await
        .unwrap();
    assert!(store.tagged(&shop, "老客").await.unwrap().is_empty());
}

/// Every time of these tests.
pub(super) fn all() -> Period {
    Period {
        from: time(0),
        until: time(1_000),
    }
}

/// An item made of an answer.
pub(super) fn version(item: &str) -> NewVersion {
    NewVersion {
        id: id(item),
        content: content("发票什么时候开"),
        by: "小王".to_owned(),
        at: time(7),
    }
}

/// That an item was made because of a question.
pub(super) fn action(cluster: ClusterId) -> Action {
    Action {
        id: ActionId::make(),
        cluster,
        kind: ActionKind::Knowledge,
        note: "发票".to_owned(),
        at: time(7),
        by: "小王".to_owned(),
        made_at: time(7),
    }
}

/// An answer that waits.
pub(super) fn candidate(key: u64) -> Candidate {
    let masked = |text: &str| Masked::from_stored(text.to_owned());
    Candidate {
        id: CandidateId::make(),
        cluster: ClusterId::make(),
        key,
        text: masked("三天内开"),
        evidence: vec![Evidence {
            question: masked("发票什么时候开"),
            reply: masked("亲 三天内开"),
            at: time(3),
            agent: Some("小美".to_owned()),
            outcome: Outcome::Accepted,
        }],
        agents: 2,
        buyers: 3,
        replies: 4,
        accepted: 1,
        score: 0.5,
        state: CandidateState::Open,
        knowledge: None,
        decided_by: None,
        decided_at: None,
        found_at: time(4),
    }
}
