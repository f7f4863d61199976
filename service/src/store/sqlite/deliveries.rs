//! Pushes that are to be delivered, and what became of them.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection};

use super::SqliteStore;
use super::pushes::{self, TargetRow};
use super::rows::{from_json, from_word, made_id, optional_time, sound, time, to_json, word};
use crate::domain::ids::{DeliveryId, NoticeId, PushId, ShopId};
use crate::domain::push::{AttemptEnd, Delivery, Notice, PushTarget, TakenDelivery};
use crate::domain::time::to_milliseconds;
use crate::domain::week::Week;
use crate::store::{DeliveryFilter, PushStore, StoreError, StoreResult};

const COLUMNS: &str = "deliveries.id, target, notice, told.kind, title, state, attempts, \
     next_at, failure, deliveries.at, ended_at";

#[async_trait]
impl PushStore for SqliteStore {
    async fn create_push(&self, shop: &ShopId, target: &PushTarget) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        pushes::create(&mut transaction, shop, target).await?;
        Ok(transaction.commit().await?)
    }

    async fn update_push(&self, shop: &ShopId, target: &PushTarget) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        pushes::update(&mut transaction, shop, target).await?;
        Ok(transaction.commit().await?)
    }

    async fn delete_push(&self, shop: &ShopId, id: PushId) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        pushes::delete(&mut transaction, shop, id).await?;
        Ok(transaction.commit().await?)
    }

    async fn push(&self, shop: &ShopId, id: PushId) -> StoreResult<Option<PushTarget>> {
        pushes::find(&mut *self.read().await?, shop, id).await
    }

    async fn pushes(&self, shop: &ShopId) -> StoreResult<Vec<PushTarget>> {
        pushes::of_shop(&mut *self.read().await?, shop).await
    }

    async fn enqueue(
        &self,
        shop: &ShopId,
        notice: &Notice,
        targets: &[PushId],
    ) -> StoreResult<usize> {
        if targets.is_empty() {
            return Ok(0);
        }
        let mut transaction = self.write().await?;
        insert_notice(&mut transaction, shop, notice).await?;
        let mut new = 0;
        for target in targets {
            if insert_delivery(&mut transaction, shop, notice, *target).await? {
                new += 1;
            }
        }
        transaction.commit().await?;
        Ok(new)
    }

    async fn take_deliveries(
        &self,
        now: Timestamp,
        leased_until: Timestamp,
        limit: u32,
    ) -> StoreResult<Vec<TakenDelivery>> {
        // Asked every second: what finds nothing takes no write lock.
        let is_due: bool = sqlx::query_scalar(
            "SELECT EXISTS (
                 SELECT 1 FROM push_deliveries AS due
                 JOIN push_targets ON push_targets.shop = due.shop
                     AND push_targets.id = due.target AND is_on = 1
                 WHERE state = 'waiting' AND next_at <= ?1
                     AND (leased_until IS NULL OR leased_until <= ?1))",
        )
        .bind(now.as_millisecond())
        .fetch_one(&mut *self.read().await?)
        .await?;
        if !is_due {
            return Ok(Vec::new());
        }
        let mut transaction = self.write().await?;
        let taken = take(&mut transaction, now, limit).await?;
        for delivery in &taken {
            lease(&mut transaction, delivery, leased_until).await?;
        }
        transaction.commit().await?;
        Ok(taken)
    }

    async fn end_attempt(
        &self,
        taken: &TakenDelivery,
        end: &AttemptEnd,
        at: Timestamp,
    ) -> StoreResult<()> {
        let (state, next_at, failure) = match end {
            AttemptEnd::Delivered => ("delivered", at, None),
            AttemptEnd::Retry { after, failure } => {
                let next_at = at.checked_add(*after).unwrap_or(Timestamp::MAX);
                ("waiting", to_milliseconds(next_at), Some(failure))
            }
            AttemptEnd::Dead(failure) => ("dead", at, Some(failure)),
        };
        let has_ended = !matches!(end, AttemptEnd::Retry { .. });
        let failure = failure.map(|failure| to_json("push failure", failure));
        let mut transaction = self.write().await?;
        // The attempt tells this one from one that has taken its place.
        sqlx::query(
            "UPDATE push_deliveries
             SET state = ?4, next_at = ?5, failure = ?6, ended_at = ?7, leased_until = NULL
             WHERE shop = ?1 AND id = ?2 AND attempts = ?3 AND state = 'waiting'
                 AND leased_until IS NOT NULL",
        )
        .bind(taken.shop.as_str())
        .bind(taken.id.as_bytes())
        .bind(taken.attempt)
        .bind(state)
        .bind(next_at.as_millisecond())
        .bind(failure.transpose()?)
        .bind(has_ended.then_some(at.as_millisecond()))
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    async fn delivery(&self, shop: &ShopId, id: DeliveryId) -> StoreResult<Option<Delivery>> {
        let row: Option<DeliveryRow> = sqlx::query_as(sqlx::AssertSqlSafe(select(
            "deliveries.shop = ?1 AND deliveries.id = ?2",
        )))
        .bind(shop.as_str())
        .bind(id.as_bytes())
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.map(DeliveryRow::into_delivery).transpose()
    }

    async fn deliveries(
        &self,
        shop: &ShopId,
        filter: &DeliveryFilter,
        limit: u32,
    ) -> StoreResult<Vec<Delivery>> {
        let state = filter.state.map(|state| word("delivery state", &state));
        let rows: Vec<DeliveryRow> = sqlx::query_as(sqlx::AssertSqlSafe(select(
            "deliveries.shop = ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR target = ?3)
                 AND (?4 IS NULL OR deliveries.id < ?4)
             ORDER BY deliveries.id DESC LIMIT ?5",
        )))
        .bind(shop.as_str())
        .bind(state.transpose()?)
        .bind(filter.push.as_ref().map(PushId::as_bytes))
        .bind(filter.before.as_ref().map(DeliveryId::as_bytes))
        .bind(limit)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.into_iter().map(DeliveryRow::into_delivery).collect()
    }

    async fn redeliver(&self, shop: &ShopId, id: DeliveryId, at: Timestamp) -> StoreResult<()> {
        let mut transaction = self.write().await?;
        let changed = sqlx::query(
            "UPDATE push_deliveries SET
                 next_at = CASE state WHEN 'delivered' THEN next_at ELSE ?3 END,
                 attempts = CASE state WHEN 'dead' THEN 0 ELSE attempts END,
                 ended_at = CASE state WHEN 'dead' THEN NULL ELSE ended_at END,
                 state = CASE state WHEN 'dead' THEN 'waiting' ELSE state END
             WHERE shop = ?1 AND id = ?2",
        )
        .bind(shop.as_str())
        .bind(id.as_bytes())
        .bind(at.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "delivery" });
        }
        Ok(transaction.commit().await?)
    }

    async fn forget_deliveries(&self, before: Timestamp) -> StoreResult<u64> {
        let mut transaction = self.write().await?;
        let forgotten = sqlx::query("DELETE FROM push_deliveries WHERE ended_at < ?1")
            .bind(before.as_millisecond())
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "DELETE FROM push_notices WHERE at < ?1 AND NOT EXISTS (
                 SELECT 1 FROM push_deliveries
                 WHERE push_deliveries.shop = push_notices.shop AND notice = push_notices.id)",
        )
        .bind(before.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(forgotten.rows_affected())
    }
}

