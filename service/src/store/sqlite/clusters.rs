//! Clusters, what is in them, and what people did to them.

use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection};
use zhiwen_models::privacy::Masked;

use super::listening::{Range, signed, stored_key};
use super::rows::{from_json, from_word, made_id, optional_time, time, to_json, word};
use super::shops;
use crate::domain::ids::{ClusterId, EditId, ShopId};
use crate::domain::listening::{Before, Cluster, ClusterEdit, ClusterMarks, WordingPlace};
use crate::store::{StoreError, StoreResult};

#[derive(FromRow)]
struct ClusterRow {
    id: Vec<u8>,
    label: String,
    name: Option<String>,
    key_phrases: String,
    is_muted: bool,
    is_pinned: bool,
    answered_by: Option<String>,
    created_at: i64,
    retired_at: Option<i64>,
}

impl ClusterRow {
    fn into_cluster(self) -> StoreResult<Cluster> {
        let answered_by = self.answered_by.as_deref();
        Ok(Cluster {
            id: made_id("cluster id", &self.id, ClusterId::parse)?,
            label: Masked::from_stored(self.label),
            name: self.name,
            key_phrases: from_json("key phrases", &self.key_phrases)?,
            is_muted: self.is_muted,
            is_pinned: self.is_pinned,
            answered_by: answered_by
                .map(|text| from_json("answer of a cluster", text))
                .transpose()?,
            created_at: time(self.created_at)?,
            retired_at: optional_time(self.retired_at)?,
        })
    }
}

/// Clusters that changed.
pub(super) async fn changed(
    connection: &mut SqliteConnection,
    range: Range<'_>,
) -> StoreResult<Vec<Cluster>> {
    let rows: Vec<ClusterRow> = sqlx::query_as(
        "SELECT id, label, name, key_phrases, is_muted, is_pinned, answered_by, created_at,
             retired_at
         FROM clusters WHERE shop = ?1 AND revision > ?2 AND revision <= ?3 ORDER BY revision",
    )
    .bind(range.shop.as_str())
    .bind(range.after)
    .bind(range.until)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ClusterRow::into_cluster).collect()
}

/// Who writes clusters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    /// People, who also name, mute and pin.
    People,
    /// A clustering, which leaves what people said.
    Clustering,
}

/// Writes clusters as they are to stand.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    clusters: &[Cluster],
    writer: Writer,
) -> StoreResult<()> {
    let mut revision = shops::take_listening_revisions(connection, shop, clusters.len()).await?;
    for cluster in clusters {
        let answered_by = cluster.answered_by.as_ref();
        sqlx::query(
            "INSERT INTO clusters (shop, id, revision, label, name, key_phrases, is_muted,
                 is_pinned, answered_by, created_at, retired_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (shop, id) DO UPDATE SET revision = excluded.revision,
                 label = excluded.label, key_phrases = excluded.key_phrases,
                 answered_by = excluded.answered_by, retired_at = excluded.retired_at,
                 name = iif(?12, excluded.name, name),
                 is_muted = iif(?12, excluded.is_muted, is_muted),
                 is_pinned = iif(?12, excluded.is_pinned, is_pinned)",
        )
        .bind(shop.as_str())
        .bind(cluster.id.as_bytes())
        .bind(signed(revision))
        .bind(cluster.label.as_str())
        .bind(&cluster.name)
        .bind(to_json("key phrases", &cluster.key_phrases)?)
        .bind(cluster.is_muted)
        .bind(cluster.is_pinned)
        .bind(
            answered_by
                .map(|answer| to_json("answer of a cluster", answer))
                .transpose()?,
        )
        .bind(cluster.created_at.as_millisecond())
        .bind(cluster.retired_at.map(Timestamp::as_millisecond))
        .bind(writer == Writer::People)
        .execute(&mut *connection)
        .await?;
        revision += 1;
    }
    Ok(())
}

/// Puts wordings where people want them.
pub(super) async fn place(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    places: &[WordingPlace],
) -> StoreResult<()> {
    let mut revision = shops::take_listening_revisions(connection, shop, places.len()).await?;
    for place in places {
        sqlx::query(
            "UPDATE wordings SET revision = ?3, cluster = ?4, is_pinned = ?5
             WHERE shop = ?1 AND key = ?2",
        )
        .bind(shop.as_str())
        .bind(stored_key(place.key))
        .bind(signed(revision))
        .bind(place.cluster.as_ref().map(ClusterId::as_bytes))
        .bind(place.is_pinned)
        .execute(&mut *connection)
        .await?;
        revision += 1;
    }
    Ok(())
}

