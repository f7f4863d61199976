//! Shops and how far their changes have come.

use sqlx::{FromRow, SqliteConnection};

use super::rows::{exact_bytes, from_word, sound, time, word};
use crate::domain::ids::ShopId;
use crate::domain::shop::{Shop, ShopSecret};
use crate::store::{ShopRevision, StoreError, StoreResult};

#[derive(FromRow)]
struct ShopRow {
    shop: String,
    name: String,
    time_zone: String,
    locale: String,
    secret: Vec<u8>,
    created_at: i64,
}

impl ShopRow {
    fn into_shop(self) -> StoreResult<Shop> {
        Ok(Shop {
            id: sound("shop id", ShopId::parse(&self.shop))?,
            name: self.name,
            time_zone: self.time_zone,
            locale: from_word("locale", self.locale)?,
            secret: ShopSecret(exact_bytes("shop secret", self.secret)?),
            created_at: time(self.created_at)?,
        })
    }
}

/// Makes a shop.
pub(super) async fn create(connection: &mut SqliteConnection, shop: &Shop) -> StoreResult<()> {
    let made = sqlx::query(
        "INSERT INTO shops (shop, name, time_zone, locale, secret, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (shop) DO NOTHING",
    )
    .bind(shop.id.as_str())
    .bind(&shop.name)
    .bind(&shop.time_zone)
    .bind(word("locale", &shop.locale)?)
    .bind(shop.secret.0.as_slice())
    .bind(shop.created_at.as_millisecond())
    .execute(connection)
    .await?;
    match made.rows_affected() {
        0 => Err(StoreError::Exists { what: "shop" }),
        _ => Ok(()),
    }
}

/// Changes what may change of a shop.
pub(super) async fn update(connection: &mut SqliteConnection, shop: &Shop) -> StoreResult<()> {
    let changed =
        sqlx::query("UPDATE shops SET name = ?2, time_zone = ?3, locale = ?4 WHERE shop = ?1")
            .bind(shop.id.as_str())
            .bind(&shop.name)
            .bind(&shop.time_zone)
            .bind(word("locale", &shop.locale)?)
            .execute(connection)
            .await?;
    match changed.rows_affected() {
        0 => Err(StoreError::NotFound { what: "shop" }),
        _ => Ok(()),
    }
}

/// All shops, by id.
pub(super) async fn all(connection: &mut SqliteConnection) -> StoreResult<Vec<Shop>> {
    let rows: Vec<ShopRow> = sqlx::query_as(
        "SELECT shop, name, time_zone, locale, secret, created_at FROM shops ORDER BY shop",
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ShopRow::into_shop).collect()
}

/// How far each shop's changes have come, by id.
pub(super) async fn revisions(connection: &mut SqliteConnection) -> StoreResult<Vec<ShopRevision>> {
    let rows: Vec<(String, u64, u64, u64, u64, u64, u64)> = sqlx::query_as(
        "SELECT shop, knowledge_revision, vocabulary_revision, language_revision,
             message_revision, listening_revision, suggestion_revision
         FROM shops ORDER BY shop",
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(
            |(shop, knowledge, vocabulary, language, messages, listening, suggestions)| {
                Ok(ShopRevision {
                    shop: sound("shop id", ShopId::parse(&shop))?,
                    knowledge,
                    vocabulary,
                    language,
                    messages,
                    listening,
                    suggestions,
                })
            },
        )
        .collect()
}

/// Takes the next `count` places in the shop's sequence of changes; gives the first of them.
pub(super) async fn take_knowledge_revisions(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    count: u32,
) -> StoreResult<u64> {
    let last: Option<u64> = sqlx::query_scalar(
        "UPDATE shops SET knowledge_revision = knowledge_revision + ?2
         WHERE shop = ?1 RETURNING knowledge_revision",
    )
    .bind(shop.as_str())
    .bind(count)
    .fetch_optional(connection)
    .await?;
    let last = last.ok_or(StoreError::NotFound { what: "shop" })?;
    Ok(last + 1 - u64::from(count))
}

/// Says that suggestions or feedback came in.
pub(super) async fn advance_suggestions(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<()> {
    sqlx::query("UPDATE shops SET suggestion_revision = suggestion_revision + 1 WHERE shop = ?1")
        .bind(shop.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Says that products or synonyms changed.
pub(super) async fn advance_vocabulary(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<()> {
    sqlx::query("UPDATE shops SET vocabulary_revision = vocabulary_revision + 1 WHERE shop = ?1")
        .bind(shop.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Says that intents changed or another model is in use.
pub(super) async fn advance_language(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<()> {
    sqlx::query("UPDATE shops SET language_revision = language_revision + 1 WHERE shop = ?1")
        .bind(shop.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// How far the shop's products and synonyms have come.
pub(super) async fn vocabulary_revision(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<u64> {
    sqlx::query_scalar("SELECT vocabulary_revision FROM shops WHERE shop = ?1")
        .bind(shop.as_str())
        .fetch_optional(connection)
        .await?
        .ok_or(StoreError::NotFound { what: "shop" })
}

/// Takes the next `count` places in the sequence of changes of questions,
/// wordings and clusters; gives the first of them.
pub(super) async fn take_listening_revisions(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    count: usize,
) -> StoreResult<u64> {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    let last: Option<u64> = sqlx::query_scalar(
        "UPDATE shops SET listening_revision = listening_revision + ?2
         WHERE shop = ?1 RETURNING listening_revision",
    )
    .bind(shop.as_str())
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .fetch_optional(connection)
    .await?;
    let last = last.ok_or(StoreError::NotFound { what: "shop" })?;
    Ok(last + 1 - count)
}

/// How far the shop's questions, wordings and clusters have come.
pub(super) async fn listening_revision(
    connection: &mut SqliteConnection,
    shop: &ShopId,
) -> StoreResult<u64> {
    sqlx::query_scalar("SELECT listening_revision FROM shops WHERE shop = ?1")
        .bind(shop.as_str())
        .fetch_optional(connection)
        .await?
        .ok_or(StoreError::NotFound { what: "shop" })
}
