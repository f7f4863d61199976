//! The few dense products that training needs, over rows of equal length.

use std::ops::Range;

/// Rows `range` of a matrix with rows of `width`.
pub(crate) fn rows(values: &[f32], width: usize, range: Range<u32>) -> &[f32] {
    let at = |row: u32| {
        usize::try_from(row)
            .unwrap_or(usize::MAX)
            .saturating_mul(width)
    };
    values.get(at(range.start)..at(range.end)).unwrap_or(&[])
}

/// The dot product of two vectors of one length. Sixteen sums side by side, so
/// that the compiler can keep them in vector registers; always in the same
/// order, so that results do not depend on the machine.
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 16];
    let left_chunks = left.chunks_exact(16);
    let right_chunks = right.chunks_exact(16);
    let rest: f32 = left_chunks
        .remainder()
        .iter()
        .zip(right_chunks.remainder())
        .map(|(left, right)| left * right)
        .sum();
    for (left, right) in left_chunks.zip(right_chunks) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += left * right;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Adds `factor · from` to `into`.
pub(crate) fn add_scaled(into: &mut [f32], factor: f32, from: &[f32]) {
    for (into, from) in into.iter_mut().zip(from) {
        *into += factor * from;
    }
}

/// Calls `work` with the number of each row of `rows` and the row, on two
/// threads. Rows do not depend on each other, so the result is that of one.
pub(crate) fn each_row<W>(rows: &mut [f32], width: usize, work: W)
where
    W: Fn(usize, &mut [f32]) + Sync,
{
    let width = width.max(1);
    let count = rows.len() / width;
    let middle = count / 2;
    let (first, second) = rows.split_at_mut(middle * width);
    let run = |range: Range<usize>, rows: &mut [f32]| {
        for (number, row) in range.zip(rows.chunks_exact_mut(width)) {
            work(number, row);
        }
    };
    // A thread costs some 20 µs: not worth it for a few rows.
    if count < 64 {
        run(0..middle, first);
        run(middle..count, second);
    } else {
        std::thread::scope(|scope| {
            scope.spawn(|| run(0..middle, first));
            run(middle..count, second);
        });
    }
}

/// Turns logits into probabilities.
pub(crate) fn softmax(values: &mut [f32]) {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for value in values.iter_mut() {
        *value = (*value - most).exp();
        sum += *value;
    }
    for value in values {
        *value /= sum;
    }
}
