//! Settings of language: which encoder makes vectors, when models are trained.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::{SettingsError, require};

/// Which encoder makes vectors, and how it is run.
#[derive(Debug, Clone, PartialEq)]
pub enum Encoder {
    /// None: search is lexical.
    None,
    /// Each shop's own, trained on its text.
    Static,
    /// A BERT-shaped model from a folder.
    Bert(Bert),
    /// A table distilled from one, from a file.
    Distilled(PathBuf),
    /// A server with an OpenAI-compatible `/v1/embeddings`.
    Remote(Remote),
}

/// A BERT-shaped model.
#[derive(Debug, Clone, PartialEq)]
pub struct Bert {
    /// The model's folder.
    pub folder: PathBuf,
    /// Threads that own a copy of the model each.
    pub workers: usize,
    /// Threads within one forward pass.
    pub threads: usize,
    /// The most texts of a forward pass.
    pub batch: usize,
    /// Texts that may wait.
    pub queue: usize,
}

/// A server that makes vectors.
#[derive(Clone, PartialEq)]
pub struct Remote {
    /// The address before `/embeddings`.
    pub url: String,
    /// The model's name there.
    pub model: String,
    /// The key; empty sends none.
    pub key: String,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Remote")
            .field("url", &self.url)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// How models learn.
#[derive(Debug, Clone, PartialEq)]
pub struct Language {
    /// At most one training a shop in this time; `None` trains only when asked to.
    pub retrain_every: Option<Duration>,
    /// How long a suggestion waits for its vector before it goes on without.
    pub encode_timeout: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEncoder {
    kind: Kind,
    path: PathBuf,
    workers: usize,
    threads: usize,
    batch: usize,
    queue: usize,
    timeout_milliseconds: u64,
    remote_url: String,
    remote_model: String,
    remote_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    None,
    Static,
    Bert,
    Distilled,
    Remote,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLanguage {
    retrain_minutes: u64,
    pub(super) hub: String,
    pub(super) hub_token: String,
}

pub(super) fn validate(
    raw: RawEncoder,
    language: &RawLanguage,
) -> Result<(Encoder, Language), SettingsError> {
    require(
        (10..=10_000).contains(&raw.timeout_milliseconds),
        "encoder.timeout_milliseconds",
        "must be from 10 to 10000",
    )?;
    let is_url = reqwest::Url::parse(&language.hub).is_ok();
    require(is_url, "language.hub", "must be a url")?;
    let timing = Language {
        retrain_every: (language.retrain_minutes > 0)
            .then(|| Duration::from_secs(language.retrain_minutes * 60)),
        encode_timeout: Duration::from_millis(raw.timeout_milliseconds),
    };
    let has_path = !raw.path.as_os_str().is_empty();
    let encoder = match raw.kind {
        Kind::None => Encoder::None,
        Kind::Static => Encoder::Static,
        Kind::Bert => {
            require(has_path, "encoder.path", "must name the model's folder")?;
            for (value, key) in [
                (raw.workers, "encoder.workers"),
                (raw.threads, "encoder.threads"),
                (raw.batch, "encoder.batch"),
            ] {
                require((1..=256).contains(&value), key, "must be from 1 to 256")?;
            }
            require(raw.queue > 0, "encoder.queue", "must be at least 1")?;
            Encoder::Bert(Bert {
                folder: raw.path,
                workers: raw.workers,
                threads: raw.threads,
                batch: raw.batch,
                queue: raw.queue,
            })
        }
        Kind::Distilled => {
            require(has_path, "encoder.path", "must name the distilled file")?;
            Encoder::Distilled(raw.path)
        }
        Kind::Remote => {
            let is_url = reqwest::Url::parse(&raw.remote_url).is_ok();
            require(is_url, "encoder.remote_url", "must be a url")?;
            let has_model = !raw.remote_model.is_empty();
            require(
                has_model,
                "encoder.remote_model",
                "must name the server's model",
            )?;
            Encoder::Remote(Remote {
                url: raw.remote_url,
                model: raw.remote_model,
                key: raw.remote_key,
            })
        }
    };
    Ok((encoder, timing))
}
