//! The space of many questions: what their words have in common within this shop,
//! beside the vectors of the shop's encoder where it has one. Cosines of unit
//! vectors, whose meaning clustering finds out from how dense the questions lie.

use crate::encoder::normalize;
use crate::lexical::matrix::add_scaled;
use crate::lexical::{LatentOptions, StaticEncoder};
use crate::text::Normalized;

use super::space::{INTENTS, Meaning, SpaceError};

/// How much the intent of a question counts beside its words. Without it, words
/// that two questions share by chance ("打开发现裂了", "开发票") bring them together.
const INTENT_WEIGHT: f32 = 0.5;

/// What the words are worth beside the encoder's vectors.
const WORDS_SHARE: f32 = 0.6;

/// A mapping of questions to unit vectors, learned from a shop's questions, for
/// those and for newcomers.
#[derive(Debug, Clone)]
pub(super) struct LatentSpace {
    words: StaticEncoder,
    words_width: usize,
    /// The mean of the encoder's vectors, which says nothing; empty without encoder.
    mean: Vec<f32>,
}

impl LatentSpace {
    /// Learns from distinct questions. `vectors` are those of the shop's encoder,
    /// row after row in the order of `texts`, or empty where it has none.
    pub(super) fn learn(texts: &[Normalized], vectors: &[f32]) -> Self {
        let words = StaticEncoder::latent(texts, &LatentOptions::default());
        let width = vectors.len() / texts.len().max(1);
        let mut mean = vec![0.0; width];
        for row in vectors.chunks_exact(width.max(1)) {
            add_scaled(&mut mean, 1.0, row);
        }
        #[expect(clippy::cast_precision_loss, reason = "a mean needs no exact count")]
        let count = texts.len().max(1) as f32;
        for value in &mut mean {
            *value /= count;
        }
        Self::of(words, mean)
    }

    fn of(words: StaticEncoder, mean: Vec<f32>) -> Self {
        Self {
            words_width: words.width(),
            words,
            mean,
        }
    }

    /// The length of a vector.
    pub(super) fn dimensions(&self) -> usize {
        self.mean.len() + self.words_width + INTENTS
    }

    /// The vector of a question that was learned from, some ten microseconds.
    /// `vector` is that of the shop's encoder, of the length it was learned
    /// with; with another length, as where the encoder is down, the words alone
    /// are compared.
    pub(super) fn place(&self, text: &Normalized, vector: &[f32], meaning: &Meaning) -> Vec<f32> {
        self.joint(&self.words.encode_known(text), vector, meaning)
    }

    /// The vector of a question that was not learned from. A word that none of
    /// those had ("it exploded") turns it away from all of them, by its rarity:
    /// left out, the rest of the question would be like many.
    pub(super) fn place_newcomer(
        &self,
        text: &Normalized,
        vector: &[f32],
        meaning: &Meaning,
    ) -> Vec<f32> {
        self.joint(&self.words.encode_one(text), vector, meaning)
    }

    /// Words, encoder's vector and the likeliest intent side by side: unit
    /// length, or zeros where words and vector say nothing.
    fn joint(&self, words: &[f32], vector: &[f32], meaning: &Meaning) -> Vec<f32> {
        let mut joint = vec![0.0; self.mean.len()];
        if vector.len() == self.mean.len() {
            joint.copy_from_slice(vector);
            // A vector of zeros knows nothing: it is not the opposite of the mean.
            if vector.iter().any(|value| *value != 0.0) {
                add_scaled(&mut joint, -1.0, &self.mean);
            }
            normalize(&mut joint);
        }
        let share = if self.mean.is_empty() {
            1.0
        } else {
            WORDS_SHARE
        };
        joint.extend(words.iter().map(|value| share * value));
        normalize(&mut joint);
        let says_something = joint.iter().any(|value| *value != 0.0);
        let intents = joint.len();
        joint.resize(self.dimensions(), 0.0);
        let likeliest = meaning.intents.first().map(|(place, _)| *place);
        if let Some(place) = likeliest.filter(|place| says_something && *place < INTENTS) {
            joint[intents + place] = INTENT_WEIGHT;
            normalize(&mut joint);
        }
        joint
    }

    /// The space as bytes for [`LatentSpace::from_bytes`].
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(u32::try_from(self.mean.len()).unwrap_or(0).to_le_bytes());
        bytes.extend(self.mean.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(self.words.to_bytes());
        bytes
    }

    /// The space that [`LatentSpace::to_bytes`] wrote.
    ///
    /// # Errors
    /// When `bytes` are something else, of another make or lexicon, or damaged.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, SpaceError> {
        let (width, rest) = bytes.split_first_chunk().ok_or(SpaceError::Damaged)?;
        let width = u32::from_le_bytes(*width) as usize;
        let length = width.checked_mul(4).ok_or(SpaceError::Damaged)?;
        let (mean, words) = rest.split_at_checked(length).ok_or(SpaceError::Damaged)?;
        let (values, _) = mean.as_chunks();
        let mean = values.iter().copied().map(f32::from_le_bytes).collect();
        Ok(Self::of(StaticEncoder::from_bytes(words)?, mean))
    }
}
