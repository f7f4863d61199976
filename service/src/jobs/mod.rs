//! Named work beside the requests, one file a job; this file runs them.
//!
//! A run is leased: should its process die, another begins it again. Every job
//! is idempotent, so that it may.

mod cluster_questions;
mod deliver_pushes;
mod tell;
mod train_language;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{Notify, watch};

pub use cluster_questions::ClusterQuestions;
pub use deliver_pushes::deliver_pushes;
pub use tell::Teller;
pub use train_language::TrainLanguage;

use crate::domain::causes::with_causes;
use crate::domain::ids::ShopId;
use crate::domain::job::{Job, JobKind};
use crate::domain::time::Clock;
use crate::store::{JobEnd, Store, StoreError};

/// How often the runner looks for work that another process asked for.
const POLL: Duration = Duration::from_secs(1);

/// A run that has not ended by then is taken for dead.
const LEASE: Duration = Duration::from_secs(15 * 60);

/// A run that died this often is given up.
const MOST_ATTEMPTS: u32 = 3;

/// What the runner needs.
pub struct Runner {
    /// Storage.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Knows which shops have learned something.
    pub trainer: Arc<Trainer>,
    /// Knows which shops have heard something.
    pub clusterings: Trainer,
    /// The job that trains.
    pub train_language: TrainLanguage,
    /// The job that clusters.
    pub cluster_questions: ClusterQuestions,
}

/// Says where a job is due: where a shop has learned or heard something, at
/// most once in an interval.
pub struct Trainer {
    /// `None` never asks by itself.
    interval: Option<Duration>,
    shops: Mutex<HashMap<ShopId, Progress>>,
    asked: Notify,
}

/// How far a shop's training has come, as far as this process knows.
#[derive(Debug, Default)]
struct Progress {
    has_news: bool,
    knowledge: u64,
    asked_at: Option<Timestamp>,
}

impl Trainer {
    /// Trains each shop at most once in `interval`, or only when asked to.
    pub fn new(interval: Option<Duration>) -> Self {
        Self {
            interval,
            shops: Mutex::new(HashMap::new()),
            asked: Notify::new(),
        }
    }

    /// Says that a shop's people judged an answer or an intent.
    pub fn learned_from(&self, shop: &ShopId) {
        let mut shops = self.shops.lock().unwrap_or_else(PoisonError::into_inner);
        shops.entry(shop.clone()).or_default().has_news = true;
    }

    /// Says that the store has a run that waits.
    pub fn job_asked(&self) {
        self.asked.notify_one();
    }

    /// Notes that the run is asked for: what comes from here on is news.
    fn asked(&self, shop: &ShopId, now: Timestamp) {
        let mut shops = self.shops.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = shops.entry(shop.clone()).or_default();
        progress.has_news = false;
        progress.asked_at = Some(now);
    }

    /// Says that a run did nothing: it is due again after the interval.
    fn failed(&self, shop: &ShopId) {
        self.learned_from(shop);
    }

    /// Notes how far a shop's knowledge has come; says whether training is due.
    fn is_due(&self, shop: &ShopId, knowledge: u64, now: Timestamp) -> bool {
        let Some(interval) = self.interval else {
            return false;
        };
        let mut shops = self.shops.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = shops.entry(shop.clone()).or_default();
        progress.has_news |= progress.knowledge < knowledge;
        progress.knowledge = knowledge;
        let has_rested = progress
            .asked_at
            .is_none_or(|asked_at| now.duration_since(asked_at).unsigned_abs() >= interval);
        progress.has_news && has_rested
    }
}

/// Lets runs wait again that were cut off with the process that ran them.
///
/// # Errors
/// When the store cannot be written.
pub async fn take_up(store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
    store.take_up_jobs(now, MOST_ATTEMPTS).await
}