fn select(condition: &str) -> String {
    format!(
        "SELECT {COLUMNS} FROM push_deliveries AS deliveries
         JOIN push_notices AS told
             ON told.shop = deliveries.shop AND told.id = deliveries.notice
         WHERE {condition}"
    )
}

async fn insert_notice(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    notice: &Notice,
) -> StoreResult<()> {
    // The first telling stands, so that all targets are told the same.
    sqlx::query(
        "INSERT INTO push_notices (shop, id, kind, title, lines, locale, url, data, week, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (shop, id) DO NOTHING",
    )
    .bind(shop.as_str())
    .bind(notice.id.as_str())
    .bind(word("notice kind", &notice.kind)?)
    .bind(&notice.title)
    .bind(to_json("notice lines", &notice.lines)?)
    .bind(word("locale", &notice.locale)?)
    .bind(&notice.url)
    .bind(to_json("notice data", &notice.data)?)
    .bind(notice.week.map(|week| week.to_string()))
    .bind(notice.at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Hands a notice to a target; says whether it was new to it.
async fn insert_delivery(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    notice: &Notice,
    target: PushId,
) -> StoreResult<bool> {
    let inserted = sqlx::query(
        "INSERT INTO push_deliveries (shop, id, target, notice, state, attempts, next_at, at)
         SELECT shop, ?3, id, ?4, 'waiting', 0, ?5, ?5 FROM push_targets
         WHERE shop = ?1 AND id = ?2 AND is_on = 1
         ON CONFLICT (shop, target, notice) DO NOTHING",
    )
    .bind(shop.as_str())
    .bind(target.as_bytes())
    .bind(DeliveryId::make().as_bytes())
    .bind(notice.id.as_str())
    .bind(notice.at.as_millisecond())
    .execute(&mut *connection)
    .await?;
    if let Some(week) = notice.week {
        sqlx::query(
            "UPDATE push_targets SET last_week = ?3
             WHERE shop = ?1 AND id = ?2 AND is_on = 1
                 AND (last_week IS NULL OR last_week < ?3)",
        )
        .bind(shop.as_str())
        .bind(target.as_bytes())
        .bind(week.to_string())
        .execute(connection)
        .await?;
    }
    Ok(inserted.rows_affected() > 0)
}

/// The longest due delivery of each target that is on and has none under way.
async fn take(
    connection: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> StoreResult<Vec<TakenDelivery>> {
    let rows: Vec<TakenRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT deliveries.shop AS shop, deliveries.id AS delivery_id, attempts,
             told.id AS notice_id, told.kind AS notice_kind, title, lines, locale,
             told.url AS notice_url, data, week, told.at AS notice_at, {target}
         FROM (
             SELECT shop, id, target, notice, attempts, next_at,
                 row_number() OVER (PARTITION BY shop, target ORDER BY next_at, id) AS place
             FROM push_deliveries AS due
             WHERE state = 'waiting' AND next_at <= ?1
                 AND NOT EXISTS (
                     SELECT 1 FROM push_deliveries AS other
                     WHERE other.shop = due.shop AND other.target = due.target
                         AND other.state = 'waiting' AND other.leased_until > ?1)
         ) AS deliveries
         JOIN push_targets ON push_targets.shop = deliveries.shop
             AND push_targets.id = deliveries.target AND is_on = 1
         JOIN push_notices AS told ON told.shop = deliveries.shop
             AND told.id = deliveries.notice
         WHERE place = 1
         ORDER BY next_at, deliveries.id LIMIT ?2",
        target = pushes::COLUMNS
    )))
    .bind(now.as_millisecond())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(TakenRow::into_taken).collect()
}

