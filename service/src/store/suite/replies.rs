//! Writes under an Idempotency-Key.

use std::sync::Arc;

use super::fixtures::{items, new_shop, now, reply, revision, time, version};
use crate::domain::ids::ShopId;
use crate::store::{KeptReply, NewVersion, Store, StoreError, StoreResult, Written};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    keeps_the_reply_with_the_write(store).await;
    answers_a_retry_with_the_first_reply(store).await;
    refuses_a_key_for_another_request(store).await;
    keeps_no_reply_of_a_failed_write(store).await;
    keeps_a_reply_where_nothing_changed(store).await;
    forgets_old_replies(store).await;
}

/// What was kept is found under its key.
pub async fn keeps_the_reply_with_the_write(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let kept = reply("key", 1);
    now(create(store, &shop, "a", &kept).await.unwrap());
    let found = store.kept_reply(&shop, "key", &kept.fingerprint).await;
    assert_eq!(found.unwrap(), Some(kept));
    let none = store.kept_reply(&shop, "no key", &[1; 32]).await.unwrap();
    assert_eq!(none, None);
    let other = store.kept_reply(&shop, "key", &[2; 32]).await;
    assert!(matches!(other, Err(StoreError::IdempotencyMismatch)));
}

/// The same request again gets the reply of then, and writes nothing, through
/// whatever verb.
pub async fn answers_a_retry_with_the_first_reply(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let kept = reply("key", 1);
    now(create(store, &shop, "a", &kept).await.unwrap());
    let later = KeptReply {
        status: 500,
        body: "another".to_owned(),
        at: time(9),
        ..kept.clone()
    };
    let created = create(store, &shop, "b", &later).await.unwrap();
    assert_eq!(created, Written::Before(kept.clone()));
    let second = version("a", "second", time(2));
    let updated = store
        .update_knowledge(&shop, 1, &second, Some(&later))
        .await;
    assert_eq!(updated.unwrap(), Written::Before(kept.clone()));
    let imported = store.import_knowledge(&shop, &[second], Some(&later)).await;
    assert_eq!(imported.unwrap(), Written::Before(kept));
    assert_eq!(revision(store, &shop).await.knowledge, 1);
    assert_eq!(items(store, &shop).await.len(), 1);
}

/// A key that was used for another request writes nothing, through whatever verb.
pub async fn refuses_a_key_for_another_request(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    now(create(store, &shop, "a", &reply("key", 1)).await.unwrap());
    let other = reply("key", 2);
    let second = version("a", "second", time(2));
    let outcomes = [
        create(store, &shop, "b", &other).await.map(drop),
        store
            .update_knowledge(&shop, 1, &second, Some(&other))
            .await
            .map(drop),
        store
            .import_knowledge(&shop, &[second], Some(&other))
            .await
            .map(drop),
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Err(StoreError::IdempotencyMismatch)));
    }
    assert_eq!(revision(store, &shop).await.knowledge, 1);
}

/// A write that failed has no reply, and its key is free for the next try.
pub async fn keeps_no_reply_of_a_failed_write(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    now(create(store, &shop, "a", &reply("first", 1)).await.unwrap());
    let kept = reply("key", 2);
    let twice = [version("x", "1", time(1)), version("x", "2", time(1))];
    let second = version("a", "second", time(2));
    let outcomes = [
        create(store, &shop, "a", &kept).await.map(drop),
        store
            .update_knowledge(&shop, 7, &second, Some(&kept))
            .await
            .map(drop),
        store
            .import_knowledge(&shop, &twice, Some(&kept))
            .await
            .map(drop),
    ];
    assert!(outcomes.iter().all(Result::is_err));
    let found = store.kept_reply(&shop, "key", &kept.fingerprint).await;
    assert_eq!(found.unwrap(), None);
    let updated = store.update_knowledge(&shop, 1, &second, Some(&kept)).await;
    assert_eq!(now(updated.unwrap()).version, 2);
}

/// An update or import that changes nothing is answered alike when retried.
pub async fn keeps_a_reply_where_nothing_changed(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    now(create(store, &shop, "a", &reply("first", 1)).await.unwrap());
    let same = new("a");
    let (update, import) = (reply("update", 2), reply("import", 3));
    now(store
        .update_knowledge(&shop, 1, &same, Some(&update))
        .await
        .unwrap());
    now(store
        .import_knowledge(&shop, &[same], Some(&import))
        .await
        .unwrap());
    for kept in [update, import] {
        let found = store
            .kept_reply(&shop, &kept.key, &kept.fingerprint)
            .await
            .unwrap();
        assert_eq!(found, Some(kept));
    }
    assert_eq!(revision(store, &shop).await.knowledge, 1);
}

/// Forgetting goes by age and says how many. The times are long before those
/// of other replies, which a shared store may hold.
pub async fn forgets_old_replies(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let limit = time(-1_000_000_000);
    let old = KeptReply {
        at: time(-1_000_000_001),
        ..reply("old", 1)
    };
    let young = KeptReply {
        at: limit,
        ..reply("young", 1)
    };
    now(create(store, &shop, "a", &old).await.unwrap());
    now(create(store, &shop, "b", &young).await.unwrap());
    assert_eq!(store.forget_replies(limit).await.unwrap(), 1);
    assert_eq!(store.forget_replies(limit).await.unwrap(), 0);
    let found = store.kept_reply(&shop, "old", &old.fingerprint).await;
    assert_eq!(found.unwrap(), None);
    let found = store.kept_reply(&shop, "young", &young.fingerprint).await;
    assert_eq!(found.unwrap(), Some(young));
}

fn new(item: &str) -> NewVersion {
    version(item, "first", time(1))
}

async fn create(
    store: &Arc<dyn Store>,
    shop: &ShopId,
    item: &str,
    reply: &KeptReply,
) -> StoreResult<Written<()>> {
    let written = store
        .create_knowledge(shop, &new(item), Some(reply))
        .await?;
    Ok(match written {
        Written::Now(_) => Written::Now(()),
        Written::Before(kept) => Written::Before(kept),
    })
}
