//! From a knowledge item to what the index is handed.

use serde::{Deserialize, Serialize};
use zhiwen_index::entry::{Entry, Scope};
use zhiwen_models::text::Normalized;

use crate::domain::knowledge::{KnowledgeItem, Status};
use crate::domain::taxonomy::{Intent, KnowledgeDomain};

/// What a hit gives back: all that an answer is made of, so that answering
/// reads one consistent snapshot and not the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// The item's id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Its status.
    pub status: Status,
    /// The question.
    pub title: String,
    /// The answer in a sentence or two.
    pub answer_brief: Option<String>,
    /// The answer that advises.
    pub answer_consultative: Option<String>,
    /// Who owns it.
    pub domain: KnowledgeDomain,
    /// What it asks.
    pub intent: Option<Intent>,
    /// The products it holds for.
    pub products: Vec<String>,
    /// Where the fact stands.
    pub source: Option<String>,
    /// The first millisecond it is in effect.
    pub valid_from: Option<jiff::Timestamp>,
    /// The first millisecond it is no longer in effect.
    pub valid_until: Option<jiff::Timestamp>,
}

/// A status as the index knows it.
pub fn status_code(status: Status) -> u64 {
    match status {
        Status::Draft => 0,
        Status::Approved => 1,
        Status::Archived => 2,
    }
}

/// A domain as the index knows it.
pub fn domain_code(domain: KnowledgeDomain) -> u64 {
    match domain {
        KnowledgeDomain::Product => 0,
        KnowledgeDomain::Process => 1,
        KnowledgeDomain::Warehouse => 2,
    }
}

/// An intent as the index knows it: a hash of its id, so that no table of
/// codes has to be kept (FNV-1a, 64 bits).
pub fn intent_code(intent: &Intent) -> u64 {
    let bytes = intent.as_str().bytes();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The index's entry of `item`.
pub(super) fn entry(item: &KnowledgeItem) -> Result<Entry, serde_json::Error> {
    let content = &item.content;
    let products: Vec<String> = content.products.iter().map(ToString::to_string).collect();
    let answers = [&content.answer_brief, &content.answer_consultative];
    let answer: Vec<&str> = answers.into_iter().flatten().map(String::as_str).collect();
    let payload = Payload {
        id: item.id.to_string(),
        version: item.version,
        status: content.status,
        title: content.title.clone(),
        answer_brief: content.answer_brief.clone(),
        answer_consultative: content.answer_consultative.clone(),
        domain: content.domain,
        intent: content.intent.clone(),
        products: products.clone(),
        source: content.source.clone(),
        valid_from: content.window.from,
        valid_until: content.window.until,
    };
    Ok(Entry {
        id: item.id.to_string(),
        title: Normalized::new(&content.title),
        phrasings: content
            .phrasings
            .iter()
            .map(|text| Normalized::new(text))
            .collect(),
        answer: Normalized::new(&answer.join("\n")),
        tags: Normalized::new(&content.tags.join(" ")),
        intent: content.intent.as_ref().map(intent_code),
        scope: Scope {
            status: status_code(content.status),
            domain: domain_code(content.domain),
            from_ms: content.window.from.map(jiff::Timestamp::as_millisecond),
            until_ms: content.window.until.map(jiff::Timestamp::as_millisecond),
            products,
            channels: content.channels.iter().map(ToString::to_string).collect(),
        },
        payload: serde_json::to_string(&payload)?,
    })
}
