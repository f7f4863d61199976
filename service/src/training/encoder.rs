//! Training a shop's static encoder, and the exam that it has to pass: the
//! shop's own search has to find more with it than with what is in use.

use std::sync::Arc;

use serde_json::json;
use zhiwen_index::fusion::Fusion;
use zhiwen_models::lexical::{Pair, StaticEncoder, TrainOptions};
use zhiwen_models::text::Normalized;

use super::{Comparison, Outcome, TrainError, Trainee};
use crate::catalog::{Knowledge, standalone};
use crate::domain::knowledge::KnowledgeItem;
use crate::domain::language::{ModelKind, NewModel};
use crate::evaluation::retrieve::{Answered, GoldenQuestion, ask};
use crate::language::examples::{stable_hash, wordings};
use crate::language::{Language, ShopEncoder};
use crate::store::StoreError;

/// Of the items with several wordings one in so many is for the exam: no
/// encoder ever learns which of its wordings mean the same.
const EXAM_ONE_IN: u64 = 5;

/// As `answering.minimum_confidence` is by default.
const SUGGESTED_FROM: f64 = 0.4;

/// With fewer questions an exam says nothing.
const FEWEST_QUESTIONS: usize = 20;

/// With more it takes longer and says no more.
const MOST_QUESTIONS: usize = 400;

/// Items of the exam's index.
const MOST_ITEMS: usize = 5_000;

/// Wordings of one item that are paired with each other.
const MOST_PAIRED_WORDINGS: usize = 5;

/// More pairs and texts take longer than they teach.
const MOST_LESSONS: usize = 100_000;
const MOST_TEXTS: usize = 100_000;

/// Trains an encoder on wordings of the same item, on verdicts and on `pairs`.
///
/// # Errors
/// When the store or the exam fails.
pub(super) async fn train(trainee: &Trainee<'_>, pairs: &[Pair]) -> Result<Outcome, TrainError> {
    let learned_from = trainee.material.fingerprint_with(pairs);
    if trainee
        .has_learned(ModelKind::Encoder, &learned_from)
        .await?
    {
        return Ok(Outcome::Unchanged);
    }
    let exam = Exam::of(&trainee.material.items);
    if exam.questions.len() < FEWEST_QUESTIONS {
        return Ok(Outcome::TooLittle {
            examples: exam.questions.len(),
            needed: FEWEST_QUESTIONS,
        });
    }
    let lessons = lessons(trainee, pairs);
    let texts = texts(&trainee.material.items);
    let count = lessons.len();
    let work = move || StaticEncoder::train(&texts, &lessons, &TrainOptions::default());
    let (encoder, training) = tokio::task::spawn_blocking(work).await?;
    let body = encoder.to_bytes();
    let in_use = trainee
        .store
        .model_in_use(trainee.shop, ModelKind::Encoder)
        .await?
        .and_then(|(_, body)| StaticEncoder::from_bytes(&body).ok())
        .map_or(ShopEncoder::None, |encoder| {
            ShopEncoder::Own(Arc::new(encoder))
        });
    let lexical = exam.hold(trainee, ShopEncoder::None).await?;
    let before = match in_use {
        ShopEncoder::None => lexical,
        in_use => exam.hold(trainee, in_use).await?.max(lexical),
    };
    let after = exam
        .hold(trainee, ShopEncoder::Own(Arc::new(encoder)))
        .await?;
    // Vectors cost memory: they have to be worth it.
    let is_used = after > before;
    let model = NewModel {
        kind: ModelKind::Encoder,
        body,
        report: json!({
            "learned_from": learned_from,
            "pairs": count,
            "features": training.features,
            "held_back": exam.questions.len(),
            "suggested_right": after,
            "suggested_right_before": before,
            "suggested_right_lexical": lexical,
        }),
        is_used,
        at: trainee.at,
    };
    let comparison = Comparison {
        version: trainee.store.add_model(trainee.shop, &model).await?,
        held_back: exam.questions.len(),
        score: after,
        score_before: before,
    };
    Ok(if is_used {
        Outcome::InUse(comparison)
    } else {
        Outcome::Refused(comparison)
    })
}

