//! The encoder that a BERT makes: prefixes and word pieces on the caller's side,
//! forward passes on the workers'.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::Bert;
use crate::encoder::{Encoder, EncoderError, Identity, Side, Vectors, Workload, normalize};
use crate::manifest::{ModelError, ModelFolder};
use crate::text::Normalized;
use crate::worker::{Pool, PoolOptions, StartError};

/// How a model is run. Throughput grows with workers of one thread each, one a
/// core; memory too, by the size of the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BertOptions {
    /// The number of models, each on a thread of its own.
    pub workers: usize,
    /// The number of threads inside a forward pass.
    pub threads: usize,
    /// The most texts of one forward pass.
    pub batch: usize,
    /// The most texts that wait before requests are refused.
    pub queue: usize,
}

impl Default for BertOptions {
    fn default() -> Self {
        Self {
            workers: 2,
            threads: 1,
            batch: 16,
            queue: 256,
        }
    }
}

/// Texts that are cut into pieces before other tasks of the thread get a turn.
const TEXTS_AT_A_TIME: usize = 16;

/// A BERT behind its workers.
pub struct BertEncoder {
    folder: Arc<ModelFolder>,
    identity: Identity,
    pool: Pool,
}

impl BertEncoder {
    /// Reads the model in `folder` and loads it once a worker.
    ///
    /// Blocks for as long as that takes: a second or so.
    ///
    /// # Errors
    /// [`ModelError`], which names the file at fault.
    pub fn open(folder: &Path, options: BertOptions) -> Result<Self, ModelError> {
        let folder = Arc::new(ModelFolder::read(folder)?);
        let not_loaded = |reason: String| ModelError::NotLoaded {
            folder: folder.folder.clone(),
            reason,
        };
        let to_load = Arc::clone(&folder);
        let pool = Pool::start(
            move || Bert::load(&to_load, options.threads),
            PoolOptions {
                workers: options.workers,
                batch: options.batch,
                queue: options.queue,
            },
        )
        .map_err(|error| match error {
            StartError::Load(error) => error,
            StartError::Panicked | StartError::Thread(_) => not_loaded(error.to_string()),
        })?;
        let identity = Identity {
            name: folder.name.clone(),
            fingerprint: folder.fingerprint,
            dimensions: folder.shape.hidden_size,
        };
        Ok(Self {
            folder,
            identity,
            pool,
        })
    }

    /// What was read of the model's folder.
    pub fn folder(&self) -> &ModelFolder {
        &self.folder
    }

    /// As [`Encoder::encode`], of texts as they are.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub async fn encode_raw(&self, side: Side, texts: &[&str]) -> Result<Vectors, EncoderError> {
        let prefix = match side {
            Side::Question => &self.folder.question_prefix,
            Side::Knowledge => &self.folder.knowledge_prefix,
        };
        let mut sequences = Vec::with_capacity(texts.len());
        for (number, text) in (1..).zip(texts) {
            let most = self.folder.max_tokens;
            // A text of nothing has no meaning, whatever the prefix.
            if !text.is_empty() {
                let sequence = if prefix.is_empty() {
                    self.folder.pieces.sequence(text, most)
                } else {
                    self.folder
                        .pieces
                        .sequence(&format!("{prefix}{text}"), most)
                };
                sequences.push(sequence);
            }
            if number % TEXTS_AT_A_TIME == 0 {
                tokio::task::yield_now().await;
            }
        }
        let encoded = self.pool.run(sequences).await?;
        self.collect(texts, encoded)
    }

    fn collect(&self, texts: &[&str], encoded: Vec<Vec<f32>>) -> Result<Vectors, EncoderError> {
        let dimensions = self.identity.dimensions;
        let mut values = Vec::with_capacity(texts.len() * dimensions);
        let mut encoded = encoded.into_iter();
        for text in texts {
            if text.is_empty() {
                values.resize(values.len() + dimensions, 0.0);
                continue;
            }
            let mut vector = encoded
                .next()
                .filter(|vector| vector.len() == dimensions)
                .ok_or(EncoderError::Malformed("not one vector a text"))?;
            if !vector.iter().all(|value| value.is_finite()) {
                return Err(EncoderError::Malformed("a vector is not finite"));
            }
            normalize(&mut vector);
            values.extend_from_slice(&vector);
        }
        Vectors::new(dimensions, values)
    }
}

#[async_trait]
impl Encoder for BertEncoder {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    async fn encode(&self, side: Side, texts: &[Normalized]) -> Result<Vectors, EncoderError> {
        let texts: Vec<&str> = texts.iter().map(Normalized::as_str).collect();
        self.encode_raw(side, &texts).await
    }

    /// Of the model itself. A model knows the pieces around any text: zeros are
    /// an illness here.
    async fn health(&self) -> Result<(), EncoderError> {
        let pieces = self.folder.pieces.sequence("ok", self.folder.max_tokens);
        let vectors = self.pool.run(vec![pieces]).await?;
        let is_sound = vectors.iter().all(|vector| {
            vector.len() == self.identity.dimensions
                && vector.iter().all(|value| value.is_finite())
                && vector.iter().any(|&value| value != 0.0)
        });
        if is_sound {
            Ok(())
        } else {
            Err(EncoderError::Malformed("not a finite vector"))
        }
    }

    fn workload(&self) -> Option<Workload> {
        Some(Workload {
            waiting: self.pool.waiting(),
            workers: self.pool.alive(),
        })
    }
}
