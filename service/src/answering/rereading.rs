//! Reading a question a second time: its words are read at once, and again with
//! its vector when that has come for the search. No other vector is made.

use zhiwen_models::classifier::shop::{Earlier, Speaker};
use zhiwen_models::text::Normalized;

use super::{Encoded, Query, encoded_text, last_characters};
use crate::catalog::Searchable;
use crate::language::{Reading, ShopEncoder};

/// A question as it was read, kept until its vector has come.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    text: String,
    before: Vec<(Speaker, String)>,
}

impl Asked {
    /// What `query` asks; `None` where the shop has no classifier that reads vectors.
    pub(super) fn of(searchable: &Searchable, query: &Query<'_>) -> Option<Self> {
        let before = query.before.iter();
        searchable.language.reads_vectors().then(|| Self {
            text: query.text.to_owned(),
            before: before
                .map(|earlier| (earlier.speaker, earlier.text.to_owned()))
                .collect(),
        })
    }

    /// Reads it with its vector; `None` where there is none, or none that the
    /// classifier has learned with.
    pub(super) fn read_again(&self, searchable: &Searchable, encoded: &Encoded) -> Option<Reading> {
        let Encoded::Vector(vector, encoder) = encoded else {
            return None;
        };
        let before: Vec<Earlier<'_>> = self
            .before
            .iter()
            .map(|(speaker, text)| Earlier {
                speaker: *speaker,
                text,
            })
            .collect();
        searchable
            .language
            .read_with_vector(&self.text, &before, (vector, encoder))
    }
}

/// Reads a question that was heard and is not searched for: with its vector
/// where that takes microseconds, else by its words. A million turns are not to
/// wait for a model.
pub fn read_heard(searchable: &Searchable, query: &Query<'_>) -> Reading {
    with_its_vector(searchable, query)
        .unwrap_or_else(|| searchable.language.read(query.text, query.before))
}

