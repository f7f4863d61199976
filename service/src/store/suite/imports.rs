//! Imports: all of a file or nothing of it.

use std::sync::Arc;

use super::fixtures::{check_changes, id, items, new_shop, now, revision, shop, time, version};
use crate::domain::ids::ShopId;
use crate::store::{NewVersion, Store, StoreError, StoreResult, Written};

/// More than any store writes in one statement.
const MANY: u32 = 1_203;

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    creates_and_updates(store).await;
    skips_what_says_the_same(store).await;
    imports_more_than_a_statement_holds(store).await;
    writes_nothing_of_a_refused_import(store).await;
    imports_nothing(store).await;
    keeps_history_in_order(store).await;
}

/// New items come at version 1, standing ones at their next, numbered in the
/// order of the file.
pub async fn creates_and_updates(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    import(store, &shop, &[version("b", "one", time(1))]).await;
    import(
        store,
        &shop,
        &[
            version("c", "one", time(2)),
            version("b", "two", time(2)),
            version("a", "one", time(2)),
        ],
    )
    .await;
    check_changes(store, &shop, &[(2, "c"), (3, "b"), (4, "a")]).await;
    let updated = store.knowledge(&shop, &id("b")).await.unwrap().unwrap();
    assert_eq!(updated.version, 2);
    assert_eq!(updated.content.title, "two");
    assert_eq!((updated.created_at, updated.updated_at), (time(1), time(2)));
    let first = store.knowledge_version(&shop, &id("b"), 1).await.unwrap();
    assert_eq!(first.unwrap().content.title, "one");
}

/// A file imported again changes only what it changed.
pub async fn skips_what_says_the_same(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let first = [version("a", "one", time(1)), version("b", "one", time(1))];
    import(store, &shop, &first).await;
    import(store, &shop, &first).await;
    let second = [version("a", "one", time(2)), version("b", "two", time(2))];
    import(store, &shop, &second).await;
    check_changes(store, &shop, &[(1, "a"), (3, "b")]).await;
    let unchanged = store.knowledge(&shop, &id("a")).await.unwrap().unwrap();
    assert_eq!((unchanged.version, unchanged.updated_at), (1, time(1)));
}

/// Size changes nothing: neither the numbers nor the content.
pub async fn imports_more_than_a_statement_holds(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    import(store, &shop, &many("one")).await;
    assert_eq!(revision(store, &shop).await.knowledge, u64::from(MANY));
    let found = items(store, &shop).await;
    let expected = many("one");
    assert_eq!(found.len(), expected.len());
    assert!(
        found
            .iter()
            .zip(&expected)
            .all(|(item, new)| item.id == new.id && item.content == new.content)
    );
    import(store, &shop, &many("two")).await;
    let changes = store.changed_knowledge(&shop, 0, u32::MAX).await.unwrap();
    assert!(
        changes
            .iter()
            .map(|change| change.revision)
            .eq(u64::from(MANY) + 1..=2 * u64::from(MANY))
    );
    assert!(changes.iter().all(|change| change.item.version == 2));
}

/// An id twice, near its double or far from it, refuses the whole import, and
/// so does a shop that is not.
pub async fn writes_nothing_of_a_refused_import(store: &Arc<dyn Store>) {
    let shop_id = new_shop(store).await;
    import(store, &shop_id, &[version("k-0000", "zero", time(1))]).await;
    let before = items(store, &shop_id).await;
    for double in ["k-0000", "k-1201"] {
        let mut versions = many("one");
        versions.push(version(double, "twice", time(3)));
        let refused = store.import_knowledge(&shop_id, &versions, None).await;
        check_exists(refused);
        assert_eq!(items(store, &shop_id).await, before);
        check_changes(store, &shop_id, &[(1, "k-0000")]).await;
        assert_eq!(revision(store, &shop_id).await.knowledge, 1);
    }
    let homeless = store.import_knowledge(&shop().id, &many("one"), None).await;
    assert!(matches!(
        homeless,
        Err(StoreError::NotFound { what: "shop" })
    ));
}

/// An empty file is no error.
pub async fn imports_nothing(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    import(store, &shop, &[]).await;
    assert_eq!(revision(store, &shop).await.knowledge, 0);
}

/// An import with an earlier time than what stands does not stand before it.
pub async fn keeps_history_in_order(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    import(store, &shop, &[version("k", "one", time(20))]).await;
    import(store, &shop, &[version("k", "two", time(10))]).await;
    let stood = store.knowledge_as_of(&shop, &id("k"), time(10)).await;
    assert_eq!(stood.unwrap(), None);
    let stood = store.knowledge_as_of(&shop, &id("k"), time(20)).await;
    assert_eq!(stood.unwrap().unwrap().version, 2);
}

fn many(title: &str) -> Vec<NewVersion> {
    (0..MANY)
        .map(|number| version(&format!("k-{number:04}"), title, time(2)))
        .collect()
}

async fn import(store: &Arc<dyn Store>, shop: &ShopId, versions: &[NewVersion]) {
    now(store.import_knowledge(shop, versions, None).await.unwrap());
}

fn check_exists(refused: StoreResult<Written<()>>) {
    assert!(matches!(refused, Err(StoreError::Exists { .. })));
}
