//! Filling a shop's vectors beside its searches: a wording that has none yet
//! is found by its words.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zhiwen_index::IndexError;
use zhiwen_index::schema::ShopIndex;
use zhiwen_index::vectors::{TableIdentity, VectorTable};
use zhiwen_index::wordings::wording_key;
use zhiwen_models::encoder::{Encoder, EncoderError, Identity, Side};
use zhiwen_models::text::Normalized;

use super::{Catalog, Entry, read, write};
use crate::domain::ids::ShopId;
use crate::domain::knowledge::KnowledgeItem;
use crate::language::{Language, ShopEncoder, wordings};
use crate::store::StoreError;

/// Items whose wordings are encoded at a time.
const BATCH: u32 = 200;

/// Batches after which vectors that were dear to make are kept.
const KEPT_AFTER_BATCHES: usize = 20;

/// How far a shop's vectors have come.
pub(super) struct Filled {
    pub(super) table: Arc<VectorTable>,
    /// The change of knowledge up to which every wording has its vector.
    pub(super) revision: u64,
}

/// Why vectors could not be filled.
#[derive(Debug, thiserror::Error)]
pub(super) enum FillError {
    #[error("store cannot be read")]
    Store(#[from] StoreError),
    #[error("index cannot take vectors")]
    Index(#[from] IndexError),
    #[error("wordings cannot be encoded")]
    Encode(#[from] EncodeError),
    #[error("filling thread failed")]
    Thread(#[from] tokio::task::JoinError),
}

/// Why wordings have no vectors.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The encoder failed.
    #[error("encoder failed")]
    Encoder(#[from] EncoderError),
    /// The thread died.
    #[error("encoding thread failed")]
    Thread(#[from] tokio::task::JoinError),
}

/// Gives every wording up to the change that the index has come to its vector.
/// Does nothing for a shop without an encoder.
pub(super) async fn fill(
    catalog: &Catalog,
    shop_entry: &Entry,
    shop: &ShopId,
) -> Result<(), FillError> {
    let (index, language, goal) = {
        let state = read(&shop_entry.state);
        let goal = state.knowledge_revision;
        (state.index.clone(), state.language.clone(), goal)
    };
    let (Some(index), Some(language)) = (index, language) else {
        return Ok(());
    };
    let Some(identity) = language.encoder().identity() else {
        if write(&shop_entry.state).vectors.take().is_some() {
            index.detach()?;
        }
        return Ok(());
    };
    let file = catalog.vectors_file(shop, identity);
    let (table, mut reached) = begin(shop_entry, identity, &file).await?;
    let mut batches = 0;
    let mut has_news = false;
    while reached < goal {
        let changes = catalog
            .store
            .changed_knowledge(shop, reached, BATCH)
            .await?;
        let Some(last) = changes.last() else { break };
        reached = last.revision;
        let items: Vec<KnowledgeItem> = changes.into_iter().map(|change| change.item).collect();
        has_news |= encode(&language, &table, &items).await?;
        batches += 1;
        if has_news && batches % KEPT_AFTER_BATCHES == 0 {
            keep(&language, &table, &file).await?;
            has_news = false;
        }
    }
    if has_news {
        keep(&language, &table, &file).await?;
    }
    show(&index, &table).await?;
    let mut state = write(&shop_entry.state);
    // One that was written anew meanwhile has not got them.
    let is_in_use = |now: &Arc<ShopIndex>| Arc::ptr_eq(now, &index);
    if state.index.as_ref().is_some_and(is_in_use) {
        state.vectors = Some(Filled {
            table,
            revision: reached,
        });
    }
    Ok(())
}

/// The table so far and the change that it has come to: the one in use, the
/// one that an earlier process kept, or a new one.
async fn begin(
    shop_entry: &Entry,
    identity: &Identity,
    file: &Path,
) -> Result<(Arc<VectorTable>, u64), FillError> {
    let identity = TableIdentity {
        fingerprint: identity.fingerprint,
        dimensions: identity.dimensions,
    };
    if let Some(filled) = &read(&shop_entry.state).vectors
        && filled.table.identity() == identity
    {
        return Ok((Arc::clone(&filled.table), filled.revision));
    }
    let file = file.to_owned();
    let load =
        move || VectorTable::load(&file, identity).unwrap_or_else(|_| VectorTable::new(identity));
    let table = tokio::task::spawn_blocking(load).await?;
    Ok((Arc::new(table), 0))
}

/// Encodes what has no vector yet; says whether there was any.
pub(super) async fn encode(
    language: &Arc<Language>,
    table: &Arc<VectorTable>,
    items: &[KnowledgeItem],
) -> Result<bool, EncodeError> {
    let mut missing: Vec<(u64, Normalized)> = Vec::new();
    for item in items {
        for wording in wordings(item) {
            let text = Normalized::new(wording);
            let key = wording_key(&text);
            if !text.is_empty() && !table.contains(key) {
                missing.push((key, text));
            }
        }
    }
    if missing.is_empty() {
        return Ok(false);
    }
    let (keys, texts): (Vec<u64>, Vec<Normalized>) = missing.into_iter().unzip();
    match language.encoder().clone() {
        ShopEncoder::None => return Ok(false),
        ShopEncoder::Own(encoder) => {
            let table = Arc::clone(table);
            let work = move || {
                for (key, vector) in keys.iter().zip(encoder.encode_all(&texts)) {
                    table.insert(*key, &vector);
                }
            };
            tokio::task::spawn_blocking(work).await?;
        }
        ShopEncoder::Shared(encoder) => {
            insert_encoded(encoder.as_ref(), table, &keys, &texts).await?;
        }
    }
    Ok(true)
}

async fn insert_encoded(
    encoder: &dyn Encoder,
    table: &VectorTable,
    keys: &[u64],
    texts: &[Normalized],
) -> Result<(), EncoderError> {
    let vectors = encoder.encode(Side::Knowledge, texts).await?;
    for (key, vector) in keys.iter().zip(vectors.rows()) {
        table.insert(*key, vector);
    }
    Ok(())
}

/// Keeps vectors that were dear to make.
async fn keep(
    language: &Arc<Language>,
    table: &Arc<VectorTable>,
    file: &Path,
) -> Result<(), FillError> {
    if !matches!(language.encoder(), ShopEncoder::Shared(_)) {
        return Ok(());
    }
    let (table, file) = (Arc::clone(table), file.to_owned());
    let work = move || {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        table.save(&file)
    };
    Ok(tokio::task::spawn_blocking(work).await??)
}

/// Lets searches see the vectors. A table is shown when it is full: an item
/// without a vector would rank below all that have one.
async fn show(index: &Arc<ShopIndex>, table: &Arc<VectorTable>) -> Result<(), FillError> {
    let (index, table) = (Arc::clone(index), Arc::clone(table));
    let work = move || index.attach(table);
    Ok(tokio::task::spawn_blocking(work).await??)
}

impl Catalog {
    fn vectors_file(&self, shop: &ShopId, identity: &Identity) -> PathBuf {
        let name = format!("{}.{:016x}.vectors", shop.as_str(), identity.fingerprint);
        // Beside the indexes: among them is a folder for every shop's id.
        self.folder.with_file_name("vectors").join(name)
    }
}
