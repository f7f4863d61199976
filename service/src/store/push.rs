//! What pushing asks of storage.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreResult;
use crate::domain::ids::{DeliveryId, PushId, ShopId};
use crate::domain::push::{AttemptEnd, Delivery, DeliveryState, Notice, PushTarget, TakenDelivery};

/// Storage of targets, notices and deliveries. Errors are as of [`super::Store`].
#[async_trait]
pub trait PushStore {
    /// Adds a target. [`super::StoreError::Exists`] when the shop has one of that address.
    async fn create_push(&self, shop: &ShopId, target: &PushTarget) -> StoreResult<()>;
    /// Replaces a target's name, address, secret, wishes and schedule; its kind,
    /// `last_week` and `created_at` stay. [`super::StoreError::NotFound`] when there is none.
    async fn update_push(&self, shop: &ShopId, target: &PushTarget) -> StoreResult<()>;
    /// Removes a target with its deliveries.
    /// [`super::StoreError::NotFound`] when there is none.
    async fn delete_push(&self, shop: &ShopId, id: PushId) -> StoreResult<()>;
    /// A target.
    async fn push(&self, shop: &ShopId, id: PushId) -> StoreResult<Option<PushTarget>>;
    /// A shop's targets, oldest first.
    async fn pushes(&self, shop: &ShopId) -> StoreResult<Vec<PushTarget>>;

    /// Hands a notice in for those of `targets` that are there and on; says for
    /// how many it is new. One that a target was handed before, it is not
    /// handed again. A weekly digest's week becomes the target's `last_week`.
    async fn enqueue(
        &self,
        shop: &ShopId,
        notice: &Notice,
        targets: &[PushId],
    ) -> StoreResult<usize>;
    /// Takes deliveries of any shop that are due, leased until `leased_until`,
    /// at most `limit`: one a target at a time, the longest due first. One
    /// whose lease is over is due again.
    async fn take_deliveries(
        &self,
        now: Timestamp,
        leased_until: Timestamp,
        limit: u32,
    ) -> StoreResult<Vec<TakenDelivery>>;
    /// Says how an attempt ended. One that is not under way any more changes nothing.
    async fn end_attempt(
        &self,
        taken: &TakenDelivery,
        end: &AttemptEnd,
        at: Timestamp,
    ) -> StoreResult<()>;

    /// A delivery.
    async fn delivery(&self, shop: &ShopId, id: DeliveryId) -> StoreResult<Option<Delivery>>;
    /// A shop's deliveries, newest first, at most `limit`.
    async fn deliveries(
        &self,
        shop: &ShopId,
        filter: &DeliveryFilter,
        limit: u32,
    ) -> StoreResult<Vec<Delivery>>;
    /// Makes a delivery due at once; one that was given up begins anew, one that
    /// was delivered stays so. [`super::StoreError::NotFound`] when there is none.
    async fn redeliver(&self, shop: &ShopId, id: DeliveryId, at: Timestamp) -> StoreResult<()>;
    /// Forgets deliveries that ended before `before`, and notices that no
    /// delivery has any more; says how many deliveries.
    async fn forget_deliveries(&self, before: Timestamp) -> StoreResult<u64>;
}

/// Which deliveries to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only in this state.
    pub state: Option<DeliveryState>,
    /// Only to this target.
    pub push: Option<PushId>,
    /// Only older ones than this.
    pub before: Option<DeliveryId>,
}
