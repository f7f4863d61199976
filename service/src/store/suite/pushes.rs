//! Pushes: targets, notices, and deliveries.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;

use super::fixtures::{new_shop, shop, time};
use crate::domain::fault::Locale;
use crate::domain::ids::{DeliveryId, NoticeId, PushId, ShopId};
use crate::domain::push::{
    AttemptEnd, Delivery, DeliveryState, Notice, NoticeKind, PushFailure, PushFailureReason,
    PushKind, PushSecret, PushTarget, PushUrl, TakenDelivery, WeeklySchedule,
};
use crate::domain::week::Week;
use crate::store::{DeliveryFilter, Store, StoreError};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    keeps_targets(store).await;
    hands_a_notice_in_once(store).await;
    takes_one_a_target_and_leases_it(store).await;
    tries_again_until_it_is_given_up(store).await;
    lists_deliveries_newest_first(store).await;
    forgets_what_ended_long_ago(store).await;
    seals_pushes(store).await;
}

/// Targets are kept whole; one address is one target of a shop.
pub async fn keeps_targets(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let first = target("one");
    let second = PushTarget {
        kind: PushKind::Wecom,
        secret: None,
        last_week: None,
        is_on: false,
        ..target("two")
    };
    store.create_push(&shop, &first).await.unwrap();
    store.create_push(&shop, &second).await.unwrap();
    let same_address = PushTarget {
        id: PushId::make(),
        ..first.clone()
    };
    assert!(matches!(
        store.create_push(&shop, &same_address).await,
        Err(StoreError::Exists { .. })
    ));
    let found = store.pushes(&shop).await.unwrap();
    assert_eq!(found, [first.clone(), second.clone()]);

    let moved = PushTarget {
        url: first.url.clone(),
        ..second.clone()
    };
    assert!(matches!(
        store.update_push(&shop, &moved).await,
        Err(StoreError::Exists { .. })
    ));
    let changed = PushTarget {
        name: "新名字".to_owned(),
        url: PushUrl::parse("https://other.example.com/").unwrap(),
        secret: None,
        notices: BTreeSet::from([NoticeKind::Alarm]),
        schedule: WeeklySchedule::default(),
        is_on: false,
        ..first.clone()
    };
    store.update_push(&shop, &changed).await.unwrap();
    let found = store.push(&shop, first.id).await.unwrap();
    assert_eq!(found, Some(changed));

    store.delete_push(&shop, first.id).await.unwrap();
    assert_eq!(store.push(&shop, first.id).await.unwrap(), None);
    for gone in [
        store.delete_push(&shop, first.id).await,
        store.update_push(&shop, &first).await,
    ] {
        assert!(matches!(gone, Err(StoreError::NotFound { what: "push" })));
    }
    let nobody = self::shop().id;
    assert!(matches!(
        store.create_push(&nobody, &target("x")).await,
        Err(StoreError::NotFound { what: "shop" })
    ));
}

/// A target is handed a notice once, whoever hands it in how often.
pub async fn hands_a_notice_in_once(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let (on, off) = (target("on"), target("off"));
    let off = PushTarget {
        is_on: false,
        ..off
    };
    store.create_push(&shop, &on).await.unwrap();
    store.create_push(&shop, &off).await.unwrap();
    let ids = [on.id, off.id, PushId::make()];
    let weekly = notice("weekly-2026-W38");
    assert_eq!(store.enqueue(&shop, &weekly, &[]).await.unwrap(), 0);
    assert_eq!(store.enqueue(&shop, &weekly, &ids).await.unwrap(), 1);
    let other_words = Notice {
        title: "另一个标题".to_owned(),
        ..weekly.clone()
    };
    assert_eq!(store.enqueue(&shop, &other_words, &ids).await.unwrap(), 0);
    let taken = take(store, &shop, 10).await;
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].notice, weekly);
    let last_week = store.push(&shop, on.id).await.unwrap().unwrap().last_week;
    assert_eq!(last_week, weekly.week);
    // What was off when it was handed in gets nothing later.
    let last_week = store.push(&shop, off.id).await.unwrap().unwrap().last_week;
    assert_eq!(last_week, off.last_week);
    end(store, &taken[0], &AttemptEnd::Delivered, 10).await;
    assert_eq!(store.enqueue(&shop, &weekly, &ids).await.unwrap(), 0);
    assert!(take(store, &shop, 10).await.is_empty());
}

