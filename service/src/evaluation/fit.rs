//! Fitting a shop's own weights and threshold to its golden set, and the gate
//! before they go live.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use zhiwen_index::fusion::{self, Example};
use zhiwen_models::metrics;

use super::retrieve::{Answered, GoldenQuestion, ask, candidates, outcomes};
use crate::answering::AnsweringError;
use crate::catalog::Searchable;
use crate::domain::language::{ModelKind, NewModel};
use crate::language::ShopFusion;

/// With fewer questions a half of them says too little.
const FEWEST_QUESTIONS: usize = 60;

/// With fewer questions that nothing answers no threshold is set: it would
/// promise its precision because nearly everything is answerable.
const FEWEST_UNANSWERABLE: usize = 10;

/// How far the precision on the held-back half may lie below the promise.
const PROMISE_TOLERANCE: f64 = 0.05;

/// What a fit came to.
pub struct Fitted {
    /// The figures.
    pub report: FitReport,
    /// Why the fit must not go live, if it must not.
    pub refused: Option<String>,
    weights: ShopFusion,
}

/// Figures of a fit: weights and threshold are of one half of the questions,
/// all measures of the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FitReport {
    /// The encoder that they hold for; `None` where search is by words alone.
    pub encoder: Option<String>,
    /// Questions fitted to.
    pub fitted_to: usize,
    /// Questions measured on.
    pub held_back: usize,
    /// Of those held back that have an answer, the share whose right item comes first.
    pub recall_at_1: f64,
    /// The same by the weights in use.
    pub recall_at_1_before: f64,
    /// The same by words alone.
    pub recall_at_1_lexical: f64,
    /// The same by vectors alone.
    pub recall_at_1_vectors: f64,
    /// The precision promised.
    pub promised_precision: f64,
    /// The threshold that keeps it on the half fitted to.
    pub threshold: Option<f64>,
    /// The precision from that threshold on, on the half held back.
    pub precision: f64,
    /// The share of the held-back questions answered there.
    pub coverage: f64,
    /// Expected calibration error on the half held back, ten bins.
    pub expected_calibration_error: f64,
}

/// Fits weights to `questions`. The searchable's index ranks by them afterwards.
///
/// # Errors
/// When the index cannot be read.
pub async fn fit(
    searchable: &Searchable,
    questions: &[GoldenQuestion],
    promised_precision: f64,
    at: Timestamp,
) -> Result<Fitted, AnsweringError> {
    let (fit_to, held_back): (Vec<_>, Vec<_>) = questions
        .iter()
        .enumerate()
        .partition(|(place, _)| place % 2 == 0);
    let only = |half: Vec<(usize, &GoldenQuestion)>| -> Vec<GoldenQuestion> {
        half.into_iter()
            .map(|(_, question)| question.clone())
            .collect()
    };
    let (fit_to, held_back) = (only(fit_to), only(held_back));
    let in_use = searchable.language.fusion();
    let before = ask(searchable, &held_back, Some(at)).await?;
    let examples = examples(searchable, &fit_to, at).await?;
    let fitted = fusion::fit(&in_use, &examples);
    searchable.index.use_fusion(Arc::new(fitted))?;
    let learned = ask(searchable, &fit_to, Some(at)).await?;
    let after = ask(searchable, &held_back, Some(at)).await?;
    let halves = fusion::compare(&fitted, &self::examples(searchable, &held_back, at).await?);
    let unanswerable = learned.iter().filter(|answered| !answered.is_answerable);
    let promise = if unanswerable.count() < FEWEST_UNANSWERABLE {
        None
    } else {
        metrics::threshold_for_precision(&outcomes(&learned), promised_precision)
    };
    let threshold = promise.map(|selection| selection.threshold);
    let kept = metrics::selection_at(&outcomes(&after), threshold.unwrap_or(1.0));
    let encoder = searchable.encoder().identity();
    let report = FitReport {
        encoder: encoder.map(|identity| identity.name.clone()),
        fitted_to: fit_to.len(),
        held_back: held_back.len(),
        recall_at_1: recall_at_1(&after),
        recall_at_1_before: recall_at_1(&before),
        recall_at_1_lexical: halves.lexical.hit_at_1,
        recall_at_1_vectors: halves.vectors.hit_at_1,
        promised_precision,
        threshold,
        precision: kept.precision,
        coverage: kept.coverage,
        expected_calibration_error: metrics::expected_calibration_error(&outcomes(&after), 10),
    };
    Ok(Fitted {
        refused: refusal(&report, questions.len()),
        weights: ShopFusion {
            fusion: fitted,
            // A confidence is an f32 everywhere else.
            minimum_confidence: threshold.map(|threshold| threshold as f32),
            encoder: Some(encoder.map_or(0, |identity| identity.fingerprint)),
        },
        report,
    })
}

