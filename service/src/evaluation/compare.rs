//! Two systems on the same questions: what the second gains over the first,
//! and whether that is more than luck.

use std::collections::BTreeMap;

use serde::Serialize;
use zhiwen_models::metrics::{
    self, Difference, macro_f1, matthews_correlation, paired_bootstrap, paired_bootstrap_of,
};

use super::classify::Verdict;
use super::retrieve::{Answered, scores};

/// A share's name, and whether a text counts for it; `None` where it counts neither way.
type Share = (&'static str, fn(&Verdict) -> Option<bool>);

/// Draws of the bootstrap.
pub const RESAMPLES: usize = 2_000;

/// Draws where a measure is taken anew of all texts in each.
const COSTLY_RESAMPLES: usize = 500;

/// What the second system gains over the first, by measure. A measure has the
/// name of the report's field, with the names above it before a dot.
pub type Gains = BTreeMap<&'static str, Gain>;

/// What the second system gains over the first in one measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gain {
    /// Second − first.
    pub difference: f64,
    /// The lower end of its 95 % interval, by a paired bootstrap.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Whether the interval lies on one side of 0: what holds is more than luck.
    pub holds: bool,
}

impl From<Difference> for Gain {
    fn from(difference: Difference) -> Self {
        Self {
            difference: difference.mean,
            low: difference.low,
            high: difference.high,
            holds: difference.holds(),
        }
    }
}

/// Answers to a set of questions, with the threshold that they are held to.
#[derive(Clone, Copy)]
pub struct AtThreshold<'a> {
    /// The answers.
    pub answered: &'a [Answered],
    /// The threshold.
    pub threshold: f32,
}

/// Compares answers to the same questions in the same order.
pub fn answers(first: AtThreshold<'_>, second: AtThreshold<'_>) -> Gains {
    let means = [
        (
            "recall_at_1",
            ranked(first, second, |rank| share(rank <= 1)),
        ),
        (
            "recall_at_3",
            ranked(first, second, |rank| share(rank <= 3)),
        ),
        (
            "recall_at_5",
            ranked(first, second, |rank| share(rank <= 5)),
        ),
        (
            "recall_at_10",
            ranked(first, second, |rank| share(rank <= 10)),
        ),
        (
            "mean_reciprocal_rank",
            ranked(first, second, |rank| 1.0 / rank as f64),
        ),
        ("accuracy", gain(&first.accuracy(), &second.accuracy())),
    ];
    let precision = |drawn: &[usize]| second.precision(drawn) - first.precision(drawn);
    let coverage = |drawn: &[usize]| second.coverage(drawn) - first.coverage(drawn);
    let count = first.answered.len();
    let ratios = [
        (
            "precision",
            paired_bootstrap_of(count, RESAMPLES, precision),
        ),
        ("coverage", paired_bootstrap_of(count, RESAMPLES, coverage)),
    ];
    let ratios = ratios.map(|(name, difference)| (name, difference.into()));
    means.into_iter().chain(ratios).collect()
}

impl AtThreshold<'_> {
    fn accuracy(&self) -> Vec<f64> {
        scores(self.answered, f64::from(self.threshold))
    }

    fn is_given(&self, answered: &Answered) -> bool {
        answered.best.is_some() && answered.confidence() >= f64::from(self.threshold)
    }

    /// The share of the answers given that are right, of the questions drawn; 1 of none.
    fn precision(&self, drawn: &[usize]) -> f64 {
        let drawn = drawn.iter().map(|row| &self.answered[*row]);
        let given = drawn.filter(|answered| self.is_given(answered));
        let (right, given) = given.fold((0.0, 0.0), |(right, given), answered| {
            (right + share(answered.is_right()), given + 1.0)
        });
        if given > 0.0 { right / given } else { 1.0 }
    }

    /// The share of the questions drawn for which something was found that is answered.
    fn coverage(&self, drawn: &[usize]) -> f64 {
        let drawn = drawn.iter().map(|row| &self.answered[*row]);
        let (given, found) = drawn
            .filter(|answered| answered.best.is_some())
            .fold((0.0, 0.0), |(given, found), answered| {
                (given + share(self.is_given(answered)), found + 1.0)
            });
        if found > 0.0 { given / found } else { 0.0 }
    }
}

/// Over questions that some item answers; 0 where no right one was found.
fn ranked(first: AtThreshold<'_>, second: AtThreshold<'_>, score: fn(usize) -> f64) -> Gain {
    let scores = |answered: &[Answered]| -> Vec<f64> {
        let answerable = answered.iter().filter(|answered| answered.is_answerable);
        answerable
            .map(|answered| answered.rank.map_or(0.0, score))
            .collect()
    };
    gain(&scores(first.answered), &scores(second.answered))
}

