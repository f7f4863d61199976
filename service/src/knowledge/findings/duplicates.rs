//! Questions that two items answer though one would do.

use zhiwen_models::text::Normalized;

use crate::domain::knowledge::KnowledgeItem;

use super::reading::question;
use super::statements::Folder;
use super::topic::{Topic, hash};

/// Wordings as near as this differ by a slip of the pen.
const NEARLY_SAME: f64 = 0.9;
/// Wordings with the same content need not be nearer than this.
const SAME_CONTENT: f64 = 0.6;
/// Shorter wordings (弄错了?) fit any question.
const FEWEST_CHARACTERS: usize = 3;

/// A title or a phrasing, ready to compare.
pub(super) struct Wording {
    /// As the shop wrote it.
    pub written: String,
    /// Its letters, digits and ideographs after normalisation.
    pub key: String,
    grams: Vec<u64>,
    latin: String,
    topic: Topic,
}

/// Two wordings that ask the same.
pub(super) struct Repeated {
    /// The place of the first item's wording; 0 is its title.
    pub first: usize,
    /// The same of the second.
    pub second: usize,
    /// The cosine of their character pairs, 0 to 1.
    pub similarity: f64,
}

/// The title and the phrasings of an item.
pub(super) fn wordings(item: &KnowledgeItem, folder: &mut Folder) -> Vec<Wording> {
    std::iter::once(&item.content.title)
        .chain(&item.content.phrasings)
        .map(|written| Wording::new(written, folder))
        .filter(|wording| wording.key.chars().count() >= FEWEST_CHARACTERS)
        .collect()
}

impl Wording {
    fn new(written: &str, folder: &mut Folder) -> Self {
        let is_content = |character: &char| character.is_alphanumeric();
        let key: String = Normalized::new(written)
            .as_str()
            .chars()
            .filter(is_content)
            .collect();
        let characters: Vec<char> = key.chars().collect();
        let mut grams: Vec<u64> = characters.windows(2).map(|pair| hash(&pair)).collect();
        grams.sort_unstable();
        Self {
            written: written.to_owned(),
            latin: characters.iter().filter(|one| one.is_ascii()).collect(),
            grams,
            topic: question(written, folder),
            key,
        }
    }

    fn similarity(&self, other: &Self) -> f64 {
        let size = ((self.grams.len() * other.grams.len()) as f64).sqrt();
        if size == 0.0 || self.key == other.key {
            return f64::from(u8::from(self.key == other.key));
        }
        let (mut one, mut two, mut shared) = (0, 0, 0u32);
        while let (Some(a), Some(b)) = (self.grams.get(one), other.grams.get(two)) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => one += 1,
                std::cmp::Ordering::Greater => two += 1,
                std::cmp::Ordering::Equal => {
                    shared += 1;
                    one += 1;
                    two += 1;
                }
            }
        }
        f64::from(shared) / size
    }

    /// Whether two wordings as near as `similarity` ask the same: no figure,
    /// model, circumstance or negation tells them apart.
    fn asks_the_same(&self, other: &Self, similarity: f64) -> bool {
        if self.key == other.key {
            return true;
        }
        let (mine, theirs) = (&self.topic, &other.topic);
        let is_told_apart = self.latin != other.latin
            || mine.circumstances != theirs.circumstances
            || mine.concepts != theirs.concepts
            || mine.negations % 2 != theirs.negations % 2;
        let has_same_content = mine.features == theirs.features && !mine.features.is_empty();
        !is_told_apart
            && (similarity >= NEARLY_SAME || has_same_content && similarity >= SAME_CONTENT)
    }
}

/// The nearest two wordings of two items that ask the same, if any do.
pub(super) fn repeated(one: &[Wording], other: &[Wording]) -> Option<Repeated> {
    let mut best: Option<Repeated> = None;
    for (first, a) in one.iter().enumerate() {
        for (second, b) in other.iter().enumerate() {
            let similarity = a.similarity(b);
            let is_better = best
                .as_ref()
                .is_none_or(|best| best.similarity < similarity);
            if is_better && a.asks_the_same(b, similarity) {
                best = Some(Repeated {
                    first,
                    second,
                    similarity,
                });
            }
        }
    }
    best
}
