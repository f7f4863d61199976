//! Shops are sealed from each other: the same ids in two shops never mix.

use std::sync::Arc;

use super::fixtures::{
    abstention, check_changes, id, items, key, new_shop, now, product, product_id, reply, revision,
    suggestion, synonyms, time, version,
};
use crate::domain::ids::ShopId;
use crate::domain::key::ApiKey;
use crate::domain::suggestion::{Feedback, SuggestionRecord};
use crate::store::{Store, StoreError};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    seals_reading_of_knowledge(store).await;
    seals_writing_of_knowledge(store).await;
    seals_vocabulary(store).await;
    seals_suggestions(store).await;
    seals_keys(store).await;
    seals_replies(store).await;
}

/// A shop sees nothing of an item that only another has.
pub async fn seals_reading_of_knowledge(store: &Arc<dyn Store>) {
    let (one, other) = two_shops(store).await;
    let new = version("k", "one", time(1));
    now(store.create_knowledge(&one, &new, None).await.unwrap());
    let k = id("k");
    assert_eq!(store.knowledge(&other, &k).await.unwrap(), None);
    let by_ids = store
        .knowledge_by_ids(&other, std::slice::from_ref(&k))
        .await
        .unwrap();
    assert!(by_ids.is_empty());
    let at_one = store.knowledge_version(&other, &k, 1).await.unwrap();
    assert_eq!(at_one, None);
    let versions = store.knowledge_versions(&other, &k, None, 9).await.unwrap();
    assert!(versions.is_empty());
    let stood = store.knowledge_as_of(&other, &k, time(9)).await.unwrap();
    assert_eq!(stood, None);
    assert!(items(store, &other).await.is_empty());
    check_changes(store, &other, &[]).await;
}

/// The same id is another item in each shop, with versions and revisions of its own.
pub async fn seals_writing_of_knowledge(store: &Arc<dyn Store>) {
    let (one, other) = two_shops(store).await;
    let new = version("k", "one", time(1));
    now(store.create_knowledge(&one, &new, None).await.unwrap());
    let foreign = store.update_knowledge(&other, 1, &new, None).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));

    let new = version("k", "other", time(5));
    now(store.create_knowledge(&other, &new, None).await.unwrap());
    let two = [
        version("k", "other two", time(6)),
        version("l", "x", time(6)),
    ];
    now(store.import_knowledge(&other, &two, None).await.unwrap());
    let three = version("k", "other three", time(7));
    now(store
        .update_knowledge(&other, 2, &three, None)
        .await
        .unwrap());

    check_changes(store, &one, &[(1, "k")]).await;
    check_changes(store, &other, &[(3, "l"), (4, "k")]).await;
    let stands = store.knowledge(&one, &id("k")).await.unwrap().unwrap();
    assert_eq!((stands.version, stands.content.title.as_str()), (1, "one"));
    let history = store.knowledge_versions(&one, &id("k"), None, 9).await;
    assert_eq!(history.unwrap(), std::slice::from_ref(&stands));
    let stood = store.knowledge_as_of(&one, &id("k"), time(9)).await;
    assert_eq!(stood.unwrap(), Some(stands));
}

/// Products and synonyms are the shop's own.
pub async fn seals_vocabulary(store: &Arc<dyn Store>) {
    let (one, other) = two_shops(store).await;
    let (ours, theirs) = (product("p", "ours"), product("p", "theirs"));
    store
        .put_products(&one, std::slice::from_ref(&ours))
        .await
        .unwrap();
    let foreign = store.delete_product(&other, &product_id("p")).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
    store.put_products(&other, &[theirs]).await.unwrap();
    let groups = [synonyms(&["a", "b"])];
    store.replace_synonyms(&one, &groups).await.unwrap();
    store.replace_synonyms(&other, &[]).await.unwrap();
    store
        .delete_product(&other, &product_id("p"))
        .await
        .unwrap();

    let vocabulary = store.vocabulary(&one).await.unwrap();
    assert_eq!(vocabulary.products, [ours]);
    assert_eq!(vocabulary.synonyms, groups);
    assert_eq!(vocabulary.revision, 2);
    assert_eq!(revision(store, &other).await.vocabulary, 2);
}

/// The same ids on record in two shops are two records with feedback of their own.
pub async fn seals_suggestions(store: &Arc<dyn Store>) {
    let (one, other) = two_shops(store).await;
    let ours = suggestion();
    let answer = ours.answers[0].id;
    store
        .record_suggestions(&[(one.clone(), ours.clone())])
        .await
        .unwrap();
    let seen = Feedback {
        displayed: Some(true),
        ..Feedback::default()
    };
    assert_eq!(store.suggestion(&other, ours.id).await.unwrap(), None);
    let foreign = store.save_feedback(&other, answer, &seen, time(1)).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));

    let theirs = SuggestionRecord {
        id: ours.id,
        answers: ours.answers.clone(),
        ..abstention()
    };
    store
        .record_suggestions(&[(other.clone(), theirs.clone())])
        .await
        .unwrap();
    store
        .save_feedback(&other, answer, &seen, time(1))
        .await
        .unwrap();
    let found = store.suggestion(&one, ours.id).await.unwrap().unwrap();
    assert_eq!((found.record, found.feedback), (ours.clone(), Vec::new()));
    let found = store.suggestion(&other, ours.id).await.unwrap().unwrap();
    assert_eq!((found.record, found.feedback.len()), (theirs, 1));
}

/// A shop neither sees nor revokes another's keys, even of the same prefix.
pub async fn seals_keys(store: &Arc<dyn Store>) {
    let (one, other) = two_shops(store).await;
    let ours = key(&one, time(0));
    store.create_key(&ours).await.unwrap();
    assert!(store.keys(&other).await.unwrap().is_empty());
    let foreign = store.revoke_key(&other, &ours.prefix, time(1)).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));

    let theirs = ApiKey {
        prefix: ours.prefix.clone(),
        ..key(&other, time(0))
    };
    store.create_key(&theirs).await.unwrap();
    store
        .revoke_key(&other, &ours.prefix, time(1))
        .await
        .unwrap();
    assert_eq!(store.keys(&one).await.unwrap(), [ours]);
}

/// The same Idempotency-Key in two shops is of two requests.
pub async fn seals_replies(store: &Arc<dyn Store>) {
    let (one, other) = two_shops(store).await;
    let (ours, theirs) = (reply("key", 1), reply("key", 2));
    let new = version("k", "x", time(1));
    now(store
        .create_knowledge(&one, &new, Some(&ours))
        .await
        .unwrap());
    let none = store.kept_reply(&other, "key", &ours.fingerprint).await;
    assert_eq!(none.unwrap(), None);
    now(store
        .create_knowledge(&other, &new, Some(&theirs))
        .await
        .unwrap());
    let found = store.kept_reply(&one, "key", &ours.fingerprint).await;
    assert_eq!(found.unwrap(), Some(ours));
}

async fn two_shops(store: &Arc<dyn Store>) -> (ShopId, ShopId) {
    (new_shop(store).await, new_shop(store).await)
}