impl Fitted {
    /// The weights as a model to keep and use.
    ///
    /// # Errors
    /// When they cannot be written as JSON.
    pub fn model(&self, at: Timestamp) -> Result<NewModel, serde_json::Error> {
        Ok(NewModel {
            kind: ModelKind::Fusion,
            body: serde_json::to_vec(&self.weights)?,
            report: serde_json::to_value(&self.report)?,
            is_used: true,
            at,
        })
    }
}

fn refusal(report: &FitReport, questions: usize) -> Option<String> {
    if questions < FEWEST_QUESTIONS {
        return Some(format!(
            "{questions} questions are too few, {FEWEST_QUESTIONS} are needed"
        ));
    }
    let best_half = report.recall_at_1_lexical.max(report.recall_at_1_vectors);
    if report.recall_at_1 < best_half {
        return Some(format!(
            "on what was held back they find {:.3}, one half alone finds {best_half:.3}",
            report.recall_at_1
        ));
    }
    if report.recall_at_1 < report.recall_at_1_before {
        return Some(format!(
            "on what was held back they find {:.3}, the weights in use find {:.3}",
            report.recall_at_1, report.recall_at_1_before
        ));
    }
    if report.threshold.is_none() {
        return Some(format!(
            "no threshold gives the promised precision of {:.2}, or too few questions \
             ({FEWEST_UNANSWERABLE} in either half) have no answer to say",
            report.promised_precision
        ));
    }
    // A half is a sample: a little less on it may be chance.
    let least = report.promised_precision - PROMISE_TOLERANCE;
    (report.coverage == 0.0 || report.precision < least).then(|| {
        format!(
            "on what was held back {:.3} of the answers are right, {:.2} were promised",
            report.precision, report.promised_precision
        )
    })
}

async fn examples(
    searchable: &Searchable,
    questions: &[GoldenQuestion],
    at: Timestamp,
) -> Result<Vec<Example>, AnsweringError> {
    let mut examples = Vec::with_capacity(questions.len());
    for question in questions {
        let found = candidates(searchable, question, Some(at)).await?;
        examples.push(Example {
            candidates: found
                .into_iter()
                .map(|found| fusion::Found {
                    is_right: question.right.contains(&found.item.id),
                    parts: found.parts,
                })
                .collect(),
            has_answer: !question.right.is_empty(),
        });
    }
    Ok(examples)
}

fn recall_at_1(answered: &[Answered]) -> f64 {
    let answerable = answered.iter().filter(|answered| answered.is_answerable);
    let ranks: Vec<Option<usize>> = answerable.map(|answered| answered.rank).collect();
    metrics::recall_at_k(&ranks, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl Fn(&mut FitReport), questions: usize, reason: Option<&str>) {
        let mut report = FitReport {
            encoder: None,
            fitted_to: 50,
            held_back: 50,
            recall_at_1: 0.7,
            recall_at_1_before: 0.7,
            recall_at_1_lexical: 0.6,
            recall_at_1_vectors: 0.5,
            promised_precision: 0.8,
            threshold: Some(0.5),
            precision: 0.8,
            coverage: 0.6,
            expected_calibration_error: 0.05,
        };
        change(&mut report);
        let refused = refusal(&report, questions);
        match reason {
            None => assert_eq!(refused, None),
            Some(reason) => assert!(
                refused.as_deref().unwrap_or("").contains(reason),
                "{refused:?}"
            ),
        }
    }

    #[test]
    fn weights_that_find_less_than_a_half_alone_are_refused() {
        check(|_| {}, 100, None);
        check(|_| {}, 59, Some("too few"));
        check(
            |report| report.recall_at_1_lexical = 0.71,
            100,
            Some("one half"),
        );
        check(
            |report| report.recall_at_1_vectors = 0.71,
            100,
            Some("one half"),
        );
        check(
            |report| report.recall_at_1_before = 0.71,
            100,
            Some("in use"),
        );
        check(|report| report.threshold = None, 100, Some("no threshold"));
        check(|report| report.precision = 0.7, 100, Some("were promised"));
        check(|report| report.coverage = 0.0, 100, Some("were promised"));
    }
}
