//! Vectors from a server that speaks the OpenAI-compatible `POST {base}/embeddings`.
//!
//! Texts leave the house on this way: they are to be masked before they come here.

mod connection;
mod error;
mod matrix;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use zhiwen_models::encoder::{Encoder, EncoderError, Identity, Side, Vectors};
use zhiwen_models::text::Normalized;

pub use self::error::EmbeddingsError;

use self::connection::Connection;
use super::backoff::Retry;
use super::breaker::BreakerOptions;
use super::secret::Secret;

/// Where the server is and how it is treated.
#[derive(Debug, Clone)]
pub struct EmbeddingsOptions {
    /// What `/embeddings` is added to, as in `https://api.example.com/v1`.
    pub base_url: String,
    /// The model's name, as the server knows it.
    pub model: String,
    /// Sent as a bearer token, where the server wants one.
    pub api_key: Option<Secret>,
    /// Asks for vectors of this length; only some models can shorten theirs.
    pub dimensions: Option<usize>,
    /// Put before each text of [`Side::Question`].
    pub question_prefix: String,
    /// Put before each text of [`Side::Knowledge`].
    pub knowledge_prefix: String,
    /// The most texts of one request. Some servers take no more than 10.
    pub batch: usize,
    /// The most calls under way at once; one more is told that it is too many.
    /// A call's requests follow one another, so this bounds the requests too.
    pub calls: usize,
    /// The longest that one request may take.
    pub request_timeout: Duration,
    /// The longest that one batch may take with all its repetitions and pauses.
    pub deadline: Duration,
    /// How often a request is tried that 429, 5xx or the network cut short.
    pub retry: Retry,
    /// When the server counts as down.
    pub breaker: BreakerOptions,
}

impl EmbeddingsOptions {
    /// Options for `model` on the server at `base_url`, with limits that suit
    /// a question that somebody waits for.
    pub fn new(base_url: &str, model: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            model: model.to_owned(),
            api_key: None,
            dimensions: None,
            question_prefix: String::new(),
            knowledge_prefix: String::new(),
            batch: 10,
            calls: 16,
            request_timeout: Duration::from_secs(5),
            deadline: Duration::from_secs(15),
            retry: Retry {
                attempts: 3,
                first_pause: Duration::from_millis(200),
                longest_pause: Duration::from_secs(5),
            },
            breaker: BreakerOptions {
                failures: 5,
                pause: Duration::from_secs(10),
            },
        }
    }

    /// A hash of all that the vectors depend on, of length `dimensions`.
    fn fingerprint(&self, dimensions: usize) -> u64 {
        let dimensions = dimensions.to_string();
        let mut hash = Sha256::new();
        for part in [
            "openai-embeddings-1",
            self.base_url.trim().trim_end_matches('/'),
            &self.model,
            &dimensions,
            &self.question_prefix,
            &self.knowledge_prefix,
        ] {
            // With the lengths, no two lists of parts run together alike.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let hash: [u8; 32] = hash.finalize().into();
        hash.into_iter()
            .take(8)
            .fold(0, |number, byte| number << 8 | u64::from(byte))
    }
}

/// An [`Encoder`] whose model runs on a server.
///
/// Several batches of one call are requested one after the other, so that a
/// long call leaves the other calls their share.
pub struct RemoteEncoder {
    identity: Identity,
    connection: Connection,
    batch: usize,
    calls: Semaphore,
    question_prefix: String,
    knowledge_prefix: String,
}

impl RemoteEncoder {
    /// Asks the server for one vector, and knows by it how long they are.
    ///
    /// # Errors
    /// When the options cannot work, and for whatever keeps the server from
    /// giving that vector.
    pub async fn connect(options: EmbeddingsOptions) -> Result<Self, EmbeddingsError> {
        if options.model.is_empty() {
            return Err(EmbeddingsError::Options("the model has no name"));
        }
        if options.batch == 0 || options.calls == 0 || options.dimensions == Some(0) {
            return Err(EmbeddingsError::Options(
                "batch, calls and dimensions are at least 1",
            ));
        }
        let connection = Connection::new(&options)?;
        // Any text would do; this one says nothing of anybody.
        let probe = [format!("{}ok", options.knowledge_prefix)];
        let rows = connection.embed(&probe, options.dimensions).await?;
        let dimensions = rows.first().map_or(0, Vec::len);
        Ok(Self {
            identity: Identity {
                name: format!("remote:{}", options.model),
                fingerprint: options.fingerprint(dimensions),
                dimensions,
            },
            connection,
            batch: options.batch,
            calls: Semaphore::new(options.calls.min(Semaphore::MAX_PERMITS)),
            question_prefix: options.question_prefix,
            knowledge_prefix: options.knowledge_prefix,
        })
    }

    async fn vectors(&self, side: Side, texts: &[Normalized]) -> Result<Vectors, EmbeddingsError> {
        let _call = self
            .calls
            .try_acquire()
            .map_err(|_| EmbeddingsError::Busy)?;
        let prefix = match side {
            Side::Question => &self.question_prefix,
            Side::Knowledge => &self.knowledge_prefix,
        };
        let dimensions = self.identity.dimensions;
        let mut values = vec![0.0; texts.len() * dimensions];
        // Servers refuse empty texts; their vectors stay all zeros.
        let mut spoken: Vec<(&Normalized, &mut [f32])> = texts
            .iter()
            .zip(values.chunks_exact_mut(dimensions.max(1)))
            .filter(|(text, _)| !text.is_empty())
            .collect();
        for batch in spoken.chunks_mut(self.batch) {
            let inputs: Vec<String> = batch
                .iter()
                .map(|(text, _)| format!("{prefix}{text}"))
                .collect();
            let rows = self.connection.embed(&inputs, Some(dimensions)).await?;
            for ((_, place), row) in batch.iter_mut().zip(rows) {
                place.copy_from_slice(&row);
            }
        }
        Vectors::new(dimensions, values)
            .map_err(|_| EmbeddingsError::Malformed("no whole number of rows"))
    }
}

impl fmt::Debug for RemoteEncoder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RemoteEncoder")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Encoder for RemoteEncoder {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    async fn encode(&self, side: Side, texts: &[Normalized]) -> Result<Vectors, EncoderError> {
        Ok(self.vectors(side, texts).await?)
    }
}
