//! Knowledge retrieval: one tantivy index a shop.
//!
//! Knows `models::text` and `models::everyday` and no other member. The index
//! is a cache of the store: whoever holds one can throw it away and write it
//! again.

mod blocks;
pub mod entry;
pub mod fusion;
mod gate;
pub mod ranking;
pub mod schema;
pub mod search;
mod select;
mod signs;
mod tokenizer;
pub mod vectors;
pub mod wordings;
pub mod writer;

/// Why the index did not do it.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The folder holds no index that this binary can use: write it again.
    #[error("index is missing or of another make")]
    Unusable,
    /// Tantivy failed.
    #[error("index failed")]
    Tantivy(#[from] tantivy::TantivyError),
    /// The file system failed.
    #[error("index folder cannot be used")]
    Io(#[from] std::io::Error),
    /// What the index holds cannot be read back: write it again.
    #[error("index entry is corrupt: {0}")]
    Corrupt(&'static str),
}
