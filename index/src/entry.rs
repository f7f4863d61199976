//! What the index is handed of an item, and what it is asked.

use zhiwen_models::text::Normalized;

/// A knowledge item as the index sees it. Codes are the caller's: the index
/// only compares them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The item's id.
    pub id: String,
    /// The question.
    pub title: Normalized,
    /// Its other wordings.
    pub phrasings: Vec<Normalized>,
    /// Both answers.
    pub answer: Normalized,
    /// The labels.
    pub tags: Normalized,
    /// A code of what buyers want who ask it, if that is known.
    pub intent: Option<u64>,
    /// Whether and when it holds, and for what.
    pub scope: Scope,
    /// What a hit gives back, opaque to the index.
    pub payload: String,
}

/// Whether and when an item holds, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// A code of the item's status.
    pub status: u64,
    /// A code of the item's domain.
    pub domain: u64,
    /// The first millisecond it is in effect.
    pub from_ms: Option<i64>,
    /// The first millisecond it is no longer in effect.
    pub until_ms: Option<i64>,
    /// The products it holds for; all when empty.
    pub products: Vec<String>,
    /// The channels it holds for; all when empty.
    pub channels: Vec<String>,
}

/// Which items may be found. `None` lets everything through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only of this status.
    pub status: Option<u64>,
    /// Only of this domain.
    pub domain: Option<u64>,
    /// Only in effect at this millisecond.
    pub at_ms: Option<i64>,
    /// Only for one of these products, or for all products.
    pub products: Option<Vec<String>>,
    /// Only for this channel, or for all channels.
    pub channel: Option<String>,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Question {
    /// The buyer's words.
    pub text: Normalized,
    /// Other words for some of them, from the shop's synonyms and product names.
    pub expansions: Vec<Normalized>,
    /// What was said before, for a question that does not stand alone.
    pub context: Option<Normalized>,
    /// The text's vector with the fingerprint of its encoder. Without one, or
    /// where the index has another encoder's vectors, the search is lexical.
    pub vector: Option<(u64, Vec<f32>)>,
    /// Codes of what the buyer may want, each with its probability; empty when not known.
    pub intents: Vec<(u64, f32)>,
    /// Ids of items with what is known of them as answers to such a question:
    /// from −1 (always wrong) to 1 (always right).
    pub feedback: Vec<(String, f32)>,
}
