//! The items of a shop that findings are made of, read from the store page by page.

use crate::domain::ids::ShopId;
use crate::domain::knowledge::{KnowledgeItem, Status};
use crate::store::{KnowledgeFilter, Store, StoreResult};

/// Read in about a millisecond.
const PAGE_ITEMS: u32 = 100;

/// The approved items of the shop as they stand.
///
/// # Errors
/// When the store does not answer.
pub async fn approved(store: &dyn Store, shop: &ShopId) -> StoreResult<Vec<KnowledgeItem>> {
    let mut filter = KnowledgeFilter {
        status: Some(Status::Approved),
        ..KnowledgeFilter::default()
    };
    let mut items = Vec::new();
    loop {
        let page = store.list_knowledge(shop, &filter, PAGE_ITEMS).await?;
        let Some(last) = page.last() else {
            break;
        };
        filter.after = Some(last.id.clone());
        items.extend(page);
    }
    Ok(items)
}
