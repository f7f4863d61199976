//! The audit log.

use sqlx::{FromRow, SqliteConnection};

use super::rows::time;
use crate::domain::ids::ShopId;
use crate::domain::person::AuditEntry;
use crate::store::StoreResult;

#[derive(FromRow)]
struct AuditRow {
    sequence: i64,
    at: i64,
    by: String,
    action: String,
    subject: String,
}

/// Appends an entry after the last.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    entry: &AuditEntry,
) -> StoreResult<()> {
    sqlx::query(
        "INSERT INTO audit (shop, sequence, at, by, action, subject)
         SELECT ?1, coalesce(max(sequence), 0) + 1, ?2, ?3, ?4, ?5 FROM audit WHERE shop = ?1",
    )
    .bind(shop.as_str())
    .bind(entry.at.as_millisecond())
    .bind(&entry.by)
    .bind(&entry.action)
    .bind(&entry.subject)
    .execute(connection)
    .await?;
    Ok(())
}

/// Entries before a sequence, newest first.
pub(super) async fn before(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    before: Option<u64>,
    limit: u32,
) -> StoreResult<Vec<AuditEntry>> {
    let before = before.and_then(|before| i64::try_from(before).ok());
    let rows: Vec<AuditRow> = sqlx::query_as(
        "SELECT sequence, at, by, action, subject FROM audit
         WHERE shop = ?1 AND sequence < coalesce(?2, sequence + 1)
         ORDER BY sequence DESC LIMIT ?3",
    )
    .bind(shop.as_str())
    .bind(before)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(AuditEntry {
                sequence: row.sequence.unsigned_abs(),
                at: time(row.at)?,
                by: row.by,
                action: row.action,
                subject: row.subject,
            })
        })
        .collect()
}
