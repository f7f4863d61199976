//! What in a turn is no word: punctuation, emoji, links, placeholders of chat platforms, numbers.

use std::sync::LazyLock;

use serde::Deserialize;

/// A stretch of a turn that is no word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// White space and punctuation.
    Boundary,
    /// One question mark.
    Question,
    /// An emoji or the platform's code for one: `😊`, `[捂脸]`, `#E-s12`, `/:^_^`.
    Emoji,
    /// A link, or the placeholder of a link, picture, voice message or card.
    Media,
    /// A number, or the placeholder of private data: `[电话x]`, `[ORDERID_7]`.
    Data,
}

/// Longer brackets hold words of the buyer or of a title.
const LONGEST_BRACKET: usize = 24;
/// Bounds on how far one mark is read, so that a hostile turn costs no more than its length.
const LONGEST_TAG: usize = 400;
const LONGEST_LINK: usize = 600;

/// The mark that begins at `at` and its length in characters.
pub(crate) fn mark_at(characters: &[char], at: usize) -> Option<(usize, Mark)> {
    let rest = &characters[at..];
    match rest[0] {
        '?' => Some((1, Mark::Question)),
        '#' if starts_with(rest, "#e-") => Some((emoji_code_length(rest), Mark::Emoji)),
        '/' if starts_with(rest, "/:") => {
            let code = rest.iter().skip(2).take(4);
            let length = code.take_while(|c| c.is_ascii_graphic()).count();
            Some((2 + length, Mark::Emoji))
        }
        '[' => bracket(rest).or(Some((1, Mark::Boundary))),
        '<' => match rest.iter().take(LONGEST_TAG).position(|&c| c == '>') {
            Some(end) if starts_with(rest, "<img") => Some((end + 1, Mark::Media)),
            Some(end) if end < LONGEST_BRACKET => Some((end + 1, Mark::Boundary)),
            _ => Some((1, Mark::Boundary)),
        },
        '&' if starts_with(rest, "&nbsp;") => Some((6, Mark::Boundary)),
        first if first.is_ascii_alphanumeric() => latin_run(characters, at),
        first if is_emoji(first) => Some((1, Mark::Emoji)),
        first if first.is_alphanumeric() => None,
        _ => Some((1, Mark::Boundary)),
    }
}

fn starts_with(rest: &[char], prefix: &str) -> bool {
    let mut characters = rest.iter();
    prefix
        .chars()
        .all(|wanted| characters.next() == Some(&wanted))
}

/// `#e-s[数字x]`, `#e-b12`.
fn emoji_code_length(rest: &[char]) -> usize {
    let letters = 3 + rest[3..]
        .iter()
        .take_while(|c| c.is_ascii_alphanumeric())
        .count();
    match rest.get(letters) {
        Some('[') => letters + bracket_length(&rest[letters..]).unwrap_or(0),
        _ => letters,
    }
}

fn bracket_length(rest: &[char]) -> Option<usize> {
    let end = rest
        .iter()
        .take(LONGEST_BRACKET + 2)
        .position(|&c| c == ']')?;
    Some(end + 1)
}

/// A bracket whose inside no list knows stays text: `[加厚款]`.
fn bracket(rest: &[char]) -> Option<(usize, Mark)> {
    let length = bracket_length(rest)?;
    let inside: String = rest[1..length - 1].iter().collect();
    let contains = |words: &[String]| words.iter().any(|word| inside.contains(word.as_str()));
    if LISTS.emoji.contains(&inside) {
        Some((length, Mark::Emoji))
    } else if contains(&LISTS.media) {
        Some((length, Mark::Media))
    } else if contains(&LISTS.data) {
        Some((length, Mark::Data))
    } else {
        None
    }
}

/// A link, or a word that holds a digit; plain words are no marks.
fn latin_run(characters: &[char], at: usize) -> Option<(usize, Mark)> {
    if at > 0 && characters[at - 1].is_ascii_alphanumeric() {
        return None;
    }
    let rest = &characters[at..];
    let address = rest.iter().take(LONGEST_LINK);
    let address: String = address.take_while(|c| c.is_ascii_graphic()).collect();
    let is_link = address.starts_with("http:/")
        || address.starts_with("https:/")
        || address.starts_with("www.")
        || (!address.contains('@')
            && [".com", ".cn/", ".net/", ".tb.cn"]
                .iter()
                .any(|end| address.contains(end)));
    if is_link {
        return Some((address.len(), Mark::Media));
    }
    let word = address
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.:@+*/%".contains(byte));
    let word: Vec<u8> = word.collect();
    word.iter()
        .any(u8::is_ascii_digit)
        .then_some((word.len(), Mark::Data))
}

fn is_emoji(character: char) -> bool {
    matches!(character,
        '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b50}' | '\u{2b55}'
        | '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23fa}' | '\u{fe0f}' | '\u{200d}'
        | '\u{20e3}' | '\u{e0020}'..='\u{e007f}')
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Brackets {
    emoji: Vec<String>,
    media: Vec<String>,
    data: Vec<String>,
}

#[expect(
    clippy::expect_used,
    reason = "the file is part of the binary; a test parses it"
)]
static LISTS: LazyLock<Brackets> = LazyLock::new(|| {
    toml::from_str(include_str!("../../config/lexicon/marks.toml")).expect("marks.toml parses")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_told_from_words() {
        for (text, expected) in [
            ("?", Some((1, Mark::Question))),
            ("，", Some((1, Mark::Boundary))),
            ("&nbsp;1", Some((6, Mark::Boundary))),
            ("#e-s[数字x]好", Some((9, Mark::Emoji))),
            ("#e-b07", Some((6, Mark::Emoji))),
            ("[捂脸]", Some((4, Mark::Emoji))),
            ("/:^_^", Some((5, Mark::Emoji))),
            ("😊", Some((1, Mark::Emoji))),
            ("[链接x]", Some((5, Mark::Media))),
            ("<img src=1>", Some((11, Mark::Media))),
            (
                "https://shop.example/item?id=7 有吗",
                Some((30, Mark::Media)),
            ),
            ("[orderid_77]", Some((12, Mark::Data))),
            ("2.5kg", Some((5, Mark::Data))),
            ("[加厚款]有货吗", Some((1, Mark::Boundary))),
            ("ok", None),
            ("好", None),
        ] {
            let characters: Vec<char> = text.chars().collect();
            assert_eq!(mark_at(&characters, 0), expected, "{text:?}");
        }
    }
}
