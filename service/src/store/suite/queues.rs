//! What is undone: answers put back on their queue, findings judged to be none, actions put right and deleted.

use std::sync::Arc;

use super::fixtures::{id, new_shop, time};
use super::insights::{action, all, candidate, version};
use crate::domain::ids::{ActionId, CandidateId};
use crate::domain::queue::{
    Action, ActionChange, ActionKind, Candidate, CandidateState, Dismissal,
};
use crate::store::{Decision, Store, StoreError};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    puts_a_dismissed_answer_back(store).await;
    leaves_an_approved_answer_an_item(store).await;
    removes_answers_that_nobody_decided_on(store).await;
    keeps_what_was_judged_last(store).await;
    puts_an_action_right_in_its_own_shop(store).await;
    deletes_an_action_of_its_own_shop(store).await;
}

/// Put back, an answer waits as it did, and what is mined anew counts again.
pub async fn puts_a_dismissed_answer_back(store: &Arc<dyn Store>) {
    let (shop, other) = (new_shop(store).await, new_shop(store).await);
    let candidate = candidate(1);
    let kept = std::slice::from_ref(&candidate);
    store.put_candidates(&shop, kept).await.unwrap();
    let decision = Decision {
        by: "小王",
        at: time(9),
    };
    let dismissed = store.dismiss_candidate(&shop, candidate.id, decision);
    dismissed.await.unwrap();
    let foreign = store.reopen_candidate(&other, candidate.id).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
    for _ in 0..2 {
        store.reopen_candidate(&shop, candidate.id).await.unwrap();
        let found = store.candidate(&shop, candidate.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&candidate));
    }
    let again = Candidate {
        buyers: 9,
        ..candidate.clone()
    };
    store.put_candidates(&shop, &[again]).await.unwrap();
    let open = store.candidates(&shop, CandidateState::Open, 9).await;
    assert_eq!(open.unwrap()[0].buyers, 9);
    let missing = store.reopen_candidate(&shop, CandidateId::make()).await;
    assert!(matches!(
        missing,
        Err(StoreError::NotFound { what: "candidate" })
    ));
}

/// What became an item is not put back.
pub async fn leaves_an_approved_answer_an_item(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let candidate = candidate(1);
    let kept = std::slice::from_ref(&candidate);
    store.put_candidates(&shop, kept).await.unwrap();
    let (new, action) = (version("k-1"), action(candidate.cluster));
    let approved = store.approve_candidate(&shop, candidate.id, &new, &action);
    approved.await.unwrap();
    store.reopen_candidate(&shop, candidate.id).await.unwrap();
    let found = store.candidate(&shop, candidate.id).await.unwrap().unwrap();
    assert_eq!(found.state, CandidateState::Approved);
    assert_eq!(found.decided_by.as_deref(), Some("小王"));
}

/// Removed, an answer is gone from its own shop; a decision stays on record.
pub async fn removes_answers_that_nobody_decided_on(store: &Arc<dyn Store>) {
    let (shop, other) = (new_shop(store).await, new_shop(store).await);
    let candidates = [1, 2, 3].map(candidate);
    store.put_candidates(&shop, &candidates).await.unwrap();
    let [gone, stays, dismissed] = &candidates;
    let decision = Decision {
        by: "小王",
        at: time(9),
    };
    let decided = store.dismiss_candidate(&shop, dismissed.id, decision);
    decided.await.unwrap();
    let ids = [gone.id, dismissed.id, CandidateId::make()];
    store.remove_open_candidates(&other, &ids).await.unwrap();
    let found = store.candidate(&shop, gone.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(gone));
    store.remove_open_candidates(&shop, &ids).await.unwrap();
    assert_eq!(store.candidate(&shop, gone.id).await.unwrap(), None);
    let open = store.candidates(&shop, CandidateState::Open, 9).await;
    assert_eq!(open.unwrap(), std::slice::from_ref(stays));
    let kept = store.candidates(&shop, CandidateState::Dismissed, 9).await;
    assert_eq!(kept.unwrap().len(), 1);
    // Found again, it is another.
    let again = Candidate {
        id: CandidateId::make(),
        ..gone.clone()
    };
    let found = std::slice::from_ref(&again);
    store.put_candidates(&shop, found).await.unwrap();
    let found = store.candidate(&shop, again.id).await.unwrap();
    assert_eq!(found, Some(again));
}

