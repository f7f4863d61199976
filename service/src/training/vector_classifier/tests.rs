//! Tests of the gate before a classifier that reads vectors.

use async_trait::async_trait;
use zhiwen_models::classifier::{Example, Options};

use super::*;
use crate::language::EncoderSource;
use crate::store;
use crate::store::suite::fixtures::{new_shop, time};
use crate::training::{Means, train as train_all};

/// Two characters that no other number has: words say nothing of each other.
fn unlike(number: u32) -> String {
    let character = |at: u32| char::from_u32(0x4e00 + at).unwrap_or('一');
    [character(number * 2), character(number * 2 + 1)]
        .iter()
        .collect()
}

/// The same after words of its intent.
fn plain(number: u32) -> String {
    let of_intent = if number.is_multiple_of(2) {
        "发票开具"
    } else {
        "退货寄回"
    };
    format!("{of_intent} {}", unlike(number))
}

/// Questions of two intents by turns, each with the words of its number and the
/// vector of its intent.
fn questions(
    numbers: std::ops::Range<u32>,
    words: impl Fn(u32) -> String,
    vector: impl Fn(bool) -> [f32; 2],
) -> Vec<Example> {
    let question = |number: u32| {
        let is_first = number.is_multiple_of(2);
        let label = if is_first {
            "process.invoice"
        } else {
            "process.return"
        };
        Example {
            text: Normalized::new(&words(number)),
            context: Vec::new(),
            label: label.to_owned(),
            weight: 1.0,
            vector: Some(vector(is_first).to_vec()),
        }
    };
    numbers.map(question).collect()
}

fn telling(is_first: bool) -> [f32; 2] {
    if is_first { [1.0, 0.0] } else { [0.0, 1.0] }
}

fn misleading(is_first: bool) -> [f32; 2] {
    telling(!is_first)
}

fn silent(_: bool) -> [f32; 2] {
    [1.0, 0.0]
}

fn scores(training: Vec<Example>, held_back: Vec<Example>) -> Scores {
    let by_words: Vec<Example> = training
        .iter()
        .map(|example| Example {
            vector: None,
            ..example.clone()
        })
        .collect();
    let words = zhiwen_models::classifier::train(&by_words, &[], &Options::default());
    let split = Split {
        own: training.len(),
        training,
        held_back,
        cues: Vec::new(),
    };
    let rivals = Rivals {
        words: Some(words.classifier),
        earlier: None,
    };
    judge(split, rivals).scores
}

#[test]
fn vectors_are_used_where_words_are_blind() {
    let training = questions(0..40, unlike, telling);
    let judged = scores(training, questions(40..64, unlike, telling));
    assert_eq!(judged.judged, 24);
    assert!(!judged.is_cross_validated);
    assert!(judged.after > 0.99, "{judged:?}");
    assert!(judged.words < 0.7, "{judged:?}");
    assert!(judged.is_better());
}

#[test]
fn one_that_does_no_better_than_words_is_not_put_in_use() {
    let training = questions(0..40, unlike, telling);
    let judged = scores(training, questions(40..64, unlike, misleading));
    assert!(judged.after < 0.1, "{judged:?}");
    assert!(!judged.is_better(), "{judged:?}");
    // Words tell everything already: a vector is not worth its wait.
    for vector in [telling as fn(bool) -> [f32; 2], silent] {
        let training = questions(0..40, plain, vector);
        let judged = scores(training, questions(40..64, plain, vector));
        assert!(judged.words > 0.99, "{judged:?}");
        assert!(!judged.is_better(), "{judged:?}");
    }
}

#[test]
fn with_little_held_back_every_example_judges_once() {
    let judged = scores(questions(0..40, unlike, telling), Vec::new());
    assert!(judged.is_cross_validated);
    assert_eq!((judged.judged, judged.before), (40, None));
    assert!(judged.is_better(), "{judged:?}");
    let judged = scores(questions(0..40, plain, silent), Vec::new());
    assert!(!judged.is_better(), "{judged:?}");
}

#[test]
fn the_one_in_use_stays_while_it_beats_words() {
    for (after, words, before, is_better, keeps_earlier) in [
        (0.9, 0.8, None, true, false),
        (0.8, 0.8, None, false, false),
        (0.9, 0.8, Some(0.9), true, true),
        (0.85, 0.8, Some(0.9), false, true),
        (0.7, 0.8, Some(0.8), false, false),
        (0.7, 0.8, Some(0.75), false, false),
    ] {
        let scores = Scores {
            judged: 100,
            is_cross_validated: false,
            after,
            words,
            before,
        };
        let found = (scores.is_better(), scores.keeps_earlier());
        assert_eq!(found, (is_better, keeps_earlier), "{scores:?}");
    }
}

struct Down(Identity);

#[async_trait]
impl Encoder for Down {
    fn identity(&self) -> &Identity {
        &self.0
    }

    async fn encode(&self, _: Side, _: &[Normalized]) -> Result<Vectors, EncoderError> {
        Err(EncoderError::Unavailable("on purpose".to_owned()))
    }
}

#[tokio::test]
async fn an_encoder_that_is_down_leaves_all_as_it_was() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let url = format!("sqlite:{}", folder.path().join("zhiwen.db").display());
    let store = store::open(&url).await.expect("a store");
    let shop = new_shop(&store).await;
    let encoders = EncoderSource::Shared(Arc::new(Down(Identity {
        name: "down".to_owned(),
        fingerprint: 7,
        dimensions: 2,
    })));
    let means = Means {
        encoders: &encoders,
        pairs: &[],
        minimum_confidence: 0.4,
    };
    let report = train_all(store.as_ref(), &shop, time(0), means).await;
    let report = report.expect("trained");
    assert_eq!(report.vector_classifier, Some(Outcome::NotEncoded));
    assert!(store.models(&shop).await.expect("models").is_empty());
}
