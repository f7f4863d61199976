//! What became of a period's suggestions, read from the store once for as long as
//! no suggestion and no feedback comes in.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::figures::{Freshness, LATELY};
use super::report::Desk;
use crate::domain::ids::ShopId;
use crate::store::{AnswerUse, Period, StoreError, StoreResult, SuggestionTotals};

/// Reading a month's outcomes takes a second where it has a hundred thousand
/// suggestions: pages spend no more than one part in so many on it.
const LEAST_PAUSE: u32 = 20;

/// Periods of each kind that are kept.
const MOST_KEPT: usize = 8;

/// Periods of which one stands for the other, where something may be missing.
const NEARLY: SignedDuration = SignedDuration::from_mins(6);

/// A shop's readings.
#[derive(Default)]
pub(super) struct Outcomes {
    totals: Readings<SuggestionTotals>,
    uses: Readings<Arc<Vec<AnswerUse>>>,
}

/// How many suggestions a period had, and what became of them.
///
/// # Errors
/// When there is no such shop or the store does not answer.
pub(super) async fn totals(
    desk: Desk<'_>,
    shop: &ShopId,
    period: Period,
) -> StoreResult<SuggestionTotals> {
    let figures = desk.figures.of(shop);
    let read = async || desk.store.suggestion_totals(shop, period).await;
    figures.outcomes.totals.get(desk, shop, period, read).await
}

/// How answers of a period were taken.
///
/// # Errors
/// When there is no such shop or the store does not answer.
pub(super) async fn uses(
    desk: Desk<'_>,
    shop: &ShopId,
    period: Period,
) -> StoreResult<Arc<Vec<AnswerUse>>> {
    let figures = desk.figures.of(shop);
    let read = async || desk.store.answer_uses(shop, period).await.map(Arc::new);
    figures.outcomes.uses.get(desk, shop, period, read).await
}

/// Readings of one kind, the latest few.
struct Readings<T> {
    kept: Mutex<Vec<Reading<T>>>,
    turn: tokio::sync::Mutex<()>,
}

struct Reading<T> {
    period: Period,
    revision: u64,
    made_at: Instant,
    took: Duration,
    value: T,
}

impl<T> Default for Readings<T> {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }
}

impl<T: Clone> Readings<T> {
    async fn get(
        &self,
        desk: Desk<'_>,
        shop: &ShopId,
        period: Period,
        read: impl AsyncFnOnce() -> StoreResult<T>,
    ) -> StoreResult<T> {
        if desk.freshness == Freshness::Lately
            && let Some(found) = self.lately(period)
        {
            return Ok(found);
        }
        // Whoever wants the same waits, and finds it read.
        let _turn = self.turn.lock().await;
        let revision = revision(desk, shop).await?;
        if let Some(found) = self.find(period, revision) {
            return Ok(found);
        }
        let made_at = Instant::now();
        let value = read().await?;
        self.put(Reading {
            period,
            revision,
            made_at,
            took: made_at.elapsed(),
            value: value.clone(),
        });
        Ok(value)
    }

    fn find(&self, period: Period, revision: u64) -> Option<T> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = kept.iter();
        let found = kept.find(|kept| kept.period == period && kept.revision >= revision)?;
        Some(found.value.clone())
    }

    fn lately(&self, period: Period) -> Option<T> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|kept| {
            let pause = LATELY.max(kept.took.saturating_mul(LEAST_PAUSE));
            is_nearly(kept.period, period) && kept.made_at.elapsed() < pause
        })?;
        Some(found.value.clone())
    }

    fn put(&self, made: Reading<T>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| !is_nearly(kept.period, made.period));
        if kept.len() >= MOST_KEPT {
            kept.remove(0);
        }
        kept.push(made);
    }
}

fn is_nearly(one: Period, other: Period) -> bool {
    let apart = |one: Timestamp, other: Timestamp| one.duration_since(other).abs();
    apart(one.from, other.from) <= NEARLY && apart(one.until, other.until) <= NEARLY
}

async fn revision(desk: Desk<'_>, shop: &ShopId) -> StoreResult<u64> {
    let revisions = desk.store.shop_revisions().await?;
    let found = revisions.iter().find(|revision| revision.shop == *shop);
    let found = found.ok_or(StoreError::NotFound { what: "shop" })?;
    Ok(found.suggestions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(from_minutes: i64, minutes: i64) -> Period {
        let at = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        Period {
            from: at(from_minutes),
            until: at(from_minutes + minutes),
        }
    }

    fn readings(period: Period, age: Duration, took: Duration) -> Readings<&'static str> {
        let readings = Readings::default();
        readings.put(Reading {
            period,
            revision: 5,
            made_at: Instant::now().checked_sub(age).expect("a late start"),
            took,
            value: "five",
        });
        readings
    }

    #[test]
    fn is_read_again_when_something_came_in() {
        let week = period(0, 10_080);
        let minute = Duration::from_secs(60);
        let readings = readings(week, minute, Duration::ZERO);
        assert_eq!(readings.find(week, 5), Some("five"));
        assert_eq!(readings.find(week, 4), Some("five"));
        assert_eq!(readings.find(week, 6), None);
        assert_eq!(readings.find(period(10_080, 10_080), 5), None);
    }

    #[test]
    fn what_took_long_is_good_for_longer() {
        let days = period(0, 40_320);
        let minute = Duration::from_secs(60);
        let quick = readings(days, minute, Duration::from_millis(10));
        assert_eq!(quick.lately(days), None);
        let slow = readings(days, minute, Duration::from_secs(4));
        assert_eq!(slow.lately(days), Some("five"));
        // The last days end later with each five minutes.
        assert_eq!(slow.lately(period(5, 40_320)), Some("five"));
        assert_eq!(slow.lately(period(0, 10_080)), None);
        let just_now = readings(days, Duration::ZERO, Duration::ZERO);
        assert_eq!(just_now.lately(days), Some("five"));
    }

    #[test]
    fn one_reading_of_a_period_is_kept() {
        let readings = readings(period(0, 60), Duration::ZERO, Duration::ZERO);
        let later = Reading {
            period: period(5, 60),
            revision: 6,
            made_at: Instant::now(),
            took: Duration::ZERO,
            value: "six",
        };
        readings.put(later);
        assert_eq!(readings.lately(period(0, 60)), Some("six"));
        assert_eq!(readings.kept.lock().expect("not poisoned").len(), 1);
    }
}