/// Compares what the same texts in the same order were taken for.
pub fn verdicts(first: &[Verdict], second: &[Verdict], out_of_scope: Option<&str>) -> Gains {
    let in_scope = |verdicts: &[Verdict]| -> Vec<Verdict> {
        let in_scope = verdicts.iter().filter(|verdict| verdict.in_scope);
        in_scope.cloned().collect()
    };
    let known = [in_scope(first), in_scope(second)];
    let mut gains = Gains::new();
    let [before, after] = known.each_ref().map(|known| rights(known));
    gains.insert("accuracy", gain(&before, &after));
    gains.insert(
        "macro_f1",
        labelled(&known[0], &known[1], taken_for, macro_f1),
    );
    let has_strangers = known[0].len() < first.len();
    if let Some(stranger) = out_of_scope.filter(|_| has_strangers) {
        let label = |verdict: &'_ Verdict| -> [String; 2] {
            let [expected, found] = taken_for(verdict);
            let found = if verdict.abstained {
                stranger.to_owned()
            } else {
                found
            };
            [expected, found]
        };
        gains.insert(
            "with_threshold.matthews_correlation",
            labelled(first, second, label, matthews_correlation),
        );
        let shares: [Share; 2] = [
            ("with_threshold.in_scope_accuracy", |verdict| {
                let is_right = verdict.expected == verdict.found && !verdict.abstained;
                verdict.in_scope.then_some(is_right)
            }),
            ("with_threshold.out_of_scope_recall", |verdict| {
                (!verdict.in_scope).then_some(verdict.abstained)
            }),
        ];
        for (name, counts) in shares {
            let scores = |verdicts: &[Verdict]| -> Vec<f64> {
                verdicts.iter().filter_map(counts).map(share).collect()
            };
            gains.insert(name, gain(&scores(first), &scores(second)));
        }
    }
    gains
}

/// 1 where a text was taken for what it is, else 0.
pub fn rights(verdicts: &[Verdict]) -> Vec<f64> {
    let is_right = |verdict: &Verdict| share(verdict.expected == verdict.found);
    verdicts.iter().map(is_right).collect()
}

fn taken_for(verdict: &Verdict) -> [String; 2] {
    [verdict.expected.clone(), verdict.found.clone()]
}

/// A measure of true labels against found ones, taken anew of every draw.
fn labelled(
    first: &[Verdict],
    second: &[Verdict],
    labels: impl Fn(&Verdict) -> [String; 2],
    measure: fn(&[u32], &[u32]) -> f64,
) -> Gain {
    let mut codes = Codes::default();
    let mut coded = |verdicts: &[Verdict]| -> Vec<[u32; 2]> {
        let labels = verdicts.iter().map(&labels);
        labels
            .map(|labels| labels.map(|label| codes.of(&label)))
            .collect()
    };
    let systems = [coded(first), coded(second)];
    let difference = paired_bootstrap_of(first.len(), COSTLY_RESAMPLES, |drawn| {
        let [before, after] = systems.each_ref().map(|rows| {
            let column =
                |at: usize| -> Vec<u32> { drawn.iter().map(|row| rows[*row][at]).collect() };
            measure(&column(0), &column(1))
        });
        after - before
    });
    difference.into()
}

/// Numbers in place of names: a draw compares each of them many times.
#[derive(Default)]
struct Codes(BTreeMap<String, u32>);

impl Codes {
    fn of(&mut self, name: &str) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(name.to_owned()).or_insert(next)
    }
}

