//! A text cut into sentences and clauses, each folded so that rules need one spelling only.

use std::collections::HashMap;

use zhiwen_models::text::Normalized;

/// A clause of an answer, as written and folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clause {
    /// As the shop wrote it.
    pub written: String,
    /// Character by character: narrow, lower case, simplified.
    pub folded: Vec<char>,
    /// Counts the text's sentences from 0.
    pub sentence: usize,
    /// Whether it ends in a question mark.
    pub is_question: bool,
}

/// Folds characters; remembers those it has seen.
#[derive(Default)]
pub(super) struct Folder {
    seen: HashMap<char, char>,
}

impl Folder {
    /// `text` character by character: narrow, lower case, simplified.
    pub(super) fn fold(&mut self, text: &str) -> Vec<char> {
        text.chars().map(|character| self.one(character)).collect()
    }

    fn one(&mut self, character: char) -> char {
        if character.is_ascii() {
            return character.to_ascii_lowercase();
        }
        *self.seen.entry(character).or_insert_with(|| {
            let normalized = Normalized::new(character.encode_utf8(&mut [0; 4]));
            let mut folded = normalized.as_str().chars();
            match (folded.next(), folded.next()) {
                (Some(one), None) => one,
                (None, _) => ' ',
                // What unfolds to several characters keeps its place as one.
                _ => character,
            }
        })
    }

    /// The clauses of `text`.
    pub(super) fn clauses(&mut self, text: &str) -> Vec<Clause> {
        let written: Vec<char> = text.chars().collect();
        let folded = self.fold(text);
        let mut clauses = Vec::new();
        let (mut start, mut sentence) = (0, 0);
        for at in 0..=folded.len() {
            let Some(end) = ending(&folded, at) else {
                continue;
            };
            if folded[start..at].iter().any(|one| one.is_alphanumeric()) {
                let (from, until) = trimmed(&folded, start, at);
                clauses.push(Clause {
                    written: written[from..until].iter().collect(),
                    folded: folded[from..until].to_vec(),
                    sentence,
                    is_question: folded.get(at) == Some(&'?'),
                });
            }
            sentence += usize::from(end == Ending::Sentence);
            start = at + 1;
        }
        clauses
    }
}

/// The range from `start` up to `end` without the white space at its ends.
fn trimmed(characters: &[char], start: usize, end: usize) -> (usize, usize) {
    let within = &characters[start..end];
    let is_space = |one: &&char| one.is_whitespace();
    let before = within.iter().take_while(is_space).count();
    let after = within.iter().rev().take_while(is_space).count();
    (start + before, (end - after).max(start + before))
}

#[derive(PartialEq, Eq)]
enum Ending {
    Clause,
    Sentence,
}

fn ending(folded: &[char], at: usize) -> Option<Ending> {
    let Some(&character) = folded.get(at) else {
        return Some(Ending::Sentence);
    };
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| folded.get(at))
            .is_some_and(char::is_ascii_digit)
    };
    let within_number = is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    match character {
        '。' | '!' | '?' | ';' | '\n' | '…' => Some(Ending::Sentence),
        '.' if folded.get(at + 1).is_none_or(|next| next.is_whitespace()) => Some(Ending::Sentence),
        ',' | ':' if within_number => None,
        ',' | ':' | '(' | ')' | '【' | '】' => Some(Ending::Clause),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_where_a_clause_ends_and_not_within_a_number() {
        let cut = |text| -> Vec<(String, usize)> {
            Folder::default()
                .clauses(text)
                .into_iter()
                .map(|clause| (clause.folded.iter().collect(), clause.sentence))
                .collect()
        };
        let pair = |text: &str, sentence| (text.to_owned(), sentence);
        assert_eq!(
            cut("亲，满１,０９９元包郵。9:00 开始！"),
            [
                pair("亲", 0),
                pair("满1,099元包邮", 0),
                pair("9:00 开始", 1)
            ]
        );
        assert_eq!(
            cut("It's 1.7 L. Yes, it is."),
            [pair("it's 1.7 l", 0), pair("yes", 1), pair("it is", 1)]
        );
    }
}