/// Runs jobs, one after the other, until `stop` turns true.
pub async fn run(runner: Arc<Runner>, mut stop: watch::Receiver<bool>) {
    loop {
        let work = async {
            ask_for_what_is_due(&runner).await?;
            while let Some(job) = begin(&runner).await? {
                run_one(&runner, job).await?;
            }
            Ok::<(), StoreError>(())
        };
        tokio::select! {
            worked = work => if let Err(error) = worked {
                tracing::error!(error = %with_causes(&error), "jobs cannot be run");
            },
            _ = stop.changed() => return,
        }
        tokio::select! {
            () = runner.trainer.asked.notified() => {}
            () = tokio::time::sleep(POLL) => {}
            _ = stop.changed() => return,
        }
    }
}

async fn ask_for_what_is_due(runner: &Runner) -> Result<(), StoreError> {
    for revision in runner.store.shop_revisions().await? {
        let now = runner.clock.now();
        let shop = &revision.shop;
        let store = runner.store.as_ref();
        if runner.trainer.is_due(shop, revision.knowledge, now) {
            store.ask_job(shop, JobKind::TrainLanguage, now).await?;
            runner.trainer.asked(shop, now);
        }
        // Questions are clustered where there are any; which of them an item
        // answers changes with the knowledge too.
        let heard = revision.messages + revision.knowledge;
        let is_read = revision.messages > 0 && store.unread_threads(shop, 1).await?.is_empty();
        if is_read && runner.clusterings.is_due(shop, heard, now) {
            store.ask_job(shop, JobKind::ClusterQuestions, now).await?;
            runner.clusterings.asked(shop, now);
        }
    }
    Ok(())
}

async fn begin(runner: &Runner) -> Result<Option<Job>, StoreError> {
    let now = runner.clock.now();
    let leased_until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
    runner
        .store
        .begin_job(now, leased_until, MOST_ATTEMPTS)
        .await
}

async fn run_one(runner: &Runner, job: Job) -> Result<(), StoreError> {
    let outcome = match job.kind {
        JobKind::TrainLanguage => runner.train_language.run(&job.shop).await,
        JobKind::ClusterQuestions => runner.cluster_questions.run(&job.shop).await,
    };
    if outcome.is_err() {
        let due = match job.kind {
            JobKind::TrainLanguage => &*runner.trainer,
            JobKind::ClusterQuestions => &runner.clusterings,
        };
        due.failed(&job.shop);
    }
    let (is_done, report) = match outcome {
        Ok(report) => (true, report),
        Err(error) => {
            let cause = with_causes(error.as_ref());
            tracing::error!(
                shop = job.shop.as_str(),
                job = %job.id,
                error = %cause,
                "job failed"
            );
            (false, json!({ "error": error.to_string() }))
        }
    };
    let at = runner.clock.now();
    let end = JobEnd {
        is_done,
        report,
        at,
    };
    runner.store.end_job(&job, &end).await
}

/// Why a job failed.
type JobError = Box<dyn std::error::Error + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_once_in_an_interval_and_only_for_news() {
        let trainer = Trainer::new(Some(Duration::from_secs(600)));
        let shop = ShopId::parse("hemu").expect("valid");
        let at = |second| Timestamp::from_second(second).expect("valid");
        assert!(!trainer.is_due(&shop, 0, at(0)));
        // Due until it is asked for: the store may refuse.
        assert!(trainer.is_due(&shop, 3, at(0)));
        assert!(trainer.is_due(&shop, 3, at(0)));
        trainer.asked(&shop, at(0));
        assert!(!trainer.is_due(&shop, 4, at(10)));
        assert!(trainer.is_due(&shop, 4, at(600)));
        trainer.asked(&shop, at(600));
        assert!(!trainer.is_due(&shop, 4, at(1_200)));
        trainer.failed(&shop);
        assert!(trainer.is_due(&shop, 4, at(1_200)));
        trainer.asked(&shop, at(1_200));
        assert!(!trainer.is_due(&shop, 4, at(2_000)));
        trainer.learned_from(&shop);
        assert!(trainer.is_due(&shop, 4, at(2_000)));
        let never = Trainer::new(None);
        never.learned_from(&shop);
        assert!(!never.is_due(&shop, 9, at(9_999)));
    }
}
