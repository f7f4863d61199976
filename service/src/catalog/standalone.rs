//! A shop's knowledge in an index of its own, for measuring: it follows no store.

use std::path::PathBuf;
use std::sync::Arc;

use zhiwen_index::IndexError;
use zhiwen_index::schema::ShopIndex;
use zhiwen_index::vectors::{TableIdentity, VectorTable};

use super::entry::entry;
use super::vectors::{EncodeError, encode};
use super::{Searchable, Terminology};
use crate::domain::knowledge::KnowledgeItem;
use crate::domain::shop::{Shop, Vocabulary};
use crate::language::Language;

/// What is to be searched.
#[derive(Clone)]
pub struct Knowledge {
    /// Whose it is.
    pub shop: Shop,
    /// Its items.
    pub items: Vec<KnowledgeItem>,
    /// Its products and synonyms.
    pub vocabulary: Vocabulary,
}

/// Why there is nothing to search.
#[derive(Debug, thiserror::Error)]
pub enum StandaloneError {
    /// The index cannot be written.
    #[error("index cannot be written")]
    Index(#[from] IndexError),
    /// An item cannot be encoded.
    #[error("item cannot be encoded")]
    Item(#[from] serde_json::Error),
    /// The encoder failed.
    #[error("wordings cannot be encoded")]
    Encode(#[from] EncodeError),
    /// A thread died.
    #[error("indexing thread failed")]
    Thread(#[from] tokio::task::JoinError),
}

/// Items encoded at a time.
const BATCH: usize = 200;

/// Indexes `knowledge` in `folder`, which is emptied first, with the words,
/// the vectors and the weights that `language` has.
///
/// # Errors
/// When the folder cannot be written or the encoder fails.
pub async fn standalone(
    folder: PathBuf,
    knowledge: Knowledge,
    language: Arc<Language>,
) -> Result<Searchable, StandaloneError> {
    let Knowledge {
        shop,
        items,
        vocabulary,
    } = knowledge;
    let write = move || {
        let index = ShopIndex::create(&folder)?;
        let mut writer = index.writer()?;
        for item in &items {
            writer.upsert(&entry(item)?)?;
        }
        writer.commit(1)?;
        writer.finish()?;
        index.reload()?;
        Ok::<_, StandaloneError>((index, items))
    };
    let (index, items) = tokio::task::spawn_blocking(write).await??;
    if let Some(identity) = language.encoder().identity() {
        let table = Arc::new(VectorTable::new(TableIdentity {
            fingerprint: identity.fingerprint,
            dimensions: identity.dimensions,
        }));
        for batch in items.chunks(BATCH) {
            encode(&language, &table, batch).await?;
        }
        index.attach(table)?;
    }
    index.use_fusion(language.fusion())?;
    let identity = language.encoder().identity();
    Ok(Searchable {
        vectors_of: identity.map(|identity| identity.fingerprint),
        shop: Arc::new(shop),
        index: Arc::new(index),
        terminology: Arc::new(Terminology::new(&vocabulary)),
        language,
        is_behind: false,
        lacks_vectors: false,
    })
}
