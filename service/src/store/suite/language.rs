//! Intents, models, and what they learn from.

use std::sync::Arc;

use serde_json::json;

use super::fixtures::{new_shop, revision, shop, suggestion, time};
use super::insights::action;
use super::listening::{cluster, place};
use crate::domain::ids::{ShopId, SuggestionId};
use crate::domain::language::{IntentSetting, ModelKind, NewModel};
use crate::domain::listening::{Cluster, Wording};
use crate::domain::suggestion::{Feedback, SuggestionRecord, Use};
use crate::domain::taxonomy::{Intent, Stage};
use crate::store::{NewCorrection, Store, StoreError};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    replaces_all_settings_of_intents(store).await;
    corrects_an_intent(store).await;
    tells_verdicts_from_what_was_only_seen(store).await;
    knows_which_wordings_people_confirmed(store).await;
    numbers_models_and_keeps_the_one_in_use(store).await;
    goes_back_to_an_earlier_model(store).await;
    seals_language(store).await;
}

/// Settings are what was put last; the revision grows only with a change.
pub async fn replaces_all_settings_of_intents(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let settings = [
        setting("product.size", Some("选码")),
        setting("product.shop_engraving", Some("刻字")),
    ];
    for _ in 0..2 {
        store.replace_intents(&shop, &settings).await.unwrap();
        assert_eq!(revision(store, &shop).await.language, 1);
    }
    let mut found = store.intents(&shop).await.unwrap();
    found.reverse();
    assert_eq!(found, settings);
    store.replace_intents(&shop, &[]).await.unwrap();
    assert!(store.intents(&shop).await.unwrap().is_empty());
    assert_eq!(revision(store, &shop).await.language, 2);
    let missing = store.replace_intents(&self::shop().id, &settings).await;
    assert!(matches!(
        missing,
        Err(StoreError::NotFound { what: "shop" })
    ));
}

/// The last word on a question stands.
pub async fn corrects_an_intent(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let unknown = correction(SuggestionId::make(), "process.invoice", 1);
    assert!(matches!(
        store.correct_intent(&shop, &unknown).await,
        Err(StoreError::NotFound { what: "suggestion" })
    ));
    let records = [suggestion(), suggestion()].map(|record| (shop.clone(), record));
    store.record_suggestions(&records).await.unwrap();
    for (record, intent, at) in [
        (0, "process.invoice", 1),
        (1, "process.return", 2),
        (0, "process.refund", 3),
    ] {
        let correction = correction(records[record].1.id, intent, at);
        store.correct_intent(&shop, &correction).await.unwrap();
    }
    let found = store.corrections(&shop, 9).await.unwrap();
    let intents: Vec<_> = found.iter().map(|found| found.intent.as_str()).collect();
    assert_eq!(intents, ["process.refund", "process.return"]);
    assert_eq!(found[0].question, records[0].1.question);
    assert_eq!(found[0].by, "小王");
    assert_eq!(store.corrections(&shop, 1).await.unwrap().len(), 1);
}

/// To display an answer is no verdict; a word on its relevance outweighs its use,
/// and in a rehearsal is all that counts.
pub async fn tells_verdicts_from_what_was_only_seen(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let rehearsal = SuggestionRecord {
        is_rehearsal: true,
        ..suggestion()
    };
    let records = [suggestion(), suggestion(), rehearsal].map(|record| (shop.clone(), record));
    store.record_suggestions(&records).await.unwrap();
    let seen = Feedback {
        displayed: Some(true),
        ..Feedback::default()
    };
    let used = Feedback {
        used: Some(Use::Sent),
        ..seen.clone()
    };
    let wrong = Feedback {
        relevant: Some(false),
        ..used.clone()
    };
    for (answer, feedback, at) in [
        (&records[0].1.answers[0], &seen, 1),
        (&records[0].1.answers[1], &used, 2),
        (&records[1].1.answers[0], &wrong, 3),
        (&records[2].1.answers[0], &used, 4),
        (&records[2].1.answers[1], &wrong, 5),
    ] {
        store
            .save_feedback(&shop, answer.id, feedback, time(at))
            .await
            .unwrap();
    }
    let verdicts = store.verdicts(&shop, 9).await.unwrap();
    let found: Vec<_> = verdicts
        .iter()
        .map(|verdict| (verdict.knowledge.as_str(), verdict.is_right))
        .collect();
    assert_eq!(found, [("k-a", false), ("k-b", false), ("k-a", true)]);
    assert_eq!(verdicts[1].question, records[1].1.question);
    assert_eq!(revision(store, &shop).await.language, 0);
    store.advance_language(&shop).await.unwrap();
    assert_eq!(revision(store, &shop).await.language, 1);
}

