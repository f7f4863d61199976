//! The static encoder, the default: a text's vector is the sum of the vectors
//! of its words and runs of characters. Needs no download.
//!
//! Untrained, its cosine is that of TF-IDF. Trained contrastively on pairs of
//! texts that mean the same, it learns which words stand for which.

mod contrast;
pub(crate) mod features;
mod file;
mod latent;
mod lessons;
pub(crate) mod matrix;
pub(crate) mod model;
pub(crate) mod random;

use std::collections::HashMap;

use async_trait::async_trait;
pub use file::FileError;
use file::{Table, checksum};
pub use latent::LatentOptions;

use crate::encoder::{Encoder, EncoderError, Identity, Side, Vectors, normalize};
use crate::text::Normalized;
use contrast::Schedule;
use features::Feature;
use lessons::Lessons;
use model::{Model, Vocabulary};

/// Two texts, and whether they mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// One text.
    pub left: Normalized,
    /// The other.
    pub right: Normalized,
    /// Whether an answer to one answers the other.
    pub same: bool,
}

/// How to train.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainOptions {
    /// The length of the vectors.
    pub dimensions: usize,
    /// How often each pair is seen; 0 leaves the encoder untrained.
    pub epochs: usize,
    /// Runs of characters in fewer texts get no vector of their own.
    pub least_texts: u32,
    /// Of more features than this, the most frequent get a vector of their own.
    pub most_features: usize,
    /// Seed of everything random: the same seed and texts make the same encoder.
    pub seed: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            dimensions: 256,
            epochs: 2,
            least_texts: 5,
            most_features: 80_000,
            seed: 1,
        }
    }
}

/// How well questions find a text of their meaning among others.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Retrieval {
    /// The number of questions; nothing is known when it is 0.
    pub questions: usize,
    /// The share of questions whose closest text is a right one.
    pub hit_at_1: f64,
    /// The mean of one over the rank of the closest right text.
    pub mean_reciprocal_rank: f64,
}

/// What training came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingReport {
    /// Distinct texts of the pairs, and the texts that only count words.
    pub texts: usize,
    /// Pairs of one meaning, of distinct texts.
    pub pairs: usize,
    /// Features with a vector of their own.
    pub features: usize,
    /// On pairs held back from training: the untrained encoder.
    pub before: Retrieval,
    /// On the same pairs: trained on the others.
    pub after: Retrieval,
}

impl TrainingReport {
    /// Whether training made the encoder better on what was held back; not
    /// known to, when too few pairs were there to hold any back.
    pub fn is_better(&self) -> bool {
        self.after.mean_reciprocal_rank > self.before.mean_reciprocal_rank
    }
}

/// With fewer pairs, those held back are too many to lose: after measuring,
/// training runs once more with all of them.
const FEW_PAIRS: usize = 20_000;

/// What was best over retrieval between pairs of a trade that training had not seen.
fn schedule(options: &TrainOptions) -> Schedule {
    Schedule {
        epochs: options.epochs,
        batch: 256,
        rate: 0.15,
        sharpness: 10.0,
        damping: 1e-6,
        dropout: 0.0,
        negatives: 1,
        seed: options.seed,
    }
}

/// An encoder that sums vectors of words and runs of characters.
#[derive(Debug, Clone)]
pub struct StaticEncoder {
    identity: Identity,
    table: Table,
    places: HashMap<u64, usize>,
}

impl StaticEncoder {
    /// Counts words over `texts` and the texts of `pairs`, then learns from
    /// `pairs`. Takes some 7 seconds an epoch for 67,000 pairs of one meaning
    /// on two cores, and runs on two threads.
    pub fn train(
        texts: &[Normalized],
        pairs: &[Pair],
        options: &TrainOptions,
    ) -> (Self, TrainingReport) {
        let mut lessons = Lessons::new(pairs);
        let mut counted: Vec<Vec<Feature>> = lessons.texts.clone();
        let mut found = Vec::new();
        for text in texts {
            features::collect(text, &mut found);
            counted.push(found.clone());
        }
        let vocabulary = Vocabulary {
            least_texts: options.least_texts,
            most_features: options.most_features,
        };
        let start = Model::start(&counted, options.dimensions, vocabulary);
        let all = lessons.same.len();
        let held_back = lessons.hold_back();
        let mut model = start.clone();
        learn(&mut model, &lessons, options);
        let report = TrainingReport {
            texts: counted.len(),
            pairs: all,
            features: start.keys.len(),
            before: lessons.retrieval(&start, &held_back),
            after: lessons.retrieval(&model, &held_back),
        };
        if !held_back.is_empty() && all < FEW_PAIRS {
            lessons.same.extend(held_back);
            model = start;
            learn(&mut model, &lessons, options);
        }
        (Self::of_model(model), report)
    }

