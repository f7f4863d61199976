//! Questions heard in conversations, the wordings they come in, and the
//! clusters of wordings that mean the same.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zhiwen_models::privacy::Masked;

use super::ids::{AgentId, ChannelId, ClusterId, ProductId};
use super::message::Thread;
use super::suggestion::{Classified, Pseudonym};

/// A question's id: a hash of its thread and its first message, so that it is
/// the same however often a conversation is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuestionId(pub [u8; 16]);

/// A wording's key: a hash of its normalised text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WordingKey(pub u64);

/// How a buyer took the reply to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nobody replied.
    Unanswered,
    /// Thanked, or said that it is understood.
    Accepted,
    /// Asked the same again.
    AskedAgain,
    /// Said nothing of it.
    Open,
}

/// A buyer's question: a burst of messages that asks something.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardQuestion {
    /// Its id.
    pub id: QuestionId,
    /// Where it was asked.
    pub thread: Thread,
    /// When.
    pub at: Timestamp,
    /// The buyer's words, masked, without small talk.
    pub text: Masked,
    /// The key of its normalised words.
    pub wording: WordingKey,
    /// Who asked.
    pub consumer: Option<Pseudonym>,
    /// On which channel.
    pub channel: Option<ChannelId>,
    /// About which product.
    pub product: Option<ProductId>,
    /// What kind of question it is.
    pub classified: Classified,
    /// The first reply of a human agent.
    pub reply: Option<Reply>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a human agent wrote after a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// When the first message of it came.
    pub at: Timestamp,
    /// Who wrote it, where known.
    pub agent: Option<AgentId>,
    /// All of it until the buyer's next words, masked; empty where the same
    /// reply answers a later question too.
    pub text: Masked,
}

/// One way of asking, however often it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The hash of its normalised text.
    pub key: WordingKey,
    /// The text as first written, masked.
    pub text: Masked,
    /// What it belongs to; `None` while it is alone.
    pub cluster: Option<ClusterId>,
    /// Whether people put it there: it stays.
    pub is_pinned: bool,
}

/// A recurring question.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// Its id, the same from week to week.
    pub id: ClusterId,
    /// A wording of it that reads like a question.
    pub label: Masked,
    /// What people call it, if they do.
    pub name: Option<String>,
    /// The words that set it apart.
    pub key_phrases: Vec<String>,
    /// Whether it is left out of reports and queues.
    pub is_muted: bool,
    /// Whether people keep it on top.
    pub is_pinned: bool,
    /// The item that answers it, by the same search as a suggestion's.
    pub answered_by: Option<AnsweredBy>,
    /// When it was first found.
    pub created_at: Timestamp,
    /// Set when nothing is in it any more.
    pub retired_at: Option<Timestamp>,
}

impl Cluster {
    /// What to call it.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(self.label.as_str())
    }
}

/// An approved item that answers a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnsweredBy {
    /// The item's id.
    pub knowledge: String,
    /// The estimated probability that it is right.
    pub confidence: f32,
}