/// Compares two clusterings of the same texts with the clusters that they
/// should be. The interval is over texts, not over other runs of a clustering.
pub fn groups(reference: &[&str], first: &[u32], second: &[u32]) -> Gains {
    type Measure = fn(&[u32], &[u32]) -> f64;
    let measures: [(&'static str, Measure); 2] = [
        ("v_measure", metrics::v_measure),
        ("adjusted_rand_index", metrics::adjusted_rand_index),
    ];
    let mut codes = Codes::default();
    let reference: Vec<u32> = reference.iter().map(|name| codes.of(name)).collect();
    let compared = measures.map(|(name, measure)| {
        let difference = paired_bootstrap_of(reference.len(), COSTLY_RESAMPLES, |drawn| {
            let truth: Vec<u32> = drawn.iter().map(|row| reference[*row]).collect();
            let [before, after] = [first, second].map(|groups| {
                let groups: Vec<u32> = drawn.iter().map(|row| groups[*row]).collect();
                measure(&truth, &groups)
            });
            after - before
        });
        (name, difference.into())
    });
    compared.into_iter().collect()
}

/// Compares scores of the same questions in the same order by their means.
pub fn gain(first: &[f64], second: &[f64]) -> Gain {
    paired_bootstrap(first, second, RESAMPLES).into()
}

fn share(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::retrieve::{GoldenQuestion, report};

    fn answered(rank: Option<usize>, confidence: f32) -> Answered {
        Answered {
            rank,
            best: Some(("a".to_owned(), confidence)),
            is_answerable: true,
        }
    }

    /// One half is found first by both, of the rest the second finds more.
    fn two_systems() -> [Vec<Answered>; 2] {
        let first = |at: usize| answered(at.is_multiple_of(2).then_some(1), 0.5);
        let second = |at: usize| match at % 4 {
            3 => answered(Some(4), 0.3),
            _ => answered(Some(1), 0.9),
        };
        [(0..80).map(first).collect(), (0..80).map(second).collect()]
    }

    #[test]
    fn a_difference_is_that_of_the_reports_in_every_measure() {
        let [first, second] = two_systems();
        let gains = answers(
            AtThreshold {
                answered: &first,
                threshold: 0.4,
            },
            AtThreshold {
                answered: &second,
                threshold: 0.6,
            },
        );
        let questions = vec![GoldenQuestion::default(); 80];
        let reports = [(&first, 0.4), (&second, 0.6)]
            .map(|(answered, threshold)| report(&questions, answered, threshold, 0.8))
            .map(|report| serde_json::to_value(report).expect("json"));
        for (name, gain) in &gains {
            let [before, after] = reports.each_ref().map(|report| report[*name].as_f64());
            let difference = after.expect(name) - before.expect(name);
            assert!(
                (gain.difference - difference).abs() < 1e-9,
                "{name}: {gain:?}"
            );
            assert!(gain.low <= gain.difference && gain.difference <= gain.high);
        }
        assert_eq!(gains.len(), 8);
        assert!(gains["recall_at_1"].holds && gains["precision"].holds);
        assert!((gains["coverage"].difference + 0.25).abs() < 1e-9);
    }

    #[test]
    fn the_same_twice_does_not_differ() {
        let [first, _] = two_systems();
        let same = AtThreshold {
            answered: &first,
            threshold: 0.4,
        };
        for (name, gain) in answers(same, same) {
            let none = (gain.difference, gain.low, gain.high, gain.holds);
            assert_eq!(none, (0.0, 0.0, 0.0, false), "{name}");
        }
    }

    #[test]
    fn verdicts_are_compared_in_scope_and_out_of_it() {
        let verdict = |expected: &str, found: &str, abstained| Verdict {
            expected: expected.to_owned(),
            found: found.to_owned(),
            abstained,
            in_scope: expected != "none",
        };
        let kinds = |at: usize| ["refund", "invoice", "none"][at % 3];
        let first: Vec<Verdict> = (0..90)
            .map(|at| verdict(kinds(at), "refund", false))
            .collect();
        let second: Vec<Verdict> = (0..90)
            .map(|at| match kinds(at) {
                "none" => verdict("none", "refund", true),
                kind => verdict(kind, kind, false),
            })
            .collect();
        let gains = verdicts(&first, &second, Some("none"));
        assert!((gains["accuracy"].difference - 0.5).abs() < 1e-9);
        // Both kinds right against one of them: F1 of 1 and 1 against 2/3 and 0.
        assert!((gains["macro_f1"].difference - 2.0 / 3.0).abs() < 1e-9);
        assert!((gains["with_threshold.out_of_scope_recall"].difference - 1.0).abs() < 1e-9);
        assert!((gains["with_threshold.in_scope_accuracy"].difference - 0.5).abs() < 1e-9);
        assert!(gains["with_threshold.matthews_correlation"].holds);
        assert!(
            !verdicts(&first, &second, None).contains_key("with_threshold.out_of_scope_recall")
        );
    }

    #[test]
    fn clusterings_are_compared_by_their_texts() {
        let reference: Vec<&str> = (0..60).map(|at| ["a", "b", "c"][at % 3]).collect();
        let right: Vec<u32> = (0..60).map(|at| at % 3).collect();
        let gains = groups(&reference, &[0; 60], &right);
        assert!((gains["v_measure"].difference - 1.0).abs() < 1e-9);
        assert!(gains["adjusted_rand_index"].holds);
        assert!(!groups(&reference, &right, &right)["v_measure"].holds);
    }
}
