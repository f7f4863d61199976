//! Use case: a shop's models learn from what the shop has by now, and go live
//! only when they do no worse on what none of them has seen.

mod classifier;
mod encoder;
mod vector_classifier;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::answering::AnsweringError;
use crate::catalog::StandaloneError;
use crate::domain::ids::ShopId;
use crate::domain::language::ModelKind;
use crate::language::EncoderSource;
use crate::language::examples::Material;
use crate::store::{Store, StoreError};

pub use zhiwen_models::lexical::Pair;

/// Why training failed.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The store cannot be read or written.
    #[error("store failed while training")]
    Store(#[from] StoreError),
    /// The training thread died.
    #[error("training thread failed")]
    Thread(#[from] tokio::task::JoinError),
    /// The exam's index cannot be written.
    #[error("exam cannot be set up")]
    Exam(#[from] StandaloneError),
    /// The exam's index cannot be searched.
    #[error("exam cannot be held")]
    Answering(#[from] AnsweringError),
    /// There is no room for the exam.
    #[error("temporary folder cannot be used")]
    Folder(#[from] std::io::Error),
}

/// What became of a training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainReport {
    /// Of the classifier.
    pub classifier: Outcome,
    /// Of the one that reads vectors too; absent without an encoder for all shops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector_classifier: Option<Outcome>,
    /// Of the encoder; absent where the settings name another than the shop's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoder: Option<Outcome>,
}

/// What became of one model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// There is too little of the shop's own to learn from, or to judge by.
    TooLittle {
        /// How much there is.
        examples: usize,
        /// How much it takes.
        needed: usize,
    },
    /// Nothing has changed since the last training.
    Unchanged,
    /// It does no worse than what was in use, and took its place.
    InUse(Comparison),
    /// It does worse on what was held back, or no better than words alone
    /// where it takes a vector: it is kept and not used.
    Refused(Comparison),
    /// The encoder did not give the examples their vectors: nothing was learned.
    NotEncoded,
}

/// A new model against what was in use, on what neither has seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The new one's version.
    pub version: u32,
    /// How much was held back.
    pub held_back: usize,
    /// The share that the new one gets right.
    pub score: f64,
    /// The share that what was in use gets right.
    pub score_before: f64,
}

/// What a shop's models are trained and judged with, beside what the shop has.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Where vectors come from.
    pub encoders: &'a EncoderSource,
    /// Pairs of texts for the encoder to learn from as well.
    pub pairs: &'a [Pair],
    /// What is suggested from, where the shop has fitted no threshold.
    pub minimum_confidence: f32,
}

/// Trains a shop's models on all that it has by now.
///
/// # Errors
/// When the store or an exam fails.
pub async fn train(
    store: &dyn Store,
    shop: &ShopId,
    at: Timestamp,
    means: Means<'_>,
) -> Result<TrainReport, TrainError> {
    let material = Material::read(store, shop).await?;
    let trainee = Trainee {
        store,
        shop,
        at,
        material: &material,
    };
    let classifier = classifier::train(&trainee).await?;
    if !material.verdicts.is_empty() {
        store.advance_language(shop).await?;
    }
    let (mut vector_classifier, mut encoder) = (None, None);
    match means.encoders {
        EncoderSource::Own => encoder = Some(encoder::train(&trainee, means).await?),
        EncoderSource::Shared(shared) => {
            let outcome = vector_classifier::train(&trainee, shared.as_ref()).await?;
            vector_classifier = Some(outcome);
        }
        EncoderSource::None | EncoderSource::Failed => {}
    }
    Ok(TrainReport {
        classifier,
        vector_classifier,
        encoder,
    })
}

/// A shop that is being trained for.
struct Trainee<'a> {
    store: &'a dyn Store,
    shop: &'a ShopId,
    at: Timestamp,
    material: &'a Material,
}

impl Trainee<'_> {
    /// Whether the latest model of the kind learned from the same.
    async fn has_learned(&self, kind: ModelKind, learned_from: &str) -> Result<bool, StoreError> {
        let models = self.store.models(self.shop).await?;
        let latest = models.iter().find(|model| model.kind == kind);
        Ok(latest.is_some_and(|model| model.report["learned_from"] == learned_from))
    }
}
