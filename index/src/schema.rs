//! The index's fields, its make, and opening it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy, Searcher};
use zhiwen_models::everyday;

use crate::IndexError;
use crate::blocks::SnapshotVectors;
use crate::fusion::Fusion;
use crate::select::{length_penalties, searched_fields};
use crate::vectors::VectorTable;
use crate::writer::Writer;

/// Grows whenever the fields or the analyzer change: an index of another make
/// is written again from the store.
const MAKE: u32 = 3;

/// Blocks of the document store: a hit reads one block, so small ones.
const STORE_BLOCK_BYTES: usize = 4_096;

/// 512 blocks of 4 KiB hold the items that a shop is asked for most.
const STORE_CACHE_BLOCKS: usize = 512;

/// What a commit says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CommitNote {
    make: u32,
    lexicon: u64,
    /// The store's change that the index has come to.
    pub(crate) revision: u64,
}

impl CommitNote {
    pub(crate) fn at(revision: u64) -> Self {
        Self {
            make: MAKE,
            lexicon: zhiwen_models::text::lexicon_fingerprint(),
            revision,
        }
    }
}

/// The fields' handles.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) id: Field,
    pub(crate) title: Field,
    pub(crate) phrasings: Field,
    pub(crate) answer: Field,
    pub(crate) tags: Field,
    pub(crate) status: Field,
    pub(crate) domain: Field,
    pub(crate) from: Field,
    pub(crate) until: Field,
    pub(crate) products: Field,
    pub(crate) channels: Field,
    pub(crate) wordings: Field,
    pub(crate) keys: Field,
    pub(crate) intent: Field,
    pub(crate) payload: Field,
}

/// One shop's index.
pub struct ShopIndex {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    revision: u64,
    current: RwLock<Arc<Snapshot>>,
    extras: RwLock<Extras>,
    refreshing: Mutex<()>,
}

/// What a snapshot searches with beside the index.
#[derive(Clone, Default)]
struct Extras {
    vectors: Option<Arc<VectorTable>>,
    fusion: Arc<Fusion>,
}

