//! Every shop's index and vocabulary, kept in step with the store.
//!
//! The index follows the store's sequence of changes (`shop_revisions`), not
//! the handlers: an import by another process, a replica's write and a
//! restored backup reach it by the same path, and a lost index is only a
//! follower that starts at change 0.

mod encoders;
mod entry;
mod follower;
mod standalone;
mod vectors;
mod vocabulary;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore};
use zhiwen_index::schema::ShopIndex;

pub use encoders::Encoders;
pub use entry::{Payload, domain_code, intent_code, status_code};
pub use follower::follow;
pub use standalone::{Knowledge, StandaloneError, standalone};
pub use vectors::EncodeError;
pub use vocabulary::{Mentions, Terminology};

use crate::domain::ids::ShopId;
use crate::domain::shop::Shop;
use crate::language::{EncoderSource, Language, ShopEncoder};
use crate::store::{Store, StoreError};

/// Why a shop cannot be searched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// There is no such shop.
    #[error("shop not found")]
    UnknownShop,
    /// Its index is being built.
    #[error("index is being built: {done} of {total} items")]
    Building {
        /// Items indexed so far.
        done: u64,
        /// Items to index.
        total: u64,
    },
}

/// What a shop is searched with.
#[derive(Clone)]
pub struct Searchable {
    /// The shop.
    pub shop: Arc<Shop>,
    /// Its index.
    pub index: Arc<ShopIndex>,
    /// Its products and synonyms.
    pub terminology: Arc<Terminology>,
    /// What it understands questions with.
    pub language: Arc<Language>,
    /// Whether the store has had changes for over a second that the index has not.
    pub is_behind: bool,
    /// The fingerprint of the encoder whose vectors the index has: a question's
    /// vector of another says nothing to it.
    pub vectors_of: Option<u64>,
    /// Whether the shop has an encoder that has not seen all of its knowledge yet.
    pub lacks_vectors: bool,
}

impl Searchable {
    /// The encoder, where the index has its vectors.
    pub fn encoder(&self) -> &ShopEncoder {
        let encoder = self.language.encoder();
        match encoder.identity() {
            Some(identity) if self.vectors_of == Some(identity.fingerprint) => encoder,
            _ => &ShopEncoder::None,
        }
    }
}

/// How a shop's index stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopStatus {
    /// The shop.
    pub shop: ShopId,
    /// `None` when it can be searched.
    pub building: Option<(u64, u64)>,
    /// For how long the store has had changes that the index has not.
    pub lag: Duration,
}

/// All shops that are served.
pub struct Catalog {
    store: Arc<dyn Store>,
    folder: PathBuf,
    poll: Duration,
    builds: Arc<Semaphore>,
    changed: Notify,
    /// Tells those that wait that an index has come further.
    committed: Notify,
    shops: RwLock<HashMap<ShopId, Arc<Entry>>>,
    encoders: Encoders,
}

/// A shop in the catalog.
struct Entry {
    state: RwLock<State>,
    /// Held by whoever brings the shop up to date.
    turn: Arc<tokio::sync::Mutex<Option<follower::OpenWriter>>>,
    /// Held by whoever fills the shop's vectors, which may take minutes.
    filling: Arc<tokio::sync::Mutex<()>>,
}

struct State {
    shop: Arc<Shop>,
    index: Option<Arc<ShopIndex>>,
    terminology: Option<Arc<Terminology>>,
    language: Option<Arc<Language>>,
    /// Which source of vectors the language was loaded with.
    encoders_revision: u64,
    vectors: Option<vectors::Filled>,
    knowledge_revision: u64,
    vocabulary_revision: u64,
    progress: (u64, u64),
    behind_since: Option<Instant>,
    /// How often in a row the index could not be written, without want of room.
    failures: u32,
}

impl Catalog {
    /// A catalog of indexes in `folder`; empty until [`follow`] runs.
    pub fn new(
        store: Arc<dyn Store>,
        folder: PathBuf,
        poll: Duration,
        concurrent_builds: usize,
        encoders: EncoderSource,
    ) -> Self {
        Self {
            store,
            folder,
            poll,
            builds: Arc::new(Semaphore::new(concurrent_builds)),
            changed: Notify::new(),
            committed: Notify::new(),
            shops: RwLock::new(HashMap::new()),
            encoders: Encoders::new(encoders),
        }
    }

    /// Where vectors come from, and how that does.
    pub fn encoders(&self) -> &Encoders {
        &self.encoders
    }

    /// Lets every shop's vectors come from another source from now on.
    pub fn use_encoders(&self, source: EncoderSource) {
        self.encoders.replace(source);
        self.store_changed();
    }

    /// Says that the store has changed, so that the index follows at once.
    pub fn store_changed(&self) {
        self.changed.notify_one();
    }

