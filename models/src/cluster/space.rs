//! The space in which questions are compared: what their words have in common
//! within this shop, beside the vectors of the shop's encoder where it has one.

use crate::encoder::normalize;
use crate::lexical::matrix::add_scaled;
use crate::lexical::{FileError, LatentOptions, StaticEncoder};
use crate::text::Normalized;

use super::parallel::map_rows;

/// What the words are worth beside the encoder's vectors.
const WORDS_SHARE: f32 = 0.6;

/// A mapping of questions to unit vectors, learned from a shop's questions, for
/// those and for newcomers.
#[derive(Debug, Clone)]
pub struct Space {
    words: StaticEncoder,
    words_width: usize,
    /// The mean of the encoder's vectors, which says nothing; empty without encoder.
    mean: Vec<f32>,
}

/// Why bytes are no space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpaceError {
    /// They end early.
    #[error("space of questions is damaged")]
    Damaged,
    /// The words in it cannot be read.
    #[error("words of the space of questions cannot be read")]
    Words(#[from] FileError),
}

impl Space {
    /// Learns from distinct questions. `vectors` are those of the shop's encoder,
    /// row after row in the order of `texts`, or empty where it has none.
    pub fn learn(texts: &[Normalized], vectors: &[f32]) -> Self {
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
    pub fn dimensions(&self) -> usize {
        self.mean.len() + self.words_width
    }

    /// The vector of a question that was learned from, some ten microseconds.
    /// `vector` is that of the shop's encoder, of the length it was learned
    /// with; with another length, as where the encoder is down, the words alone
    /// are compared.
    pub fn place(&self, text: &Normalized, vector: &[f32]) -> Vec<f32> {
        self.joint(&self.words.encode_known(text), vector)
    }

    /// The vector of a question that was not learned from. A word that none of
    /// those had ("it exploded") turns it away from all of them, by its rarity:
    /// left out, the rest of the question would be like many.
    pub fn place_newcomer(&self, text: &Normalized, vector: &[f32]) -> Vec<f32> {
        self.joint(&self.words.encode_one(text), vector)
    }

    /// Words and encoder's vector side by side.
    fn joint(&self, words: &[f32], vector: &[f32]) -> Vec<f32> {
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
        joint
    }

    /// The vectors of many questions, row after row.
    pub fn place_all(&self, texts: &[Normalized], vectors: &[f32]) -> Vec<f32> {
        let width = self.mean.len();
        let placed = map_rows(texts.len(), |row| {
            let vector = vectors.get(row * width..(row + 1) * width);
            self.place(&texts[row], vector.unwrap_or(&[]))
        });
        placed.concat()
    }

    /// The space as bytes for [`Space::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(u32::try_from(self.mean.len()).unwrap_or(0).to_le_bytes());
        bytes.extend(self.mean.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(self.words.to_bytes());
        bytes
    }

    /// The space that [`Space::to_bytes`] wrote.
    ///
    /// # Errors
    /// When `bytes` are something else, of another make or lexicon, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SpaceError> {
        let (width, rest) = bytes.split_first_chunk().ok_or(SpaceError::Damaged)?;
        let width = u32::from_le_bytes(*width) as usize;
        let length = width.checked_mul(4).ok_or(SpaceError::Damaged)?;
        let (mean, words) = rest.split_at_checked(length).ok_or(SpaceError::Damaged)?;
        let (values, _) = mean.as_chunks();
        let mean = values.iter().copied().map(f32::from_le_bytes).collect();
        Ok(Self::of(StaticEncoder::from_bytes(words)?, mean))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_never_heard_turns_a_newcomer_away() {
        let texts = ["破壁机怎么洗", "破壁机好清洗吗", "怎么退款", "退款怎么办理"];
        let space = Space::learn(&texts.map(Normalized::new), &[]);
        let routine = space.place(&Normalized::new("破壁机怎么洗"), &[]);
        let alike = |text: &str| -> f32 {
            let placed = space.place_newcomer(&Normalized::new(text), &[]);
            placed.iter().zip(&routine).map(|(a, b)| a * b).sum()
        };
        assert!(alike("破壁机怎么清洗") > 0.9);
        assert!(alike("破壁机炸裂") < 0.6, "{}", alike("破壁机炸裂"));
    }

    #[test]
    fn is_the_same_after_bytes_and_goes_on_without_its_encoder() {
        let texts = ["多久发货", "什么时候发货", "怎么退款", "退款怎么办理"].map(Normalized::new);
        let vectors = [0.6, 0.8, 0.8, 0.6, 0.0, 1.0, 0.6, -0.8];
        for vectors in [&vectors[..], &[]] {
            let space = Space::learn(&texts, vectors);
            let again = Space::from_bytes(&space.to_bytes()).expect("read");
            let placed = space.place_all(&texts, vectors);
            assert_eq!(placed, again.place_all(&texts, vectors));
            assert_eq!(placed.len(), texts.len() * space.dimensions());
            for row in placed.chunks(space.dimensions()) {
                let length: f32 = row.iter().map(|value| value * value).sum();
                assert!((length - 1.0).abs() < 1e-4, "{length}");
            }
            let alone = space.place(&texts[0], &[]);
            assert_eq!(alone.len(), space.dimensions());
        }
        assert_eq!(Space::from_bytes(&[1, 0]).err(), Some(SpaceError::Damaged));
        assert_eq!(
            Space::from_bytes(&[9, 0, 0, 0, 1]).err(),
            Some(SpaceError::Damaged)
        );
    }
}
