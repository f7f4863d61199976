//! Replies kept under Idempotency-Keys.

use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection};

use super::rows::{exact_bytes, time};
use crate::domain::ids::ShopId;
use crate::store::{KeptReply, StoreError, StoreResult};

#[derive(FromRow)]
struct ReplyRow {
    key: String,
    fingerprint: Vec<u8>,
    status: u16,
    body: String,
    at: i64,
}

impl ReplyRow {
    fn into_reply(self) -> StoreResult<KeptReply> {
        Ok(KeptReply {
            key: self.key,
            fingerprint: exact_bytes("fingerprint", self.fingerprint)?,
            status: self.status,
            body: self.body,
            at: time(self.at)?,
        })
    }
}

/// The reply kept under `key`, if any; refused when it answered another request.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    key: &str,
    fingerprint: &[u8; 32],
) -> StoreResult<Option<KeptReply>> {
    let row: Option<ReplyRow> = sqlx::query_as(
        "SELECT key, fingerprint, status, body, at FROM kept_replies
         WHERE shop = ?1 AND key = ?2",
    )
    .bind(shop.as_str())
    .bind(key)
    .fetch_optional(connection)
    .await?;
    match row.map(ReplyRow::into_reply).transpose()? {
        Some(kept) if kept.fingerprint != *fingerprint => Err(StoreError::IdempotencyMismatch),
        kept => Ok(kept),
    }
}

/// The reply that was kept before under the key of `reply`.
pub(super) async fn given_before(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    reply: Option<&KeptReply>,
) -> StoreResult<Option<KeptReply>> {
    match reply {
        Some(reply) => find(connection, shop, &reply.key, &reply.fingerprint).await,
        None => Ok(None),
    }
}

/// Keeps `reply`, whose key [`given_before`] has found to be free in the same transaction.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    reply: Option<&KeptReply>,
) -> StoreResult<()> {
    let Some(reply) = reply else { return Ok(()) };
    sqlx::query(
        "INSERT INTO kept_replies (shop, key, fingerprint, status, body, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .bind(shop.as_str())
    .bind(&reply.key)
    .bind(reply.fingerprint.as_slice())
    .bind(reply.status)
    .bind(&reply.body)
    .bind(reply.at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets what was kept before `before`; says how many.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    before: Timestamp,
) -> StoreResult<u64> {
    let forgotten = sqlx::query("DELETE FROM kept_replies WHERE at < ?1")
        .bind(before.as_millisecond())
        .execute(connection)
        .await?;
    Ok(forgotten.rows_affected())
}
