//! What knowledge says of questions, by the same search as a suggestion's: which
//! of the recurring ones an approved item answers, and what each question means.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio::task::spawn_blocking;
use zhiwen_models::cluster::Meaning;
use zhiwen_models::encoder::Encoder;
use zhiwen_models::text::Normalized;

use super::compass::place_of;
use super::encoding::{self, patiently};
use crate::answering::{Encoded, Prepared, Query, find, prepare};
use crate::catalog::Searchable;
use crate::domain::knowledge::Status;
use crate::language::ShopEncoder;

/// Questions encoded at a time.
const BATCH: usize = 64;

/// The share of a recurring question's wordings, by how often they were asked,
/// that an item has to answer. Paraphrases are often missed, so no more.
const LEAST_ANSWERED: f32 = 1.0 / 3.0;

/// A wording, and how often it was asked.
pub type Voice = (String, f32);

/// For each recurring question the id of the item that answers it with its
/// confidence: the item that answers the most of its `voices`, a third of them
/// at least. What a person named the question says nothing of what is asked.
///
/// # Errors
/// When searching panicked. A wording whose search fails counts as not answered.
pub async fn answered(
    searchable: &Searchable,
    voices: &[Vec<Voice>],
    threshold: (f32, Timestamp),
) -> Result<Vec<Option<(String, f32)>>, tokio::task::JoinError> {
    let texts = voices.iter().flatten().map(|(text, _)| text.clone());
    let mut found = answers(searchable, texts.collect(), threshold)
        .await?
        .into_iter();
    let answer = |voices: &Vec<Voice>| {
        let found: Vec<_> = found.by_ref().take(voices.len()).collect();
        prevailing(voices, found)
    };
    Ok(voices.iter().map(answer).collect())
}

/// The item that answers the most, with its mean confidence there.
fn prevailing(voices: &[Voice], found: Vec<Option<(String, f32)>>) -> Option<(String, f32)> {
    let asked: f32 = voices.iter().map(|(_, times)| times).sum();
    let mut items: BTreeMap<String, (f32, f32)> = BTreeMap::new();
    for ((_, times), answer) in voices.iter().zip(found) {
        if let Some((item, confidence)) = answer {
            let (answered, sum) = items.entry(item).or_default();
            *answered += times;
            *sum += times * confidence;
        }
    }
    let (item, (times, sum)) = items
        .into_iter()
        .max_by(|(_, left), (_, right)| left.0.total_cmp(&right.0))?;
    (times >= LEAST_ANSWERED * asked).then_some((item, sum / times))
}

/// For each question the id of the item that answers it with its confidence,
/// at or above the shop's threshold.
async fn answers(
    searchable: &Searchable,
    questions: Vec<String>,
    (minimum_confidence, now): (f32, Timestamp),
) -> Result<Vec<Option<(String, f32)>>, tokio::task::JoinError> {
    let minimum = searchable
        .language
        .minimum_confidence()
        .unwrap_or(minimum_confidence);
    let owned = searchable.clone();
    let prepared: Vec<Prepared> = spawn_blocking(move || {
        let questions = questions.iter();
        questions
            .map(|text| prepare(&owned, &best_at(text, now)))
            .collect()
    })
    .await?;
    let encoded = encode(searchable, &prepared).await;
    let owned = searchable.clone();
    spawn_blocking(move || {
        let questions = prepared.into_iter().zip(encoded);
        questions
            .map(|(prepared, encoded)| {
                let found = find(&owned, prepared, encoded).ok()?.found;
                let best = found.into_iter().next()?;
                (best.confidence >= minimum).then_some((best.item.id, best.confidence))
            })
            .collect()
    })
    .await
}

/// What each question means: its intents, and the item that would answer it,
/// found by words alone. Some tenths of a millisecond each.
pub fn meanings<'a>(
    searchable: &Searchable,
    questions: impl Iterator<Item = &'a str>,
    now: Timestamp,
) -> Vec<Meaning> {
    let meaning = |text| {
        let prepared = prepare(searchable, &best_at(text, now));
        let said = prepared.text.clone();
        let rest = (said != Normalized::new(text)).then_some(said);
        let Ok(retrieved) = find(searchable, prepared, Encoded::Lexical) else {
            return Meaning::default();
        };
        let ranked = retrieved.reading.ranked.iter();
        let best = retrieved.found.into_iter().next();
        Meaning {
            intents: ranked
                .filter_map(|(intent, probability)| {
                    Some((place_of(intent.as_str())?, *probability))
                })
                .collect(),
            answer: best.map(|best| (best.item.id, best.confidence)),
            rest,
        }
    };
    questions.map(meaning).collect()
}

/// The question for the one item that answers it best now.
fn best_at(text: &str, now: Timestamp) -> Query<'_> {
    Query {
        text,
        status: Some(Status::Approved),
        at: Some(now),
        limit: 1,
        ..Query::default()
    }
}

async fn encode(searchable: &Searchable, prepared: &[Prepared]) -> Vec<Encoded> {
    let lexical = || vec![Encoded::Lexical; prepared.len()];
    match searchable.encoder() {
        ShopEncoder::None => lexical(),
        ShopEncoder::Own(encoder) => prepared
            .iter()
            .map(|prepared| {
                let vector = encoder.encode_one(&prepared.text);
                Encoded::Vector(vector, encoder.identity().clone())
            })
            .collect(),
        ShopEncoder::Shared(encoder) => {
            let mut all = Vec::with_capacity(prepared.len());
            for batch in prepared.chunks(BATCH) {
                let texts: Vec<Normalized> =
                    batch.iter().map(|prepared| prepared.text.clone()).collect();
                match patiently(encoder.as_ref(), &texts, encoding::OF_A_JOB).await {
                    Ok(vectors) => all.extend(vectors.rows().map(|vector| {
                        Encoded::Vector(vector.to_vec(), encoder.identity().clone())
                    })),
                    Err(_) => return lexical(),
                }
            }
            all
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_answers_a_question_that_it_answers_a_third_of() {
        let voices: Vec<Voice> = [("胀罐了", 2.0), ("罐头鼓了", 2.0), ("罐头多少钱", 1.0)]
            .map(|(text, times)| (text.to_owned(), times))
            .to_vec();
        let price = Some(("price".to_owned(), 0.6));
        let swollen = |confidence| Some(("swollen".to_owned(), confidence));
        let found = |answers: [Option<(String, f32)>; 3]| prevailing(&voices, answers.to_vec());
        assert_eq!(found([None, None, price.clone()]), None);
        assert_eq!(found([None, None, None]), None);
        assert_eq!(found([None, swollen(0.5), price.clone()]), swollen(0.5));
        assert_eq!(found([swollen(0.75), swollen(0.25), price]), swollen(0.5));
    }
}
