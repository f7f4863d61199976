//! Fitting the weights to questions with known answers, and measuring them.

use super::{Confidence, Fusion, Relevance, Weights};
use crate::ranking::{self, Parts};

/// A candidate of a question: whether it is right, and its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Whether it answers the question.
    pub is_right: bool,
    /// As [`crate::search::search`] gives them.
    pub parts: Parts,
}

/// A question's candidates; none of them right, when the shop has no answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Example {
    /// In any order.
    pub candidates: Vec<Found>,
    /// Whether the shop has an answer, be it among the candidates or not.
    pub has_answer: bool,
}

/// Rounds of gradient descent; twice as many moved no weight by a hundredth.
const ROUNDS: usize = 400;
const STEP: f32 = 0.5;
/// Pulls weights to those that were there before; small beside 1, so that some
/// hundred questions can move them.
const PULL: f32 = 0.002;

/// `start` fitted to `examples`: relevance by a softmax over each question's
/// candidates, then confidence by logistic regression on each question's best
/// candidate, both with an L2 pull towards `start`. The set for questions
/// without a vector is fitted when no example has one, the other set when some
/// have. Pure, and the same for the same examples.
#[must_use]
pub fn fit(start: &Fusion, examples: &[Example]) -> Fusion {
    let is_hybrid = examples
        .iter()
        .flat_map(|example| &example.candidates)
        .any(|found| found.parts.cosine.is_some());
    let mut fitted = *start;
    if is_hybrid {
        fitted.hybrid.relevance = fit_relevance(&start.hybrid.relevance, examples);
        fitted.hybrid = fit_confidence(fitted, examples, is_hybrid);
    } else {
        fitted.lexical = fit_confidence(fitted, examples, is_hybrid);
    }
    fitted
}

fn fit_relevance(start: &Relevance, examples: &[Example]) -> Relevance {
    let before = [
        start.bm25_share,
        start.closeness,
        start.question_coverage,
        start.cosine,
        start.intent,
        start.feedback,
    ];
    let questions: Vec<Vec<([f32; 6], bool)>> = examples
        .iter()
        .filter(|example| example.candidates.iter().any(|found| found.is_right))
        .map(|example| {
            let candidates = example.candidates.iter();
            candidates
                .map(|found| (Relevance::inputs(&found.parts), found.is_right))
                .collect()
        })
        .collect();
    let mut weights = before;
    let mut moments = [0.0; 6];
    for _ in 0..ROUNDS {
        let mut slope = [0.0; 6];
        for candidates in &questions {
            add_softmax_slope(&weights, candidates, &mut slope);
        }
        descend(&mut weights, &before, &slope, &mut moments, questions.len());
    }
    let [
        bm25_share,
        closeness,
        question_coverage,
        cosine,
        intent,
        feedback,
    ] = weights;
    Relevance {
        bm25_share,
        closeness,
        question_coverage,
        cosine,
        intent,
        feedback,
    }
}

/// Adds the derivative of −ln of the right candidates' softmax probability.
fn add_softmax_slope(weights: &[f32; 6], candidates: &[([f32; 6], bool)], slope: &mut [f32; 6]) {
    let score = |inputs: &[f32; 6]| -> f32 {
        weights
            .iter()
            .zip(inputs)
            .map(|(weight, input)| weight * input)
            .sum()
    };
    let scores: Vec<f32> = candidates.iter().map(|(inputs, _)| score(inputs)).collect();
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
    let all: f32 = powers.iter().sum();
    let right: f32 = powers
        .iter()
        .zip(candidates)
        .filter_map(|(power, (_, is_right))| is_right.then_some(power))
        .sum();
    for ((inputs, is_right), power) in candidates.iter().zip(&powers) {
        let wanted = if *is_right {
            power / right.max(1e-12)
        } else {
            0.0
        };
        for (slope, input) in slope.iter_mut().zip(inputs) {
            *slope += (power / all - wanted) * input;
        }
    }
}

fn fit_confidence(fusion: Fusion, examples: &[Example], is_hybrid: bool) -> Weights {
    let mut weights = if is_hybrid {
        fusion.hybrid
    } else {
        fusion.lexical
    };
    let rows: Vec<([f32; 9], f32)> = examples
        .iter()
        .filter_map(|example| {
            let best = *ranked(&fusion, example).first()?;
            let [a, b, c, d, e, f, g, h] = Confidence::inputs(&best.parts);
            Some((
                [1.0, a, b, c, d, e, f, g, h],
                if best.is_right { 1.0 } else { 0.0 },
            ))
        })
        .collect();
    let start = weights.confidence;
    let before = [
        start.bias,
        start.question_coverage,
        start.closeness,
        start.cosine,
        start.cosine_margin,
        start.margin,
        start.worded_share,
        start.intent,
        start.feedback,
    ];
    let mut fitted = before;
    let mut moments = [0.0; 9];
    for _ in 0..ROUNDS {
        let mut slope = [0.0; 9];
        for (inputs, wanted) in &rows {
            let logit: f32 = fitted
                .iter()
                .zip(inputs)
                .map(|(weight, input)| weight * input)
                .sum();
            let error = 1.0 / (1.0 + (-logit).exp()) - wanted;
            for (slope, input) in slope.iter_mut().zip(inputs) {
                *slope += error * input;
            }
        }
        descend(&mut fitted, &before, &slope, &mut moments, rows.len());
    }
    let [
        bias,
        question_coverage,
        closeness,
        cosine,
        cosine_margin,
        margin,
        worded_share,
        intent,
        feedback,
    ] = fitted;
    weights.confidence = Confidence {
        bias,
        question_coverage,
        closeness,
        cosine,
        cosine_margin,
        margin,
        worded_share,
        intent,
        feedback,
    };
    weights
}

