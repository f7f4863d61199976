//! Attempts to sign in, and the waits that they bring.

use std::sync::Arc;

use super::fixtures::{new_shop, time};
use crate::domain::person::{Failures, Login};
use crate::store::Store;

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    counts_attempts(store).await;
    lets_no_burst_through(store).await;
    takes_an_attempt_back(store).await;
}

fn login(text: &str) -> Login {
    Login::parse(text).unwrap()
}

/// Attempts are counted by shop and login, whether there is such a person or
/// not, and no longer while those before keep the next waiting.
pub async fn counts_attempts(store: &Arc<dyn Store>) {
    let (shop, other) = (new_shop(store).await, new_shop(store).await);
    let (anna, nobody) = (login("anna"), login("nobody"));
    for second in 0..5 {
        let before = store.begin_attempt(&shop, &anna, time(second)).await;
        let expected = (second > 0).then(|| Failures {
            count: u32::try_from(second).unwrap(),
            last_at: time(second - 1),
        });
        assert_eq!(before.unwrap(), expected);
    }
    let fifth = Some(Failures {
        count: 5,
        last_at: time(4),
    });
    for second in [4, 8, 9] {
        let before = store.begin_attempt(&shop, &anna, time(second)).await;
        assert_eq!(before.unwrap(), fifth, "{second}");
    }
    let before = store.begin_attempt(&shop, &anna, time(10)).await;
    let sixth = Failures {
        count: 6,
        last_at: time(9),
    };
    assert_eq!(before.unwrap(), Some(sixth));
    for (shop, login) in [(&other, &anna), (&shop, &nobody)] {
        let before = store.begin_attempt(shop, login, time(10)).await;
        assert_eq!(before.unwrap(), None);
    }
    store.forget_failures(&shop, &anna).await.unwrap();
    let before = store.begin_attempt(&shop, &anna, time(11)).await;
    assert_eq!(before.unwrap(), None);
    let before = store.begin_attempt(&shop, &nobody, time(11)).await;
    assert_eq!(before.unwrap().map(|before| before.count), Some(1));
}

/// Of many attempts at once only those are made that are free.
pub async fn lets_no_burst_through(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let attempts = (0..20).map(|_| {
        let (store, shop) = (Arc::clone(store), shop.clone());
        tokio::spawn(async move {
            let anna = login("anna");
            let begun = store.begin_attempt(&shop, &anna, time(1)).await;
            begun.unwrap()
        })
    });
    let attempts: Vec<_> = attempts.collect();
    let mut made = 0;
    for attempt in attempts {
        let before = attempt.await.unwrap();
        if before.is_none_or(|before| before.wait_seconds(time(1)) == 0) {
            made += 1;
        }
    }
    assert_eq!(made, 5);
}

/// An attempt that is taken back leaves what was before it, but for what was
/// done meanwhile.
pub async fn takes_an_attempt_back(store: &Arc<dyn Store>) {
    let (shop, anna) = (new_shop(store).await, login("anna"));
    let begin = async |second| {
        let begun = store.begin_attempt(&shop, &anna, time(second));
        begun.await.unwrap()
    };
    let take_back = async |before| {
        let taken = store.take_attempt_back(&shop, &anna, before);
        taken.await.unwrap();
    };
    // One that is not there leaves nothing to take back.
    take_back(None).await;
    let first = begin(1).await;
    take_back(first).await;
    assert_eq!(begin(2).await, None);
    let second = begin(3).await;
    take_back(second).await;
    let one = |second| Failures {
        count: 1,
        last_at: time(second),
    };
    let third = begin(4).await;
    assert_eq!(third, Some(one(2)));
    begin(5).await;
    take_back(third).await;
    let expected = Failures {
        count: 2,
        last_at: time(5),
    };
    assert_eq!(begin(6).await, Some(expected));
}