/// A delivery belongs to one sender until its lease is over, and a target has
/// one under way at a time.
pub async fn takes_one_a_target_and_leases_it(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let (one, two) = (target("one"), target("two"));
    for target in [&one, &two] {
        store.create_push(&shop, target).await.unwrap();
    }
    for id in ["a", "b"] {
        store
            .enqueue(&shop, &notice(id), &[one.id, two.id])
            .await
            .unwrap();
    }
    let due_later = store.take_deliveries(time(-1), time(60), 9).await.unwrap();
    assert!(due_later.iter().all(|taken| taken.shop != shop));
    let first = take(store, &shop, 10).await;
    let targets: BTreeSet<_> = first
        .iter()
        .map(|taken| taken.target.id.to_string())
        .collect();
    assert_eq!(targets.len(), 2);
    assert!(first.iter().all(|taken| taken.notice.id.as_str() == "a"));
    assert!(first.iter().all(|taken| taken.attempt == 1));
    assert_eq!(first[0].target.secret, one.secret);
    assert!(take(store, &shop, 11).await.is_empty());

    end(store, &first[0], &AttemptEnd::Delivered, 11).await;
    let next = take(store, &shop, 11).await;
    assert_eq!(next.len(), 1);
    assert_eq!(next[0].notice.id.as_str(), "b");
    assert_eq!(next[0].target.id, first[0].target.id);
    end(store, &next[0], &AttemptEnd::Delivered, 12).await;

    // The lease of the other is over at 70: it is taken up again, and its
    // first taker has nothing to say any more.
    assert!(take(store, &shop, 69).await.is_empty());
    let again = take(store, &shop, 70).await;
    assert_eq!((again[0].id, again[0].attempt), (first[1].id, 2));
    end(store, &first[1], &AttemptEnd::Delivered, 71).await;
    let found = find(store, &shop, again[0].id).await;
    assert_eq!(found.state, DeliveryState::Waiting);
    end(store, &again[0], &AttemptEnd::Delivered, 72).await;
    let found = find(store, &shop, again[0].id).await;
    assert_eq!(
        (found.state, found.ended_at),
        (DeliveryState::Delivered, Some(time(72)))
    );

    // Of a target that was switched off, nothing is taken until it is on again.
    let off = PushTarget {
        is_on: false,
        ..two.clone()
    };
    store.update_push(&shop, &off).await.unwrap();
    assert!(take(store, &shop, 80).await.is_empty());
    store.update_push(&shop, &two).await.unwrap();
    let last = take(store, &shop, 80).await;
    assert_eq!(last[0].notice.id.as_str(), "b");
    end(store, &last[0], &AttemptEnd::Delivered, 81).await;
}

