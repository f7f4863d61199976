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

    /// Whether a real pass gives a sound vector. It takes its turn in the queue.
    ///
    /// # Errors
    /// As [`Encoder::encode`]; [`EncoderError::Overloaded`] is no illness.
    async fn health(&self) -> Result<(), EncoderError> {
        // Any text would do; this one says nothing of anybody.
        let vectors = self
            .encode(Side::Question, &[Normalized::new("ok")])
            .await?;
        let is_row = |row: &[f32]| {
            row.len() == self.identity().dimensions && row.iter().all(|value| value.is_finite())
        };
        if vectors.len() == 1 && vectors.rows().all(is_row) {
            Ok(())
        } else {
            Err(EncoderError::Malformed("not one finite vector"))
        }
    }

    /// A question's vector from an encoder that takes microseconds and never
    /// waits; `None` from all others.
    fn at_once(&self, _question: &Normalized) -> Option<Vec<f32>> {
        None
    }

    /// What it has on its hands; `None` where it has no queue of its own.
    fn workload(&self) -> Option<Workload> {
        None
    }
}

/// What an encoder with workers of its own has on its hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// Texts that wait for a worker.
    pub waiting: usize,
    /// Workers that have a model: without any, none comes back by itself.
    pub workers: usize,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives these values whatever it is asked.
    struct Told {
        identity: Identity,
        values: Vec<f32>,
    }

    #[async_trait]
    impl Encoder for Told {
        fn identity(&self) -> &Identity {
            &self.identity
        }

        async fn encode(&self, _: Side, _: &[Normalized]) -> Result<Vectors, EncoderError> {
            Vectors::new(2, self.values.clone())
        }
    }

    #[tokio::test]
    async fn a_pass_has_to_give_one_finite_vector() {
        for (values, is_sound) in [
            (vec![0.6, 0.8], true),
            (vec![0.0, 0.0], true),
            (vec![f32::NAN, 0.0], false),
            (vec![], false),
            (vec![1.0, 0.0, 0.0, 1.0], false),
            (vec![1.0], false),
        ] {
            let identity = Identity {
                name: "told".to_owned(),
                fingerprint: 1,
                dimensions: 2,
            };
            let health = Told {
                identity,
                values: values.clone(),
            }
            .health()
            .await;
            assert_eq!(health.is_ok(), is_sound, "{values:?}");
        }
    }
}