/// Of two judgements of one finding the later stands, until it is taken back.
pub async fn keeps_what_was_judged_last(store: &Arc<dyn Store>) {
    let (shop, other) = (new_shop(store).await, new_shop(store).await);
    let judged = |finding: &str, version, at| Dismissal {
        finding: finding.to_owned(),
        first: (id("a"), version),
        second: (id("b/c"), 2),
        by: "小王".to_owned(),
        at: time(at),
    };
    for dismissal in [
        judged("f-1", 1, 5),
        judged("f-2", 1, 6),
        judged("f-1", 3, 7),
    ] {
        store.dismiss_finding(&shop, &dismissal).await.unwrap();
    }
    let kept = store.dismissals(&shop).await.unwrap();
    assert_eq!(kept, [judged("f-1", 3, 7), judged("f-2", 1, 6)]);
    assert!(store.dismissals(&other).await.unwrap().is_empty());
    let foreign = store.restore_finding(&other, "f-1").await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
    let restored = store.restore_finding(&shop, "f-1").await.unwrap();
    assert_eq!(restored, judged("f-1", 3, 7));
    let again = store.restore_finding(&shop, "f-1").await;
    assert!(matches!(
        again,
        Err(StoreError::NotFound { what: "finding" })
    ));
    let kept = store.dismissals(&shop).await.unwrap();
    assert_eq!(kept, [judged("f-2", 1, 6)]);
}

/// Only what a change names is changed, and who recorded the action stays.
pub async fn puts_an_action_right_in_its_own_shop(store: &Arc<dyn Store>) {
    let (shop, other) = (new_shop(store).await, new_shop(store).await);
    let (first, second) = (action(candidate(1).cluster), action(candidate(2).cluster));
    for action in [&first, &second] {
        store.add_action(&shop, action).await.unwrap();
    }
    let change = ActionChange {
        kind: Some(ActionKind::Page),
        note: Some("详情页写明了".to_owned()),
        at: Some(time(3)),
    };
    let foreign = store.change_action(&other, first.id, &change).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
    let changed = store.change_action(&shop, first.id, &change).await.unwrap();
    let expected = Action {
        kind: ActionKind::Page,
        note: "详情页写明了".to_owned(),
        at: time(3),
        ..first.clone()
    };
    assert_eq!(changed, expected);
    let nothing = ActionChange::default();
    let same = store.change_action(&shop, first.id, &nothing).await;
    assert_eq!(same.unwrap(), expected);
    // Newest first: the one put right took effect earlier.
    let kept = store.actions(&shop, all()).await.unwrap();
    assert_eq!(kept, [second, expected]);
    let missing = store.change_action(&shop, ActionId::make(), &nothing).await;
    assert!(matches!(
        missing,
        Err(StoreError::NotFound { what: "action" })
    ));
}

/// An action is deleted once, and by its own shop alone.
pub async fn deletes_an_action_of_its_own_shop(store: &Arc<dyn Store>) {
    let (shop, other) = (new_shop(store).await, new_shop(store).await);
    let cluster = candidate(1).cluster;
    let (gone, stays) = (action(cluster), action(cluster));
    for action in [&gone, &stays] {
        store.add_action(&shop, action).await.unwrap();
    }
    let foreign = store.delete_action(&other, gone.id).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
    store.delete_action(&shop, gone.id).await.unwrap();
    assert_eq!(store.actions(&shop, all()).await.unwrap(), [stays]);
    for id in [gone.id, ActionId::make()] {
        let missing = store.delete_action(&shop, id).await;
        assert!(matches!(
            missing,
            Err(StoreError::NotFound { what: "action" })
        ));
    }
}
