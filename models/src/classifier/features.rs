//! What the classifier sees of a text: counted n-grams, weighed by how rare they are.

use std::collections::HashMap;

use rust_stemmers::{Algorithm, Stemmer};

use crate::text::{Normalized, TermKind, visit_terms};

/// How many kinds of features there are; each kind is scaled to its own share.
pub(super) const BLOCKS: usize = 3;

/// Words, Han characters and pairs, and pairs of Latin words.
const TERMS: u64 = 0;
/// Runs of characters, particles and endings included.
const CHARACTERS: u64 = 1;
/// Which labels' cues the text shows.
const CUES: u64 = 2;

/// The lengths of character n-grams: Han writing says in two characters what Latin does in five.
const HAN_LENGTHS: std::ops::RangeInclusive<usize> = 1..=4;
const LATIN_LENGTHS: std::ops::RangeInclusive<usize> = 2..=5;

/// A key holds its block in the upper bits, so that blocks never share one.
const BLOCK_SHIFT: u32 = 62;

/// The features of a text with how often each occurs, in order of their keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Counted {
    counts: Vec<(u64, f32)>,
}

impl Counted {
    /// Counts the features of `text`.
    pub(super) fn of(text: &Normalized) -> Self {
        let mut counts: HashMap<u64, f32> = HashMap::new();
        visit_features(text, |key| *counts.entry(key).or_default() += 1.0);
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_unstable_by_key(|&(key, _)| key);
        Self { counts }
    }

    /// Adds that a cue of `label` occurs.
    pub(super) fn add_cue(&mut self, label: u64) {
        let key = (CUES << BLOCK_SHIFT) | label;
        match self.counts.binary_search_by_key(&key, |&(known, _)| known) {
            Ok(at) => self.counts[at].1 += 1.0,
            Err(at) => self.counts.insert(at, (key, 1.0)),
        }
    }
}

/// A text as numbers: its weighed features by column, and its vector where it has one.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) columns: Vec<u32>,
    pub(super) values: Vec<f32>,
    pub(super) dense: Vec<f32>,
}

impl Row {
    /// A copy of the same length without about `noise` of the sparse entries.
    pub(super) fn thinned(&self, noise: f32, random: &mut super::logistic::SplitMix) -> Row {
        let entries = self.columns.iter().zip(&self.values);
        let kept = entries.filter(|_| random.below(1000) as f32 >= noise * 1000.0);
        let (columns, mut values): (Vec<u32>, Vec<f32>) = kept.unzip();
        let length = |values: &[f32]| values.iter().map(|v| v * v).sum::<f32>().sqrt();
        let scale = length(&self.values) / length(&values).max(1e-6);
        for value in &mut values {
            *value *= scale;
        }
        Row {
            columns,
            values,
            dense: self.dense.clone(),
        }
    }

    /// Adds `weight` times another row's sparse part.
    pub(super) fn add(&mut self, other: &Row, weight: f32) {
        let own = self
            .columns
            .iter()
            .copied()
            .zip(self.values.iter().copied());
        let others = other.columns.iter().copied();
        let others = others.zip(other.values.iter().map(|value| value * weight));
        let mut entries: Vec<(u32, f32)> = own.chain(others).collect();
        entries.sort_by_key(|&(column, _)| column);
        entries.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1 += later.1;
            }
            same
        });
        (self.columns, self.values) = entries.into_iter().unzip();
    }
}

/// Which features are known, and how much each tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Vocabulary {
    /// Sorted; a feature's column is its position.
    pub(super) keys: Vec<u64>,
    /// Inverse document frequency by column: ln((1 + n) / (1 + df)) + 1.
    pub(super) rarity: Vec<f32>,
}

impl Vocabulary {
    /// The features that occur in at least `minimum_texts` of `texts`; cues always.
    pub(super) fn of<'a>(
        texts: impl ExactSizeIterator<Item = &'a Counted>,
        minimum_texts: u32,
    ) -> Self {
        let total = texts.len() as f32;
        let mut frequencies: HashMap<u64, u32> = HashMap::new();
        for text in texts {
            for (key, _) in &text.counts {
                *frequencies.entry(*key).or_default() += 1;
            }
        }
        let mut known: Vec<_> = frequencies
            .into_iter()
            .filter(|&(_, frequency)| frequency >= minimum_texts)
            .collect();
        known.sort_unstable();
        let rarity = known
            .iter()
            .map(|&(_, frequency)| ((1.0 + total) / (1.0 + frequency as f32)).ln() + 1.0);
        Self {
            rarity: rarity.collect(),
            keys: known.iter().map(|&(key, _)| key).collect(),
        }
    }

    /// How many columns there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Sublinear tf-idf: (1 + ln tf) · idf, each block scaled to the length
    /// that `shares` gives it.
    pub(super) fn row(&self, text: &Counted, shares: &[f32; BLOCKS]) -> Row {
        let mut row = Row::default();
        let mut lengths = [0.0_f32; BLOCKS];
        let mut blocks = Vec::with_capacity(text.counts.len());
        for &(key, count) in &text.counts {
            let Ok(column) = self.keys.binary_search(&key) else {
                continue;
            };
            let frequency = if count > 1.0 { 1.0 + count.ln() } else { count };
            let value = frequency * self.rarity[column];
            let block = block_of(key);
            lengths[block] += value * value;
            blocks.push(block);
            row.columns.push(u32::try_from(column).unwrap_or(u32::MAX));
            row.values.push(value);
        }
        let scales: [f32; BLOCKS] = std::array::from_fn(|block| {
            if lengths[block] > 0.0 {
                shares[block] / lengths[block].sqrt()
            } else {
                0.0
            }
        });
        for (value, block) in row.values.iter_mut().zip(blocks) {
            *value *= scales[block];
        }
        row
    }
}

