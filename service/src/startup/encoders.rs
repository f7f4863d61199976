//! The encoder that the settings name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zhiwen_models::distilled::{DistilledEncoder, TableError};
use zhiwen_models::encoder::Encoder;

use crate::connectors::Secret;
use crate::connectors::embeddings::{EmbeddingsError, EmbeddingsOptions, RemoteEncoder};
use crate::domain::causes::with_causes;
use crate::language::EncoderSource;
use crate::settings::{self, Bert, Remote};

/// Why an encoder cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum EncoderStartError {
    /// The server is out of reach or gives no vectors.
    #[error("embeddings server cannot be used")]
    Remote(#[from] EmbeddingsError),
    /// The model in the folder cannot be used.
    #[cfg(feature = "bert")]
    #[error("bert model cannot be used")]
    Bert(#[from] zhiwen_models::manifest::ModelError),
    /// The program was built without rust-bert.
    #[cfg(not(feature = "bert"))]
    #[error("this program was built without the feature bert: see docs/MODELS.md")]
    WithoutBert,
    /// The thread that loads it died.
    #[error("loading thread failed")]
    Thread(#[from] tokio::task::JoinError),
    /// The file is no distilled table.
    #[error("{path} cannot be used")]
    NoTable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: TableError,
    },
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Starts the encoder that the settings name. One that cannot be started is
/// reported and the service goes on lexically: agents do not wait for a model.
pub async fn start(settings: &settings::Encoder) -> EncoderSource {
    match open(settings).await {
        Ok(source) => source,
        Err(error) => {
            tracing::error!(
                error = %with_causes(&error),
                "encoder cannot be started: search is lexical"
            );
            EncoderSource::Failed
        }
    }
}

/// Starts the encoder that the settings name.
///
/// # Errors
/// When it cannot be started.
pub async fn open(settings: &settings::Encoder) -> Result<EncoderSource, EncoderStartError> {
    Ok(match settings {
        settings::Encoder::None => EncoderSource::None,
        settings::Encoder::Static => EncoderSource::Own,
        settings::Encoder::Bert(bert) => EncoderSource::Shared(open_bert(bert).await?),
        settings::Encoder::Distilled(path) => EncoderSource::Shared(open_distilled(path).await?),
        settings::Encoder::Remote(remote) => EncoderSource::Shared(connect(remote).await?),
    })
}

async fn connect(settings: &Remote) -> Result<Arc<dyn Encoder>, EncoderStartError> {
    let mut options = EmbeddingsOptions::new(&settings.url, &settings.model);
    if !settings.key.is_empty() {
        options.api_key = Some(Secret::new(&settings.key));
    }
    Ok(Arc::new(RemoteEncoder::connect(options).await?))
}

#[cfg(feature = "bert")]
async fn open_bert(settings: &Bert) -> Result<Arc<dyn Encoder>, EncoderStartError> {
    use zhiwen_models::bert::{BertEncoder, BertOptions};

    let folder = settings.folder.clone();
    let options = BertOptions {
        workers: settings.workers,
        threads: settings.threads,
        batch: settings.batch,
        queue: settings.queue,
    };
    let encoder =
        tokio::task::spawn_blocking(move || BertEncoder::open(&folder, options)).await??;
    Ok(Arc::new(encoder))
}

#[cfg(not(feature = "bert"))]
async fn open_bert(_: &Bert) -> Result<Arc<dyn Encoder>, EncoderStartError> {
    Err(EncoderStartError::WithoutBert)
}

async fn open_distilled(path: &Path) -> Result<Arc<dyn Encoder>, EncoderStartError> {
    let bytes = tokio::fs::read(path)
        .await
        .map_err(|source| EncoderStartError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
    let read = DistilledEncoder::from_bytes(&bytes);
    let encoder = read.map_err(|source| EncoderStartError::NoTable {
        path: path.to_owned(),
        source,
    })?;
    Ok(Arc::new(encoder))
}