/// One step of gradient descent with momentum.
fn descend<const N: usize>(
    weights: &mut [f32; N],
    before: &[f32; N],
    slope: &[f32; N],
    moments: &mut [f32; N],
    rows: usize,
) {
    #[expect(clippy::cast_precision_loss, reason = "a mean needs no exact count")]
    let rows = rows.max(1) as f32;
    for at in 0..N {
        let pulled = slope[at] / rows + PULL * (weights[at] - before[at]);
        moments[at] = 0.9 * moments[at] + pulled;
        weights[at] -= STEP * moments[at];
    }
}

/// The candidate that `fusion` puts first, and its confidence: what a threshold
/// promises is measured on these.
#[must_use]
pub fn best(fusion: &Fusion, example: &Example) -> Option<(Found, f32)> {
    let first = *ranked(fusion, example).first()?;
    let hybrid = example
        .candidates
        .iter()
        .any(|found| found.parts.cosine.is_some());
    let weights = if hybrid {
        &fusion.hybrid
    } else {
        &fusion.lexical
    };
    Some((first, weights.confidence.of(&first.parts)))
}

fn ranked(fusion: &Fusion, example: &Example) -> Vec<Found> {
    let candidates = example.candidates.iter().enumerate();
    // A candidate's number breaks ties, and says which one it was.
    let candidates = candidates
        .map(|(number, found)| (number, found.parts))
        .collect();
    ranking::rank(fusion, candidates, example.candidates.len())
        .into_iter()
        .filter_map(|(number, parts, _)| {
            let is_right = example.candidates.get(number)?.is_right;
            Some(Found { is_right, parts })
        })
        .collect()
}

/// How high right answers stand.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Standing {
    /// The share of the questions with an answer whose best candidate is right.
    pub hit_at_1: f64,
    /// The share with a right one among the first five.
    pub hit_at_5: f64,
    /// The mean of one over the rank of the first right one.
    pub mean_reciprocal_rank: f64,
}

/// A fusion beside its halves on the same questions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Comparison {
    /// Questions with an answer.
    pub questions: usize,
    /// By the fusion.
    pub fused: Standing,
    /// By the words alone, with the fusion's weights for that.
    pub lexical: Standing,
    /// By the cosine alone.
    pub vectors: Standing,
}

impl Comparison {
    /// Whether the fusion is at least as good as either half: one that is not
    /// shall not be put in use.
    pub fn holds_its_halves(&self) -> bool {
        [self.lexical, self.vectors].iter().all(|half| {
            self.fused.hit_at_1 >= half.hit_at_1
                && self.fused.mean_reciprocal_rank >= half.mean_reciprocal_rank
        })
    }
}

/// Measures `fusion` and its halves on `examples` that it was not fitted to.
#[must_use]
pub fn compare(fusion: &Fusion, examples: &[Example]) -> Comparison {
    let mut comparison = Comparison::default();
    for example in examples.iter().filter(|example| example.has_answer) {
        comparison.questions += 1;
        add(&mut comparison.fused, &ranked(fusion, example));
        let mut without = example.clone();
        for found in &mut without.candidates {
            found.parts.cosine = None;
        }
        add(&mut comparison.lexical, &ranked(fusion, &without));
        let mut by_cosine = example.candidates.clone();
        let cosine = |found: &Found| found.parts.cosine.unwrap_or(f32::NEG_INFINITY);
        by_cosine.sort_by(|left, right| cosine(right).total_cmp(&cosine(left)));
        add(&mut comparison.vectors, &by_cosine);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of questions are small")]
    let questions = comparison.questions.max(1) as f64;
    for standing in [
        &mut comparison.fused,
        &mut comparison.lexical,
        &mut comparison.vectors,
    ] {
        standing.hit_at_1 /= questions;
        standing.hit_at_5 /= questions;
        standing.mean_reciprocal_rank /= questions;
    }
    comparison
}

fn add(standing: &mut Standing, ranked: &[Found]) {
    let Some(rank) = ranked.iter().position(|found| found.is_right) else {
        return;
    };
    standing.hit_at_1 += if rank == 0 { 1.0 } else { 0.0 };
    standing.hit_at_5 += if rank < 5 { 1.0 } else { 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
    let reciprocal = 1.0 / (rank + 1) as f64;
    standing.mean_reciprocal_rank += reciprocal;
}

#[cfg(test)]
mod tests;