    /// The vector of one text.
    pub fn encode_one(&self, text: &Normalized) -> Vec<f32> {
        let mut vector = vec![0.0; self.table.dimensions];
        self.encode_into(text, &mut Vec::new(), &mut vector);
        vector
    }

    /// The vector of what of a text is known; zeros where nothing is.
    pub(crate) fn encode_known(&self, text: &Normalized) -> Vec<f32> {
        let mut vector = vec![0.0; self.table.dimensions];
        self.sum(text, (&mut Vec::new(), 0.0), &mut vector);
        vector
    }

    /// The length of a vector.
    pub(crate) fn width(&self) -> usize {
        self.table.dimensions
    }

    /// One vector a text, in their order; cannot fail, unlike an encoder behind a queue.
    pub fn encode_all(&self, texts: &[Normalized]) -> Vec<Vec<f32>> {
        let mut features = Vec::new();
        let encode = |text| {
            let mut vector = vec![0.0; self.table.dimensions];
            self.encode_into(text, &mut features, &mut vector);
            vector
        };
        texts.iter().map(encode).collect()
    }

    fn encode_into(&self, text: &Normalized, found: &mut Vec<Feature>, vector: &mut [f32]) {
        self.sum(text, (found, self.table.unknown), vector);
    }

    /// Sums a text's vectors; a feature without one of its own weighs `unknown`.
    fn sum(
        &self,
        text: &Normalized,
        (found, unknown): (&mut Vec<Feature>, f32),
        vector: &mut [f32],
    ) {
        features::collect(text, found);
        let width = self.table.dimensions;
        for feature in found {
            let known = self.places.get(&feature.key).and_then(|place| {
                let row = self.table.rows.get(place * width..(place + 1) * width)?;
                Some((row, self.table.scales.get(*place)?))
            });
            match known {
                Some((row, scale)) => {
                    for (value, code) in vector.iter_mut().zip(row) {
                        *value += scale * f32::from(*code);
                    }
                }
                None if unknown == 0.0 => {}
                None => {
                    let weight = unknown * feature.kind.unknown_weight();
                    random::add_signs(feature.key, weight, vector);
                }
            }
        }
        normalize(vector);
    }

    fn of_model(model: Model) -> Self {
        let mut table = table_of(model.dimensions, model.keys, &model.rows);
        table.unknown = model.unknown;
        Self::of_table("static", table)
    }

    fn of_table(name: &str, table: Table) -> Self {
        Self {
            identity: Identity {
                name: name.to_owned(),
                fingerprint: checksum(&table.to_bytes()),
                dimensions: table.dimensions,
            },
            places: table.keys.iter().copied().zip(0..).collect(),
            table,
        }
    }
}

/// Rows as one byte a value; features without a row count nothing.
fn table_of(dimensions: usize, keys: Vec<u64>, values: &[f32]) -> Table {
    let mut scales = Vec::with_capacity(keys.len());
    let mut rows = Vec::with_capacity(values.len());
    for row in values.chunks_exact(dimensions.max(1)) {
        let most = row
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        let scale = (most / 127.0).max(f32::MIN_POSITIVE);
        scales.push(scale);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "divided by the scale, values lie within ±127"
        )]
        rows.extend(row.iter().map(|value| (value / scale).round() as i8));
    }
    Table {
        dimensions,
        unknown: 0.0,
        keys,
        scales,
        rows,
    }
}

fn learn(model: &mut Model, lessons: &Lessons, options: &TrainOptions) {
    let before = model.mean_length();
    contrast::train(model, lessons, &schedule(options));
    // Training lengthens rows: features without one keep their share.
    if before > 0.0 {
        model.unknown *= model.mean_length() / before;
    }
}

#[async_trait]
impl Encoder for StaticEncoder {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Runs in the caller's thread: one text takes some ten microseconds.
    async fn encode(&self, _: Side, texts: &[Normalized]) -> Result<Vectors, EncoderError> {
        Vectors::new(
            self.table.dimensions,
            self.encode_all(texts).into_iter().flatten().collect(),
        )
    }
}

#[cfg(test)]
mod tests;
