//! Use case: what a shop understands questions with: its intents, its
//! classifier, its encoder, its weights of a score's parts.
//!
//! A [`Language`] is loaded whole and never changes; another revision is another one.

pub mod base;
pub mod examples;
mod feedback;
pub mod heard;
mod intents;
mod shop_fusion;
mod vector_classifier;

use std::sync::Arc;

use zhiwen_index::fusion::Fusion;
use zhiwen_models::classifier::shop::{self, Earlier};
use zhiwen_models::classifier::{Classifier, situation};
use zhiwen_models::encoder::{Encoder, Identity};
use zhiwen_models::lexical::StaticEncoder;
use zhiwen_models::text::Normalized;

pub use examples::wordings;
pub use feedback::FeedbackMemory;
pub use intents::ShopIntents;
pub use shop_fusion::ShopFusion;
pub use vector_classifier::VectorClassifier;

use crate::domain::ids::ShopId;
use crate::domain::language::{ModelKind, Urgency};
use crate::domain::taxonomy::{Intent, Stage};
use crate::store::{Store, StoreError};

/// The latest verdicts that are remembered and learned from.
const MOST_VERDICTS: u32 = 50_000;

/// What a shop understands questions with.
pub struct Language {
    /// The store's revision of it.
    pub revision: u64,
    intents: ShopIntents,
    /// The shop's own; else the one that comes with the service.
    classifier: Option<Arc<Classifier>>,
    /// Takes the classifier's place where the question's vector has come.
    vector_classifier: Option<Arc<VectorClassifier>>,
    encoder: ShopEncoder,
    fusion: Arc<Fusion>,
    minimum_confidence: Option<f32>,
    /// As the shop has fitted it, also where that does not suit the encoder.
    fitted: Arc<ShopFusion>,
    feedback: Arc<FeedbackMemory>,
    lacks_encoder: bool,
}

/// What turns a shop's texts into vectors.
#[derive(Clone)]
pub enum ShopEncoder {
    /// Nothing: search is lexical.
    None,
    /// The shop's own static encoder, which answers in microseconds.
    Own(Arc<StaticEncoder>),
    /// One for all shops, which may take its time.
    Shared(Arc<dyn Encoder>),
}

impl ShopEncoder {
    /// What it is; `None` where there is none.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::None => None,
            Self::Own(encoder) => Some(encoder.identity()),
            Self::Shared(encoder) => Some(encoder.identity()),
        }
    }
}

/// Where a shop's vectors come from.
#[derive(Clone)]
pub enum EncoderSource {
    /// From nowhere.
    None,
    /// From the shop's own static encoder, once it has one.
    Own,
    /// From one encoder for all.
    Shared(Arc<dyn Encoder>),
    /// From one that could not be started: suggestions say that it lacks.
    Failed,
}

/// What kind of question a text is.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Intents that are on with their calibrated probabilities, most probable
    /// first; empty while the first classifier is still being trained.
    pub ranked: Vec<(Intent, f32)>,
    /// Whether it is of no known intent, as far as the classifier can tell.
    pub is_out_of_scope: bool,
    /// When such a thing is asked.
    pub stage: Option<Stage>,
    /// How urgent it is.
    pub urgency: Urgency,
}

impl Reading {
    /// The intent, unless it is unclear which.
    pub fn intent(&self) -> Option<(&Intent, f32)> {
        let (intent, probability) = self.ranked.first()?;
        (!self.is_out_of_scope).then_some((intent, *probability))
    }
}

