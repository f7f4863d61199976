//! Cuts normalised text into the terms that are indexed and searched.

use rust_stemmers::{Algorithm, Stemmer};

use super::normalize::is_han;
use super::{Normalized, lexicon};

/// What a term is: retrieval weighs the kinds differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TermKind {
    /// One Han character.
    HanCharacter,
    /// Two Han characters in a row.
    HanPair,
    /// A word in another script (English words stemmed) or a number.
    Word,
    /// A model name or number as one piece: `X1-Pro` and `x1pro` are both `x1pro`.
    Whole,
    /// A part of a model name: `x1` and `pro` of `x1pro`.
    Part,
}

/// A term of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// The term's text.
    pub text: String,
    /// Its kind.
    pub kind: TermKind,
}

/// The terms of `text`, in order, repeats included.
pub fn terms(text: &Normalized) -> Vec<Term> {
    let mut collected = Vec::with_capacity(text.as_str().len());
    visit_terms(text, |term, kind| {
        collected.push(Term {
            text: term.to_owned(),
            kind,
        });
    });
    collected
}

/// Calls `visit` with each term of `text`, in order, repeats included.
///
/// Everyday paraphrases are folded first (`config/lexicon/paraphrase.toml`),
/// so that knowledge and questions meet in the same terms.
pub fn visit_terms(text: &Normalized, mut visit: impl FnMut(&str, TermKind)) {
    let canonical = lexicon::canonical(text.as_str());
    let mut run = Run::default();
    let mut han = HanWindow::default();
    let mut characters = canonical.chars().peekable();
    while let Some(character) = characters.next() {
        if is_han(character) {
            run.finish(&mut visit);
            if !lexicon::is_particle(character) {
                han.push(character, &mut visit);
            }
            continue;
        }
        han.reset();
        let next_is_alphanumeric = characters
            .peek()
            .is_some_and(|next| next.is_alphanumeric() && !is_han(*next));
        if character.is_alphanumeric() {
            run.push(character);
        } else if is_joiner(character) && next_is_alphanumeric && !run.is_empty() {
            run.join(character);
        } else {
            run.finish(&mut visit);
        }
    }
    run.finish(&mut visit);
}

/// Characters that hold a model name or a number together.
fn is_joiner(character: char) -> bool {
    matches!(character, '-' | '_' | '.' | '/' | '\'' | '’' | '+')
}

/// Emits Han characters and pairs; a particle between two does not part them.
#[derive(Default)]
struct HanWindow {
    previous: Option<char>,
}

impl HanWindow {
    fn push(&mut self, character: char, visit: &mut impl FnMut(&str, TermKind)) {
        let mut buffer = [0_u8; 8];
        let first = self
            .previous
            .map_or(0, |previous| previous.encode_utf8(&mut buffer).len());
        let length = first + character.encode_utf8(&mut buffer[first..]).len();
        if let Ok(pair) = std::str::from_utf8(&buffer[..length]) {
            visit(&pair[first..], TermKind::HanCharacter);
            if first > 0 {
                visit(pair, TermKind::HanPair);
            }
        }
        self.previous = Some(character);
    }

    fn reset(&mut self) {
        self.previous = None;
    }
}

/// A run of letters and digits with joiners between them.
#[derive(Default)]
struct Run {
    text: String,
    has_digit: bool,
    has_letter: bool,
}

impl Run {
    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn push(&mut self, character: char) {
        self.has_digit |= character.is_numeric();
        self.has_letter |= character.is_alphabetic();
        self.text.push(character);
    }

    fn join(&mut self, joiner: char) {
        // "don't" is one word; "x1-pro" has parts.
        if !matches!(joiner, '\'' | '’') {
            self.text.push(joiner);
        }
    }

    fn finish(&mut self, visit: &mut impl FnMut(&str, TermKind)) {
        if self.text.is_empty() {
            return;
        }
        let is_joined = self.text.contains(is_joiner);
        match (self.has_digit, self.has_letter) {
            (true, false) => visit_number(&self.text, visit),
            (true, true) => visit_model_name(&self.text, visit),
            (false, _) if is_joined => {
                visit_model_name(&self.text, visit);
            }
            (false, _) => visit_word(&self.text, TermKind::Word, visit),
        }
        self.text.clear();
        self.has_digit = false;
        self.has_letter = false;
    }
}

fn visit_number(text: &str, visit: &mut impl FnMut(&str, TermKind)) {
    // 3.5 is one number; 2026-11-11 and 24/28 are several that belong together.
    if text.contains(['-', '/', '_', '+']) {
        visit_model_name(text, visit);
    } else {
        visit(text, TermKind::Word);
    }
}

fn visit_word(word: &str, kind: TermKind, visit: &mut impl FnMut(&str, TermKind)) {
    if lexicon::is_stop_word(word) {
        return;
    }
    if word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        visit(&Stemmer::create(Algorithm::English).stem(word), kind);
    } else {
        visit(word, kind);
    }
}

/// The whole without joiners, then the parts at joiners and after digits:
/// `x1-pro`, `x1pro` and `x1 pro` share `x1` and `pro`.
fn visit_model_name(text: &str, visit: &mut impl FnMut(&str, TermKind)) {
    let whole: String = text
        .chars()
        .filter(|character| !is_joiner(*character))
        .collect();
    visit(&whole, TermKind::Whole);
    for piece in text.split(is_joiner).filter(|piece| !piece.is_empty()) {
        let mut start = 0;
        let mut previous_is_digit = false;
        for (at, character) in piece.char_indices() {
            if previous_is_digit && !character.is_numeric() {
                visit_word(&piece[start..at], TermKind::Part, visit);
                start = at;
            }
            previous_is_digit = character.is_numeric();
        }
        if start > 0 || piece.len() < text.len() {
            visit_word(&piece[start..], TermKind::Part, visit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = terms(&Normalized::new(text))
            .into_iter()
            .map(|term| term.text)
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn cuts_han_into_characters_and_pairs_without_particles() {
        check(
            "炒锅生锈",
            &["炒", "锅", "炒锅", "生", "锅生", "锈", "生锈"],
        );
        check("我的锅", &["我", "锅", "我锅"]);
        check("锅,锈", &["锅", "锈"]);
    }

    #[test]
    fn keeps_model_names_whole_and_in_parts() {
        check("X1-Pro", &["x1pro", "x1", "pro"]);
        check("x1pro", &["x1pro", "x1", "pro"]);
        check("x1 pro", &["x1", "pro"]);
        check("500ml", &["500ml", "500", "ml"]);
        check("V8", &["v8"]);
        check("24/28", &["2428", "24", "28"]);
    }

    #[test]
    fn stems_english_and_drops_stop_words() {
        check("Shipping charges", &["ship", "charg"]);
        check("don't panic", &["dont", "panic"]);
        check("3.5 kg.", &["3.5", "kg"]);
    }

    #[test]
    fn mixes_scripts() {
        check("K2壶", &["k2", "壶"]);
        check("", &[]);
        check("？！", &[]);
    }
}
