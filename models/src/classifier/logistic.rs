//! Multinomial logistic regression by stochastic dual coordinate ascent.
//!
//! Minimises Σᵢ wᵢ · −ln softmax(W xᵢ)[yᵢ] + λ/2 · ‖W‖². Each step moves one
//! example's dual variables towards wᵢ (onehot(yᵢ) − softmax(W xᵢ)); the length
//! of the step is that of Shalev-Shwartz & Zhang, "Accelerated Proximal
//! Stochastic Dual Coordinate Ascent for Regularized Loss Minimization" (2016),
//! so that the dual never falls and no learning rate is to be set.

use super::features::Row;

/// What is fitted to.
pub(super) struct Problem<'a> {
    pub(super) rows: &'a [&'a Row],
    /// The label of each row.
    pub(super) labels: &'a [usize],
    /// How much each row counts, above 0.
    pub(super) weights: &'a [f32],
    pub(super) label_count: usize,
    /// Columns of the sparse part.
    pub(super) columns: usize,
    /// Length of the dense part; rows without one count as zeros.
    pub(super) dimensions: usize,
}

/// One weight a feature and label: `values[feature * label_count + label]`,
/// sparse columns first, then dense dimensions, then the bias.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weights {
    pub(super) label_count: usize,
    pub(super) columns: usize,
    pub(super) values: Vec<f32>,
}

/// The constant feature behind the bias; small, so that the bias is learnt slowly.
const BIAS: f32 = 0.3;
/// Training ends when the dual variables move less than this on the average.
const TOLERANCE: f32 = 2e-3;

impl Weights {
    /// One score a label (logits).
    pub(super) fn scores(&self, row: &Row) -> Vec<f32> {
        let mut scores = vec![0.0; self.label_count];
        visit_entries(row, self.columns, self.bias_feature(), |feature, value| {
            for (score, weight) in scores.iter_mut().zip(self.of(feature)) {
                *score += value * weight;
            }
        });
        scores
    }

    /// What `column` of the sparse part adds to `label` for each unit.
    pub(super) fn of(&self, feature: usize) -> &[f32] {
        &self.values[feature * self.label_count..(feature + 1) * self.label_count]
    }

    fn bias_feature(&self) -> usize {
        (self.values.len() / self.label_count.max(1)).saturating_sub(1)
    }
}

/// Fits weights to `problem`: the same input gives the same weights, bit for bit.
pub(super) fn fit(problem: &Problem<'_>, regularization: f32, epochs: usize) -> Weights {
    let labels = problem.label_count;
    let features = problem.columns + problem.dimensions + 1;
    let mut weights = Weights {
        label_count: labels,
        columns: problem.columns,
        values: vec![0.0; features * labels],
    };
    let bias = features - 1;
    let squared: Vec<f32> = problem.rows.iter().map(|row| squared_length(row)).collect();
    let mut duals = vec![0.0_f32; problem.rows.len() * labels];
    let mut order: Vec<usize> = (0..problem.rows.len()).collect();
    let mut random = SplitMix(0x5eed);
    let mut step = vec![0.0_f32; labels];
    for _ in 0..epochs {
        random.shuffle(&mut order);
        let mut moved = 0.0_f64;
        for &example in &order {
            let row = problem.rows[example];
            let dual = &mut duals[example * labels..(example + 1) * labels];
            let mut scores = weights.scores(row);
            softmax(&mut scores);
            let length = dual_step(
                &scores,
                dual,
                (problem.labels[example], problem.weights[example]),
                squared[example] / regularization,
                &mut step,
            );
            if length == 0.0 {
                continue;
            }
            for (dual, step) in dual.iter_mut().zip(&step) {
                *dual += step;
            }
            moved += f64::from(step.iter().map(|step| step.abs()).sum::<f32>());
            visit_entries(row, problem.columns, bias, |feature, value| {
                let scale = value / regularization;
                let of_feature = &mut weights.values[feature * labels..(feature + 1) * labels];
                for (weight, step) in of_feature.iter_mut().zip(&step) {
                    *weight += scale * step;
                }
            });
        }
        if moved < f64::from(TOLERANCE) * problem.rows.len() as f64 {
            break;
        }
    }
    weights
}

