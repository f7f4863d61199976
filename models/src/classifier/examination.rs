//! What a classifier is worth: every example is judged by one that never saw it.

use std::num::NonZero;

use super::logistic::probabilities;
use super::scope::{self, Trial, Truth};
use super::train::{Material, fit_to};
use super::{Classifier, Options, Report, scope_score};
use crate::metrics;

/// Parts of the cross-validation.
pub(super) const FOLDS: usize = 5;

/// What a classifier made of one example that it did not see.
struct Judged {
    scores: Vec<f32>,
    nearest: f32,
    label: usize,
}

/// An example of a label that the classifier never saw.
struct Stranger {
    scores: Vec<f32>,
    nearest: f32,
}

/// What the classifiers made of what they did not see.
pub(super) struct HeldBack {
    judged: Vec<Judged>,
    /// Of classifiers that miss some labels: the examples of the others, and of those.
    kept: Vec<Judged>,
    strangers: Vec<Stranger>,
}

/// Trains on four fifths and judges the fifth, five times; and, where labels
/// are to be withheld, again without a fifth of them, whose examples then stand
/// for texts out of scope.
pub(super) fn examine(
    classifier: &Classifier,
    material: &Material<'_>,
    options: &Options,
) -> HeldBack {
    let withheld: &[bool] = if options.withholds_labels {
        &[false, true]
    } else {
        &[false]
    };
    let jobs: Vec<(usize, bool)> = (0..FOLDS)
        .flat_map(|fold| {
            withheld
                .iter()
                .map(move |leave_labels| (fold, *leave_labels))
        })
        .collect();
    let work = |&(fold, leave_labels): &(usize, bool)| -> (Vec<Judged>, Vec<Stranger>) {
        let left_out = |at: usize| leave_labels && material.labels[at] % FOLDS == fold;
        let all = 0..material.counted.len();
        let train: Vec<usize> = all
            .clone()
            .filter(|&at| material.folds[at] != Some(fold) && !left_out(at))
            .collect();
        let mut trained = classifier.clone();
        fit_to(&mut trained, material, &train, options);
        let judge = |at: usize| {
            let row = trained.row_of(
                &material.counted[at],
                options.context_weight,
                material.vectors[at],
            );
            let scores = trained.weights.scores(&row);
            let best = best_of(&scores);
            (scores, trained.neighbours.nearest(&row, best))
        };
        let judged = all
            .clone()
            .filter(|&at| material.folds[at] == Some(fold) && !left_out(at))
            .map(|at| {
                let (scores, nearest) = judge(at);
                let label = material.labels[at];
                Judged {
                    scores,
                    nearest,
                    label,
                }
            });
        let strangers = all
            .filter(|&at| material.folds[at].is_some() && left_out(at))
            .map(|at| {
                let (scores, nearest) = judge(at);
                Stranger { scores, nearest }
            });
        (judged.collect(), strangers.collect())
    };
    let results = in_parallel(&jobs, work);
    let mut held_back = HeldBack {
        judged: Vec::new(),
        kept: Vec::new(),
        strangers: Vec::new(),
    };
    for ((judged, strangers), (_, leave_labels)) in results.into_iter().zip(&jobs) {
        if *leave_labels {
            held_back.kept.extend(judged);
            held_back.strangers.extend(strangers);
        } else {
            held_back.judged.extend(judged);
        }
    }
    held_back
}

/// Does each job once, on as many threads as there are cores; results in the order of the jobs.
fn in_parallel<Job: Sync, Done: Send>(
    jobs: &[Job],
    work: impl Fn(&Job) -> Done + Sync,
) -> Vec<Done> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut done: Vec<Option<Done>> = jobs.iter().map(|_| None).collect();
    let each = jobs.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        for (jobs, done) in jobs.chunks(each).zip(done.chunks_mut(each)) {
            let work = &work;
            scope.spawn(move || {
                for (job, done) in jobs.iter().zip(done) {
                    *done = Some(work(job));
                }
            });
        }
    });
    done.into_iter().flatten().collect()
}

