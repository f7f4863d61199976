//! Classification of labelled texts: any data set with a training part, or the
//! classifier that comes with the service on a test part of the shop taxonomy.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use zhiwen_models::classifier::{self, Classifier, Example, Input, Options};
use zhiwen_models::encoder::{Encoder, EncoderError, Side};
use zhiwen_models::metrics::{self, Outcome};
use zhiwen_models::text::Normalized;

/// A text with its label. Where several would do they are parted by `|`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// The text.
    pub text: String,
    /// What it is.
    pub label: String,
}

/// What is to be measured.
pub struct ClassifyTask {
    /// To train on.
    pub train: Vec<Labelled>,
    /// To measure on.
    pub test: Vec<Labelled>,
    /// The label of texts that are of none of the others.
    pub out_of_scope: Option<String>,
    /// What makes vectors beside the words; `None` for words alone.
    pub encoder: Option<Arc<dyn Encoder>>,
}

/// How well texts were classified.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassifyReport {
    /// Texts trained on.
    pub train: usize,
    /// Labels among them.
    pub labels: usize,
    /// Texts measured on.
    pub test: usize,
    /// The share of those in scope whose label was ranked first, whatever the threshold.
    pub accuracy: f64,
    /// The mean F1 over labels of the same.
    pub macro_f1: f64,
    /// Expected calibration error, ten bins.
    pub expected_calibration_error: f64,
    /// With out-of-scope texts among the test part: what one threshold gives,
    /// chosen from the training part alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_threshold: Option<ThresholdReport>,
    /// Seconds that training took.
    pub train_seconds: f64,
}

/// What one threshold gives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThresholdReport {
    /// The threshold.
    pub threshold: f64,
    /// Of texts in scope, the share classified right and not abstained from.
    pub in_scope_accuracy: f64,
    /// Of texts out of scope, the share abstained from.
    pub out_of_scope_recall: f64,
    /// Matthews' correlation coefficient, out of scope as one more label.
    pub matthews_correlation: f64,
}

/// What a measurement came to.
pub struct Classified {
    /// The figures.
    pub report: ClassifyReport,
    /// What was classified wrong.
    pub failures: Vec<Failure>,
    /// What each test text was taken for, in their order.
    pub verdicts: Vec<Verdict>,
}

/// What a test text was taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What it is: what it was taken for where several labels would do.
    pub expected: String,
    /// What it was taken for, whatever the threshold.
    pub found: String,
    /// Whether that was below the threshold.
    pub abstained: bool,
    /// Whether it is of one of the labels.
    pub in_scope: bool,
}

/// Trains and measures.
///
/// # Errors
/// When the encoder fails.
pub async fn classify(task: &ClassifyTask) -> Result<Classified, EncoderError> {
    let in_scope = |labelled: &&Labelled| Some(&labelled.label) != task.out_of_scope.as_ref();
    let train: Vec<&Labelled> = task.train.iter().filter(in_scope).collect();
    let examples = examples(&train, task.encoder.as_deref()).await?;
    let started = std::time::Instant::now();
    let trained =
        tokio::task::block_in_place(|| classifier::train(&examples, &[], &Options::default()));
    let train_seconds = started.elapsed().as_secs_f64();
    let test_texts = normalized(task.test.iter());
    let test_vectors = vectors(task.encoder.as_deref(), &test_texts).await?;
    let inputs: Vec<(Normalized, Option<Vec<f32>>)> =
        test_texts.into_iter().zip(test_vectors).collect();
    let judged = judge(&trained.classifier, task, &inputs);
    let report = ClassifyReport {
        train: train.len(),
        labels: trained.classifier.labels().len(),
        test: task.test.len(),
        train_seconds,
        ..report(&judged, &trained.classifier, task.out_of_scope.as_deref())
    };
    Ok(Classified {
        report,
        failures: failures(&judged),
        verdicts: judged.iter().map(Judged::verdict).collect(),
    })
}

