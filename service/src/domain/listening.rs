//! Questions heard in conversations, the wordings they come in, and the
//! clusters of wordings that mean the same.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use zhiwen_models::privacy::Masked;
use zhiwen_models::text::Normalized;

use super::ids::{AgentId, ChannelId, ClusterId, EditId, ProductId};
use super::message::Thread;
use super::suggestion::{Classified, Pseudonym};

/// A question's id: a hash of its thread and its first message, so that it is
/// the same however often a conversation is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuestionId(pub [u8; 16]);

/// A wording's key: a hash of its normalised text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WordingKey(pub u64);

impl WordingKey {
    /// The key of a question's words: texts that differ in no letter and no
    /// digit have the same.
    pub fn of(text: &Normalized) -> Self {
        let mut hash = Sha256::new();
        let words = text
            .as_str()
            .split(|character: char| !character.is_alphanumeric());
        for (place, word) in words.filter(|word| !word.is_empty()).enumerate() {
            // "is it 10 5" is not "is it 105"; "多久 发货" is "多久发货".
            if place > 0 && word.starts_with(|character: char| character.is_ascii()) {
                hash.update([b' ']);
            }
            hash.update(word.as_bytes());
        }
        let digest = hash.finalize();
        Self(u64::from_be_bytes(std::array::from_fn(|at| digest[at])))
    }
}

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

/// Where a wording is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordingPlace {
    /// The wording.
    pub key: WordingKey,
    /// Its cluster; `None` where it is alone.
    pub cluster: Option<ClusterId>,
    /// Whether people put it there.
    pub is_pinned: bool,
}

/// What people do to clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EditKind {
    /// Put all of one cluster into another.
    Merge,
    /// Put some wordings into a cluster of their own.
    Split,
    /// Changed its name, or whether it is muted or pinned.
    Change,
}

/// A change of people's to clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterEdit {
    /// Its id.
    pub id: EditId,
    /// What was done.
    pub kind: EditKind,
    /// The cluster that it was done to.
    pub cluster: ClusterId,
    /// In a few words, for a list of changes.
    pub detail: String,
    /// What stood before of all that it changed.
    pub before: Before,
    /// Who did it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// When it was undone, if it was.
    pub undone_at: Option<Timestamp>,
}

impl ClusterEdit {
    /// Whether it was done to a cluster, or to something that was in it.
    pub fn touches(&self, cluster: ClusterId) -> bool {
        let places = &self.before.places;
        let marks = &self.before.clusters;
        self.cluster == cluster
            || places.iter().any(|place| place.cluster == Some(cluster))
            || marks.iter().any(|marks| marks.id == cluster)
    }
}

/// What stood before an edit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// Where wordings were.
    pub places: Vec<WordingPlace>,
    /// What people had said of clusters.
    pub clusters: Vec<ClusterMarks>,
    /// What they say of them by it, which nothing else tells once it is undone;
    /// empty of edits made before this was kept.
    #[serde(default)]
    pub came_to: Vec<ClusterMarks>,
}

/// What people say of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterMarks {
    /// The cluster.
    pub id: ClusterId,
    /// What they call it.
    pub name: Option<String>,
    /// Whether it is muted.
    pub is_muted: bool,
    /// Whether it is pinned.
    pub is_pinned: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wording_is_its_letters_and_digits() {
        let key = |text: &str| WordingKey::of(&Normalized::new(text));
        for same in ["多久发货?", " 多久发货 ", "多久发货！！", "多久 发货"] {
            assert_eq!(key("多久发货"), key(same), "{same}");
        }
        assert_eq!(key("Is it 10 5"), key("is it 10 5?"));
        assert_ne!(key("is it 10 5"), key("is it 105"));
        assert_ne!(key("多久发货"), key("多久到货"));
    }
}
