//! Export to a file: page by page from the store, so that no shop is too large.

use std::fs::File;

use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::spawn_blocking;

use crate::domain::knowledge::KnowledgeItem;
use crate::domain::shop::Shop;
use crate::formats::fault::FileError;
use crate::formats::{Format, Writer};
use crate::store::{KnowledgeFilter, Store, StoreError};

const PAGE_ITEMS: u32 = 500;
/// Pages read ahead of the writing.
const PAGES_AHEAD: usize = 2;

/// Why there is no export; what is in the file by then is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer's thread ended without a word.
    #[error("the writer of the file failed")]
    Writer(#[source] tokio::task::JoinError),
}

/// Writes all items of `shop` that `filter` lets through to `file`, by id;
/// says how many. `progress` is called with the items so far.
///
/// An import of the file changes nothing.
///
/// # Errors
/// When the store does not answer or the file cannot be written.
pub async fn export(
    store: &dyn Store,
    shop: &Shop,
    filter: &KnowledgeFilter,
    (format, file): (Format, File),
    progress: &(dyn Fn(u64) + Sync),
) -> Result<u64, ExportError> {
    let (sender, receiver) = channel(PAGES_AHEAD);
    let zone = shop.zone();
    let writer = spawn_blocking(move || write(format, file, receiver, &zone));
    let mut filter = filter.clone();
    let mut count = 0;
    loop {
        let page = store.list_knowledge(&shop.id, &filter, PAGE_ITEMS).await?;
        let Some(last) = page.last() else {
            break;
        };
        filter.after = Some(last.id.clone());
        count += page.len() as u64;
        // The writer has failed, and says why when it is awaited.
        if sender.send(page).await.is_err() {
            break;
        }
        progress(count);
    }
    drop(sender);
    writer.await.map_err(ExportError::Writer)??;
    Ok(count)
}

fn write(
    format: Format,
    file: File,
    mut pages: Receiver<Vec<KnowledgeItem>>,
    zone: &jiff::tz::TimeZone,
) -> Result<(), FileError> {
    let mut writer = Writer::new(format, file)?;
    while let Some(page) = pages.blocking_recv() {
        for item in page {
            writer.push(&item.content.to_raw(&item.id, zone))?;
        }
    }
    writer.finish()
}
