//! Runs of jobs.

use std::sync::Arc;

use serde_json::json;

use super::fixtures::{new_shop, shop, time};
use crate::domain::ids::JobId;
use crate::domain::job::{Job, JobKind, JobState};
use crate::store::{JobEnd, Store, StoreError};

const KIND: JobKind = JobKind::TrainLanguage;

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    asks_for_one_run_at_a_time(store).await;
    begins_each_run_once(store).await;
    takes_a_dead_run_up_again(store).await;
    takes_up_what_was_cut_off(store).await;
    knows_runs_by_shop(store).await;
}

/// Who asks for what waits already is told of that run.
pub async fn asks_for_one_run_at_a_time(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let first = store.ask_job(&shop, KIND, time(1)).await.unwrap();
    let again = store.ask_job(&shop, KIND, time(2)).await.unwrap();
    assert_eq!(first, again);
    assert_eq!((first.state, first.attempts), (JobState::Waiting, 0));
    assert!(matches!(
        store.ask_job(&self::shop().id, KIND, time(1)).await,
        Err(StoreError::NotFound { what: "shop" })
    ));
    let begun = begin(store, 3, 10).await.unwrap();
    assert_eq!(begun.id, first.id);
    let next = store.ask_job(&shop, KIND, time(4)).await.unwrap();
    assert_ne!(next.id, first.id);
    end(store, &begun, 5).await;
    let begun = begin(store, 6, 10).await.unwrap();
    assert_eq!(begun.id, next.id);
    end(store, &begun, 7).await;
}

/// At a start, the latest of the runs that were cut off waits again, at once.
pub async fn takes_up_what_was_cut_off(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let mut cut_off = Vec::new();
    for second in [1, 3] {
        store.ask_job(&shop, KIND, time(second)).await.unwrap();
        cut_off.push(begin(store, second + 1, 1_000).await.unwrap());
    }
    let state = async |job: &Job| store.job(&shop, job.id).await.unwrap().unwrap().state;
    store.take_up_jobs(time(5), 3).await.unwrap();
    assert_eq!(state(&cut_off[0]).await, JobState::Failed);
    assert_eq!(state(&cut_off[1]).await, JobState::Waiting);
    // It is the one that somebody asks for now.
    let asked = store.ask_job(&shop, KIND, time(6)).await.unwrap();
    assert_eq!(asked.id, cut_off[1].id);
    for attempts in [2, 3] {
        let begun = begin(store, 7, 1_000).await.unwrap();
        assert_eq!((begun.id, begun.attempts), (asked.id, attempts));
        store.take_up_jobs(time(8), 3).await.unwrap();
    }
    assert_eq!(state(&asked).await, JobState::Failed);
    // One that waits takes the place of the one that was cut off.
    store.ask_job(&shop, KIND, time(9)).await.unwrap();
    let begun = begin(store, 10, 1_000).await.unwrap();
    let waiting = store.ask_job(&shop, KIND, time(11)).await.unwrap();
    store.take_up_jobs(time(12), 3).await.unwrap();
    assert_eq!(state(&begun).await, JobState::Failed);
    assert_eq!(state(&waiting).await, JobState::Waiting);
    let begun = begin(store, 13, 1_000).await.unwrap();
    end(store, &begun, 14).await;
}

/// A run belongs to one runner, and ends with its report.
pub async fn begins_each_run_once(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let asked = store.ask_job(&shop, KIND, time(1)).await.unwrap();
    let begun = begin(store, 2, 10).await.unwrap();
    assert_eq!((begun.state, begun.attempts), (JobState::Running, 1));
    assert_eq!(begun.started_at, Some(time(2)));
    assert_eq!(begin(store, 3, 11).await, None);
    end(store, &begun, 4).await;
    let ended = store.job(&shop, asked.id).await.unwrap().unwrap();
    assert_eq!(ended.state, JobState::Done);
    assert_eq!(ended.ended_at, Some(time(4)));
    assert_eq!(ended.report, Some(json!({"examples": 3})));
    assert_eq!(begin(store, 20, 30).await, None);
}

/// A run whose lease is over is begun again, as often as it may; the runner
/// that was taken for dead ends nothing any more.
pub async fn takes_a_dead_run_up_again(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    store.ask_job(&shop, KIND, time(1)).await.unwrap();
    let dead = begin(store, 2, 10).await.unwrap();
    assert_eq!(begin(store, 9, 20).await, None);
    let second = begin(store, 10, 20).await.unwrap();
    assert_eq!((second.id, second.attempts), (dead.id, 2));
    end(store, &dead, 11).await;
    let found = store.job(&shop, dead.id).await.unwrap().unwrap();
    assert_eq!(found.state, JobState::Running);
    assert_eq!(begin(store, 20, 30).await, None);
    let failed = store.job(&shop, dead.id).await.unwrap().unwrap();
    assert_eq!(failed.state, JobState::Failed);
    assert_eq!(failed.ended_at, Some(time(20)));
}

/// A shop's runs are its own, the newest first.
pub async fn knows_runs_by_shop(store: &Arc<dyn Store>) {
    let (one, other) = (new_shop(store).await, new_shop(store).await);
    let mut asked = Vec::new();
    for at in [1, 3] {
        asked.push(store.ask_job(&one, KIND, time(at)).await.unwrap().id);
        let begun = begin(store, at + 1, at + 9).await.unwrap();
        end(store, &begun, at + 1).await;
    }
    asked.reverse();
    let found = store.jobs(&one, 9).await.unwrap();
    assert_eq!(found.iter().map(|job| job.id).collect::<Vec<_>>(), asked);
    assert_eq!(store.jobs(&one, 1).await.unwrap().len(), 1);
    assert!(store.jobs(&other, 9).await.unwrap().is_empty());
    assert_eq!(store.job(&other, asked[0]).await.unwrap(), None);
    assert_eq!(store.job(&one, JobId::make()).await.unwrap(), None);
}

/// Begins a run, of at most two attempts. The suite leaves none open, so that
/// what it begins is its own.
async fn begin(store: &Arc<dyn Store>, now: i64, leased_until: i64) -> Option<Job> {
    let begun = store.begin_job(time(now), time(leased_until), 2).await;
    begun.unwrap()
}

async fn end(store: &Arc<dyn Store>, job: &Job, at: i64) {
    let end = JobEnd {
        is_done: true,
        report: json!({"examples": 3}),
        at: time(at),
    };
    store.end_job(job, &end).await.unwrap();
}