impl Language {
    /// Loads what is in use. A stored model that this binary cannot read is
    /// left out, with a word in the log: the service goes on with its own.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(
        store: &dyn Store,
        shop: &ShopId,
        revision: u64,
        encoders: &EncoderSource,
    ) -> Result<Self, StoreError> {
        let classifier = store.model_in_use(shop, ModelKind::Classifier).await?;
        let classifier = classifier.and_then(|(version, body)| {
            Classifier::from_bytes(&body)
                .map_err(|error| unreadable(shop, ModelKind::Classifier, version, &error))
                .ok()
        });
        let fitted = fusion(store, shop).await?;
        let encoder = encoder(store, shop, encoders).await?;
        let vector_classifier = vector_classifier(store, shop, &encoder).await?;
        if !fitted.suits(encoder.identity()) {
            tracing::warn!(
                shop = shop.as_str(),
                "weights and threshold were fitted with another encoder: those that come with the service are used until zhiwen eval fit"
            );
        }
        let live = fitted.live_with(encoder.identity());
        Ok(Self {
            revision,
            fusion: Arc::new(live.fusion),
            minimum_confidence: live.minimum_confidence,
            fitted: Arc::new(fitted),
            feedback: Arc::new(FeedbackMemory::of(
                &store.verdicts(shop, MOST_VERDICTS).await?,
            )),
            intents: ShopIntents::new(store.intents(shop).await?),
            classifier: classifier.map(Arc::new),
            vector_classifier,
            encoder,
            lacks_encoder: matches!(encoders, EncoderSource::Failed),
        })
    }

    /// The weights of a score's parts.
    pub fn fusion(&self) -> Arc<Fusion> {
        Arc::clone(&self.fusion)
    }

    /// Below which confidence answers are not suggested, if the shop has
    /// fitted that; else it is left to the settings.
    pub fn minimum_confidence(&self) -> Option<f32> {
        self.minimum_confidence
    }

    /// A language that is in no store, for measuring.
    pub fn of_parts(encoder: ShopEncoder, fusion: Fusion) -> Self {
        Self {
            revision: 0,
            intents: ShopIntents::default(),
            classifier: None,
            vector_classifier: None,
            encoder,
            fusion: Arc::new(fusion),
            minimum_confidence: None,
            fitted: Arc::default(),
            feedback: Arc::default(),
            lacks_encoder: false,
        }
    }

    /// The same with another encoder and other weights, to compare the two.
    #[must_use]
    pub fn with(&self, encoder: ShopEncoder, fusion: Fusion) -> Self {
        Self {
            revision: self.revision,
            intents: self.intents.clone(),
            classifier: self.classifier.clone(),
            vector_classifier: self.vector_classifier.clone(),
            encoder,
            fusion: Arc::new(fusion),
            minimum_confidence: None,
            fitted: Arc::clone(&self.fitted),
            feedback: Arc::clone(&self.feedback),
            lacks_encoder: self.lacks_encoder,
        }
    }

    /// The same with another encoder, and the weights that are live with it.
    #[must_use]
    pub fn with_encoder(&self, encoder: ShopEncoder) -> Self {
        let live = self.fitted.live_with(encoder.identity());
        Self {
            minimum_confidence: live.minimum_confidence,
            ..self.with(encoder, live.fusion)
        }
    }

    /// Whether the shop has weights of its own in use that were fitted with
    /// another encoder, so that they are set aside.
    pub fn sets_weights_aside(&self) -> bool {
        !self.fitted.suits(self.encoder.identity())
    }

    /// The threshold that the shop has fitted, with this encoder or another.
    pub fn fitted_threshold(&self) -> Option<f32> {
        self.fitted.minimum_confidence
    }

    /// The same with classifiers of its own.
    #[cfg(test)]
    #[must_use]
    pub fn with_classifiers(self, words: Classifier, vectors: VectorClassifier) -> Self {
        Self {
            classifier: Some(Arc::new(words)),
            vector_classifier: Some(Arc::new(vectors)),
            ..self
        }
    }

    /// The taxonomy as it stands in the shop.
    pub fn intents(&self) -> &ShopIntents {
        &self.intents
    }

    /// Whether the settings name an encoder that could not be started.
    pub fn lacks_encoder(&self) -> bool {
        self.lacks_encoder
    }

    /// What agents said of answers to `question`: item ids with evidence from −1 to 1.
    pub fn feedback(&self, question: &Normalized) -> Vec<(String, f32)> {
        self.feedback.evidence(question)
    }

    /// What turns the shop's texts into vectors.
    pub fn encoder(&self) -> &ShopEncoder {
        &self.encoder
    }

    /// Reads a buyer's words with the turns before them, oldest first.
    pub fn read(&self, text: &str, before: &[Earlier<'_>]) -> Reading {
        let Some(classifier) = self.classifier.clone().or_else(base::trained) else {
            return Reading {
                ranked: Vec::new(),
                is_out_of_scope: false,
                stage: None,
                urgency: situation::urgency(text, before).into(),
            };
        };
        let turn = shop::Turn {
            text,
            before,
            vector: None,
        };
        self.reading(&classifier, turn)
    }

    /// Whether a question can be read better once its vector has come.
    pub fn reads_vectors(&self) -> bool {
        self.vector_classifier.is_some()
    }

    /// Reads the same with the words' vector and the encoder that made it;
    /// `None` where nothing has learned with that encoder's vectors, or the
    /// vector says nothing: what [`Language::read`] made of it stands then.
    pub fn read_with_vector(
        &self,
        text: &str,
        before: &[Earlier<'_>],
        (vector, encoder): (&[f32], &Identity),
    ) -> Option<Reading> {
        let learned = self.vector_classifier.as_ref()?;
        let says_something = vector.iter().any(|value| *value != 0.0);
        let turn = shop::Turn {
            text,
            before,
            vector: Some(vector),
        };
        (learned.suits(encoder) && says_something).then(|| self.reading(&learned.classifier, turn))
    }

    fn reading(&self, classifier: &Classifier, turn: shop::Turn<'_>) -> Reading {
        let shop::Turn { text, before, .. } = turn;
        let understanding = shop::understand(classifier, turn);
        let mut ranked: Vec<(Intent, f32)> = understanding
            .ranked
            .into_iter()
            .filter_map(|(label, probability)| {
                let intent = Intent::parse(classifier.labels().get(label)?).ok()?;
                self.intents.is_on(&intent).then_some((intent, probability))
            })
            .collect();
        // What is switched off leaves its share to the others.
        let total: f32 = ranked.iter().map(|(_, probability)| probability).sum();
        if total > 0.0 {
            for (_, probability) in &mut ranked {
                *probability /= total;
            }
        }
        let best = ranked.first().map(|(intent, _)| intent);
        let usual = best.and_then(|intent| self.intents.stage(intent));
        Reading {
            stage: usual.map(|usual| situation::stage(text, before, usual.into()).into()),
            urgency: understanding.urgency.into(),
            is_out_of_scope: understanding.out_of_scope,
            ranked,
        }
    }
}

async fn encoder(
    store: &dyn Store,
    shop: &ShopId,
    source: &EncoderSource,
) -> Result<ShopEncoder, StoreError> {
    Ok(match source {
        EncoderSource::None | EncoderSource::Failed => ShopEncoder::None,
        EncoderSource::Shared(encoder) => ShopEncoder::Shared(Arc::clone(encoder)),
        EncoderSource::Own => {
            let kept = store.model_in_use(shop, ModelKind::Encoder).await?;
            kept.and_then(|(version, body)| {
                StaticEncoder::from_bytes(&body)
                    .map_err(|error| unreadable(shop, ModelKind::Encoder, version, &error))
                    .ok()
            })
            .map_or(ShopEncoder::None, |encoder| {
                ShopEncoder::Own(Arc::new(encoder))
            })
        }
    })
}

/// The one in use, where it has learned with the vectors of an encoder for all
/// shops that is in use too.
async fn vector_classifier(
    store: &dyn Store,
    shop: &ShopId,
    encoder: &ShopEncoder,
) -> Result<Option<Arc<VectorClassifier>>, StoreError> {
    let ShopEncoder::Shared(encoder) = encoder else {
        return Ok(None);
    };
    let kind = ModelKind::VectorClassifier;
    let kept = store.model_in_use(shop, kind).await?;
    let learned = kept.and_then(|(version, body)| {
        VectorClassifier::from_bytes(&body)
            .map_err(|error| unreadable(shop, kind, version, &error))
            .ok()
    });
    Ok(learned
        .filter(|learned| learned.suits(encoder.identity()))
        .map(Arc::new))
}

async fn fusion(store: &dyn Store, shop: &ShopId) -> Result<ShopFusion, StoreError> {
    let kept = store.model_in_use(shop, ModelKind::Fusion).await?;
    let own = kept.and_then(|(version, body)| {
        serde_json::from_slice(&body)
            .map_err(|error| unreadable(shop, ModelKind::Fusion, version, &error))
            .ok()
    });
    Ok(own.unwrap_or_default())
}

fn unreadable(
    shop: &ShopId,
    kind: ModelKind,
    version: u32,
    error: &(dyn std::error::Error + 'static),
) {
    tracing::error!(
        shop = shop.as_str(),
        kind = kind.as_str(),
        version,
        error,
        "stored model cannot be read"
    );
}
