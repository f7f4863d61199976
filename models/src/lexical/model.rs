//! The vectors in training: full precision, one row a feature.

use std::collections::HashMap;

use super::features::{Feature, Kind};
use super::matrix::{add_scaled, dot, rows};
use super::random::add_signs;
use crate::encoder::normalize;

/// Rows by feature; a feature without a row has its pseudo-random vector.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) dimensions: usize,
    pub(crate) keys: Vec<u64>,
    places: HashMap<u64, u32>,
    pub(crate) rows: Vec<f32>,
    /// The weight of a feature without a row, before its kind's.
    pub(crate) unknown: f32,
}

/// How many features get a row of their own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vocabulary {
    /// Runs in fewer texts keep their pseudo-random vector.
    pub(crate) least_texts: u32,
    /// Of more, the most frequent.
    pub(crate) most_features: usize,
}

/// Characters and words in fewer texts keep their pseudo-random vector.
const LEAST_TEXTS_OF_A_WORD: u32 = 2;

impl Vocabulary {
    fn least_texts(self, kind: Kind) -> u32 {
        if kind.is_run() {
            self.least_texts
        } else {
            self.least_texts.min(LEAST_TEXTS_OF_A_WORD)
        }
    }
}

impl Model {
    /// Before anything is learned of meaning: each feature's vector is its
    /// inverse document frequency over `texts`, times its kind's weight, times
    /// the feature's pseudo-random unit vector ("random indexing", Kanerva et
    /// al., 2000). Cosines are then those of TF-IDF, give or take the root of
    /// one over the dimensions.
    pub(crate) fn start(texts: &[Vec<Feature>], dimensions: usize, vocabulary: Vocabulary) -> Self {
        let mut counts: HashMap<u64, (u32, Feature)> = HashMap::new();
        for feature in texts.iter().flatten() {
            counts.entry(feature.key).or_insert((0, *feature)).0 += 1;
        }
        let mut kept: Vec<(u32, Feature)> = counts
            .into_values()
            .filter(|(count, feature)| *count >= vocabulary.least_texts(feature.kind))
            .collect();
        kept.sort_unstable_by_key(|(count, feature)| (std::cmp::Reverse(*count), feature.key));
        kept.truncate(vocabulary.most_features);
        let mut model = Self {
            dimensions,
            keys: kept.iter().map(|(_, feature)| feature.key).collect(),
            places: kept
                .iter()
                .map(|(_, feature)| feature.key)
                .zip(0..)
                .collect(),
            rows: vec![0.0; kept.len() * dimensions],
            unknown: document_weight(texts.len(), 1),
        };
        for ((count, feature), row) in kept
            .into_iter()
            .zip(model.rows.chunks_exact_mut(dimensions.max(1)))
        {
            let weight = document_weight(texts.len(), count) * feature.kind.weight();
            add_signs(feature.key, weight, row);
        }
        model
    }

    pub(crate) fn row_of(&self, key: u64) -> Option<u32> {
        self.places.get(&key).copied()
    }

    pub(crate) fn row(&self, number: u32) -> &[f32] {
        rows(&self.rows, self.dimensions, number..number + 1)
    }

    /// The unit vector of a text of these features.
    pub(crate) fn encode(&self, features: &[Feature]) -> Vec<f32> {
        let mut vector = vec![0.0; self.dimensions];
        for feature in features {
            match self.row_of(feature.key) {
                Some(row) => add_scaled(&mut vector, 1.0, self.row(row)),
                None => add_signs(
                    feature.key,
                    self.unknown * feature.kind.unknown_weight(),
                    &mut vector,
                ),
            }
        }
        normalize(&mut vector);
        vector
    }

    /// The mean length of the rows.
    pub(crate) fn mean_length(&self) -> f32 {
        let lengths: f32 = self
            .rows
            .chunks_exact(self.dimensions.max(1))
            .map(|row| dot(row, row).sqrt())
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "a mean needs no exact count")]
        let count = self.keys.len().max(1) as f32;
        lengths / count
    }
}

/// Inverse document frequency; above zero for a term of every text.
pub(crate) fn document_weight(texts: usize, having: u32) -> f32 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a logarithm of counts needs no exact ones"
    )]
    let (texts, having) = (texts as f32, having as f32);
    ((texts + 2.0) / (having + 0.5)).ln().max(0.05)
}
