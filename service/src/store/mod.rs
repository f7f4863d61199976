//! What the use cases ask of storage, in their own verbs.
//!
//! Chosen by the URL's scheme in [`open`]. Whatever implements [`Store`]
//! passes `store::suite`. A write that has returned is on disk; one whose
//! future is dropped before is whole or is not at all.

mod insights;
mod jobs;
mod language;
mod listening;
mod people;
mod push;
pub mod sqlite;
#[cfg(any(test, feature = "suite"))]
pub mod suite;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::ids::{AnswerId, ChannelId, KnowledgeId, ProductId, ShopId, SuggestionId};
use crate::domain::key::{ApiKey, KeyHash};
use crate::domain::knowledge::{KnowledgeContent, KnowledgeItem, Status};
use crate::domain::shop::{Product, Shop, Synonyms, Vocabulary};
use crate::domain::suggestion::{Feedback, FeedbackState, SuggestionRecord};
use crate::domain::taxonomy::KnowledgeDomain;

pub use insights::{
    AnswerUse, Approval, Decision, InsightStore, KeptReport, Period, SuggestionTotals,
};
pub use jobs::{JobEnd, JobStore};
pub use language::{LanguageStore, NewCorrection};
pub use listening::{
    ClusterChange, ListeningChanges, ListeningStore, MinedReply, QuestionFacts, ReadThread,
    UnreadThread,
};
pub use people::PeopleStore;
pub use push::{DeliveryFilter, PushStore};

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The item changed since the version that the caller read.
    #[error("knowledge item is at version {current}, not at {expected}")]
    VersionConflict {
        /// The version that stands.
        current: u32,
        /// The version that the caller read.
        expected: u32,
    },
    /// There is no such thing in this shop.
    #[error("{what} not found")]
    NotFound {
        /// The kind of thing, as a noun.
        what: &'static str,
    },
    /// There is one of that id already.
    #[error("{what} exists already")]
    Exists {
        /// The kind of thing, as a noun.
        what: &'static str,
    },
    /// The change would leave the shop without an owner who can sign in.
    #[error("the shop would be left without an owner")]
    LastOwner,
    /// The Idempotency-Key came before with another request.
    #[error("idempotency key was used for another request")]
    IdempotencyMismatch,
    /// The disk is full or the database is read-only: nothing was written.
    #[error("store cannot write")]
    Full(#[source] sqlx::Error),
    /// The store is locked or out of reach for now.
    #[error("store is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// The URL is of no known scheme.
    #[error("store url {0:?} is of no known scheme, expected sqlite:PATH")]
    UnknownScheme(String),
    /// A migration failed or the schema is newer than this binary.
    #[error("store schema cannot be brought up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// A stored value cannot be read back.
    #[error("stored {what} is corrupt: {detail}")]
    Corrupt {
        /// The kind of thing, as a noun.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// Anything else the database reports.
    #[error("store failed")]
    Database(#[source] sqlx::Error),
}

/// A short form.
pub type StoreResult<T> = Result<T, StoreError>;

/// A reply kept under an Idempotency-Key, in the transaction of what it reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReply {
    /// The caller's key.
    pub key: String,
    /// A hash of method, path and body.
    pub fingerprint: [u8; 32],
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// When it was given.
    pub at: Timestamp,
}

/// What became of a write under an Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written<T> {
    /// It was done now.
    Now(T),
    /// It was done before; this is the reply of then.
    Before(KeptReply),
}

/// A version of an item, to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVersion {
    /// The item's id.
    pub id: KnowledgeId,
    /// What it says.
    pub content: KnowledgeContent,
    /// Who wrote it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Which items to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KnowledgeFilter {
    /// Only of this status.
    pub status: Option<Status>,
    /// Only of this domain.
    pub domain: Option<KnowledgeDomain>,
    /// Only of this intent, by id.
    pub intent: Option<String>,
    /// Only that name this product.
    pub product: Option<ProductId>,
    /// Only that name this channel.
    pub channel: Option<ChannelId>,
    /// Only after this id, in the byte order of ids.
    pub after: Option<KnowledgeId>,
    /// In which order.
    pub order: KnowledgeOrder,
    /// So many of them are left out at the beginning of a list.
    pub skipped: u32,
}

/// What a list of items is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KnowledgeOrder {
    /// The byte order of ids.
    #[default]
    Id,
    /// The item that was changed last first.
    LastChange,
    /// By title, letters of either case as one; what is equal stands by id.
    Title,
}