fn with_its_vector(searchable: &Searchable, query: &Query<'_>) -> Option<Reading> {
    let language = &searchable.language;
    let ShopEncoder::Shared(encoder) = language.encoder() else {
        return None;
    };
    if !language.reads_vectors() {
        return None;
    }
    let normalized = |text: &str| Normalized::new(last_characters(text));
    let mentions = searchable.terminology.mentions(&normalized(query.text));
    let context = query.context.map(normalized);
    let vector = encoder.at_once(&encoded_text(context.as_ref(), &mentions.rest))?;
    language.read_with_vector(query.text, query.before, (&vector, encoder.identity()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    use async_trait::async_trait;
    use zhiwen_index::fusion::Fusion;
    use zhiwen_models::classifier::{Classifier, Example, Options, train};
    use zhiwen_models::encoder::{Encoder, EncoderError, Identity, Side, Vectors};

    use super::*;
    use crate::answering::live::{Bench, owned, search};
    use crate::answering::{Retrieved, prepare};
    use crate::catalog::{Knowledge, standalone};
    use crate::domain::knowledge::KnowledgeItem;
    use crate::domain::shop::Vocabulary;
    use crate::domain::suggestion::Degraded;
    use crate::language::{Language, VectorClassifier};
    use crate::pool::Pool;
    use crate::store::suite::fixtures::{content, id, shop, time};

    const FINGERPRINT: u64 = 7;

    /// Knows what is about invoices, whatever the words.
    struct Stub {
        identity: Identity,
        is_down: AtomicBool,
        is_quick: AtomicBool,
        questions: AtomicUsize,
    }

    impl Stub {
        fn new() -> Arc<Self> {
            Arc::new(Self {
                identity: Identity {
                    name: "stub".to_owned(),
                    fingerprint: FINGERPRINT,
                    dimensions: 2,
                },
                is_down: AtomicBool::new(false),
                is_quick: AtomicBool::new(false),
                questions: AtomicUsize::new(0),
            })
        }
    }

    fn vector(text: &str) -> [f32; 2] {
        let is_about_invoices = text.contains("发票") || text.contains("税号");
        if is_about_invoices {
            [1.0, 0.0]
        } else {
            [0.0, 1.0]
        }
    }

    #[async_trait]
    impl Encoder for Stub {
        fn identity(&self) -> &Identity {
            &self.identity
        }

        async fn encode(&self, side: Side, texts: &[Normalized]) -> Result<Vectors, EncoderError> {
            if side == Side::Question {
                self.questions.fetch_add(1, Ordering::Relaxed);
            }
            if self.is_down.load(Ordering::Relaxed) {
                return Err(EncoderError::Unavailable("on purpose".to_owned()));
            }
            let values = texts.iter().flat_map(|text| vector(text.as_str()));
            Vectors::new(2, values.collect())
        }

        fn at_once(&self, question: &Normalized) -> Option<Vec<f32>> {
            let is_quick = self.is_quick.load(Ordering::Relaxed);
            is_quick.then(|| vector(question.as_str()).to_vec())
        }
    }

    /// The words of returns are the lexical classifier's only guess.
    fn classifier(has_vectors: bool) -> Classifier {
        let mut examples = Vec::new();
        for number in 0..6 {
            for (text, label) in [
                (format!("发票开具{number}"), "process.invoice"),
                (format!("退货寄回那张单子{number}"), "process.return"),
            ] {
                examples.push(Example {
                    vector: has_vectors.then(|| vector(&text).to_vec()),
                    text: Normalized::new(&text),
                    context: Vec::new(),
                    label: label.to_owned(),
                    weight: 1.0,
                });
            }
        }
        train(&examples, &[], &Options::default()).classifier
    }

    async fn searchable(
        encoder: &Arc<Stub>,
        learned_with: u64,
        folder: &std::path::Path,
    ) -> Searchable {
        let shared = ShopEncoder::Shared(Arc::clone(encoder) as Arc<dyn Encoder>);
        let learned = VectorClassifier {
            encoder: learned_with,
            classifier: classifier(true),
        };
        let language = Language::of_parts(shared, Fusion::default())
            .with_classifiers(classifier(false), learned);
        let item = KnowledgeItem {
            id: id("invoice"),
            version: 1,
            content: content("发票什么时候开"),
            created_at: time(0),
            updated_at: time(0),
            updated_by: "test".to_owned(),
        };
        let knowledge = Knowledge {
            shop: shop(),
            items: vec![item],
            vocabulary: Vocabulary::default(),
        };
        standalone(folder.join("index"), knowledge, Arc::new(language))
            .await
            .expect("indexed")
    }

    fn asked() -> Query<'static> {
        Query {
            text: "那张单子的税号写错",
            ..Query::default()
        }
    }

    async fn ask(searchable: &Searchable) -> (Retrieved, Vec<Degraded>) {
        let pool = Pool::start(1, 4).expect("started");
        let bench = Bench {
            pool: &pool,
            encode_timeout: Duration::from_secs(60),
        };
        let query = owned(|searchable| {
            let query = Query {
                limit: 3,
                ..asked()
            };
            prepare(searchable, &query)
        });
        let found = search(bench, searchable.clone(), query).await;
        found.expect("searched")
    }

    fn intent(reading: &Reading) -> &str {
        let first = reading.ranked.first();
        first.map_or("", |(intent, _)| intent.as_str())
    }

    #[tokio::test]
    async fn a_question_is_read_with_the_vector_that_was_made_for_its_search() {
        let (encoder, folder) = (Stub::new(), tempfile::tempdir().expect("a folder"));
        let searchable = searchable(&encoder, FINGERPRINT, folder.path()).await;
        let (retrieved, degraded) = ask(&searchable).await;
        assert_eq!(intent(&retrieved.reading), "process.invoice");
        assert!(degraded.is_empty());
        assert_eq!(encoder.questions.load(Ordering::Relaxed), 1);
        // The item has that intent: its score is of the second reading.
        let agreement = retrieved.found[0].parts.intent.expect("compared");
        assert!(agreement > 0.5, "{agreement}");
        // Down, the words stand as they were read.
        encoder.is_down.store(true, Ordering::Relaxed);
        let (retrieved, degraded) = ask(&searchable).await;
        assert_eq!(intent(&retrieved.reading), "process.return");
        assert_eq!(degraded, [Degraded::Encoder]);
    }

    #[tokio::test]
    async fn what_is_heard_waits_for_no_vector() {
        let (encoder, folder) = (Stub::new(), tempfile::tempdir().expect("a folder"));
        let searchable = searchable(&encoder, FINGERPRINT, folder.path()).await;
        assert_eq!(intent(&read_heard(&searchable, &asked())), "process.return");
        encoder.is_quick.store(true, Ordering::Relaxed);
        assert_eq!(
            intent(&read_heard(&searchable, &asked())),
            "process.invoice"
        );
        assert_eq!(encoder.questions.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn what_learned_with_another_encoder_reads_nothing() {
        let (encoder, folder) = (Stub::new(), tempfile::tempdir().expect("a folder"));
        let searchable = searchable(&encoder, FINGERPRINT + 1, folder.path()).await;
        let (retrieved, degraded) = ask(&searchable).await;
        assert_eq!(intent(&retrieved.reading), "process.return");
        assert!(degraded.is_empty());
    }
}
