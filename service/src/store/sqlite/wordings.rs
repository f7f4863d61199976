//! Ways of asking, as models learn from them.

use sqlx::SqliteConnection;
use zhiwen_models::privacy::Masked;

use super::listening::key_of;
use super::rows::made_id;
use crate::domain::ids::{ClusterId, ShopId};
use crate::domain::listening::Wording;
use crate::domain::queue::ActionKind;
use crate::store::StoreResult;

/// Key, text, cluster, and whether people put it there.
pub(super) type WordingRow = (i64, String, Option<Vec<u8>>, bool);

pub(super) fn wording((key, text, cluster, is_pinned): WordingRow) -> StoreResult<Wording> {
    let cluster = cluster
        .map(|bytes| made_id("cluster id", &bytes, ClusterId::parse))
        .transpose()?;
    Ok(Wording {
        key: key_of(key),
        text: Masked::from_stored(text),
        cluster,
        is_pinned,
    })
}

/// Those that changed last.
pub(super) async fn latest(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    limit: u32,
) -> StoreResult<Vec<Wording>> {
    let rows: Vec<WordingRow> = sqlx::query_as(
        "SELECT key, text, cluster, is_pinned FROM wordings
         WHERE shop = ?1 ORDER BY revision DESC LIMIT ?2",
    )
    .bind(shop.as_str())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(wording).collect()
}

/// Those that people put where they are, and those of questions that people
/// named, pinned or answered.
pub(super) async fn confirmed(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    limit: u32,
) -> StoreResult<Vec<Wording>> {
    let rows: Vec<WordingRow> = sqlx::query_as(
        "SELECT wordings.key, wordings.text, wordings.cluster, wordings.is_pinned
         FROM clusters JOIN wordings
             ON wordings.shop = clusters.shop AND wordings.cluster = clusters.id
         WHERE clusters.shop = ?1 AND clusters.retired_at IS NULL
             AND (wordings.is_pinned OR clusters.is_pinned OR clusters.name IS NOT NULL
                 OR clusters.id IN (SELECT cluster FROM actions WHERE shop = ?1 AND kind = ?2))
         ORDER BY wordings.cluster, wordings.key LIMIT ?3",
    )
    .bind(shop.as_str())
    .bind(ActionKind::Knowledge.as_str())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(wording).collect()
}
