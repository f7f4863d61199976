//! Figures of shops kept in memory: counted once for as long as what they are
//! counted from stays as it is, for however many ask.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use super::outcomes::Outcomes;
use super::overview::Rhythm;
use super::profile::{Group, Profile};
use super::report::InsightError;
use super::review::Asked;
use super::stamp::Stamp;
use super::standing::Standing;
use super::weeks::WeekFigures;
use crate::domain::ids::ShopId;
use crate::domain::insights::WeeklyReport;
use crate::domain::week::Week;
use crate::knowledge::findings::Finding;
use crate::pool::PoolError;

/// Counts that may wait for their turn, of all shops.
const MOST_WAITING: usize = 64;

/// How old figures may be that [`Freshness::Lately`] is content with.
pub const LATELY: Duration = Duration::from_secs(3);

/// What "until now" is rounded up to, so that a stretch of days that ends now
/// is the same for a while.
const MINUTES: i64 = 5;

/// How much may have happened since figures were counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Freshness {
    /// Nothing: what was written before the request is in them.
    #[default]
    Now,
    /// They may lack questions and feedback that came in the last [`LATELY`]. What people
    /// did to clusters, names and policies is in them all the same.
    Lately,
}

/// Every shop's figures, and the hands that count them.
pub struct Figures {
    shops: Mutex<HashMap<ShopId, Arc<ShopFigures>>>,
    entrances: Arc<Semaphore>,
    hands: Arc<Semaphore>,
    counts: AtomicU64,
}

/// Leave to count: one that waits has an entrance, one that counts a hand too.
struct Leave {
    _entrance: OwnedSemaphorePermit,
    _hand: OwnedSemaphorePermit,
}

impl Figures {
    /// At most `hands` counts run at the same time.
    pub fn new(hands: usize) -> Self {
        Self {
            shops: Mutex::default(),
            entrances: Arc::new(Semaphore::new(hands + MOST_WAITING)),
            hands: Arc::new(Semaphore::new(hands)),
            counts: AtomicU64::new(0),
        }
    }

    /// How many counts have been begun.
    pub fn counts(&self) -> u64 {
        self.counts.load(Ordering::Relaxed)
    }

    /// Computes where it may take its time: a year of questions takes tens of
    /// milliseconds. What is begun is ended, though the caller goes.
    ///
    /// # Errors
    /// When too many wait already, or `work` panicked.
    pub(super) async fn count<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, InsightError> {
        let entrance = Arc::clone(&self.entrances).try_acquire_owned();
        let entrance = entrance.map_err(|_| PoolError::Overloaded)?;
        let hand = Arc::clone(&self.hands).acquire_owned().await;
        let leave = Leave {
            _entrance: entrance,
            _hand: hand.map_err(|_| PoolError::Overloaded)?,
        };
        self.counts.fetch_add(1, Ordering::Relaxed);
        let counted = spawn_blocking(move || {
            let counted = work();
            drop(leave);
            counted
        });
        Ok(counted.await.map_err(|_| PoolError::Panicked)?)
    }

    /// What is kept of a shop.
    pub(super) fn of(&self, shop: &ShopId) -> Arc<ShopFigures> {
        let mut shops = lock(&self.shops);
        let figures = shops.entry(shop.clone()).or_default();
        *lock(&figures.asked_at) = Instant::now();
        Arc::clone(figures)
    }

    /// Lets go of the figures of shops that nobody has asked for since `since`.
    pub fn forget_idle(&self, since: Instant) {
        lock(&self.shops).retain(|_, figures| *lock(&figures.asked_at) >= since);
    }

    /// Shops whose figures are kept.
    pub fn shops(&self) -> usize {
        lock(&self.shops).len()
    }
}

/// What is kept of a shop: some megabytes where it has a hundred thousand questions.
pub(super) struct ShopFigures {
    asked_at: Mutex<Instant>,
    /// Its recurring questions, as they stand.
    pub standing: Arc<Shelf<(), Standing>>,
    /// Reports, by week and by whether it had ended.
    pub reports: Arc<Shelf<(Week, bool), WeeklyReport>>,
    /// How much was asked in each week.
    pub weeks: Arc<Shelf<(), Vec<WeekFigures>>>,
    /// What became of suggestions.
    pub outcomes: Outcomes,
    /// Days and hours, by week.
    pub rhythms: Arc<Shelf<Week, Rhythm>>,
    /// Profiles, by the group asked for.
    pub profiles: Arc<Shelf<Group, Profile>>,
    /// What is wrong with its knowledge, by what was looked for.
    pub findings: Arc<Shelf<Asked, Vec<Finding>>>,
    /// Fingerprints of weeks, by the change that they were made at.
    fingerprints: Mutex<HashMap<(Week, String), (u64, u64)>>,
}

