//! What knowledge says of questions, by the same search as a suggestion's: which
//! of the recurring ones an approved item answers, and what each question means.

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

/// For each question the id of the item that answers it with its confidence,
/// at or above the shop's threshold.
///
/// # Errors
/// When searching panicked. A question whose search fails counts as not answered.
pub async fn answers(
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
