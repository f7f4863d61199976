//! What the use cases ask of storage about messages, questions and clusters.

use async_trait::async_trait;
use jiff::Timestamp;
use zhiwen_models::privacy::Masked;

use super::StoreResult;
use crate::domain::ids::{AgentId, ChannelId, ClusterId, EditId, ProductId, ShopId};
use crate::domain::listening::{
    Cluster, ClusterEdit, HeardQuestion, Outcome, QuestionId, Wording, WordingKey, WordingPlace,
};
use crate::domain::message::{Message, Taken, Thread};
use crate::domain::suggestion::{Classified, Pseudonym};

/// A thread with messages that no question was read from yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadThread {
    /// The thread.
    pub thread: Thread,
    /// How far its messages had come when this was said.
    pub changed: u64,
}

/// A thread whose questions were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadThread {
    /// The thread.
    pub thread: Thread,
    /// How far its messages had come.
    pub changed: u64,
    /// From when on they were read: what was asked before stays.
    pub since: Timestamp,
}

/// A question without its words, as figures are made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionFacts {
    /// Its id.
    pub id: QuestionId,
    /// Whether a later message showed that it is none.
    pub is_gone: bool,
    /// Where it was asked.
    pub thread: Thread,
    /// When.
    pub at: Timestamp,
    /// The key of its words.
    pub wording: WordingKey,
    /// Who asked.
    pub consumer: Option<Pseudonym>,
    /// On which channel.
    pub channel: Option<ChannelId>,
    /// About which product.
    pub product: Option<ProductId>,
    /// What kind of question it is.
    pub classified: Classified,
    /// When a human first replied.
    pub replied_at: Option<Timestamp>,
    /// Who replied, where known.
    pub agent: Option<AgentId>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What changed of a shop's questions, wordings and clusters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListeningChanges {
    /// All changes up to this one are here.
    pub revision: u64,
    /// Whether there are more.
    pub has_more: bool,
    /// Questions.
    pub questions: Vec<QuestionFacts>,
    /// Wordings.
    pub wordings: Vec<Wording>,
    /// Clusters.
    pub clusters: Vec<Cluster>,
}

/// A change of clusters and of what is in them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClusterChange {
    /// Clusters as they are to stand.
    pub clusters: Vec<Cluster>,
    /// Where wordings are to be.
    pub places: Vec<WordingPlace>,
}

/// A reply with the question before it, as answers are mined from.
#[derive(Debug, Clone, PartialEq)]
pub struct MinedReply {
    /// The question.
    pub question: QuestionId,
    /// The cluster of its wording.
    pub cluster: ClusterId,
    /// When it was asked.
    pub at: Timestamp,
    /// What was asked.
    pub text: Masked,
    /// What was replied.
    pub reply: Masked,
    /// Who replied, where known.
    pub agent: Option<AgentId>,
    /// Who asked; the thread where the buyer is not known.
    pub buyer: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// Storage of what is heard. Errors are as of [`super::Store`].
#[async_trait]
pub trait ListeningStore {
    /// Keeps messages, or none of them on an error. A message on record with
    /// the same words stays as it is, but learns its time and the like where
    /// it was only seen in a suggestion; one with other words is a conflict.
    async fn take_messages(
        &self,
        shop: &ShopId,
        messages: &[Message],
        at: Timestamp,
    ) -> StoreResult<Taken>;
    /// Threads to be read, those that waited longest first, at most `limit`.
    async fn unread_threads(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<UnreadThread>>;
    /// A thread's messages by time, at most the latest `limit`.
    async fn messages(
        &self,
        shop: &ShopId,
        thread: &Thread,
        limit: u32,
    ) -> StoreResult<Vec<Message>>;
    /// Replaces the questions of `threads` by `questions` and takes new
    /// wordings in; those known already stay where they are.
    async fn write_questions(
        &self,
        shop: &ShopId,
        threads: &[ReadThread],
        questions: &[HeardQuestion],
        wordings: &[Wording],
    ) -> StoreResult<()>;
    /// What changed after `revision`, at most about `limit` of each kind.
    async fn listening_changes(
        &self,
        shop: &ShopId,
        revision: u64,
        limit: u32,
    ) -> StoreResult<ListeningChanges>;
    /// The latest questions of a cluster, newest first, at most `limit`.
    async fn cluster_questions(
        &self,
        shop: &ShopId,
        cluster: ClusterId,
        limit: u32,
    ) -> StoreResult<Vec<HeardQuestion>>;
    /// Replies since `since` to questions of clusters, oldest first.
    async fn mined_replies(
        &self,
        shop: &ShopId,
        since: Timestamp,
        limit: u32,
    ) -> StoreResult<Vec<MinedReply>>;

    /// What a clustering found. Wordings that people have put somewhere stay
    /// there; a cluster that nothing is in any more is retired.
    async fn save_clustering(
        &self,
        shop: &ShopId,
        change: &ClusterChange,
        at: Timestamp,
    ) -> StoreResult<()>;
    /// What people changed, with what stood before. A cluster that nothing is
    /// in any more is retired.
    async fn edit_clusters(
        &self,
        shop: &ShopId,
        change: &ClusterChange,
        edit: &ClusterEdit,
    ) -> StoreResult<()>;
    /// Puts back what stood before an edit.
    /// [`super::StoreError::NotFound`] when there is none of that id that is not undone.
    async fn undo_edit(&self, shop: &ShopId, edit: EditId, at: Timestamp) -> StoreResult<()>;
    /// The latest edits, newest first, at most `limit`.
    async fn cluster_edits(&self, shop: &ShopId, limit: u32) -> StoreResult<Vec<ClusterEdit>>;
}
