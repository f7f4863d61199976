//! A linear classifier of texts: n-grams, cue words and, where given, an encoder's vector in; labels with calibrated probabilities out.
//!
//! Labels are any strings. A classifier is trained in seconds, examines itself
//! on what it did not see, and is kept as bytes.

mod bytes;
mod examination;
pub mod examples;
mod features;
mod logistic;
mod scope;
pub mod shop;
pub mod situation;
mod train;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::text::Normalized;

pub use bytes::ClassifierError;
pub use scope::{Trial, Truth, threshold_for};
pub use train::{train, train_as_examined};

/// A text whose label is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The text.
    pub text: Normalized,
    /// The turns before it that it leans on; usually none.
    pub context: Vec<Normalized>,
    /// What it is.
    pub label: String,
    /// How much it counts: 1 for a usual example. Examples below 0.5 are hints:
    /// they help to train, and are not part of the examination.
    pub weight: f32,
    /// Its unit vector, of the same encoder for all examples.
    pub vector: Option<Vec<f32>>,
}

/// A word or short phrase that points to a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// The label that it points to.
    pub label: String,
    /// As [`Normalized`] writes it. Latin phrases match whole words only.
    pub phrase: String,
}

/// How to train. The defaults suit labelled questions in general; for the shop
/// taxonomy see [`shop::options`].
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// λ of the L2 penalty; larger is smoother.
    pub regularization: f32,
    /// At most so many passes over the examples.
    pub epochs: usize,
    /// Length of the words' part of a row.
    pub term_share: f32,
    /// Length of the character n-grams' part.
    pub character_share: f32,
    /// Length of the cues' part.
    pub cue_share: f32,
    /// Length of the encoder's vector.
    pub vector_share: f32,
    /// How much a feature of the context counts beside one of the text.
    pub context_weight: f32,
    /// Features in fewer texts than this are left out.
    pub minimum_texts: u32,
    /// 0: labels count by their examples; 1: all labels count the same.
    pub balance: f32,
    /// How many copies of each example are trained on that lack some features.
    pub noisy_copies: usize,
    /// The share of features that they lack.
    pub noise: f32,
    /// Whether the examination withholds labels too, for a threshold against
    /// texts of no label at all. Twice the time; without it the threshold is 0.
    pub withholds_labels: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            regularization: 0.05,
            epochs: 30,
            term_share: 0.7,
            character_share: 0.7,
            cue_share: 0.5,
            vector_share: 2.0,
            context_weight: 0.4,
            minimum_texts: 1,
            balance: 0.3,
            noisy_copies: 0,
            noise: 0.4,
            withholds_labels: true,
        }
    }
}

/// What an examination found out about a classifier's scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Scores are divided by it before they become probabilities.
    pub temperature: f32,
    /// The scope score below which the classifier abstains.
    pub threshold: f32,
}

/// A classifier and what it reached on examples that it had not seen.
#[derive(Debug, Clone)]
pub struct Trained {
    /// Trained on all examples.
    pub classifier: Classifier,
    /// By five-fold cross-validation.
    pub report: Report,
    /// Of each example judged: its [`Classification::scope`], and whether the
    /// first label was right. For a threshold that promises a precision, where
    /// the labels cover all that is asked and strangers are rare:
    /// [`crate::metrics::threshold_for_precision`].
    pub held_back: Vec<crate::metrics::Outcome>,
}

/// How well a classifier does on examples that it did not train on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// How many examples were judged.
    pub examples: usize,
    /// The share whose label was ranked first.
    pub accuracy: f64,
    /// The mean F1 over labels.
    pub macro_f1: f64,
    /// See [`crate::metrics::expected_calibration_error`], ten bins.
    pub expected_calibration_error: f64,
    /// At the chosen threshold, with a fifth of the labels withheld in turn:
    /// the share of texts of known labels that were labelled right.
    pub in_scope_accuracy: f64,
    /// And the share of texts of withheld labels that were abstained from.
    pub out_of_scope_recall: f64,
}

/// What to classify.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The text.
    pub text: &'a Normalized,
    /// The turns before it, where the text leans on them; else none.
    pub context: &'a [Normalized],
    /// How much a feature of the last of these counts beside one of the text.
    pub context_weight: f32,
    /// Its unit vector. Ignored where the classifier was trained without or
    /// with longer or shorter ones.
    pub vector: Option<&'a [f32]>,
}

/// What a text is.
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// Every label's index in [`Classifier::labels`] and its probability, most probable first.
    pub ranked: Vec<(usize, f32)>,
    /// How surely the text is of any known label, 0 to 1: the first label's
    /// probability and how near the text is to an example of that label.
    pub scope: f32,
    /// Whether `scope` is below the threshold that training chose.
    pub out_of_scope: bool,
}