/// How much a label's own name counts as an example of it: words of a person
/// who knew what was meant.
const NAME_WEIGHT: f32 = 0.4;

async fn examples(
    train: &[&Labelled],
    encoder: Option<&dyn Encoder>,
) -> Result<Vec<Example>, EncoderError> {
    let labels: BTreeSet<&str> = train
        .iter()
        .map(|labelled| labelled.label.as_str())
        .collect();
    let names = labels
        .into_iter()
        .map(|label| (label.replace(['_', '.', '-'], " "), label, NAME_WEIGHT));
    let texts = train
        .iter()
        .map(|labelled| (labelled.text.clone(), labelled.label.as_str(), 1.0))
        .chain(names);
    let (mut known, mut normal) = (Vec::new(), Vec::new());
    for (text, label, weight) in texts {
        known.push((label.to_owned(), weight));
        normal.push(Normalized::new(&text));
    }
    let vectors = vectors(encoder, &normal).await?;
    let examples = known.into_iter().zip(normal).zip(vectors);
    Ok(examples
        .map(|(((label, weight), text), vector)| Example {
            text,
            context: Vec::new(),
            label,
            weight,
            vector,
        })
        .collect())
}

/// A text that was classified wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    /// The text.
    pub text: String,
    /// What it is.
    pub expected: String,
    /// What it was taken for.
    pub found: String,
    /// How sure that was.
    pub confidence: f32,
}

/// One test text and what was made of it.
struct Judged<'a> {
    labelled: &'a Labelled,
    found: &'a str,
    confidence: f32,
    abstained: bool,
    in_scope: bool,
}

impl Judged<'_> {
    fn is_right(&self) -> bool {
        self.labelled
            .label
            .split('|')
            .any(|label| label == self.found)
    }

    /// What it is: what it was taken for where several labels would do.
    fn expected(&self) -> &str {
        if self.is_right() {
            self.found
        } else {
            &self.labelled.label
        }
    }

    fn verdict(&self) -> Verdict {
        Verdict {
            expected: self.expected().to_owned(),
            found: self.found.to_owned(),
            abstained: self.abstained,
            in_scope: self.in_scope,
        }
    }
}

fn judge<'a>(
    classifier: &'a Classifier,
    task: &'a ClassifyTask,
    inputs: &[(Normalized, Option<Vec<f32>>)],
) -> Vec<Judged<'a>> {
    let judged = task
        .test
        .iter()
        .zip(inputs)
        .map(|(labelled, (text, vector))| {
            let input = Input {
                text,
                context: &[],
                context_weight: 0.0,
                vector: vector.as_deref(),
            };
            let classification = classifier.classify(input);
            let (label, confidence) = classification.ranked.first().copied().unwrap_or((0, 0.0));
            Judged {
                labelled,
                found: classifier.labels().get(label).map_or("", String::as_str),
                confidence,
                abstained: classification.out_of_scope,
                in_scope: Some(&labelled.label) != task.out_of_scope.as_ref(),
            }
        });
    judged.collect()
}

