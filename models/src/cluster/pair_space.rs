//! The space of few questions: the dot product of two is the logarithm of the
//! odds that they ask the same, but for a constant. A logistic regression over
//! what two questions have in common (their words or their encoder's vectors,
//! their intents, the item that answers them) gave the weights.

use std::collections::{BTreeMap, HashMap};

use super::space::{Answer, INTENTS, Meaning};
use crate::classifier::examples::day_one;
use crate::lexical::features::{self, Feature};
use crate::lexical::matrix::{add_scaled, dot};
use crate::lexical::model::document_weight;
use crate::lexical::random::add_signs;
use crate::text::Normalized;

/// What the parts of a likeness count in the logarithm of the odds.
struct Weights {
    words: f32,
    vectors: f32,
    intents: f32,
    answer: f32,
    /// What it takes away that different items answer.
    different: f32,
    /// The logarithm of the odds where nothing is in common.
    constant: f32,
}

/// Fitted to the pairs of wordings of seven small shops, and to questions that
/// only sound alike at a tenth of their weight (docs/QUALITY.md).
const BY_WORDS: Weights = Weights {
    words: 7.62,
    vectors: 0.0,
    intents: 3.51,
    answer: 6.65,
    different: 3.87,
    constant: -4.01,
};

/// Beside the vectors of a sentence model, of three of the shops. Words alone
/// would have come to nothing beside them there; they are kept at half for
/// models that know less of a shop's language.
const BY_VECTORS: Weights = Weights {
    words: 4.0,
    vectors: 8.0,
    intents: 3.5,
    answer: 6.0,
    different: 0.0,
    constant: -5.2,
};

/// Places that features of words are hashed to ("Feature hashing for large scale
/// multitask learning", Weinberger et al., 2009): two questions of thirty
/// features share one by chance every second time.
const PLACES: usize = 2_048;

/// The length of an item's pseudo-random vector: two of them have a cosine of 0,
/// give or take a twentieth.
const ANSWER: usize = 512;

/// An item counts with its confidence to this power: twice the same doubtful
/// item is less than half a sign that two questions ask the same.
const CONFIDENCE_POWER: f32 = 1.5;

/// A word of questions that many items answer, as the name of a product is where
/// the shop's vocabulary lacks it, is no sign that two ask the same, however rare.
const SPREAD_POWER: f32 = 0.4;

/// What is common to all vectors of an encoder is no sign; at most so much.
const MOST_COMMON: f32 = 0.9;

/// Features by their rarity, and what is common to all vectors.
#[derive(Debug, Clone)]
pub(super) struct PairSpace {
    /// The inverse document frequency of each feature, less where it is heard
    /// with many answers.
    rarity: HashMap<u64, f32>,
    /// That of a feature which no text has had.
    unknown: f32,
    /// The length of the encoder's vectors, 0 without encoder.
    width: usize,
    /// The mean cosine of two questions' vectors.
    common: f32,
}

impl PairSpace {
    pub(super) fn learn(texts: &[Normalized], vectors: &[f32], meanings: &[Meaning]) -> Self {
        let mut counts: HashMap<u64, u32> = HashMap::new();
        let mut found = Vec::new();
        let mut all = 0;
        let mut count = |text: &Normalized| {
            features::collect(text, &mut found);
            for feature in &found {
                *counts.entry(feature.key).or_default() += 1;
            }
            all += 1;
        };
        texts.iter().for_each(&mut count);
        written_like(texts).for_each(&mut count);
        let width = vectors.len() / texts.len().max(1);
        let focus = focus_of(texts, meanings);
        Self {
            rarity: counts
                .into_iter()
                .map(|(key, count)| {
                    let focus = focus.get(&key).copied().unwrap_or(1.0);
                    (key, focus * document_weight(all, count))
                })
                .collect(),
            unknown: document_weight(all, 0),
            width,
            common: mean_cosine(vectors, width),
        }
    }