fn best_of(scores: &[f32]) -> usize {
    let best = scores
        .iter()
        .enumerate()
        .max_by(|left, right| left.1.total_cmp(right.1));
    best.map_or(0, |(label, _)| label)
}

/// The temperature under which the true labels are most likely, by golden
/// section search over its logarithm.
fn temperature_of(judged: &[Judged]) -> f32 {
    if judged.is_empty() {
        return 1.0;
    }
    let loss = |log: f32| -> f64 {
        let temperature = log.exp();
        let losses = judged.iter().map(|one| {
            let probability = probabilities(&one.scores, temperature)[one.label];
            -f64::from(probability.max(1e-12)).ln()
        });
        losses.sum()
    };
    let golden = 0.618_034_f32;
    let (mut low, mut high) = (-2.5_f32, 2.0_f32);
    for _ in 0..24 {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if loss(left) < loss(right) {
            high = right;
        } else {
            low = left;
        }
    }
    f32::midpoint(low, high).exp()
}

impl HeldBack {
    /// The temperature that fits the judgements best.
    pub(super) fn temperature(&self) -> f32 {
        temperature_of(&self.judged)
    }

    /// The scope score below which to abstain.
    pub(super) fn threshold(&self, temperature: f32) -> f32 {
        scope::threshold_for(&self.trials(temperature))
    }

    /// The scope score of each judged example, and whether it was judged right.
    pub(super) fn outcomes(&self, temperature: f32) -> Vec<metrics::Outcome> {
        let outcomes = self.judged.iter().map(|one| {
            let best = best_of(&one.scores);
            let probability = probabilities(&one.scores, temperature)[best];
            metrics::Outcome {
                confidence: f64::from(scope_score(probability, one.nearest)),
                right: best == one.label,
            }
        });
        outcomes.collect()
    }

    fn trials(&self, temperature: f32) -> Vec<Trial> {
        let scope_of = |scores: &[f32], nearest: f32| {
            let best = best_of(scores);
            (
                best,
                scope_score(probabilities(scores, temperature)[best], nearest),
            )
        };
        let kept = self.kept.iter().map(|one| {
            let (best, scope) = scope_of(&one.scores, one.nearest);
            let truth = if best == one.label {
                Truth::Right
            } else {
                Truth::Wrong
            };
            Trial { scope, truth }
        });
        let strangers = self.strangers.iter().map(|one| Trial {
            scope: scope_of(&one.scores, one.nearest).1,
            truth: Truth::OutOfScope,
        });
        kept.chain(strangers).collect()
    }

    /// The figures of `classifier`, whose temperature and threshold are set.
    pub(super) fn report(&self, classifier: &Classifier) -> Report {
        let truth: Vec<usize> = self.judged.iter().map(|one| one.label).collect();
        let predicted: Vec<usize> = self.judged.iter().map(|j| best_of(&j.scores)).collect();
        let outcomes: Vec<metrics::Outcome> = self
            .judged
            .iter()
            .map(|one| {
                let best = best_of(&one.scores);
                let probability = probabilities(&one.scores, classifier.temperature)[best];
                metrics::Outcome {
                    confidence: f64::from(probability),
                    right: best == one.label,
                }
            })
            .collect();
        let trials = self.trials(classifier.temperature);
        let share = |wanted: &dyn Fn(&Trial) -> bool, of: &dyn Fn(&Trial) -> bool| {
            let all = trials.iter().filter(|trial| of(trial)).count();
            let found = trials.iter().filter(|t| of(t) && wanted(t)).count();
            found as f64 / all.max(1) as f64
        };
        let in_scope = |trial: &Trial| trial.truth != Truth::OutOfScope;
        let threshold = classifier.threshold;
        Report {
            examples: self.judged.len(),
            accuracy: metrics::accuracy(&truth, &predicted),
            macro_f1: metrics::macro_f1(&truth, &predicted),
            expected_calibration_error: metrics::expected_calibration_error(&outcomes, 10),
            in_scope_accuracy: share(
                &|trial| trial.truth == Truth::Right && trial.scope >= threshold,
                &in_scope,
            ),
            out_of_scope_recall: share(&|trial| trial.scope < threshold, &|t| !in_scope(t)),
        }
    }
}