async fn lease(
    connection: &mut SqliteConnection,
    taken: &TakenDelivery,
    until: Timestamp,
) -> StoreResult<()> {
    sqlx::query(
        "UPDATE push_deliveries SET attempts = ?3, leased_until = ?4
         WHERE shop = ?1 AND id = ?2",
    )
    .bind(taken.shop.as_str())
    .bind(taken.id.as_bytes())
    .bind(taken.attempt)
    .bind(until.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct DeliveryRow {
    id: Vec<u8>,
    target: Vec<u8>,
    notice: String,
    kind: String,
    title: String,
    state: String,
    attempts: u32,
    next_at: i64,
    failure: Option<String>,
    at: i64,
    ended_at: Option<i64>,
}

impl DeliveryRow {
    fn into_delivery(self) -> StoreResult<Delivery> {
        let failure = self.failure.as_deref();
        Ok(Delivery {
            id: made_id("delivery id", &self.id, DeliveryId::parse)?,
            push: made_id("push id", &self.target, PushId::parse)?,
            notice: sound("notice id", NoticeId::parse(&self.notice))?,
            kind: from_word("notice kind", self.kind)?,
            title: self.title,
            state: from_word("delivery state", self.state)?,
            attempts: self.attempts,
            next_at: time(self.next_at)?,
            failure: failure
                .map(|failure| from_json("push failure", failure))
                .transpose()?,
            at: time(self.at)?,
            ended_at: optional_time(self.ended_at)?,
        })
    }
}

#[derive(FromRow)]
struct TakenRow {
    shop: String,
    delivery_id: Vec<u8>,
    attempts: u32,
    notice_id: String,
    notice_kind: String,
    title: String,
    lines: String,
    locale: String,
    notice_url: Option<String>,
    data: String,
    week: Option<String>,
    notice_at: i64,
    #[sqlx(flatten)]
    target: TargetRow,
}

impl TakenRow {
    fn into_taken(self) -> StoreResult<TakenDelivery> {
        let week = self.week.as_deref().map(Week::parse).transpose();
        Ok(TakenDelivery {
            shop: sound("shop id", ShopId::parse(&self.shop))?,
            id: made_id("delivery id", &self.delivery_id, DeliveryId::parse)?,
            attempt: self.attempts.saturating_add(1),
            notice: Notice {
                id: sound("notice id", NoticeId::parse(&self.notice_id))?,
                kind: from_word("notice kind", self.notice_kind)?,
                title: self.title,
                lines: from_json("notice lines", &self.lines)?,
                locale: from_word("locale", self.locale)?,
                url: self.notice_url,
                data: from_json("notice data", &self.data)?,
                week: sound("week", week)?,
                at: time(self.notice_at)?,
            },
            target: self.target.into_target()?,
        })
    }
}
