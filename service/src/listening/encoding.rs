//! Vectors of many questions, from an encoder that may be full or down for a moment.

use std::time::Duration;

use tokio::task::spawn_blocking;
use zhiwen_models::encoder::{Encoder, EncoderError, Side, Vectors};
use zhiwen_models::text::Normalized;

use crate::catalog::Searchable;
use crate::domain::causes::with_causes;
use crate::language::ShopEncoder;

/// Questions encoded at a time.
const BATCH: usize = 128;

/// Pauses before a batch that failed is tried again, where nobody waits: a
/// clustering by words alone would move a whole shop's questions about.
pub(super) const OF_A_JOB: &[Duration] = &[Duration::from_secs(2), Duration::from_secs(10)];

/// Where new questions wait for theirs.
pub(super) const NONE: &[Duration] = &[];

/// The encoder's vectors, row after row, with its name and fingerprint; none
/// where the shop has no encoder, or it failed after all `pauses` too: words
/// alone are compared then.
pub(super) async fn encoded(
    searchable: &Searchable,
    texts: &[Normalized],
    pauses: &[Duration],
) -> (Vec<f32>, Option<(String, u64)>) {
    let encoder = searchable.language.encoder().clone();
    let Some(identity) = encoder.identity().cloned() else {
        return (Vec::new(), None);
    };
    let named = (identity.name, identity.fingerprint);
    match encoder {
        ShopEncoder::None => (Vec::new(), None),
        ShopEncoder::Own(encoder) => {
            let texts = texts.to_vec();
            let encode = move || encoder.encode_all(&texts).into_iter().flatten().collect();
            match spawn_blocking(encode).await {
                Ok(vectors) => (vectors, Some(named)),
                Err(_) => (Vec::new(), None),
            }
        }
        ShopEncoder::Shared(encoder) => {
            let mut vectors = Vec::with_capacity(texts.len() * identity.dimensions);
            for batch in texts.chunks(BATCH) {
                match patiently(encoder.as_ref(), batch, pauses).await {
                    Ok(encoded) => vectors.extend(encoded.rows().flatten()),
                    Err(error) => {
                        tracing::warn!(
                            error = %with_causes(&error),
                            attempts = pauses.len() + 1,
                            "questions are clustered by their words alone"
                        );
                        return (Vec::new(), None);
                    }
                }
            }
            (vectors, Some(named))
        }
    }
}

/// Vectors of questions, asked for again after each of `pauses`.
///
/// # Errors
/// The last attempt's.
pub(super) async fn patiently(
    encoder: &dyn Encoder,
    questions: &[Normalized],
    pauses: &[Duration],
) -> Result<Vectors, EncoderError> {
    for pause in pauses {
        match encoder.encode(Side::Question, questions).await {
            Err(EncoderError::Overloaded | EncoderError::Unavailable(_)) => {
                tokio::time::sleep(*pause).await;
            }
            // What is malformed once is malformed again.
            encoded => return encoded,
        }
    }
    encoder.encode(Side::Question, questions).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use zhiwen_models::encoder::Identity;

    use super::*;

    /// Fails so often, and then works.
    struct Failing {
        identity: Identity,
        failures: usize,
        calls: AtomicUsize,
    }

    #[async_trait]
    impl Encoder for Failing {
        fn identity(&self) -> &Identity {
            &self.identity
        }

        async fn encode(&self, _: Side, texts: &[Normalized]) -> Result<Vectors, EncoderError> {
            match self.calls.fetch_add(1, Ordering::Relaxed) {
                call if call < self.failures => Err(EncoderError::Overloaded),
                _ => Vectors::new(2, [0.6, 0.8].repeat(texts.len())),
            }
        }
    }

    #[tokio::test]
    async fn a_batch_is_tried_again_before_it_is_given_up() {
        let questions = ["几时发货", "开发票"].map(Normalized::new);
        for (failures, pauses, calls, is_encoded) in [
            (0, 2, 1, true),
            (2, 2, 3, true),
            (3, 2, 3, false),
            (1, 0, 1, false),
        ] {
            let encoder = Failing {
                identity: Identity {
                    name: "failing".to_owned(),
                    fingerprint: 1,
                    dimensions: 2,
                },
                failures,
                calls: AtomicUsize::new(0),
            };
            let pauses = vec![Duration::ZERO; pauses];
            let encoded = patiently(&encoder, &questions, &pauses).await;
            assert_eq!(encoded.is_ok_and(|rows| rows.len() == 2), is_encoded);
            assert_eq!(encoder.calls.load(Ordering::Relaxed), calls, "{failures}");
        }
    }
}