    fn weights(&self) -> &'static Weights {
        if self.width > 0 {
            &BY_VECTORS
        } else {
            &BY_WORDS
        }
    }

    /// See [`super::Space::alike`].
    pub(super) fn alike(&self, has_vectors: bool) -> f32 {
        let weights = self.weights();
        // Cosines count from what is common to all.
        let common = if has_vectors { self.common } else { 0.0 };
        weights.vectors * common / (1.0 - common) - weights.constant
    }

    /// See [`super::Space::answers`].
    pub(super) fn answer(&self, meaning: &Meaning) -> Option<Answer> {
        let (item, confidence) = meaning.answer.as_ref()?;
        Some((
            key_of(item),
            self.weights().different.sqrt() * sure(*confidence),
        ))
    }

    pub(super) fn dimensions(&self) -> usize {
        PLACES + self.width + INTENTS + ANSWER
    }

    pub(super) fn place(&self, text: &Normalized, vector: &[f32], meaning: &Meaning) -> Vec<f32> {
        let weights = self.weights();
        let mut placed = vec![0.0; self.dimensions()];
        let (said, meant) = placed.split_at_mut(PLACES + self.width);
        let (words, vectors) = said.split_at_mut(PLACES);
        self.add_words(words_of(text, meaning), weights.words.sqrt(), words);
        if vector.len() == self.width {
            let scale = (weights.vectors / (1.0 - self.common)).sqrt();
            add_scaled(vectors, scale, vector);
        }
        if said.iter().all(|value| *value == 0.0) {
            return placed;
        }
        let (intents, answer) = meant.split_at_mut(INTENTS);
        for (place, probability) in &meaning.intents {
            if let Some(value) = intents.get_mut(*place) {
                *value = weights.intents.sqrt() * probability;
            }
        }
        if let Some((item, confidence)) = &meaning.answer {
            let weight = weights.answer.sqrt() * sure(*confidence);
            add_signs(key_of(item), weight, answer);
        }
        placed
    }

    /// Adds the text's features by their rarity, of length `scale` together.
    fn add_words(&self, text: &Normalized, scale: f32, into: &mut [f32]) {
        let mut found = Vec::new();
        features::collect(text, &mut found);
        let weigh = |feature: &Feature| {
            let rarity = self.rarity.get(&feature.key).copied();
            rarity.unwrap_or(self.unknown) * feature.kind.weight()
        };
        let length = found
            .iter()
            .map(|feature| weigh(feature).powi(2))
            .sum::<f32>();
        if length <= 0.0 {
            return;
        }
        for feature in &found {
            let value = scale * weigh(feature) / length.sqrt();
            let is_plus = feature.key >> 63 == 0;
            let place = usize::try_from(feature.key % PLACES as u64).unwrap_or(0);
            into[place] += if is_plus { value } else { -value };
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut rarity: Vec<(u64, f32)> = self.rarity.iter().map(|(k, v)| (*k, *v)).collect();
        rarity.sort_unstable_by_key(|(key, _)| *key);
        let mut bytes = Vec::with_capacity(12 + 12 * rarity.len());
        bytes.extend(u32::try_from(self.width).unwrap_or(0).to_le_bytes());
        bytes.extend(self.common.to_le_bytes());
        bytes.extend(self.unknown.to_le_bytes());
        for (key, value) in rarity {
            bytes.extend(key.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes
    }

    /// `None` where the bytes end early.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (width, rest) = bytes.split_first_chunk()?;
        let (common, rest) = rest.split_first_chunk()?;
        let (unknown, rest) = rest.split_first_chunk()?;
        let (rows, []) = rest.as_chunks::<12>() else {
            return None;
        };
        let row = |row: &[u8; 12]| {
            let (key, value) = row.split_first_chunk()?;
            let value = value.first_chunk()?;
            Some((u64::from_le_bytes(*key), f32::from_le_bytes(*value)))
        };
        Some(Self {
            rarity: rows.iter().map(row).collect::<Option<_>>()?,
            unknown: f32::from_le_bytes(*unknown),
            width: usize::try_from(u32::from_le_bytes(*width)).ok()?,
            common: f32::from_le_bytes(*common),
        })
    }
}

/// What is left of each feature's rarity: one over the power of how many items
/// answer the questions that have it, where that is known.
fn focus_of(texts: &[Normalized], meanings: &[Meaning]) -> HashMap<u64, f32> {
    let mut answered: HashMap<u64, BTreeMap<&str, f32>> = HashMap::new();
    let mut found = Vec::new();
    for (text, meaning) in texts.iter().zip(meanings) {
        let Some((item, confidence)) = &meaning.answer else {
            continue;
        };
        features::collect(words_of(text, meaning), &mut found);
        for feature in &found {
            let by_item = answered.entry(feature.key).or_default();
            *by_item.entry(item).or_default() += sure(*confidence);
        }
    }
    let focus = |items: &BTreeMap<&str, f32>| items_of(items).powf(-SPREAD_POWER);
    answered
        .iter()
        .map(|(key, items)| (*key, focus(items)))
        .collect()
}

/// How many items have a word, by their shares (Simpson's index), as if one more
/// question of the commonest had it: a word heard twice tells little.
fn items_of(items: &BTreeMap<&str, f32>) -> f32 {
    let all: f32 = 1.0 + items.values().sum::<f32>();
    let most = items.values().copied().fold(0.0, f32::max);
    let squares: f32 = items.values().map(|value| value * value).sum();
    (all * all / (1.0 + 2.0 * most + squares)).max(1.0)
}

/// The text whose words count.
fn words_of<'a>(text: &'a Normalized, meaning: &'a Meaning) -> &'a Normalized {
    meaning.rest.as_ref().unwrap_or(text)
}

/// The phrasings that come with the service, of the language that most of
/// `texts` are in: few texts do not tell which words are rare.
fn written_like(texts: &[Normalized]) -> impl Iterator<Item = &'static Normalized> + use<> {
    let ascii = texts.iter().filter(|text| text.as_str().is_ascii()).count();
    let is_english = 2 * ascii > texts.len();
    let phrasings = day_one()
        .examples
        .iter()
        .filter(|example| example.weight >= 1.0);
    phrasings
        .map(|example| &example.text)
        .filter(move |text| text.as_str().is_ascii() == is_english)
}

