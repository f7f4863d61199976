//! Knowledge an item at a time: versions, history, lists.

use std::sync::Arc;

use super::fixtures::{
    check_changes, id, items, new_shop, now, product_id, revision, shop, time, version,
};
use crate::domain::ids::{ChannelId, ShopId};
use crate::domain::knowledge::{KnowledgeItem, Status};
use crate::domain::taxonomy::KnowledgeDomain;
use crate::store::{KnowledgeFilter, KnowledgeOrder, NewVersion, Store, StoreError};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    creates_at_version_one(store).await;
    refuses_to_create_twice(store).await;
    updates_from_the_version_that_stands(store).await;
    makes_no_version_of_the_same_content(store).await;
    keeps_every_version(store).await;
    pages_through_versions(store).await;
    knows_what_stood_when(store).await;
    numbers_changes_without_gaps(store).await;
    lists_by_filter(store).await;
    pages_through_items(store).await;
    lists_what_names_a_product_or_channel(store).await;
    lists_in_other_orders(store).await;
    finds_items_by_ids(store).await;
    finds_items_by_ids_as_they_stood(store).await;
    knows_when_anything_was_approved(store).await;
}

/// A new item is at version 1 and reads back as it was given.
pub async fn creates_at_version_one(store: &Arc<dyn Store>) {
    let shop_id = new_shop(store).await;
    let new = version("k", "发票", time(1));
    let made = now(store.create_knowledge(&shop_id, &new, None).await.unwrap());
    let expected = KnowledgeItem {
        id: id("k"),
        version: 1,
        content: new.content.clone(),
        created_at: time(1),
        updated_at: time(1),
        updated_by: new.by.clone(),
    };
    assert_eq!(made, expected);
    let found = store.knowledge(&shop_id, &id("k")).await.unwrap();
    assert_eq!(found, Some(expected));
    assert_eq!(store.knowledge(&shop_id, &id("l")).await.unwrap(), None);

    let homeless = store.create_knowledge(&shop().id, &new, None).await;
    assert!(matches!(
        homeless,
        Err(StoreError::NotFound { what: "shop" })
    ));
}

/// An id that is taken stays with its item, and takes no revision.
pub async fn refuses_to_create_twice(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    create(store, &shop, &version("k", "first", time(1))).await;
    let refused = store
        .create_knowledge(&shop, &version("k", "second", time(2)), None)
        .await;
    assert!(matches!(refused, Err(StoreError::Exists { .. })));
    assert_eq!(items(store, &shop).await[0].content.title, "first");
    assert_eq!(revision(store, &shop).await.knowledge, 1);
}

/// A change is made from the version that stands; from any other it conflicts.
pub async fn updates_from_the_version_that_stands(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    create(store, &shop, &version("k", "first", time(1))).await;
    let second = NewVersion {
        by: "another".to_owned(),
        ..version("k", "second", time(2))
    };
    let updated = now(store
        .update_knowledge(&shop, 1, &second, None)
        .await
        .unwrap());
    let expected = KnowledgeItem {
        id: id("k"),
        version: 2,
        content: second.content.clone(),
        created_at: time(1),
        updated_at: time(2),
        updated_by: "another".to_owned(),
    };
    assert_eq!(updated, expected);
    assert_eq!(items(store, &shop).await, [expected]);

    for expected_version in [0, 1, 3] {
        let third = version("k", "third", time(3));
        let refused = store
            .update_knowledge(&shop, expected_version, &third, None)
            .await;
        match refused {
            Err(StoreError::VersionConflict { current, expected }) => {
                assert_eq!((current, expected), (2, expected_version));
            }
            other => panic!("{other:?}"),
        }
    }
    let missing = store
        .update_knowledge(&shop, 1, &version("l", "x", time(3)), None)
        .await;
    assert!(matches!(missing, Err(StoreError::NotFound { .. })));
    assert_eq!(revision(store, &shop).await.knowledge, 2);
}

