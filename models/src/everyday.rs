//! How common a term is in buyers' everyday questions: what a shop of a few
//! items cannot tell by itself ("有没有" is a frame, "亲子" is the matter).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::classifier::examples::day_one;
use crate::text::terms;

/// How many questions were counted.
pub fn questions() -> u32 {
    COUNTS.questions
}

/// How many of them have a term of this text.
pub fn having(term: &str) -> u32 {
    COUNTS.having.get(term).copied().unwrap_or(0)
}

/// Counts, where nobody has yet: some hundredths of a second that no buyer
/// should wait for.
pub fn prepare() {
    LazyLock::force(&COUNTS);
}

struct Counts {
    questions: u32,
    having: HashMap<Box<str>, u32>,
}

/// Of the phrasings that come with the service, in both languages.
static COUNTS: LazyLock<Counts> = LazyLock::new(|| {
    let mut counts = Counts {
        questions: 0,
        having: HashMap::new(),
    };
    let phrasings = day_one().examples.iter().filter(|each| each.weight >= 1.0);
    for phrasing in phrasings {
        counts.questions += 1;
        let found = terms(&phrasing.text).into_iter().map(|term| term.text);
        for term in found.collect::<HashSet<String>>() {
            *counts.having.entry(term.into_boxed_str()).or_default() += 1;
        }
    }
    counts
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_common_and_matter_is_rare() {
        assert!(questions() > 5_000);
        for (frame, matter) in [("有没", "亲子"), ("怎", "换货")] {
            let (frame, matter) = (having(frame), having(matter));
            assert!(frame > 2 * matter, "{frame} {matter}");
        }
        assert!(having("coupon") > 0 && having("velcro") == 0);
    }
}
