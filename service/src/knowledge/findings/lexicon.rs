//! The words of `config/lexicon/claims.toml`, found in a text in one pass.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

/// What a word of the lexicon says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    /// Nothing about the subject.
    Filler,
    /// It turns its sentence round.
    Negation,
    /// It only looks like a negation.
    NotNegation,
    /// Its sentence asks, advises or supposes.
    NotSaid,
    /// How a yes or no is meant.
    Mode(Mode),
    /// What is spoken of: the concept's number.
    Concept(u8),
    /// Under what it holds.
    Circumstance(Circumstance),
}

/// How a yes or no is meant: only like is compared with like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Mode {
    /// Something must be done.
    Need,
    /// Something is there or comes with it.
    Have,
    /// Something may be done.
    Can,
    /// It is so.
    Be,
}

/// A circumstance: a group such as place, and one of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Circumstance {
    /// The group's number.
    pub group: u8,
    /// The value's number within the lexicon; 0 for what is usual.
    pub value: u8,
}

/// A piece of a text: a word of the lexicon, or what stands between two.
pub(super) enum Piece<'a> {
    /// A word of the lexicon.
    Known(&'a [Meaning]),
    /// Other text.
    Other(&'a str),
}

/// The lexicon, ready to search.
pub(super) struct Lexicon {
    searcher: AhoCorasick,
    meanings: Vec<Vec<Meaning>>,
    concepts: Vec<Concept>,
}

/// What may be spoken of.
pub(super) struct Concept {
    /// Its stable name.
    pub name: String,
    /// Its first Chinese word.
    pub chinese: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLexicon {
    fillers: Vec<String>,
    negations: Vec<String>,
    not_negations: Vec<String>,
    not_said: Vec<String>,
    modes: RawModes,
    concepts: BTreeMap<String, Vec<String>>,
    circumstances: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModes {
    need: Vec<String>,
    have: Vec<String>,
    can: Vec<String>,
    be: Vec<String>,
}

/// The lexicon that comes with the service.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::built_in);

impl Lexicon {
    #[expect(
        clippy::expect_used,
        reason = "the lexicon is part of the binary, and a test reads it"
    )]
    fn built_in() -> Self {
        let raw: RawLexicon =
            toml::from_str(include_str!("../../../../config/lexicon/claims.toml"))
                .expect("claims.toml parses");
        let mut words: HashMap<String, Vec<Meaning>> = HashMap::new();
        let mut add = |list: &[String], meaning: Meaning| {
            for word in list {
                words.entry(stemmed(word)).or_default().push(meaning);
            }
        };
        add(&raw.fillers, Meaning::Filler);
        add(&raw.negations, Meaning::Negation);
        add(&raw.not_negations, Meaning::NotNegation);
        add(&raw.not_said, Meaning::NotSaid);
        add(&raw.modes.need, Meaning::Mode(Mode::Need));
        add(&raw.modes.have, Meaning::Mode(Mode::Have));
        add(&raw.modes.can, Meaning::Mode(Mode::Can));
        add(&raw.modes.be, Meaning::Mode(Mode::Be));
        for (number, list) in (0..).zip(raw.concepts.values()) {
            add(list, Meaning::Concept(number));
        }
        let mut value = 0;
        for (group, values) in (0..).zip(raw.circumstances.values()) {
            for (name, list) in values {
                value += 1;
                let value = if name == "usual" { 0 } else { value };
                add(list, Meaning::Circumstance(Circumstance { group, value }));
            }
        }
        let (patterns, meanings): (Vec<_>, Vec<_>) = words.into_iter().unzip();
        Self {
            searcher: AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&patterns)
                .expect("a few hundred words fit"),
            meanings,
            concepts: raw.concepts.into_iter().map(Concept::new).collect(),
        }
    }

    /// A concept by its number.
    pub(super) fn concept(&self, number: u8) -> Option<&Concept> {
        self.concepts.get(usize::from(number))
    }

    /// Cuts `text`, which is [`stemmed`], into words of the lexicon and the
    /// rest; calls `each` in order.
    pub(super) fn visit<'a>(&'a self, text: &'a str, mut each: impl FnMut(Piece<'a>)) {
        let mut done = 0;
        for found in self.searcher.find_iter(text) {
            if !stands_alone(text, found.start(), found.end()) {
                continue;
            }
            if done < found.start() {
                each(Piece::Other(&text[done..found.start()]));
            }
            each(Piece::Known(&self.meanings[found.pattern().as_usize()]));
            done = found.end();
        }
        if done < text.len() {
            each(Piece::Other(&text[done..]));
        }
    }
}

