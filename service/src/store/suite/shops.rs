//! Shops.

use std::sync::Arc;

use super::fixtures::{revision, shop};
use crate::domain::fault::Locale;
use crate::domain::ids::ShopId;
use crate::domain::shop::Shop;
use crate::store::{Store, StoreError};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    is_healthy(store).await;
    keeps_a_shop_whole(store).await;
    refuses_a_second_shop_of_an_id(store).await;
    updates_what_may_change(store).await;
    lists_shops_by_id(store).await;
    starts_at_revision_zero(store).await;
}

/// A store that is up says so.
pub async fn is_healthy(store: &Arc<dyn Store>) {
    store.check_health().await.unwrap();
}

/// A shop reads back as it was made.
pub async fn keeps_a_shop_whole(store: &Arc<dyn Store>) {
    let made = shop();
    store.create_shop(&made).await.unwrap();
    let found = find(store, &made.id).await;
    assert_eq!(found.name, made.name);
    assert_eq!(found.time_zone, made.time_zone);
    assert_eq!(found.locale, made.locale);
    assert_eq!(found.secret.0, made.secret.0);
    assert_eq!(found.created_at, made.created_at);
}

/// An id belongs to one shop, whose secret nobody replaces.
pub async fn refuses_a_second_shop_of_an_id(store: &Arc<dyn Store>) {
    let first = shop();
    store.create_shop(&first).await.unwrap();
    let second = Shop {
        id: first.id.clone(),
        ..shop()
    };
    let refused = store.create_shop(&second).await;
    assert!(matches!(refused, Err(StoreError::Exists { what: "shop" })));
    assert_eq!(find(store, &first.id).await.secret.0, first.secret.0);
}

/// Name, time zone and locale change; the secret and the day of making do not.
pub async fn updates_what_may_change(store: &Arc<dyn Store>) {
    let first = shop();
    store.create_shop(&first).await.unwrap();
    let changed = Shop {
        id: first.id.clone(),
        name: "Hemu".to_owned(),
        time_zone: "Europe/London".to_owned(),
        locale: Locale::English,
        ..shop()
    };
    store.update_shop(&changed).await.unwrap();
    let found = find(store, &first.id).await;
    assert_eq!(found.name, "Hemu");
    assert_eq!(found.time_zone, "Europe/London");
    assert_eq!(found.locale, Locale::English);
    assert_eq!(found.secret.0, first.secret.0);

    let missing = store.update_shop(&shop()).await;
    assert!(matches!(
        missing,
        Err(StoreError::NotFound { what: "shop" })
    ));
}

/// Shops and their revisions come in the order of ids.
pub async fn lists_shops_by_id(store: &Arc<dyn Store>) {
    for _ in 0..3 {
        store.create_shop(&shop()).await.unwrap();
    }
    let shops = store.shops().await.unwrap();
    assert!(shops.is_sorted_by(|one, next| one.id < next.id));
    let revisions = store.shop_revisions().await.unwrap();
    assert!(
        revisions
            .iter()
            .map(|revision| &revision.shop)
            .eq(shops.iter().map(|shop| &shop.id))
    );
}

/// Nothing has changed in a new shop.
pub async fn starts_at_revision_zero(store: &Arc<dyn Store>) {
    let made = shop();
    store.create_shop(&made).await.unwrap();
    let found = revision(store, &made.id).await;
    assert_eq!((found.knowledge, found.vocabulary), (0, 0));
}

async fn find(store: &Arc<dyn Store>, id: &ShopId) -> Shop {
    let shops = store.shops().await.unwrap();
    shops.into_iter().find(|shop| shop.id == *id).unwrap()
}