/// Writes into `step` how the dual variables of one example move, and returns
/// which share of the way to their target that is.
fn dual_step(
    probabilities: &[f32],
    dual: &[f32],
    (label, weight): (usize, f32),
    curvature: f32,
    step: &mut [f32],
) -> f32 {
    let mut divergence = 0.0_f32;
    let mut distance = 0.0_f32;
    for (at, (&probability, &dual)) in probabilities.iter().zip(dual).enumerate() {
        let truth = if at == label { 1.0 } else { 0.0 };
        let dual_probability = truth - dual / weight;
        if dual_probability > 1e-7 {
            divergence += dual_probability * (dual_probability / probability.max(1e-12)).ln();
        }
        step[at] = weight * (truth - probability) - dual;
        distance += step[at] * step[at];
    }
    if distance < 1e-14 {
        return 0.0;
    }
    // The loss is weight/2-smooth, so its conjugate is 2/weight-strongly convex.
    let convexity = 2.0 / weight;
    let share = (weight * divergence / distance + convexity / 2.0) / (convexity + curvature);
    let share = share.clamp(0.0, 1.0);
    for step in step {
        *step *= share;
    }
    share
}

fn squared_length(row: &Row) -> f32 {
    let sparse: f32 = row.values.iter().map(|value| value * value).sum();
    let dense: f32 = row.dense.iter().map(|value| value * value).sum();
    sparse + dense + BIAS * BIAS
}

fn visit_entries(row: &Row, columns: usize, bias: usize, mut visit: impl FnMut(usize, f32)) {
    for (&column, &value) in row.columns.iter().zip(&row.values) {
        visit(column as usize, value);
    }
    for (dimension, &value) in row.dense.iter().enumerate() {
        visit(columns + dimension, value);
    }
    visit(bias, BIAS);
}

/// The probability of each label: softmax of the scores over a temperature
/// (Guo et al., "On Calibration of Modern Neural Networks", 2017).
pub(super) fn probabilities(scores: &[f32], temperature: f32) -> Vec<f32> {
    let mut scaled: Vec<f32> = scores.iter().map(|score| score / temperature).collect();
    softmax(&mut scaled);
    scaled
}

/// Turns scores into probabilities that sum to 1.
fn softmax(scores: &mut [f32]) {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - highest).exp();
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}

/// Steele, Lea & Flood, "Fast splittable pseudorandom number generators" (2014).
pub(super) struct SplitMix(pub(super) u64);

impl SplitMix {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`, which is above 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap_or(0)
    }

    pub(super) fn shuffle(&mut self, items: &mut [usize]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[f32]) -> Row {
        Row {
            columns: (0..values.len() as u32).collect(),
            values: values.to_vec(),
            dense: Vec::new(),
        }
    }

    #[test]
    fn comes_to_where_the_gradient_is_zero() {
        let rows = [
            row(&[1.0, 0.0]),
            row(&[0.8, 0.3]),
            row(&[0.0, 1.0]),
            row(&[0.5, 0.5]),
        ];
        let rows: Vec<&Row> = rows.iter().collect();
        let (labels, weights) = ([0, 0, 1, 2], [1.0, 2.0, 1.0, 0.5]);
        let problem = Problem {
            rows: &rows,
            labels: &labels,
            weights: &weights,
            label_count: 3,
            columns: 2,
            dimensions: 0,
        };
        let regularization = 0.1;
        let fitted = fit(&problem, regularization, 2000);
        for feature in 0..2 {
            for label in 0..3 {
                let mut gradient = regularization * fitted.of(feature)[label];
                for (at, row) in rows.iter().enumerate() {
                    let probability = probabilities(&fitted.scores(row), 1.0)[label];
                    let truth = f32::from(u8::from(labels[at] == label));
                    gradient += weights[at] * (probability - truth) * row.values[feature];
                }
                assert!(gradient.abs() < 5e-3, "{feature} {label} {gradient}");
            }
        }
    }

    #[test]
    fn probabilities_are_softened_by_temperature() {
        let sharp = probabilities(&[2.0, 0.0], 1.0);
        let soft = probabilities(&[2.0, 0.0], 4.0);
        assert!((sharp[0] - 0.880_797).abs() < 1e-5);
        assert!((soft[0] - 0.622_459).abs() < 1e-5);
        assert!((soft.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
}
