//! Products and synonyms.

use std::sync::Arc;

use super::fixtures::{new_shop, product, product_id, revision, shop, synonyms};
use crate::domain::ids::ShopId;
use crate::domain::shop::{Product, Vocabulary};
use crate::store::{Store, StoreError};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    adds_and_replaces_products(store).await;
    deletes_a_product(store).await;
    replaces_all_synonyms(store).await;
    advances_only_when_something_changes(store).await;
    knows_no_vocabulary_of_no_shop(store).await;
}

/// Products come by id, as they were last put.
pub async fn adds_and_replaces_products(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let bare = Product {
        category: None,
        aliases: Vec::new(),
        ..product("p2", "桌")
    };
    let first = [bare.clone(), product("p1", "沙发")];
    store.put_products(&shop, &first).await.unwrap();
    let renamed = product("p1", "云朵沙发");
    store
        .put_products(&shop, std::slice::from_ref(&renamed))
        .await
        .unwrap();
    let expected = Vocabulary {
        revision: 2,
        products: vec![renamed, bare],
        synonyms: Vec::new(),
    };
    assert_eq!(store.vocabulary(&shop).await.unwrap(), expected);
}

/// A product goes once.
pub async fn deletes_a_product(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let both = [product("p1", "x"), product("p2", "x")];
    store.put_products(&shop, &both).await.unwrap();
    store
        .delete_product(&shop, &product_id("p1"))
        .await
        .unwrap();
    let again = store.delete_product(&shop, &product_id("p1")).await;
    assert!(matches!(
        again,
        Err(StoreError::NotFound { what: "product" })
    ));
    let left = store.vocabulary(&shop).await.unwrap();
    assert_eq!(left.products, both[1..]);
    assert_eq!(left.revision, 2);
}

/// Synonyms are what was put last, in its order.
pub async fn replaces_all_synonyms(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let first = [synonyms(&["包邮", "免邮费"]), synonyms(&["a", "b"])];
    let second = [synonyms(&["x", "y", "z"]), synonyms(&["包邮", "免邮费"])];
    for groups in [&first[..], &second, &[]] {
        store.replace_synonyms(&shop, groups).await.unwrap();
        assert_eq!(store.vocabulary(&shop).await.unwrap().synonyms, groups);
    }
    assert_eq!(revision(store, &shop).await.vocabulary, 3);
}

/// What is put as it stands makes no index be built again.
pub async fn advances_only_when_something_changes(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let products = [product("p1", "x"), product("p2", "x")];
    let groups = [synonyms(&["a", "b"])];
    for _ in 0..2 {
        store.put_products(&shop, &products).await.unwrap();
        store.replace_synonyms(&shop, &groups).await.unwrap();
        store.put_products(&shop, &[]).await.unwrap();
        assert_eq!(revision(store, &shop).await.vocabulary, 2);
        assert_eq!(store.vocabulary(&shop).await.unwrap().revision, 2);
    }
    let moved = [Product {
        category: None,
        ..product("p2", "x")
    }];
    store.put_products(&shop, &moved).await.unwrap();
    assert_eq!(revision(store, &shop).await.vocabulary, 3);
    assert_eq!(revision(store, &shop).await.knowledge, 0);
}

/// A shop that is not has no vocabulary to read or change.
pub async fn knows_no_vocabulary_of_no_shop(store: &Arc<dyn Store>) {
    let missing: ShopId = shop().id;
    let outcomes = [
        store.vocabulary(&missing).await.map(drop),
        store.put_products(&missing, &[product("p", "x")]).await,
        store
            .replace_synonyms(&missing, &[synonyms(&["a", "b"])])
            .await,
    ];
    for outcome in outcomes {
        assert!(matches!(
            outcome,
            Err(StoreError::NotFound { what: "shop" })
        ));
    }
}