/// A failure says when it is tried again, or that it is not; what is dead
/// begins anew when somebody asks for it.
pub async fn tries_again_until_it_is_given_up(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let target = target("one");
    store.create_push(&shop, &target).await.unwrap();
    store
        .enqueue(&shop, &notice("a"), &[target.id])
        .await
        .unwrap();
    let first = take(store, &shop, 10).await.remove(0);
    let retry = AttemptEnd::Retry {
        after: SignedDuration::from_secs(30),
        failure: failure(503),
    };
    end(store, &first, &retry, 10).await;
    let found = find(store, &shop, first.id).await;
    assert_eq!((found.state, found.attempts), (DeliveryState::Waiting, 1));
    assert_eq!(found.next_at, time(40));
    assert_eq!((found.failure, found.ended_at), (Some(failure(503)), None));
    assert!(take(store, &shop, 39).await.is_empty());

    // Asked for, it does not wait.
    store.redeliver(&shop, first.id, time(20)).await.unwrap();
    let second = take(store, &shop, 20).await.remove(0);
    assert_eq!(second.attempt, 2);
    end(store, &second, &AttemptEnd::Dead(failure(400)), 20).await;
    let found = find(store, &shop, first.id).await;
    assert_eq!(found.state, DeliveryState::Dead);
    assert_eq!(found.ended_at, Some(time(20)));
    assert!(take(store, &shop, 9_999).await.is_empty());

    store.redeliver(&shop, first.id, time(30)).await.unwrap();
    let third = take(store, &shop, 30).await.remove(0);
    assert_eq!(third.attempt, 1);
    end(store, &third, &AttemptEnd::Delivered, 31).await;
    let found = find(store, &shop, first.id).await;
    assert_eq!(
        (found.state, found.failure),
        (DeliveryState::Delivered, None)
    );
    store.redeliver(&shop, first.id, time(40)).await.unwrap();
    assert_eq!(find(store, &shop, first.id).await.ended_at, Some(time(31)));
    assert!(take(store, &shop, 9_999).await.is_empty());
    assert!(matches!(
        store.redeliver(&shop, DeliveryId::make(), time(40)).await,
        Err(StoreError::NotFound { what: "delivery" })
    ));
}

/// Deliveries come newest first, by state and by target, in pages.
pub async fn lists_deliveries_newest_first(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let (one, two) = (target("one"), target("two"));
    for target in [&one, &two] {
        store.create_push(&shop, target).await.unwrap();
    }
    for id in ["a", "b", "c"] {
        store.enqueue(&shop, &notice(id), &[one.id]).await.unwrap();
    }
    store.enqueue(&shop, &notice("a"), &[two.id]).await.unwrap();
    let dead = take(store, &shop, 10).await;
    let dead = dead.iter().find(|taken| taken.target.id == one.id).unwrap();
    end(store, dead, &AttemptEnd::Dead(failure(400)), 10).await;
    let list = async |filter: DeliveryFilter, limit: u32| -> Vec<String> {
        let found = store.deliveries(&shop, &filter, limit).await.unwrap();
        found
            .into_iter()
            .map(|delivery| delivery.notice.to_string())
            .collect()
    };
    let all = DeliveryFilter::default();
    assert_eq!(list(all, 9).await, ["a", "c", "b", "a"]);
    assert_eq!(list(all, 2).await, ["a", "c"]);
    let only_dead = DeliveryFilter {
        state: Some(DeliveryState::Dead),
        ..all
    };
    assert_eq!(list(only_dead, 9).await, ["a"]);
    let page = store.deliveries(&shop, &all, 2).await.unwrap();
    let next = DeliveryFilter {
        before: Some(page[1].id),
        push: Some(one.id),
        ..all
    };
    assert_eq!(list(next, 9).await, ["b", "a"]);
    // With their target, they go.
    store.delete_push(&shop, one.id).await.unwrap();
    assert_eq!(list(all, 9).await, ["a"]);
    store.delete_push(&shop, two.id).await.unwrap();
}

/// What ended before a time is forgotten; what waits is not.
pub async fn forgets_what_ended_long_ago(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let target = target("one");
    store.create_push(&shop, &target).await.unwrap();
    for id in ["a", "b"] {
        store
            .enqueue(&shop, &notice(id), &[target.id])
            .await
            .unwrap();
    }
    let ended = take(store, &shop, 10).await.remove(0);
    end(store, &ended, &AttemptEnd::Delivered, 10).await;
    store.forget_deliveries(time(10)).await.unwrap();
    assert!(store.delivery(&shop, ended.id).await.unwrap().is_some());
    assert!(store.forget_deliveries(time(11)).await.unwrap() >= 1);
    assert_eq!(store.delivery(&shop, ended.id).await.unwrap(), None);
    let waiting = take(store, &shop, 20).await.remove(0);
    assert_eq!(waiting.notice, notice("b"));
    end(store, &waiting, &AttemptEnd::Delivered, 20).await;
}

