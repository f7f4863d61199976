//! What a piece of text is about, as sets that can be compared.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::lexicon::{Circumstance, LEXICON, Meaning, Mode, Piece, stemmed};

/// What a clause or a question is about.
#[derive(Debug, Clone, Default)]
pub(super) struct Topic {
    /// All its content: concepts, circumstances, words and pairs of characters.
    pub features: Features,
    /// Its content that the lexicon does not know: mostly the thing's name.
    pub rest: Features,
    /// What the thing is called: models such as K2, and what most questions of a product have.
    pub names: Features,
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
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

    /// The features of both.
    pub(super) fn extend(&mut self, other: &Self) {
        let mut all = std::mem::take(&mut self.0);
        all.extend(&other.0);
        *self = Self::from(all);
    }

    /// The weight of all.
    pub(super) fn weight(&self) -> u32 {
        self.0.iter().map(|feature| u32::from(feature.1)).sum()
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
}

impl Topic {
    /// Takes those of `names` from the content: they tell things apart, and
    /// say nothing of what is asked about them.
    pub(super) fn set_names(&mut self, names: &HashSet<u64>) {
        let is_name = |feature: &(u64, u8)| names.contains(&feature.0);
        let mut found = self.names.0.clone();
        found.extend(self.rest.0.iter().filter(|feature| is_name(feature)));
        self.names = Features::from(found);
        self.rest.0.retain(|feature| !is_name(feature));
        self.features.0.retain(|feature| !is_name(feature));
    }
}

/// What `text` is about; `text` is folded and its figures are blanked out.
pub(super) fn topic(text: &str) -> Topic {
    let stemmed = stemmed(text);
    let mut topic = Topic::default();
    let mut known = Vec::new();
    let mut words = Words::default();
    LEXICON.visit(&stemmed, |piece| match piece {
        Piece::Known(meanings) => {
            for &meaning in meanings {
                note(&mut topic, meaning, &mut known);
            }
        }
        Piece::Other(text) => words.push(text),
    });
    known.extend(words.rest.iter().copied());
    topic.names = Features::from(words.models);
    topic.features = Features::from(known);
    topic.rest = Features::from(words.rest);
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

/// The features of what the lexicon does not know.
#[derive(Default)]
struct Words {
    rest: Vec<(u64, u8)>,
    models: Vec<(u64, u8)>,
}

impl Words {
    /// Latin words whole, other runs as pairs of characters.
    fn push(&mut self, text: &str) {
        for run in text.split(|character: char| !character.is_alphanumeric()) {
            let characters: Vec<char> = run.chars().collect();
            for same in characters.chunk_by(|one, other| one.is_ascii() == other.is_ascii()) {
                match same {
                    [first, ..] if first.is_ascii() => self.push_latin(same),
                    [only] => self.rest.push((hash(only), 1)),
                    _ => self
                        .rest
                        .extend(same.windows(2).map(|pair| (hash(&pair), 1))),
                }
            }
        }
    }

    fn push_latin(&mut self, word: &[char]) {
        let feature = (hash(&word), WORD_WEIGHT);
        let is_model = word.iter().any(char::is_ascii_digit) || word.len() == 1;
        if is_model {
            self.models.push(feature);
        } else {
            self.rest.push(feature);
        }
    }
}

/// A number for `value`, the same within one process.
pub(super) fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
