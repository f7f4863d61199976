//! Bringing shops up to date with the store.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedMutexGuard, watch};
use zhiwen_index::IndexError;
use zhiwen_index::schema::ShopIndex;
use zhiwen_index::writer::Writer;

use super::entry::entry;
use super::vocabulary::Terminology;
use super::{Catalog, Entry, State, read, vectors, write};
use crate::domain::causes::with_causes;
use crate::domain::ids::ShopId;
use crate::domain::shop::Shop;
use crate::language::Language;
use crate::store::{ChangedItem, ShopRevision, Store, StoreError, StoreResult};

/// Changes read from the store at a time.
const BATCH: u32 = 500;

/// Changes after which a long run commits, so that a stop costs little work.
const COMMIT_AFTER: u64 = 50_000;

/// A writer holds a thread and a buffer: it is given back when a shop rests.
const WRITER_RESTS_AFTER: Duration = Duration::from_secs(10);

/// Before an index that could not be written is tried again.
const INDEX_RESTS: Duration = Duration::from_secs(1);

/// After so many failures in a row, an index is written anew: it is a cache.
const MOST_FAILURES: u32 = 3;

/// How often the shops' names, zones and languages are read: the command line
/// may have changed them.
const SHOPS_REST: Duration = Duration::from_secs(1);

/// Before an encoder that failed is asked for a shop's vectors again.
const ENCODER_RESTS: Duration = Duration::from_secs(5);

/// A writer kept between changes.
pub(super) struct OpenWriter {
    writer: Writer,
    used_at: Instant,
}

/// The right to bring a shop up to date, with the writer kept from last time.
type Turn = OwnedMutexGuard<Option<OpenWriter>>;