fn block_of(key: u64) -> usize {
    usize::try_from(key >> BLOCK_SHIFT)
        .unwrap_or(0)
        .min(BLOCKS - 1)
}

fn visit_features(text: &Normalized, mut visit: impl FnMut(u64)) {
    visit_terms(text, |term, kind| {
        if kind != TermKind::Word || !term.is_ascii() {
            visit(key_of(TERMS, term.as_bytes()));
        }
    });
    visit_words(text.as_str(), &mut visit);
    visit_characters(text.as_str(), &mut visit);
}

/// Stemmed Latin words and pairs of them, the small words too: "when" and
/// "why" tell questions apart.
fn visit_words(text: &str, visit: &mut impl FnMut(u64)) {
    let stemmer = Stemmer::create(Algorithm::English);
    let mut pair = String::new();
    for word in text.split(|character: char| !is_latin_word(character)) {
        let word = word.trim_matches('\'');
        if word.is_empty() {
            continue;
        }
        let stem = stemmer.stem(word);
        visit(key_of(TERMS, stem.as_bytes()));
        if !pair.is_empty() {
            pair.push(' ');
            pair.push_str(&stem);
            visit(key_of(TERMS, pair.as_bytes()));
        }
        pair.clear();
        pair.push_str(&stem);
    }
}

fn is_latin_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '\''
}

/// Runs of Han characters, and of the letters of each Latin word with its
/// edges; a digit stands for all digits.
fn visit_characters(text: &str, visit: &mut impl FnMut(u64)) {
    let mut run: Vec<char> = Vec::new();
    let mut in_latin = false;
    for character in text.chars().chain(std::iter::once(' ')) {
        let latin = is_latin_word(character);
        let continues = latin || character.is_alphanumeric();
        if (!continues || latin != in_latin) && !run.is_empty() {
            visit_runs(&run, in_latin, visit);
            run.clear();
        }
        in_latin = latin;
        if continues {
            run.push(if character.is_numeric() {
                '0'
            } else {
                character
            });
        } else if character == '?' {
            visit(key_of(CHARACTERS, b"?"));
        }
    }
}

fn visit_runs(run: &[char], latin: bool, visit: &mut impl FnMut(u64)) {
    let edged: Vec<char> = std::iter::once(' ')
        .chain(run.iter().copied())
        .chain(std::iter::once(' '))
        .collect();
    let lengths = if latin { LATIN_LENGTHS } else { HAN_LENGTHS };
    let mut bytes = String::new();
    for length in lengths {
        for window in edged.windows(length) {
            if window == [' '] {
                continue;
            }
            bytes.clear();
            bytes.extend(window);
            visit(key_of(CHARACTERS, bytes.as_bytes()));
        }
    }
}

/// FNV-1a with a final mix, the block in the two upper bits.
fn key_of(block: u64, bytes: &[u8]) -> u64 {
    let hash = super::bytes::fingerprint(bytes);
    let mixed = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (block << BLOCK_SHIFT) | (mixed >> 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<u64> {
        let counted = Counted::of(&Normalized::new(text));
        counted.counts.iter().map(|&(key, _)| key).collect()
    }

    #[test]
    fn small_words_and_particles_count() {
        assert_ne!(keys("when is it"), keys("why is it"));
        assert_ne!(keys("发货吗"), keys("发货"));
        assert_eq!(keys("ＷＨＥＮ is it"), keys("when is it"));
        assert_eq!(keys("12元"), keys("12元"));
        assert!(keys("").is_empty());
    }

    #[test]
    fn each_block_has_its_share() {
        let texts = ["red shoes", "blue shoes", "鞋子多大"];
        let counted: Vec<Counted> = texts
            .iter()
            .map(|text| Counted::of(&Normalized::new(text)))
            .collect();
        let vocabulary = Vocabulary::of(counted.iter(), 1);
        for text in &counted {
            let row = vocabulary.row(text, &[0.6, 0.8, 0.5]);
            let length: f32 = row.values.iter().map(|value| value * value).sum();
            // No cue: 0.36 + 0.64.
            assert!((length - 1.0).abs() < 1e-5, "{length}");
        }
        assert!(Vocabulary::of(counted.iter(), 4).keys.is_empty());
    }

    #[test]
    fn rows_add_up() {
        let mut row = Row {
            columns: vec![1, 4],
            values: vec![1.0, 2.0],
            dense: Vec::new(),
        };
        let other = Row {
            columns: vec![0, 4],
            values: vec![4.0, 6.0],
            dense: Vec::new(),
        };
        row.add(&other, 0.5);
        assert_eq!(row.columns, [0, 1, 4]);
        assert_eq!(row.values, [2.0, 1.0, 5.0]);
    }
}