impl ShopIndex {
    /// Opens the index in `folder`.
    ///
    /// # Errors
    /// [`IndexError::Unusable`] when there is none of this make.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        // Tantivy panics on files cut short.
        std::panic::catch_unwind(|| Self::open_checked(folder)).unwrap_or(Err(IndexError::Unusable))
    }

    fn open_checked(folder: &Path) -> Result<Self, IndexError> {
        let index = Index::open_in_dir(folder).map_err(|_| IndexError::Unusable)?;
        let (schema, fields) = schema();
        if index.schema() != schema {
            return Err(IndexError::Unusable);
        }
        let damaged = index.validate_checksum()?;
        if !damaged.is_empty() {
            return Err(IndexError::Unusable);
        }
        let note = index
            .load_metas()?
            .payload
            .and_then(|payload| serde_json::from_str::<CommitNote>(&payload).ok())
            .ok_or(IndexError::Unusable)?;
        if note != CommitNote::at(note.revision) {
            return Err(IndexError::Unusable);
        }
        Self::with_reader(index, fields, note.revision)
    }

    /// Makes an empty index in `folder`, which is emptied first.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn create(folder: &Path) -> Result<Self, IndexError> {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        std::fs::create_dir_all(folder)?;
        let (schema, fields) = schema();
        let settings = IndexSettings {
            docstore_blocksize: STORE_BLOCK_BYTES,
            docstore_compress_dedicated_thread: false,
            ..IndexSettings::default()
        };
        let index = Index::builder()
            .schema(schema)
            .settings(settings)
            .create_in_dir(folder)?;
        Self::with_reader(index, fields, 0)
    }

    fn with_reader(index: Index, fields: Fields, revision: u64) -> Result<Self, IndexError> {
        let reader = index
            .reader_builder()
            // The writer's owner reloads after each commit; no watcher thread a shop.
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(STORE_CACHE_BLOCKS)
            .try_into()?;
        let extras = Extras::default();
        let snapshot = Snapshot::new(reader.searcher(), fields, &extras, None)?;
        Ok(Self {
            index,
            reader,
            fields,
            revision,
            current: RwLock::new(Arc::new(snapshot)),
            extras: RwLock::new(extras),
            refreshing: Mutex::new(()),
        })
    }

    /// The store's change that the index had come to when it was opened.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The index's only writer.
    ///
    /// # Errors
    /// When there is another.
    pub fn writer(&self) -> Result<Writer, IndexError> {
        Writer::new(&self.index, self.fields)
    }

    /// Searches by the vectors of `table` too, from now on.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn attach(&self, table: Arc<VectorTable>) -> Result<(), IndexError> {
        self.extras
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .vectors = Some(table);
        self.refresh()
    }

    /// Searches by words only, from now on.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn detach(&self) -> Result<(), IndexError> {
        self.extras
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .vectors = None;
        self.refresh()
    }

    /// Ranks with `fusion`'s weights, from now on.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn use_fusion(&self, fusion: Arc<Fusion>) -> Result<(), IndexError> {
        self.extras
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .fusion = fusion;
        self.refresh()
    }

    /// Makes what was committed visible to [`ShopIndex::snapshot`], and the
    /// vectors that were put into the attached table since.
    ///
    /// # Errors
    /// When the committed files cannot be opened.
    pub fn reload(&self) -> Result<(), IndexError> {
        self.reader.reload()?;
        self.refresh()
    }

    fn refresh(&self) -> Result<(), IndexError> {
        everyday::prepare();
        // One at a time: of two, the one that began first could otherwise put
        // its older snapshot in place of the other's.
        let _turn = self
            .refreshing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let extras = self
            .extras
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let before = self.snapshot();
        let searcher = self.reader.searcher();
        let snapshot = Arc::new(Snapshot::new(
            searcher,
            self.fields,
            &extras,
            before.vectors.as_ref(),
        )?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(())
    }

    /// The index as it is now; searching it is not disturbed by commits.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An index at one commit.
pub struct Snapshot {
    pub(crate) searcher: Searcher,
    pub(crate) fields: Fields,
    /// BM25's, for every length, by searched field.
    pub(crate) length_penalties: [[f32; 256]; 4],
    pub(crate) vectors: Option<SnapshotVectors>,
    pub(crate) fusion: Arc<Fusion>,
}

impl Snapshot {
    fn new(
        searcher: Searcher,
        fields: Fields,
        extras: &Extras,
        before: Option<&SnapshotVectors>,
    ) -> Result<Self, IndexError> {
        let vectors = match &extras.vectors {
            Some(table) => Some(SnapshotVectors::new(table, &searcher, before)?),
            None => None,
        };
        let mut snapshot = Self {
            searcher,
            fields,
            length_penalties: [[0.0; 256]; 4],
            vectors,
            fusion: Arc::clone(&extras.fusion),
        };
        let mut averages = [0.0; 4];
        for (average, (field, _)) in averages.iter_mut().zip(searched_fields(&snapshot)) {
            let mut terms = 0;
            for reader in snapshot.searcher.segment_readers() {
                terms += reader.inverted_index(field)?.total_num_tokens();
            }
            #[expect(
                clippy::cast_precision_loss,
                reason = "an average needs no exact counts"
            )]
            let length = terms as f32 / snapshot.items().max(1) as f32;
            *average = length;
        }
        snapshot.length_penalties = length_penalties(averages);
        Ok(snapshot)
    }

    /// The number of items.
    pub fn items(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// Wordings that have a vector here, and all wordings; `None` without a vector table.
    pub fn vector_coverage(&self) -> Option<(usize, usize)> {
        self.vectors.as_ref().map(SnapshotVectors::coverage)
    }
}

fn schema() -> (Schema, Fields) {
    let text = || {
        // Frequencies but no positions: no phrase is ever looked for.
        let indexing = TextFieldIndexing::default().set_index_option(IndexRecordOption::WithFreqs);
        TextOptions::default().set_indexing_options(indexing)
    };
    let code = || TextOptions::default().set_fast("raw");
    let mut builder = Schema::builder();
    let fields = Fields {
        id: builder.add_text_field("id", STRING),
        title: builder.add_text_field("title", text()),
        phrasings: builder.add_text_field("phrasings", text()),
        answer: builder.add_text_field("answer", text()),
        tags: builder.add_text_field("tags", text()),
        status: builder.add_u64_field("status", FAST),
        domain: builder.add_u64_field("domain", FAST),
        from: builder.add_i64_field("from", FAST),
        until: builder.add_i64_field("until", FAST),
        products: builder.add_text_field("products", code()),
        channels: builder.add_text_field("channels", code()),
        wordings: builder.add_u64_field("wordings", FAST),
        keys: builder.add_u64_field("keys", FAST),
        intent: builder.add_u64_field("intent", FAST),
        payload: builder.add_text_field("payload", STORED),
    };
    (builder.build(), fields)
}
