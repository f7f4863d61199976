//! Suggestions on record and feedback.

use std::sync::Arc;

use zhiwen_models::privacy::Masked;

use super::fixtures::{abstention, new_shop, now, reply, revision, shop, suggestion, time};
use crate::domain::ids::{AnswerId, SuggestionId};
use crate::domain::suggestion::{AbstentionReason, Feedback, FeedbackState, SuggestionRecord, Use};
use crate::store::{Store, StoreError, SuggestionWithFeedback, Written};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    keeps_suggestions_whole(store).await;
    ignores_a_suggestion_twice(store).await;
    records_all_or_none(store).await;
    records_once_under_a_key(store).await;
    says_that_something_came_in(store).await;
    merges_feedback(store).await;
    refuses_feedback_on_nothing(store).await;
}

/// Suggestions of several shops are written together and read back as they were.
pub async fn keeps_suggestions_whole(store: &Arc<dyn Store>) {
    let one = (new_shop(store).await, suggestion());
    let other = (new_shop(store).await, abstention());
    store
        .record_suggestions(&[one.clone(), other.clone()])
        .await
        .unwrap();
    for (shop, record) in [one, other] {
        let found = store.suggestion(&shop, record.id).await.unwrap();
        let expected = SuggestionWithFeedback {
            record,
            feedback: Vec::new(),
        };
        assert_eq!(found, Some(expected));
    }
    let shop = new_shop(store).await;
    let missing = store.suggestion(&shop, SuggestionId::make()).await;
    assert_eq!(missing.unwrap(), None);
    store.record_suggestions(&[]).await.unwrap();
}

/// A record that comes again, alone or within a group, changes nothing.
pub async fn ignores_a_suggestion_twice(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let first = suggestion();
    let again = SuggestionRecord {
        abstention: Some(AbstentionReason::Unclear),
        answers: suggestion().answers,
        ..first.clone()
    };
    let group = [(shop.clone(), first.clone()), (shop.clone(), again)];
    store.record_suggestions(&group).await.unwrap();
    store.record_suggestions(&group).await.unwrap();
    let found = store.suggestion(&shop, first.id).await.unwrap().unwrap();
    assert_eq!(found.record, first);
}

/// A group with a record of a shop that is not is refused as a whole.
pub async fn records_all_or_none(store: &Arc<dyn Store>) {
    let shop_id = new_shop(store).await;
    let good = suggestion();
    let group = [(shop_id.clone(), good.clone()), (shop().id, suggestion())];
    let refused = store.record_suggestions(&group).await;
    assert!(matches!(
        refused,
        Err(StoreError::NotFound { what: "shop" })
    ));
    assert_eq!(store.suggestion(&shop_id, good.id).await.unwrap(), None);
}

/// The shop's revision of suggestions grows with each group and each feedback.
pub async fn says_that_something_came_in(store: &Arc<dyn Store>) {
    let (shop, other) = (new_shop(store).await, new_shop(store).await);
    let record = suggestion();
    let answer = record.answers[0].id;
    let group = [(shop.clone(), record)];
    store.record_suggestions(&group).await.unwrap();
    let recorded = revision(store, &shop).await.suggestions;
    assert!(recorded > 0);
    let seen = Feedback {
        displayed: Some(true),
        ..Feedback::default()
    };
    let judged = store.save_feedback(&shop, answer, &seen, time(6)).await;
    assert!(judged.is_ok());
    assert!(revision(store, &shop).await.suggestions > recorded);
    assert_eq!(revision(store, &other).await.suggestions, 0);
}

/// Under one key one suggestion is recorded.
pub async fn records_once_under_a_key(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let (first, second) = (suggestion(), suggestion());
    let kept = reply("key", 1);
    now(store
        .record_suggestion_once(&shop, &first, &kept)
        .await
        .unwrap());
    let again = store
        .record_suggestion_once(&shop, &second, &kept)
        .await
        .unwrap();
    assert_eq!(again, Written::Before(kept));
    let other = store
        .record_suggestion_once(&shop, &second, &reply("key", 2))
        .await;
    assert!(matches!(other, Err(StoreError::IdempotencyMismatch)));
    assert!(store.suggestion(&shop, first.id).await.unwrap().is_some());
    assert_eq!(store.suggestion(&shop, second.id).await.unwrap(), None);
}

/// Feedback comes in parts, each of which leaves the others as they stand.
pub async fn merges_feedback(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let record = suggestion();
    let answer = record.answers[1].id;
    store
        .record_suggestions(&[(shop.clone(), record.clone())])
        .await
        .unwrap();
    let nothing = Feedback::default;
    let seen = Feedback {
        displayed: Some(true),
        relevant: Some(true),
        ..nothing()
    };
    let edited = Feedback {
        used: Some(Use::Edited),
        final_text: Some(Masked::from_stored("改过的".to_owned())),
        relevant: Some(false),
        ..nothing()
    };
    let all = Feedback {
        displayed: Some(true),
        relevant: Some(false),
        ..edited.clone()
    };
    for (given, at, stands, updated_at) in [
        (&seen, time(10), &seen, time(10)),
        (&edited, time(20), &all, time(20)),
        // One that was under way for longer does not set the time back.
        (&nothing(), time(15), &all, time(20)),
    ] {
        let state = store.save_feedback(&shop, answer, given, at).await.unwrap();
        let expected = FeedbackState {
            answer,
            feedback: stands.clone(),
            updated_at,
        };
        assert_eq!(state, expected);
        let found = store.suggestion(&shop, record.id).await.unwrap().unwrap();
        assert_eq!(found.feedback, [expected]);
        assert_eq!(found.record, record);
    }
}

/// There is no feedback on an answer that is on no record.
pub async fn refuses_feedback_on_nothing(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let refused = store
        .save_feedback(&shop, AnswerId::make(), &Feedback::default(), time(0))
        .await;
    assert!(matches!(
        refused,
        Err(StoreError::NotFound { what: "answer" })
    ));
}