/// Saying the same again changes neither version, revision, author nor time.
pub async fn makes_no_version_of_the_same_content(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let made = create(store, &shop, &version("k", "same", time(1))).await;
    let again = NewVersion {
        by: "another".to_owned(),
        ..version("k", "same", time(2))
    };
    let updated = now(store
        .update_knowledge(&shop, 1, &again, None)
        .await
        .unwrap());
    assert_eq!(updated, made);
    assert_eq!(revision(store, &shop).await.knowledge, 1);
}

/// Each version can be read as it was written.
pub async fn keeps_every_version(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    three_versions(store, &shop).await;
    for (number, title) in [(1, "one"), (2, "two"), (3, "three")] {
        let found = store.knowledge_version(&shop, &id("k"), number).await;
        let found = found.unwrap().unwrap();
        assert_eq!(
            (found.version, found.content.title.as_str()),
            (number, title)
        );
        assert_eq!(found.created_at, time(10));
        assert_eq!(found.updated_at, time(10 * i64::from(number)));
    }
    for (item, number) in [("k", 0), ("k", 4), ("l", 1)] {
        let found = store.knowledge_version(&shop, &id(item), number).await;
        assert_eq!(found.unwrap(), None);
    }
}

/// History comes newest first, in pages that neither repeat nor skip.
pub async fn pages_through_versions(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    three_versions(store, &shop).await;
    for (before, limit, expected) in [
        (None, 9, &[3, 2, 1][..]),
        (None, 2, &[3, 2]),
        (Some(2), 2, &[1]),
        (Some(1), 2, &[]),
        (None, 0, &[]),
    ] {
        let found = store
            .knowledge_versions(&shop, &id("k"), before, limit)
            .await
            .unwrap();
        let found: Vec<u32> = found.iter().map(|item| item.version).collect();
        assert_eq!(found, expected, "{before:?} {limit}");
    }
}

/// The version that stood at a moment is the last one written by then, also
/// where two were written in one moment or the clock was set back.
pub async fn knows_what_stood_when(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    three_versions(store, &shop).await;
    let fourth = version("k", "four", time(30));
    store
        .update_knowledge(&shop, 3, &fourth, None)
        .await
        .unwrap();
    for (second, expected) in [
        (9, None),
        (10, Some(1)),
        (19, Some(1)),
        (20, Some(2)),
        (30, Some(4)),
        (99, Some(4)),
    ] {
        let found = store.knowledge_as_of(&shop, &id("k"), time(second)).await;
        let found = found.unwrap().map(|item| item.version);
        assert_eq!(found, expected, "{second}");
    }
    let set_back = version("k", "five", time(15));
    let written = now(store
        .update_knowledge(&shop, 4, &set_back, None)
        .await
        .unwrap());
    assert_eq!(written.updated_at, time(30));
    let stood = store.knowledge_as_of(&shop, &id("k"), time(15)).await;
    assert_eq!(stood.unwrap().unwrap().version, 1);
}

/// Every change takes the next number; an item is listed at its latest one only.
pub async fn numbers_changes_without_gaps(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    for item in ["a", "b", "c"] {
        create(store, &shop, &version(item, "first", time(1))).await;
    }
    let second = version("a", "second", time(2));
    store
        .update_knowledge(&shop, 1, &second, None)
        .await
        .unwrap();
    check_changes(store, &shop, &[(2, "b"), (3, "c"), (4, "a")]).await;
    assert_eq!(revision(store, &shop).await.knowledge, 4);

    let page = store.changed_knowledge(&shop, 2, 1).await.unwrap();
    assert_eq!((page.len(), page[0].revision), (1, 3));
    assert_eq!(page[0].item.content.title, "first");
    let none = store.changed_knowledge(&shop, 4, 9).await.unwrap();
    assert!(none.is_empty());
    let beyond = store.changed_knowledge(&shop, u64::MAX, 9).await.unwrap();
    assert!(beyond.is_empty());
}