/// Wordings taken out of the index, to be asked of it.
struct Exam {
    items: Vec<KnowledgeItem>,
    questions: Vec<GoldenQuestion>,
}

impl Exam {
    fn of(all: &[KnowledgeItem]) -> Self {
        let mut items: Vec<KnowledgeItem> = all.iter().take(MOST_ITEMS).cloned().collect();
        let mut questions = Vec::new();
        for item in &mut items {
            if !is_for_exam(item) || questions.len() >= MOST_QUESTIONS {
                continue;
            }
            if let Some(text) = item.content.phrasings.pop() {
                questions.push(GoldenQuestion {
                    text,
                    product: item.content.products.first().cloned(),
                    channel: item.content.channels.first().cloned(),
                    right: vec![item.id.to_string()],
                    ..GoldenQuestion::default()
                });
            }
        }
        Self { items, questions }
    }

    /// The share of questions that an agent would get the right answer to: it
    /// comes first, and is sure enough to be suggested. An encoder that ranks
    /// well and spoils the confidence helps nobody.
    async fn hold(&self, trainee: &Trainee<'_>, encoder: ShopEncoder) -> Result<f64, TrainError> {
        let shops = trainee.store.shops().await?;
        let shop = shops.into_iter().find(|shop| shop.id == *trainee.shop);
        let knowledge = Knowledge {
            shop: shop.ok_or(StoreError::NotFound { what: "shop" })?,
            items: self.items.clone(),
            vocabulary: trainee.store.vocabulary(trainee.shop).await?,
        };
        let language = Arc::new(Language::of_parts(encoder, Fusion::default()));
        let folder = tempfile::tempdir()?;
        let searchable = standalone(folder.path().join("exam"), knowledge, language).await?;
        // Windows are left out of account: a promotion's wordings teach as well.
        let answered = ask(&searchable, &self.questions, None).await?;
        let is_suggested =
            |answered: &&Answered| answered.is_right() && answered.confidence() >= SUGGESTED_FROM;
        let right = answered.iter().filter(is_suggested);
        #[expect(clippy::cast_precision_loss, reason = "counts of questions are small")]
        let share = right.count() as f64 / answered.len().max(1) as f64;
        Ok(share)
    }
}

fn is_for_exam(item: &KnowledgeItem) -> bool {
    !item.content.phrasings.is_empty() && stable_hash(item.id.as_str()).is_multiple_of(EXAM_ONE_IN)
}

fn lessons(trainee: &Trainee<'_>, pairs: &[Pair]) -> Vec<Pair> {
    let pair = |left: &str, right: &str, same| Pair {
        left: Normalized::new(left),
        right: Normalized::new(right),
        same,
    };
    let mut lessons = pairs.to_vec();
    for item in &trainee.material.items {
        if is_for_exam(item) || lessons.len() >= pairs.len() + MOST_LESSONS {
            continue;
        }
        let wordings: Vec<&str> = wordings(item).take(MOST_PAIRED_WORDINGS).collect();
        for (place, left) in wordings.iter().enumerate() {
            for right in &wordings[place + 1..] {
                lessons.push(pair(left, right, true));
            }
        }
    }
    for verdict in &trainee.material.verdicts {
        let items = &trainee.material.items;
        // Items come by id.
        let found = items.binary_search_by(|item| item.id.cmp(&verdict.knowledge));
        if let Ok(place) = found
            && !is_for_exam(&items[place])
        {
            let title = &items[place].content.title;
            lessons.push(pair(verdict.question.as_str(), title, verdict.is_right));
        }
    }
    lessons
}

fn texts(items: &[KnowledgeItem]) -> Vec<Normalized> {
    let mut texts = Vec::new();
    for item in items {
        let content = &item.content;
        if texts.len() >= MOST_TEXTS {
            break;
        }
        texts.extend(wordings(item).map(Normalized::new));
        let answers = [&content.answer_brief, &content.answer_consultative];
        texts.extend(
            answers
                .into_iter()
                .flatten()
                .map(|text| Normalized::new(text)),
        );
    }
    texts
}
