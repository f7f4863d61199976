//! Folded turns and the phrase lists that are looked up in them.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A turn as phrases are compared with it: half width, lower case, simplified
/// characters. Folds character by character, so that a position in it is a
/// position in the raw turn.
pub(crate) struct Folded {
    pub(crate) characters: Vec<char>,
    byte_starts: Vec<usize>,
}

impl Folded {
    pub(crate) fn new(raw: &str) -> Self {
        let (byte_starts, characters) = raw
            .char_indices()
            .map(|(start, character)| (start, fold(character)))
            .unzip();
        Self {
            characters,
            byte_starts,
        }
    }

    /// What `raw`, the text that was folded, has at a position.
    pub(crate) fn raw_at<'a>(&self, raw: &'a str, position: usize) -> &'a str {
        let end = self.byte_starts.get(position + 1).copied();
        &raw[self.byte_starts[position]..end.unwrap_or(raw.len())]
    }
}

fn fold(character: char) -> char {
    match character {
        // Full-width forms lie at a fixed distance from ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0)
            .unwrap_or(character)
            .to_ascii_lowercase(),
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{4e00}'..='\u{9fff}' => SIMPLIFIED.get(&character).copied().unwrap_or(character),
        _ => character.to_ascii_lowercase(),
    }
}

static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    include_str!("../../config/lexicon/traditional.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| {
            let characters: Vec<char> = line.chars().collect();
            characters
                .chunks_exact(2)
                .map(|pair| (pair[0], pair[1]))
                .collect::<Vec<_>>()
        })
        .collect()
});

type ByFirst<Tag> = HashMap<char, Vec<(Box<[char]>, Tag)>>;

/// Phrases, each with a tag; the look-up is by the first character.
pub(crate) struct PhraseTable<Tag> {
    by_first: ByFirst<Tag>,
}

impl<Tag: Copy> PhraseTable<Tag> {
    /// "that's all" stands for "thats all" as well.
    pub(crate) fn new<'a>(phrases: impl Iterator<Item = (&'a str, Tag)>) -> Self {
        let spellings = phrases.flat_map(|(phrase, tag)| {
            let bare = phrase.contains('\'').then(|| phrase.replace('\'', ""));
            std::iter::once(phrase.to_owned())
                .chain(bare)
                .map(move |spelling| (spelling, tag))
        });
        let mut by_first: ByFirst<Tag> = HashMap::new();
        for (phrase, tag) in spellings {
            let characters: Box<[char]> = phrase.chars().collect();
            let Some(first) = characters.first() else {
                continue;
            };
            by_first.entry(*first).or_default().push((characters, tag));
        }
        for same_first in by_first.values_mut() {
            same_first.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
        }
        Self { by_first }
    }

    /// Every phrase that begins at `at`, longest first and in the order given,
    /// as (length, tag). Latin letters are found only as whole words.
    pub(crate) fn all_at<'a>(
        &'a self,
        characters: &'a [char],
        at: usize,
    ) -> impl Iterator<Item = (usize, Tag)> + 'a {
        self.by_first
            .get(&characters[at])
            .into_iter()
            .flatten()
            .filter(move |(phrase, _)| {
                characters[at..].starts_with(phrase)
                    && !splits_a_latin_word(characters, at)
                    && !splits_a_latin_word(characters, at + phrase.len())
            })
            .map(|(phrase, tag)| (phrase.len(), *tag))
    }

    /// The longest phrase that begins at `at`, as (length, tag).
    pub(crate) fn longest_at(&self, characters: &[char], at: usize) -> Option<(usize, Tag)> {
        self.all_at(characters, at).next()
    }

    /// Whether any phrase occurs anywhere.
    pub(crate) fn occurs_in(&self, characters: &[char]) -> bool {
        (0..characters.len()).any(|at| self.longest_at(characters, at).is_some())
    }
}

fn splits_a_latin_word(characters: &[char], at: usize) -> bool {
    let latin = |position: usize| {
        characters
            .get(position)
            .is_some_and(char::is_ascii_alphanumeric)
    };
    at > 0 && latin(at - 1) && latin(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_width_case_script_and_quotes() {
        for (raw, expected) in [
            ("ＯＫ！", "ok!"),
            ("謝謝你們", "谢谢你们"),
            ("That’s all", "that's all"),
            ("", ""),
        ] {
            let folded = Folded::new(raw);
            assert_eq!(
                folded.characters.iter().collect::<String>(),
                expected,
                "{raw:?}"
            );
        }
    }

    #[test]
    fn raw_text_is_found_by_position() {
        let raw = "謝ａ😊b";
        let folded = Folded::new(raw);
        let pieces: Vec<&str> = (0..4)
            .map(|position| folded.raw_at(raw, position))
            .collect();
        assert_eq!(pieces, ["謝", "ａ", "😊", "b"]);
    }

    #[test]
    fn finds_the_longest_phrase_and_whole_latin_words() {
        let table = PhraseTable::new([("好", 1), ("好的", 2), ("hi", 3), ("好", 4)].into_iter());
        for (text, at, expected) in [
            ("好的呀", 0, Some((2, 2))),
            ("你好", 1, Some((1, 1))),
            ("hi在吗", 0, Some((2, 3))),
            ("high", 0, None),
            ("delhi", 3, None),
        ] {
            let characters: Vec<char> = text.chars().collect();
            assert_eq!(table.longest_at(&characters, at), expected, "{text:?}");
        }
    }
}
