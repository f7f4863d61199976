//! Whether a text is of any known label at all, and from which score on to believe it.

use super::features::Row;

/// The training rows, to tell how near a text is to what was seen of a label.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Neighbours {
    pub(super) rows: Vec<Row>,
    pub(super) labels: Vec<usize>,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.columns == other.columns && self.values == other.values && self.dense == other.dense
    }
}

impl Neighbours {
    /// The cosine of `row` and the row of `label` nearest to it, 0 to 1.
    pub(super) fn nearest(&self, row: &Row, label: usize) -> f32 {
        let of_label = self.rows.iter().zip(&self.labels);
        let nearest = of_label
            .filter(|&(_, &known)| known == label)
            .map(|(known, _)| dot(known, row) / (length(known) * length(row)).max(1e-9))
            .fold(0.0, f32::max);
        nearest.min(1.0)
    }
}

fn dot(left: &Row, right: &Row) -> f32 {
    let mut sum = 0.0;
    let (mut at, mut other) = (0, 0);
    while let (Some(a), Some(b)) = (left.columns.get(at), right.columns.get(other)) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => other += 1,
            std::cmp::Ordering::Equal => {
                sum += left.values[at] * right.values[other];
                at += 1;
                other += 1;
            }
        }
    }
    let dense = left.dense.iter().zip(&right.dense);
    sum + dense.map(|(a, b)| a * b).sum::<f32>()
}

fn length(row: &Row) -> f32 {
    let squares = row.values.iter().chain(&row.dense);
    squares.map(|value| value * value).sum::<f32>().sqrt()
}

/// One text of known origin and what a classifier that never saw it made of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// [`super::Classification::scope`] of it.
    pub scope: f32,
    /// What it was.
    pub truth: Truth,
}

/// What a text of a [`Trial`] was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// Of a known label, and that label was ranked first.
    Right,
    /// Of a known label, and another was ranked first.
    Wrong,
    /// Of no known label.
    OutOfScope,
}

/// The scope score below which to abstain: where in-scope accuracy (right and
/// not abstained, of all in scope) plus out-of-scope recall (abstained, of all
/// out of scope) is highest, the lower one of equals. 0 without trials of both kinds.
///
/// The sum does not depend on how many of the trials are out of scope, which
/// nobody knows of the texts to come.
pub fn threshold_for(trials: &[Trial]) -> f32 {
    let out_of_scope = count(trials, Truth::OutOfScope);
    let in_scope = trials.len() as f64 - out_of_scope;
    if out_of_scope == 0.0 || in_scope == 0.0 {
        return 0.0;
    }
    let mut sorted = trials.to_vec();
    sorted.sort_by(|left, right| left.scope.total_cmp(&right.scope));
    let mut gain = 0.0;
    let mut best = (0.0, 0.0);
    for same in sorted.chunk_by(|left, right| left.scope == right.scope) {
        // The threshold lies at this score: whatever scored lower is abstained from.
        if gain > best.0 + 1e-12 {
            best = (gain, same[0].scope);
        }
        gain += count(same, Truth::OutOfScope) / out_of_scope;
        gain -= count(same, Truth::Right) / in_scope;
    }
    best.1
}

fn count(trials: &[Trial], truth: Truth) -> f64 {
    trials.iter().filter(|trial| trial.truth == truth).count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trials(scores: &[(f32, Truth)]) -> Vec<Trial> {
        let described = scores.iter().map(|&(scope, truth)| Trial { scope, truth });
        described.collect()
    }

    #[test]
    fn the_threshold_parts_strangers_from_the_known() {
        use Truth::{OutOfScope, Right, Wrong};
        for (scores, expected) in [
            (vec![(0.9, Right), (0.2, OutOfScope)], 0.9),
            // A wrong label is no loss to abstain from.
            (vec![(0.9, Right), (0.5, Wrong), (0.2, OutOfScope)], 0.5),
            (vec![(0.1, Right), (0.9, OutOfScope)], 0.0),
            (vec![(0.9, Right)], 0.0),
            (vec![(0.5, Right), (0.5, OutOfScope)], 0.0),
            (vec![], 0.0),
        ] {
            let found = threshold_for(&trials(&scores));
            assert!((found - expected).abs() < 1e-6, "{scores:?}: {found}");
        }
    }

    #[test]
    fn the_nearest_example_is_of_the_label() {
        let row = |columns: &[u32], dense: &[f32]| Row {
            columns: columns.to_vec(),
            values: vec![1.0; columns.len()],
            dense: dense.to_vec(),
        };
        let neighbours = Neighbours {
            rows: vec![row(&[0, 1], &[0.0]), row(&[2, 3], &[0.0])],
            labels: vec![0, 1],
        };
        let asked = row(&[1, 2], &[0.0]);
        assert!((neighbours.nearest(&asked, 0) - 0.5).abs() < 1e-6);
        let same = row(&[2, 3], &[0.0]);
        assert!((neighbours.nearest(&same, 1) - 1.0).abs() < 1e-6);
        assert!(neighbours.nearest(&same, 0).abs() < 1e-6);
        assert!(neighbours.nearest(&row(&[], &[0.0]), 0).abs() < 1e-6);
    }
}
