//! What a shop's models learn from: its approved knowledge, its people's words, its own intents.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use zhiwen_models::classifier::examples::day_one;
use zhiwen_models::classifier::{Cue, Example};
use zhiwen_models::lexical::Pair;
use zhiwen_models::text::Normalized;

use super::{MOST_VERDICTS, ShopIntents, base};
use crate::domain::ids::ShopId;
use crate::domain::knowledge::{KnowledgeItem, Status};
use crate::domain::language::{Correction, Verdict};
use crate::domain::taxonomy::Intent;
use crate::store::{KnowledgeFilter, Store, StoreError};

/// Items read from the store at a time.
const PAGE: u32 = 1_000;

/// The latest corrections that are learned from.
const MOST_CORRECTIONS: u32 = 5_000;

/// A correction is somebody's word on a real question.
const CORRECTION_WEIGHT: f32 = 2.0;

/// One in so many wordings of the shop's own is held back: no classifier ever
/// trains on it, so that this one and the next are judged alike.
const HELD_BACK_ONE_IN: u64 = 5;

/// More of one intent teach little and take long.
const MOST_WORDINGS_OF_AN_INTENT: usize = 300;
const MOST_HELD_BACK_OF_AN_INTENT: usize = 100;

/// All that a shop's models may learn from.
pub struct Material {
    /// The taxonomy as it stands.
    pub intents: ShopIntents,
    /// Approved items.
    pub items: Vec<KnowledgeItem>,
    /// Questions whose intent somebody set right.
    pub corrections: Vec<Correction>,
    /// Agents' verdicts on suggested answers.
    pub verdicts: Vec<Verdict>,
}

impl Material {
    /// Reads it from the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(store: &dyn Store, shop: &ShopId) -> Result<Self, StoreError> {
        let mut items = Vec::new();
        let mut filter = KnowledgeFilter {
            status: Some(Status::Approved),
            ..KnowledgeFilter::default()
        };
        loop {
            let page = store.list_knowledge(shop, &filter, PAGE).await?;
            filter.after = page.last().map(|item| item.id.clone());
            let is_last = page.len() < PAGE as usize;
            items.extend(page);
            if is_last {
                break;
            }
        }
        Ok(Self {
            intents: ShopIntents::new(store.intents(shop).await?),
            items,
            corrections: store.corrections(shop, MOST_CORRECTIONS).await?,
            verdicts: store.verdicts(shop, MOST_VERDICTS).await?,
        })
    }

    /// A hash of what a classifier learns from: equal where that is nothing new.
    pub fn fingerprint(&self) -> String {
        hex(self.digest())
    }

    /// A hash of what an encoder learns from, with `pairs` from elsewhere.
    pub fn fingerprint_with(&self, pairs: &[Pair]) -> String {
        let mut digest = self.digest();
        let mut add = |part: &str| {
            digest.update(part.as_bytes());
            digest.update([0]);
        };
        for verdict in &self.verdicts {
            add(verdict.question.as_str());
            add(verdict.knowledge.as_str());
            add(if verdict.is_right { "right" } else { "wrong" });
        }
        for pair in pairs {
            add(pair.left.as_str());
            add(pair.right.as_str());
            add(if pair.same { "same" } else { "other" });
        }
        hex(digest)
    }

    fn digest(&self) -> Sha256 {
        let mut digest = Sha256::new();
        let mut add = |part: &str| {
            digest.update(part.as_bytes());
            digest.update([0]);
        };
        add(&base::fingerprint().to_string());
        for setting in self.intents.settings() {
            add(setting.intent.as_str());
            add(if setting.is_off { "off" } else { "on" });
            setting.phrasings.iter().for_each(|text| add(text));
        }
        for item in &self.items {
            add(item.id.as_str());
            add(&item.version.to_string());
        }
        for correction in &self.corrections {
            add(&correction.suggestion.to_string());
            add(correction.intent.as_str());
        }
        digest
    }
}

