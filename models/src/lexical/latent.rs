//! Latent semantic analysis: a static encoder whose vectors say which features
//! occur in the same texts (Deerwester et al., "Indexing by Latent Semantic
//! Analysis", 1990). Learned from texts alone, without pairs.

use std::collections::HashMap;

use super::features::{self, Feature};
use super::matrix::{add_scaled, dot, each_row};
use super::model::document_weight;
use super::random::Random;
use super::{StaticEncoder, table_of};
use crate::text::Normalized;

/// How the latent directions are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatentOptions {
    /// The length of the vectors; fewer where there are fewer texts.
    pub dimensions: usize,
    /// Of more texts than this, as many are looked at, evenly spread.
    pub most_texts: usize,
    /// Of more features than this, the most frequent are kept.
    pub most_features: usize,
}

impl Default for LatentOptions {
    fn default() -> Self {
        Self {
            dimensions: 200,
            most_texts: 20_000,
            most_features: 40_000,
        }
    }
}

/// A feature of a single text says nothing of what goes together.
const LEAST_TEXTS: u32 = 2;

/// Rounds of subspace iteration; more change no cluster.
const ROUNDS: usize = 5;

const SEED: u64 = 1;

impl StaticEncoder {
    /// The encoder that projects the TF-IDF of a text onto the directions along
    /// which those of `texts` differ most: the right singular subspace of their
    /// matrix, by randomised subspace iteration (Halko, Martinsson & Tropp,
    /// "Finding structure with randomness", 2011, algorithm 4.4). A feature that is
    /// none of theirs has a direction of its own, as if one text had it.
    pub fn latent(texts: &[Normalized], options: &LatentOptions) -> Self {
        let stride = texts.len().div_ceil(options.most_texts.max(1)).max(1);
        let mut found = Vec::new();
        let counted: Vec<Vec<Feature>> = texts
            .iter()
            .step_by(stride)
            .map(|text| {
                features::collect(text, &mut found);
                found.clone()
            })
            .collect();
        let vocabulary = Vocabulary::of(&counted, options.most_features);
        let rows = vocabulary.rows(&counted);
        let width = options
            .dimensions
            .min(counted.len())
            .min(vocabulary.keys.len());
        let columns = rows.transposed(vocabulary.keys.len());
        let mut basis = random_matrix(vocabulary.keys.len(), width);
        orthonormalize(&mut basis, width);
        for _ in 0..ROUNDS {
            let projected = rows.times(&basis, width);
            basis = columns.times(&projected, width);
            orthonormalize(&mut basis, width);
        }
        for (row, weight) in basis
            .chunks_exact_mut(width.max(1))
            .zip(&vocabulary.weights)
        {
            for value in row {
                *value *= weight;
            }
        }
        let mut table = table_of(width, vocabulary.keys, &basis);
        table.unknown = document_weight(counted.len(), 1);
        Self::of_table("latent", table)
    }
}

struct Vocabulary {
    keys: Vec<u64>,
    weights: Vec<f32>,
    places: HashMap<u64, u32>,
}

impl Vocabulary {
    fn of(texts: &[Vec<Feature>], most: usize) -> Self {
        let mut counts: HashMap<u64, (u32, Feature)> = HashMap::new();
        for feature in texts.iter().flatten() {
            counts.entry(feature.key).or_insert((0, *feature)).0 += 1;
        }
        let mut kept: Vec<(u32, Feature)> = counts
            .into_values()
            .filter(|(count, _)| *count >= LEAST_TEXTS)
            .collect();
        kept.sort_unstable_by_key(|(count, feature)| (std::cmp::Reverse(*count), feature.key));
        kept.truncate(most);
        Self {
            keys: kept.iter().map(|(_, feature)| feature.key).collect(),
            weights: kept
                .iter()
                .map(|(count, feature)| {
                    document_weight(texts.len(), *count) * feature.kind.weight()
                })
                .collect(),
            places: kept
                .iter()
                .map(|(_, feature)| feature.key)
                .zip(0..)
                .collect(),
        }
    }

    /// The TF-IDF of each text, of length 1.
    fn rows(&self, texts: &[Vec<Feature>]) -> Sparse {
        let mut rows = Sparse::with_capacity(texts.len());
        for text in texts {
            let start = rows.entries.len();
            for feature in text {
                if let Some(&place) = self.places.get(&feature.key) {
                    let weight = self.weights[place as usize];
                    rows.entries.push((place, weight));
                }
            }
            let own = &mut rows.entries[start..];
            let length = own.iter().map(|(_, value)| value * value).sum::<f32>();
            for (_, value) in own {
                *value /= length.sqrt();
            }
            rows.ends.push(rows.entries.len());
        }
        rows
    }
}

/// Rows of (column, value).
struct Sparse {
    ends: Vec<usize>,
    entries: Vec<(u32, f32)>,
}

impl Sparse {
    fn with_capacity(rows: usize) -> Self {
        Self {
            ends: Vec::with_capacity(rows),
            entries: Vec::new(),
        }
    }

