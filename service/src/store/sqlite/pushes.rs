//! Where notices are pushed.

use sqlx::{FromRow, SqliteConnection};

use super::rows::{from_json, from_word, made_id, sound, time, to_json, word};
use crate::domain::ids::{PushId, ShopId};
use crate::domain::push::{PushSecret, PushTarget, PushUrl, WeeklySchedule};
use crate::domain::week::Week;
use crate::store::{StoreError, StoreResult};

/// The columns of a [`TargetRow`].
pub(super) const COLUMNS: &str = "push_targets.id AS target_id, push_targets.kind AS target_kind, \
     name, push_targets.url AS target_url, secret, notices, day, time, is_on, last_week, created_at";

/// A target as it is kept.
#[derive(FromRow)]
pub(super) struct TargetRow {
    target_id: Vec<u8>,
    target_kind: String,
    name: String,
    target_url: String,
    secret: Option<String>,
    notices: String,
    day: String,
    time: String,
    is_on: bool,
    last_week: Option<String>,
    created_at: i64,
}

impl TargetRow {
    /// The target.
    pub(super) fn into_target(self) -> StoreResult<PushTarget> {
        let secret = self.secret.as_deref().map(PushSecret::parse).transpose();
        let last_week = self.last_week.as_deref().map(Week::parse).transpose();
        Ok(PushTarget {
            id: made_id("push id", &self.target_id, PushId::parse)?,
            kind: from_word("push kind", self.target_kind)?,
            name: self.name,
            url: sound("push address", PushUrl::parse(&self.target_url))?,
            secret: sound("push secret", secret)?,
            notices: from_json("kinds of notices", &self.notices)?,
            schedule: WeeklySchedule {
                day: from_word("day", self.day)?,
                time: sound("time of day", self.time.parse())?,
            },
            is_on: self.is_on,
            last_week: sound("week", last_week)?,
            created_at: time(self.created_at)?,
        })
    }
}

/// Adds a target.
pub(super) async fn create(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    target: &PushTarget,
) -> StoreResult<()> {
    check_free(connection, shop, target).await?;
    sqlx::query(
        "INSERT INTO push_targets (shop, id, kind, name, url, secret, notices, day, time, is_on,
             last_week, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )
    .bind(shop.as_str())
    .bind(target.id.as_bytes())
    .bind(word("push kind", &target.kind)?)
    .bind(&target.name)
    .bind(target.url.reveal().as_str())
    .bind(target.secret.as_ref().map(PushSecret::reveal))
    .bind(to_json("kinds of notices", &target.notices)?)
    .bind(word("day", &target.schedule.day)?)
    .bind(target.schedule.time.to_string())
    .bind(target.is_on)
    .bind(target.last_week.map(|week| week.to_string()))
    .bind(target.created_at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Replaces what people may change of a target.
pub(super) async fn update(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    target: &PushTarget,
) -> StoreResult<()> {
    check_free(connection, shop, target).await?;
    let updated = sqlx::query(
        "UPDATE push_targets SET name = ?3, url = ?4, secret = ?5, notices = ?6, day = ?7,
             time = ?8, is_on = ?9
         WHERE shop = ?1 AND id = ?2",
    )
    .bind(shop.as_str())
    .bind(target.id.as_bytes())
    .bind(&target.name)
    .bind(target.url.reveal().as_str())
    .bind(target.secret.as_ref().map(PushSecret::reveal))
    .bind(to_json("kinds of notices", &target.notices)?)
    .bind(word("day", &target.schedule.day)?)
    .bind(target.schedule.time.to_string())
    .bind(target.is_on)
    .execute(connection)
    .await?;
    found(updated.rows_affected())
}

/// Removes a target; its deliveries go with it.
pub(super) async fn delete(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: PushId,
) -> StoreResult<()> {
    let deleted = sqlx::query("DELETE FROM push_targets WHERE shop = ?1 AND id = ?2")
        .bind(shop.as_str())
        .bind(id.as_bytes())
        .execute(connection)
        .await?;
    found(deleted.rows_affected())
}

/// A target.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: PushId,
) -> StoreResult<Option<PushTarget>> {
    let row: Option<TargetRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM push_targets WHERE shop = ?1 AND id = ?2"
    )))
    .bind(shop.as_str())
    .bind(id.as_bytes())
    .fetch_optional(connection)
    .await?;
    row.map(TargetRow::into_target).transpose()
}

/// A shop's targets.
pub(super) async fn of_shop(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<Vec<PushTarget>> {
    let rows: Vec<TargetRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM push_targets WHERE shop = ?1 ORDER BY id"
    )))
    .bind(shop.as_str())
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(TargetRow::into_target).collect()
}

/// Fails when another target of the shop has the address.
async fn check_free(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    target: &PushTarget,
) -> StoreResult<()> {
    let is_taken: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM push_targets WHERE shop = ?1 AND url = ?2 AND id <> ?3)",
    )
    .bind(shop.as_str())
    .bind(target.url.reveal().as_str())
    .bind(target.id.as_bytes())
    .fetch_one(connection)
    .await?;
    if is_taken {
        return Err(StoreError::Exists {
            what: "push to that address",
        });
    }
    Ok(())
}

fn found(rows: u64) -> StoreResult<()> {
    if rows == 0 {
        return Err(StoreError::NotFound { what: "push" });
    }
    Ok(())
}
