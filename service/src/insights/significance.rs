//! Whether a change is more than chance.

use super::tally::share;
use crate::domain::insights::Trend;

/// Distinct buyers now, and in as long a time before.
pub type NowAndBefore = (u32, u32);

/// The probability of so large a change of a question's share of buyers by
/// chance: given the buyers of both times who asked it, each is of now with
/// now's share of all buyers. 1 where there was nobody in one of them.
pub fn change_p_value((now, before): NowAndBefore, all: NowAndBefore) -> f64 {
    if all.0 == 0 || all.1 == 0 {
        return 1.0;
    }
    binomial_p_value(now, now + before, share(all.0, all.0 + all.1))
}

/// Which way a share moves that changes by more than chance.
pub fn direction((now, before): NowAndBefore, all: NowAndBefore) -> Trend {
    if share(now, all.0) > share(before, all.1) {
        Trend::Rising
    } else {
        Trend::Fading
    }
}

/// The two-sided p-value of `successes` of `trials` where each succeeds with
/// `probability`: the probability of every outcome that is no more probable
/// than the one seen (the exact binomial test). 1 where there is no trial.
pub fn binomial_p_value(successes: u32, trials: u32, probability: f64) -> f64 {
    if trials == 0 || !(0.0..=1.0).contains(&probability) {
        return 1.0;
    }
    if probability == 0.0 || probability == 1.0 {
        let certain = if probability == 0.0 { 0 } else { trials };
        return f64::from(u8::from(successes == certain));
    }
    let (log_yes, log_no) = (probability.ln(), (1.0 - probability).ln());
    let mut logs = Vec::with_capacity(trials as usize + 1);
    // ln of the binomial coefficient grows by ln((n - k) / (k + 1)) with each k.
    let mut log_choose = 0.0;
    for count in 0..=trials {
        let (yes, no) = (f64::from(count), f64::from(trials - count));
        logs.push(log_choose + yes * log_yes + no * log_no);
        log_choose += no.max(1.0).ln() - (yes + 1.0).ln();
    }
    let Some(seen) = logs.get(successes as usize) else {
        return 0.0;
    };
    // Outcomes as probable as the one seen must not fall out by rounding.
    let most = seen + 1e-7;
    let sum: f64 = logs
        .iter()
        .filter(|log| **log <= most)
        .map(|log| log.exp())
        .sum();
    sum.min(1.0)
}

/// The one-sided p-value of so many buyers now who ask a question: those who ask
/// it at either time are drawn from `all` buyers of both, its own among them,
/// whichever time these are of (Fisher's exact test). Each count is a part of
/// its total.
pub fn excess_p_value((now, before): NowAndBefore, all: NowAndBefore) -> f64 {
    let asked = now + before;
    let first = log_choose(all.0, now) + log_choose(all.1, before);
    let mut log = first - log_choose(all.0 + all.1, asked);
    let mut sum = 0.0;
    for drawn in now..=asked.min(all.0) {
        sum += log.exp();
        // From one number drawn to the next the probability changes by this factor.
        let (drawn, asked) = (f64::from(drawn), f64::from(asked));
        let of_now = (f64::from(all.0) - drawn) / (drawn + 1.0);
        let of_before = (asked - drawn) / (f64::from(all.1) - asked + drawn + 1.0);
        log += (of_now * of_before).ln();
    }
    sum.min(1.0)
}

/// The natural logarithm of the binomial coefficient of `chosen` out of `all`.
fn log_choose(all: u32, chosen: u32) -> f64 {
    let fewer = chosen.min(all.saturating_sub(chosen));
    (0..fewer)
        .map(|step| (f64::from(all - step) / f64::from(fewer - step)).ln())
        .sum()
}

/// The largest p-value that is called a discovery when of all discoveries a
/// share of at most `rate` is to be false (Benjamini and Hochberg 1995);
/// `None` where there is no discovery.
pub fn discovery_threshold(p_values: &[f64], rate: f64) -> Option<f64> {
    let mut sorted = p_values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len().max(1) as f64;
    (1..)
        .zip(&sorted)
        .filter(|(rank, p_value)| **p_value <= rate * f64::from(*rank) / count)
        .map(|(_, p_value)| *p_value)
        .last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_published_binomial_tests() {
        for (successes, trials, probability, expected) in [
            // R: binom.test(682, 925, 0.75)$p.value, the example of its manual.
            (682, 925, 0.75, 0.3825),
            // 2 · (1 + 10 + 45) / 1024.
            (2, 10, 0.5, 0.109_375),
            (5, 10, 0.5, 1.0),
            (0, 0, 0.5, 1.0),
            (3, 3, 1.0, 1.0),
            (2, 3, 1.0, 0.0),
        ] {
            let found = binomial_p_value(successes, trials, probability);
            assert!(
                (found - expected).abs() < 1e-4,
                "{successes}/{trials}: {found}"
            );
        }
        let tiny = binomial_p_value(4_000, 5_000, 0.5);
        assert!((0.0..1e-300).contains(&tiny), "{tiny}");
    }

    #[test]
    fn agrees_with_fishers_exact_tests() {
        for (asked, all, expected) in [
            // The lady tasting tea: 17 of 70 ways.
            ((3, 1), (4, 4), 17.0 / 70.0),
            ((4, 0), (4, 4), 1.0 / 70.0),
            // 1 of the ways to choose 5 out of 33.
            ((5, 0), (5, 28), 1.0 / 237_336.0),
            ((0, 4), (4, 4), 1.0),
            // Nothing to compare with is no excess.
            ((5, 0), (5, 0), 1.0),
            ((5, 3), (5, 3), 1.0),
            ((0, 0), (0, 0), 1.0),
        ] {
            let found = excess_p_value(asked, all);
            assert!(
                (found - expected).abs() < 1e-9,
                "{asked:?} {all:?}: {found}"
            );
        }
        let tiny = excess_p_value((40_000, 10), (50_000, 50_000));
        assert!((0.0..1e-300).contains(&tiny), "{tiny}");
    }

    #[test]
    fn allows_a_share_of_false_discoveries() {
        let p_values = [0.9, 0.001, 0.02, 0.04, 0.5];
        assert_eq!(discovery_threshold(&p_values, 0.1), Some(0.04));
        assert_eq!(discovery_threshold(&p_values, 0.01), Some(0.001));
        assert_eq!(discovery_threshold(&[0.5, 0.9], 0.1), None);
        assert_eq!(discovery_threshold(&[], 0.1), None);
    }
}