/// Wordings come by their last change; those of a question that nobody looked
/// at are not confirmed, but for the ones that people put there.
pub async fn knows_which_wordings_people_confirmed(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let (plain, pinned, answered) = (cluster("发票"), cluster("退货"), cluster("发货"));
    let mut named = cluster("保温");
    named.name = Some("能保温多久".to_owned());
    let kept_on_top = Cluster {
        is_pinned: true,
        ..pinned
    };
    place(
        store,
        &shop,
        &plain,
        &[(1, "开发票", false), (2, "要发票", true)],
    )
    .await;
    place(store, &shop, &named, &[(3, "保温多久", false)]).await;
    place(store, &shop, &kept_on_top, &[(4, "怎么退", false)]).await;
    place(store, &shop, &answered, &[(5, "几时发", false)]).await;
    let keys = |wordings: &[Wording]| {
        let mut keys: Vec<u64> = wordings.iter().map(|wording| wording.key.0).collect();
        keys.sort_unstable();
        keys
    };
    let confirmed = store.confirmed_wordings(&shop, 9).await.unwrap();
    assert_eq!(keys(&confirmed), [2, 3, 4]);
    store.add_action(&shop, &action(answered.id)).await.unwrap();
    let confirmed = store.confirmed_wordings(&shop, 9).await.unwrap();
    assert_eq!(keys(&confirmed), [2, 3, 4, 5]);
    let few = store.confirmed_wordings(&shop, 2).await.unwrap();
    assert_eq!(few, confirmed[..2]);
    let latest = store.wordings(&shop, 2).await.unwrap();
    assert_eq!(keys(&latest), [4, 5]);
    assert_eq!(latest[0].text.as_str(), "几时发");
    assert_eq!(latest[0].cluster, Some(answered.id));
    assert_eq!(store.wordings(&shop, 9).await.unwrap().len(), 5);
    let other = new_shop(store).await;
    assert!(store.wordings(&other, 9).await.unwrap().is_empty());
    let confirmed = store.confirmed_wordings(&other, 9).await.unwrap();
    assert!(confirmed.is_empty());
}

/// Versions grow; a model that is not put in use leaves the other where it is.
pub async fn numbers_models_and_keeps_the_one_in_use(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let classifier = ModelKind::Classifier;
    assert_eq!(store.model_in_use(&shop, classifier).await.unwrap(), None);
    for (version, is_used) in [(1, true), (2, false), (3, false), (4, false)] {
        let added = store.add_model(&shop, &model(version, is_used)).await;
        assert_eq!(added.unwrap(), version);
    }
    let in_use = store.model_in_use(&shop, classifier).await.unwrap();
    assert_eq!(in_use, Some((1, vec![1; 100])));
    assert_eq!(revision(store, &shop).await.language, 1);
    let models = store.models(&shop).await.unwrap();
    let found: Vec<_> = models
        .iter()
        .map(|model| (model.version, model.size_bytes, model.is_used))
        .collect();
    let expected = [
        (4, 100, false),
        (3, 100, false),
        (2, 0, false),
        (1, 100, true),
    ];
    assert_eq!(found, expected);
    assert_eq!(models[0].report, json!({"accuracy": 0.5}));
    assert_eq!(models[0].kind, classifier);
}

