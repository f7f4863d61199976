//! Searching: BM25 picks candidates, the closest wording of each decides among them.

use std::collections::HashSet;

use tantivy::schema::Value;
use tantivy::{DocAddress, TantivyDocument};
use zhiwen_models::text::Normalized;

use crate::IndexError;
use crate::entry::{Filter, Question};
use crate::ranking::{self, Parts};
use crate::schema::Snapshot;
use crate::select::{self, Occurrences, inverse_document_frequency};
use crate::wordings::{kind_weight, term_code};

/// Candidates that BM25 hands to the comparison of wordings.
const CANDIDATES: usize = 20;

/// A long message is searched by its rarest terms: the bound on a query's cost.
const MOST_TERMS: usize = 40;

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
    let candidates = bm25_candidates(snapshot, &terms, filter, CANDIDATES.max(limit))?;
    let segments = snapshot.searcher.segment_readers();
    let mut wordings = Vec::with_capacity(segments.len());
    for segment in segments {
        wordings.push(segment.fast_fields().u64("wordings")?);
    }
    let compared: Vec<(DocAddress, Parts)> = candidates
        .into_iter()
        .filter_map(|(bm25, address)| {
            let column = wordings.get(usize::try_from(address.segment_ord).ok()?)?;
            let values = column.values_for_doc(address.doc_id);
            Some((address, ranking::compare(bm25, &terms, values)))
        })
        .collect();
    let mut hits = Vec::with_capacity(limit);
    for (address, parts, confidence) in ranking::rank(compared, limit) {
        hits.push(Hit {
            payload: payload(snapshot, address)?,
            confidence,
            parts,
        });
    }
    Ok(hits)
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
    occurrences: Occurrences,
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
    Ok(bm25_candidates(snapshot, &terms, filter, CANDIDATES)?.len())
}

