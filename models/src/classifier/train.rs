//! Training: examples to rows, rows to weights.

use super::examination;
use super::features::{Row, Vocabulary};
use super::logistic::{self, Problem, SplitMix, Weights};
use super::scope::Neighbours;
use super::{Calibration, Classifier, CountedTurns, Cue, Example, Options, Trained};

/// Trains a classifier on `examples`, with `cues` as hints.
///
/// Deterministic: the same input gives the same bytes. Labels are numbered in
/// alphabetical order. Examples without a positive weight are left out.
pub fn train(examples: &[Example], cues: &[Cue], options: &Options) -> Trained {
    let examples: Vec<&Example> = examples.iter().filter(|e| e.weight > 0.0).collect();
    let mut classifier = blank(&examples, cues, options);
    let material = Material::of(&classifier, &examples);
    let held_back = examination::examine(&classifier, &material, options);
    fit_to(&mut classifier, &material, &material.everything(), options);
    classifier.temperature = held_back.temperature();
    classifier.threshold = held_back.threshold(classifier.temperature);
    let report = held_back.report(&classifier);
    Trained {
        held_back: held_back.outcomes(classifier.temperature),
        classifier,
        report,
    }
}

/// The same classifier without its examination, in a sixth of the time or
/// less: `calibration` is what an earlier one of the same examples gave.
pub fn train_as_examined(
    examples: &[Example],
    cues: &[Cue],
    options: &Options,
    calibration: Calibration,
) -> Classifier {
    let examples: Vec<&Example> = examples.iter().filter(|e| e.weight > 0.0).collect();
    let mut classifier = blank(&examples, cues, options);
    let material = Material::of(&classifier, &examples);
    fit_to(&mut classifier, &material, &material.everything(), options);
    classifier.temperature = calibration.temperature;
    classifier.threshold = calibration.threshold;
    classifier
}

/// A classifier that knows its labels and nothing else.
fn blank(examples: &[&Example], cues: &[Cue], options: &Options) -> Classifier {
    let mut labels: Vec<String> = examples.iter().map(|e| e.label.clone()).collect();
    labels.sort_unstable();
    labels.dedup();
    let dimensions = examples
        .iter()
        .find_map(|example| example.vector.as_ref().map(Vec::len))
        .unwrap_or(0);
    Classifier {
        matcher: super::cue_matcher(cues, &labels),
        cues: cues.to_vec(),
        labels,
        vocabulary: Vocabulary {
            keys: Vec::new(),
            rarity: Vec::new(),
        },
        weights: Weights {
            label_count: 0,
            columns: 0,
            values: Vec::new(),
        },
        neighbours: Neighbours::default(),
        shares: [
            options.term_share,
            options.character_share,
            options.cue_share,
        ],
        dense_share: options.vector_share,
        temperature: 1.0,
        threshold: 0.0,
        dimensions,
    }
}

/// The examples, counted once for all trainings.
pub(super) struct Material<'a> {
    pub(super) counted: Vec<CountedTurns>,
    pub(super) labels: Vec<usize>,
    weights: Vec<f32>,
    pub(super) vectors: Vec<Option<&'a [f32]>>,
    /// Which part of the cross-validation each belongs to; none for hints of
    /// low weight, which only help to train.
    pub(super) folds: Vec<Option<usize>>,
}

/// Examples that count less are hints, and not what the classifier will meet.
const LEAST_WEIGHT_EXAMINED: f32 = 0.5;

impl<'a> Material<'a> {
    fn of(classifier: &Classifier, examples: &[&'a Example]) -> Self {
        let mut of_label = vec![0; classifier.labels.len()];
        let mut material = Self {
            counted: Vec::new(),
            labels: Vec::new(),
            weights: Vec::new(),
            vectors: Vec::new(),
            folds: Vec::new(),
        };
        for example in examples {
            let label = classifier.label_index(&example.label).unwrap_or(0);
            let counted = classifier.counted(&example.text, &example.context);
            let fold = (example.weight >= LEAST_WEIGHT_EXAMINED).then(|| {
                of_label[label] += 1;
                // Labels start in different folds, so that rare ones spread.
                (of_label[label] + label) % examination::FOLDS
            });
            material.counted.push(counted);
            material.labels.push(label);
            material.weights.push(example.weight);
            material.vectors.push(example.vector.as_deref());
            material.folds.push(fold);
        }
        material
    }

    fn everything(&self) -> Vec<usize> {
        (0..self.counted.len()).collect()
    }
}

/// Fits `classifier` to the chosen examples, by their positions.
pub(super) fn fit_to(
    classifier: &mut Classifier,
    material: &Material<'_>,
    chosen: &[usize],
    options: &Options,
) {
    let texts: Vec<_> = chosen
        .iter()
        .map(|&at| &material.counted[at].text)
        .collect();
    classifier.vocabulary = Vocabulary::of(texts.into_iter(), options.minimum_texts);
    let rows: Vec<Row> = chosen
        .iter()
        .map(|&at| {
            classifier.row_of(
                &material.counted[at],
                options.context_weight,
                material.vectors[at],
            )
        })
        .collect();
    let labels: Vec<usize> = chosen.iter().map(|&at| material.labels[at]).collect();
    let mut weights: Vec<f32> = chosen.iter().map(|&at| material.weights[at]).collect();
    balance(
        &mut weights,
        &labels,
        classifier.labels.len(),
        options.balance,
    );
    let (augmented, augmented_labels, weights) = augment(&rows, &labels, &weights, options);
    let problem = Problem {
        rows: &augmented.iter().collect::<Vec<_>>(),
        labels: &augmented_labels,
        weights: &weights,
        label_count: classifier.labels.len(),
        columns: classifier.vocabulary.len(),
        dimensions: classifier.dimensions,
    };
    classifier.weights = logistic::fit(&problem, options.regularization, options.epochs);
    classifier.neighbours = Neighbours { rows, labels };
}

/// Adds copies of each row from which features were dropped at random, so that
/// no single one is relied upon (blankout noise: van der Maaten et al.,
/// "Learning with Marginalized Corrupted Features", 2013).
fn augment(
    rows: &[Row],
    labels: &[usize],
    weights: &[f32],
    options: &Options,
) -> (Vec<Row>, Vec<usize>, Vec<f32>) {
    let copies = options.noisy_copies;
    let share = 1.0 / (1 + copies) as f32;
    let mut random = SplitMix(0xd20b);
    let mut all = (Vec::new(), Vec::new(), Vec::new());
    for ((row, &label), &weight) in rows.iter().zip(labels).zip(weights) {
        for copy in 0..=copies {
            let row = if copy == 0 {
                row.clone()
            } else {
                row.thinned(options.noise, &mut random)
            };
            all.0.push(row);
            all.1.push(label);
            all.2.push(weight * share);
        }
    }
    all
}

/// Scales weights by (mean label weight ÷ label's weight)^`power`: 0 leaves
/// them, 1 makes every label count the same.
fn balance(weights: &mut [f32], labels: &[usize], label_count: usize, power: f32) {
    let mut of_label = vec![0.0_f32; label_count];
    for (weight, &label) in weights.iter().zip(labels) {
        of_label[label] += weight;
    }
    let present = of_label.iter().filter(|&&weight| weight > 0.0).count();
    let mean = of_label.iter().sum::<f32>() / present.max(1) as f32;
    for (weight, &label) in weights.iter_mut().zip(labels) {
        *weight *= (mean / of_label[label]).powf(power);
    }
}
