//! Whether one system is better than another on the same questions, or only luckier.

/// The mean difference of two systems with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Second − first on all questions.
    pub mean: f64,
    /// The 2.5th percentile of the draws.
    pub low: f64,
    /// The 97.5th percentile.
    pub high: f64,
}

const SEED: u64 = 20_040_707;

/// Paired bootstrap (Efron & Tibshirani, "An Introduction to the Bootstrap",
/// 1993, percentile interval; for paired systems Koehn, "Statistical
/// Significance Tests for Machine Translation Evaluation", 2004): questions are
/// drawn with replacement `resamples` times, and the mean of second − first is
/// taken of each draw. The seed is fixed. Scores are of the same questions in
/// the same order; an interval without 0 speaks for a difference.
pub fn paired_bootstrap(first: &[f64], second: &[f64], resamples: usize) -> Difference {
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| b - a).collect();
    let count = differences.len().max(1) as f64;
    let mean = |drawn: &[usize]| drawn.iter().map(|row| differences[*row]).sum::<f64>() / count;
    paired_bootstrap_of(differences.len(), resamples, mean)
}

/// The same for a measure that is no mean over questions, such as a precision:
/// `difference` is handed the questions of a draw, with repetitions, and gives
/// the second system's measure on them less the first's.
pub fn paired_bootstrap_of(
    questions: usize,
    resamples: usize,
    difference: impl Fn(&[usize]) -> f64,
) -> Difference {
    if questions == 0 || resamples == 0 {
        return Difference {
            mean: 0.0,
            low: 0.0,
            high: 0.0,
        };
    }
    let mut state = SEED;
    let mut drawn: Vec<usize> = (0..questions).collect();
    let mean = difference(&drawn);
    let mut differences: Vec<f64> = (0..resamples)
        .map(|_| {
            drawn.fill_with(|| below(&mut state, questions));
            difference(&drawn)
        })
        .collect();
    differences.sort_by(f64::total_cmp);
    let at = |share: f64| differences[((resamples - 1) as f64 * share).round() as usize];
    Difference {
        mean,
        low: at(0.025),
        high: at(0.975),
    }
}

impl Difference {
    /// Whether the interval lies on one side of 0.
    pub fn holds(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// SplitMix64 (Steele, Lea & Flood, 2014), below `bound`.
fn below(state: &mut u64, bound: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    ((u128::from(mixed) * bound as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_everywhere_is_certain() {
        let found = paired_bootstrap(&[0.0; 20], &[1.0; 20], 200);
        assert_eq!((found.mean, found.low, found.high), (1.0, 1.0, 1.0));
        assert!(found.holds());
        assert_eq!(paired_bootstrap(&[], &[], 200).mean, 0.0);
        assert!(!paired_bootstrap(&[], &[], 200).holds());
    }

    #[test]
    fn a_ratio_is_taken_anew_of_every_draw() {
        // Of answers given, the first is right in 2 of 4, the second in 3 of 3.
        let first = [Some(true), Some(true), Some(false), Some(false), None];
        let second = [Some(true), Some(true), Some(true), None, None];
        let precision = |answers: &[Option<bool>], drawn: &[usize]| {
            let given: Vec<bool> = drawn.iter().filter_map(|row| answers[*row]).collect();
            let right = given.iter().filter(|right| **right).count();
            right as f64 / given.len().max(1) as f64
        };
        let found = paired_bootstrap_of(5, 500, |drawn| {
            precision(&second, drawn) - precision(&first, drawn)
        });
        assert_eq!(found.mean, 0.5);
        assert!(found.low < 0.2 && found.high == 1.0, "{found:?}");
        assert!(!found.holds());
    }

    #[test]
    fn the_interval_is_about_two_standard_errors() {
        // Differences of +1 and −1 in equal numbers: standard error 1/√400 = 0.05.
        let first: Vec<f64> = (0..400).map(|at| f64::from(at % 2)).collect();
        let second: Vec<f64> = first.iter().map(|score| 1.0 - score).collect();
        let found = paired_bootstrap(&first, &second, 2000);
        assert!(found.mean.abs() < 1e-12);
        assert!((found.high - 0.098).abs() < 0.015, "{found:?}");
        assert!((found.low + 0.098).abs() < 0.015, "{found:?}");
        assert_eq!(found, paired_bootstrap(&first, &second, 2000));
    }
}