impl Concept {
    fn new((name, words): (String, Vec<String>)) -> Self {
        let is_chinese = |word: &&String| !word.is_ascii();
        let chinese = words.iter().find(is_chinese).unwrap_or(&name).clone();
        Self { name, chinese }
    }
}

/// Whether a match is no part of a longer Latin word.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let is_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let goes_on_before = start > 0 && is_word(start - 1) && is_word(start);
    let goes_on_after = is_word(end - 1) && is_word(end);
    !goes_on_before && !goes_on_after
}

/// `text` with its Latin words lower-cased, their endings cut and contractions
/// with "not" written out.
pub(super) fn stemmed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for character in text.chars().chain(['\0']) {
        if character.is_ascii_alphanumeric() || matches!(character, '\'' | '’') {
            word.push(character.to_ascii_lowercase());
            continue;
        }
        if !word.is_empty() {
            push_stem(&mut out, &word.replace('’', "'"));
            word.clear();
        }
        if character != '\0' {
            out.push(character);
        }
    }
    out
}

fn push_stem(out: &mut String, word: &str) {
    if let Some(verb) = word.strip_suffix("n't") {
        let verb = match verb {
            "ca" => "can",
            "wo" => "will",
            verb => verb,
        };
        out.push_str(&stem(verb));
        out.push_str(" not");
        return;
    }
    let word = word.split('\'').next().unwrap_or(word);
    out.push_str(&stem(word));
}

/// Cuts the endings of the plural and the verb, enough for one word's forms to meet.
fn stem(word: &str) -> String {
    let mut stem = word.to_owned();
    if stem.len() > 4 && stem.ends_with("ies") {
        stem.truncate(stem.len() - 3);
        stem.push('y');
    } else if stem.len() > 3
        && stem.ends_with('s')
        && !["ss", "us", "is"].iter().any(|end| stem.ends_with(end))
    {
        stem.pop();
    }
    for ending in ["ing", "ed"] {
        if stem.len() > ending.len() + 2 && stem.ends_with(ending) {
            stem.truncate(stem.len() - ending.len());
            let bytes = stem.as_bytes();
            let doubled = bytes.len() > 2
                && bytes[bytes.len() - 1] == bytes[bytes.len() - 2]
                && b"ptnmgbd".contains(&bytes[bytes.len() - 1]);
            if doubled {
                stem.pop();
            }
            break;
        }
    }
    if stem.len() > 3 && stem.ends_with('e') {
        stem.pop();
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_a_text_into_words_and_the_rest() {
        let (mut known, mut other) = (0, Vec::new());
        LEXICON.visit(&stemmed("羽绒服不能机洗吗 Shipping"), |piece| match piece {
            Piece::Known(_) => known += 1,
            Piece::Other(text) => other.push(text.to_owned()),
        });
        assert_eq!(
            (known, other),
            (4, vec!["羽绒服".to_owned(), " ".to_owned()])
        );
    }

    #[test]
    fn forms_of_a_word_meet() {
        for (one, other) in [
            ("ships", "shipping"),
            ("charged", "charge"),
            ("policies", "policy"),
            ("doesn't", "does not"),
            ("can’t", "can not"),
        ] {
            assert_eq!(stemmed(one), stemmed(other), "{one}");
        }
    }
}
