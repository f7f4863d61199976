//! Suggestions: what was asked, what was answered or why not, and what became of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zhiwen_models::privacy::Masked;

use super::ids::{
    AgentId, AnswerId, ChannelId, ConversationId, KnowledgeId, MessageId, ProductId, SuggestionId,
};
use super::language::Urgency;
use super::listening::WordingKey;
use super::message::Message;
use super::taxonomy::{Intent, Stage};

/// A consumer, order or other outside id under the shop's own secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pseudonym(pub String);

/// Which of an item's two answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerForm {
    /// A sentence or two.
    Brief,
    /// The one that advises.
    Consultative,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AbstentionReason {
    /// The latest messages hold no turn of the buyer that is not answered yet.
    NothingToAnswer,
    /// A greeting.
    Greeting,
    /// Thanks, yes, no, or a bare answer to the agent's question.
    Acknowledgement,
    /// The buyer asks for a human.
    HumanAgentWanted,
    /// Only a link, a picture or an order card.
    LinkOrMedia,
    /// Nothing that can be understood as a question.
    Unclear,
    /// No item in effect shares a term with the question.
    NoMatch,
    /// The best item's confidence is below the threshold.
    LowConfidence,
}

/// A part of the service that did not take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Degraded {
    /// The suggestion is not on record: feedback to it will not be found.
    Record,
    /// The index is behind the store by more than a second.
    Index,
    /// The encoder is down, full, or has not seen all of the shop's knowledge
    /// yet: what it misses was searched lexically.
    Encoder,
}

/// An answer as recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedAnswer {
    /// Its id.
    pub id: AnswerId,
    /// The item it came from.
    pub knowledge: KnowledgeId,
    /// The item's version.
    pub version: u32,
    /// Which of the item's answers.
    pub form: AnswerForm,
    /// The estimated probability that it is right.
    pub confidence: f32,
}

/// What kind of question it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Classified {
    /// What it asks and the calibrated probability of that; `None` when that is not clear.
    pub intent: Option<(Intent, f32)>,
    /// When such a thing is asked.
    pub stage: Option<Stage>,
    /// How urgent it is.
    pub urgency: Urgency,
}

/// A suggestion as recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct SuggestionRecord {
    /// Its id.
    pub id: SuggestionId,
    /// When it was made.
    pub at: Timestamp,
    /// The conversation.
    pub conversation: ConversationId,
    /// The message it answers, if there was one.
    pub answers_message: Option<MessageId>,
    /// The question as understood.
    pub question: Masked,
    /// Who asked.
    pub consumer: Option<Pseudonym>,
    /// About which order.
    pub order: Option<Pseudonym>,
    /// About which product.
    pub product: Option<ProductId>,
    /// On which channel.
    pub channel: Option<ChannelId>,
    /// Whom the answer was suggested to.
    pub agent: Option<AgentId>,
    /// What kind of question it is; `None` when nothing was asked.
    pub classified: Option<Classified>,
    /// Why there is no answer.
    pub abstention: Option<AbstentionReason>,
    /// Best first.
    pub answers: Vec<RecordedAnswer>,
    /// The key of the question's words; `None` when nothing was asked.
    pub wording: Option<WordingKey>,
    /// The turns it was asked with, to be kept as messages; not read back with it.
    pub turns: Vec<Message>,
    /// Whether somebody only tried what would be suggested. No figure counts it,
    /// and only words on its relevance or correctness are learned from.
    pub is_rehearsal: bool,
}

/// How an agent used an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// Copied to the clipboard.
    Copied,
    /// Sent as it was.
    Sent,
    /// Sent after a change.
    Edited,
}

/// What an agent said of an answer. A field that is absent changes nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Feedback {
    /// Whether it was seen.
    pub displayed: Option<bool>,
    /// How it was used.
    pub used: Option<Use>,
    /// The text sent, when edited.
    pub final_text: Option<Masked>,
    /// Whether the right item was retrieved.
    pub relevant: Option<bool>,
    /// Whether what the item says is right.
    pub correct: Option<bool>,
}

/// All feedback on an answer so far.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedbackState {
    /// The answer.
    pub answer: AnswerId,
    /// What stands.
    pub feedback: Feedback,
    /// When it last changed.
    pub updated_at: Timestamp,
}