/// The mean cosine of two different rows of unit vectors.
fn mean_cosine(vectors: &[f32], width: usize) -> f32 {
    let rows = vectors.chunks_exact(width.max(1));
    #[expect(clippy::cast_precision_loss, reason = "rows are few")]
    let count = rows.len() as f32;
    if count < 2.0 {
        return 0.0;
    }
    let mut sum = vec![0.0; width];
    for row in rows {
        add_scaled(&mut sum, 1.0, row);
    }
    ((dot(&sum, &sum) - count) / (count * (count - 1.0))).clamp(0.0, MOST_COMMON)
}

/// What a confidence counts.
fn sure(confidence: f32) -> f32 {
    confidence.clamp(0.0, 1.0).powf(CONFIDENCE_POWER)
}

/// FNV-1a.
fn key_of(item: &str) -> u64 {
    item.bytes().fold(0xcbf2_9ce4_8422_2325, |key, byte| {
        (key ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(space: &PairSpace, text: &str, meaning: &Meaning) -> Vec<f32> {
        space.place(&Normalized::new(text), &[], meaning)
    }

    fn answered(item: &str, confidence: f32) -> Meaning {
        Meaning {
            intents: Vec::new(),
            answer: Some((item.to_owned(), confidence)),
            rest: None,
        }
    }

    #[test]
    fn the_item_that_answers_counts_as_sure_as_it_is() {
        let texts = ["密封圈可以单独买吗", "胶圈单卖吗", "能保温几个小时"].map(Normalized::new);
        let space = PairSpace::learn(&texts, &[], &[]);
        let alike = |left: &Meaning, right: &Meaning| {
            let product = dot(
                &asked(&space, "密封圈可以单独买吗", left),
                &asked(&space, "胶圈单卖吗", right),
            );
            product - space.alike(false)
        };
        let (seal, warm) = (answered("k-seal", 0.95), answered("k-warm", 0.95));
        let unknown = Meaning::default();
        assert!(alike(&seal, &seal) > 0.0);
        assert!(alike(&seal, &answered("k-seal", 0.2)) < 0.0);
        assert!(alike(&seal, &warm) < alike(&seal, &seal) - 4.0);
        assert!((alike(&unknown, &seal) - alike(&unknown, &unknown)).abs() < 1e-4);
    }

    #[test]
    fn words_of_asking_are_no_likeness() {
        let texts = ["密封圈可以单独买吗", "可以刻字吗", "密封圈单独卖吗"].map(Normalized::new);
        let space = PairSpace::learn(&texts, &[], &[]);
        let unknown = Meaning::default();
        let [seal, engraving, again] = texts
            .each_ref()
            .map(|text| asked(&space, text.as_str(), &unknown));
        assert!(dot(&seal, &again) > 3.0 * dot(&seal, &engraving));
    }

    #[test]
    fn the_name_of_a_product_is_no_likeness() {
        let texts = [
            "雪地靴防水吗",
            "雪地靴防滑吗",
            "雪地靴怎么洗",
            "马丁靴防水吗",
        ];
        let texts = texts.map(Normalized::new);
        let items = ["k-water", "k-slip", "k-wash", "k-water"];
        let alike = |meanings: &[Meaning], left: usize, right: usize| {
            let space = PairSpace::learn(&texts, &[], meanings);
            let placed = |row: usize| {
                let meaning = Meaning {
                    answer: None,
                    ..meanings.get(row).cloned().unwrap_or_default()
                };
                space.place(&texts[row], &[], &meaning)
            };
            dot(&placed(left), &placed(right))
        };
        // Where the shop's vocabulary lacks it, its many answers tell.
        let answered = items.map(|item| answered(item, 0.95));
        assert!(alike(&answered, 0, 1) < 0.95 * alike(&[], 0, 1));
        let named = ["防水吗", "防滑吗", "怎么洗", "防水吗"].map(|rest| Meaning {
            rest: Some(Normalized::new(rest)),
            ..Meaning::default()
        });
        assert!(alike(&named, 0, 1) < alike(&[], 0, 1));
        assert!(alike(&named, 0, 3) > 0.99 * BY_WORDS.words);
    }

    #[test]
    fn what_all_vectors_have_in_common_is_no_likeness() {
        // Cosines of 0.5 between any two.
        let vectors = [
            [0.707, 0.707, 0.0, 0.0],
            [0.707, 0.0, 0.707, 0.0],
            [0.707, 0.0, 0.0, 0.707],
        ];
        let texts = ["kettle", "parcel", "refund"].map(Normalized::new);
        let space = PairSpace::learn(&texts, &vectors.concat(), &[]);
        let unknown = Meaning::default();
        let odds = |left: usize, right: usize| {
            let placed = |row: usize| space.place(&texts[row], &vectors[row], &unknown);
            dot(&placed(left), &placed(right)) - space.alike(true)
        };
        assert!(
            (odds(0, 1) - BY_VECTORS.constant).abs() < 0.02,
            "{}",
            odds(0, 1)
        );
        // Without the encoder, words and meaning have to do, by their own threshold.
        let alone = |row: usize| space.place(&texts[row], &[], &answered("k", 0.9));
        assert!(dot(&alone(0), &alone(0)) > space.alike(false));
        assert!(dot(&alone(0), &alone(0)) < space.alike(true));
        let same = BY_VECTORS.words + BY_VECTORS.vectors + BY_VECTORS.constant;
        assert!((odds(0, 0) - same).abs() < 0.02, "{}", odds(0, 0));
    }
}
