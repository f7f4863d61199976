//! Cuts text into the word pieces of a BERT vocabulary, as BERT itself does.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

mod hasher;

use hasher::PieceHasher;

/// A longer word is not taken apart but unknown as a whole.
const LONGEST_WORD: usize = 100;

/// How text is folded before it is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folding {
    /// Upper case becomes lower case.
    pub lower_case: bool,
    /// `é` becomes `e`.
    pub strip_accents: bool,
    /// Every Chinese character is a word of its own.
    pub part_chinese: bool,
}

impl Default for Folding {
    fn default() -> Self {
        Self {
            lower_case: true,
            strip_accents: true,
            part_chinese: true,
        }
    }
}

/// Why a vocabulary cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("vocabulary has no {0}")]
pub struct MissingPiece(&'static str);

/// The pieces of a vocabulary and the greedy longest-match cut over them
/// (Wu et al. 2016, "Google's neural machine translation system", section 4.1,
/// with BERT's rules of folding and of parting words).
#[derive(Debug, Clone)]
pub struct WordPieces {
    ids: HashMap<Box<str>, u32, BuildHasherDefault<PieceHasher>>,
    folding: Folding,
    /// The lines of the vocabulary: a piece that is there twice has one id.
    size: u32,
    /// The longest piece in bytes, so that no longer one is looked up.
    longest: usize,
    unknown: u32,
    start: u32,
    end: u32,
}

impl WordPieces {
    /// A vocabulary as `vocab.txt` has it: one piece a line, its number the line's.
    ///
    /// # Errors
    /// When one of `[UNK]`, `[CLS]` and `[SEP]` is missing.
    pub fn new(vocabulary: &str, folding: Folding) -> Result<Self, MissingPiece> {
        let mut ids = HashMap::default();
        let (mut longest, mut size) = (0, 0);
        for (id, piece) in (0_u32..).zip(vocabulary.lines()) {
            longest = longest.max(piece.len());
            ids.insert(piece.into(), id);
            size = id + 1;
        }
        let special = |piece: &'static str| ids.get(piece).copied().ok_or(MissingPiece(piece));
        Ok(Self {
            unknown: special("[UNK]")?,
            start: special("[CLS]")?,
            end: special("[SEP]")?,
            size,
            longest,
            ids,
            folding,
        })
    }

    /// The number of pieces: every id is below it.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// How text is folded.
    pub fn folding(&self) -> Folding {
        self.folding
    }

    /// What stands for a word that the vocabulary cannot spell.
    pub fn unknown(&self) -> u32 {
        self.unknown
    }

    /// The vocabulary as [`WordPieces::new`] takes it.
    pub fn to_vocabulary(&self) -> String {
        let mut pieces = vec![""; self.size as usize];
        for (piece, &id) in &self.ids {
            if let Some(place) = pieces.get_mut(id as usize) {
                *place = piece;
            }
        }
        pieces.join("\n") + "\n"
    }

    /// The number of a piece as the vocabulary spells it.
    pub fn id(&self, piece: &str) -> Option<u32> {
        self.ids.get(piece).copied()
    }

    /// The pieces of `text` between `[CLS]` and `[SEP]`, cut off so that they
    /// are at most `most` with these two.
    pub fn sequence(&self, text: &str, most: usize) -> Vec<u32> {
        let most = most.max(2);
        let mut pieces = vec![self.start];
        self.extend(text, most - 1, &mut pieces);
        pieces.push(self.end);
        pieces
    }

    /// `inside` between `[CLS]` and `[SEP]`.
    pub fn enclose(&self, inside: &[u32]) -> Vec<u32> {
        let mut pieces = Vec::with_capacity(inside.len() + 2);
        pieces.push(self.start);
        pieces.extend_from_slice(inside);
        pieces.push(self.end);
        pieces
    }

    /// Appends the pieces of `text` to `pieces`, until there are `most` of them.
    pub fn extend(&self, text: &str, most: usize, pieces: &mut Vec<u32>) {
        self.visit_words(text, |word| {
            self.cut(word, pieces);
            pieces.len() < most
        });
        pieces.truncate(most);
    }

    /// Appends the pieces of one folded word to `pieces`; `[UNK]` when a part of
    /// it is not in the vocabulary.
    pub fn cut(&self, word: &str, pieces: &mut Vec<u32>) {
        if let Some(id) = self.ids.get(word) {
            pieces.push(*id);
            return;
        }
        let before = pieces.len();
        if word.chars().nth(LONGEST_WORD).is_some() {
            pieces.push(self.unknown);
            return;
        }
        let mut candidate = String::with_capacity(word.len() + 2);
        let mut start = 0;
        while start < word.len() {
            let prefix = if start > 0 { "##" } else { "" };
            candidate.clear();
            candidate.push_str(prefix);
            candidate.push_str(&word[start..]);
            let mut found = None;
            while candidate.len() > prefix.len() {
                if candidate.len() <= self.longest
                    && let Some(id) = self.ids.get(candidate.as_str())
                {
                    found = Some(*id);
                    break;
                }
                candidate.pop();
            }
            let Some(id) = found else {
                pieces.truncate(before);
                pieces.push(self.unknown);
                return;
            };
            pieces.push(id);
            start += candidate.len() - prefix.len();
        }
    }

    /// Calls `visit` with each folded word of `text`, as long as it says to go on.
    /// A punctuation mark is a word.
    pub fn visit_words(&self, text: &str, mut visit: impl FnMut(&str) -> bool) {
        let mut word = String::new();
        let mut folded = String::new();
        for raw in text.split(is_white_space) {
            let mut end = |word: &mut String| {
                let goes_on = word.is_empty() || visit(word);
                word.clear();
                goes_on
            };
            let part = if raw.is_ascii() && !self.folding.lower_case {
                raw
            } else {
                folded.clear();
                self.fold(raw, &mut folded);
                folded.as_str()
            };
            for character in part.chars() {
                if is_removed(character) {
                    continue;
                }
                let stands_alone = is_punctuation(character)
                    || (self.folding.part_chinese && is_chinese(character));
                if stands_alone && !end(&mut word) {
                    return;
                }
                word.push(character);
                if stands_alone && !end(&mut word) {
                    return;
                }
            }
            if !end(&mut word) {
                return;
            }
        }
    }

    fn fold(&self, text: &str, folded: &mut String) {
        if text.is_ascii() {
            folded.extend(text.chars().map(|character| character.to_ascii_lowercase()));
            return;
        }
        let Folding {
            lower_case,
            strip_accents,
            ..
        } = self.folding;
        if strip_accents {
            let kept = text.nfd().filter(|&character| {
                character.general_category() != GeneralCategory::NonspacingMark
            });
            if lower_case {
                folded.extend(kept.flat_map(char::to_lowercase));
            } else {
                folded.extend(kept);
            }
        } else if lower_case {
            folded.extend(text.chars().flat_map(char::to_lowercase));
        } else {
            folded.push_str(text);
        }
    }
}

fn is_white_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
        || (!character.is_ascii() && character.is_whitespace())
}