/// Why a shop could not be brought up to date.
#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error("store cannot be read")]
    Store(#[from] StoreError),
    #[error("index cannot be written")]
    Index(#[from] IndexError),
    #[error("item cannot be encoded")]
    Encode(#[from] serde_json::Error),
    #[error("indexing thread failed")]
    Thread(#[from] tokio::task::JoinError),
}

impl FollowError {
    /// Whether the index itself may be at fault.
    fn is_of_index(&self) -> bool {
        match self {
            Self::Index(error) => !error.is_refusal(),
            // Tantivy panics on files cut short.
            Self::Thread(error) => error.is_panic(),
            Self::Store(_) | Self::Encode(_) => false,
        }
    }
}

/// The shops as the store had them of late.
#[derive(Default)]
struct Shops {
    by_id: HashMap<ShopId, Arc<Shop>>,
    read_at: Option<Instant>,
}

impl Shops {
    /// The shop; the store is asked where it is unknown, and now and then.
    async fn find(&mut self, store: &dyn Store, shop: &ShopId) -> StoreResult<Option<Arc<Shop>>> {
        let has_rested = self.read_at.is_none_or(|at| at.elapsed() >= SHOPS_REST);
        if has_rested || !self.by_id.contains_key(shop) {
            let shops = store.shops().await?.into_iter();
            self.by_id = shops
                .map(|shop| (shop.id.clone(), Arc::new(shop)))
                .collect();
            self.read_at = Some(Instant::now());
        }
        Ok(self.by_id.get(shop).cloned())
    }
}

/// Keeps every shop in step with the store until `stop` turns true.
pub async fn follow(catalog: Arc<Catalog>, mut stop: watch::Receiver<bool>) {
    let mut shops = Shops::default();
    loop {
        match catalog.store.shop_revisions().await {
            Ok(revisions) => {
                for revision in revisions {
                    if let Err(error) = visit(&catalog, &mut shops, revision).await {
                        tracing::error!(
                            error = %with_causes(&error),
                            "shop cannot be loaded"
                        );
                    }
                }
            }
            Err(error) => {
                tracing::error!(
                    error = %with_causes(&error),
                    "store cannot say what changed"
                );
            }
        }
        tokio::select! {
            () = catalog.changed.notified() => {}
            () = tokio::time::sleep(catalog.poll) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Starts bringing a shop up to date when it is behind and nobody is at it.
async fn visit(
    catalog: &Arc<Catalog>,
    shops: &mut Shops,
    revision: ShopRevision,
) -> Result<(), StoreError> {
    let shop = shops.find(catalog.store.as_ref(), &revision.shop).await?;
    let Some(shop) = shop else {
        return Ok(());
    };
    let entry = Arc::clone(
        write(&catalog.shops)
            .entry(revision.shop.clone())
            .or_insert_with(|| {
                Arc::new(Entry {
                    state: std::sync::RwLock::new(State::new(Arc::clone(&shop))),
                    turn: Arc::new(tokio::sync::Mutex::new(None)),
                    filling: Arc::new(tokio::sync::Mutex::new(())),
                })
            }),
    );
    let (_, encoders_revision) = catalog.encoders.with_revision();
    let is_behind = {
        let mut state = write(&entry.state);
        if state.shop != shop {
            state.shop = shop;
        }
        let language = state.language.as_ref().map(|language| language.revision);
        let is_behind = !state.is_ready()
            || language < Some(revision.language)
            || state.encoders_revision < encoders_revision
            || state.knowledge_revision < revision.knowledge
            || state.vocabulary_revision < revision.vocabulary;
        if is_behind {
            state.behind_since.get_or_insert_with(Instant::now);
        } else {
            state.behind_since = None;
        }
        is_behind
    };
    if read(&entry.state).needs_filling()
        && let Ok(turn) = Arc::clone(&entry.filling).try_lock_owned()
    {
        fill_vectors(catalog, &entry, &revision.shop, turn);
    }
    let Ok(mut turn) = Arc::clone(&entry.turn).try_lock_owned() else {
        return Ok(());
    };
    if !is_behind {
        if turn
            .as_ref()
            .is_some_and(|open| open.used_at.elapsed() > WRITER_RESTS_AFTER)
        {
            let rested = turn.take();
            // Closing joins the writer's threads.
            tokio::task::spawn_blocking(move || drop(rested));
        }
        return Ok(());
    }
    let catalog = Arc::clone(catalog);
    tokio::spawn(async move {
        let shop = revision.shop.clone();
        if let Err(error) = catch_up(&catalog, &entry, &mut turn, revision).await {
            tracing::error!(
                shop = shop.as_str(),
                error = %with_causes(&error),
                "shop cannot be indexed"
            );
            if error.is_of_index() {
                write(&entry.state).failures += 1;
            }
            // The next poll tries again, after a pause that keeps the log readable.
            tokio::time::sleep(INDEX_RESTS).await;
        } else {
            write(&entry.state).failures = 0;
            drop(turn);
            // What changed meanwhile is fetched at once.
            catalog.changed.notify_one();
        }
    });
    Ok(())
}

/// Starts filling a shop's vectors.
fn fill_vectors(
    catalog: &Arc<Catalog>,
    shop_entry: &Arc<Entry>,
    shop: &ShopId,
    turn: OwnedMutexGuard<()>,
) {
    let (catalog, shop_entry, shop) = (Arc::clone(catalog), Arc::clone(shop_entry), shop.clone());
    tokio::spawn(async move {
        if let Err(error) = vectors::fill(&catalog, &shop_entry, &shop).await {
            tracing::error!(
                shop = shop.as_str(),
                error = %with_causes(&error),
                "vectors cannot be filled: search goes on lexically"
            );
            // An encoder that is down is asked again after a pause.
            tokio::time::sleep(ENCODER_RESTS).await;
        } else {
            drop(turn);
            catalog.changed.notify_one();
        }
    });
}

async fn catch_up(
    catalog: &Catalog,
    shop_entry: &Entry,
    turn: &mut Turn,
    revision: ShopRevision,
) -> Result<(), FollowError> {
    let shop = &revision.shop;
    let has_terminology = {
        let state = read(&shop_entry.state);
        state.terminology.is_some() && state.vocabulary_revision >= revision.vocabulary
    };
    if !has_terminology {
        let vocabulary = catalog.store.vocabulary(shop).await?;
        let terminology = Arc::new(Terminology::new(&vocabulary));
        let mut state = write(&shop_entry.state);
        state.terminology = Some(terminology);
        state.vocabulary_revision = vocabulary.revision;
    }
    let (encoders, encoders_revision) = catalog.encoders.with_revision();
    let is_current = {
        let state = read(&shop_entry.state);
        let language = state.language.as_ref();
        language.is_some_and(|language| language.revision >= revision.language)
            && state.encoders_revision >= encoders_revision
    };
    if !is_current {
        let store = catalog.store.as_ref();
        let language = Language::load(store, shop, revision.language, &encoders).await?;
        {
            let mut state = write(&shop_entry.state);
            state.language = Some(Arc::new(language));
            state.encoders_revision = encoders_revision;
        }
        weigh(shop_entry)?;
    }
    let (serving, from, failures) = {
        let state = read(&shop_entry.state);
        let from = state.knowledge_revision;
        (state.index.clone(), from, state.failures)
    };
    match serving {
        _ if failures >= MOST_FAILURES => make_anew(catalog, shop_entry, turn, &revision).await?,
        Some(index) => {
            if from < revision.knowledge {
                let reached = apply(catalog, shop_entry, turn, shop, &index, from).await?;
                write(&shop_entry.state).knowledge_revision = reached;
            }
        }
        None => build(catalog, shop_entry, turn, &revision).await?,
    }
    catalog.committed.notify_waiters();
    Ok(())
}

/// Opens a shop's index, or writes it anew from the store. One that cannot be
/// written on is searched as it is meanwhile.
async fn build(
    catalog: &Catalog,
    shop_entry: &Entry,
    turn: &mut Turn,
    revision: &ShopRevision,
) -> Result<(), FollowError> {
    let shop = &revision.shop;
    rest(turn).await?;
    let folder = catalog.folder.join(shop.as_str());
    let index = Arc::new(opened(folder, revision.knowledge).await?);
    let from = index.revision();
    write(&shop_entry.state).progress = (from, revision.knowledge);
    if from >= revision.knowledge && revision.knowledge > 0 {
        return serve(shop_entry, shop, index, from);
    }
    let _permit = catalog.builds.acquire().await;
    tracing::info!(
        shop = shop.as_str(),
        from,
        to = revision.knowledge,
        "index is being built"
    );
    match apply(catalog, shop_entry, turn, shop, &index, from).await {
        Ok(reached) => serve(shop_entry, shop, index, reached),
        Err(error) => {
            if from > 0 {
                serve(shop_entry, shop, index, from)?;
            }
            Err(error)
        }
    }
}

/// Writes a shop's index anew from the store; the one so far is searched meanwhile.
async fn make_anew(
    catalog: &Catalog,
    shop_entry: &Entry,
    turn: &mut Turn,
    revision: &ShopRevision,
) -> Result<(), FollowError> {
    let shop = &revision.shop;
    let _permit = catalog.builds.acquire().await;
    tracing::warn!(
        shop = shop.as_str(),
        "index cannot be continued: it is written anew"
    );
    rest(turn).await?;
    {
        let mut state = write(&shop_entry.state);
        state.failures = 0;
        // The folder has nothing of the store from here on. Should this fail
        // too, the index in memory is written from the start.
        state.knowledge_revision = 0;
        state.progress = (0, revision.knowledge);
    }
    let folder = catalog.folder.join(shop.as_str());
    let creating = tokio::task::spawn_blocking(move || ShopIndex::create(&folder));
    let index = Arc::new(creating.await??);
    let reached = apply(catalog, shop_entry, turn, shop, &index, 0).await?;
    serve(shop_entry, shop, index, reached)
}

/// Lets an index be searched that has come to `reached`.
fn serve(
    shop_entry: &Entry,
    shop: &ShopId,
    index: Arc<ShopIndex>,
    reached: u64,
) -> Result<(), FollowError> {
    let items = index.snapshot().items();
    tracing::info!(
        shop = shop.as_str(),
        items,
        revision = reached,
        "index is ready"
    );
    {
        let mut state = write(&shop_entry.state);
        state.knowledge_revision = reached;
        state.index = Some(index);
        // This index has none yet.
        state.vectors = None;
    }
    weigh(shop_entry)
}

/// Gives a writer back that was kept from last time.
async fn rest(turn: &mut Turn) -> Result<(), FollowError> {
    let open = turn.take();
    // Closing joins the writer's threads.
    Ok(tokio::task::spawn_blocking(move || drop(open)).await?)
}

/// Lets the index rank by the weights of the shop's language.
fn weigh(shop_entry: &Entry) -> Result<(), FollowError> {
    let (index, language) = {
        let state = read(&shop_entry.state);
        (state.index.clone(), state.language.clone())
    };
    if let (Some(index), Some(language)) = (index, language) {
        index.use_fusion(language.fusion())?;
    }
    Ok(())
}

/// The index in `folder` if it can be used and is not ahead of the store (a
/// restored backup), else an empty one.
async fn opened(folder: PathBuf, store_revision: u64) -> Result<ShopIndex, FollowError> {
    let opening = tokio::task::spawn_blocking(move || match ShopIndex::open(&folder) {
        Ok(index) if index.revision() <= store_revision => Ok(index),
        Ok(_) | Err(_) => ShopIndex::create(&folder),
    });
    Ok(opening.await??)
}

/// Applies all changes after `from`; says how far it came.
async fn apply(
    catalog: &Catalog,
    shop_entry: &Entry,
    turn: &mut Turn,
    shop: &ShopId,
    index: &Arc<ShopIndex>,
    from: u64,
) -> Result<u64, FollowError> {
    let mut reached = from;
    let mut committed = from;
    loop {
        let changes = catalog
            .store
            .changed_knowledge(shop, reached, BATCH)
            .await?;
        let is_last = changes.len() < BATCH as usize;
        reached = changes.last().map_or(reached, |change| change.revision);
        let commits = is_last || reached - committed >= COMMIT_AFTER;
        let writer = turn.take();
        let index = Arc::clone(index);
        let work = move || write_batch(&index, writer, &changes, commits.then_some(reached));
        // On failure the writer is gone and the next attempt starts from the last commit.
        **turn = Some(tokio::task::spawn_blocking(work).await??);
        if commits {
            committed = reached;
        }
        write(&shop_entry.state).progress.0 = reached;
        if is_last {
            return Ok(reached);
        }
    }
}

fn write_batch(
    index: &ShopIndex,
    open: Option<OpenWriter>,
    changes: &[ChangedItem],
    commit: Option<u64>,
) -> Result<OpenWriter, FollowError> {
    let mut open = match open {
        Some(open) => open,
        None => OpenWriter {
            writer: index.writer()?,
            used_at: Instant::now(),
        },
    };
    for change in changes {
        open.writer.upsert(&entry(&change.item)?)?;
    }
    if let Some(revision) = commit {
        open.writer.commit(revision)?;
        index.reload()?;
    }
    open.used_at = Instant::now();
    Ok(open)
}
