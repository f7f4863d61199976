//! The nearest neighbours of every row: exact for a few thousand, by an inverted
//! file above that, so that time grows with n·√n.

use super::parallel::map_rows;
use crate::encoder::normalize;
use crate::lexical::matrix::{add_scaled, dot};

/// Rows of unit vectors, one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub(super) values: &'a [f32],
    pub(super) width: usize,
}

impl<'a> Matrix<'a> {
    pub(super) fn len(self) -> usize {
        self.values.len() / self.width.max(1)
    }

    pub(super) fn row(self, number: usize) -> &'a [f32] {
        &self.values[number * self.width..(number + 1) * self.width]
    }
}

/// Up to this many rows all pairs are compared.
const MOST_EXACT: usize = 4_000;

/// Lists that are looked into for a row.
const PROBES: usize = 12;

/// The `most` nearest of each row by dot product with what it is, nearest
/// first; only those that are alike at all.
pub(super) fn nearest(rows: Matrix<'_>, most: usize) -> Vec<Vec<(u32, f32)>> {
    if rows.len() <= MOST_EXACT {
        let all: Vec<u32> = (0..).take(rows.len()).collect();
        return map_rows(rows.len(), |row| {
            let mut best = Best::new(most);
            best.offer_all(rows, row, &all);
            best.found
        });
    }
    let file = InvertedFile::of(rows);
    map_rows(rows.len(), |row| {
        let mut best = Best::new(most);
        for list in file.nearest_lists(rows.row(row), PROBES) {
            best.offer_all(rows, row, &file.lists[list]);
        }
        best.found
    })
}

/// The best so far, nearest first; of equals the earlier row.
struct Best {
    most: usize,
    found: Vec<(u32, f32)>,
}

impl Best {
    fn new(most: usize) -> Self {
        Self {
            most,
            found: Vec::with_capacity(most + 1),
        }
    }

    fn offer_all(&mut self, rows: Matrix<'_>, row: usize, others: &[u32]) {
        let own = rows.row(row);
        for &other in others {
            if other as usize != row {
                self.offer(other, dot(own, rows.row(other as usize)));
            }
        }
    }

    fn offer(&mut self, row: u32, similarity: f32) {
        let is_full = self.found.len() == self.most;
        if similarity <= 0.0 || is_full && self.found.last().is_none_or(|last| similarity < last.1)
        {
            return;
        }
        let before =
            |held: &(u32, f32)| held.1 > similarity || held.1 == similarity && held.0 < row;
        let place = self.found.partition_point(before);
        self.found.insert(place, (row, similarity));
        self.found.truncate(self.most);
    }
}

/// Rows by the nearest of √n centres (Sivic & Zisserman, "Video Google", 2003;
/// Jégou et al., "Product quantization for nearest neighbor search", 2011, IVF).
#[derive(Debug, Clone)]
pub(super) struct InvertedFile {
    pub(super) width: usize,
    pub(super) centres: Vec<f32>,
    pub(super) lists: Vec<Vec<u32>>,
}

/// Rows that each centre is learned from.
const ROWS_A_CENTRE: usize = 48;

const ROUNDS: usize = 5;

impl InvertedFile {
    pub(super) fn of(rows: Matrix<'_>) -> Self {
        let count = rows.len().isqrt().max(1);
        let stride = (rows.len() / (count * ROWS_A_CENTRE)).max(1);
        let sample: Vec<usize> = (0..rows.len()).step_by(stride).collect();
        let mut file = Self {
            width: rows.width,
            centres: Vec::with_capacity(count * rows.width),
            lists: Vec::new(),
        };
        for centre in 0..count {
            let row = sample[centre * sample.len() / count];
            file.centres.extend(rows.row(row));
        }
        for _ in 0..ROUNDS {
            file.move_centres(rows, &sample);
        }
        file.lists = vec![Vec::new(); count];
        let places = map_rows(rows.len(), |row| file.nearest_list(rows.row(row)));
        for (row, list) in (0..).zip(places) {
            file.lists[list].push(row);
        }
        file
    }

