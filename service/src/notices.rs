//! Use case: telling outside systems what the shop's people want to know.
//!
//! A notice is handed in for the targets that want it and is then delivered
//! beside the requests, at least once: a target that was told but could not
//! say so is told again under the same id.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::connectors::Retry;
use crate::connectors::push::{Push, PushError, PushSender};
use crate::domain::fault::{Fault, Locale};
use crate::domain::ids::{NoticeId, PushId, ShopId};
use crate::domain::push::{
    AttemptEnd, Notice, NoticeKind, PushFailure, PushFailureReason, PushUrl, TakenDelivery,
    is_weekly_due,
};
use crate::domain::shop::Shop;
use crate::domain::time::Clock;
use crate::domain::week::Week;
use crate::store::{Store, StoreError, StoreResult};

/// How patiently notices are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryTiming {
    /// How often, and with which pauses.
    pub retry: Retry,
    /// An attempt that has not ended by then is taken for dead.
    pub lease: Duration,
    /// How long what was delivered or given up is kept.
    pub keep: Duration,
}

/// Tells outside systems.
pub struct Notices {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    sender: PushSender,
    timing: DeliveryTiming,
    handed_in: Notify,
}

/// What the other side made of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestOutcome {
    /// Why it was not taken; `None` when it was.
    pub reason: Option<PushFailureReason>,
    /// The HTTP status, where there was a reply.
    pub status: Option<u16>,
    /// The start of what the other side said.
    pub said: Option<String>,
}

impl Notices {
    /// Delivers through `sender` what `store` has.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        sender: PushSender,
        timing: DeliveryTiming,
    ) -> Self {
        Self {
            store,
            clock,
            sender,
            timing,
            handed_in: Notify::new(),
        }
    }

    /// Hands a notice in for all of the shop's targets that want its kind; says
    /// for how many it is new.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn send(&self, shop: &ShopId, notice: &Notice) -> StoreResult<usize> {
        let targets: Vec<PushId> = self
            .store
            .pushes(shop)
            .await?
            .into_iter()
            .filter(|target| target.wants(notice.kind))
            .map(|target| target.id)
            .collect();
        self.send_to(shop, notice, &targets).await
    }

    /// Hands a notice in for these targets, where they are on; says for how
    /// many it is new.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn send_to(
        &self,
        shop: &ShopId,
        notice: &Notice,
        targets: &[PushId],
    ) -> StoreResult<usize> {
        let new = self.store.enqueue(shop, notice, targets).await?;
        if new > 0 {
            self.handed_in.notify_one();
        }
        Ok(new)
    }

    /// The weeks whose digests are due now, and for which targets. Sent to
    /// them by [`Notices::send_to`], they are due no more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn weekly_due(&self, shop: &Shop) -> StoreResult<BTreeMap<Week, Vec<PushId>>> {
        let (zone, now) = (shop.zone(), self.clock.now());
        let mut due: BTreeMap<Week, Vec<PushId>> = BTreeMap::new();
        for target in self.store.pushes(&shop.id).await? {
            let week = is_weekly_due(&target.schedule, &zone, target.last_week, now);
            if let Some(week) = week.filter(|_| target.wants(NoticeKind::Weekly)) {
                due.entry(week).or_default().push(target.id);
            }
        }
        Ok(due)
    }

    /// Whether anything may be pushed to an address, as far as can be told
    /// without looking its name up.
    ///
    /// # Errors
    /// When it is not https, or inside a private network, and neither is allowed.
    pub fn check_address(&self, url: &PushUrl) -> Result<(), Fault> {
        if self.sender.admits(url) {
            return Ok(());
        }
        Err(Fault::malformed(
            "https 地址，不能是内网或本机的",
            "an https address outside private networks",
        ))
    }

    /// Sends a test to a target at once, past the queue.
    ///
    /// # Errors
    /// When there is no such target, or the store fails.
    pub async fn test(&self, shop: &Shop, id: PushId) -> StoreResult<TestOutcome> {
        let target = self.store.push(&shop.id, id).await?;
        let target = target.ok_or(StoreError::NotFound { what: "push" })?;
        let now = self.clock.now();
        let push = Push {
            shop: &shop.id,
            target: &target,
            notice: &test_notice(shop, now)?,
            now,
        };
        Ok(match self.sender.send(push).await {
            Ok(reply) => TestOutcome {
                reason: None,
                status: Some(reply.status),
                said: Some(reply.said).filter(|said| !said.is_empty()),
            },
            Err(error) => {
                let failure = error.into_failure();
                TestOutcome {
                    reason: Some(failure.reason),
                    status: failure.status,
                    said: failure.said,
                }
            }
        })
    }

    /// Says that deliveries may have become due.
    pub fn look_again(&self) {
        self.handed_in.notify_one();
    }

    /// Waits until deliveries may have become due.
    pub async fn handed_in(&self) {
        self.handed_in.notified().await;
    }

    /// Takes at most `limit` deliveries that are due, one a target.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_due(&self, limit: u32) -> StoreResult<Vec<TakenDelivery>> {
        let now = self.clock.now();
        let leased_until = now.checked_add(self.timing.lease);
        let leased_until = leased_until.unwrap_or(Timestamp::MAX);
        self.store.take_deliveries(now, leased_until, limit).await
    }

    /// Delivers one that was taken, or sees to it that it is tried again or given up.
    ///
    /// # Errors
    /// When the store fails: it is then tried again when its lease is over.
    pub async fn deliver(&self, taken: &TakenDelivery) -> StoreResult<()> {
        let end = self.attempt(taken).await;
        self.store.end_attempt(taken, &end, self.clock.now()).await
    }

    /// Forgets what ended long ago.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget_old(&self) -> StoreResult<u64> {
        let before = self.clock.now().checked_sub(self.timing.keep);
        let before = before.unwrap_or(Timestamp::MIN);
        self.store.forget_deliveries(before).await
    }

    async fn attempt(&self, taken: &TakenDelivery) -> AttemptEnd {
        // Taken again and again without an end: whatever it does to this
        // process, it is not to do so for ever.
        if taken.attempt > self.timing.retry.attempts {
            return AttemptEnd::Dead(PushFailure {
                reason: PushFailureReason::TimedOut,
                status: None,
                said: None,
            });
        }
        let push = Push {
            shop: &taken.shop,
            target: &taken.target,
            notice: &taken.notice,
            now: self.clock.now(),
        };
        match self.sender.send(push).await {
            Ok(_) => AttemptEnd::Delivered,
            Err(error) => {
                let end = self.after(taken.attempt, error);
                report(taken, &end);
                end
            }
        }
    }

    fn after(&self, attempt: u32, error: PushError) -> AttemptEnd {
        let retry = &self.timing.retry;
        if !error.may_pass() || !retry.allows_another(attempt) {
            return AttemptEnd::Dead(error.into_failure());
        }
        // Half of each pause is certain: nobody waits for this, and a server
        // that is ill is not to be asked again at once.
        let draw = 0.5 + rand::random::<f64>() / 2.0;
        let wish = error.wish().map(|wish| wish.min(retry.longest_pause));
        let pause = retry.pause(attempt, draw, wish);
        AttemptEnd::Retry {
            after: SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX),
            failure: error.into_failure(),
        }
    }
}

