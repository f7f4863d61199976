//! Training a shop's classifier, and the gate that a new one has to pass.

use std::sync::Arc;

use serde_json::json;
use zhiwen_models::classifier::{self, Classifier, Example, Input, shop};
use zhiwen_models::metrics;

use super::{Comparison, Outcome, TrainError, Trainee};
use crate::domain::language::{ModelKind, NewModel};
use crate::language::base;
use crate::language::examples::{Split, split};

/// With fewer examples of its own a shop is served by what comes with the service.
const FEWEST_OWN_EXAMPLES: usize = 20;

/// With fewer wordings held back an accuracy is a coin's toss.
pub(super) const FEWEST_HELD_BACK: usize = 20;

/// Trains a classifier on the day-one examples and the shop's own, and puts it
/// in use unless it does worse than the one in use on wordings that neither has seen.
///
/// # Errors
/// When the store fails.
pub(super) async fn train(trainee: &Trainee<'_>) -> Result<Outcome, TrainError> {
    let learned_from = trainee.material.fingerprint();
    if trainee
        .has_learned(ModelKind::Classifier, &learned_from)
        .await?
    {
        return Ok(Outcome::Unchanged);
    }
    let split = split(trainee.material);
    let has_settings = trainee.material.intents.settings().next().is_some();
    if split.own < FEWEST_OWN_EXAMPLES && !has_settings {
        return Ok(Outcome::TooLittle {
            examples: split.own,
            needed: FEWEST_OWN_EXAMPLES,
        });
    }
    let in_use = trainee
        .store
        .model_in_use(trainee.shop, ModelKind::Classifier);
    // One that cannot be read is not in use: loading it has logged that.
    let in_use = in_use
        .await?
        .and_then(|(_, body)| Classifier::from_bytes(&body).ok());
    let judged = tokio::task::spawn_blocking(move || judge(&split, in_use)).await?;
    // Intents of the shop's own are known to nothing that was in use: without
    // enough of its wordings to judge by they have to be believed.
    let is_used = judged.held_back < FEWEST_HELD_BACK || judged.after >= judged.before;
    let report = json!({
        "learned_from": learned_from,
        "own_examples": judged.own,
        "examples": judged.report.examples,
        "cross_validated_accuracy": judged.report.accuracy,
        "cross_validated_macro_f1": judged.report.macro_f1,
        "expected_calibration_error": judged.report.expected_calibration_error,
        "held_back": judged.held_back,
        "held_back_accuracy": judged.after,
        "held_back_accuracy_before": judged.before,
    });
    let model = NewModel {
        kind: ModelKind::Classifier,
        body: judged.body,
        report,
        is_used,
        at: trainee.at,
    };
    let comparison = Comparison {
        version: trainee.store.add_model(trainee.shop, &model).await?,
        held_back: judged.held_back,
        score: judged.after,
        score_before: judged.before,
    };
    Ok(if is_used {
        Outcome::InUse(comparison)
    } else {
        Outcome::Refused(comparison)
    })
}

struct Judged {
    body: Vec<u8>,
    report: classifier::Report,
    own: usize,
    held_back: usize,
    after: f64,
    before: f64,
}

fn judge(split: &Split, in_use: Option<Classifier>) -> Judged {
    let trained = shop::train(&split.training, &split.cues);
    let before = in_use.map_or_else(base::get_or_train, Arc::new);
    Judged {
        body: trained.classifier.to_bytes(),
        report: trained.report,
        own: split.own,
        held_back: split.held_back.len(),
        after: accuracy(&trained.classifier, &split.held_back),
        before: accuracy(&before, &split.held_back),
    }
}

/// The share of examples whose label comes first, told by what each has.
pub(super) fn accuracy(classifier: &Classifier, examples: &[Example]) -> f64 {
    let truth: Vec<&str> = examples
        .iter()
        .map(|example| example.label.as_str())
        .collect();
    let predicted: Vec<&str> = examples
        .iter()
        .map(|example| {
            let input = Input {
                text: &example.text,
                context: &example.context,
                context_weight: 0.0,
                vector: example.vector.as_deref(),
            };
            let best = classifier.classify(input).ranked.first().copied();
            let label = best.and_then(|(label, _)| classifier.labels().get(label));
            label.map_or("", String::as_str)
        })
        .collect();
    metrics::accuracy(&truth, &predicted)
}
