//! What every encoder does: a batch of normalised texts in, unit vectors out.

use async_trait::async_trait;

use crate::text::Normalized;

/// Which side of a comparison a text is on. Some models want a prefix before questions only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// What a buyer asks.
    Question,
    /// What it is compared with: titles and other phrasings.
    Knowledge,
}

/// What an encoder is. Vectors of two encoders are comparable only when their
/// fingerprints are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Short name for people, as `config` and `explain` show it.
    pub name: String,
    /// A hash of everything that a vector depends on: weights, vocabulary, pooling, prefixes.
    pub fingerprint: u64,
    /// The length of each vector.
    pub dimensions: usize,
}

/// A matrix of vectors, one a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    dimensions: usize,
    values: Vec<f32>,
}

impl Vectors {
    /// Row after row of `dimensions` values.
    ///
    /// # Errors
    /// [`EncoderError::Malformed`] when the values are no whole number of rows.
    pub fn new(dimensions: usize, values: Vec<f32>) -> Result<Self, EncoderError> {
        let whole = values
            .len()
            .checked_rem(dimensions)
            .map_or(values.is_empty(), |rest| rest == 0);
        if whole {
            Ok(Self { dimensions, values })
        } else {
            Err(EncoderError::Malformed(
                "values are no whole number of rows",
            ))
        }
    }

    /// The length of each vector.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The number of vectors.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.dimensions).unwrap_or(0)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The vectors in the order of the texts.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.dimensions.max(1))
    }
}

/// Turns texts into vectors whose dot product says how alike they are in meaning.
///
/// Each vector has length 1, or is all zeros when the encoder knows nothing of
/// the text. The same text gives the same vector in any batch, within 1e-5.
#[async_trait]
pub trait Encoder: Send + Sync {
    /// What this encoder is.
    fn identity(&self) -> &Identity;

    /// One vector a text, in their order.
    ///
    /// # Errors
    /// When the encoder is full, down, or did not understand its own model.
    async fn encode(&self, side: Side, texts: &[Normalized]) -> Result<Vectors, EncoderError>;
}

/// Why there are no vectors.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// More work is waiting than will be done in time.
    #[error("encoder is at its capacity")]
    Overloaded,
    /// The model or the server behind it is down.
    #[error("encoder is not available: {0}")]
    Unavailable(String),
    /// What came back is no matrix of vectors.
    #[error("encoder gave malformed vectors: {0}")]
    Malformed(&'static str),
}

/// Scales `vector` to length 1; a vector of zeros stays as it is.
pub fn normalize(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        for value in vector {
            *value /= length;
        }
    }
}