fn hex(digest: Sha256) -> String {
    let digest = digest.finalize();
    let bytes = digest.iter().take(16);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// What a classifier trains on and what it is judged by.
pub struct Split {
    /// Day-one examples, the shop's own, and corrections.
    pub training: Vec<Example>,
    /// The shop's own wordings that no classifier trains on.
    pub held_back: Vec<Example>,
    /// Cue words of intents that are on.
    pub cues: Vec<Cue>,
    /// How many of the training examples are the shop's own.
    pub own: usize,
}

/// Examples of intents from `material`.
pub fn split(material: &Material) -> Split {
    let is_on =
        |label: &str| Intent::parse(label).is_ok_and(|intent| material.intents.is_on(&intent));
    let set = day_one();
    let mut training = set.examples.clone();
    training.retain(|example| is_on(&example.label));
    let mut cues = set.cues.clone();
    cues.retain(|cue| is_on(&cue.label));
    let day_one_count = training.len();
    for setting in material
        .intents
        .settings()
        .filter(|setting| !setting.is_off)
    {
        let phrasings = setting.phrasings.iter();
        training.extend(phrasings.map(|text| example(text, setting.intent.as_str(), 1.0)));
    }
    let (mut held_back, mut own_wordings) = (Vec::new(), Vec::new());
    for item in &material.items {
        let Some(intent) = item.content.intent.as_ref() else {
            continue;
        };
        if !material.intents.is_on(intent) {
            continue;
        }
        for wording in wordings(item) {
            let example = example(wording, intent.as_str(), 1.0);
            let hash = stable_hash(example.text.as_str());
            let part = if hash.is_multiple_of(HELD_BACK_ONE_IN) {
                &mut held_back
            } else {
                &mut own_wordings
            };
            part.push((hash, example));
        }
    }
    training.extend(fair_share(own_wordings, MOST_WORDINGS_OF_AN_INTENT));
    for correction in &material.corrections {
        if material.intents.is_on(&correction.intent) {
            let text = correction.question.as_str();
            training.push(example(text, correction.intent.as_str(), CORRECTION_WEIGHT));
        }
    }
    // What is trained on judges nothing: a question that somebody set right is
    // learned even where its words would be held back.
    let trained: HashSet<&str> = training
        .iter()
        .map(|example| example.text.as_str())
        .collect();
    held_back.retain(|(_, example)| !trained.contains(example.text.as_str()));
    let held_back = fair_share(held_back, MOST_HELD_BACK_OF_AN_INTENT);
    let own = training.len() - day_one_count;
    Split {
        training,
        held_back,
        cues,
        own,
    }
}

/// At most so many examples of each label, drawn by their hash: the same ones
/// every time, and a large shop trains in seconds too.
fn fair_share(mut hashed: Vec<(u64, Example)>, most: usize) -> Vec<Example> {
    hashed.sort_by_key(|(hash, _)| *hash);
    let mut taken: HashMap<String, usize> = HashMap::new();
    hashed.retain(|(_, example)| {
        let count = taken.entry(example.label.clone()).or_default();
        *count += 1;
        *count <= most
    });
    hashed.into_iter().map(|(_, example)| example).collect()
}

/// An item's title and other phrasings.
pub fn wordings(item: &KnowledgeItem) -> impl Iterator<Item = &str> {
    std::iter::once(item.content.title.as_str())
        .chain(item.content.phrasings.iter().map(String::as_str))
}

fn example(text: &str, label: &str, weight: f32) -> Example {
    Example {
        text: Normalized::new(text),
        context: Vec::new(),
        label: label.to_owned(),
        weight,
        vector: None,
    }
}

/// The same in every process and release: what is held back stays held back.
pub fn stable_hash(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    let (first, _) = digest.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    u64::from_le_bytes(*first)
}

#[cfg(test)]
mod tests {
    use zhiwen_models::privacy::mask;

    use super::*;
    use crate::domain::ids::SuggestionId;
    use crate::domain::knowledge::KnowledgeContent;
    use crate::store::suite::fixtures::{content, id, time};

    fn item(phrasings: Vec<String>) -> KnowledgeItem {
        KnowledgeItem {
            id: id("invoice"),
            version: 1,
            content: KnowledgeContent {
                phrasings,
                ..content("发票什么时候开")
            },
            created_at: time(0),
            updated_at: time(0),
            updated_by: "test".to_owned(),
        }
    }

    fn has(examples: &[Example], text: &Normalized) -> bool {
        examples.iter().any(|example| example.text == *text)
    }

    #[test]
    fn a_corrected_wording_is_learned_and_judges_no_longer() {
        let wordings = (0..60).map(|number| format!("开票第{number}种问法"));
        let mut material = Material {
            intents: ShopIntents::default(),
            items: vec![item(wordings.collect())],
            corrections: Vec::new(),
            verdicts: Vec::new(),
        };
        let before = split(&material);
        let judge = before.held_back[0].text.clone();
        assert!(!has(&before.training, &judge));
        material.corrections.push(Correction {
            suggestion: SuggestionId::make(),
            question: mask(judge.as_str()),
            intent: Intent::parse("process.refund").expect("valid"),
            by: "小王".to_owned(),
            at: time(1),
        });
        let after = split(&material);
        assert!(has(&after.training, &judge));
        assert!(!has(&after.held_back, &judge));
        assert_eq!(after.held_back.len(), before.held_back.len() - 1);
    }

    #[test]
    fn each_intent_has_its_share_and_always_the_same() {
        let texts: Vec<String> = (0..40).map(|number| format!("问题{number}")).collect();
        let hashed = |label: &'static str, texts: &[String]| -> Vec<(u64, Example)> {
            let hashed = texts
                .iter()
                .map(|text| (stable_hash(text), example(text, label, 1.0)));
            hashed.collect()
        };
        let mut all = hashed("a", &texts);
        all.extend(hashed("b", &texts[..3]));
        let mut reversed = all.clone();
        reversed.reverse();
        let shared = fair_share(all, 10);
        let of = |label: &str| shared.iter().filter(|one| one.label == label).count();
        assert_eq!((of("a"), of("b")), (10, 3));
        let labels = |examples: &[Example]| -> std::collections::BTreeSet<String> {
            let texts = examples.iter().filter(|one| one.label == "a");
            texts.map(|one| one.text.as_str().to_owned()).collect()
        };
        assert_eq!(labels(&shared), labels(&fair_share(reversed, 10)));
    }
}
