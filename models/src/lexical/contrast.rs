//! Contrastive training: of all texts of a batch, a text's partner shall be
//! the closest (InfoNCE, van den Oord et al., 2018, in both directions).

use super::lessons::{Lessons, Prepared};
use super::matrix::{add_scaled, dot, each_row, rows, softmax};
use super::model::Model;
use super::random::{Random, add_signs};

/// How to train.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Schedule {
    pub(crate) epochs: usize,
    /// Pairs a step.
    pub(crate) batch: usize,
    /// Adagrad's first step, falling to nothing in a straight line.
    pub(crate) rate: f32,
    /// The factor before the softmax: one over the temperature.
    pub(crate) sharpness: f32,
    /// Where Adagrad's sums of squares begin: holds rare features back.
    pub(crate) damping: f32,
    /// The share of a text's features left out each time it is seen.
    pub(crate) dropout: f32,
    /// Labelled negatives that each pair brings into its batch.
    pub(crate) negatives: usize,
    pub(crate) seed: u64,
}

/// Changes the rows of `model` so that texts of one meaning come close.
pub(crate) fn train(model: &mut Model, lessons: &Lessons, schedule: &Schedule) {
    let prepared = lessons.prepared(model);
    let mut random = Random::new(schedule.seed);
    let mut order = lessons.same.clone();
    let mut squares = vec![schedule.damping; model.keys.len()];
    let batch = schedule.batch.max(2);
    let steps = schedule.epochs * order.len().div_ceil(batch);
    let mut step = 0_usize;
    for _ in 0..schedule.epochs {
        random.shuffle(&mut order);
        for pairs in order.chunks(batch) {
            #[expect(clippy::cast_precision_loss, reason = "steps are far below 2^24")]
            let left = 1.0 - step as f32 / steps as f32;
            Batch::draw(pairs, lessons, &prepared, schedule, &mut random).learn(
                model,
                &mut squares,
                schedule.sharpness,
                schedule.rate * left,
            );
            step += 1;
        }
    }
}

/// The texts of one step: the left sides of its pairs, then their right sides, then negatives.
struct Batch<'a> {
    pairs: usize,
    groups: Vec<u32>,
    rows: Vec<Vec<u32>>,
    unknown: Vec<&'a [(u64, f32)]>,
}

impl<'a> Batch<'a> {
    fn draw(
        pairs: &[(usize, usize)],
        lessons: &'a Lessons,
        prepared: &'a [Prepared],
        schedule: &Schedule,
        random: &mut Random,
    ) -> Self {
        let mut texts: Vec<usize> = pairs.iter().map(|pair| pair.0).collect();
        texts.extend(pairs.iter().map(|pair| pair.1));
        for _ in 0..schedule.negatives {
            for (left, right) in pairs {
                let known = if lessons.different[*left].is_empty() {
                    &lessons.different[*right]
                } else {
                    &lessons.different[*left]
                };
                if !known.is_empty() {
                    texts.push(known[random.below(known.len())]);
                }
            }
        }
        let mut some_of = |rows: &[u32]| -> Vec<u32> {
            let kept = rows.iter().copied();
            let kept: Vec<u32> = kept.filter(|_| random.unit() >= schedule.dropout).collect();
            if kept.is_empty() { rows.to_vec() } else { kept }
        };
        Self {
            pairs: pairs.len(),
            groups: texts.iter().map(|text| lessons.groups[*text]).collect(),
            rows: texts
                .iter()
                .map(|text| some_of(&prepared[*text].rows))
                .collect(),
            unknown: texts
                .iter()
                .map(|text| prepared[*text].unknown.as_slice())
                .collect(),
        }
    }

