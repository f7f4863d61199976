//! What a piece of text is about, as sets that can be compared.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::lexicon::{Circumstance, LEXICON, Meaning, Mode, Piece, stemmed};

/// What a clause or a question is about.
#[derive(Debug, Clone, Default)]
pub(super) struct Topic {
    /// All its content: concepts, circumstances, words and pairs of characters.
    pub features: Features,
    /// Its content that the lexicon does not know: mostly the thing's name.
    pub rest: Features,
    /// The concepts it names, as a set of bits.
    pub concepts: u128,
    /// The circumstances it names, in order.
    pub circumstances: Vec<Circumstance>,
    /// How it is meant, if it is a yes or no.
    pub modes: Vec<Mode>,
    /// How many words turn it round.
    pub negations: usize,
    /// Whether it asks, advises or supposes.
    pub is_not_said: bool,
}

/// Weighted features, ordered, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Features(Vec<(u64, u8)>);

/// How much two sets of features share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Overlap {
    /// The weight of what both have.
    pub shared: f64,
    /// That, as a share of the smaller one.
    pub of_smaller: f64,
    /// That, as a share of the larger one.
    pub of_larger: f64,
}

const CONCEPT_WEIGHT: u8 = 2;
/// A Latin word stands for about as much as two pairs of Han characters.
const WORD_WEIGHT: u8 = 2;

impl Features {
    fn from(mut features: Vec<(u64, u8)>) -> Self {
        features.sort_unstable();
        features.dedup_by_key(|feature| feature.0);
        Self(features)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The features as numbers, ascending.
    pub(super) fn keys(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|feature| feature.0)
    }

    /// What both share.
    pub(super) fn overlap(&self, other: &Self) -> Overlap {
        let (mut one, mut two, mut shared) = (0, 0, 0);
        while let (Some(a), Some(b)) = (self.0.get(one), other.0.get(two)) {
            match a.0.cmp(&b.0) {
                std::cmp::Ordering::Less => one += 1,
                std::cmp::Ordering::Greater => two += 1,
                std::cmp::Ordering::Equal => {
                    shared += u32::from(a.1);
                    one += 1;
                    two += 1;
                }
            }
        }
        let (mine, theirs) = (self.weight(), other.weight());
        let share = |of: u32| {
            if of == 0 {
                0.0
            } else {
                f64::from(shared) / f64::from(of)
            }
        };
        Overlap {
            shared: f64::from(shared),
            of_smaller: share(mine.min(theirs)),
            of_larger: share(mine.max(theirs)),
        }
    }

    fn weight(&self) -> u32 {
        self.0.iter().map(|feature| u32::from(feature.1)).sum()
    }
}

/// What `text` is about; `text` is folded and its figures are blanked out.
pub(super) fn topic(text: &str) -> Topic {
    let stemmed = stemmed(text);
    let mut topic = Topic::default();
    let (mut known, mut rest) = (Vec::new(), Vec::new());
    LEXICON.visit(&stemmed, |piece| match piece {
        Piece::Known(meanings) => {
            for &meaning in meanings {
                note(&mut topic, meaning, &mut known);
            }
        }
        Piece::Other(text) => push_words(text, &mut rest),
    });
    known.extend(rest.iter().copied());
    topic.features = Features::from(known);
    topic.rest = Features::from(rest);
    topic.circumstances.sort_unstable();
    topic.circumstances.dedup();
    topic
}

fn note(topic: &mut Topic, meaning: Meaning, known: &mut Vec<(u64, u8)>) {
    match meaning {
        Meaning::Filler | Meaning::NotNegation => {}
        Meaning::Negation => topic.negations += 1,
        Meaning::NotSaid => topic.is_not_said = true,
        Meaning::Mode(mode) => topic.modes.push(mode),
        Meaning::Concept(number) => {
            topic.concepts |= 1 << number;
            known.push((hash(&("concept", number)), CONCEPT_WEIGHT));
        }
        Meaning::Circumstance(circumstance) => {
            topic.circumstances.push(circumstance);
            known.push((hash(&("circumstance", circumstance)), 1));
        }
    }
}

/// Latin words whole, other runs as pairs of characters.
fn push_words(text: &str, rest: &mut Vec<(u64, u8)>) {
    for run in text.split(|character: char| !character.is_alphanumeric()) {
        let mut han = Vec::new();
        let mut word = String::new();
        for character in run.chars() {
            if character.is_ascii() {
                flush_han(&mut han, rest);
                word.push(character);
            } else {
                flush_word(&mut word, rest);
                han.push(character);
            }
        }
        flush_han(&mut han, rest);
        flush_word(&mut word, rest);
    }
}

fn flush_han(han: &mut Vec<char>, rest: &mut Vec<(u64, u8)>) {
    if let [only] = han[..] {
        rest.push((hash(&only), 1));
    }
    rest.extend(han.windows(2).map(|pair| (hash(&pair), 1)));
    han.clear();
}

fn flush_word(word: &mut String, rest: &mut Vec<(u64, u8)>) {
    if !word.is_empty() {
        rest.push((hash(&word), WORD_WEIGHT));
        word.clear();
    }
}

/// A number for `value`, the same within one process.
pub(super) fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