/// A list holds what passes every part of its filter.
pub async fn lists_by_filter(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let mut draft = version("draft", "x", time(1));
    draft.content.status = Status::Draft;
    let mut product = version("product", "x", time(1));
    product.content.domain = KnowledgeDomain::Product;
    product.content.intent = None;
    for new in [&draft, &product, &version("plain", "x", time(1))] {
        create(store, &shop, new).await;
    }
    let all = KnowledgeFilter::default;
    for (filter, expected) in [
        (all(), &["draft", "plain", "product"][..]),
        (
            KnowledgeFilter {
                status: Some(Status::Approved),
                ..all()
            },
            &["plain", "product"],
        ),
        (
            KnowledgeFilter {
                domain: Some(KnowledgeDomain::Process),
                ..all()
            },
            &["draft", "plain"],
        ),
        (
            KnowledgeFilter {
                status: Some(Status::Draft),
                intent: Some("process.invoice".to_owned()),
                ..all()
            },
            &["draft"],
        ),
        (
            KnowledgeFilter {
                intent: Some("product.size".to_owned()),
                ..all()
            },
            &[],
        ),
    ] {
        check_list(store, &shop, &filter, expected).await;
    }
}

/// Pages in the byte order of ids hold every item once.
pub async fn pages_through_items(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let expected = ["A", "B", "a", "a-1", "é", "售"];
    for item in ["售", "a-1", "B", "é", "a", "A"] {
        create(store, &shop, &version(item, "x", time(1))).await;
    }
    let mut found = Vec::new();
    let mut filter = KnowledgeFilter::default();
    loop {
        let page = store.list_knowledge(&shop, &filter, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some(last.id.clone());
        found.extend(page.iter().map(|item| item.id.to_string()));
    }
    assert_eq!(found, expected);
}

/// What an item names as it stands is what it is found by.
pub async fn lists_what_names_a_product_or_channel(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let mut plain = version("plain", "x", time(1));
    plain.content.products.clear();
    plain.content.channels.clear();
    let mut two = version("two", "x", time(1));
    two.content.products.push(product_id("sku-2"));
    for new in [&plain, &two, &version("one", "x", time(1))] {
        create(store, &shop, new).await;
    }
    let naming = |product: Option<&str>, channel: Option<&str>| KnowledgeFilter {
        product: product.map(product_id),
        channel: channel.map(|channel| ChannelId::parse(channel).unwrap()),
        ..KnowledgeFilter::default()
    };
    check_list(store, &shop, &naming(None, None), &["one", "plain", "two"]).await;
    check_list(store, &shop, &naming(Some("sku-1"), None), &["one", "two"]).await;
    check_list(store, &shop, &naming(Some("sku-2"), None), &["two"]).await;
    check_list(store, &shop, &naming(None, Some("taobao")), &["one", "two"]).await;
    check_list(store, &shop, &naming(Some("taobao"), None), &[]).await;
    check_list(store, &shop, &naming(None, Some("jd")), &[]).await;

    let mut changed = version("two", "x", time(2));
    changed.content.products = vec![product_id("sku-3")];
    now(store
        .update_knowledge(&shop, 1, &changed, None)
        .await
        .unwrap());
    check_list(store, &shop, &naming(Some("sku-2"), None), &[]).await;
    check_list(store, &shop, &naming(Some("sku-3"), None), &["two"]).await;
}

/// Lists go by the last change or by title too, and begin anywhere; a count
/// counts from the beginning.
pub async fn lists_in_other_orders(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    for (item, title) in [
        ("a", "Banana"),
        ("b", "apple"),
        ("c", "cherry"),
        ("d", "apple"),
    ] {
        create(store, &shop, &version(item, title, time(1))).await;
    }
    let second = version("b", "Apple", time(2));
    now(store
        .update_knowledge(&shop, 1, &second, None)
        .await
        .unwrap());
    let by = |order, skipped| KnowledgeFilter {
        order,
        skipped,
        ..KnowledgeFilter::default()
    };
    let latest = by(KnowledgeOrder::LastChange, 0);
    check_list(store, &shop, &latest, &["b", "d", "c", "a"]).await;
    let titles = by(KnowledgeOrder::Title, 0);
    check_list(store, &shop, &titles, &["b", "d", "a", "c"]).await;

    let part = by(KnowledgeOrder::LastChange, 1);
    let found = store.list_knowledge(&shop, &part, 2).await.unwrap();
    let found: Vec<&str> = found.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(found, ["d", "c"]);
    assert_eq!(store.count_knowledge(&shop, &part).await.unwrap(), 4);
    let beyond = by(KnowledgeOrder::Title, 4);
    assert!(
        store
            .list_knowledge(&shop, &beyond, 2)
            .await
            .unwrap()
            .is_empty()
    );
    let drafts = KnowledgeFilter {
        status: Some(Status::Draft),
        ..by(KnowledgeOrder::Title, 0)
    };
    assert_eq!(store.count_knowledge(&shop, &drafts).await.unwrap(), 0);
}

/// Of several ids those that exist are found, each once.
pub async fn finds_items_by_ids(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    for item in ["a\"b", "c", "d"] {
        create(store, &shop, &version(item, "x", time(1))).await;
    }
    let wanted = ["d", "nothing", "a\"b", "d"].map(id);
    let found = store.knowledge_by_ids(&shop, &wanted).await.unwrap();
    let mut found: Vec<&str> = found.iter().map(|item| item.id.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, ["a\"b", "d"]);
    assert!(store.knowledge_by_ids(&shop, &[]).await.unwrap().is_empty());
}

/// Of several ids those are found that there were at the time, as they were then.
pub async fn finds_items_by_ids_as_they_stood(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    three_versions(store, &shop).await;
    create(store, &shop, &version("late", "x", time(25))).await;
    let wanted = ["k", "late", "nothing", "k"].map(id);
    for (second, expected) in [
        (9, vec![]),
        (10, vec![("k", 1)]),
        (24, vec![("k", 2)]),
        (25, vec![("k", 2), ("late", 1)]),
        (99, vec![("k", 3), ("late", 1)]),
    ] {
        let stood = store.knowledge_by_ids_as_of(&shop, &wanted, time(second));
        let stood = stood.await.unwrap();
        let mut found: Vec<(&str, u32)> = stood
            .iter()
            .map(|item| (item.id.as_str(), item.version))
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{second}");
    }
}

/// Only the version of the time says whether an item was approved then, and
/// only in its own shop.
pub async fn knows_when_anything_was_approved(store: &Arc<dyn Store>) {
    let (shop, other) = (new_shop(store).await, new_shop(store).await);
    let of_status = |status, second| {
        let mut new = version("k", "x", time(second));
        new.content.status = status;
        new
    };
    create(store, &shop, &of_status(Status::Draft, 10)).await;
    for (expected, status, second) in [(1, Status::Approved, 20), (2, Status::Archived, 30)] {
        let new = of_status(status, second);
        let updated = store.update_knowledge(&shop, expected, &new, None);
        now(updated.await.unwrap());
    }
    for (second, expected) in [(9, false), (10, false), (20, true), (29, true), (30, false)] {
        let found = store.had_approved_knowledge(&shop, time(second)).await;
        assert_eq!(found.unwrap(), expected, "{second}");
        let foreign = store.had_approved_knowledge(&other, time(second)).await;
        assert!(!foreign.unwrap());
    }
}

/// Fails unless just these pass, in this order, and as many are counted.
async fn check_list(
    store: &Arc<dyn Store>,
    shop: &ShopId,
    filter: &KnowledgeFilter,
    expected: &[&str],
) {
    let found = store.list_knowledge(shop, filter, 9).await.unwrap();
    let found: Vec<&str> = found.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(found, expected, "{filter:?}");
    let counted = store.count_knowledge(shop, filter).await.unwrap();
    assert_eq!(counted, expected.len() as u64, "{filter:?}");
}

async fn create(store: &Arc<dyn Store>, shop: &ShopId, new: &NewVersion) -> KnowledgeItem {
    now(store.create_knowledge(shop, new, None).await.unwrap())
}

/// The item `k` at version 3, its versions of the times 10, 20 and 30.
async fn three_versions(store: &Arc<dyn Store>, shop: &ShopId) {
    create(store, shop, &version("k", "one", time(10))).await;
    for (expected, title, second) in [(1, "two", 20), (2, "three", 30)] {
        let new = version("k", title, time(second));
        now(store
            .update_knowledge(shop, expected, &new, None)
            .await
            .unwrap());
    }
}