    fn learn(&self, model: &mut Model, squares: &mut [f32], sharpness: f32, rate: f32) {
        let width = model.dimensions;
        let mut vectors = vec![0.0; self.rows.len() * width];
        each_row(&mut vectors, width, |text, into| {
            for row in &self.rows[text] {
                add_scaled(into, 1.0, model.row(*row));
            }
            for (key, weight) in self.unknown[text] {
                add_signs(*key, *weight, into);
            }
        });
        let mut lengths = Vec::with_capacity(self.rows.len());
        for vector in vectors.chunks_exact_mut(width.max(1)) {
            let length = dot(vector, vector).sqrt().max(1e-6);
            lengths.push(length);
            for value in vector {
                *value /= length;
            }
        }
        let (left, right) = vectors.split_at(self.pairs * width);
        let slopes = self.slopes(left, right, width, sharpness);
        let columns = self.rows.len() - self.pairs;
        let mut gradient = vec![0.0; vectors.len()];
        each_row(&mut gradient, width, |text, into| {
            if text < self.pairs {
                let own = &slopes[text * columns..(text + 1) * columns];
                for (slope, vector) in own.iter().zip(right.chunks_exact(width)) {
                    add_scaled(into, *slope, vector);
                }
            } else {
                let own = slopes.iter().skip(text - self.pairs).step_by(columns);
                for (slope, vector) in own.zip(left.chunks_exact(width)) {
                    add_scaled(into, *slope, vector);
                }
            }
            // Through the scaling to length 1.
            let unit = &vectors[text * width..(text + 1) * width];
            let along = dot(into, unit);
            for (value, unit) in into.iter_mut().zip(unit) {
                *value = (*value - along * unit) / lengths[text];
            }
        });
        self.step(model, squares, &gradient, rate);
    }

    /// The loss's derivative by the similarity of each left text to each other
    /// one: softmax over each row, and over each column that is a right side.
    fn slopes(&self, left: &[f32], right: &[f32], width: usize, sharpness: f32) -> Vec<f32> {
        let columns = self.rows.len() - self.pairs;
        let mut logits = vec![0.0_f32; self.pairs * columns];
        each_row(&mut logits, columns, |row, into| {
            let own = &left[row * width..(row + 1) * width];
            for (column, (value, other)) in
                into.iter_mut().zip(right.chunks_exact(width)).enumerate()
            {
                // Texts of one meaning are not each other's negatives.
                let same = self.groups[row] == self.groups[self.pairs + column];
                *value = if same && row != column {
                    f32::NEG_INFINITY
                } else {
                    sharpness * dot(own, other)
                };
            }
        });
        let mut slopes = logits.clone();
        for (row, values) in slopes.chunks_exact_mut(columns).enumerate() {
            softmax(values);
            values[row] -= 1.0;
        }
        let mut backwards = Vec::with_capacity(self.pairs);
        for column in 0..self.pairs {
            backwards.clear();
            backwards.extend(logits.iter().skip(column).step_by(columns));
            softmax(&mut backwards);
            backwards[column] -= 1.0;
            for (slope, value) in slopes
                .iter_mut()
                .skip(column)
                .step_by(columns)
                .zip(&backwards)
            {
                *slope += value;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "batches are small")]
        let scale = sharpness / (2.0 * self.pairs as f32);
        for slope in &mut slopes {
            *slope *= scale;
        }
        slopes
    }

    /// One step of Adagrad (Duchi et al., 2011) with one sum of squares a row.
    fn step(&self, model: &mut Model, squares: &mut [f32], gradient: &[f32], rate: f32) {
        let width = model.dimensions;
        let mut uses: Vec<(u32, u32)> = Vec::new();
        for (text, rows) in (0_u32..).zip(&self.rows) {
            uses.extend(rows.iter().map(|row| (*row, text)));
        }
        uses.sort_unstable();
        let mut sum = vec![0.0_f32; width];
        #[expect(clippy::cast_precision_loss, reason = "vectors are short")]
        let share = 1.0 / width.max(1) as f32;
        for same in uses.chunk_by(|left, right| left.0 == right.0) {
            sum.fill(0.0);
            for (_, text) in same {
                add_scaled(&mut sum, 1.0, rows(gradient, width, *text..*text + 1));
            }
            let Some(row) = same.first().and_then(|(row, _)| usize::try_from(*row).ok()) else {
                continue;
            };
            squares[row] += dot(&sum, &sum) * share;
            let step = -rate / (squares[row].sqrt() + 1e-12);
            add_scaled(&mut model.rows[row * width..(row + 1) * width], step, &sum);
        }
    }
}
