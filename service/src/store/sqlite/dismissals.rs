//! Findings that people judged to be none.

use sqlx::{FromRow, SqliteConnection};

use super::rows::{sound, time};
use crate::domain::ids::{KnowledgeId, ShopId};
use crate::domain::queue::Dismissal;
use crate::store::{StoreError, StoreResult};

#[derive(FromRow)]
struct DismissalRow {
    finding: String,
    first_item: String,
    first_version: u32,
    second_item: String,
    second_version: u32,
    by: String,
    at: i64,
}

impl DismissalRow {
    fn into_dismissal(self) -> StoreResult<Dismissal> {
        let item = |id: &str| sound("knowledge id", KnowledgeId::parse(id));
        Ok(Dismissal {
            first: (item(&self.first_item)?, self.first_version),
            second: (item(&self.second_item)?, self.second_version),
            finding: self.finding,
            by: self.by,
            at: time(self.at)?,
        })
    }
}

/// Keeps a dismissal; it takes the place of one of the same finding.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    dismissal: &Dismissal,
) -> StoreResult<()> {
    sqlx::query(
        "INSERT INTO dismissals (shop, finding, first_item, first_version, second_item,
             second_version, by, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (shop, finding) DO UPDATE SET
             first_item = excluded.first_item, first_version = excluded.first_version,
             second_item = excluded.second_item, second_version = excluded.second_version,
             by = excluded.by, at = excluded.at",
    )
    .bind(shop.as_str())
    .bind(&dismissal.finding)
    .bind(dismissal.first.0.as_str())
    .bind(dismissal.first.1)
    .bind(dismissal.second.0.as_str())
    .bind(dismissal.second.1)
    .bind(&dismissal.by)
    .bind(dismissal.at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes a dismissal back.
pub(super) async fn remove(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    finding: &str,
) -> StoreResult<Dismissal> {
    let row: Option<DismissalRow> = sqlx::query_as(
        "DELETE FROM dismissals WHERE shop = ?1 AND finding = ?2
         RETURNING finding, first_item, first_version, second_item, second_version, by, at",
    )
    .bind(shop.as_str())
    .bind(finding)
    .fetch_optional(connection)
    .await?;
    row.ok_or(StoreError::NotFound { what: "finding" })?
        .into_dismissal()
}

/// Every dismissal of a shop, latest first.
pub(super) async fn all(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<Vec<Dismissal>> {
    let rows: Vec<DismissalRow> = sqlx::query_as(
        "SELECT finding, first_item, first_version, second_item, second_version, by, at
         FROM dismissals WHERE shop = ?1 ORDER BY at DESC, finding",
    )
    .bind(shop.as_str())
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(DismissalRow::into_dismissal).collect()
}
