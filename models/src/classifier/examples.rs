//! The training set of the first day: phrasings and cues of `config/examples`, written for the shop taxonomy.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{Cue, Example};
use crate::text::Normalized;

/// The examples and cues of the first day.
#[derive(Debug, Clone, Default)]
pub struct ExampleSet {
    /// Every phrasing at full weight, and every cue as a hint.
    pub examples: Vec<Example>,
    /// Words that point to one intent.
    pub cues: Vec<Cue>,
}

/// How much a bare cue counts as an example of its intent.
const CUE_WEIGHT: f32 = 0.3;

/// Chinese and English phrasings of every intent in `config/taxonomy.toml`.
/// A shop adds its own: approved knowledge and corrections.
pub fn day_one() -> &'static ExampleSet {
    &DAY_ONE
}

const FILES: [&str; 8] = [
    include_str!("../../../config/examples/zh/product.toml"),
    include_str!("../../../config/examples/zh/process.toml"),
    include_str!("../../../config/examples/zh/warehouse.toml"),
    include_str!("../../../config/examples/zh/other.toml"),
    include_str!("../../../config/examples/en/product.toml"),
    include_str!("../../../config/examples/en/process.toml"),
    include_str!("../../../config/examples/en/warehouse.toml"),
    include_str!("../../../config/examples/en/other.toml"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    intent: Vec<RawIntent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIntent {
    id: String,
    cues: Vec<String>,
    phrasings: Vec<String>,
}

#[expect(
    clippy::expect_used,
    reason = "the files are part of the binary; a test parses them"
)]
static DAY_ONE: LazyLock<ExampleSet> = LazyLock::new(|| {
    let mut set = ExampleSet::default();
    for file in FILES {
        let raw: RawFile = toml::from_str(file).expect("config/examples parse");
        for intent in raw.intent {
            for phrasing in &intent.phrasings {
                set.examples.push(example(&intent.id, phrasing, 1.0));
            }
            for cue in &intent.cues {
                set.examples.push(example(&intent.id, cue, CUE_WEIGHT));
                set.cues.push(Cue {
                    label: intent.id.clone(),
                    phrase: Normalized::new(cue).as_str().to_owned(),
                });
            }
        }
    }
    set
});

fn example(label: &str, text: &str, weight: f32) -> Example {
    Example {
        text: Normalized::new(text),
        context: Vec::new(),
        label: label.to_owned(),
        weight,
        vector: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn every_intent_has_examples_in_both_languages() {
        let mut counts: HashMap<(&str, bool), usize> = HashMap::new();
        for example in day_one().examples.iter().filter(|e| e.weight >= 1.0) {
            let is_ascii = example.text.as_str().is_ascii();
            *counts.entry((&example.label, is_ascii)).or_default() += 1;
        }
        let labels: HashSet<&str> = counts.keys().map(|(label, _)| *label).collect();
        assert_eq!(labels.len(), 45);
        for label in labels {
            assert!(counts[&(label, false)] >= 40, "{label}");
            assert!(counts[&(label, true)] >= 20, "{label}");
        }
    }

    #[test]
    fn no_cue_points_to_two_intents() {
        let mut owners: HashMap<&str, &str> = HashMap::new();
        for cue in &day_one().cues {
            let owner = owners.entry(&cue.phrase).or_insert(&cue.label);
            assert_eq!(*owner, cue.label, "{:?}", cue.phrase);
        }
    }
}
