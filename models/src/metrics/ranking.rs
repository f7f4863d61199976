//! Ranked results against the right ones.

/// The share of questions with a right result among the first `k` (hit rate;
/// recall@k where each question has one right result). `ranks` holds the rank of
/// the first right result of each question, from 1, `None` where it was not found.
pub fn recall_at_k(ranks: &[Option<usize>], k: usize) -> f64 {
    let found = ranks.iter().filter(|rank| rank.is_some_and(|r| r <= k));
    found.count() as f64 / ranks.len().max(1) as f64
}

/// The mean over questions of 1 / rank of the first right result, 0 where it
/// was not found (Voorhees, "The TREC-8 Question Answering Track Report", 1999).
pub fn mean_reciprocal_rank(ranks: &[Option<usize>]) -> f64 {
    let reciprocals = ranks.iter().flatten().filter(|&&rank| rank > 0);
    let sum: f64 = reciprocals.map(|&rank| 1.0 / rank as f64).sum();
    sum / ranks.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_by_hand() {
        let ranks = [Some(1), Some(3), None, Some(2)];
        for (k, expected) in [(1, 0.25), (2, 0.5), (3, 0.75), (9, 0.75)] {
            assert!((recall_at_k(&ranks, k) - expected).abs() < 1e-12, "{k}");
        }
        let expected = (1.0 + 1.0 / 3.0 + 0.5) / 4.0;
        assert!((mean_reciprocal_rank(&ranks) - expected).abs() < 1e-12);
        assert!(mean_reciprocal_rank(&[]).abs() < 1e-12);
    }
}