/// A trained classifier.
#[derive(Debug, Clone)]
pub struct Classifier {
    labels: Vec<String>,
    cues: Vec<Cue>,
    matcher: CueMatcher,
    vocabulary: features::Vocabulary,
    weights: logistic::Weights,
    neighbours: scope::Neighbours,
    shares: [f32; features::BLOCKS],
    dense_share: f32,
    temperature: f32,
    threshold: f32,
    dimensions: usize,
}

impl Classifier {
    /// The labels in the order of their indices.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The index of `label`.
    pub fn label_index(&self, label: &str) -> Option<usize> {
        self.labels
            .binary_search_by(|known| known.as_str().cmp(label))
            .ok()
    }

    /// The length of the vectors that it was trained with; 0 without.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The scope score below which it abstains.
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// What its examination found out.
    pub fn calibration(&self) -> Calibration {
        Calibration {
            temperature: self.temperature,
            threshold: self.threshold,
        }
    }

    /// Sets another threshold, such as one from [`threshold_for`] or
    /// [`crate::metrics::threshold_for_precision`].
    pub fn set_threshold(&mut self, threshold: f32) {
        self.threshold = threshold;
    }

    /// Ranks the labels for `input`.
    pub fn classify(&self, input: Input<'_>) -> Classification {
        let counted = self.counted(input.text, input.context);
        let row = self.row_of(&counted, input.context_weight, input.vector);
        let probabilities = logistic::probabilities(&self.weights.scores(&row), self.temperature);
        let mut ranked: Vec<(usize, f32)> = probabilities.into_iter().enumerate().collect();
        ranked.sort_by(|left, right| right.1.total_cmp(&left.1));
        let scope = ranked.first().map_or(0.0, |&(label, probability)| {
            scope_score(probability, self.neighbours.nearest(&row, label))
        });
        Classification {
            ranked,
            scope,
            out_of_scope: scope < self.threshold,
        }
    }

    fn counted(&self, text: &Normalized, context: &[Normalized]) -> CountedTurns {
        CountedTurns {
            text: self.counted_turn(text),
            context: context.iter().map(|turn| self.counted_turn(turn)).collect(),
        }
    }

    fn counted_turn(&self, text: &Normalized) -> features::Counted {
        let mut counted = features::Counted::of(text);
        self.matcher
            .visit(text.as_str(), |label| counted.add_cue(label));
        counted
    }

    fn row_of(
        &self,
        turns: &CountedTurns,
        context_weight: f32,
        vector: Option<&[f32]>,
    ) -> features::Row {
        let mut row = self.vocabulary.row(&turns.text, &self.shares);
        let mut weight = context_weight;
        for turn in turns.context.iter().rev() {
            row.add(&self.vocabulary.row(turn, &self.shares), weight);
            weight *= CONTEXT_DECAY;
        }
        row.dense = match vector {
            Some(vector) if vector.len() == self.dimensions => vector
                .iter()
                .map(|value| value * self.dense_share)
                .collect(),
            _ => vec![0.0; self.dimensions],
        };
        row
    }
}

/// How much less a turn of the context counts than the one after it.
const CONTEXT_DECAY: f32 = 0.7;

/// The features of a text and of each turn before it.
struct CountedTurns {
    text: features::Counted,
    context: Vec<features::Counted>,
}

fn scope_score(probability: f32, nearest: f32) -> f32 {
    probability * nearest
}

/// Finds cues in normalised text.
#[derive(Debug, Clone)]
struct CueMatcher {
    automaton: Option<AhoCorasick>,
    labels: Vec<u64>,
}

fn cue_matcher(cues: &[Cue], labels: &[String]) -> CueMatcher {
    let known = cues.iter().filter_map(|cue| {
        let label = labels.binary_search(&cue.label).ok()?;
        Some((cue.phrase.as_str(), label as u64))
    });
    let (phrases, labels): (Vec<&str>, Vec<u64>) = known.unzip();
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .build(phrases)
        .ok();
    CueMatcher { automaton, labels }
}

impl CueMatcher {
    fn visit(&self, text: &str, mut visit: impl FnMut(u64)) {
        let Some(automaton) = &self.automaton else {
            return;
        };
        let bytes = text.as_bytes();
        let splits = |at: usize| {
            at > 0
                && at < bytes.len()
                && bytes[at - 1].is_ascii_alphanumeric()
                && bytes[at].is_ascii_alphanumeric()
        };
        for found in automaton.find_overlapping_iter(text) {
            if !splits(found.start()) && !splits(found.end()) {
                visit(self.labels[found.pattern().as_usize()]);
            }
        }
    }
}

#[cfg(test)]
mod tests;
