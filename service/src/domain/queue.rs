//! What waits for a supervisor: answers that agents gave, and what was done because of a question.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zhiwen_models::privacy::Masked;

use super::fault::Fault;
use super::ids::{ActionId, CandidateId, ClusterId, KnowledgeId};
use super::listening::Outcome;

/// Where an answer that agents gave stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CandidateState {
    /// Nobody has decided.
    Open,
    /// It became a knowledge item.
    Approved,
    /// Somebody said no.
    Dismissed,
}

impl CandidateState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Open, Self::Approved, Self::Dismissed];
}

/// An answer that agents gave to a recurring question.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its id.
    pub id: CandidateId,
    /// The question.
    pub cluster: ClusterId,
    /// A hash of the cluster and the normalised answer: found again, it is the same.
    pub key: u64,
    /// The answer as it would be kept.
    pub text: Masked,
    /// Where it was said, newest first.
    pub evidence: Vec<Evidence>,
    /// Distinct agents who said so.
    pub agents: u32,
    /// Distinct buyers to whom it was said.
    pub buyers: u32,
    /// How often it was said.
    pub replies: u32,
    /// How often the buyer took it.
    pub accepted: u32,
    /// From 0 to 1: what to look at first.
    pub score: f64,
    /// Where it stands.
    pub state: CandidateState,
    /// The item that it became.
    pub knowledge: Option<KnowledgeId>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// When it was first found.
    pub found_at: Timestamp,
}

impl Candidate {
    /// Whether nobody has decided.
    pub fn is_open(&self) -> bool {
        self.state == CandidateState::Open
    }
}

/// A question and what an agent wrote after it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Evidence {
    /// What was asked, masked.
    #[schema(value_type = String)]
    pub question: Masked,
    /// What was replied, masked.
    #[schema(value_type = String)]
    pub reply: Masked,
    /// When it was asked.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The agent, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// How the buyer took it.
    pub outcome: Outcome,
}

/// What was changed because of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// A product's page.
    Page,
    /// Packaging, label, courier.
    Packaging,
    /// A promotion or its rules.
    Promotion,
    /// Knowledge: an answer was written or approved.
    Knowledge,
}

impl ActionKind {
    /// Its stable word: `page`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Packaging => "packaging",
            Self::Promotion => "promotion",
            Self::Knowledge => "knowledge",
        }
    }
}

/// Something that somebody changed because of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// Its id.
    pub id: ActionId,
    /// The question.
    pub cluster: ClusterId,
    /// What was changed.
    pub kind: ActionKind,
    /// In people's words.
    pub note: String,
    /// When it took effect.
    pub at: Timestamp,
    /// Who says so.
    pub by: String,
    /// When that was said.
    pub made_at: Timestamp,
}

impl Action {
    /// `at` as the time that something took effect by `now`.
    ///
    /// # Errors
    /// When it is still ahead: nothing can have come of that.
    pub fn since(at: Timestamp, now: Timestamp) -> Result<Timestamp, Fault> {
        if at > now {
            return Err(Fault::InFuture);
        }
        Ok(at)
    }
}

/// What of an action is put right; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActionChange {
    /// What was changed.
    pub kind: Option<ActionKind>,
    /// In people's words.
    pub note: Option<String>,
    /// When it took effect.
    pub at: Option<Timestamp>,
}

/// A finding of two items that somebody judged to be none. It holds while both
/// stand at these versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dismissal {
    /// The finding's id.
    pub finding: String,
    /// The item with the lower id, and its version.
    pub first: (KnowledgeId, u32),
    /// The other item, or the same where it disagrees with itself.
    pub second: (KnowledgeId, u32),
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Where a consumer's tag comes from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TagSource {
    /// The shop says so.
    Raw,
    /// What the consumer did of late says so.
    Live,
    /// A model says so.
    Modelled,
}

/// The most characters of a tag.
pub const MOST_TAG_CHARACTERS: usize = 40;

/// A tag of a consumer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Tag {
    /// The tag.
    pub tag: String,
    /// Where it comes from.
    pub source: TagSource,
}

impl Tag {
    /// A tag that the shop gives.
    ///
    /// # Errors
    /// When it is empty, too long, or holds a control character.
    pub fn raw(text: &str) -> Result<Self, Fault> {
        Ok(Self {
            tag: super::text::Text::line(text, MOST_TAG_CHARACTERS)?,
            source: TagSource::Raw,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_takes_effect_before_its_time() {
        let now: Timestamp = "2026-10-01T02:00:00Z".parse().expect("a time");
        let ahead: Timestamp = "2026-10-01T02:00:01Z".parse().expect("a time");
        assert_eq!(Action::since(now, now), Ok(now));
        assert_eq!(Action::since(now, ahead), Ok(now));
        assert_eq!(Action::since(ahead, now), Err(Fault::InFuture));
    }
}
