//! Many writers at once, and writers who leave.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::task::JoinSet;

use super::fixtures::{
    check_changes, items, new_shop, now, reply, revision, suggestion, time, version,
};
use crate::store::{NewVersion, Store, StoreError, Written};

const WRITERS: u32 = 50;

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    lets_one_of_many_updates_win(store).await;
    writes_once_under_one_key(store).await;
    numbers_parallel_changes_without_gaps(store).await;
    rolls_back_what_is_dropped(store).await;
}

/// Of many changes from the same version exactly one is made.
pub async fn lets_one_of_many_updates_win(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let first = version("k", "first", time(0));
    now(store.create_knowledge(&shop, &first, None).await.unwrap());
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, shop) = (Arc::clone(store), shop.clone());
        let new = version("k", &format!("of {writer}"), time(1));
        writers.spawn(async move { store.update_knowledge(&shop, 1, &new, None).await });
    }
    let mut winners = Vec::new();
    for outcome in writers.join_all().await {
        match outcome {
            Ok(written) => winners.push(now(written)),
            Err(StoreError::VersionConflict { current, expected }) => {
                assert_eq!((current, expected), (2, 1));
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(items(store, &shop).await, winners);
    assert_eq!(winners.len(), 1);
    check_changes(store, &shop, &[(2, "k")]).await;
}

/// Of many requests under the same key one is done, and all get its reply.
pub async fn writes_once_under_one_key(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, shop) = (Arc::clone(store), shop.clone());
        let new = version(&format!("k-{writer}"), "x", time(1));
        writers.spawn(async move {
            let kept = reply("key", 1);
            store.create_knowledge(&shop, &new, Some(&kept)).await
        });
    }
    let outcomes = writers.join_all().await;
    let done = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Written::Now(_))));
    assert_eq!(done.count(), 1);
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(items(store, &shop).await.len(), 1);
}

/// Parallel changes of different items take one number each.
pub async fn numbers_parallel_changes_without_gaps(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, shop) = (Arc::clone(store), shop.clone());
        let new = version(&format!("k-{writer}"), "x", time(1));
        writers.spawn(async move { store.create_knowledge(&shop, &new, None).await });
    }
    assert!(writers.join_all().await.iter().all(Result::is_ok));
    let changes = store.changed_knowledge(&shop, 0, u32::MAX).await.unwrap();
    let numbers = changes.iter().map(|change| change.revision);
    assert!(numbers.eq(1..=u64::from(WRITERS)));
    assert_eq!(revision(store, &shop).await.knowledge, u64::from(WRITERS));
}

/// A write whose caller leaves, at whatever moment, is whole or is not at all,
/// and the next caller can write.
pub async fn rolls_back_what_is_dropped(store: &Arc<dyn Store>) {
    let mut finished = false;
    for polls in 1.. {
        if finished {
            break;
        }
        let shop = new_shop(store).await;
        let versions: Vec<NewVersion> = (0..450)
            .map(|number| version(&format!("k-{number:03}"), "x", time(1)))
            .collect();
        let kept = reply("key", 1);
        let import = store.import_knowledge(&shop, &versions, Some(&kept));
        finished = poll_at_most(polls, import).await.is_some();
        let record = suggestion();
        let group = [(shop.clone(), record.clone())];
        let _ = poll_at_most(polls, store.record_suggestions(&group)).await;

        let next = version("next", "x", time(2));
        now(store.create_knowledge(&shop, &next, None).await.unwrap());
        let written = items(store, &shop).await.len();
        let is_whole = written == 1 + versions.len();
        assert!(is_whole || written == 1, "{polls}: {written}");
        assert!(is_whole || !finished, "{polls}");
        let found = store.kept_reply(&shop, "key", &kept.fingerprint).await;
        assert_eq!(found.unwrap().is_some(), is_whole, "{polls}");
        let total = revision(store, &shop).await.knowledge;
        assert_eq!(total, u64::try_from(written).unwrap(), "{polls}");
        if let Some(found) = store.suggestion(&shop, record.id).await.unwrap() {
            assert_eq!(found.record, record, "{polls}");
        }
    }
}

/// Runs `future` until it has been polled `polls` times and drops it there:
/// a caller who leaves, but at the same moment every time.
async fn poll_at_most<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}