/// Any version with a body can be put in use again, or none.
pub async fn goes_back_to_an_earlier_model(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let classifier = ModelKind::Classifier;
    for version in 1..=4 {
        let added = store.add_model(&shop, &model(version, true)).await;
        assert_eq!(added.unwrap(), version);
    }
    store.use_model(&shop, classifier, Some(3)).await.unwrap();
    let in_use = store.model_in_use(&shop, classifier).await.unwrap();
    assert_eq!(in_use.map(|(version, _)| version), Some(3));
    for version in [1, 9] {
        assert!(matches!(
            store.use_model(&shop, classifier, Some(version)).await,
            Err(StoreError::NotFound { what: "model" })
        ));
    }
    store.use_model(&shop, classifier, None).await.unwrap();
    store.use_model(&shop, classifier, None).await.unwrap();
    assert_eq!(store.model_in_use(&shop, classifier).await.unwrap(), None);
    assert_eq!(revision(store, &shop).await.language, 6);
}

/// A shop has nothing of another's language.
pub async fn seals_language(store: &Arc<dyn Store>) {
    let (one, other) = (new_shop(store).await, new_shop(store).await);
    let record = suggestion();
    let records = [(one.clone(), record.clone())];
    store.record_suggestions(&records).await.unwrap();
    let correction = correction(record.id, "process.refund", 1);
    store.correct_intent(&one, &correction).await.unwrap();
    let settings = [setting("product.size", None)];
    store.replace_intents(&one, &settings).await.unwrap();
    store.add_model(&one, &model(1, true)).await.unwrap();
    let used = Feedback {
        used: Some(Use::Sent),
        ..Feedback::default()
    };
    let answer = record.answers[0].id;
    let saved = store.save_feedback(&one, answer, &used, time(1)).await;
    assert!(saved.is_ok());

    assert!(matches!(
        store.correct_intent(&other, &correction).await,
        Err(StoreError::NotFound { .. })
    ));
    assert!(store.intents(&other).await.unwrap().is_empty());
    assert!(store.corrections(&other, 9).await.unwrap().is_empty());
    assert!(store.verdicts(&other, 9).await.unwrap().is_empty());
    assert!(store.models(&other).await.unwrap().is_empty());
    let in_use = store.model_in_use(&other, ModelKind::Classifier).await;
    assert_eq!(in_use.unwrap(), None);
    let foreign = store
        .use_model(&other, ModelKind::Classifier, Some(1))
        .await;
    assert!(foreign.is_err());
    assert_eq!(revision(store, &other).await.language, 0);
    let nowhere: ShopId = shop().id;
    assert!(store.add_model(&nowhere, &model(1, false)).await.is_err());
}

fn setting(intent: &str, name: Option<&str>) -> IntentSetting {
    let intent = Intent::parse(intent).unwrap();
    let is_own = intent.is_own();
    IntentSetting {
        intent,
        name: name.map(str::to_owned),
        is_off: !is_own,
        stage: is_own.then_some(Stage::Pre),
        phrasings: vec!["可以刻字吗".to_owned(), "it's \\ \"quoted\"".to_owned()],
    }
}

fn correction(suggestion: SuggestionId, intent: &str, at: i64) -> NewCorrection {
    NewCorrection {
        suggestion,
        intent: Intent::parse(intent).unwrap(),
        by: "小王".to_owned(),
        at: time(at),
    }
}

fn model(version: u32, is_used: bool) -> NewModel {
    NewModel {
        kind: ModelKind::Classifier,
        body: vec![u8::try_from(version).unwrap(); 100],
        report: json!({"accuracy": 0.5}),
        is_used,
        at: time(i64::from(version)),
    }
}
