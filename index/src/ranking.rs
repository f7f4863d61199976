//! From the parts of a candidate's score to its rank and its confidence.

use serde::{Deserialize, Serialize};

use crate::fusion::Fusion;
use crate::search::{MOST_TERMS, WeightedTerm};
use crate::wordings::{Value, code_weight, decode};

/// The parts of a score, each shown to whoever asks for an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Parts {
    /// The sum of the fields' BM25 scores.
    pub bm25: f32,
    /// The share of the question's weight (inverse document frequency) that the closest wording covers.
    pub question_coverage: f32,
    /// The share of the closest wording's weight that the question covers.
    pub wording_coverage: f32,
    /// The share of the question's matter that any wording of the item has: a
    /// term is matter as far as it is rare here and in everyday questions.
    #[serde(default)]
    pub worded_share: f32,
    /// BM25 against the best candidate's, 0 to 1.
    pub bm25_share: f32,
    /// How far the runner-up's relevance is behind the best one's, 0 to 1; 0 for all but the best.
    pub margin: f32,
    /// The cosine of the question's vector and the closest wording's, −1 to 1;
    /// `None` when the question or the item has no vector.
    #[serde(default)]
    pub cosine: Option<f32>,
    /// How far the cosine is ahead of the closest other candidate's; 0 for all
    /// but the best and without vectors.
    #[serde(default)]
    pub cosine_margin: f32,
    /// The probability that the question has the item's intent; `None` when
    /// either is not known.
    #[serde(default)]
    pub intent: Option<f32>,
    /// What is known from feedback on this item for such a question, −1 to 1.
    #[serde(default)]
    pub feedback: f32,
    /// What candidates are ranked by: the weighted sum of the parts.
    #[serde(default)]
    pub relevance: f32,
}

impl Parts {
    /// How close the closest wording is: the harmonic mean of both coverages.
    pub(crate) fn closeness(&self) -> f32 {
        harmonic_mean(self.question_coverage, self.wording_coverage)
    }
}

/// Compares the question with each wording of a candidate and keeps the closest.
pub(crate) fn compare(
    bm25: f32,
    terms: &[WeightedTerm],
    wordings: impl Iterator<Item = u64>,
) -> Parts {
    let own = terms.iter().filter(|term| term.is_own);
    let question_weight: f32 = own.clone().map(|term| term.idf * term.weight).sum();
    let mut parts = Parts {
        bm25,
        ..Parts::default()
    };
    let mut is_worded = [false; MOST_TERMS];
    let mut current = Overlap::default();
    for value in wordings.filter_map(decode) {
        match value {
            Value::Start => {
                std::mem::take(&mut current).keep_if_closer(question_weight, &mut parts)
            }
            Value::Term(code) => current.add(code, terms, &mut is_worded),
        }
    }
    current.keep_if_closer(question_weight, &mut parts);
    let worded = terms
        .iter()
        .zip(is_worded)
        .filter(|(_, is_worded)| *is_worded);
    let worded: f32 = worded.map(|(term, _)| term.matter()).sum();
    parts.worded_share = ratio(worded, own.map(WeightedTerm::matter).sum());
    parts
}

/// What the question and one wording have in common.
#[derive(Default)]
struct Overlap {
    question: f32,
    wording: f32,
    wording_weight: f32,
}

impl Overlap {
    fn add(&mut self, code: u32, terms: &[WeightedTerm], is_worded: &mut [bool]) {
        let weight = code_weight(code);
        self.wording_weight += weight;
        let mut places = terms.iter().zip(is_worded);
        if let Some((term, is_worded)) = places.find(|(term, _)| term.code == code) {
            self.wording += weight;
            // What a synonym or an earlier turn adds cannot cover the question itself.
            if term.is_own {
                self.question += term.idf * term.weight;
                *is_worded = true;
            }
        }
    }

    fn keep_if_closer(self, question_weight: f32, parts: &mut Parts) {
        let question = ratio(self.question, question_weight);
        let wording = ratio(self.wording, self.wording_weight);
        if harmonic_mean(question, wording) > parts.closeness() {
            parts.question_coverage = question;
            parts.wording_coverage = wording;
        }
    }
}

/// Orders candidates by relevance, keeps the `limit` best and estimates each one's confidence.
pub(crate) fn rank<T: Ord>(
    fusion: &Fusion,
    mut candidates: Vec<(T, Parts)>,
    limit: usize,
) -> Vec<(T, Parts, f32)> {
    let all = candidates.iter().map(|(_, parts)| parts);
    let best_bm25 = all.clone().map(|parts| parts.bm25).fold(0.0, f32::max);
    let is_hybrid = all.clone().any(|parts| parts.cosine.is_some());
    let weights = if is_hybrid {
        &fusion.hybrid
    } else {
        &fusion.lexical
    };
    for (_, parts) in &mut candidates {
        parts.bm25_share = ratio(parts.bm25, best_bm25);
        parts.relevance = weights.relevance.of(parts);
        parts.margin = 0.0;
        parts.cosine_margin = 0.0;
    }
    candidates.sort_by(|left, right| {
        right
            .1
            .relevance
            .total_cmp(&left.1.relevance)
            .then_with(|| left.0.cmp(&right.0))
    });
    if is_hybrid {
        set_margins_of_probability(&mut candidates);
    } else {
        set_margin_of_relevance(&mut candidates);
    }
    candidates
        .into_iter()
        .take(limit)
        .map(|(found, parts)| (found, parts, weights.confidence.of(&parts)))
        .collect()
}

/// Without vectors: the runner-up's relevance against the best one's.
fn set_margin_of_relevance<T>(sorted: &mut [(T, Parts)]) {
    match sorted {
        [first, second, ..] => {
            let (first, second) = (&mut first.1, &second.1);
            first.margin = ratio(first.relevance - second.relevance, first.relevance);
        }
        // Nobody is behind a lone candidate: that says nothing for it. What it
        // covers has to, and be the matter.
        [only] => only.1.margin = only.1.closeness() * only.1.worded_share,
        [] => {}
    }
}

/// With vectors: relevance is a logit, and the margin is that of the softmax's
/// probabilities.
fn set_margins_of_probability<T>(sorted: &mut [(T, Parts)]) {
    let Some((first, others)) = sorted.split_first_mut() else {
        return;
    };
    let first = &mut first.1;
    let cosine = |parts: &Parts| parts.cosine.unwrap_or(0.0);
    let behind = |parts: &Parts| (parts.relevance - first.relevance).exp();
    let all: f32 = 1.0 + others.iter().map(|(_, parts)| behind(parts)).sum::<f32>();
    match others.first() {
        Some((_, second)) => {
            let closest = others.iter().map(|(_, parts)| cosine(parts));
            let closest = closest.fold(f32::NEG_INFINITY, f32::max);
            (first.margin, first.cosine_margin) =
                ((1.0 - behind(second)) / all, cosine(first) - closest);
        }
        None => {
            first.margin = first.closeness();
            first.cosine_margin = 0.0;
        }
    }
}

fn ratio(part: f32, whole: f32) -> f32 {
    if whole > 0.0 {
        (part / whole).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

fn harmonic_mean(left: f32, right: f32) -> f32 {
    if left + right > 0.0 {
        2.0 * left * right / (left + right)
    } else {
        0.0
    }
}