fn bm25_candidates(
    snapshot: &Snapshot,
    terms: &[WeightedTerm],
    filter: &Filter,
    limit: usize,
) -> Result<Vec<(f32, DocAddress)>, IndexError> {
    let weighted = terms.iter().map(|term| (&term.occurrences, term.weight));
    select::best(snapshot, weighted, filter, limit)
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

fn payload(snapshot: &Snapshot, address: DocAddress) -> Result<String, IndexError> {
    let document: TantivyDocument = snapshot.searcher.doc(address)?;
    document
        .get_first(snapshot.fields.payload)
        .and_then(|value| value.as_str().map(str::to_owned))
        .ok_or(IndexError::Corrupt("payload"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Entry, Scope};
    use crate::schema::ShopIndex;

    fn entry(id: &str, title: &str, phrasings: &[&str]) -> Entry {
        Entry {
            id: id.to_owned(),
            title: Normalized::new(title),
            phrasings: phrasings.iter().map(|text| Normalized::new(text)).collect(),
            answer: Normalized::new("请放心购买"),
            tags: Normalized::default(),
            scope: Scope::default(),
            payload: id.to_owned(),
        }
    }

    fn found(index: &ShopIndex, text: &str, filter: &Filter) -> Vec<String> {
        let question = Question {
            text: Normalized::new(text),
            ..Question::default()
        };
        let hits = search(&index.snapshot(), &question, filter, 5).expect("searchable");
        hits.into_iter().map(|hit| hit.payload).collect()
    }

    fn filled(entries: &[Entry]) -> (tempfile::TempDir, ShopIndex) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let index = ShopIndex::create(folder.path()).expect("created");
        let mut writer = index.writer().expect("first writer");
        for entry in entries {
            writer.upsert(entry).expect("added");
        }
        writer.commit(7).expect("committed");
        writer.finish().expect("closed");
        index.reload().expect("reloaded");
        (folder, index)
    }

    #[test]
    fn finds_by_other_wording_and_by_model_name() {
        let (_folder, index) = filled(&[
            entry("invoice", "发票什么时候开", &["可以开发票吗"]),
            entry("weight", "X1-Pro 多重", &[]),
            entry("return", "七天无理由怎么退货", &[]),
        ]);
        let all = Filter::default();
        assert_eq!(found(&index, "請問發票何時開", &all)[0], "invoice");
        assert_eq!(found(&index, "x1pro有几斤", &all)[0], "weight");
        assert_eq!(found(&index, "如何退货", &all)[0], "return");
        assert_eq!(found(&index, "？？", &all), Vec::<String>::new());
        assert_eq!(found(&index, "zzz", &all), Vec::<String>::new());
    }

    #[test]
    fn an_upsert_replaces_and_the_commit_is_remembered() {
        let (folder, index) = filled(&[entry("a", "怎么退货", &[])]);
        let mut writer = index.writer().expect("only writer");
        writer.upsert(&entry("a", "怎么换货", &[])).expect("added");
        writer.commit(9).expect("committed");
        writer.finish().expect("closed");
        index.reload().expect("reloaded");
        assert_eq!(index.snapshot().items(), 1);
        drop(index);
        let reopened = ShopIndex::open(folder.path()).expect("same make");
        assert_eq!(reopened.revision(), 9);
        assert_eq!(found(&reopened, "换货", &Filter::default()), ["a"]);
    }

    #[test]
    fn a_damaged_index_is_unusable() {
        let (folder, index) = filled(&[entry("a", "怎么退货", &[])]);
        drop(index);
        let store = std::fs::read_dir(folder.path())
            .expect("listed")
            .filter_map(Result::ok)
            .map(|file| file.path())
            .find(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "store")
            })
            .expect("a segment");
        std::fs::write(&store, b"damaged").expect("written");
        assert!(matches!(
            ShopIndex::open(folder.path()),
            Err(IndexError::Unusable | IndexError::Tantivy(_))
        ));
        assert!(matches!(
            ShopIndex::open(&folder.path().join("none")),
            Err(IndexError::Unusable)
        ));
    }

    #[test]
    fn filters_take_no_place_among_the_best() {
        let mut entries: Vec<Entry> = (0..200)
            .map(|number| {
                let mut expired = entry(&format!("old{number}"), "双十一优惠券怎么领", &[]);
                expired.scope.until_ms = Some(1_000);
                expired
            })
            .collect();
        let mut live = entry("live", "优惠券在哪里看", &[]);
        live.scope = Scope {
            from_ms: Some(1_000),
            products: vec!["kettle".to_owned()],
            channels: vec!["jd".to_owned()],
            domain: 1,
            ..Scope::default()
        };
        entries.push(live);
        let (_folder, index) = filled(&entries);
        let at = |at_ms| Filter {
            at_ms: Some(at_ms),
            ..Filter::default()
        };
        assert_eq!(found(&index, "双十一优惠券怎么领", &at(2_000)), ["live"]);
        assert_eq!(found(&index, "双十一优惠券怎么领", &at(999)).len(), 5);
        let product = |id: &str| Filter {
            products: Some(vec![id.to_owned()]),
            ..at(2_000)
        };
        assert_eq!(found(&index, "优惠券", &product("kettle")), ["live"]);
        assert!(found(&index, "优惠券", &product("pan")).is_empty());
        let channel = |id: &str| Filter {
            channel: Some(id.to_owned()),
            ..at(2_000)
        };
        assert_eq!(found(&index, "优惠券", &channel("jd")), ["live"]);
        assert!(found(&index, "优惠券", &channel("pdd")).is_empty());
        assert!(
            found(
                &index,
                "优惠券",
                &Filter {
                    domain: Some(0),
                    ..at(2_000)
                }
            )
            .is_empty()
        );
        assert!(
            found(
                &index,
                "优惠券",
                &Filter {
                    status: Some(1),
                    ..at(2_000)
                }
            )
            .is_empty()
        );
    }
}
