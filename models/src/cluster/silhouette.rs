//! Where to cut: the simplified silhouette of every step of a linkage.

use super::linkage::{Merge, Parts};
use super::neighbours::Matrix;
use super::parallel::map_rows;
use crate::lexical::matrix::dot;

/// A step of the linkage at which it may be cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// Merges done by then.
    pub(super) merges: usize,
    /// The mean silhouette, −1 to 1.
    pub(super) silhouette: f64,
}

/// Rows on which silhouettes are measured, evenly spread.
const MOST_SAMPLED: usize = 4_000;

/// Between two steps that are looked at, one part in so many goes.
const SHARE_A_STEP: usize = 32;

/// The step with the highest mean silhouette (Rousseeuw, 1987), where the
/// distance to a group is one minus the mean dot product with its members. A row
/// that is alone counts 0. `groups` are the rows' parts.
pub(super) fn best_step(rows: Matrix<'_>, parts: &Parts, groups: &[u32], merges: &[Merge]) -> Step {
    let stride = rows.len().div_ceil(MOST_SAMPLED).max(1);
    let sample: Vec<usize> = (0..rows.len()).step_by(stride).collect();
    let mut sampled = Sample::of(rows, parts, groups, &sample);
    let mut best = Step {
        merges: 0,
        silhouette: sampled.silhouette(),
    };
    let mut next = 1;
    for (done, merge) in (1..).zip(merges) {
        sampled.merge(*merge);
        if done < next {
            continue;
        }
        next = done + (parts.len() - done) / SHARE_A_STEP + 1;
        let silhouette = sampled.silhouette();
        if silhouette > best.silhouette {
            best = Step {
                merges: done,
                silhouette,
            };
        }
    }
    best
}

/// For each sampled row its dot products with the sums of all groups.
struct Sample {
    products: Vec<Vec<f32>>,
    own: Vec<usize>,
    sizes: Vec<f32>,
    alive: Vec<usize>,
    /// Merges since `products` were brought up to date.
    waiting: Vec<Merge>,
}

impl Sample {
    fn of(rows: Matrix<'_>, parts: &Parts, groups: &[u32], sample: &[usize]) -> Self {
        let width = rows.width.max(1);
        Self {
            products: map_rows(sample.len(), |at| {
                let row = rows.row(sample[at]);
                parts
                    .sums
                    .chunks_exact(width)
                    .map(|sum| dot(row, sum))
                    .collect()
            }),
            own: sample.iter().map(|row| groups[*row] as usize).collect(),
            sizes: parts.sizes.clone(),
            alive: (0..parts.len()).collect(),
            waiting: Vec::new(),
        }
    }

    fn merge(&mut self, merge: Merge) {
        self.waiting.push(merge);
    }

    fn silhouette(&mut self) -> f64 {
        let waiting = std::mem::take(&mut self.waiting);
        for merge in &waiting {
            self.sizes[merge.into] += self.sizes[merge.from];
            self.sizes[merge.from] = 0.0;
        }
        let sizes = &self.sizes;
        self.alive.retain(|group| sizes[*group] > 0.0);
        let mut sum = 0.0;
        for (products, own) in self.products.iter_mut().zip(&mut self.own) {
            for merge in &waiting {
                products[merge.into] += products[merge.from];
                if *own == merge.from {
                    *own = merge.into;
                }
            }
            sum += silhouette(products, *own, sizes, &self.alive);
        }
        #[expect(clippy::cast_precision_loss, reason = "a mean needs no exact count")]
        let count = self.own.len().max(1) as f64;
        sum / count
    }
}

fn silhouette(products: &[f32], own: usize, sizes: &[f32], alive: &[usize]) -> f64 {
    if sizes[own] < 2.0 {
        return 0.0;
    }
    // The row itself, whose product is 1, is no other member.
    let inside = 1.0 - (products[own] - 1.0) / (sizes[own] - 1.0);
    let nearest = alive
        .iter()
        .filter(|group| **group != own)
        .map(|group| 1.0 - products[*group] / sizes[*group])
        .fold(f32::INFINITY, f32::min);
    let most = inside.max(nearest);
    if most > 0.0 && nearest.is_finite() {
        f64::from((nearest - inside) / most)
    } else {
        0.0
    }
}
