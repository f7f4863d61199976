//! Training a classifier that reads vectors beside words. It is put in use only
//! where it does better than the one that reads words alone, which stays: it
//! answers where the encoder does not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use zhiwen_models::classifier::{Classifier, Report, shop};
use zhiwen_models::encoder::{Encoder, EncoderError, Identity, Side, Vectors};
use zhiwen_models::text::Normalized;

use super::classifier::{FEWEST_HELD_BACK, accuracy};
use super::{Comparison, Outcome, TrainError, Trainee};
use crate::catalog::Terminology;
use crate::domain::causes::with_causes;
use crate::domain::language::{ModelKind, NewModel};
use crate::language::examples::{Split, split};
use crate::language::{VectorClassifier, base};

const KIND: ModelKind = ModelKind::VectorClassifier;

/// Texts encoded at a time: a forward pass or so, so that a buyer's question
/// waits behind few of them.
const BATCH: usize = 16;

/// An encoder that is full serves buyers: examples wait this long, this often.
const REST: Duration = Duration::from_secs(1);
const MOST_RESTS: u32 = 60;

/// Trains a classifier on the same examples as the one that reads words alone,
/// with the vectors of `encoder`, and puts it in use if it does better on what
/// neither has seen. One in use that is no better than words, or reads the
/// vectors of another encoder, is taken out of use.
///
/// # Errors
/// When the store fails. An encoder that fails leaves all as it was.
pub(super) async fn train(
    trainee: &Trainee<'_>,
    encoder: &dyn Encoder,
) -> Result<Outcome, TrainError> {
    let identity = encoder.identity();
    let learned_from = format!(
        "{}-{:016x}",
        trainee.material.fingerprint(),
        identity.fingerprint
    );
    if trainee.has_learned(KIND, &learned_from).await? {
        return Ok(Outcome::Unchanged);
    }
    let started = Instant::now();
    let Some(split) = encoded(trainee, encoder).await? else {
        return Ok(Outcome::NotEncoded);
    };
    let encode_seconds = started.elapsed().as_secs_f64();
    let texts = split.training.len() + split.held_back.len();
    let rivals = Rivals::of(trainee, identity).await?;
    let judged = tokio::task::spawn_blocking(move || judge(split, rivals)).await?;
    let scores = judged.scores;
    let is_used = scores.is_better();
    let learned = VectorClassifier {
        encoder: identity.fingerprint,
        classifier: judged.classifier,
    };
    let model = NewModel {
        kind: KIND,
        body: learned.to_bytes(),
        report: json!({
            "learned_from": learned_from,
            "encoder": identity.name,
            "own_examples": judged.own,
            "examples": judged.report.examples,
            "cross_validated_accuracy": judged.report.accuracy,
            "cross_validated_macro_f1": judged.report.macro_f1,
            "expected_calibration_error": judged.report.expected_calibration_error,
            "judged_by": if scores.is_cross_validated { "cross_validation" } else { "held_back" },
            "held_back": scores.judged,
            "held_back_accuracy": scores.after,
            "held_back_accuracy_words": scores.words,
            "held_back_accuracy_before": scores.before,
            "encoded_texts": texts,
            "encode_seconds": encode_seconds,
            "train_seconds": judged.train_seconds,
        }),
        is_used,
        at: trainee.at,
    };
    let comparison = Comparison {
        version: trainee.store.add_model(trainee.shop, &model).await?,
        held_back: scores.judged,
        score: scores.after,
        score_before: scores.to_beat(),
    };
    if is_used {
        return Ok(Outcome::InUse(comparison));
    }
    if !scores.keeps_earlier() {
        trainee.store.use_model(trainee.shop, KIND, None).await?;
    }
    Ok(Outcome::Refused(comparison))
}

/// The examples with their vectors; `None` where the encoder failed.
async fn encoded(
    trainee: &Trainee<'_>,
    encoder: &dyn Encoder,
) -> Result<Option<Split>, TrainError> {
    let vocabulary = trainee.store.vocabulary(trainee.shop).await?;
    let split = split(trainee.material);
    let prepare = move || {
        let terminology = Terminology::new(&vocabulary);
        let examples = split.training.iter().chain(&split.held_back);
        // As a question's vector is made: products that it names are left out.
        let texts: Vec<Normalized> = examples
            .map(|example| terminology.mentions(&example.text).rest)
            .collect();
        (split, texts)
    };
    let (mut split, texts) = tokio::task::spawn_blocking(prepare).await?;
    let vectors = match vectors(encoder, &texts).await {
        Ok(vectors) => vectors,
        Err(error) => {
            tracing::warn!(
                shop = trainee.shop.as_str(),
                error = %with_causes(&error),
                "no classifier can learn with vectors: the encoder does not answer"
            );
            return Ok(None);
        }
    };
    let examples = split.training.iter_mut().chain(&mut split.held_back);
    for (example, vector) in examples.zip(vectors) {
        example.vector = Some(vector);
    }
    Ok(Some(split))
}

