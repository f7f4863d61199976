//! Runs of jobs.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection};

use super::SqliteStore;
use super::rows::{from_json, from_word, made_id, optional_time, sound, time, to_json, word};
use crate::domain::ids::{JobId, ShopId};
use crate::domain::job::{Job, JobKind};
use crate::store::{JobEnd, JobStore, StoreError, StoreResult};

const COLUMNS: &str = "shop, id, kind, state, attempts, asked_at, started_at, ended_at, report";

#[async_trait]
impl JobStore for SqliteStore {
    async fn ask_job(&self, shop: &ShopId, kind: JobKind, at: Timestamp) -> StoreResult<Job> {
        let mut transaction = self.write().await?;
        let kind = word("job kind", &kind)?;
        sqlx::query(
            "INSERT INTO jobs (shop, id, kind, state, attempts, asked_at)
             SELECT shop, ?2, ?3, 'waiting', 0, ?4 FROM shops WHERE shop = ?1
             ON CONFLICT DO NOTHING",
        )
        .bind(shop.as_str())
        .bind(JobId::make().as_bytes())
        .bind(&kind)
        .bind(at.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        let waiting = select("WHERE shop = ?1 AND kind = ?2 AND state = 'waiting'");
        let row: Option<JobRow> = sqlx::query_as(sqlx::AssertSqlSafe(waiting))
            .bind(shop.as_str())
            .bind(&kind)
            .fetch_optional(&mut *transaction)
            .await?;
        let job = row
            .ok_or(StoreError::NotFound { what: "shop" })?
            .into_job()?;
        transaction.commit().await?;
        Ok(job)
    }

    async fn begin_job(
        &self,
        now: Timestamp,
        leased_until: Timestamp,
        most_attempts: u32,
    ) -> StoreResult<Option<Job>> {
        // Asked every second: what finds nothing takes no write lock.
        let is_open: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE state IN ('waiting', 'running'))",
        )
        .fetch_one(&mut *self.read().await?)
        .await?;
        if !is_open {
            return Ok(None);
        }
        let mut transaction = self.write().await?;
        fail_the_dead(&mut transaction, now, most_attempts).await?;
        let row: Option<JobRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "UPDATE jobs SET state = 'running', attempts = attempts + 1, started_at = ?1,
                 leased_until = ?2
             WHERE (shop, id) = (
                 SELECT shop, id FROM jobs
                 WHERE state = 'waiting' OR (state = 'running' AND leased_until <= ?1)
                 ORDER BY asked_at, id LIMIT 1)
             RETURNING {COLUMNS}"
        )))
        .bind(now.as_millisecond())
        .bind(leased_until.as_millisecond())
        .fetch_optional(&mut *transaction)
        .await?;
        let job = row.map(JobRow::into_job).transpose()?;
        transaction.commit().await?;
        Ok(job)
    }

    async fn take_up_jobs(&self, now: Timestamp, most_attempts: u32) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "UPDATE jobs SET state = 'failed', ended_at = ?1, leased_until = NULL
             WHERE state = 'running' AND (attempts >= ?2 OR EXISTS (
                 SELECT 1 FROM jobs AS other
                 WHERE other.shop = jobs.shop AND other.kind = jobs.kind
                     AND (other.state = 'waiting'
                         OR (other.state = 'running' AND other.id > jobs.id))))",
        )
        .bind(now.as_millisecond())
        .bind(most_attempts)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "UPDATE jobs SET state = 'waiting', leased_until = NULL WHERE state = 'running'",
        )
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    async fn end_job(&self, job: &Job, end: &JobEnd) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        // The attempt tells this run from one that has taken its place.
        sqlx::query(
            "UPDATE jobs SET state = ?4, ended_at = ?5, report = ?6, leased_until = NULL
             WHERE shop = ?1 AND id = ?2 AND attempts = ?3 AND state = 'running'",
        )
        .bind(job.shop.as_str())
        .bind(job.id.as_bytes())
        .bind(job.attempts)
        .bind(if end.is_done { "done" } else { "failed" })
        .bind(end.at.as_millisecond())
        .bind(to_json("job report", &end.report)?)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    async fn job(&self, shop: &ShopId, id: JobId) -> StoreResult<Option<Job>> {
        let row: Option<JobRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(select("WHERE shop = ?1 AND id = ?2")))
                .bind(shop.as_str())
                .bind(id.as_bytes())
                .fetch_optional(&mut *self.read().await?)
                .await?;
        row.map(JobRow::into_job).transpose()
    }

    async fn jobs(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<Job>> {
        let latest = select("WHERE shop = ?1 ORDER BY id DESC LIMIT ?2");
        let rows: Vec<JobRow> = sqlx::query_as(sqlx::AssertSqlSafe(latest))
            .bind(shop.as_str())
            .bind(limit)
            .fetch_all(&mut *self.read().await?)
            .await?;
        rows.into_iter().map(JobRow::into_job).collect()
    }
}

fn select(rest: &str) -> String {
    format!("SELECT {COLUMNS} FROM jobs {rest}")
}

/// Runs that died as often as they may.
async fn fail_the_dead(
    connection: &mut SqliteConnection,
    now: Timestamp,
    most_attempts: u32,
) -> StoreResult<()> {
    sqlx::query(
        "UPDATE jobs SET state = 'failed', ended_at = ?1, leased_until = NULL
         WHERE state = 'running' AND leased_until <= ?1 AND attempts >= ?2",
    )
    .bind(now.as_millisecond())
    .bind(most_attempts)
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct JobRow {
    shop: String,
    id: Vec<u8>,
    kind: String,
    state: String,
    attempts: u32,
    asked_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    report: Option<String>,
}

impl JobRow {
    fn into_job(self) -> StoreResult<Job> {
        let report = self.report.as_deref();
        Ok(Job {
            id: made_id("job id", &self.id, JobId::parse)?,
            shop: sound("shop id", ShopId::parse(&self.shop))?,
            kind: from_word("job kind", self.kind)?,
            state: from_word("job state", self.state)?,
            attempts: self.attempts,
            asked_at: time(self.asked_at)?,
            started_at: optional_time(self.started_at)?,
            ended_at: optional_time(self.ended_at)?,
            report: report
                .map(|report| from_json("job report", report))
                .transpose()?,
        })
    }
}
