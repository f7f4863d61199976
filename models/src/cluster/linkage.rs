//! Average linkage of fine communities, cut where the silhouette is highest.

use super::neighbours::{Matrix, dot};
use super::parallel::map_rows;
use crate::lexical::matrix::add_scaled;

/// Fine communities: sums of their vectors, how many, and whom people pinned there.
pub(super) struct Parts {
    pub(super) width: usize,
    pub(super) sums: Vec<f32>,
    pub(super) sizes: Vec<f32>,
    pub(super) pins: Vec<Option<u64>>,
}

/// Two parts become one, the first of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Merge {
    pub(super) into: usize,
    pub(super) from: usize,
    pub(super) similarity: f32,
}

/// How alike parts are that people keep apart.
const NEVER: f32 = f32::NEG_INFINITY;

impl Parts {
    /// `groups` are numbered without gaps below `count`.
    pub(super) fn of(rows: Matrix<'_>, groups: &[u32], count: usize) -> Self {
        let mut parts = Self {
            width: rows.width,
            sums: vec![0.0; count * rows.width],
            sizes: vec![0.0; count],
            pins: vec![None; count],
        };
        for (row, group) in groups.iter().enumerate() {
            let at = *group as usize * rows.width;
            add_scaled(&mut parts.sums[at..at + rows.width], 1.0, rows.row(row));
            parts.sizes[*group as usize] += 1.0;
        }
        parts
    }

    fn sum(&self, part: usize) -> &[f32] {
        &self.sums[part * self.width..(part + 1) * self.width]
    }

    pub(super) fn len(&self) -> usize {
        self.sizes.len()
    }

    /// The mean dot product of a member of one with a member of the other.
    pub(super) fn similarities(&self) -> Vec<Vec<f32>> {
        let apart = |left: usize, right: usize| {
            self.pins[left].is_some()
                && self.pins[right].is_some()
                && self.pins[left] != self.pins[right]
        };
        map_rows(self.len(), |left| {
            let own = self.sum(left);
            (0..self.len())
                .map(|right| {
                    if left == right || apart(left, right) {
                        NEVER
                    } else {
                        dot(own, self.sum(right)) / (self.sizes[left] * self.sizes[right])
                    }
                })
                .collect()
        })
    }
}

/// All merges of average linkage (UPGMA: Sokal & Michener, 1958), the most alike
/// first, by the nearest-neighbour chain (Murtagh, 1983). Parts that people keep
/// apart are never merged, nor those that have nothing in common.
pub(super) fn merges(parts: &Parts) -> Vec<Merge> {
    merges_of(parts.similarities(), parts.sizes.clone())
}

/// The same by how alike each two parts are, and by their sizes.
pub(super) fn merges_of(mut similarities: Vec<Vec<f32>>, mut sizes: Vec<f32>) -> Vec<Merge> {
    let count = sizes.len();
    let mut alive: Vec<bool> = vec![true; count];
    // A merge is never above those that it builds on, whatever rounding says.
    let mut highest: Vec<f32> = vec![f32::INFINITY; count];
    let mut found = Vec::with_capacity(count);
    for start in 0..count {
        let mut chain: Vec<usize> = Vec::new();
        // Until it is part of an earlier one, or has nothing in common with any.
        while alive[start] {
            let last = *chain.last().unwrap_or(&start);
            if chain.is_empty() {
                chain.push(last);
            }
            let before = chain.len().checked_sub(2).map(|place| chain[place]);
            let Some((next, similarity)) = closest(&similarities[last], &alive, before) else {
                alive[last] = false;
                chain.pop();
                continue;
            };
            if Some(next) != before {
                chain.push(next);
                continue;
            }
            chain.truncate(chain.len() - 2);
            let (into, from) = (last.min(next), last.max(next));
            let similarity = similarity.min(highest[into]).min(highest[from]);
            highest[into] = similarity;
            found.push(Merge {
                into,
                from,
                similarity,
            });
            join(&mut similarities, &sizes, (into, from));
            sizes[into] += sizes[from];
            alive[from] = false;
        }
    }
    found.sort_by(|left, right| right.similarity.total_cmp(&left.similarity));
    found
}

/// The closest that is still there; of equals the one before in the chain.
fn closest(row: &[f32], alive: &[bool], before: Option<usize>) -> Option<(usize, f32)> {
    let mut best = before.map(|place| (place, row[place]));
    for (place, &similarity) in row.iter().enumerate() {
        if alive[place] && similarity > best.map_or(0.0, |(_, best)| best) {
            best = Some((place, similarity));
        }
    }
    best
}

fn join(similarities: &mut [Vec<f32>], sizes: &[f32], (into, from): (usize, usize)) {
    let gone = std::mem::take(&mut similarities[from]);
    let whole = sizes[into] + sizes[from];
    for (other, &theirs) in gone.iter().enumerate() {
        if other == into || other == from || similarities[other].is_empty() {
            continue;
        }
        let ours = similarities[into][other];
        let joint = if ours == NEVER || theirs == NEVER {
            NEVER
        } else {
            (ours * sizes[into] + theirs * sizes[from]) / whole
        };
        similarities[into][other] = joint;
        similarities[other][into] = joint;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(pins: Vec<Option<u64>>) -> Parts {
        let angles = [0.0_f32, 0.2, 1.0, 1.1];
        Parts {
            width: 2,
            sums: angles
                .iter()
                .flat_map(|angle| [angle.cos(), angle.sin()])
                .collect(),
            sizes: vec![1.0; 4],
            pins,
        }
    }

    #[test]
    fn the_most_alike_come_first() {
        let found = merges(&parts(vec![None; 4]));
        let pairs: Vec<(usize, usize)> =
            found.iter().map(|merge| (merge.into, merge.from)).collect();
        assert_eq!(pairs, [(2, 3), (0, 1), (0, 2)]);
        // The mean of cos 1, cos 1.1, cos 0.8 and cos 0.9.
        assert!((found[2].similarity - 0.5781).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn what_people_keep_apart_is_never_merged() {
        let found = merges(&parts(vec![Some(1), None, Some(2), None]));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|merge| (merge.into, merge.from) != (0, 2)));
    }
}
