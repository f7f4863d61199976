//! Few questions: average linkage of single ones, as far as each two groups more
//! probably ask the same than not.

use std::collections::HashMap;

use super::linkage::{Parts, merges_of};
use super::neighbours::Matrix;
use super::{Answer, Cut, Questions, after, finite};

/// What having been in one cluster adds to the logarithm of the odds: clusters
/// stay from week to week unless something speaks against it.
const STAYED: f32 = 0.5;

/// The group of each row. A dot product of `alike` is even odds.
pub(super) fn by_pairs(questions: &Questions<'_>, alike: f32) -> (Vec<u32>, Cut) {
    let vectors = finite(questions.vectors);
    let rows = Matrix {
        values: &vectors,
        width: questions.dimensions,
    };
    let (own, count) = pinned_together(rows.len(), questions.pins);
    let mut parts = Parts::of(rows, &own, count);
    let mut stood: Vec<Option<u64>> = vec![None; count];
    let mut answers: Vec<Option<Answer>> = vec![None; count];
    for (row, part) in own.iter().enumerate() {
        let part = *part as usize;
        parts.pins[part] = questions.pins.get(row).copied().flatten();
        stood[part] = questions.previous.get(row).copied().flatten();
        if parts.pins[part].is_none() {
            answers[part] = questions.answers.get(row).copied().flatten();
        }
    }
    let mut similarities = parts.similarities();
    for (left, row) in similarities.iter_mut().enumerate() {
        for (right, similarity) in row.iter_mut().enumerate() {
            if stood[left].is_some() && stood[left] == stood[right] {
                *similarity += STAYED;
            }
            if let (Some((one, sure)), Some((other, as_sure))) = (answers[left], answers[right])
                && one != other
            {
                *similarity -= sure * as_sure;
            }
        }
    }
    let merges = merges_of(similarities, parts.sizes);
    let done = merges.partition_point(|merge| merge.similarity >= alike);
    let done = &merges[..done];
    let groups = after(done, count);
    let cut = Cut {
        communities: count,
        similarity: done.last().map_or(1.0, |merge| merge.similarity),
        silhouette: 0.0,
    };
    (own.iter().map(|part| groups[*part as usize]).collect(), cut)
}

/// One part a row, or a pin.
fn pinned_together(rows: usize, pins: &[Option<u64>]) -> (Vec<u32>, usize) {
    let mut by_pin: HashMap<u64, u32> = HashMap::new();
    let mut count = 0;
    let mut fresh = || {
        count += 1;
        count - 1
    };
    let parts = (0..rows)
        .map(|row| match pins.get(row).copied().flatten() {
            Some(pin) => *by_pin.entry(pin).or_insert_with(&mut fresh),
            None => fresh(),
        })
        .collect();
    (parts, count as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTORS: [f32; 8] = [2.0, 0.0, 1.9, 0.3, 0.5, 1.2, 0.0, 2.0];

    fn check(previous: &[Option<u64>], pins: &[Option<u64>], expected: [u32; 4]) {
        let questions = Questions {
            dimensions: 2,
            vectors: &VECTORS,
            previous,
            pins,
            ..Questions::default()
        };
        let (groups, _) = by_pairs(&questions, 2.6);
        let (groups, _) = super::super::communities::renumbered(&groups);
        assert_eq!(groups, expected, "{previous:?} {pins:?}");
    }

    #[test]
    fn only_what_is_alike_comes_together() {
        check(&[], &[], [0, 0, 1, 2]);
    }

    #[test]
    fn what_different_items_answer_stays_apart() {
        let group = |first: (u64, f32), second: (u64, f32)| {
            let answers = [Some(first), Some(second), None, None];
            let questions = Questions {
                dimensions: 2,
                vectors: &VECTORS,
                answers: &answers,
                ..Questions::default()
            };
            by_pairs(&questions, 2.6).0[1]
        };
        // 3.8 are alike; different items take 1.44, a doubtful one half of that.
        assert_eq!(group((1, 1.2), (1, 1.2)), 0);
        assert_ne!(group((1, 1.2), (2, 1.2)), 0);
        assert_eq!(group((1, 1.2), (2, 0.6)), 0);
    }

    #[test]
    fn what_was_together_needs_less_and_what_people_said_holds() {
        let stood = [None, None, Some(7), Some(7)];
        check(&stood, &[], [0, 0, 1, 1]);
        check(&stood, &[None, None, Some(7), Some(8)], [0, 0, 1, 2]);
        check(&[], &[Some(1), None, None, Some(1)], [0, 1, 2, 0]);
    }
}
