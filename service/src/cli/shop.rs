//! The shop that `--shop` names.

use crate::domain::fault::Fault;
use crate::domain::ids::ShopId;
use crate::domain::shop::Shop;
use crate::store::{Store, StoreError};

/// Why there is no such shop.
#[derive(Debug, thiserror::Error)]
pub enum ShopFailure {
    /// The text is no id.
    #[error("--shop {0}")]
    NotAnId(Fault),
    /// No shop has the id.
    #[error("there is no shop \"{0}\"")]
    None(ShopId),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The shop of the id `text`.
///
/// # Errors
/// When it is no id or there is no such shop.
pub async fn find_shop(store: &dyn Store, text: &str) -> Result<Shop, ShopFailure> {
    let id = ShopId::parse(text).map_err(ShopFailure::NotAnId)?;
    let shops = store.shops().await?;
    shops
        .into_iter()
        .find(|shop| shop.id == id)
        .ok_or(ShopFailure::None(id))
}