    fn row(&self, number: usize) -> &[(u32, f32)] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.entries[start..self.ends[number]]
    }

    fn transposed(&self, columns: usize) -> Self {
        let mut ends = vec![0; columns];
        for (column, _) in &self.entries {
            ends[*column as usize] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            let count = *end;
            // The start for now: filling moves it to the end.
            *end = sum;
            sum += count;
        }
        let mut entries = vec![(0, 0.0); self.entries.len()];
        for (number, row) in (0..).zip(0..self.ends.len()) {
            for (column, value) in self.row(row) {
                let end = &mut ends[*column as usize];
                entries[*end] = (number, *value);
                *end += 1;
            }
        }
        Self { ends, entries }
    }

    /// The product with a dense matrix of rows of `width`.
    fn times(&self, dense: &[f32], width: usize) -> Vec<f32> {
        let mut product = vec![0.0; self.ends.len() * width];
        each_row(&mut product, width, |number, into| {
            for (column, value) in self.row(number) {
                let at = *column as usize * width;
                add_scaled(into, *value, &dense[at..at + width]);
            }
        });
        product
    }
}

fn random_matrix(rows: usize, width: usize) -> Vec<f32> {
    let mut random = Random::new(SEED);
    (0..rows * width).map(|_| random.unit() - 0.5).collect()
}

/// Makes the columns of `matrix` orthonormal by Cholesky's factor of their
/// products; one that depends on those before it becomes zeros.
fn orthonormalize(matrix: &mut [f32], width: usize) {
    if width == 0 {
        return;
    }
    let factor = cholesky(&column_products(matrix, width), width);
    each_row(matrix, width, |_, row| {
        // Solves row = solved · factorᵀ from the left.
        for place in 0..width {
            let (before, rest) = row.split_at_mut(place);
            let known = dot(before, &factor[place * width..place * width + place]);
            let pivot = factor[place * width + place];
            rest[0] = if pivot > 0.0 {
                (rest[0] - known) / pivot
            } else {
                0.0
            };
        }
    });
}

/// All products of two columns.
fn column_products(matrix: &[f32], width: usize) -> Vec<f32> {
    let height = matrix.len() / width;
    let mut columns = vec![0.0; matrix.len()];
    for (number, row) in matrix.chunks_exact(width).enumerate() {
        for (column, value) in row.iter().enumerate() {
            columns[column * height + number] = *value;
        }
    }
    let mut products = vec![0.0; width * width];
    each_row(&mut products, width, |left, into| {
        let own = &columns[left * height..(left + 1) * height];
        for (right, product) in into.iter_mut().enumerate().take(left + 1) {
            *product = dot(own, &columns[right * height..(right + 1) * height]);
        }
    });
    products
}

/// The lower triangular factor of a symmetric matrix of which the lower half is
/// given; a row without anything of its own is zeros.
fn cholesky(matrix: &[f32], width: usize) -> Vec<f32> {
    let mut factor = vec![0.0_f32; width * width];
    for row in 0..width {
        let (done, rest) = factor.split_at_mut(row * width);
        let own = &mut rest[..width];
        for column in 0..row {
            let other = &done[column * width..(column + 1) * width];
            if other[column] > 0.0 {
                let known = dot(&own[..column], &other[..column]);
                own[column] = (matrix[row * width + column] - known) / other[column];
            }
        }
        let whole = matrix[row * width + row];
        let left = whole - dot(&own[..row], &own[..row]);
        // Below this, rounding has made what is left.
        if left > whole * 1e-5 {
            own[row] = left.sqrt();
        } else {
            own.fill(0.0);
        }
    }
    factor
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Vec<Normalized> {
        let texts = [
            "多久发货",
            "多久能发货",
            "什么时候发货",
            "什么时候寄出",
            "多久寄出",
            "怎么退款",
            "退款怎么办理",
            "怎么办理退款",
        ];
        texts.map(Normalized::new).to_vec()
    }

    #[test]
    fn texts_that_share_contexts_come_close() {
        let options = LatentOptions {
            dimensions: 2,
            ..LatentOptions::default()
        };
        let encoder = StaticEncoder::latent(&texts(), &options);
        let vector = |text| encoder.encode_one(&Normalized::new(text));
        let alike = |left, right| dot(&vector(left), &vector(right));
        assert!(alike("发货", "寄出") > alike("发货", "退款") + 0.3);
        let unknown = encoder.encode_known(&Normalized::new("zzz"));
        assert!(unknown.iter().all(|value| *value == 0.0));
        // A word never heard takes away from the likeness.
        let (alone, with_unknown) = (alike("发货", "发货"), alike("发货", "刻字发货"));
        assert!(with_unknown < alone - 0.001, "{with_unknown} of {alone}");
    }

    #[test]
    fn more_dimensions_than_texts_and_no_texts_at_all() {
        let encoder = StaticEncoder::latent(&texts(), &LatentOptions::default());
        let same = encoder.encode_one(&Normalized::new("怎么退款"));
        assert!((dot(&same, &same) - 1.0).abs() < 1e-3);
        let none = StaticEncoder::latent(&[], &LatentOptions::default());
        assert!(none.encode_one(&Normalized::new("怎么退款")).is_empty());
    }

    #[test]
    fn columns_become_orthonormal() {
        let mut matrix = vec![1.0, 2.0, 1.0, 0.0, 3.0, 1.0, 2.0, 2.0, 5.0, 1.0, 1.0, 1.0];
        orthonormalize(&mut matrix, 3);
        let products = column_products(&matrix, 3);
        for row in 0..3 {
            for column in 0..=row {
                let expected = if row == column { 1.0 } else { 0.0 };
                let found = products[row * 3 + column];
                assert!((found - expected).abs() < 1e-4, "{row} {column}: {found}");
            }
        }
    }
}
