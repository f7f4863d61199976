//! API keys.

use std::sync::Arc;

use jiff::civil::date;

use super::fixtures::{key, new_shop, shop, time};
use crate::domain::key::{ApiKey, PresentedKey};
use crate::store::{Store, StoreError};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    finds_a_key_by_its_hash(store).await;
    lists_keys_oldest_first(store).await;
    refuses_a_key_twice(store).await;
    keeps_when_a_key_was_revoked_first(store).await;
    keeps_the_last_day_of_a_keys_use(store).await;
}

/// A key reads back as it was kept; an unknown hash is of no key.
pub async fn finds_a_key_by_its_hash(store: &Arc<dyn Store>) {
    let kept = key(&new_shop(store).await, time(0));
    store.create_key(&kept).await.unwrap();
    assert_eq!(store.key_by_hash(kept.hash).await.unwrap(), Some(kept));
    let unknown = PresentedKey::make().hash();
    assert_eq!(store.key_by_hash(unknown).await.unwrap(), None);
}

/// A shop's keys come in the order of their making.
pub async fn lists_keys_oldest_first(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let newer = key(&shop, time(2));
    let older = ApiKey {
        expires_at: None,
        revoked_at: Some(time(3)),
        ..key(&shop, time(1))
    };
    store.create_key(&newer).await.unwrap();
    store.create_key(&older).await.unwrap();
    assert_eq!(store.keys(&shop).await.unwrap(), [older, newer]);
}

/// Neither the prefix in a shop nor the hash anywhere is there twice, and
/// there is no key to a shop that is not.
pub async fn refuses_a_key_twice(store: &Arc<dyn Store>) {
    let first = key(&new_shop(store).await, time(0));
    store.create_key(&first).await.unwrap();
    let same_prefix = ApiKey {
        prefix: first.prefix.clone(),
        ..key(&first.shop, time(0))
    };
    let same_hash = ApiKey {
        hash: first.hash,
        ..key(&new_shop(store).await, time(0))
    };
    for refused in [same_prefix, same_hash] {
        let error = store.create_key(&refused).await.unwrap_err();
        assert!(matches!(error, StoreError::Exists { what: "api key" }));
    }
    let homeless = store.create_key(&key(&shop().id, time(0))).await;
    assert!(matches!(
        homeless,
        Err(StoreError::NotFound { what: "shop" })
    ));
}

/// Revoking is for good: doing it again changes nothing.
pub async fn keeps_when_a_key_was_revoked_first(store: &Arc<dyn Store>) {
    let kept = key(&new_shop(store).await, time(0));
    store.create_key(&kept).await.unwrap();
    for second in [7, 8] {
        store
            .revoke_key(&kept.shop, &kept.prefix, time(second))
            .await
            .unwrap();
    }
    let found = store.key_by_hash(kept.hash).await.unwrap().unwrap();
    assert_eq!(found.revoked_at, Some(time(7)));
    let missing = store.revoke_key(&kept.shop, "zw_nothing", time(9)).await;
    assert!(matches!(
        missing,
        Err(StoreError::NotFound { what: "api key" })
    ));
}

/// The latest day stands, of that key alone.
pub async fn keeps_the_last_day_of_a_keys_use(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let (used, beside) = (key(&shop, time(1)), key(&shop, time(2)));
    for kept in [&used, &beside] {
        store.create_key(kept).await.unwrap();
    }
    for day in [date(2026, 10, 1), date(2026, 11, 2), date(2026, 9, 30)] {
        let noted = store.note_key_use(&shop, &used.prefix, day).await;
        noted.unwrap();
    }
    let used = ApiKey {
        last_used_on: Some(date(2026, 11, 2)),
        ..used
    };
    let found = store.key_by_hash(used.hash).await.unwrap();
    assert_eq!(found.as_ref(), Some(&used));
    assert_eq!(store.keys(&shop).await.unwrap(), [used, beside]);
}
