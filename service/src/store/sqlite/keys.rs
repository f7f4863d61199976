//! API keys.

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::{FromRow, SqliteConnection};

use super::rows::{exact_bytes, from_json, optional_time, sound, time, to_json};
use crate::domain::ids::ShopId;
use crate::domain::key::{ApiKey, KeyHash};
use crate::store::{StoreError, StoreResult};

#[derive(FromRow)]
struct KeyRow {
    shop: String,
    prefix: String,
    hash: Vec<u8>,
    name: String,
    scopes: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    last_used_on: Option<String>,
}

impl KeyRow {
    fn into_key(self) -> StoreResult<ApiKey> {
        let day = |text: String| sound("day of a key's use", text.parse::<Date>());
        Ok(ApiKey {
            shop: sound("shop id", ShopId::parse(&self.shop))?,
            prefix: self.prefix,
            hash: KeyHash(exact_bytes("key hash", self.hash)?),
            name: self.name,
            scopes: from_json("key scopes", &self.scopes)?,
            created_at: time(self.created_at)?,
            expires_at: optional_time(self.expires_at)?,
            revoked_at: optional_time(self.revoked_at)?,
            last_used_on: self.last_used_on.map(day).transpose()?,
        })
    }
}

/// Keeps a key.
pub(super) async fn create(connection: &mut SqliteConnection, key: &ApiKey) -> StoreResult<()> {
    let made = sqlx::query(
        "INSERT INTO api_keys
             (shop, prefix, hash, name, scopes, created_at, expires_at, revoked_at, last_used_on)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT DO NOTHING",
    )
    .bind(key.shop.as_str())
    .bind(&key.prefix)
    .bind(key.hash.0.as_slice())
    .bind(&key.name)
    .bind(to_json("key scopes", &key.scopes)?)
    .bind(key.created_at.as_millisecond())
    .bind(key.expires_at.map(Timestamp::as_millisecond))
    .bind(key.revoked_at.map(Timestamp::as_millisecond))
    .bind(key.last_used_on.map(|day| day.to_string()))
    .execute(connection)
    .await?;
    match made.rows_affected() {
        0 => Err(StoreError::Exists { what: "api key" }),
        _ => Ok(()),
    }
}

/// The key of that hash, of whatever shop: the hash is what tells the shop.
pub(super) async fn by_hash(
    connection: &mut SqliteConnection,
    hash: KeyHash,
) -> StoreResult<Option<ApiKey>> {
    let row: Option<KeyRow> = sqlx::query_as(
        "SELECT shop, prefix, hash, name, scopes, created_at, expires_at, revoked_at,
             last_used_on
         FROM api_keys WHERE hash = ?1",
    )
    .bind(hash.0.as_slice())
    .fetch_optional(connection)
    .await?;
    row.map(KeyRow::into_key).transpose()
}

/// A shop's keys, oldest first.
pub(super) async fn of_shop(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<Vec<ApiKey>> {
    let rows: Vec<KeyRow> = sqlx::query_as(
        "SELECT shop, prefix, hash, name, scopes, created_at, expires_at, revoked_at,
             last_used_on
         FROM api_keys WHERE shop = ?1 ORDER BY created_at, prefix",
    )
    .bind(shop.as_str())
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(KeyRow::into_key).collect()
}

/// Withdraws a key; one that is withdrawn already keeps its first time.
pub(super) async fn revoke(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    prefix: &str,
    at: Timestamp,
) -> StoreResult<()> {
    let changed = sqlx::query(
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?3)
         WHERE shop = ?1 AND prefix = ?2",
    )
    .bind(shop.as_str())
    .bind(prefix)
    .bind(at.as_millisecond())
    .execute(connection)
    .await?;
    match changed.rows_affected() {
        0 => Err(StoreError::NotFound { what: "api key" }),
        _ => Ok(()),
    }
}

/// Notes that a key was used on a day.
pub(super) async fn note_use(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    prefix: &str,
    day: Date,
) -> StoreResult<()> {
    sqlx::query(
        "UPDATE api_keys SET last_used_on = max(coalesce(last_used_on, ?3), ?3)
         WHERE shop = ?1 AND prefix = ?2",
    )
    .bind(shop.as_str())
    .bind(prefix)
    .bind(day.to_string())
    .execute(connection)
    .await?;
    Ok(())
}
