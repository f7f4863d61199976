//! Searching: BM25 and vectors pick candidates, a learned fusion decides among them.

use std::collections::HashSet;

use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet as _, TERMINATED, TantivyDocument, Term};
use zhiwen_models::everyday;
use zhiwen_models::text::Normalized;

use crate::IndexError;
use crate::blocks::SnapshotVectors;
use crate::entry::{Filter, Question};
use crate::ranking::{self, Parts};
use crate::schema::Snapshot;
use crate::select::{self, Occurrences, inverse_document_frequency};
use crate::vectors::Probe;
use crate::wordings::{kind_weight, term_code};

/// Candidates that BM25 and vectors each hand to the comparison of wordings.
const CANDIDATES: usize = 20;

/// A long message is searched by its rarest terms: the bound on a query's cost.
pub(crate) const MOST_TERMS: usize = 40;

/// Terms of synonyms count less than the buyer's own words, terms of earlier turns still less.
const EXPANSION_WEIGHT: f32 = 0.6;
const CONTEXT_WEIGHT: f32 = 0.35;

/// An item that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// What [`crate::entry::Entry::payload`] was.
    pub payload: String,
    /// The estimated probability that the item is right.
    pub confidence: f32,
    /// What the estimate is made of.
    pub parts: Parts,
}

/// The at most `limit` best items for `question` that `filter` lets through, best first.
///
/// # Errors
/// When the index cannot be read.
pub fn search(
    snapshot: &Snapshot,
    question: &Question,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Hit>, IndexError> {
    let terms = weighted_terms(snapshot, question)?;
    let probe = Probed::of(snapshot, question);
    let near = match &probe {
        Some(probe) => probe.nearest(snapshot, filter)?,
        None => Vec::new(),
    };
    let candidates = bm25_candidates(snapshot, &terms, filter, CANDIDATES.max(limit), &near)?;
    let segments = snapshot.searcher.segment_readers();
    let mut columns = Vec::with_capacity(segments.len());
    for segment in segments {
        let fields = segment.fast_fields();
        columns.push((fields.u64("wordings")?, fields.u64("intent")?));
    }
    let feedback = addresses(snapshot, &question.feedback)?;
    let compared: Vec<(DocAddress, Parts)> = candidates
        .into_iter()
        .filter_map(|(bm25, address)| {
            let (wordings, intents) = columns.get(usize::try_from(address.segment_ord).ok()?)?;
            let values = wordings.values_for_doc(address.doc_id);
            let mut parts = ranking::compare(bm25, &terms, values);
            parts.cosine = probe.as_ref().and_then(|probe| probe.cosine(address));
            parts.intent = agreement(&question.intents, intents.first(address.doc_id));
            let known = feedback.iter().find(|(known, _)| *known == address);
            parts.feedback = known.map_or(0.0, |(_, evidence)| evidence.clamp(-1.0, 1.0));
            Some((address, parts))
        })
        .collect();
    let mut hits = Vec::with_capacity(limit);
    for (address, parts, confidence) in ranking::rank(&snapshot.fusion, compared, limit) {
        hits.push(Hit {
            payload: payload(snapshot, address)?,
            confidence,
            parts,
        });
    }
    Ok(hits)
}

/// The question's vector beside the snapshot's.
struct Probed<'a> {
    vectors: &'a SnapshotVectors,
    probe: Probe,
}

impl<'a> Probed<'a> {
    fn of(snapshot: &'a Snapshot, question: &Question) -> Option<Self> {
        let vectors = snapshot.vectors.as_ref()?;
        let (fingerprint, vector) = question.vector.as_ref()?;
        let probe = vectors.probe(*fingerprint, vector)?;
        Some(Self { vectors, probe })
    }

    fn nearest(&self, snapshot: &Snapshot, filter: &Filter) -> Result<Vec<DocAddress>, IndexError> {
        self.vectors
            .nearest(&snapshot.searcher, &self.probe, filter, CANDIDATES)
    }

    fn cosine(&self, address: DocAddress) -> Option<f32> {
        self.vectors.cosine(&self.probe, address)
    }
}

/// The probability of an item's intent; `None` when nothing is known of it or
/// of the question's.
fn agreement(intents: &[(u64, f32)], of_item: Option<u64>) -> Option<f32> {
    let of_item = of_item.filter(|_| !intents.is_empty())?;
    let found = intents.iter().find(|(code, _)| *code == of_item);
    Some(found.map_or(0.0, |(_, probability)| *probability))
}