fn report(taken: &TakenDelivery, end: &AttemptEnd) {
    let (failure, is_dead) = match end {
        AttemptEnd::Delivered => return,
        AttemptEnd::Retry { failure, .. } => (failure, false),
        AttemptEnd::Dead(failure) => (failure, true),
    };
    // What the other side said may hold anything, and stays out of the log.
    tracing::warn!(
        shop = taken.shop.as_str(),
        push = %taken.target.id,
        delivery = %taken.id,
        attempt = taken.attempt,
        is_dead,
        reason = ?failure.reason,
        status = failure.status,
        "push was not taken"
    );
}

fn test_notice(shop: &Shop, now: Timestamp) -> StoreResult<Notice> {
    let id = NoticeId::parse(&format!("test:{}", Uuid::now_v7()));
    let id = id.map_err(|fault| StoreError::Corrupt {
        what: "notice id",
        detail: fault.to_string(),
    })?;
    let (title, line) = match shop.locale {
        Locale::Chinese => (
            "知问测试推送".to_owned(),
            format!("收到这条消息，说明“{}”的推送已经设置好了。", shop.name),
        ),
        Locale::English => (
            "Test from Zhiwen".to_owned(),
            format!(
                "This message says that pushes of {} arrive here.",
                shop.name
            ),
        ),
    };
    Ok(Notice {
        id,
        kind: NoticeKind::Test,
        title,
        lines: vec![line],
        locale: shop.locale,
        url: None,
        data: serde_json::Value::Null,
        week: None,
        at: now,
    })
}
