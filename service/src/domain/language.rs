//! What a shop makes of the taxonomy, and what its models have learned from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zhiwen_models::classifier::situation;
use zhiwen_models::privacy::Masked;

use super::fault::{Fault, Hint};
use super::ids::{KnowledgeId, SuggestionId};
use super::taxonomy::{Intent, Stage};

/// How soon a buyer wants an answer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// The buyer says that there is time.
    Low,
    /// Nothing is said.
    Normal,
    /// The buyer presses, or has waited too long.
    High,
}

impl From<situation::Urgency> for Urgency {
    fn from(urgency: situation::Urgency) -> Self {
        match urgency {
            situation::Urgency::Low => Self::Low,
            situation::Urgency::Normal => Self::Normal,
            situation::Urgency::High => Self::High,
        }
    }
}

/// What a shop changes of an intent, or an intent of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentSetting {
    /// Which.
    pub intent: Intent,
    /// What the shop calls it.
    pub name: Option<String>,
    /// Whether questions are never classified as it.
    pub is_off: bool,
    /// When it is usually asked; only of the shop's own.
    pub stage: Option<Stage>,
    /// Ways buyers ask it, which the classifier learns.
    pub phrasings: Vec<String>,
}

/// A question whose intent somebody set right.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// The suggestion that was asked for with it.
    pub suggestion: SuggestionId,
    /// The question.
    pub question: Masked,
    /// What it asks.
    pub intent: Intent,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A question and an item that an agent judged as its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The question.
    pub question: Masked,
    /// The item.
    pub knowledge: KnowledgeId,
    /// Whether the answer was used or called relevant; `false` when it was called irrelevant.
    pub is_right: bool,
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Tells intents by words alone.
    Classifier,
    /// Tells intents by words and the vectors of the encoder for all shops.
    VectorClassifier,
    /// Turns texts into vectors.
    Encoder,
    /// Weighs the parts of an item's score, with the threshold that keeps the promise.
    Fusion,
}

impl ModelKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Classifier,
        Self::VectorClassifier,
        Self::Encoder,
        Self::Fusion,
    ];

    /// Its stable word: `classifier`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classifier => "classifier",
            Self::VectorClassifier => "vector_classifier",
            Self::Encoder => "encoder",
            Self::Fusion => "fusion",
        }
    }
}

/// How the encoder does that the settings name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EncoderState {
    /// It gives vectors, or each shop has its own, which is never down.
    Ready,
    /// It could not be started or gives none: search goes on by words, and the
    /// service tries again by itself.
    Failed,
    /// The settings name none: search is by words.
    None,
}

impl TryFrom<String> for ModelKind {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| Fault::Unknown {
            value: text.chars().take(40).collect(),
            expected: Hint::names(&Self::ALL.map(Self::as_str)),
        })
    }
}

/// A model to keep.
#[derive(Debug, Clone, PartialEq)]
pub struct NewModel {
    /// What it is for.
    pub kind: ModelKind,
    /// The model itself, in its own format.
    pub body: Vec<u8>,
    /// How it was made and how it did, as JSON for people to read.
    pub report: serde_json::Value,
    /// Whether it takes the place of the one in use.
    pub is_used: bool,
    /// When it was made.
    pub at: Timestamp,
}

/// A model that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEntry {
    /// What it is for.
    pub kind: ModelKind,
    /// Grows by one with each model of its kind.
    pub version: u32,
    /// Bytes of it; 0 when only its report is left.
    pub size_bytes: u64,
    /// How it was made and how it did.
    pub report: serde_json::Value,
    /// Whether it is in use.
    pub is_used: bool,
    /// When it was made.
    pub at: Timestamp,
}
