//! One label a text: accuracy, precision, recall, F1, Matthews correlation.

use std::collections::BTreeMap;

/// The share of `predicted` that equals `truth`, position by position; 0 of nothing.
pub fn accuracy<Label: PartialEq>(truth: &[Label], predicted: &[Label]) -> f64 {
    let right = truth.iter().zip(predicted).filter(|(t, p)| t == p).count();
    ratio(right, truth.len())
}

/// Of those predicted as `label`, the share that is: TP / (TP + FP); 0 when none is predicted.
pub fn precision<Label: PartialEq>(truth: &[Label], predicted: &[Label], label: &Label) -> f64 {
    recall(predicted, truth, label)
}

/// Of those that are `label`, the share predicted so: TP / (TP + FN); 0 when there is none.
pub fn recall<Label: PartialEq>(truth: &[Label], predicted: &[Label], label: &Label) -> f64 {
    let of_label = truth.iter().zip(predicted).filter(|(t, _)| *t == label);
    let (found, all) = of_label.fold((0, 0), |(found, all), (_, p)| {
        (found + usize::from(p == label), all + 1)
    });
    ratio(found, all)
}

/// The unweighted mean, over every label that is true or predicted anywhere,
/// of F1 = 2·TP / (2·TP + FP + FN). As scikit-learn's `f1_score(average="macro")`.
pub fn macro_f1<Label: Ord>(truth: &[Label], predicted: &[Label]) -> f64 {
    let table = marginals(truth, predicted);
    let scores = table
        .values()
        .map(|counts| 2.0 * counts.both as f64 / (counts.truth + counts.predicted).max(1) as f64);
    scores.sum::<f64>() / table.len().max(1) as f64
}

/// Matthews' correlation for any number of labels, −1 to 1 (Gorodkin,
/// "Comparing two K-category assignments by a K-category correlation
/// coefficient", 2004), as scikit-learn's `matthews_corrcoef`:
///
/// (c·s − Σₖ pₖ·tₖ) / √((s² − Σₖ pₖ²)(s² − Σₖ tₖ²)), c right of s, label k
/// predicted pₖ and true tₖ times; 0 where the denominator is.
///
/// HINT3 (Arora et al., 2020) counts "out of scope" as one more label: a
/// prediction below the threshold is that label.
pub fn matthews_correlation<Label: Ord>(truth: &[Label], predicted: &[Label]) -> f64 {
    let table = marginals(truth, predicted);
    let samples = truth.len() as f64;
    let sum = |of: &dyn Fn(&Marginal) -> f64| table.values().map(of).sum::<f64>();
    let right = sum(&|counts| counts.both as f64);
    let expected = sum(&|counts| counts.predicted as f64 * counts.truth as f64);
    let of_predicted = samples * samples - sum(&|counts| (counts.predicted as f64).powi(2));
    let of_truth = samples * samples - sum(&|counts| (counts.truth as f64).powi(2));
    let denominator = (of_predicted * of_truth).sqrt();
    if denominator > 0.0 {
        (right * samples - expected) / denominator
    } else {
        0.0
    }
}

#[derive(Default)]
struct Marginal {
    truth: usize,
    predicted: usize,
    both: usize,
}

fn marginals<'a, Label: Ord>(
    truth: &'a [Label],
    predicted: &'a [Label],
) -> BTreeMap<&'a Label, Marginal> {
    let mut table: BTreeMap<&Label, Marginal> = BTreeMap::new();
    for (true_label, predicted_label) in truth.iter().zip(predicted) {
        let counts = table.entry(true_label).or_default();
        counts.truth += 1;
        counts.both += usize::from(true_label == predicted_label);
        table.entry(predicted_label).or_default().predicted += 1;
    }
    table
}

fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: [char; 6] = ['a', 'a', 'a', 'b', 'b', 'c'];
    const PREDICTED: [char; 6] = ['a', 'a', 'b', 'b', 'c', 'c'];

    fn check(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    }

    #[test]
    fn counts_by_hand() {
        check(accuracy(&TRUTH, &PREDICTED), 4.0 / 6.0);
        check(recall(&TRUTH, &PREDICTED, &'a'), 2.0 / 3.0);
        check(precision(&TRUTH, &PREDICTED, &'a'), 1.0);
        check(precision(&TRUTH, &PREDICTED, &'z'), 0.0);
        // F1: a 4/5, b 2/4, c 2/3.
        check(macro_f1(&TRUTH, &PREDICTED), (0.8 + 0.5 + 2.0 / 3.0) / 3.0);
        // c·s = 24; Σpt = 2·3 + 2·2 + 2·1 = 12; s² − Σp² = 24; s² − Σt² = 22.
        check(
            matthews_correlation(&TRUTH, &PREDICTED),
            12.0 / (24.0_f64 * 22.0).sqrt(),
        );
    }

    #[test]
    fn matthews_of_two_labels_is_the_known_formula() {
        // TP 3, TN 2, FP 1, FN 2: (3·2 − 1·2) / √(4·5·3·4).
        let truth = [1, 1, 1, 1, 1, 0, 0, 0];
        let predicted = [1, 1, 1, 0, 0, 1, 0, 0];
        check(
            matthews_correlation(&truth, &predicted),
            4.0 / 240.0_f64.sqrt(),
        );
    }

    #[test]
    fn nothing_and_one_label_have_no_correlation() {
        check(accuracy::<u8>(&[], &[]), 0.0);
        check(matthews_correlation(&[1, 1], &[1, 1]), 0.0);
        check(macro_f1::<u8>(&[], &[]), 0.0);
    }
}
