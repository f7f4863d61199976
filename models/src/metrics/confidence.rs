//! Whether a confidence is what it says, and what a threshold on it gives.

/// One prediction with its confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// 0 to 1.
    pub confidence: f64,
    /// Whether the prediction was right.
    pub right: bool,
}

/// One bar of a reliability diagram (DeGroot & Fienberg, 1983; Niculescu-Mizil & Caruana, 2005).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBin {
    /// The bin holds confidences above this (the first also 0) …
    pub above: f64,
    /// … up to this.
    pub up_to: f64,
    /// How many predictions it holds.
    pub count: usize,
    /// Their mean confidence; 0 of none.
    pub mean_confidence: f64,
    /// The share that was right; 0 of none.
    pub accuracy: f64,
}

/// `bins` bins of equal width over 0 to 1.
pub fn reliability_bins(outcomes: &[Outcome], bins: usize) -> Vec<ReliabilityBin> {
    let bins = bins.max(1);
    let mut sums = vec![(0_usize, 0.0, 0_usize); bins];
    for outcome in outcomes {
        let upper = (outcome.confidence.clamp(0.0, 1.0) * bins as f64).ceil();
        let (count, confidence, right) = &mut sums[(upper as usize).clamp(1, bins) - 1];
        *count += 1;
        *confidence += outcome.confidence;
        *right += usize::from(outcome.right);
    }
    let described = sums.iter().enumerate().map(|(at, &(count, sum, right))| {
        let divisor = count.max(1) as f64;
        ReliabilityBin {
            above: at as f64 / bins as f64,
            up_to: (at + 1) as f64 / bins as f64,
            count,
            mean_confidence: sum / divisor,
            accuracy: right as f64 / divisor,
        }
    });
    described.collect()
}

/// Σ over bins of (count / n)·|accuracy − mean confidence| (Naeini, Cooper &
/// Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", 2015).
pub fn expected_calibration_error(outcomes: &[Outcome], bins: usize) -> f64 {
    let total = outcomes.len().max(1) as f64;
    reliability_bins(outcomes, bins)
        .iter()
        .map(|bin| bin.count as f64 / total * (bin.accuracy - bin.mean_confidence).abs())
        .sum()
}

/// What answering only from a threshold on gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Selection {
    /// Confidence from which predictions are kept.
    pub threshold: f64,
    /// The share of the kept that is right; 1 where none is kept.
    pub precision: f64,
    /// The share that is kept.
    pub coverage: f64,
}

/// Precision and coverage of the predictions whose confidence is at least `threshold`.
pub fn selection_at(outcomes: &[Outcome], threshold: f64) -> Selection {
    let kept = outcomes.iter().filter(|o| o.confidence >= threshold);
    let (kept, right) = kept.fold((0_usize, 0_usize), |(kept, right), outcome| {
        (kept + 1, right + usize::from(outcome.right))
    });
    Selection {
        threshold,
        precision: if kept == 0 {
            1.0
        } else {
            right as f64 / kept as f64
        },
        coverage: kept as f64 / outcomes.len().max(1) as f64,
    }
}

/// The lowest confidence such that the predictions from it on are right in at
/// least `promised` of the cases; `None` where no threshold keeps the promise.
pub fn threshold_for_precision(outcomes: &[Outcome], promised: f64) -> Option<Selection> {
    let mut sorted = outcomes.to_vec();
    sorted.sort_by(|left, right| right.confidence.total_cmp(&left.confidence));
    let (mut kept, mut right) = (0, 0);
    let mut best = None;
    for same in sorted.chunk_by(|left, right| left.confidence == right.confidence) {
        kept += same.len();
        right += same.iter().filter(|outcome| outcome.right).count();
        let precision = right as f64 / kept as f64;
        if precision >= promised {
            best = Some(Selection {
                threshold: same[0].confidence,
                precision,
                coverage: kept as f64 / outcomes.len() as f64,
            });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(pairs: &[(f64, bool)]) -> Vec<Outcome> {
        let described = pairs
            .iter()
            .map(|&(confidence, right)| Outcome { confidence, right });
        described.collect()
    }

    fn check(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    }

    #[test]
    fn calibration_by_hand() {
        let outcomes = outcomes(&[(0.9, true), (0.8, false), (0.3, false), (0.5, true)]);
        let bins = reliability_bins(&outcomes, 2);
        assert_eq!(bins.iter().map(|b| b.count).collect::<Vec<_>>(), [2, 2]);
        check(bins[0].mean_confidence, 0.4);
        check(bins[1].accuracy, 0.5);
        // Half of them |0.5 − 0.4|, half |0.5 − 0.85|.
        check(expected_calibration_error(&outcomes, 2), 0.225);
        check(expected_calibration_error(&[], 10), 0.0);
    }

    #[test]
    fn edges_belong_to_the_lower_bin() {
        let bins = reliability_bins(&outcomes(&[(0.0, true), (0.5, true), (1.0, true)]), 2);
        assert_eq!(bins.iter().map(|b| b.count).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn thresholds_by_hand() {
        let outcomes = outcomes(&[
            (0.9, true),
            (0.8, true),
            (0.7, false),
            (0.6, true),
            (0.1, false),
        ]);
        let at = selection_at(&outcomes, 0.7);
        check(at.precision, 2.0 / 3.0);
        check(at.coverage, 0.6);
        check(selection_at(&outcomes, 0.95).precision, 1.0);
        for (promised, expected) in [(0.9, Some(0.8)), (0.75, Some(0.6)), (0.6, Some(0.1))] {
            let found = threshold_for_precision(&outcomes, promised).map(|s| s.threshold);
            assert_eq!(found, expected, "{promised}");
        }
        assert_eq!(threshold_for_precision(&outcomes[2..3], 0.5), None);
    }
}