    fn centre(&self, list: usize) -> &[f32] {
        &self.centres[list * self.width..(list + 1) * self.width]
    }

    /// One round of k-means on the sphere; a centre without rows stays.
    fn move_centres(&mut self, rows: Matrix<'_>, sample: &[usize]) {
        let places = map_rows(sample.len(), |at| self.nearest_list(rows.row(sample[at])));
        let mut sums = vec![0.0; self.centres.len()];
        for (row, list) in sample.iter().zip(places) {
            let at = list * self.width;
            add_scaled(&mut sums[at..at + self.width], 1.0, rows.row(*row));
        }
        let width = self.width.max(1);
        for (centre, sum) in self
            .centres
            .chunks_exact_mut(width)
            .zip(sums.chunks_exact_mut(width))
        {
            normalize(sum);
            if sum.iter().any(|value| *value != 0.0) {
                centre.copy_from_slice(sum);
            }
        }
    }

    fn count(&self) -> usize {
        self.centres.len() / self.width.max(1)
    }

    pub(super) fn nearest_list(&self, row: &[f32]) -> usize {
        let similarities = (0..self.count()).map(|list| dot(row, self.centre(list)));
        // Of equals the first: fold keeps what it has.
        similarities
            .enumerate()
            .fold((0, f32::NEG_INFINITY), |best, (list, similarity)| {
                if similarity > best.1 {
                    (list, similarity)
                } else {
                    best
                }
            })
            .0
    }

    pub(super) fn nearest_lists(&self, row: &[f32], most: usize) -> Vec<usize> {
        let mut all: Vec<(usize, f32)> = (0..self.count())
            .map(|list| (list, dot(row, self.centre(list))))
            .collect();
        let most = most.min(all.len());
        if most < all.len() {
            all.select_nth_unstable_by(most, |left, right| {
                right.1.total_cmp(&left.1).then(left.0.cmp(&right.0))
            });
        }
        all.truncate(most);
        all.into_iter().map(|(list, _)| list).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::random::Random;

    fn random_rows(count: usize, width: usize) -> Vec<f32> {
        let mut random = Random::new(3);
        let mut values: Vec<f32> = Vec::new();
        for _ in 0..count {
            // Rows around twenty centres, as questions are.
            let mut centre = Random::new(u64::try_from(random.below(20)).unwrap_or(0));
            let mut row: Vec<f32> = (0..width)
                .map(|_| centre.unit() - 0.5 + 0.6 * (random.unit() - 0.5))
                .collect();
            normalize(&mut row);
            values.extend(row);
        }
        values
    }

    #[test]
    fn the_nearest_come_in_order_and_never_the_row_itself() {
        let values = [1.0, 0.0, 0.8, 0.6, 0.6, 0.8, -1.0, 0.0];
        let found = nearest(
            Matrix {
                values: &values,
                width: 2,
            },
            2,
        );
        let rows: Vec<Vec<u32>> = found
            .iter()
            .map(|near| near.iter().map(|(row, _)| *row).collect())
            .collect();
        assert_eq!(rows, [vec![1, 2], vec![2, 0], vec![1, 0], vec![]]);
    }

    #[test]
    fn the_inverted_file_finds_nearly_all_of_the_exact_ones() {
        let values = random_rows(MOST_EXACT + 1_000, 16);
        let rows = Matrix {
            values: &values,
            width: 16,
        };
        let found = nearest(rows, 10);
        let all: Vec<u32> = (0..).take(rows.len()).collect();
        let mut hits = 0;
        for row in (0..rows.len()).step_by(50) {
            let mut best = Best::new(10);
            best.offer_all(rows, row, &all);
            hits += best
                .found
                .iter()
                .filter(|near| found[row].contains(near))
                .count();
        }
        assert!(hits >= 900, "{hits} of 1,000");
    }
}