impl Default for ShopFigures {
    fn default() -> Self {
        Self {
            asked_at: Mutex::new(Instant::now()),
            standing: Arc::new(Shelf::new(1)),
            reports: Arc::new(Shelf::new(6)),
            weeks: Arc::new(Shelf::new(1)),
            outcomes: Outcomes::default(),
            rhythms: Arc::new(Shelf::new(6)),
            profiles: Arc::new(Shelf::new(24)),
            findings: Arc::new(Shelf::new(4)),
            fingerprints: Mutex::default(),
        }
    }
}

impl ShopFigures {
    /// A week's fingerprint, if it was made since the change that the ledger
    /// counts as the week's last.
    pub fn fingerprint(&self, week: &(Week, String), changed: u64) -> Option<u64> {
        let kept = *lock(&self.fingerprints).get(week)?;
        (kept.0 == changed).then_some(kept.1)
    }

    /// Keeps a week's fingerprint with the week's last change.
    pub fn keep_fingerprint(&self, week: (Week, String), made: (u64, u64)) {
        lock(&self.fingerprints).insert(week, made);
    }
}

/// Figures of one kind, the latest few.
pub(super) struct Shelf<K, T> {
    most: usize,
    /// Those asked for last at the end.
    kept: Mutex<Vec<Kept<K, T>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

struct Kept<K, T> {
    key: K,
    stamp: Stamp,
    made_at: Instant,
    value: Arc<T>,
}

/// The right to count for a shelf: whoever wants the same waits for it, and
/// finds it counted.
pub(super) struct Turn(OwnedMutexGuard<()>);

impl<K, T> Shelf<K, T>
where
    K: PartialEq + Send + 'static,
    T: Send + Sync + 'static,
{
    fn new(most: usize) -> Self {
        Self {
            most,
            kept: Mutex::default(),
            turn: Arc::default(),
        }
    }

    /// What is kept and fresh enough.
    pub fn find(&self, key: &K, asked: &Stamp, freshness: Freshness) -> Option<Arc<T>> {
        let mut kept = lock(&self.kept);
        let place = kept.iter().position(|kept| kept.key == *key)?;
        let found = &kept[place];
        let is_fresh = found.stamp.covers(asked)
            || freshness == Freshness::Lately
                && found.made_at.elapsed() < LATELY
                && found.stamp.is_arranged_as(asked);
        if !is_fresh {
            return None;
        }
        let found = kept.remove(place);
        let value = Arc::clone(&found.value);
        kept.push(found);
        Some(value)
    }

    /// What was kept last of a key that `is_wanted`, whatever came since.
    pub fn last(&self, is_wanted: impl Fn(&K) -> bool) -> Option<(K, Arc<T>)>
    where
        K: Clone,
    {
        let kept = lock(&self.kept);
        let found = kept
            .iter()
            .filter(|kept| is_wanted(&kept.key))
            .max_by_key(|kept| kept.made_at)?;
        Some((found.key.clone(), Arc::clone(&found.value)))
    }

    /// Waits for the turn to count.
    pub async fn turn(&self) -> Turn {
        Turn(Arc::clone(&self.turn).lock_owned().await)
    }

    /// Counts and keeps it.
    ///
    /// # Errors
    /// When too many wait already, or `work` panicked.
    pub async fn fill(
        self: &Arc<Self>,
        figures: &Figures,
        turn: Turn,
        (key, stamp): (K, Stamp),
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Arc<T>, InsightError> {
        let shelf = Arc::clone(self);
        figures
            .count(move || {
                let made_at = Instant::now();
                let value = Arc::new(work());
                shelf.put(Kept {
                    key,
                    stamp,
                    made_at,
                    value: Arc::clone(&value),
                });
                drop(turn.0);
                value
            })
            .await
    }

    fn put(&self, made: Kept<K, T>) {
        let mut kept = lock(&self.kept);
        kept.retain(|kept| kept.key != made.key);
        if kept.len() >= self.most {
            kept.remove(0);
        }
        kept.push(made);
    }
}

/// The beginning of the stretch of five minutes that `now` is in.
pub fn rounded_down(now: Timestamp) -> Timestamp {
    let step = MINUTES * 60_000;
    let start = now.as_millisecond().div_euclid(step) * step;
    Timestamp::from_millisecond(start).unwrap_or(now)
}

/// The end of the stretch of five minutes that `now` is in.
pub fn rounded_up(now: Timestamp) -> Timestamp {
    let step = MINUTES * 60_000;
    let end = (now.as_millisecond().div_euclid(step) + 1) * step;
    Timestamp::from_millisecond(end).unwrap_or(now)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(revision: u64, arrangement: u64) -> Stamp {
        Stamp {
            arrangement,
            ..Stamp::of_knowledge(revision)
        }
    }

    /// A shelf with one value, counted at revision 5 with the clusters of 3, so long ago.
    fn shelf(age: Duration) -> Shelf<u8, &'static str> {
        let shelf = Shelf::new(2);
        shelf.put(Kept {
            key: 1,
            stamp: stamp(5, 3),
            made_at: Instant::now().checked_sub(age).expect("a late start"),
            value: Arc::new("five"),
        });
        shelf
    }

    #[test]
    fn figures_may_lack_what_came_lately_but_no_edit() {
        use Freshness::{Lately, Now};
        let minute = Duration::from_secs(60);
        let finds = |age, asked: &Stamp, freshness| shelf(age).find(&1, asked, freshness).is_some();
        for freshness in [Now, Lately] {
            assert!(finds(minute, &stamp(5, 3), freshness));
            // Whoever looked before the count began finds all that he knows of.
            assert!(finds(minute, &stamp(4, 3), freshness));
            // People changed clusters.
            assert!(!finds(Duration::ZERO, &stamp(6, 6), freshness));
            assert!(shelf(minute).find(&2, &stamp(5, 3), freshness).is_none());
        }
        // A question came in.
        assert!(!finds(Duration::ZERO, &stamp(6, 3), Now));
        assert!(finds(Duration::ZERO, &stamp(6, 3), Lately));
        assert!(!finds(minute, &stamp(6, 3), Lately));
        let other_policy = Stamp {
            policy: 1,
            ..stamp(5, 3)
        };
        assert!(!finds(Duration::ZERO, &other_policy, Lately));
        let later = Timestamp::UNIX_EPOCH + Duration::from_secs(300);
        let other_day = Stamp {
            until: later,
            ..stamp(5, 3)
        };
        assert!(!finds(Duration::ZERO, &other_day, Now));
        let mut judged = stamp(5, 3);
        judged.inputs.suggestions[0].used = 1;
        assert!(!finds(Duration::ZERO, &judged, Now));
        assert!(finds(Duration::ZERO, &judged, Lately));
    }

    #[test]
    fn keeps_the_latest_few() {
        let shelf = shelf(Duration::ZERO);
        let now = stamp(5, 3);
        for key in [2, 3] {
            assert!(shelf.find(&1, &now, Freshness::Now).is_some());
            shelf.put(Kept {
                key,
                stamp: now.clone(),
                made_at: Instant::now(),
                value: Arc::new("another"),
            });
        }
        assert!(shelf.find(&1, &now, Freshness::Now).is_some());
        assert!(shelf.find(&2, &now, Freshness::Now).is_none());
        assert!(shelf.find(&3, &now, Freshness::Now).is_some());
    }

    #[tokio::test]
    async fn counts_so_many_at_once_and_lets_so_many_wait() {
        let figures = Arc::new(Figures::new(1));
        let (release, held) = std::sync::mpsc::channel::<()>();
        let mut busy = Box::pin(figures.count(move || held.recv().is_ok()));
        assert!(futures_util::poll!(&mut busy).is_pending());
        let mut waiting = Vec::new();
        for _ in 0..MOST_WAITING {
            let mut waits = Box::pin(figures.count(|| ()));
            assert!(futures_util::poll!(&mut waits).is_pending());
            waiting.push(waits);
        }
        let refused = figures.count(|| ()).await;
        assert!(matches!(
            refused,
            Err(InsightError::Pool(PoolError::Overloaded))
        ));
        assert_eq!(figures.counts(), 1);
        // The one that counts goes on though its caller has gone, and keeps its hand.
        drop(busy);
        assert!(futures_util::poll!(&mut waiting[0]).is_pending());
        release.send(()).expect("held");
        for waits in waiting {
            assert!(waits.await.is_ok());
        }
        assert_eq!(figures.counts(), 1 + MOST_WAITING as u64);
    }

    #[tokio::test]
    async fn a_count_that_panics_leaves_its_place_to_the_next() {
        let figures = Figures::new(1);
        let shelf: Arc<Shelf<u8, u8>> = Arc::new(Shelf::new(1));
        let turn = shelf.turn().await;
        let broken = shelf.fill(&figures, turn, (1, stamp(1, 1)), || panic!("on purpose"));
        assert!(matches!(
            broken.await,
            Err(InsightError::Pool(PoolError::Panicked))
        ));
        let turn = shelf.turn().await;
        let counted = shelf.fill(&figures, turn, (1, stamp(1, 1)), || 7).await;
        assert_eq!(counted.ok().as_deref(), Some(&7));
    }
}
