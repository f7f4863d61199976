//! What is wrong with a shop's knowledge, looked for once for as long as the
//! knowledge stays as it is: ten thousand items take seconds.

use std::sync::Arc;

use jiff::Timestamp;

use super::report::{Desk, InsightError};
use super::stamp::Stamp;
use crate::domain::ids::ShopId;
use crate::knowledge::findings::{Finding, Kind, Wanted, approved, findings};
use crate::store::StoreError;

/// The findings of a shop's knowledge as it stands.
///
/// # Errors
/// When there is no such shop, the store does not answer, or too much is being
/// counted already.
pub async fn review(
    desk: Desk<'_>,
    shop: &ShopId,
    wanted: &Wanted,
) -> Result<Arc<Vec<Finding>>, InsightError> {
    let kept = desk.figures.of(shop);
    let shelf = &kept.findings;
    let key = Asked::of(wanted);
    let mut turn = None;
    loop {
        let revisions = desk.store.shop_revisions().await?;
        let revision = revisions.iter().find(|revision| revision.shop == *shop);
        let revision = revision.ok_or(StoreError::NotFound { what: "shop" })?;
        let stamp = Stamp::of_knowledge(revision.knowledge);
        if let Some(found) = shelf.find(&key, &stamp, desk.freshness) {
            return Ok(found);
        }
        let Some(turn) = turn.take() else {
            turn = Some(shelf.turn().await);
            continue;
        };
        // Read after the revision: a change in between is looked at again.
        let items = approved(desk.store, shop).await?;
        let wanted = wanted.clone();
        let work = move || findings(&items, &wanted);
        return shelf.fill(desk.figures, turn, (key, stamp), work).await;
    }
}

/// The findings that were looked for last, whatever was changed since, with the
/// time that they were true at; `None` when none are kept.
pub fn reviewed_before(
    desk: Desk<'_>,
    shop: &ShopId,
    wanted: &Wanted,
) -> Option<(Timestamp, Arc<Vec<Finding>>)> {
    let now = Asked::of(wanted);
    let is_like = |asked: &Asked| {
        *asked
            == Asked {
                at: asked.at,
                ..now.clone()
            }
    };
    let (asked, found) = desk.figures.of(shop).findings.last(is_like)?;
    Some((asked.at, found))
}

/// What was looked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    kind: Option<Kind>,
    at: Timestamp,
    within_days: u16,
    zone: Option<String>,
}

impl Asked {
    fn of(wanted: &Wanted) -> Self {
        Self {
            kind: wanted.kind,
            at: wanted.at,
            within_days: wanted.within_days,
            zone: wanted.zone.iana_name().map(ToOwned::to_owned),
        }
    }
}