/// Where the items of `feedback` are now.
fn addresses(
    snapshot: &Snapshot,
    feedback: &[(String, f32)],
) -> Result<Vec<(DocAddress, f32)>, IndexError> {
    let mut found = Vec::with_capacity(feedback.len());
    for (id, evidence) in feedback {
        let term = Term::from_field_text(snapshot.fields.id, id);
        for (segment, reader) in (0_u32..).zip(snapshot.searcher.segment_readers()) {
            let index = reader.inverted_index(snapshot.fields.id)?;
            let Some(mut postings) = index.read_postings(&term, IndexRecordOption::Basic)? else {
                continue;
            };
            while postings.doc() != TERMINATED {
                found.push((DocAddress::new(segment, postings.doc()), *evidence));
                postings.advance();
            }
        }
    }
    Ok(found)
}

/// A term of a question.
#[derive(Debug, Clone)]
pub(crate) struct WeightedTerm {
    pub(crate) code: u32,
    /// By kind and by where it comes from.
    pub(crate) weight: f32,
    /// Whether the buyer said it in this very message.
    pub(crate) is_own: bool,
    /// Inverse document frequency over titles and phrasings.
    pub(crate) idf: f32,
    /// The same, over everyday questions too.
    rarity: f32,
    occurrences: Occurrences,
}

impl WeightedTerm {
    /// How much of what the question is about it is. Squared, so that a frame
    /// ("有没有", "do you have") hardly counts beside what is asked for.
    pub(crate) fn matter(&self) -> f32 {
        self.rarity.powi(2) * self.weight
    }
}

/// Only the candidates of BM25, with their scores: what the load test compares
/// the whole service with.
///
/// # Errors
/// When the index cannot be read.
pub fn candidates_only(
    snapshot: &Snapshot,
    text: &Normalized,
    filter: &Filter,
) -> Result<usize, IndexError> {
    let question = Question {
        text: text.clone(),
        ..Question::default()
    };
    let terms = weighted_terms(snapshot, &question)?;
    Ok(bm25_candidates(snapshot, &terms, filter, CANDIDATES, &[])?.len())
}

/// Only the candidates of the vectors, best first: what is measured of them alone.
/// None where the snapshot has no vectors of the question's encoder.
///
/// # Errors
/// When the index cannot be read.
pub fn nearest_only(
    snapshot: &Snapshot,
    question: &Question,
    filter: &Filter,
) -> Result<Vec<DocAddress>, IndexError> {
    match Probed::of(snapshot, question) {
        Some(probe) => probe.nearest(snapshot, filter),
        None => Ok(Vec::new()),
    }
}

fn bm25_candidates(
    snapshot: &Snapshot,
    terms: &[WeightedTerm],
    filter: &Filter,
    limit: usize,
    also: &[DocAddress],
) -> Result<Vec<(f32, DocAddress)>, IndexError> {
    let weighted = terms.iter().map(|term| (&term.occurrences, term.weight));
    select::best(snapshot, weighted, filter, limit, also)
}

fn weighted_terms(
    snapshot: &Snapshot,
    question: &Question,
) -> Result<Vec<WeightedTerm>, IndexError> {
    let items = snapshot.items();
    let mut terms: Vec<WeightedTerm> = Vec::new();
    let mut seen = HashSet::new();
    let context = question
        .context
        .iter()
        .map(|text| (text, CONTEXT_WEIGHT, false));
    let texts = std::iter::once((&question.text, 1.0, true))
        .chain(
            question
                .expansions
                .iter()
                .map(|text| (text, EXPANSION_WEIGHT, false)),
        )
        .chain(context);
    for (text, factor, is_own) in texts {
        for term in zhiwen_models::text::terms(text) {
            let code = term_code(&term.text, term.kind);
            if !seen.insert(code) {
                continue;
            }
            let occurrences = select::occurrences(snapshot, &term.text)?;
            // Titles and phrasings come first among the searched fields.
            let having =
                occurrences.document_frequencies[0].max(occurrences.document_frequencies[1]);
            terms.push(WeightedTerm {
                code,
                weight: kind_weight(term.kind) * factor,
                is_own,
                idf: inverse_document_frequency(items, having),
                rarity: inverse_document_frequency(
                    items + u64::from(everyday::questions()),
                    having + u64::from(everyday::having(&term.text)),
                ),
                occurrences,
            });
        }
    }
    if terms.len() > MOST_TERMS {
        let value = |term: &WeightedTerm| term.idf * term.weight;
        terms.sort_by(|left, right| value(right).total_cmp(&value(left)));
        terms.truncate(MOST_TERMS);
    }
    Ok(terms)
}

/// What [`crate::entry::Entry::payload`] was of the item at `address`.
///
/// # Errors
/// When the index cannot be read.
pub fn payload(snapshot: &Snapshot, address: DocAddress) -> Result<String, IndexError> {
    let document: TantivyDocument = snapshot.searcher.doc(address)?;
    document
        .get_first(snapshot.fields.payload)
        .and_then(|value| value.as_str().map(str::to_owned))
        .ok_or(IndexError::Corrupt("payload"))
}

#[cfg(test)]
mod hybrid_tests;
#[cfg(test)]
mod tests;
