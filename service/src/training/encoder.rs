//! Training a shop's static encoder, and the exam that it has to pass: the
//! shop's own search has to find more with it than with what is in use.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;
use tokio::task::spawn_blocking;
use zhiwen_models::lexical::{Pair, StaticEncoder, TrainOptions};
use zhiwen_models::privacy::mask;
use zhiwen_models::text::Normalized;

use super::{Comparison, Means, Outcome, TrainError, Trainee};
use crate::catalog::{Knowledge, standalone};
use crate::domain::knowledge::KnowledgeItem;
use crate::domain::language::{ModelKind, NewModel};
use crate::domain::listening::WordingKey;
use crate::evaluation::retrieve::{Answered, GoldenQuestion, ask};
use crate::language::examples::{stable_hash, wordings};
use crate::language::heard::{Heard, paired};
use crate::language::{EncoderSource, Language, ShopEncoder};
use crate::store::StoreError;

/// Of the items with several wordings one in so many is for the exam: no
/// encoder ever learns which of its wordings mean the same.
const EXAM_ONE_IN: u64 = 5;

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

/// Trains an encoder on wordings of the same item, on those of a question that
/// people confirmed, on verdicts and on the pairs of `means`.
///
/// # Errors
/// When the store or the exam fails.
pub(super) async fn train(trainee: &Trainee<'_>, means: Means<'_>) -> Result<Outcome, TrainError> {
    let items = &trainee.material.items;
    let heard = Heard::read(trainee.store, trainee.shop).await?;
    let (groups, heard) = spawn_blocking(move || (heard.groups(), heard.texts())).await?;
    let taught = taught(items, means.pairs, &groups);
    let learned_from = trainee.material.fingerprint_with(&taught);
    if trainee
        .has_learned(ModelKind::Encoder, &learned_from)
        .await?
    {
        return Ok(Outcome::Unchanged);
    }
    let exam = Exam::of(items);
    if exam.questions.len() < FEWEST_QUESTIONS {
        return Ok(Outcome::TooLittle {
            examples: exam.questions.len(),
            needed: FEWEST_QUESTIONS,
        });
    }
    let lessons = lessons(trainee, taught);
    let mut texts = texts(items);
    texts.extend(heard);
    texts.truncate(MOST_TEXTS);
    let count = lessons.len();
    let work = move || StaticEncoder::train(&texts, &lessons, &TrainOptions::default());
    let (encoder, training) = spawn_blocking(work).await?;
    let body = encoder.to_bytes();
    let in_use = trainee
        .store
        .model_in_use(trainee.shop, ModelKind::Encoder)
        .await?
        .and_then(|(_, body)| StaticEncoder::from_bytes(&body).ok())
        .map_or(ShopEncoder::None, |encoder| {
            ShopEncoder::Own(Arc::new(encoder))
        });
    let held_back = exam.questions.len();
    let room = Room::prepare(trainee, exam, means.minimum_confidence).await?;
    let lexical = room.hold(ShopEncoder::None).await?;
    let before = match in_use {
        ShopEncoder::None => lexical,
        in_use => room.hold(in_use).await?.max(lexical),
    };
    let after = room.hold(ShopEncoder::Own(Arc::new(encoder))).await?;
    // Vectors cost memory: they have to be worth it.
    let is_used = after > before;
    let model = NewModel {
        kind: ModelKind::Encoder,
        body,
        report: json!({
            "learned_from": learned_from,
            "pairs": count,
            "features": training.features,
            "held_back": held_back,
            "suggested_from": room.threshold,
            "suggested_right": after,
            "suggested_right_before": before,
            "suggested_right_lexical": lexical,
        }),
        is_used,
        at: trainee.at,
    };
    let comparison = Comparison {
        version: trainee.store.add_model(trainee.shop, &model).await?,
        held_back,
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
}

/// Where an exam is held: all is as it is live but for the encoder.
struct Room {
    exam: Exam,
    knowledge: Knowledge,
    language: Language,
    /// What is suggested from. The same for every encoder: one whose shop has
    /// not fitted a threshold for it yet must not pass by a lower one.
    threshold: f64,
}

impl Room {
    async fn prepare(
        trainee: &Trainee<'_>,
        exam: Exam,
        minimum_confidence: f32,
    ) -> Result<Self, TrainError> {
        let (store, shop) = (trainee.store, trainee.shop);
        let shops = store.shops().await?;
        let found = shops.into_iter().find(|known| known.id == *shop);
        let language = Language::load(store, shop, 0, &EncoderSource::None).await?;
        let threshold = language.fitted_threshold().unwrap_or(minimum_confidence);
        Ok(Self {
            knowledge: Knowledge {
                shop: found.ok_or(StoreError::NotFound { what: "shop" })?,
                items: exam.items.clone(),
                vocabulary: store.vocabulary(shop).await?,
            },
            exam,
            language,
            threshold: f64::from(threshold),
        })
    }

    /// The share of questions that an agent would get the right answer to: it
    /// comes first by the weights that are live with `encoder`, and is sure
    /// enough to be suggested. An encoder that ranks well and spoils the
    /// confidence helps nobody.
    async fn hold(&self, encoder: ShopEncoder) -> Result<f64, TrainError> {
        let language = Arc::new(self.language.with_encoder(encoder));
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("exam");
        let searchable = standalone(path, self.knowledge.clone(), language).await?;
        // Windows are left out of account: a promotion's wordings teach as well.
        let answered = ask(&searchable, &self.exam.questions, None).await?;
        let is_suggested =
            |answered: &&Answered| answered.is_right() && answered.confidence() >= self.threshold;
        let right = answered.iter().filter(is_suggested);
        #[expect(clippy::cast_precision_loss, reason = "counts of questions are small")]
        let share = right.count() as f64 / answered.len().max(1) as f64;
        Ok(share)
    }
}

fn is_for_exam(item: &KnowledgeItem) -> bool {
    !item.content.phrasings.is_empty() && stable_hash(item.id.as_str()).is_multiple_of(EXAM_ONE_IN)
}

/// `pairs`, and those of the questions in `groups`. A question that has a
/// wording of an exam's item is left out: it would tell what the exam asks.
fn taught(items: &[KnowledgeItem], pairs: &[Pair], groups: &[Vec<Normalized>]) -> Vec<Pair> {
    // What was heard is masked.
    let key = |text: &str| WordingKey::of(&Normalized::new(mask(text).as_str()));
    let for_exam = items.iter().filter(|item| is_for_exam(item));
    let examined: HashSet<WordingKey> = for_exam.flat_map(wordings).map(key).collect();
    let tells = |group: &&Vec<Normalized>| {
        group
            .iter()
            .any(|text| examined.contains(&WordingKey::of(text)))
    };
    let mut taught = pairs.to_vec();
    for group in groups.iter().filter(|group| !tells(group)) {
        taught.extend(paired(group).map(|(left, right)| Pair {
            left: left.clone(),
            right: right.clone(),
            same: true,
        }));
    }
    taught
}

fn lessons(trainee: &Trainee<'_>, taught: Vec<Pair>) -> Vec<Pair> {
    let pair = |left: &str, right: &str, same| Pair {
        left: Normalized::new(left),
        right: Normalized::new(right),
        same,
    };
    let most = taught.len() + MOST_LESSONS;
    let mut lessons = taught;
    for item in &trainee.material.items {
        if is_for_exam(item) || lessons.len() >= most {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::KnowledgeId;
    use crate::language::ShopFusion;
    use crate::language::examples::Material;
    use crate::store;
    use crate::store::suite::fixtures;

    fn item(id: &str, title: &str, phrasings: &[&str]) -> KnowledgeItem {
        let mut content = fixtures::content(title);
        content.phrasings = phrasings.iter().map(|text| (*text).to_owned()).collect();
        content.products.clear();
        content.channels.clear();
        KnowledgeItem {
            id: KnowledgeId::parse(id).expect("valid"),
            version: 1,
            content,
            created_at: fixtures::time(0),
            updated_at: fixtures::time(0),
            updated_by: "test".to_owned(),
        }
    }

    /// The first of the ids `item-0`, `item-1`… that is for the exam, or is not.
    fn id(is_examined: bool) -> String {
        let ids = (0..).map(|number| format!("item-{number}"));
        let mut wanted = ids.filter(|id| is_for_exam(&item(id, "", &["x"])) == is_examined);
        wanted.next().expect("one of five")
    }

    #[test]
    fn no_question_tells_what_the_exam_asks() {
        let items = [
            item(&id(true), "怎么开发票", &["发票怎么开"]),
            item(&id(false), "几时发货", &["多久发货"]),
        ];
        let group = |texts: &[&str]| texts.iter().map(|text| Normalized::new(text)).collect();
        let groups: Vec<Vec<Normalized>> = vec![
            group(&["发票怎么开？", "能开票吗"]),
            group(&["何时能发", "多久发货", "什么时候寄出"]),
        ];
        let taught = taught(&items, &[], &groups);
        let pairs: Vec<(&str, &str)> = taught
            .iter()
            .map(|pair| (pair.left.as_str(), pair.right.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [("何时能发", "多久发货"), ("何时能发", "什么时候寄出")]
        );
        assert!(taught.iter().all(|pair| pair.same));
    }

    #[tokio::test]
    async fn an_exam_is_held_to_the_threshold_that_is_live() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let url = format!("sqlite:{}", folder.path().join("zhiwen.db").display());
        let store = store::open(&url).await.expect("a store");
        let shop = fixtures::new_shop(&store).await;
        let material = Material::read(store.as_ref(), &shop).await.expect("read");
        let trainee = Trainee {
            store: store.as_ref(),
            shop: &shop,
            at: fixtures::time(1),
            material: &material,
        };
        let items = [item(&id(true), "怎么开发票", &["要发票", "发票怎么开"])];
        let share = async |minimum_confidence| {
            let room = Room::prepare(&trainee, Exam::of(&items), minimum_confidence).await;
            let room = room.expect("an exam");
            room.hold(ShopEncoder::None).await.expect("held")
        };
        assert!((share(0.0).await - 1.0).abs() < 1e-9);
        assert!(share(1.1).await < 1e-9);
        // What the shop has fitted goes before the settings.
        let own = ShopFusion {
            minimum_confidence: Some(1.1),
            ..ShopFusion::default()
        };
        let model = NewModel {
            kind: ModelKind::Fusion,
            body: serde_json::to_vec(&own).expect("json"),
            report: json!({}),
            is_used: true,
            at: fixtures::time(2),
        };
        store.add_model(&shop, &model).await.expect("kept");
        assert!(share(0.0).await < 1e-9);
    }
}