/// One vector a text, in their order.
async fn vectors(
    encoder: &dyn Encoder,
    texts: &[Normalized],
) -> Result<Vec<Vec<f32>>, EncoderError> {
    let mut vectors = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH) {
        let encoded = patiently(encoder, batch).await?;
        if encoded.len() != batch.len() {
            return Err(EncoderError::Malformed("not one vector a text"));
        }
        vectors.extend(encoded.rows().map(<[f32]>::to_vec));
        // An encoder that never waits would keep the thread.
        tokio::task::yield_now().await;
    }
    Ok(vectors)
}

async fn patiently(encoder: &dyn Encoder, batch: &[Normalized]) -> Result<Vectors, EncoderError> {
    let mut rests = 0;
    loop {
        match encoder.encode(Side::Question, batch).await {
            Err(EncoderError::Overloaded) if rests < MOST_RESTS => {
                rests += 1;
                tokio::time::sleep(REST).await;
            }
            done => return done,
        }
    }
}

/// What a new one has to beat.
struct Rivals {
    /// The shop's own that reads words alone; `None` for what comes with the service.
    words: Option<Classifier>,
    /// The one in use that reads vectors of the same encoder.
    earlier: Option<Classifier>,
}

impl Rivals {
    async fn of(trainee: &Trainee<'_>, encoder: &Identity) -> Result<Self, TrainError> {
        let (store, shop) = (trainee.store, trainee.shop);
        // One that cannot be read is not in use: loading it has logged that.
        let words = store.model_in_use(shop, ModelKind::Classifier).await?;
        let earlier = store.model_in_use(shop, KIND).await?;
        let earlier = earlier.and_then(|(_, body)| VectorClassifier::from_bytes(&body).ok());
        Ok(Self {
            words: words.and_then(|(_, body)| Classifier::from_bytes(&body).ok()),
            earlier: earlier
                .filter(|earlier| earlier.suits(encoder))
                .map(|earlier| earlier.classifier),
        })
    }
}

struct Judged {
    classifier: Classifier,
    report: Report,
    own: usize,
    train_seconds: f64,
    scores: Scores,
}

/// Shares that were told right, of the same texts.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scores {
    /// Of how many texts.
    judged: usize,
    /// Whether these are the examples, each told by one that had not seen it:
    /// too few are held back to judge by.
    is_cross_validated: bool,
    /// By the new one.
    after: f64,
    /// By words alone.
    words: f64,
    /// By the one in use; `None` where there is none to compare with.
    before: Option<f64>,
}

impl Scores {
    /// Vectors have to be worth their wait: as good as words is not enough.
    fn is_better(&self) -> bool {
        self.after > self.words && self.before.is_none_or(|before| self.after >= before)
    }

    /// Whether the one in use still does better than words.
    fn keeps_earlier(&self) -> bool {
        self.before.is_some_and(|before| before > self.words)
    }

    fn to_beat(self) -> f64 {
        self.before
            .map_or(self.words, |before| before.max(self.words))
    }
}

fn judge(mut split: Split, rivals: Rivals) -> Judged {
    let started = Instant::now();
    let trained = shop::train(&split.training, &split.cues);
    let train_seconds = started.elapsed().as_secs_f64();
    let scores = if split.held_back.len() < FEWEST_HELD_BACK {
        for example in &mut split.training {
            example.vector = None;
        }
        Scores {
            judged: trained.report.examples,
            is_cross_validated: true,
            after: trained.report.accuracy,
            words: shop::train(&split.training, &split.cues).report.accuracy,
            before: None,
        }
    } else {
        let words = rivals.words.map_or_else(base::get_or_train, Arc::new);
        let earlier = rivals.earlier.as_ref();
        Scores {
            judged: split.held_back.len(),
            is_cross_validated: false,
            after: accuracy(&trained.classifier, &split.held_back),
            words: accuracy(&words, &split.held_back),
            before: earlier.map(|earlier| accuracy(earlier, &split.held_back)),
        }
    };
    Judged {
        classifier: trained.classifier,
        report: trained.report,
        own: split.own,
        train_seconds,
        scores,
    }
}

#[cfg(test)]
mod tests;
