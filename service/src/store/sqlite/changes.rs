//! Writing knowledge: every way in ends in [`write`], a chunk at a time.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use sqlx::SqliteConnection;

use super::knowledge::{ItemRow, standing, standing_of};
use super::rows::{from_json, to_json};
use super::shops;
use crate::domain::ids::{ChannelId, KnowledgeId, ProductId, ShopId};
use crate::domain::knowledge::{KnowledgeContent, KnowledgeItem, Status};
use crate::domain::taxonomy::{Intent, KnowledgeDomain};
use crate::domain::time::to_milliseconds;
use crate::store::{NewVersion, StoreError, StoreResult};

/// Few enough that preparing a chunk does not hold up the async worker, and
/// enough that a statement's own cost does not count.
const CHUNK: usize = 200;

/// Adds an item at version 1.
pub(super) async fn create(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    new: &NewVersion,
) -> StoreResult<KnowledgeItem> {
    if standing(&mut *connection, shop, &new.id).await?.is_some() {
        return Err(StoreError::Exists {
            what: "knowledge item",
        });
    }
    write(connection, shop, &[Change::first(new)?]).await?;
    let at = to_milliseconds(new.at);
    Ok(KnowledgeItem {
        id: new.id.clone(),
        version: 1,
        content: new.content.clone(),
        created_at: at,
        updated_at: at,
        updated_by: new.by.clone(),
    })
}

/// Writes the version after `expected`, unless it would say the same.
pub(super) async fn update(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    expected: u32,
    new: &NewVersion,
) -> StoreResult<KnowledgeItem> {
    let found = standing(&mut *connection, shop, &new.id).await?;
    let found = found.ok_or(StoreError::NotFound {
        what: "knowledge item",
    })?;
    if found.version != expected {
        return Err(StoreError::VersionConflict {
            current: found.version,
            expected,
        });
    }
    let Some(change) = Change::after(&found, new)? else {
        return found.into_item();
    };
    write(&mut *connection, shop, &[change]).await?;
    // Read again rather than put together: the answer is what was written.
    let written = standing(connection, shop, &new.id).await?;
    written
        .ok_or(StoreError::NotFound {
            what: "knowledge item",
        })?
        .into_item()
}

/// Writes all of `versions`: new items at version 1, others at their next
/// version, those that say the same not at all. An id twice is refused, for
/// which of the two should stand nobody can say.
pub(super) async fn import(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    versions: &[NewVersion],
) -> StoreResult<()> {
    let mut seen = HashSet::new();
    for chunk in versions.chunks(CHUNK) {
        if !chunk.iter().all(|new| seen.insert(&new.id)) {
            return Err(StoreError::Exists {
                what: "knowledge item",
            });
        }
        let found = standing_of(&mut *connection, shop, chunk.iter().map(|new| &new.id)).await?;
        let found: HashMap<&str, &ItemRow> =
            found.iter().map(|row| (row.id.as_str(), row)).collect();
        let mut changes = Vec::with_capacity(chunk.len());
        for new in chunk {
            match found.get(new.id.as_str()) {
                Some(row) => changes.extend(Change::after(row, new)?),
                None => changes.push(Change::first(new)?),
            }
        }
        write(&mut *connection, shop, &changes).await?;
    }
    Ok(())
}

/// A version ready to be written.
struct Change<'a> {
    new: &'a NewVersion,
    version: u32,
    content: String,
    at_milliseconds: i64,
}

impl<'a> Change<'a> {
    fn first(new: &'a NewVersion) -> StoreResult<Self> {
        Ok(Self {
            new,
            version: 1,
            content: to_json("knowledge content", &new.content)?,
            at_milliseconds: new.at.as_millisecond(),
        })
    }

    /// `None` when `new` says what `found` says.
    fn after(found: &ItemRow, new: &'a NewVersion) -> StoreResult<Option<Self>> {
        let content = to_json("knowledge content", &new.content)?;
        if says_the_same(&found.content, &content, &new.content) {
            return Ok(None);
        }
        Ok(Some(Self {
            new,
            version: found.version.saturating_add(1),
            content,
            // A clock that was set back must not make an earlier version
            // stand after a later one.
            at_milliseconds: new.at.as_millisecond().max(found.at),
        }))
    }
}