fn report(
    judged: &[Judged<'_>],
    classifier: &Classifier,
    out_of_scope: Option<&str>,
) -> ClassifyReport {
    let known: Vec<&Judged<'_>> = judged.iter().filter(|judged| judged.in_scope).collect();
    let truth: Vec<&str> = known.iter().map(|judged| judged.expected()).collect();
    let found: Vec<&str> = known.iter().map(|judged| judged.found).collect();
    let outcomes: Vec<Outcome> = known
        .iter()
        .map(|judged| Outcome {
            confidence: f64::from(judged.confidence),
            right: judged.is_right(),
        })
        .collect();
    let has_strangers = known.len() < judged.len();
    ClassifyReport {
        train: 0,
        labels: 0,
        test: 0,
        accuracy: metrics::accuracy(&truth, &found),
        macro_f1: metrics::macro_f1(&truth, &found),
        expected_calibration_error: metrics::expected_calibration_error(&outcomes, 10),
        with_threshold: out_of_scope
            .filter(|_| has_strangers)
            .map(|label| with_threshold(judged, classifier, label)),
        train_seconds: 0.0,
    }
}

fn with_threshold(
    judged: &[Judged<'_>],
    classifier: &Classifier,
    out_of_scope: &str,
) -> ThresholdReport {
    let share = |part: usize, whole: usize| {
        #[expect(clippy::cast_precision_loss, reason = "counts of texts are small")]
        let share = part as f64 / whole.max(1) as f64;
        share
    };
    let known = judged.iter().filter(|judged| judged.in_scope);
    let strangers = judged.iter().filter(|judged| !judged.in_scope);
    let right = known
        .clone()
        .filter(|judged| judged.is_right() && !judged.abstained);
    let caught = strangers.clone().filter(|judged| judged.abstained);
    let truth: Vec<&str> = judged
        .iter()
        .map(|judged| judged.labelled.label.as_str())
        .collect();
    let found: Vec<&str> = judged
        .iter()
        .map(|judged| {
            if judged.abstained {
                out_of_scope
            } else {
                judged.found
            }
        })
        .collect();
    ThresholdReport {
        threshold: f64::from(classifier.threshold()),
        in_scope_accuracy: share(right.count(), known.count()),
        out_of_scope_recall: share(caught.count(), strangers.count()),
        matthews_correlation: metrics::matthews_correlation(&truth, &found),
    }
}

fn failures(judged: &[Judged<'_>]) -> Vec<Failure> {
    let wrong = judged
        .iter()
        .filter(|judged| judged.in_scope && !judged.is_right());
    wrong
        .map(|judged| Failure {
            text: judged.labelled.text.clone(),
            expected: judged.labelled.label.clone(),
            found: judged.found.to_owned(),
            confidence: judged.confidence,
        })
        .collect()
}

fn normalized<'a>(labelled: impl Iterator<Item = &'a Labelled>) -> Vec<Normalized> {
    labelled
        .map(|labelled| Normalized::new(&labelled.text))
        .collect()
}

/// Texts sent to an encoder at a time.
const BATCH: usize = 64;

/// One vector a text, or none of any.
///
/// # Errors
/// When the encoder fails.
pub async fn vectors(
    encoder: Option<&dyn Encoder>,
    texts: &[Normalized],
) -> Result<Vec<Option<Vec<f32>>>, EncoderError> {
    let Some(encoder) = encoder else {
        return Ok(vec![None; texts.len()]);
    };
    let mut vectors = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH) {
        let encoded = encoder.encode(Side::Question, batch).await?;
        vectors.extend(encoded.rows().map(|row| Some(row.to_vec())));
    }
    Ok(vectors)
}

/// Takes `shots` texts of each label, the first in an order that a hash of
/// their text gives, and the rest apart.
pub fn few_shot(all: Vec<Labelled>, shots: usize, seed: u64) -> (Vec<Labelled>, Vec<Labelled>) {
    let mut by_hash = all;
    by_hash.sort_by_cached_key(|labelled| (place(&labelled.text, seed), labelled.text.clone()));
    let mut taken: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    by_hash.into_iter().partition(|labelled| {
        let count = taken.entry(labelled.label.clone()).or_default();
        *count += 1;
        *count <= shots
    })
}

/// Parts one in `parts` texts off, by a hash of their text.
pub fn hold_out(all: Vec<Labelled>, parts: u64, seed: u64) -> (Vec<Labelled>, Vec<Labelled>) {
    all.into_iter()
        .partition(|labelled| !place(&labelled.text, seed).is_multiple_of(parts))
}

/// FNV-1a over seed and text: the same in every process.
fn place(text: &str, seed: u64) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(text.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // Its low bits alone are weak.
    hash ^ (hash >> 32)
}