    /// Waits until the index has what the store had when this was called, at
    /// most so long; whether it has.
    ///
    /// # Errors
    /// When the store cannot say what it has.
    pub async fn caught_up(&self, shop: &ShopId, at_most: Duration) -> Result<bool, StoreError> {
        let revisions = self.store.shop_revisions().await?;
        let goal = revisions
            .iter()
            .find(|revision| revision.shop == *shop)
            .map_or(0, |revision| revision.knowledge);
        self.store_changed();
        let reached = async {
            loop {
                // Asked for before looking, so that no commit in between is missed.
                let committed = self.committed.notified();
                let entry = self.entry(shop);
                if entry.is_some_and(|entry| read(&entry.state).has(goal)) {
                    return;
                }
                committed.await;
            }
        };
        Ok(tokio::time::timeout(at_most, reached).await.is_ok())
    }

    /// What to search `shop` with.
    ///
    /// # Errors
    /// While its index is being built, and when there is no such shop.
    pub fn searchable(&self, shop: &ShopId) -> Result<Searchable, CatalogError> {
        let entry = self.entry(shop).ok_or(CatalogError::UnknownShop)?;
        let state = read(&entry.state);
        match (&state.index, &state.terminology, &state.language) {
            (Some(index), Some(terminology), Some(language)) => Ok(Searchable {
                shop: Arc::clone(&state.shop),
                index: Arc::clone(index),
                terminology: Arc::clone(terminology),
                language: Arc::clone(language),
                is_behind: state.lag() > Duration::from_secs(1),
                vectors_of: state
                    .vectors
                    .as_ref()
                    .map(|filled| filled.table.identity().fingerprint),
                lacks_vectors: state.lacks_vectors() || language.lacks_encoder(),
            }),
            _ => Err(CatalogError::Building {
                done: state.progress.0,
                total: state.progress.1,
            }),
        }
    }

    /// The shop as the catalog knows it: settings, not knowledge.
    ///
    /// # Errors
    /// When there is no such shop, or the store cannot say.
    pub async fn shop(&self, shop: &ShopId) -> Result<Option<Arc<Shop>>, StoreError> {
        if let Some(entry) = self.entry(shop) {
            return Ok(Some(Arc::clone(&read(&entry.state).shop)));
        }
        let shops = self.store.shops().await?;
        Ok(shops
            .into_iter()
            .find(|known| known.id == *shop)
            .map(Arc::new))
    }

    /// How every shop's index stands, by shop.
    pub fn statuses(&self) -> Vec<ShopStatus> {
        let shops = read(&self.shops);
        let mut statuses: Vec<ShopStatus> = shops
            .iter()
            .map(|(id, entry)| {
                let state = read(&entry.state);
                let is_ready = state.is_ready();
                ShopStatus {
                    shop: id.clone(),
                    building: (!is_ready).then_some(state.progress),
                    lag: state.lag(),
                }
            })
            .collect();
        statuses.sort_by(|left, right| left.shop.cmp(&right.shop));
        statuses
    }

    fn entry(&self, shop: &ShopId) -> Option<Arc<Entry>> {
        read(&self.shops).get(shop).cloned()
    }
}

impl State {
    /// Of a shop of which nothing is loaded yet.
    fn new(shop: Arc<Shop>) -> Self {
        Self {
            shop,
            index: None,
            terminology: None,
            language: None,
            encoders_revision: 0,
            vectors: None,
            knowledge_revision: 0,
            vocabulary_revision: 0,
            progress: (0, 0),
            behind_since: None,
            failures: 0,
        }
    }

    fn is_ready(&self) -> bool {
        self.index.is_some() && self.terminology.is_some() && self.language.is_some()
    }

    /// Whether what was changed up to `revision` can be searched.
    fn has(&self, revision: u64) -> bool {
        self.is_ready() && self.knowledge_revision >= revision
    }

    /// Whether the encoder in use has not seen what the index has.
    fn lacks_vectors(&self) -> bool {
        let language = self.language.as_ref();
        let Some(identity) = language.and_then(|language| language.encoder().identity()) else {
            return false;
        };
        self.vectors.as_ref().is_none_or(|filled| {
            filled.table.identity().fingerprint != identity.fingerprint
                || filled.revision < self.knowledge_revision
        })
    }

    /// Whether vectors have to be filled, or let go of.
    fn needs_filling(&self) -> bool {
        let language = self.language.as_ref();
        let has_encoder = language.is_some_and(|language| language.encoder().identity().is_some());
        self.is_ready() && (self.lacks_vectors() || (!has_encoder && self.vectors.is_some()))
    }

    fn lag(&self) -> Duration {
        self.behind_since
            .map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// A lock whose holder panicked still guards whole values: every write is one assignment.
fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