/// A shop sees and changes only its own, also under the same ids.
pub async fn seals_pushes(store: &Arc<dyn Store>) {
    let (one, other) = (new_shop(store).await, new_shop(store).await);
    let ours = target("one");
    let theirs = PushTarget {
        name: "别家".to_owned(),
        ..ours.clone()
    };
    store.create_push(&one, &ours).await.unwrap();
    assert_eq!(store.push(&other, ours.id).await.unwrap(), None);
    assert!(store.update_push(&other, &theirs).await.is_err());
    assert!(store.delete_push(&other, ours.id).await.is_err());
    assert_eq!(
        store
            .enqueue(&other, &notice("a"), &[ours.id])
            .await
            .unwrap(),
        0
    );
    store.create_push(&other, &theirs).await.unwrap();
    for (shop, title) in [(&one, "ours"), (&other, "theirs")] {
        let notice = Notice {
            title: title.to_owned(),
            ..notice("b")
        };
        assert_eq!(store.enqueue(shop, &notice, &[ours.id]).await.unwrap(), 1);
    }
    let taken = take(store, &one, 10).await.remove(0);
    assert_eq!(taken.notice.title, "ours");
    assert_eq!(taken.target.name, ours.name);
    assert_eq!(store.delivery(&other, taken.id).await.unwrap(), None);
    assert!(store.redeliver(&other, taken.id, time(10)).await.is_err());
    let found = store
        .deliveries(&other, &DeliveryFilter::default(), 9)
        .await;
    let titles: Vec<_> = found
        .unwrap()
        .into_iter()
        .map(|delivery| delivery.title)
        .collect();
    assert_eq!(titles, ["theirs"]);
}

fn target(name: &str) -> PushTarget {
    PushTarget {
        id: PushId::make(),
        kind: PushKind::Dingtalk,
        name: name.to_owned(),
        url: PushUrl::parse(&format!("https://bots.example.com/{name}?key=1")).unwrap(),
        secret: Some(PushSecret::parse("SEC1").unwrap()),
        notices: BTreeSet::from([NoticeKind::Weekly, NoticeKind::Alarm]),
        schedule: WeeklySchedule::default(),
        is_on: true,
        last_week: Some(Week::parse("2026-W37").unwrap()),
        created_at: time(0),
    }
}

fn notice(id: &str) -> Notice {
    Notice {
        id: NoticeId::parse(id).unwrap(),
        kind: NoticeKind::Weekly,
        title: "知问周报".to_owned(),
        lines: vec!["什么时候发货：\"312\" 位".to_owned(), String::new()],
        locale: Locale::Chinese,
        url: Some("https://shop.example.com/".to_owned()),
        data: json!({ "questions": [1, 2.5, null] }),
        week: Some(Week::parse("2026-W38").unwrap()),
        at: time(0),
    }
}

fn failure(status: u16) -> PushFailure {
    PushFailure {
        reason: PushFailureReason::Failed,
        status: Some(status),
        said: Some("忙".to_owned()),
    }
}

/// Takes what is due of the shop at `now`, leased for a minute. The suite
/// leaves nothing due, so that what it takes is mostly its own.
async fn take(store: &Arc<dyn Store>, shop: &ShopId, now: i64) -> Vec<TakenDelivery> {
    let taken = store.take_deliveries(time(now), time(now + 60), 100).await;
    let mut taken = taken.unwrap();
    taken.retain(|taken| taken.shop == *shop);
    taken
}

async fn end(store: &Arc<dyn Store>, taken: &TakenDelivery, end: &AttemptEnd, at: i64) {
    store.end_attempt(taken, end, time(at)).await.unwrap();
}

async fn find(store: &Arc<dyn Store>, shop: &ShopId, id: DeliveryId) -> Delivery {
    store.delivery(shop, id).await.unwrap().unwrap()
}
