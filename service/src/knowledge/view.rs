//! Reading an item as it stands, as it stood, or as it will stand.

use jiff::Timestamp;

use crate::domain::ids::{KnowledgeId, ShopId};
use crate::domain::knowledge::{KnowledgeItem, Status};
use crate::store::{Store, StoreResult};

/// Which version is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one that stands.
    Standing,
    /// The one that stands at a time: a future one shows what stands now.
    AsOf(Timestamp),
    /// The one of a number.
    Version(u32),
}

/// A version of an item, and whether agents are given it at the time looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The item at that version.
    pub item: KnowledgeItem,
    /// Whether it stands, is approved, and its window holds the time.
    pub in_effect: bool,
}

impl View {
    /// The item as a version that stands, looked at for `time`.
    pub fn standing(item: KnowledgeItem, time: Timestamp) -> Self {
        let content = &item.content;
        let in_effect = content.status == Status::Approved && content.window.contains(time);
        Self { item, in_effect }
    }

    /// The item as a version that another has replaced.
    pub fn replaced(item: KnowledgeItem) -> Self {
        let in_effect = false;
        Self { item, in_effect }
    }
}

/// Looks at an item; `None` when there is none, or was none then.
///
/// # Errors
/// When the store cannot be read.
pub async fn view(
    store: &dyn Store,
    shop: &ShopId,
    id: &KnowledgeId,
    which: Which,
    now: Timestamp,
) -> StoreResult<Option<View>> {
    let view = match which {
        Which::Standing => {
            let item = store.knowledge(shop, id).await?;
            item.map(|item| View::standing(item, now))
        }
        Which::AsOf(time) => {
            let item = store.knowledge_as_of(shop, id, time).await?;
            item.map(|item| View::standing(item, time))
        }
        Which::Version(version) => {
            let standing = store.knowledge(shop, id).await?;
            if standing
                .as_ref()
                .is_some_and(|item| item.version == version)
            {
                return Ok(standing.map(|item| View::standing(item, now)));
            }
            let item = store.knowledge_version(shop, id, version).await?;
            item.map(View::replaced)
        }
    };
    Ok(view)
}

/// The item's versions before `before`, newest first, at most `limit`; `None`
/// when there is no such item.
///
/// # Errors
/// When the store cannot be read.
pub async fn history(
    store: &dyn Store,
    (shop, id): (&ShopId, &KnowledgeId),
    (before, limit): (Option<u32>, u32),
    now: Timestamp,
) -> StoreResult<Option<Vec<View>>> {
    let versions = store.knowledge_versions(shop, id, before, limit).await?;
    if versions.is_empty() && store.knowledge(shop, id).await?.is_none() {
        return Ok(None);
    }
    // The newest stands; on a later page none does.
    let views = versions
        .into_iter()
        .enumerate()
        .map(|(place, item)| match (place, before) {
            (0, None) => View::standing(item, now),
            _ => View::replaced(item),
        });
    Ok(Some(views.collect()))
}
