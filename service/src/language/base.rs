//! The classifier that a shop has on its first day, trained on the examples in `config/examples`.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};
use zhiwen_models::classifier::examples::day_one;
use zhiwen_models::classifier::{Classifier, shop};
use zhiwen_models::text::lexicon_fingerprint;

use crate::domain::causes::with_causes;

/// The same for every shop and every service of this process.
static TRAINED: OnceLock<Arc<Classifier>> = OnceLock::new();

/// The classifier, once there is one.
pub fn trained() -> Option<Arc<Classifier>> {
    TRAINED.get().cloned()
}

/// The classifier; trains it first where nobody has. Takes seconds of
/// computing: not for an async worker.
pub fn get_or_train() -> Arc<Classifier> {
    let trained = TRAINED.get_or_init(|| Arc::new(shop::day_one_classifier()));
    Arc::clone(trained)
}

/// The same, kept in `file` from start to start. A file that is missing,
/// damaged or of other examples is written anew.
pub fn load_or_train(file: &Path) -> Arc<Classifier> {
    if let Some(trained) = trained() {
        return trained;
    }
    let kept = std::fs::read(file).ok();
    if let Some(classifier) = kept.and_then(|bytes| read(&bytes)) {
        return Arc::clone(TRAINED.get_or_init(|| Arc::new(classifier)));
    }
    let trained = get_or_train();
    if let Err(error) = write(file, &trained) {
        tracing::warn!(
            error = %with_causes(&error),
            "trained classifier cannot be kept: the next start trains it again"
        );
    }
    trained
}

/// The fingerprint of the examples stands before the classifier.
fn read(bytes: &[u8]) -> Option<Classifier> {
    let (kept, body) = bytes.split_first_chunk::<8>()?;
    (u64::from_le_bytes(*kept) == fingerprint())
        .then(|| Classifier::from_bytes(body).ok())
        .flatten()
}

fn write(file: &Path, classifier: &Classifier) -> std::io::Result<()> {
    let mut bytes = fingerprint().to_le_bytes().to_vec();
    bytes.extend(classifier.to_bytes());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let unfinished = file.with_extension("part");
    std::fs::write(&unfinished, bytes)?;
    std::fs::rename(&unfinished, file)
}

/// A hash of the examples that come with the service.
pub(super) fn fingerprint() -> u64 {
    let mut digest = Sha256::new();
    let set = day_one();
    for example in &set.examples {
        digest.update(example.label.as_bytes());
        digest.update([0]);
        digest.update(example.text.as_str().as_bytes());
        digest.update([0]);
    }
    for cue in &set.cues {
        digest.update(cue.label.as_bytes());
        digest.update([0]);
        digest.update(cue.phrase.as_bytes());
        digest.update([0]);
    }
    digest.update(lexicon_fingerprint().to_le_bytes());
    digest.update(shop::DAY_ONE.temperature.to_le_bytes());
    digest.update(shop::DAY_ONE.threshold.to_le_bytes());
    let digest = digest.finalize();
    let (first, _) = digest.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    u64::from_le_bytes(*first)
}
