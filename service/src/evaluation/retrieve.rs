//! Retrieval: questions with the right item, or with none, asked of a shop's
//! knowledge or of any data set, by the code that answers live.

use std::collections::BTreeMap;

use serde::Serialize;
use zhiwen_models::encoder::{Encoder, Side};
use zhiwen_models::metrics::{self, Outcome};
use zhiwen_models::privacy::{Masked, mask};

use crate::answering::{AnsweringError, Encoded, Found, Query, find, prepare};
use crate::catalog::Searchable;
use crate::domain::ids::{ChannelId, ProductId};
use crate::domain::knowledge::Status;
use crate::language::ShopEncoder;

/// A question whose right answer is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GoldenQuestion {
    /// The question.
    pub text: String,
    /// What the buyer said before, if it leans on that.
    pub context: Option<String>,
    /// The product page it is asked on.
    pub product: Option<ProductId>,
    /// The channel it is asked on.
    pub channel: Option<ChannelId>,
    /// The ids of items that answer it; none where nothing does.
    pub right: Vec<String>,
    /// Its intent, for figures by intent.
    pub intent: Option<String>,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The rank of the first right item, from 1; `None` where it was not found.
    pub rank: Option<usize>,
    /// The best item and how sure it was.
    pub best: Option<(String, f32)>,
    /// Whether some item answers the question.
    pub is_answerable: bool,
}

impl Answered {
    /// Whether the best item is a right one.
    pub fn is_right(&self) -> bool {
        self.rank == Some(1)
    }

    /// How sure the best item was; 0 where nothing was found.
    pub fn confidence(&self) -> f64 {
        self.best
            .as_ref()
            .map_or(0.0, |(_, confidence)| f64::from(*confidence))
    }
}

/// How well questions were answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RetrieveReport {
    /// Questions.
    pub questions: usize,
    /// Those that some item answers.
    pub answerable: usize,
    /// The share of these whose right item came first.
    pub recall_at_1: f64,
    /// Among the first three.
    pub recall_at_3: f64,
    /// Among the first five.
    pub recall_at_5: f64,
    /// Among the first ten.
    pub recall_at_10: f64,
    /// Mean reciprocal rank.
    pub mean_reciprocal_rank: f64,
    /// The share of all questions answered right, or rightly not answered, at the threshold.
    pub accuracy: f64,
    /// The threshold.
    pub threshold: f64,
    /// The share of answers from the threshold on that are right.
    pub precision: f64,
    /// The share of questions that are answered from the threshold on.
    pub coverage: f64,
    /// Expected calibration error of the best item's confidence, ten bins.
    pub expected_calibration_error: f64,
    /// What the promised precision costs, if any threshold keeps it.
    pub promise: Option<Promise>,
    /// By intent, where the questions name theirs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_intent: BTreeMap<String, IntentFigures>,
}

/// A threshold that keeps a promised precision on these questions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Promise {
    /// The precision promised.
    pub promised_precision: f64,
    /// The lowest threshold that keeps it.
    pub threshold: f64,
    /// The precision there.
    pub precision: f64,
    /// The share of questions answered there.
    pub coverage: f64,
}

/// Figures of one intent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IntentFigures {
    /// Its questions.
    pub questions: usize,
    /// The share whose right item came first, of those that have one.
    pub recall_at_1: f64,
    /// The share answered right, or rightly not answered.
    pub accuracy: f64,
}

/// Items looked at for each question: all that the search compares.
const DEPTH: usize = 20;

/// Asks every question, in their order.
///
/// # Errors
/// When the index cannot be read. An encoder that fails makes a question lexical.
pub async fn ask(
    searchable: &Searchable,
    questions: &[GoldenQuestion],
    at: Option<jiff::Timestamp>,
) -> Result<Vec<Answered>, AnsweringError> {
    let mut answered = Vec::with_capacity(questions.len());
    for question in questions {
        let found = candidates(searchable, question, at).await?;
        answered.push(judged(question, &found));
    }
    Ok(answered)
}

/// What is found for one question, best first.
///
/// # Errors
/// When the index cannot be read. An encoder that fails makes a question lexical.
pub async fn candidates(
    searchable: &Searchable,
    question: &GoldenQuestion,
    at: Option<jiff::Timestamp>,
) -> Result<Vec<Found>, AnsweringError> {
    // As live: what is searched, and what an encoder sees, is masked.
    let text = mask(&question.text);
    let context = question.context.as_deref().map(mask);
    let query = Query {
        text: text.as_str(),
        context: context.as_ref().map(Masked::as_str),
        product: question.product.as_ref(),
        channel: question.channel.as_ref(),
        status: Some(Status::Approved),
        at,
        limit: DEPTH,
        ..Query::default()
    };
    let prepared = prepare(searchable, &query);
    let encoded = match searchable.encoder() {
        ShopEncoder::None => Encoded::Lexical,
        ShopEncoder::Own(encoder) => Encoded::Vector(
            encoder.encode_one(&prepared.text),
            encoder.identity().clone(),
        ),
        ShopEncoder::Shared(encoder) => {
            let texts = std::slice::from_ref(&prepared.text);
            match encoder.encode(Side::Question, texts).await {
                Ok(vectors) => vectors.rows().next().map_or(Encoded::Degraded, |row| {
                    Encoded::Vector(row.to_vec(), encoder.identity().clone())
                }),
                Err(_) => Encoded::Degraded,
            }
        }
    };
    Ok(find(searchable, prepared, encoded)?.found)
}