/// Equal text is the rule; a text written before the content had all of
/// today's fields is read before it is called different.
fn says_the_same(found: &str, json: &str, content: &KnowledgeContent) -> bool {
    found == json
        || from_json::<KnowledgeContent>("knowledge content", found)
            .is_ok_and(|found| found == *content)
}

/// A row for `knowledge`, as an array in JSON.
#[derive(Serialize)]
struct Head<'a>(
    &'a KnowledgeId,
    u32,
    u64,
    Status,
    KnowledgeDomain,
    Option<&'a Intent>,
    i64,
    &'a str,
);

/// A row for `knowledge_versions`, as an array in JSON.
#[derive(Serialize)]
struct Body<'a>(&'a KnowledgeId, u32, &'a str, &'a str, i64);

/// A row for `knowledge_scopes`, as an array in JSON: the kind, what is named, the item.
#[derive(Serialize)]
struct Scope<'a>(&'static str, &'a str, &'a KnowledgeId);

/// Writes changes under the next revisions of the shop. Rows go as one JSON
/// array a statement: a statement a row would take several times as long.
async fn write(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    changes: &[Change<'_>],
) -> StoreResult<()> {
    let Ok(count @ 1..) = u32::try_from(changes.len()) else {
        return Ok(());
    };
    let first = shops::take_knowledge_revisions(&mut *connection, shop, count).await?;
    let heads: Vec<Head> = changes
        .iter()
        .zip(first..)
        .map(|(change, revision)| head(change, revision))
        .collect();
    sqlx::query(
        "INSERT INTO knowledge
             (shop, id, version, revision, status, domain, intent, created_at, title)
         SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
                value ->> 5, value ->> 6, value ->> 7
         FROM json_each(?2) WHERE true
         ON CONFLICT (shop, id) DO UPDATE SET
             version = excluded.version, revision = excluded.revision,
             status = excluded.status, domain = excluded.domain, intent = excluded.intent,
             title = excluded.title",
    )
    .bind(shop.as_str())
    .bind(to_json("knowledge", &heads)?)
    .execute(&mut *connection)
    .await?;
    let bodies: Vec<Body> = changes.iter().map(body).collect();
    sqlx::query(
        "INSERT INTO knowledge_versions (shop, id, version, content, by, at)
         SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
         FROM json_each(?2)",
    )
    .bind(shop.as_str())
    .bind(to_json("knowledge versions", &bodies)?)
    .execute(&mut *connection)
    .await?;
    write_scopes(connection, shop, changes).await
}

/// Writes what the items name in place of what they named before.
async fn write_scopes(
    connection: &mut SqliteConnection,
    shop: &ShopId,
    changes: &[Change<'_>],
) -> StoreResult<()> {
    let ids: Vec<&KnowledgeId> = changes.iter().map(|change| &change.new.id).collect();
    sqlx::query(
        "DELETE FROM knowledge_scopes
         WHERE shop = ?1 AND id IN (SELECT value FROM json_each(?2))",
    )
    .bind(shop.as_str())
    .bind(to_json("knowledge ids", &ids)?)
    .execute(&mut *connection)
    .await?;
    let scopes: Vec<Scope> = changes.iter().flat_map(scopes).collect();
    sqlx::query(
        "INSERT INTO knowledge_scopes (shop, kind, value, id)
         SELECT DISTINCT ?1, value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2)",
    )
    .bind(shop.as_str())
    .bind(to_json("knowledge scopes", &scopes)?)
    .execute(connection)
    .await?;
    Ok(())
}

fn head<'a>(change: &Change<'a>, revision: u64) -> Head<'a> {
    let content = &change.new.content;
    Head(
        &change.new.id,
        change.version,
        revision,
        content.status,
        content.domain,
        content.intent.as_ref(),
        change.at_milliseconds,
        &content.title,
    )
}

fn scopes<'a>(change: &Change<'a>) -> impl Iterator<Item = Scope<'a>> {
    let NewVersion { id, content, .. } = change.new;
    let products = content.products.iter().map(ProductId::as_str);
    let products = products.map(move |product| Scope("product", product, id));
    let channels = content.channels.iter().map(ChannelId::as_str);
    products.chain(channels.map(move |channel| Scope("channel", channel, id)))
}

fn body<'a>(change: &'a Change<'_>) -> Body<'a> {
    Body(
        &change.new.id,
        change.version,
        &change.content,
        &change.new.by,
        change.at_milliseconds,
    )
}
