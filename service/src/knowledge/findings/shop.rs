//! The findings of a shop, read from the store page by page.

use crate::domain::ids::ShopId;
use crate::domain::knowledge::Status;
use crate::store::{KnowledgeFilter, Store, StoreResult};

use super::{Finding, Wanted, findings};

const PAGE_ITEMS: u32 = 500;

/// The findings of the shop's knowledge as it stands.
///
/// # Errors
/// When the store does not answer.
pub async fn of_shop(
    store: &dyn Store,
    shop: &ShopId,
    wanted: &Wanted,
) -> StoreResult<Vec<Finding>> {
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
    Ok(findings(&items, wanted))
}
