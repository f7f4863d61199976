//! What people changed because of recurring questions.

use sqlx::{FromRow, SqliteConnection};

use super::rows::{from_word, made_id, time, word};
use crate::domain::ids::{ActionId, ClusterId, ShopId};
use crate::domain::queue::{Action, ActionChange};
use crate::store::{Period, StoreError, StoreResult};

#[derive(FromRow)]
struct ActionRow {
    id: Vec<u8>,
    cluster: Vec<u8>,
    kind: String,
    note: String,
    at: i64,
    by: String,
    made_at: i64,
}

impl ActionRow {
    fn into_action(self) -> StoreResult<Action> {
        Ok(Action {
            id: made_id("action id", &self.id, ActionId::parse)?,
            cluster: made_id("cluster id", &self.cluster, ClusterId::parse)?,
            kind: from_word("action kind", self.kind)?,
            note: self.note,
            at: time(self.at)?,
            by: self.by,
            made_at: time(self.made_at)?,
        })
    }
}

/// Keeps an action.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    action: &Action,
) -> StoreResult<()> {
    sqlx::query(
        "INSERT INTO actions (shop, id, cluster, kind, note, at, by, made_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(shop.as_str())
    .bind(action.id.as_bytes())
    .bind(action.cluster.as_bytes())
    .bind(word("action kind", &action.kind)?)
    .bind(&action.note)
    .bind(action.at.as_millisecond())
    .bind(&action.by)
    .bind(action.made_at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts an action right; what the change does not name stays.
pub(super) async fn change(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    (id, change): (ActionId, &ActionChange),
) -> StoreResult<Action> {
    let kind = change.kind.as_ref().map(|kind| word("action kind", kind));
    let row: Option<ActionRow> = sqlx::query_as(
        "UPDATE actions SET kind = COALESCE(?3, kind), note = COALESCE(?4, note),
             at = COALESCE(?5, at)
         WHERE shop = ?1 AND id = ?2
         RETURNING id, cluster, kind, note, at, by, made_at",
    )
    .bind(shop.as_str())
    .bind(id.as_bytes())
    .bind(kind.transpose()?)
    .bind(&change.note)
    .bind(change.at.map(|at| at.as_millisecond()))
    .fetch_optional(connection)
    .await?;
    row.ok_or(StoreError::NotFound { what: "action" })?
        .into_action()
}

/// Removes an action.
pub(super) async fn remove(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: ActionId,
) -> StoreResult<()> {
    let removed = sqlx::query("DELETE FROM actions WHERE shop = ?1 AND id = ?2")
        .bind(shop.as_str())
        .bind(id.as_bytes())
        .execute(connection)
        .await?;
    match removed.rows_affected() {
        0 => Err(StoreError::NotFound { what: "action" }),
        _ => Ok(()),
    }
}

/// Actions that took effect in a period, newest first.
pub(super) async fn of_period(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    period: Period,
) -> StoreResult<Vec<Action>> {
    let rows: Vec<ActionRow> = sqlx::query_as(
        "SELECT id, cluster, kind, note, at, by, made_at FROM actions
         WHERE shop = ?1 AND at >= ?2 AND at < ?3 ORDER BY at DESC, id DESC",
    )
    .bind(shop.as_str())
    .bind(period.from.as_millisecond())
    .bind(period.until.as_millisecond())
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ActionRow::into_action).collect()
}
