//! Reading knowledge: as it stands, as it stood, and what changed.

use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection};

use super::rows::{from_json, sound, time, to_json};
use crate::domain::ids::{ChannelId, KnowledgeId, ProductId, ShopId};
use crate::domain::knowledge::{KnowledgeItem, Status};
use crate::domain::taxonomy::KnowledgeDomain;
use crate::store::{ChangedItem, KnowledgeFilter, KnowledgeOrder, StoreResult};

/// Items as they stand, as rows for [`ItemRow`]. To SQLite CROSS JOIN means the
/// order as written: left alone, it may go through all versions of an item.
macro_rules! select_standing {
    ($rest:literal) => {
        concat!(
            "SELECT k.id, k.version, k.revision, v.content, k.created_at, v.at, v.by
             FROM knowledge k
             CROSS JOIN knowledge_versions v USING (shop, id, version) ",
            $rest
        )
    };
}

/// Items at any version, as rows for [`ItemRow`].
macro_rules! select_versions {
    ($rest:literal) => {
        concat!(
            "SELECT v.id, v.version, k.revision, v.content, k.created_at, v.at, v.by
             FROM knowledge_versions v
             JOIN knowledge k USING (shop, id) ",
            $rest
        )
    };
}

/// Which items pass a filter; `after` is the condition that ids come after `?2`.
macro_rules! passing {
    ($after:literal) => {
        concat!(
            "FROM knowledge k
             WHERE k.shop = ?1
                 AND ",
            $after,
            " AND (?3 IS NULL OR k.status = ?3)
             AND (?4 IS NULL OR k.domain = ?4)
             AND (?5 IS NULL OR k.intent = ?5)
             AND (?6 IS NULL OR EXISTS (
                 SELECT 1 FROM knowledge_scopes s
                 WHERE s.shop = k.shop AND s.kind = 'product' AND s.value = ?6 AND s.id = k.id))
             AND (?7 IS NULL OR EXISTS (
                 SELECT 1 FROM knowledge_scopes s
                 WHERE s.shop = k.shop AND s.kind = 'channel' AND s.value = ?7 AND s.id = k.id))"
        )
    };
}

/// A page of items as they stand, as rows for [`ItemRow`]. The page is cut before
/// the versions are read: they are many times as large. A plus keeps SQLite from
/// going through the ids where another index has the order.
macro_rules! select_page {
    ($after:literal, $order:literal) => {
        concat!(
            "SELECT k.id, k.version, k.revision, v.content, k.created_at, v.at, v.by
             FROM (SELECT k.shop, k.id, k.version, k.revision, k.created_at, k.title ",
            passing!($after),
            " ORDER BY ",
            $order,
            " LIMIT ?8 OFFSET ?9) k
             CROSS JOIN knowledge_versions v USING (shop, id, version)
             ORDER BY ",
            $order
        )
    };
}

/// An item at one version, with its content unread.
#[derive(FromRow)]
pub(super) struct ItemRow {
    pub(super) id: String,
    pub(super) version: u32,
    revision: u64,
    pub(super) content: String,
    created_at: i64,
    pub(super) at: i64,
    by: String,
}

impl ItemRow {
    /// The item.
    pub(super) fn into_item(self) -> StoreResult<KnowledgeItem> {
        Ok(KnowledgeItem {
            id: sound("knowledge id", KnowledgeId::parse(&self.id))?,
            version: self.version,
            content: from_json("knowledge content", &self.content)?,
            created_at: time(self.created_at)?,
            updated_at: time(self.at)?,
            updated_by: self.by,
        })
    }

    fn into_change(self) -> StoreResult<ChangedItem> {
        Ok(ChangedItem {
            revision: self.revision,
            item: self.into_item()?,
        })
    }
}

/// The item as it stands.
pub(super) async fn standing(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: &KnowledgeId,
) -> StoreResult<Option<ItemRow>> {
    let row = sqlx::query_as(select_standing!("WHERE k.shop = ?1 AND k.id = ?2"))
        .bind(shop.as_str())
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(row)
}

/// The items as they stand, of those ids that exist.
pub(super) async fn standing_of(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    ids: impl IntoIterator<Item = &KnowledgeId>,
) -> StoreResult<Vec<ItemRow>> {
    let ids: Vec<&KnowledgeId> = ids.into_iter().collect();
    let rows = sqlx::query_as(select_standing!(
        "WHERE k.shop = ?1 AND k.id IN (SELECT value FROM json_each(?2))"
    ))
    .bind(shop.as_str())
    .bind(to_json("knowledge ids", &ids)?)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// The item at a version.
pub(super) async fn at_version(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: &KnowledgeId,
    version: u32,
) -> StoreResult<Option<KnowledgeItem>> {
    let row: Option<ItemRow> = sqlx::query_as(select_versions!(
        "WHERE v.shop = ?1 AND v.id = ?2 AND v.version = ?3"
    ))
    .bind(shop.as_str())
    .bind(id.as_str())
    .bind(version)
    .fetch_optional(connection)
    .await?;
    row.map(ItemRow::into_item).transpose()
}

/// The item's versions before `before`, newest first.
pub(super) async fn versions(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: &KnowledgeId,
    before: Option<u32>,
    limit: u32,
) -> StoreResult<Vec<KnowledgeItem>> {
    let rows: Vec<ItemRow> = sqlx::query_as(select_versions!(
        "WHERE v.shop = ?1 AND v.id = ?2 AND v.version < ?3
         ORDER BY v.version DESC LIMIT ?4"
    ))
    .bind(shop.as_str())
    .bind(id.as_str())
    .bind(before.map_or(i64::MAX, i64::from))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ItemRow::into_item).collect()
}

/// The version that stood at `at`.
pub(super) async fn as_of(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    id: &KnowledgeId,
    at: Timestamp,
) -> StoreResult<Option<KnowledgeItem>> {
    let row: Option<ItemRow> = sqlx::query_as(select_versions!(
        "WHERE v.shop = ?1 AND v.id = ?2 AND v.at <= ?3
         ORDER BY v.version DESC LIMIT 1"
    ))
    .bind(shop.as_str())
    .bind(id.as_str())
    .bind(at.as_millisecond())
    .fetch_optional(connection)
    .await?;
    row.map(ItemRow::into_item).transpose()
}

/// The versions that stood at `at`, of those ids that there were then.
pub(super) async fn as_of_ids(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    ids: &[KnowledgeId],
    at: Timestamp,
) -> StoreResult<Vec<KnowledgeItem>> {
    let rows: Vec<ItemRow> = sqlx::query_as(select_versions!(
        "WHERE v.shop = ?1 AND v.id IN (SELECT value FROM json_each(?2))
             AND v.version = (SELECT max(version) FROM knowledge_versions
                 WHERE shop = ?1 AND id = v.id AND at <= ?3)"
    ))
    .bind(shop.as_str())
    .bind(to_json("knowledge ids", &ids)?)
    .bind(at.as_millisecond())
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ItemRow::into_item).collect()
}

