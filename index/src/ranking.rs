//! From the parts of a candidate's score to its rank and its confidence.

use serde::{Deserialize, Serialize};

use crate::search::{Hit, WeightedTerm};
use crate::wordings::{code_weight, decode};

/// The parts of a score, each shown to whoever asks for an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// The sum of the fields' BM25 scores.
    pub bm25: f32,
    /// The share of the question's weight (inverse document frequency) that the closest wording covers.
    pub question_coverage: f32,
    /// The share of the closest wording's weight that the question covers.
    pub wording_coverage: f32,
    /// BM25 against the best candidate's, 0 to 1.
    pub bm25_share: f32,
    /// How far the runner-up's relevance is behind the best one's, 0 to 1; 0 for all but the best.
    pub margin: f32,
}

/// How relevance mixes BM25's share with the closeness of the closest wording.
const CLOSENESS_SHARE: f32 = 0.4;

/// Logistic weights: bias, closeness of the question, of the wording, margin.
const CONFIDENCE: [f32; 4] = [-3.0, 3.0, 2.0, 3.0];

/// Compares the question with each wording of a candidate and keeps the closest.
pub(crate) fn compare(bm25: f32, terms: &[WeightedTerm], wordings: &[u8]) -> Parts {
    let own = || terms.iter().filter(|term| term.is_own);
    let question_weight: f32 = own().map(|term| term.idf * term.weight).sum();
    let mut parts = Parts {
        bm25,
        question_coverage: 0.0,
        wording_coverage: 0.0,
        bm25_share: 0.0,
        margin: 0.0,
    };
    decode(wordings, |codes| {
        let (mut covered_question, mut covered_wording, mut wording_weight) = (0.0, 0.0, 0.0);
        for code in codes {
            wording_weight += code_weight(code);
            if let Some(term) = terms.iter().find(|term| term.code == code) {
                covered_wording += code_weight(code);
                // What a synonym or an earlier turn adds cannot cover the question itself.
                if term.is_own {
                    covered_question += term.idf * term.weight;
                }
            }
        }
        let question_coverage = ratio(covered_question, question_weight);
        let wording_coverage = ratio(covered_wording, wording_weight);
        let closeness = harmonic_mean(question_coverage, wording_coverage);
        if closeness > harmonic_mean(parts.question_coverage, parts.wording_coverage) {
            parts.question_coverage = question_coverage;
            parts.wording_coverage = wording_coverage;
        }
    });
    parts
}

/// Orders candidates by relevance and estimates each one's confidence.
pub(crate) fn rank(candidates: Vec<(String, Parts)>, limit: usize) -> Vec<Hit> {
    let best_bm25 = candidates
        .iter()
        .map(|(_, parts)| parts.bm25)
        .fold(0.0, f32::max);
    let mut scored: Vec<(f32, String, Parts)> = candidates
        .into_iter()
        .map(|(payload, mut parts)| {
            parts.bm25_share = ratio(parts.bm25, best_bm25);
            (relevance(&parts), payload, parts)
        })
        .collect();
    // Equal relevance is ordered by content, not by where a document happens to lie.
    scored.sort_by(|left, right| {
        right
            .0
            .total_cmp(&left.0)
            .then_with(|| left.1.cmp(&right.1))
    });
    if let [first, second, ..] = scored.as_mut_slice() {
        first.2.margin = ratio(first.0 - second.0, first.0);
    } else if let [only] = scored.as_mut_slice() {
        only.2.margin = 1.0;
    }
    scored
        .into_iter()
        .take(limit)
        .map(|(_, payload, parts)| Hit {
            payload,
            confidence: confidence(&parts),
            parts,
        })
        .collect()
}

fn relevance(parts: &Parts) -> f32 {
    let closeness = harmonic_mean(parts.question_coverage, parts.wording_coverage);
    (1.0 - CLOSENESS_SHARE) * parts.bm25_share + CLOSENESS_SHARE * closeness
}

fn confidence(parts: &Parts) -> f32 {
    let [bias, question, wording, margin] = CONFIDENCE;
    let logit = bias
        + question * parts.question_coverage
        + wording * parts.wording_coverage
        + margin * parts.margin;
    1.0 / (1.0 + (-logit).exp())
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
