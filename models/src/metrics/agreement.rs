//! Clusters against a reference: how far two ways of grouping the same items agree.

use std::collections::HashMap;
use std::hash::Hash;

/// How often each pair of (reference, cluster) occurs, and each alone.
struct Contingency {
    cells: Vec<(usize, usize, f64)>,
    references: Vec<f64>,
    clusters: Vec<f64>,
    total: f64,
}

impl Contingency {
    fn of<R: Eq + Hash, C: Eq + Hash>(reference: &[R], clusters: &[C]) -> Self {
        let mut reference_ids: HashMap<&R, usize> = HashMap::new();
        let mut cluster_ids: HashMap<&C, usize> = HashMap::new();
        let mut cells: HashMap<(usize, usize), f64> = HashMap::new();
        for (reference, cluster) in reference.iter().zip(clusters) {
            let next = reference_ids.len();
            let row = *reference_ids.entry(reference).or_insert(next);
            let next = cluster_ids.len();
            let column = *cluster_ids.entry(cluster).or_insert(next);
            *cells.entry((row, column)).or_default() += 1.0;
        }
        let mut cells: Vec<_> = cells.into_iter().map(|((r, c), n)| (r, c, n)).collect();
        // Sums of floats depend on their order.
        cells.sort_by_key(|&(row, column, _)| (row, column));
        let mut rows = vec![0.0; reference_ids.len()];
        let mut columns = vec![0.0; cluster_ids.len()];
        for &(row, column, count) in &cells {
            rows[row] += count;
            columns[column] += count;
        }
        Self {
            total: rows.iter().sum(),
            references: rows,
            clusters: columns,
            cells,
        }
    }

    /// Σ n·ln(n·N / (row·column)) / N.
    fn mutual_information(&self) -> f64 {
        let parts = self.cells.iter().map(|&(row, column, count)| {
            let independent = self.references[row] * self.clusters[column] / self.total;
            count / self.total * (count / independent).ln()
        });
        parts.sum::<f64>().max(0.0)
    }
}

fn entropy(counts: &[f64], total: f64) -> f64 {
    let parts = counts
        .iter()
        .map(|count| -count / total * (count / total).ln());
    parts.sum::<f64>().max(0.0)
}

/// The harmonic mean of homogeneity 1 − H(R|C)/H(R) and completeness
/// 1 − H(C|R)/H(C), 0 to 1 (Rosenberg & Hirschberg, "V-Measure: A Conditional
/// Entropy-Based External Cluster Evaluation Measure", 2007, β = 1).
pub fn v_measure<R: Eq + Hash, C: Eq + Hash>(reference: &[R], clusters: &[C]) -> f64 {
    let table = Contingency::of(reference, clusters);
    if table.total == 0.0 {
        return 1.0;
    }
    let shared = table.mutual_information();
    let part = |counts: &[f64]| {
        let entropy = entropy(counts, table.total);
        if entropy > 0.0 { shared / entropy } else { 1.0 }
    };
    let (homogeneity, completeness) = (part(&table.references), part(&table.clusters));
    if homogeneity + completeness > 0.0 {
        2.0 * homogeneity * completeness / (homogeneity + completeness)
    } else {
        0.0
    }
}

/// Mutual information over the arithmetic mean of the two entropies, 0 to 1
/// (Strehl & Ghosh, 2002, with scikit-learn's default mean); 1 where both
/// groupings are a single group. Equal to [`v_measure`] by definition.
pub fn normalized_mutual_information<R: Eq + Hash, C: Eq + Hash>(
    reference: &[R],
    clusters: &[C],
) -> f64 {
    let table = Contingency::of(reference, clusters);
    let mean = f64::midpoint(
        entropy(&table.references, table.total.max(1.0)),
        entropy(&table.clusters, table.total.max(1.0)),
    );
    if mean > 0.0 {
        table.mutual_information() / mean
    } else {
        1.0
    }
}

/// Pairs grouped alike in both, corrected for chance: 0 expected of a random
/// grouping, 1 of the same one (Hubert & Arabie, "Comparing partitions", 1985).
pub fn adjusted_rand_index<R: Eq + Hash, C: Eq + Hash>(reference: &[R], clusters: &[C]) -> f64 {
    let table = Contingency::of(reference, clusters);
    let pairs = |count: &f64| count * (count - 1.0) / 2.0;
    let together: f64 = table.cells.iter().map(|(_, _, count)| pairs(count)).sum();
    let of_references: f64 = table.references.iter().map(pairs).sum();
    let of_clusters: f64 = table.clusters.iter().map(pairs).sum();
    let all = pairs(&table.total);
    let expected = if all > 0.0 {
        of_references * of_clusters / all
    } else {
        0.0
    };
    let highest = f64::midpoint(of_references, of_clusters);
    if (highest - expected).abs() < 1e-12 {
        1.0
    } else {
        (together - expected) / (highest - expected)
    }
}

