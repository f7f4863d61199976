//! The table whose means come nearest to given vectors, by conjugate gradients.

use super::DistillOptions;

/// A sparse matrix: each text is the mean of some rows of the table.
#[derive(Debug, Clone, Default)]
pub(super) struct Means {
    rows: Vec<u32>,
    /// Where each text's rows end.
    ends: Vec<usize>,
}

impl Means {
    /// Adds a text that is the mean of `rows`.
    pub(super) fn push(&mut self, rows: &[u32]) {
        self.rows.extend_from_slice(rows);
        self.ends.push(self.rows.len());
    }

    /// The number of texts.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The texts that are kept and every `of`-th.
    pub(super) fn split(&self, of: usize) -> (Self, Self) {
        let (mut kept, mut held_back) = (Self::default(), Self::default());
        for (number, rows) in self.texts().enumerate() {
            if number % of == 0 {
                held_back.push(rows);
            } else {
                kept.push(rows);
            }
        }
        (kept, held_back)
    }

    /// The texts' means of the rows of `table`.
    pub(super) fn times(&self, table: &[f32], dimensions: usize) -> Vec<f32> {
        let mut product = vec![0.0; self.len() * dimensions];
        for (rows, mean) in self.texts().zip(product.chunks_exact_mut(dimensions)) {
            let weight = share(rows);
            for &row in rows {
                add_scaled(mean, row_of(table, row, dimensions), weight);
            }
        }
        product
    }

    /// The transposed matrix times `vectors`, one a text.
    fn transposed_times(&self, vectors: &[f32], dimensions: usize, height: usize) -> Vec<f32> {
        let mut product = vec![0.0; height * dimensions];
        for (rows, vector) in self.texts().zip(vectors.chunks_exact(dimensions)) {
            let weight = share(rows);
            for &row in rows {
                let start = row as usize * dimensions;
                if let Some(sum) = product.get_mut(start..start + dimensions) {
                    add_scaled(sum, vector, weight);
                }
            }
        }
        product
    }

    fn texts(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, &end)| self.rows.get(start..end).unwrap_or_default())
    }
}

fn share(rows: &[u32]) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a count of pieces")]
    let count = rows.len().max(1) as f32;
    1.0 / count
}

fn row_of(table: &[f32], row: u32, dimensions: usize) -> &[f32] {
    let start = row as usize * dimensions;
    table.get(start..start + dimensions).unwrap_or_default()
}

fn add_scaled(sum: &mut [f32], values: &[f32], weight: f32) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += value * weight;
    }
}

/// The table that minimises |means × table − targets|² + pull × |table − start|²:
/// ridge regression, each of `dimensions` columns by conjugate gradients on the
/// normal equations (Hestenes and Stiefel 1952), all columns side by side.
pub(super) fn fit(
    means: &Means,
    targets: &[f32],
    start: Vec<f32>,
    dimensions: usize,
    options: DistillOptions,
) -> Vec<f32> {
    let mut table = start;
    let height = table.len() / dimensions;
    let reached = means.times(&table, dimensions);
    let missing: Vec<f32> = targets
        .iter()
        .zip(&reached)
        .map(|(target, reached)| target - reached)
        .collect();
    let mut residual = means.transposed_times(&missing, dimensions, height);
    let mut direction = residual.clone();
    let mut squares = column_products(&residual, &residual, dimensions);
    for _ in 0..options.steps {
        let forward = means.times(&direction, dimensions);
        let mut image = means.transposed_times(&forward, dimensions, height);
        add_scaled(&mut image, &direction, options.pull);
        let curvature = column_products(&direction, &image, dimensions);
        let steps = ratios(&squares, &curvature);
        add_by_column(&mut table, &direction, &steps);
        let back: Vec<f32> = steps.iter().map(|step| -step).collect();
        add_by_column(&mut residual, &image, &back);
        let next = column_products(&residual, &residual, dimensions);
        let turns = ratios(&next, &squares);
        for (direction, residual) in direction
            .chunks_exact_mut(dimensions)
            .zip(residual.chunks_exact(dimensions))
        {
            for ((direction, residual), turn) in direction.iter_mut().zip(residual).zip(&turns) {
                *direction = residual + turn * *direction;
            }
        }
        squares = next;
    }
    table
}

fn add_by_column(sums: &mut [f32], values: &[f32], weights: &[f32]) {
    let rows = sums
        .chunks_exact_mut(weights.len())
        .zip(values.chunks_exact(weights.len()));
    for (sums, values) in rows {
        for ((sum, value), weight) in sums.iter_mut().zip(values).zip(weights) {
            *sum += value * weight;
        }
    }
}

fn column_products(left: &[f32], right: &[f32], dimensions: usize) -> Vec<f64> {
    let mut products = vec![0.0; dimensions];
    let rows = left
        .chunks_exact(dimensions)
        .zip(right.chunks_exact(dimensions));
    for (left, right) in rows {
        for ((product, left), right) in products.iter_mut().zip(left).zip(right) {
            *product += f64::from(left * right);
        }
    }
    products
}

/// Where there is nothing left to divide, the column is done.
fn ratios(above: &[f64], below: &[f64]) -> Vec<f32> {
    above
        .iter()
        .zip(below)
        .map(|(above, below)| {
            #[expect(clippy::cast_possible_truncation, reason = "the table's precision")]
            let ratio = if *below > 1e-20 { above / below } else { 0.0 } as f32;
            ratio
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_rows_behind_their_means() {
        let hidden = [1.0, 0.0, 0.0, 2.0, -1.0, 1.0];
        let mut means = Means::default();
        for rows in [&[0][..], &[0, 1], &[1, 2], &[2, 2, 0]] {
            means.push(rows);
        }
        let targets = means.times(&hidden, 2);
        let options = DistillOptions {
            pull: 0.0,
            steps: 20,
            ..DistillOptions::default()
        };
        let found = fit(&means, &targets, vec![0.0; 6], 2, options);
        for (found, hidden) in found.iter().zip(hidden) {
            assert!((found - hidden).abs() < 1e-3, "{found} {hidden}");
        }
    }

    #[test]
    fn what_no_text_has_stays_where_it_began() {
        let mut means = Means::default();
        means.push(&[0]);
        means.push(&[]);
        let start = vec![0.5, 0.5, 0.25, 0.75];
        let options = DistillOptions::default();
        let found = fit(&means, &[1.0, 0.0, 1.0, 1.0], start, 2, options);
        assert!(
            (found[0] - 1.0).abs() < 0.01 && found[1].abs() < 0.01,
            "{found:?}"
        );
        assert_eq!(found[2..], [0.25, 0.75]);
    }
}