/// Whether any version that stood at `at` was approved. A shop without knowledge
/// then is told by the rows of its items, which are small.
pub(super) async fn had_approved(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    at: Timestamp,
) -> StoreResult<bool> {
    let found = sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT 1 FROM knowledge k
             CROSS JOIN knowledge_versions v USING (shop, id)
             WHERE k.shop = ?1 AND k.created_at <= ?2
                 AND v.version = (SELECT max(version) FROM knowledge_versions
                     WHERE shop = ?1 AND id = k.id AND at <= ?2)
                 AND v.content ->> '$.status' = ?3)",
    )
    .bind(shop.as_str())
    .bind(at.as_millisecond())
    .bind(Status::Approved.as_str())
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// Items that pass `filter`, in its order.
pub(super) async fn list(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    filter: &KnowledgeFilter,
    limit: u32,
) -> StoreResult<Vec<KnowledgeItem>> {
    let page = match filter.order {
        KnowledgeOrder::Id => select_page!("k.id > ?2", "k.id"),
        KnowledgeOrder::LastChange => select_page!("+k.id > ?2", "k.revision DESC"),
        KnowledgeOrder::Title => select_page!("+k.id > ?2", "k.title COLLATE NOCASE, k.id"),
    };
    let rows: Vec<ItemRow> = sqlx::query_as(page)
        .bind(shop.as_str())
        .bind(filter.after.as_ref().map_or("", KnowledgeId::as_str))
        .bind(filter.status.map(Status::as_str))
        .bind(filter.domain.map(KnowledgeDomain::as_str))
        .bind(filter.intent.as_deref())
        .bind(filter.product.as_ref().map(ProductId::as_str))
        .bind(filter.channel.as_ref().map(ChannelId::as_str))
        .bind(limit)
        .bind(filter.skipped)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(ItemRow::into_item).collect()
}

/// How many items pass `filter`.
pub(super) async fn count(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    filter: &KnowledgeFilter,
) -> StoreResult<u64> {
    let count = sqlx::query_scalar(concat!("SELECT count(*) ", passing!("k.id > ?2")))
        .bind(shop.as_str())
        .bind(filter.after.as_ref().map_or("", KnowledgeId::as_str))
        .bind(filter.status.map(Status::as_str))
        .bind(filter.domain.map(KnowledgeDomain::as_str))
        .bind(filter.intent.as_deref())
        .bind(filter.product.as_ref().map(ProductId::as_str))
        .bind(filter.channel.as_ref().map(ChannelId::as_str))
        .fetch_one(connection)
        .await?;
    Ok(count)
}

/// Items that changed after `revision`, in the order of their changes.
pub(super) async fn changed(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    revision: u64,
    limit: u32,
) -> StoreResult<Vec<ChangedItem>> {
    let rows: Vec<ItemRow> = sqlx::query_as(select_standing!(
        "WHERE k.shop = ?1 AND k.revision > ?2 ORDER BY k.revision LIMIT ?3"
    ))
    .bind(shop.as_str())
    .bind(i64::try_from(revision).unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ItemRow::into_change).collect()
}