/// What BERT takes out before it does anything: control and format characters.
fn is_removed(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character == '\u{fffd}'
        || matches!(
            character.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::PrivateUse
                | GeneralCategory::Unassigned
                | GeneralCategory::Surrogate
        )
}

/// Every sign of ASCII that is no letter and no digit, and Unicode's punctuation.
fn is_punctuation(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_punctuation();
    }
    character.general_category_group() == GeneralCategoryGroup::Punctuation
}

/// The blocks that BERT takes for Chinese: no kana, no hangul.
fn is_chinese(character: char) -> bool {
    matches!(character,
        '\u{4e00}'..='\u{9fff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{20000}'..='\u{2a6df}'
            | '\u{2a700}'..='\u{2b73f}'
            | '\u{2b740}'..='\u{2b81f}'
            | '\u{2b820}'..='\u{2ceaf}'
            | '\u{f900}'..='\u{faff}'
            | '\u{2f800}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOCABULARY: &str =
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\nship\n##ping\n##s\nfree\n,\n包\n邮\ncafe\n[MASK]\n";

    fn pieces(text: &str) -> Vec<u32> {
        let vocabulary = WordPieces::new(VOCABULARY, Folding::default()).expect("a vocabulary");
        vocabulary.sequence(text, 10)
    }

    #[test]
    fn takes_the_longest_pieces() {
        assert_eq!(pieces("Free shipping"), [2, 7, 4, 5, 3]);
        assert_eq!(pieces("ships,free"), [2, 4, 6, 8, 7, 3]);
        assert_eq!(pieces("包邮 Café"), [2, 9, 10, 11, 3]);
    }

    #[test]
    fn a_word_with_an_unknown_part_is_unknown_as_a_whole() {
        assert_eq!(pieces("shipment 包"), [2, 1, 9, 3]);
        assert_eq!(pieces(&"s".repeat(101)), [2, 1, 3]);
    }

    #[test]
    fn nothing_and_what_is_removed_leave_the_two_ends() {
        assert_eq!(pieces(""), [2, 3]);
        assert_eq!(pieces(" \u{200b}\u{0} \u{3000}"), [2, 3]);
    }

    #[test]
    fn long_texts_are_cut_off() {
        let long = "free ".repeat(50);
        assert_eq!(pieces(&long).len(), 10);
        assert_eq!(pieces(&long).last(), Some(&3));
        let vocabulary = WordPieces::new(VOCABULARY, Folding::default()).expect("a vocabulary");
        assert_eq!(vocabulary.sequence("free", 0), [2, 3]);
    }

    #[test]
    fn a_vocabulary_is_written_as_it_was_read() {
        let read = |text| WordPieces::new(text, Folding::default()).expect("a vocabulary");
        assert_eq!(read(VOCABULARY).to_vocabulary(), VOCABULARY);
        let twice = read("[UNK]\n[CLS]\n[SEP]\na\na\n");
        assert_eq!(twice.size(), 5);
        assert_eq!(read(&twice.to_vocabulary()).sequence("a", 9), [1, 4, 2]);
    }

    #[test]
    fn a_vocabulary_without_ends_is_none() {
        let refused = WordPieces::new("[UNK]\n[SEP]\n", Folding::default());
        assert_eq!(refused.err(), Some(MissingPiece("[CLS]")));
    }

    #[test]
    fn case_and_accents_may_count() {
        let folding = Folding {
            lower_case: false,
            strip_accents: false,
            part_chinese: false,
        };
        let vocabulary = WordPieces::new("[UNK]\n[CLS]\n[SEP]\nCafé\n包邮\n", folding);
        let vocabulary = vocabulary.expect("a vocabulary");
        assert_eq!(vocabulary.sequence("Café café 包邮", 10), [1, 3, 0, 4, 2]);
    }
}