/// Puts wordings where a clustering has them, but for those that people have put somewhere.
pub(super) async fn place_unpinned(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    places: &[WordingPlace],
) -> StoreResult<()> {
    let mut revision = shops::take_listening_revisions(connection, shop, places.len()).await?;
    for place in places {
        sqlx::query(
            "UPDATE wordings SET revision = ?3, cluster = ?4
             WHERE shop = ?1 AND key = ?2 AND is_pinned = 0 AND cluster IS NOT ?4",
        )
        .bind(shop.as_str())
        .bind(stored_key(place.key))
        .bind(signed(revision))
        .bind(place.cluster.as_ref().map(ClusterId::as_bytes))
        .execute(&mut *connection)
        .await?;
        revision += 1;
    }
    Ok(())
}

/// Retires clusters that nothing is in, and brings those back that something is in again.
pub(super) async fn retire_empty(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    at: Timestamp,
) -> StoreResult<()> {
    let changed: Vec<(Vec<u8>, bool)> = sqlx::query_as(
        "SELECT id, retired_at IS NULL FROM clusters
         WHERE shop = ?1 AND (retired_at IS NULL) <> EXISTS (
             SELECT 1 FROM wordings WHERE wordings.shop = clusters.shop AND cluster = clusters.id)",
    )
    .bind(shop.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let mut revision = shops::take_listening_revisions(connection, shop, changed.len()).await?;
    for (id, is_empty_now) in changed {
        sqlx::query(
            "UPDATE clusters SET retired_at = ?3, revision = ?4 WHERE shop = ?1 AND id = ?2",
        )
        .bind(shop.as_str())
        .bind(id)
        .bind(is_empty_now.then(|| at.as_millisecond()))
        .bind(signed(revision))
        .execute(&mut *connection)
        .await?;
        revision += 1;
    }
    Ok(())
}

/// Keeps what people did.
pub(super) async fn record_edit(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    edit: &ClusterEdit,
) -> StoreResult<()> {
    sqlx::query(
        "INSERT INTO cluster_edits (shop, id, kind, cluster, detail, before, by, at, undone_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )
    .bind(shop.as_str())
    .bind(edit.id.as_bytes())
    .bind(word("edit kind", &edit.kind)?)
    .bind(edit.cluster.as_bytes())
    .bind(&edit.detail)
    .bind(to_json("what stood before", &edit.before)?)
    .bind(&edit.by)
    .bind(edit.at.as_millisecond())
    .bind(edit.undone_at.map(Timestamp::as_millisecond))
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts back what stood before an edit.
pub(super) async fn undo(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    edit: EditId,
    at: Timestamp,
) -> StoreResult<()> {
    let before: Option<String> = sqlx::query_scalar(
        "UPDATE cluster_edits SET undone_at = ?3
         WHERE shop = ?1 AND id = ?2 AND undone_at IS NULL RETURNING before",
    )
    .bind(shop.as_str())
    .bind(edit.as_bytes())
    .bind(at.as_millisecond())
    .fetch_optional(&mut *connection)
    .await?;
    let before = before.ok_or(StoreError::NotFound { what: "edit" })?;
    let before: Before = from_json("what stood before", &before)?;
    place(&mut *connection, shop, &before.places).await?;
    for marks in &before.clusters {
        put_marks(&mut *connection, shop, marks).await?;
    }
    retire_empty(connection, shop, at).await
}

async fn put_marks(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    marks: &ClusterMarks,
) -> StoreResult<()> {
    let revision = shops::take_listening_revisions(connection, shop, 1).await?;
    sqlx::query(
        "UPDATE clusters SET name = ?3, is_muted = ?4, is_pinned = ?5, revision = ?6
         WHERE shop = ?1 AND id = ?2",
    )
    .bind(shop.as_str())
    .bind(marks.id.as_bytes())
    .bind(&marks.name)
    .bind(marks.is_muted)
    .bind(marks.is_pinned)
    .bind(signed(revision))
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct EditRow {
    id: Vec<u8>,
    kind: String,
    cluster: Vec<u8>,
    detail: String,
    before: String,
    by: String,
    at: i64,
    undone_at: Option<i64>,
}

/// The latest edits, newest first.
pub(super) async fn edits(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    limit: u32,
) -> StoreResult<Vec<ClusterEdit>> {
    let rows: Vec<EditRow> = sqlx::query_as(
        "SELECT id, kind, cluster, detail, before, by, at, undone_at
         FROM cluster_edits WHERE shop = ?1 ORDER BY at DESC, id DESC LIMIT ?2",
    )
    .bind(shop.as_str())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ClusterEdit {
                id: made_id("edit id", &row.id, EditId::parse)?,
                kind: from_word("edit kind", row.kind)?,
                cluster: made_id("cluster id", &row.cluster, ClusterId::parse)?,
                detail: row.detail,
                before: from_json("what stood before", &row.before)?,
                by: row.by,
                at: time(row.at)?,
                undone_at: optional_time(row.undone_at)?,
            })
        })
        .collect()
}
