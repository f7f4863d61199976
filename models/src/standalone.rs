//! Whether a buyer's turn says by itself what it asks, or leans on the turns before it.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::cues;
use crate::marks::{self, Mark};
use crate::phrases::{Folded, PhraseTable};
use crate::smalltalk;

/// Whether `turn` can be understood without the turns before it: "这锅能洗碗机洗吗"
/// can, "那白色的呢", "多少钱" and "and in blue?" cannot.
pub fn stands_alone(turn: &str) -> bool {
    let core = Folded::new(&smalltalk::without_small_talk(turn)).characters;
    if core.is_empty() {
        return true;
    }
    content_length(&core) >= needed_content(&core)
}

/// How many characters of content a turn needs to stand alone: more where it
/// goes on from something or names a person or thing only by a pronoun. The
/// figures were set on turns read in real chats.
fn needed_content(turn: &[char]) -> usize {
    let mut needed = 2;
    if LISTS.follows_on.longest_at(turn, 0).is_some() {
        needed += 3;
    }
    if LISTS.points_back.occurs_in(turn) {
        needed += 2;
    }
    needed
}

/// A Latin word says as much as two Han characters.
const LATIN_WORD: usize = 2;

/// How many characters neither lean on other turns nor carry grammar only.
fn content_length(turn: &[char]) -> usize {
    let mut content = 0;
    let mut at = 0;
    while at < turn.len() {
        let topic = cues::topic_at(turn, at);
        let light = LISTS.light.longest_at(turn, at).map(|(length, ())| length);
        let marked = marks::mark_at(turn, at);
        let (length, is_content) = match (topic.max(light), marked) {
            (Some(length), _) => (length, topic > light),
            (None, Some((length, Mark::Data))) => {
                let letters = turn[at..at + length].iter().any(char::is_ascii_alphabetic);
                (length, letters && turn[at] != '[')
            }
            (None, Some((length, _))) => (length, false),
            (None, None) => (latin_word_length(&turn[at..]).max(1), true),
        };
        if is_content {
            let latin = turn[at].is_ascii_alphabetic();
            content += if latin { LATIN_WORD } else { length };
        }
        at += length;
    }
    content
}

fn latin_word_length(turn: &[char]) -> usize {
    turn.iter().take_while(|c| c.is_ascii_alphabetic()).count()
}

struct Lists {
    follows_on: PhraseTable<()>,
    points_back: PhraseTable<()>,
    light: PhraseTable<()>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLists {
    follows_on: Vec<String>,
    points_back: Vec<String>,
    light: Vec<String>,
}

#[expect(
    clippy::expect_used,
    reason = "the file is part of the binary; a test parses it"
)]
static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let raw: RawLists = toml::from_str(include_str!("../../config/lexicon/reference.toml"))
        .expect("reference.toml parses");
    let untagged =
        |phrases: &[String]| PhraseTable::new(phrases.iter().map(|phrase| (phrase.as_str(), ())));
    Lists {
        follows_on: untagged(&raw.follows_on),
        points_back: untagged(&raw.points_back),
        light: untagged(&raw.light),
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: bool, turns: &[&str]) {
        for turn in turns {
            assert_eq!(stands_alone(turn), expected, "{turn:?}");
        }
    }

    #[test]
    fn a_question_that_names_its_matter_stands_alone() {
        check(
            true,
            &[
                "这锅能洗碗机洗吗",
                "亲，什么时候发货",
                "雨伞的伞骨歪了怎么退货",
                "where is my parcel",
                "Does the 40L backpack fit cabin size?",
                "在吗",
            ],
        );
    }

    #[test]
    fn a_question_of_pointing_words_does_not() {
        check(
            false,
            &[
                "那白色的呢",
                "多少钱",
                "怎么弄",
                "什么时候",
                "这个可以吗",
                "亲，那另外一个呢",
                "and in blue?",
                "how much is it",
                "when will it arrive",
            ],
        );
    }
}
