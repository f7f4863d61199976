//! Pairs made ready for training: each text once, groups of one meaning, and a part held back.

use std::collections::HashMap;

use super::features::{Feature, collect};
use super::model::Model;
use super::{Pair, Retrieval};
use crate::text::Normalized;

/// Texts of which some mean the same and some are known not to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lessons {
    /// The features of each text.
    pub(crate) texts: Vec<Vec<Feature>>,
    /// Texts of one group mean the same, by one pair or a chain of pairs.
    pub(crate) groups: Vec<u32>,
    /// Pairs of texts that mean the same.
    pub(crate) same: Vec<(usize, usize)>,
    /// By text: those labelled as not the same.
    pub(crate) different: Vec<Vec<usize>>,
}

/// A text as the rows it uses, and what its features without a row add.
pub(crate) struct Prepared {
    pub(crate) rows: Vec<u32>,
    pub(crate) unknown: Vec<(u64, f32)>,
}

/// A tenth of the groups is held back, but not more than this many pairs:
/// every one is compared with every other.
const MOST_HELD_BACK: usize = 1_000;

/// Fewer pairs say nothing.
const LEAST_HELD_BACK: usize = 20;

impl Lessons {
    pub(crate) fn new(pairs: &[Pair]) -> Self {
        let mut lessons = Self::default();
        let mut numbers: HashMap<&Normalized, usize> = HashMap::new();
        let mut features = Vec::new();
        let mut known = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let mut number = |text| {
                *numbers.entry(text).or_insert_with(|| {
                    collect(text, &mut features);
                    lessons.texts.push(features.clone());
                    lessons.texts.len() - 1
                })
            };
            known.push((number(&pair.left), number(&pair.right), pair.same));
        }
        lessons.different = vec![Vec::new(); lessons.texts.len()];
        let mut parents: Vec<usize> = (0..lessons.texts.len()).collect();
        for (left, right, same) in known.into_iter().filter(|(left, right, _)| left != right) {
            if same {
                lessons.same.push((left, right));
                let (left, right) = (root(&mut parents, left), root(&mut parents, right));
                parents[left.max(right)] = left.min(right);
            } else {
                lessons.different[left].push(right);
                lessons.different[right].push(left);
            }
        }
        lessons.groups = (0..parents.len())
            .map(|text| u32::try_from(root(&mut parents, text)).unwrap_or(u32::MAX))
            .collect();
        lessons
    }

    pub(crate) fn prepared(&self, model: &Model) -> Vec<Prepared> {
        let prepare = |features: &Vec<Feature>| {
            let mut rows = Vec::with_capacity(features.len());
            let mut unknown = Vec::new();
            for feature in features {
                match model.row_of(feature.key) {
                    Some(row) => rows.push(row),
                    None => {
                        unknown.push((feature.key, model.unknown * feature.kind.unknown_weight()))
                    }
                }
            }
            Prepared { rows, unknown }
        };
        self.texts.iter().map(prepare).collect()
    }

    /// Takes the pairs of every tenth group out, and returns them; takes none
    /// when there are too few to measure with.
    pub(crate) fn hold_back(&mut self) -> Vec<(usize, usize)> {
        let mut ordinals: HashMap<u32, usize> = HashMap::new();
        for (left, _) in &self.same {
            let next = ordinals.len();
            ordinals.entry(self.groups[*left]).or_insert(next);
        }
        let is_held_back = |pair: &(usize, usize)| ordinals[&self.groups[pair.0]] % 10 == 9;
        let (mut held_back, rest): (Vec<_>, Vec<_>) =
            self.same.iter().copied().partition(is_held_back);
        if held_back.len() < LEAST_HELD_BACK {
            return Vec::new();
        }
        self.same = rest;
        held_back.truncate(MOST_HELD_BACK);
        held_back
    }

    /// How well the left side of each pair finds a text of its meaning among
    /// all right sides.
    pub(crate) fn retrieval(&self, model: &Model, pairs: &[(usize, usize)]) -> Retrieval {
        let encode = |text: usize| model.encode(&self.texts[text]);
        let right: Vec<Vec<f32>> = pairs.iter().map(|pair| encode(pair.1)).collect();
        let mut sums = (0.0_f64, 0.0_f64);
        for (left, _) in pairs {
            let question = encode(*left);
            let mut best = f32::NEG_INFINITY;
            let mut others = Vec::with_capacity(pairs.len());
            for (pair, vector) in pairs.iter().zip(&right) {
                let similarity = super::matrix::dot(&question, vector);
                if self.groups[pair.1] == self.groups[*left] {
                    best = best.max(similarity);
                } else {
                    others.push(similarity);
                }
            }
            let before = others.iter().filter(|other| **other >= best).count();
            #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
            let reciprocal = 1.0 / (before + 1) as f64;
            sums.0 += if before == 0 { 1.0 } else { 0.0 };
            sums.1 += reciprocal;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of pairs are small")]
        let count = pairs.len().max(1) as f64;
        Retrieval {
            questions: pairs.len(),
            hit_at_1: sums.0 / count,
            mean_reciprocal_rank: sums.1 / count,
        }
    }
}

fn root(parents: &mut [usize], mut text: usize) -> usize {
    while parents[text] != text {
        parents[text] = parents[parents[text]];
        text = parents[text];
    }
    text
}
