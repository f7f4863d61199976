//! The analyzer's word lists from `config/lexicon`, parsed once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

/// The simplified form of a traditional Han character; itself otherwise.
pub(super) fn simplified(character: char) -> char {
    SIMPLIFIED.get(&character).copied().unwrap_or(character)
}

/// Rewrites every wording of a paraphrase group to the group's first and
/// every filler to a space, longest match first, left to right.
pub(super) fn canonical(text: &str) -> String {
    let rules = &*PARAPHRASES;
    let mut rewritten = String::with_capacity(text.len());
    let mut copied_to = 0;
    for found in rules.matcher.find_iter(text) {
        let (start, end) = (found.start(), found.end());
        if splits_a_latin_word(text.as_bytes(), start, end) {
            continue;
        }
        rewritten.push_str(&text[copied_to..start]);
        rewritten.push_str(&rules.replacements[found.pattern().as_usize()]);
        copied_to = end;
    }
    rewritten.push_str(&text[copied_to..]);
    rewritten
}

/// Whether a Han character carries grammar, not matter (的, 吗, 呢).
pub(super) fn is_particle(character: char) -> bool {
    PARAPHRASES.particles.contains(&character)
}

/// Whether an English word carries grammar, not matter.
pub(crate) fn is_stop_word(word: &str) -> bool {
    PARAPHRASES.stop_words.contains(word)
}

/// A hash of the word lists: an index cut with others is stale.
pub fn lexicon_fingerprint() -> u64 {
    *FINGERPRINT
}

static FINGERPRINT: LazyLock<u64> = LazyLock::new(|| {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in [PARAPHRASE_FILE, TRADITIONAL_FILE].concat().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
});

const PARAPHRASE_FILE: &str = include_str!("../../../config/lexicon/paraphrase.toml");
const TRADITIONAL_FILE: &str = include_str!("../../../config/lexicon/traditional.txt");

/// "cant" must not be rewritten inside "applicant".
fn splits_a_latin_word(text: &[u8], start: usize, end: usize) -> bool {
    let joins = |left: u8, right: u8| left.is_ascii_alphanumeric() && right.is_ascii_alphanumeric();
    (start > 0 && joins(text[start - 1], text[start]))
        || (end < text.len() && joins(text[end - 1], text[end]))
}

struct Paraphrases {
    matcher: AhoCorasick,
    replacements: Vec<String>,
    particles: HashSet<char>,
    stop_words: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawParaphrases {
    variants: Vec<Vec<String>>,
    groups: Vec<Vec<String>>,
    fillers: Vec<String>,
    particles: String,
    stop_words: HashSet<String>,
}

static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let mut pairs = HashMap::with_capacity(4096);
    for line in TRADITIONAL_FILE
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let mut characters = line.chars();
        while let (Some(traditional), Some(simplified)) = (characters.next(), characters.next()) {
            pairs.insert(traditional, simplified);
        }
    }
    pairs
});

#[expect(clippy::expect_used, reason = "the embedded file is parsed by a test")]
static PARAPHRASES: LazyLock<Paraphrases> = LazyLock::new(|| {
    let raw: RawParaphrases =
        toml::from_str(PARAPHRASE_FILE).expect("the embedded paraphrase lexicon is valid");
    let mut rewrites: HashMap<String, String> = HashMap::new();
    for group in raw.variants.iter().chain(&raw.groups) {
        for wording in group {
            rewrites
                .entry(wording.clone())
                .or_insert_with(|| group[0].clone());
        }
    }
    for filler in &raw.fillers {
        rewrites
            .entry(filler.clone())
            .or_insert_with(|| " ".to_owned());
    }
    let mut ordered: Vec<(String, String)> = rewrites.into_iter().collect();
    ordered.sort();
    let (patterns, replacements): (Vec<String>, Vec<String>) = ordered.into_iter().unzip();
    let matcher = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(&patterns)
        .expect("the lexicon is small enough for an automaton");
    Paraphrases {
        matcher,
        replacements,
        particles: raw.particles.chars().collect(),
        stop_words: raw.stop_words,
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewrites_wordings_and_drops_fillers() {
        for (text, expected) in [
            ("如何退货", "怎么退货"),
            ("咋退货啊", "怎么退货啊"),
            ("请问帐号忘了怎样办", " 账号忘记怎么办"),
            ("applicant can't buy", "applicant can not purchase"),
            ("send back my shirt", "return my shirt"),
            ("i want to return it", "i want to return it"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn keeps_opposites_apart() {
        assert_ne!(canonical("能用"), canonical("不能用"));
        assert_ne!(canonical("有没有"), canonical("没有"));
    }

    #[test]
    fn simplifies_characters() {
        let text: String = "請問運費".chars().map(simplified).collect();
        assert_eq!(text, "请问运费");
    }
}
