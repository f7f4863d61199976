//! Names of persons in Latin letters, and names behind an English cue.

use super::names;
use super::view::View;
use super::{Hit, Kind};

/// Longest Latin name, in words.
const MOST_WORDS: usize = 3;

/// A name behind an English cue.
pub(super) fn cued(view: &View, at: usize) -> Option<Hit> {
    if view.before(at).is_ascii_alphabetic() {
        return None;
    }
    let exact = |words: &[&str]| {
        words.iter().find_map(|word| {
            let end = view.word_end(at, word)?;
            view.slice(at..end)
                .iter()
                .copied()
                .eq(word.chars())
                .then_some(end)
        })
    };
    let cues = [
        "my name is ",
        "my name's ",
        "my full name is ",
        "i am called ",
    ];
    if let Some(start) = view.first_word(at, &cues) {
        let end = name_end(view, start)
            .or_else(|| names::full_name_end(view, start))
            .or_else(|| small_name_end(view, start))?;
        return Some(Hit::new(Kind::Name, start..end));
    }
    let labels = [
        "recipient",
        "receiver",
        "consignee",
        "cardholder",
        "attn",
        "attention",
        "contact name",
        "contact person",
        "full name",
        "first name",
        "last name",
        "surname",
        "name",
        "ship to",
        "deliver to",
    ];
    let start = match exact(&["Mr. ", "Mr ", "Mrs. ", "Mrs ", "Ms. ", "Ms ", "Miss "]) {
        Some(end) => end,
        None => {
            let end = view.first_word(at, &labels)?;
            let is_thing = view.starts(at, "name") && is_name_of_thing(view, at);
            let marks = [" is: ", " is ", ": ", ":", "'s "];
            view.first_word(end, &marks).filter(|_| !is_thing)?
        }
    };
    let end = name_end(view, start).or_else(|| names::full_name_end(view, start))?;
    Some(Hit::new(Kind::Name, start..end))
}

/// Whether the word before `name` at `at` makes it a product's or a shop's.
fn is_name_of_thing(view: &View, at: usize) -> bool {
    let last = at.saturating_sub(1);
    let persons = [
        "my",
        "his",
        "her",
        "the",
        "recipient",
        "receiver",
        "customer",
        "buyer",
        "full",
    ];
    view.before(at) == ' '
        && view.before(last).is_ascii_alphabetic()
        && !persons
            .iter()
            .any(|word| view.word_start(last, word).is_some())
}

/// Up to three capitalised words or initials.
pub(super) fn name_end(view: &View, at: usize) -> Option<usize> {
    let mut end = None;
    let mut start = at;
    for _ in 0..MOST_WORDS {
        let word = word_end(view, start);
        if !view.at(start).is_ascii_uppercase() || view.at(word).is_ascii_digit() {
            break;
        }
        // A lone letter is an initial, and the pronoun I is not.
        if word == start + 1 && view.at(word) != '.' {
            break;
        }
        let is_title = view.first_word(start, &["mr.", "mrs.", "ms.", "dr."]) == Some(word + 1);
        let is_initial = is_title || (word - start <= 2 && view.at(word) == '.');
        let word = if is_initial { word + 1 } else { word };
        end = Some(word);
        start = view.run(word, 1, |c| matches!(c, ' ' | '·'));
        if start == word {
            break;
        }
    }
    end
}

/// One or two words in lower case, for those who write no capitals.
fn small_name_end(view: &View, at: usize) -> Option<usize> {
    const NOT_A_NAME: &[&str] = &[
        "and",
        "not",
        "on",
        "in",
        "at",
        "the",
        "a",
        "wrong",
        "misspelled",
        "spelled",
        "spelt",
        "is",
        "i",
        "my",
        "please",
        "but",
        "from",
        "can",
        "could",
        "missing",
        "different",
        "incorrect",
        "correct",
        "already",
        "also",
        "still",
        "to",
        "with",
        "for",
        "what",
        "when",
        "how",
        "where",
    ];
    let is_word = |start: usize, end: usize| {
        let plain = NOT_A_NAME
            .iter()
            .any(|word| view.word_end(start, word) == Some(end));
        end > start + 1 && !plain
    };
    let first = word_end(view, at);
    if !is_word(at, first) {
        return None;
    }
    let start = view.run(first, 1, |c| c == ' ');
    let second = word_end(view, start);
    Some(if start > first && is_word(start, second) {
        second
    } else {
        first
    })
}

fn word_end(view: &View, at: usize) -> usize {
    view.run(at, 24, |c| {
        c.is_ascii_alphabetic() || matches!(c, '\'' | '-')
    })
}

#[cfg(test)]
mod tests {
    use crate::privacy::mask;

    fn check(text: &str, expected: &str) {
        assert_eq!(mask(text).as_str(), expected, "{text}");
    }

    #[test]
    fn masks_names_behind_english_cues() {
        check(
            "my name is John Smith and it broke",
            "my name is [姓名] and it broke",
        );
        check("My name is Mrs. Mary Evans", "My name is [姓名]");
        check("My name is maria", "My name is [姓名]");
        check("my name is 张伟", "my name is [姓名]");
        check("Recipient: J. Doe", "Recipient: [姓名]");
        check("please ask for Mrs. Brown", "please ask for Mrs. [姓名]");
        check("收件人：Tom Smith", "收件人：[姓名]");
    }

    #[test]
    fn leaves_the_names_of_things() {
        for text in [
            "my name is wrong on the parcel",
            "product name: Apple Watch",
            "brand name is Nike",
        ] {
            check(text, text);
        }
    }
}