/// An item with its place in the shop's sequence of changes.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedItem {
    /// Its place.
    pub revision: u64,
    /// The item as it stands.
    pub item: KnowledgeItem,
}

/// How far a shop's changes have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopRevision {
    /// The shop.
    pub shop: ShopId,
    /// Of knowledge.
    pub knowledge: u64,
    /// Of products and synonyms.
    pub vocabulary: u64,
    /// Of intents and models.
    pub language: u64,
    /// Of messages.
    pub messages: u64,
    /// Of questions, wordings and clusters.
    pub listening: u64,
    /// Of suggestions and feedback.
    pub suggestions: u64,
}

/// A recorded suggestion with the feedback on its answers.
#[derive(Debug, Clone, PartialEq)]
pub struct SuggestionWithFeedback {
    /// The suggestion.
    pub record: SuggestionRecord,
    /// Feedback on those of its answers that have any.
    pub feedback: Vec<FeedbackState>,
}

/// Storage. To write to a shop that does not exist is [`StoreError::NotFound`];
/// reading finds nothing.
#[async_trait]
pub trait Store:
    LanguageStore + JobStore + ListeningStore + InsightStore + PushStore + PeopleStore + Send + Sync
{
    /// Answers when the store can be read.
    async fn check_health(&self) -> StoreResult<()>;

    /// Makes a shop. [`StoreError::Exists`] when there is one of that id.
    async fn create_shop(&self, shop: &Shop) -> StoreResult<()>;
    /// Changes a shop's name, time zone and locale.
    async fn update_shop(&self, shop: &Shop) -> StoreResult<()>;
    /// All shops, by id.
    async fn shops(&self) -> StoreResult<Vec<Shop>>;
    /// How far each shop's changes have come, by id.
    async fn shop_revisions(&self) -> StoreResult<Vec<ShopRevision>>;

    /// Keeps a key.
    async fn create_key(&self, key: &ApiKey) -> StoreResult<()>;
    /// The key of that hash, of whatever shop.
    async fn key_by_hash(&self, hash: KeyHash) -> StoreResult<Option<ApiKey>>;
    /// A shop's keys, oldest first.
    async fn keys(&self, shop: &ShopId) -> StoreResult<Vec<ApiKey>>;
    /// Withdraws a key; one withdrawn before keeps its first time.
    /// [`StoreError::NotFound`] when there is none of that prefix.
    async fn revoke_key(&self, shop: &ShopId, prefix: &str, at: Timestamp) -> StoreResult<()>;
    /// Notes that a key was used on `day`; the latest day stands.
    async fn note_key_use(&self, shop: &ShopId, prefix: &str, day: Date) -> StoreResult<()>;

    /// Adds an item at version 1. [`StoreError::Exists`] when there is one of that id.
    async fn create_knowledge(
        &self,
        shop: &ShopId,
        new: &NewVersion,
        reply: Option<&KeptReply>,
    ) -> StoreResult<Written<KnowledgeItem>>;
    /// Writes the version after `expected`. [`StoreError::VersionConflict`]
    /// when another stands; content that changes nothing makes no version. A
    /// version is never of an earlier time than the one before it.
    async fn update_knowledge(
        &self,
        shop: &ShopId,
        expected: u32,
        new: &NewVersion,
        reply: Option<&KeptReply>,
    ) -> StoreResult<Written<KnowledgeItem>>;
    /// The item as it stands.
    async fn knowledge(
        &self,
        shop: &ShopId,
        id: &KnowledgeId,
    ) -> StoreResult<Option<KnowledgeItem>>;
    /// The items as they stand, of those ids that exist, in any order.
    async fn knowledge_by_ids(
        &self,
        shop: &ShopId,
        ids: &[KnowledgeId],
    ) -> StoreResult<Vec<KnowledgeItem>>;
    /// The item at a version.
    async fn knowledge_version(
        &self,
        shop: &ShopId,
        id: &KnowledgeId,
        version: u32,
    ) -> StoreResult<Option<KnowledgeItem>>;
    /// The item's versions before `before` (all when `None`), newest first, at most `limit`.
    async fn knowledge_versions(
        &self,
        shop: &ShopId,
        id: &KnowledgeId,
        before: Option<u32>,
        limit: u32,
    ) -> StoreResult<Vec<KnowledgeItem>>;
    /// The version that stood at `time`.
    async fn knowledge_as_of(
        &self,
        shop: &ShopId,
        id: &KnowledgeId,
        time: Timestamp,
    ) -> StoreResult<Option<KnowledgeItem>>;
    /// The versions that stood at `time` of those ids that there were then, in any order.
    async fn knowledge_by_ids_as_of(
        &self,
        shop: &ShopId,
        ids: &[KnowledgeId],
        time: Timestamp,
    ) -> StoreResult<Vec<KnowledgeItem>>;
    /// Whether any item was approved at `time`.
    async fn had_approved_knowledge(&self, shop: &ShopId, time: Timestamp) -> StoreResult<bool>;
    /// Items in the filter's order, at most `limit`.
    async fn list_knowledge(
        &self,
        shop: &ShopId,
        filter: &KnowledgeFilter,
        limit: u32,
    ) -> StoreResult<Vec<KnowledgeItem>>;
    /// How many items pass the filter, with those that a list of them leaves out.
    async fn count_knowledge(&self, shop: &ShopId, filter: &KnowledgeFilter) -> StoreResult<u64>;
    /// Writes all of `versions` or none: new items at version 1, others at the
    /// next version, those that change nothing not at all.
    /// [`StoreError::Exists`] when an id comes twice.
    async fn import_knowledge(
        &self,
        shop: &ShopId,
        versions: &[NewVersion],
        reply: Option<&KeptReply>,
    ) -> StoreResult<Written<()>>;
    /// Items that changed after `revision`, in the order of their changes, at most `limit`.
    async fn changed_knowledge(
        &self,
        shop: &ShopId,
        revision: u64,
        limit: u32,
    ) -> StoreResult<Vec<ChangedItem>>;

    /// A shop's products, by id, and synonyms, with the revision that they are of.
    /// [`StoreError::NotFound`] when there is no such shop.
    async fn vocabulary(&self, shop: &ShopId) -> StoreResult<Vocabulary>;
    /// Adds or replaces products; the revision stays where nothing changes.
    async fn put_products(&self, shop: &ShopId, products: &[Product]) -> StoreResult<()>;
    /// Removes a product from the vocabulary. [`StoreError::NotFound`] when there is none.
    async fn delete_product(&self, shop: &ShopId, id: &ProductId) -> StoreResult<()>;
    /// Replaces all synonym groups; the revision stays where nothing changes.
    async fn replace_synonyms(&self, shop: &ShopId, groups: &[Synonyms]) -> StoreResult<()>;

    /// Records suggestions of any shops, all or none; one that is on record
    /// already stays as it is.
    async fn record_suggestions(&self, records: &[(ShopId, SuggestionRecord)]) -> StoreResult<()>;
    /// Records one suggestion with the reply under its Idempotency-Key.
    async fn record_suggestion_once(
        &self,
        shop: &ShopId,
        record: &SuggestionRecord,
        reply: &KeptReply,
    ) -> StoreResult<Written<()>>;
    /// A recorded suggestion.
    async fn suggestion(
        &self,
        shop: &ShopId,
        id: SuggestionId,
    ) -> StoreResult<Option<SuggestionWithFeedback>>;
    /// Merges feedback into what stands for the answer: what is `None` changes nothing.
    /// [`StoreError::NotFound`] when no recorded suggestion has it.
    async fn save_feedback(
        &self,
        shop: &ShopId,
        answer: AnswerId,
        feedback: &Feedback,
        at: Timestamp,
    ) -> StoreResult<FeedbackState>;

    /// The reply kept under an Idempotency-Key.
    /// [`StoreError::IdempotencyMismatch`] when it was for another request.
    async fn kept_reply(
        &self,
        shop: &ShopId,
        key: &str,
        fingerprint: &[u8; 32],
    ) -> StoreResult<Option<KeptReply>>;
    /// Forgets replies kept before `before`; says how many.
    async fn forget_replies(&self, before: Timestamp) -> StoreResult<u64>;
}

/// Opens the store that `url` names, making it and migrating it where needed.
///
/// # Errors
/// When the scheme is unknown, the file cannot be opened, or a migration fails.
pub async fn open(url: &str) -> StoreResult<Arc<dyn Store>> {
    match url.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => {
            Ok(Arc::new(sqlite::SqliteStore::open(path).await?))
        }
        _ => Err(StoreError::UnknownScheme(
            url.split(':').next().unwrap_or("").to_owned(),
        )),
    }
}