fn judged(question: &GoldenQuestion, found: &[Found]) -> Answered {
    let is_right = |found: &Found| question.right.contains(&found.item.id);
    Answered {
        rank: found.iter().position(is_right).map(|place| place + 1),
        best: found
            .first()
            .map(|best| (best.item.id.clone(), best.confidence)),
        is_answerable: !question.right.is_empty(),
    }
}

/// The figures of `answered`, the answers to `questions`.
pub fn report(
    questions: &[GoldenQuestion],
    answered: &[Answered],
    threshold: f32,
    promised_precision: f64,
) -> RetrieveReport {
    let threshold = f64::from(threshold);
    let answerable = answered.iter().filter(|answered| answered.is_answerable);
    let ranks: Vec<Option<usize>> = answerable.map(|answered| answered.rank).collect();
    let outcomes = outcomes(answered);
    let at_threshold = metrics::selection_at(&outcomes, threshold);
    let promise = metrics::threshold_for_precision(&outcomes, promised_precision);
    RetrieveReport {
        questions: answered.len(),
        answerable: ranks.len(),
        recall_at_1: metrics::recall_at_k(&ranks, 1),
        recall_at_3: metrics::recall_at_k(&ranks, 3),
        recall_at_5: metrics::recall_at_k(&ranks, 5),
        recall_at_10: metrics::recall_at_k(&ranks, 10),
        mean_reciprocal_rank: metrics::mean_reciprocal_rank(&ranks),
        accuracy: accuracy(answered, threshold),
        threshold,
        precision: at_threshold.precision,
        coverage: at_threshold.coverage,
        expected_calibration_error: metrics::expected_calibration_error(&outcomes, 10),
        promise: promise.map(|selection| Promise {
            promised_precision,
            threshold: selection.threshold,
            precision: selection.precision,
            coverage: selection.coverage,
        }),
        by_intent: by_intent(questions, answered, threshold),
    }
}

/// The best items with their confidence, for calibration; a question for which
/// nothing was found is no prediction.
pub fn outcomes(answered: &[Answered]) -> Vec<Outcome> {
    answered
        .iter()
        .filter(|answered| answered.best.is_some())
        .map(|answered| Outcome {
            confidence: answered.confidence(),
            right: answered.is_right(),
        })
        .collect()
}

/// 1 where a question was answered right or rightly not answered, else 0.
pub fn scores(answered: &[Answered], threshold: f64) -> Vec<f64> {
    let score = |answered: &Answered| {
        let is_answered = answered.best.is_some() && answered.confidence() >= threshold;
        let is_right = if is_answered {
            answered.is_right()
        } else {
            !answered.is_answerable
        };
        f64::from(u8::from(is_right))
    };
    answered.iter().map(score).collect()
}

fn accuracy(answered: &[Answered], threshold: f64) -> f64 {
    let scores = scores(answered, threshold);
    #[expect(clippy::cast_precision_loss, reason = "counts of questions are small")]
    let count = scores.len().max(1) as f64;
    scores.iter().sum::<f64>() / count
}

fn by_intent(
    questions: &[GoldenQuestion],
    answered: &[Answered],
    threshold: f64,
) -> BTreeMap<String, IntentFigures> {
    let mut groups: BTreeMap<&str, Vec<Answered>> = BTreeMap::new();
    for (question, answered) in questions.iter().zip(answered) {
        if let Some(intent) = &question.intent {
            groups.entry(intent).or_default().push(answered.clone());
        }
    }
    groups
        .into_iter()
        .map(|(intent, answered)| {
            let answerable = answered.iter().filter(|answered| answered.is_answerable);
            let ranks: Vec<Option<usize>> = answerable.map(|answered| answered.rank).collect();
            let figures = IntentFigures {
                questions: answered.len(),
                recall_at_1: metrics::recall_at_k(&ranks, 1),
                accuracy: accuracy(&answered, threshold),
            };
            (intent.to_owned(), figures)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abstention_is_right_where_nothing_answers() {
        let answered = |rank, confidence, is_answerable| Answered {
            rank,
            best: Some(("a".to_owned(), confidence)),
            is_answerable,
        };
        let all = [
            answered(Some(1), 0.9, true),
            answered(Some(2), 0.8, true),
            answered(None, 0.1, false),
            answered(Some(1), 0.2, true),
        ];
        assert_eq!(scores(&all, 0.5), [1.0, 0.0, 1.0, 0.0]);
        let questions = vec![GoldenQuestion::default(); 4];
        let report = report(&questions, &all, 0.5, 0.9);
        assert_eq!((report.questions, report.answerable), (4, 3));
        assert!((report.recall_at_1 - 2.0 / 3.0).abs() < 1e-9);
        assert!((report.accuracy - 0.5).abs() < 1e-9);
        assert!((report.precision - 0.5).abs() < 1e-9);
        let promise = report.promise.expect("kept by the surest alone");
        assert!((promise.coverage - 0.25).abs() < 1e-9);
    }
}