/// The share of items that are right after each cluster is given at most one
/// reference and each reference at most one cluster, in the best way
/// (Hungarian algorithm: Kuhn, 1955; here the O(n³) form with potentials).
pub fn assigned_accuracy<R: Eq + Hash, C: Eq + Hash>(reference: &[R], clusters: &[C]) -> f64 {
    let table = Contingency::of(reference, clusters);
    let size = table.references.len().max(table.clusters.len());
    let mut gains = vec![vec![0.0; size]; size];
    for &(row, column, count) in &table.cells {
        gains[row][column] = count;
    }
    let assigned = best_assignment(&gains);
    let right: f64 = assigned
        .iter()
        .enumerate()
        .map(|(row, &column)| gains[row][column])
        .sum();
    right / table.total.max(1.0)
}

/// The column of each row of a square matrix such that the sum is highest.
fn best_assignment(gains: &[Vec<f64>]) -> Vec<usize> {
    let size = gains.len();
    // Index 0 stands for "none" in the arrays below.
    let mut row_potential = vec![0.0; size + 1];
    let mut column_potential = vec![0.0; size + 1];
    let mut row_of_column = vec![0_usize; size + 1];
    for row in 1..=size {
        let mut from = vec![0_usize; size + 1];
        let mut slack = vec![f64::INFINITY; size + 1];
        let mut done = vec![false; size + 1];
        row_of_column[0] = row;
        let mut column = 0;
        while row_of_column[column] != 0 {
            done[column] = true;
            let at = row_of_column[column];
            let (mut smallest, mut next) = (f64::INFINITY, 0);
            for other in (1..=size).filter(|&other| !done[other]) {
                let cost = -gains[at - 1][other - 1] - row_potential[at] - column_potential[other];
                if cost < slack[other] {
                    slack[other] = cost;
                    from[other] = column;
                }
                if slack[other] < smallest {
                    (smallest, next) = (slack[other], other);
                }
            }
            for other in 0..=size {
                if done[other] {
                    row_potential[row_of_column[other]] += smallest;
                    column_potential[other] -= smallest;
                } else {
                    slack[other] -= smallest;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of_column[column] = row_of_column[from[column]];
            column = from[column];
        }
    }
    let mut column_of_row = vec![0; size];
    for column in 1..=size {
        column_of_row[row_of_column[column] - 1] = column - 1;
    }
    column_of_row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    }

    #[test]
    fn the_same_grouping_under_other_names_is_perfect() {
        let (reference, clusters) = (["a", "a", "b", "c"], [7, 7, 3, 1]);
        check(v_measure(&reference, &clusters), 1.0);
        check(normalized_mutual_information(&reference, &clusters), 1.0);
        check(adjusted_rand_index(&reference, &clusters), 1.0);
        check(assigned_accuracy(&reference, &clusters), 1.0);
    }

    #[test]
    fn a_split_group_by_hand() {
        // Homogeneity 1; completeness = ln 2 / (3/2 · ln 2) = 2/3; V = 0.8.
        let (reference, clusters) = ([0, 0, 1, 1], [0, 0, 1, 2]);
        check(v_measure(&reference, &clusters), 0.8);
        check(normalized_mutual_information(&reference, &clusters), 0.8);
        // Together 1, expected 2·1/6, highest 1.5: (1 − 1/3) / (1.5 − 1/3) = 4/7.
        check(adjusted_rand_index(&reference, &clusters), 4.0 / 7.0);
        check(assigned_accuracy(&reference, &clusters), 0.75);
    }

    #[test]
    fn one_group_for_all_says_nothing() {
        let (reference, clusters) = ([0, 0, 1, 1], [5, 5, 5, 5]);
        check(v_measure(&reference, &clusters), 0.0);
        check(adjusted_rand_index(&reference, &clusters), 0.0);
        check(assigned_accuracy(&reference, &clusters), 0.5);
    }

    #[test]
    fn the_best_assignment_is_not_the_greedy_one() {
        // Greedy takes 5 and is left with 0; best is 4 + 4.
        let gains = vec![vec![5.0, 4.0], vec![4.0, 0.0]];
        assert_eq!(best_assignment(&gains), [1, 0]);
        let gains = vec![
            vec![1.0, 2.0, 3.0],
            vec![2.0, 4.0, 6.0],
            vec![3.0, 6.0, 9.0],
        ];
        let best = best_assignment(&gains);
        let sum: f64 = best.iter().enumerate().map(|(r, &c)| gains[r][c]).sum();
        check(sum, 14.0);
    }
}
