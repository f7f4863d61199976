//! The words that texts are made of, for vectors of their own.

use std::collections::{HashMap, HashSet};

use crate::text::{Normalized, is_han};

/// A word of fewer texts is as well told by its pieces.
const LEAST_TEXTS: usize = 3;

/// Two Han characters are a word where at least one in so many texts with the
/// rarer of them has the two together: 退货 is one, 想退 is not.
const RARER_ONE_IN: usize = 4;

/// The words of `texts`, those of most texts first, at most `most`: pairs of
/// Han characters that keep together, and runs of other letters and digits.
pub fn frequent_words(texts: &[Normalized], most: usize) -> Vec<Normalized> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut seen = HashSet::new();
    for text in texts {
        seen.clear();
        visit(text.as_str(), |part| {
            seen.insert(part.to_owned());
        });
        for part in seen.drain() {
            *counts.entry(part).or_default() += 1;
        }
    }
    let count = |part: &str| counts.get(part).copied().unwrap_or(0);
    let mut words: Vec<(usize, &str)> = counts
        .iter()
        .map(|(part, count)| (*count, part.as_str()))
        .filter(|(texts, part)| *texts >= LEAST_TEXTS && keeps_together(part, *texts, &count))
        .collect();
    // By the word where two are as frequent, so that it is the same every time.
    words.sort_unstable_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(right.1)));
    words.truncate(most);
    words
        .into_iter()
        .map(|(_, word)| Normalized::new(word))
        .collect()
}

fn keeps_together(part: &str, texts: usize, count: &impl Fn(&str) -> usize) -> bool {
    let is_pair = part.chars().all(is_han);
    let mut buffer = [0; 4];
    let mut alone = part
        .chars()
        .map(|character| count(character.encode_utf8(&mut buffer)));
    match (is_pair, alone.next(), alone.next()) {
        (true, Some(first), Some(second)) => texts * RARER_ONE_IN >= first.min(second),
        // One character is a piece already.
        (true, _, _) => false,
        (false, _, second) => second.is_some(),
    }
}

/// Calls `found` with each Han character, each two in a row, and each run of
/// other letters and digits.
fn visit(text: &str, mut found: impl FnMut(&str)) {
    let words = text.split(|character: char| !character.is_alphanumeric());
    for word in words {
        let mut run = 0;
        let mut before: Option<usize> = None;
        for (place, character) in word.char_indices() {
            let end = place + character.len_utf8();
            if !is_han(character) {
                before = None;
                continue;
            }
            tell(word, run..place, &mut found);
            run = end;
            tell(word, place..end, &mut found);
            if let Some(start) = before {
                tell(word, start..end, &mut found);
            }
            before = Some(place);
        }
        tell(word, run..word.len(), &mut found);
    }
}

fn tell(word: &str, place: std::ops::Range<usize>, found: &mut impl FnMut(&str)) {
    if let Some(part) = word.get(place).filter(|part| !part.is_empty()) {
        found(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_keeps_together() {
        let texts: Vec<Normalized> = [
            "想退货",
            "怎么退货",
            "退货运费",
            "退货 K2 wifi",
            "想买 K2",
            "想换 K2",
            "想问 wifi",
            "想看",
            "想要 wifi",
        ]
        .into_iter()
        .map(Normalized::new)
        .collect();
        let words = |most| -> Vec<String> {
            let words = frequent_words(&texts, most);
            words.iter().map(|word| word.as_str().to_owned()).collect()
        };
        assert_eq!(words(9), ["退货", "k2", "wifi"]);
        assert_eq!(words(1), ["退货"]);
        assert!(frequent_words(&[], 9).is_empty());
    }

    #[test]
    fn parts_are_told_of_mixed_scripts() {
        let mut parts = Vec::new();
        visit("k2壶盖 ok", |part| parts.push(part.to_owned()));
        assert_eq!(parts, ["k2", "壶", "盖", "壶盖", "ok"]);
    }
}
